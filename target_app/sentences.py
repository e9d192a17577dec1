"""Every sentence that the target's user reads, made from (reason, context) in this one place.

Written for somebody who may be worried and knows no technical words: what happened, and
what to do now. A sentence is plain text; names in it have been through `shown_name`. Knows
no windows; the texts of the properties stand beside the properties.
"""

import sys
from dataclasses import dataclass
from datetime import datetime
from typing import Final, assert_never

from common.protocol.policies import SessionMode
from common.qt.display_text import display_name
from common.reasons import CodeTypingProblem, ConnectionProblem, EndReason, PairingProblem
from common.transport.trust_level import TrustLevel

PROGRAM: Final = "Farhand"
NOBODY_CONNECTED: Final = "Nobody sees or controls this computer."
ENTER_CODE: Final = "Enter Connection Code"
OPEN_WINDOW: Final = "Open Window"
END_SESSION: Final = "End Session"
ABOUT: Final = "About Farhand"
QUIT: Final = "Quit"
CANCEL: Final = "Cancel"
CLOSE: Final = "Close"
TRY_AGAIN: Final = "Try Again"
ACCEPT: Final = "Accept"
REFUSE: Final = "Refuse"
SAVE: Final = "Save"
SETTINGS: Final = "Settings"
BACK: Final = "Back"
ACTIONS_MENU: Final = "Actions"
HELP_MENU: Final = "Help"
SIGN_WINDOW: Final = "Farhand: somebody is connected"
END_HINT: Final = "Ends the session at once."
CONFIRM_CODE: Final = "Connect" if sys.platform == "win32" else "OK"
"""BigFix Remote Control's wording: Connect on Windows, OK elsewhere."""

NO_ORGANISATION: Final = "an organisation that gave no name"
NO_TECHNICIAN: Final = "Somebody without a name"


@dataclass(frozen=True, slots=True)
class Message:
    """What happened, in a few words, and what that means or what to do now."""

    title: str
    text: str


_BLANK_LETTERS: Final = dict.fromkeys(map(ord, "\u115f\u1160\u3164\uffa0\u2800"))
"""Letters that look like nothing: Hangul fillers and the empty Braille cell."""


def shown_name(text: str, otherwise: str = "") -> str:
    """Give a name from elsewhere fit to be shown, or `otherwise` where nothing is to be seen."""
    return display_name(text.translate(_BLANK_LETTERS)) or otherwise


# --- the connection to the support server ---------------------------------------------------


def not_yet_connected(is_address_set: bool) -> Message:
    """Nothing has been reached since the start."""
    title = "Not yet connected to a support server"
    if is_address_set:
        return Message(title, "Farhand keeps trying. This can take a moment.")
    return Message(
        title,
        "A support server on your own network is found by itself. For one on the internet, "
        "enter the address that your support organisation gave you under Settings.",
    )


def connecting(address: str) -> Message:
    """A connection is being made for the first time."""
    return Message("Connecting to the support server ...", f"Address: {shown_name(address)}")


FOUND_SERVER: Final = "The support server was found on your network; nobody vouches for it yet."


def ready(organisation: str, trust: TrustLevel = TrustLevel.PINNED) -> Message:
    """Connected, no session."""
    name = shown_name(organisation)
    is_stranger = trust is TrustLevel.PROVISIONAL
    return Message(
        f"Ready. Connected to {name}." if name else "Ready. Connected to the support server.",
        f"{NOBODY_CONNECTED} {FOUND_SERVER}" if is_stranger else NOBODY_CONNECTED,
    )


def connection_lost(problem: ConnectionProblem, address: str, is_retried: bool) -> Message:
    """Not connected, and why."""
    text = _connection_problem(problem, shown_name(address, "the support server"))
    if is_retried:
        text += " Farhand keeps trying."
    return Message("Not connected to the support server", text)


def _connection_problem(problem: ConnectionProblem, address: str) -> str:
    match problem:
        case ConnectionProblem.NAME_NOT_FOUND:
            name = address.rpartition(":")[0] or address
            return (
                f"There is no computer named {name}, or this computer has no internet. Check both."
            )
        case ConnectionProblem.UNREACHABLE:
            return f"{address} does not answer. Check that this computer has internet."
        case ConnectionProblem.REFUSED:
            return f"No support server runs at {address} just now. Ask your technician."
        case ConnectionProblem.WRONG_FINGERPRINT:
            return (
                f"The server at {address} is not the one that the address names. "
                "Nothing was sent to it. Ask your technician for the right address."
            )
        case ConnectionProblem.CERTIFICATE_NOT_TRUSTED:
            return (
                f"The server at {address} can't prove who it is. Nothing was sent to it. "
                "Ask your technician for the whole address, with the part after #."
            )
        case ConnectionProblem.NOT_A_NODE:
            return f"{address} is not a support server. Check the address under Settings."
        case ConnectionProblem.VERSION_TOO_OLD:
            return "This program and the support server don't fit together. One needs an update."
        case ConnectionProblem.NOT_AUTHENTICATED:
            return (
                "The support server does not know this computer, or no longer. "
                "Ask your technician to admit it."
            )
        case ConnectionProblem.TOO_MANY:
            return "The support server is busy."
        case ConnectionProblem.CLOSED:
            return f"The connection to {address} ended."
        case _:
            assert_never(problem)


NO_CONTACT_HINT: Final = (
    "Available once this computer has been in contact with a support server, "
    "or after you enter its address under Settings."
)
CODE_HINT: Final = "Type the code that the person you called reads to you."
IN_SESSION_HINT: Final = "Not available while a session is under way."

WAYLAND_NOTICE: Final = (
    "This computer uses Wayland. Farhand can't show or control its screen there yet. "
    "Sign out, and choose a session with X11 or Xorg when you sign in again."
)


# --- the code and the attempt ---------------------------------------------------------------

CODE_TITLE: Final = "Enter the connection code"
CODE_EXPLANATION: Final = (
    "Whoever helps you has it in front of them. Only enter a code from somebody you called."
)
CODE_INCOMPLETE: Final = "That is not a whole connection code. Compare it with your technician."
CODE_PROGRESS_TITLE: Final = "Connecting ..."
WAITING_FOR_CONTACT: Final = "Waiting for the support server ..."
LOOKING_UP: Final = "Looking for your technician ..."
PROVING: Final = "Found. Checking the code ..."
PAIRED: Final = "The code is right. A moment, please ..."


def typing_problem(problem: CodeTypingProblem) -> str:
    """What is wrong at the field, while somebody types; empty where more is simply to come."""
    match problem:
        case CodeTypingProblem.EMPTY | CodeTypingProblem.TOO_SHORT:
            return ""
        case CodeTypingProblem.LETTERS:
            return "A connection code has digits only."
        case CodeTypingProblem.TOO_LONG:
            return "That is too long. Compare it with your technician."
        case CodeTypingProblem.WRONG_CHECK_DIGIT:
            return "A digit is not right. Compare it with your technician, group by group."
        case _:
            assert_never(problem)


def code_waits(claims_before: int) -> str:
    """Others with the same code are served first."""
    if claims_before <= 0:
        return PROVING
    if claims_before == 1:
        return "Somebody else is connecting with this code. You are next ..."
    return f"{claims_before} others are connecting with this code. Please wait ..."


def pairing_problem(problem: PairingProblem, retry_after_seconds: int) -> Message:
    """Why the typed code led to no session, and what to do."""
    match problem:
        case PairingProblem.UNKNOWN:
            return Message(
                "Nobody has this code", "Compare it with your technician, digit by digit."
            )
        case PairingProblem.EXPIRED:
            return Message("This code has expired", "Ask your technician for a new one.")
        case PairingProblem.CANCELLED:
            return Message(
                "This code was cancelled", "Your technician took it back. Ask for a new one."
            )
        case PairingProblem.REPLACED:
            return Message(
                "There is a newer code", "Your technician has requested another. Ask for that one."
            )
        case PairingProblem.USED:
            return Message(
                "This code has been used",
                "A code works once. Ask for a new one. If it wasn't you, tell your technician.",
            )
        case PairingProblem.WRONG_THREE_TIMES:
            return Message(
                "This code no longer works",
                "It was typed wrongly three times. Ask your technician for a new one.",
            )
        case PairingProblem.WRONG_SECRET:
            return Message(
                "The code is not right",
                "Compare it with your technician, digit by digit, and mend what differs.",
            )
        case PairingProblem.TOO_MANY_CLAIMS:
            return Message(
                "Too many tries", f"Wait {duration(retry_after_seconds)}, then try again."
            )
        case PairingProblem.CONTROLLER_LEFT:
            return Message(
                "Your technician did not answer",
                "Ask whether their window is open, then try again.",
            )
        case PairingProblem.NOT_AUTHENTICATED:
            return Message(
                "The support server does not know this computer",
                "No session is possible. Ask your technician to admit it, then try again.",
            )
        case PairingProblem.BROKER_UNREACHABLE:
            return Message(
                "The support server can't be reached",
                "Check that this computer has internet, then try again.",
            )
        case PairingProblem.UNTRUSTED:
            return Message(
                "This connection can't be trusted",
                "Somebody may be trying to listen in. Nothing was shown. "
                "Tell your technician, and try from another network.",
            )
        case _:
            assert_never(problem)


def duration(seconds: int) -> str:
    """A time to wait, in words: "40 seconds", "10 minutes"; rounded up."""
    if seconds <= 0:
        return "a little"
    if seconds < 90:
        return "1 second" if seconds == 1 else f"{seconds} seconds"
    minutes = -(-seconds // 60)
    if minutes < 90:
        return f"{minutes} minutes"
    return f"{-(-minutes // 60)} hours"


# --- the question ---------------------------------------------------------------------------

ACCEPTANCE_WINDOW: Final = "Accept a session?"
ACCEPTANCE_TITLE: Final = "Somebody wants to connect"
DID_YOU_CALL: Final = "Did you call them?"
REFUSE_ADVICE: Final = (
    "If somebody called you, or a web page told you to do this, choose Refuse. "
    "Banks, the police and big companies never ask for it."
)
SECURITY_NUMBER: Final = "Security number"
SECURITY_NUMBER_HELP: Final = "Your technician sees the same number. Ask for it if you have doubts."
VERIFIED: Final = "Verified: your support organisation vouches for this person."


def asker(technician: str) -> str:
    """Who asks."""
    return shown_name(technician, NO_TECHNICIAN)


def asker_organisation(organisation: str, is_verified: bool) -> str:
    """Where they are from, or say they are."""
    name = shown_name(organisation, NO_ORGANISATION)
    return f"of {name}" if is_verified else f"says they are from {name}"


def verification(is_verified: bool, trust: TrustLevel = TrustLevel.PINNED) -> str:
    """Whether the name is more than a claim."""
    if is_verified:
        return VERIFIED
    if trust is TrustLevel.PROVISIONAL:
        return "Not verified, nor is the server: anybody on your network can use this name."
    return "Not verified: anybody can use this name."


def mode_asked(mode: SessionMode) -> str:
    """What they will be able to do."""
    match mode:
        case SessionMode.ACTIVE:
            return "They will see your screen and use your mouse and keyboard."
        case SessionMode.GUIDANCE:
            return "They will see your screen and point things out. They can't click or type."
        case SessionMode.MONITOR:
            return "They will see your screen. They can't click or type."
        case SessionMode.CHAT:
            return "They will write messages with you. They won't see your screen."
        case SessionMode.FILE_TRANSFER:
            return "They will look through your files and copy some. They won't see your screen."
        case _:
            assert_never(mode)


def when_nobody_answers(seconds_left: int, may_proceed: bool) -> str:
    """The countdown in words."""
    seconds = "1 second" if seconds_left == 1 else f"{seconds_left} seconds"
    if may_proceed:
        return f"{seconds} left. If you don't answer, the session may start by itself."
    return f"{seconds} left. If you don't answer, it is refused."


# --- in session and after it ----------------------------------------------------------------


def mode_running(mode: SessionMode) -> str:
    """What they do, to follow a name."""
    match mode:
        case SessionMode.ACTIVE:
            return "sees and controls this computer"
        case SessionMode.GUIDANCE:
            return "sees this computer's screen and guides you"
        case SessionMode.MONITOR:
            return "sees this computer's screen"
        case SessionMode.CHAT:
            return "is writing with you"
        case SessionMode.FILE_TRANSFER:
            return "can copy files of this computer"
        case _:
            assert_never(mode)


def full_name(technician: str, organisation: str) -> str:
    """NAME of ORGANISATION, as far as they are known."""
    name = asker(technician)
    place = shown_name(organisation)
    return f"{name} of {place}" if place else name


def session_running(who: str, mode: SessionMode, since: datetime, has_hot_key: bool) -> Message:
    """The sign that stands while somebody is connected."""
    how = "End Session ends it at once"
    how += "; so does the Pause key." if has_hot_key else "."
    return Message(f"{who} {mode_running(mode)} since {since:%H:%M}.", how)


ASKED_TITLE: Final = ACCEPTANCE_TITLE
ASKED_TEXT: Final = "Answer in the window that has opened."
ATTEMPT_TITLE: Final = "Connecting with the code ..."


def session_over(reason: EndReason, by_other_side: bool, who: str) -> Message:
    """Why a session that ran is over."""
    return Message("The session has ended", f"{_why_over(reason, by_other_side, who)} {ALONE}")


ALONE: Final = "Nobody sees or controls this computer now."


def attempt_over(reason: EndReason, by_other_side: bool, who: str) -> Message:
    """Why an attempt came to nothing before anything was shown."""
    if reason is EndReason.REFUSED_BY_USER:
        return Message("You refused", "Nobody has seen or controlled this computer.")
    why = _why_over(reason, by_other_side, who)
    return Message("No session was started", f"{why} Nobody has seen or controlled this computer.")


def _why_over(reason: EndReason, by_other_side: bool, who: str) -> str:
    match reason:
        case EndReason.CONTROLLER_ENDED:
            return f"{who} ended it."
        case EndReason.CONTROLLER_QUIT:
            return f"{who} closed their program."
        case EndReason.CANCELLED:
            return f"{who} cancelled." if by_other_side else "You cancelled."
        case EndReason.TARGET_ENDED:
            return "You ended it."
        case EndReason.TARGET_QUIT:
            return "This program was closed."
        case EndReason.REFUSED_BY_USER:
            return "It was refused."
        case EndReason.NOT_ANSWERED:
            return "Nobody answered in time, so it was refused."
        case EndReason.REFUSED_BY_POLICY:
            return "What they wanted to do is not allowed on this computer."
        case EndReason.NO_SCREEN:
            return "This computer's screen can't be shown."
        case EndReason.TIME_OVER:
            return "The longest time for a session has passed."
        case EndReason.OTHER_SIDE_LEFT:
            return f"The connection to {who} broke off."
        case EndReason.OTHER_SIDE_SILENT:
            return f"Nothing was heard from {who} any more."
        case EndReason.CONNECTION_LOST:
            return "This computer lost its connection to the support server."
        case EndReason.BROKER_STOPPED:
            return "The support server was stopped."
        case EndReason.PROTOCOL_VIOLATION:
            return "What came over the line could not be trusted, so it was cut at once."
        case EndReason.INTERNAL_ERROR:
            other = f"The program of {who}" if by_other_side else "This program"
            return f"{other} had a fault."
        case _:
            assert_never(reason)


THE_TECHNICIAN: Final = "The technician"
"""Where no name is known."""


# --- the program itself ---------------------------------------------------------------------

STAYS_IN_TRAY: Final = Message(
    "Farhand is still there", "Its icon is beside the clock. Quit it with a right click there."
)


def quit_question(is_in_session: bool) -> Message:
    """Asked when the last window closes and there is no tray to go to."""
    if is_in_session:
        return Message("End the session and quit?", "The session ends at once.")
    return Message("Quit Farhand?", "Nobody can help you from afar until you open it again.")


def about(version: str) -> Message:
    """The About window."""
    return Message(
        f"Farhand {version}",
        "Lets somebody you called see and work this computer from afar. "
        "Nobody can connect without a code that you enter.\n\nLicence: Apache 2.0",
    )


LOG_LEVEL_WORDS: Final = {
    "error": "Errors only",
    "warning": "Errors and warnings",
    "info": "Normal",
    "debug": "Everything",
}
SETTINGS_SAVED: Final = "Saved. It holds from the next session on."
SETTINGS_LOCKED_IN_SESSION: Final = "Settings can't be changed while a session is under way."
SETTINGS_OVERRIDDEN: Final = "Set for this run when the program was started."
SETTINGS_NOT_WRITTEN: Final = "The settings could not be written: {problem}"
