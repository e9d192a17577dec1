"""Every sentence that the technician reads, made from (reason, context) in this one place.

Short, calm, and with what to do next where something can be done. All go through `tr`, for
translation. Names in them come from elsewhere and are made safe by `display_name` here.
Knows no windows and no session rules.
"""

from dataclasses import dataclass
from typing import assert_never

from PySide6.QtCore import QCoreApplication

from common.protocol.policies import SessionMode
from common.qt.display_text import display_name
from common.reasons import CodeEnd, ConnectionProblem, EndReason


@dataclass(frozen=True, slots=True)
class Sentence:
    """What is so, and what that means or what to do now; the second part may be empty."""

    words: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Quality:
    """The last second of the line."""

    frames_per_second: float
    round_trip_milliseconds: int | None
    megabits_per_second: float


def tr(text: str) -> str:
    """Translate a text of the controller."""
    return QCoreApplication.translate("Controller", text)


def mode_name(mode: SessionMode) -> str:
    """Name a session mode as its policy is named."""
    match mode:
        case SessionMode.ACTIVE:
            return tr("Active")
        case SessionMode.GUIDANCE:
            return tr("Guidance")
        case SessionMode.MONITOR:
            return tr("Monitor")
        case SessionMode.CHAT:
            return tr("Chat")
        case SessionMode.FILE_TRANSFER:
            return tr("File transfer")
    assert_never(mode)


def no_name() -> str:
    """What stands for a name that is not set."""
    return tr("Your name is not set")


def organisation_line(organisation: str, is_verified: bool) -> str:
    """The organisation, and whether a server vouches for the technician."""
    parts = [display_name(organisation)]
    if is_verified:
        parts.append(tr("verified by the server"))
    return " \N{MIDDLE DOT} ".join(filter(None, parts))


# The connection to a node.


def connecting(address: str, is_embedded: bool) -> Sentence:
    """A connection is being made."""
    if is_embedded:
        return Sentence(tr("Getting ready"), tr("The broker on this computer is starting."))
    return Sentence(
        tr("Connecting"), tr("Connecting to {server}.").format(server=display_name(address))
    )


def ready(address: str, organisation: str, is_embedded: bool) -> Sentence:
    """Connected: a session can be started."""
    if is_embedded:
        port = display_name(address).rpartition(":")[2]
        return Sentence(
            tr("Ready"),
            tr(
                "Sessions go through this computer (port {port}). People on your network can "
                "reach it. For people elsewhere, choose a server under Settings."
            ).format(port=port),
        )
    server = display_name(address)
    name = display_name(organisation)
    where = tr("{server} of {organisation}").format(server=server, organisation=name)
    return Sentence(
        tr("Ready"), tr("Connected to {server}.").format(server=where if name else server)
    )


def not_connected(
    problem: ConnectionProblem, address: str, is_embedded: bool, is_retried: bool
) -> Sentence:
    """Not connected: why, and what to do."""
    if is_embedded:
        words = tr("The broker on this computer is not running")
        detail = tr("Another program may have stopped it. Its log says more.")
    else:
        words = tr("Not connected")
        detail = _connection_problem(problem).format(server=display_name(address))
    if is_retried:
        detail += " " + tr("Farhand keeps trying.")
    return Sentence(words, detail)


def _connection_problem(problem: ConnectionProblem) -> str:
    match problem:
        case ConnectionProblem.NAME_NOT_FOUND:
            return tr(
                "There is no computer named {server}. Check the server's address under Settings, "
                "and that this computer is online."
            )
        case ConnectionProblem.UNREACHABLE:
            return tr(
                "{server} does not answer. Check that this computer is online, and the "
                "server's address under Settings."
            )
        case ConnectionProblem.REFUSED:
            return tr(
                "{server} is there, but no broker runs on it. Check the port under Settings, "
                "or ask whoever looks after the server."
            )
        case ConnectionProblem.WRONG_FINGERPRINT:
            return tr(
                "{server} is not the server that its address names: the fingerprint is another. "
                "Do not go on before you have asked for the right address."
            )
        case ConnectionProblem.CERTIFICATE_NOT_TRUSTED:
            return tr(
                "{server} can't prove who it is. Ask for its address with the fingerprint, "
                "and enter that under Settings."
            )
        case ConnectionProblem.NOT_A_NODE:
            return tr(
                "Something answers at {server}, but it is not a Farhand server. Check the "
                "address under Settings."
            )
        case ConnectionProblem.VERSION_TOO_OLD:
            return tr(
                "{server} speaks another version of Farhand. Update this program or the server."
            )
        case ConnectionProblem.NOT_AUTHENTICATED:
            return tr(
                "{server} does not let you in. Ask whoever looks after the server for an account."
            )
        case ConnectionProblem.TOO_MANY:
            return tr("{server} has too many connections just now.")
        case ConnectionProblem.CLOSED:
            return tr("The connection to {server} was lost.")
    assert_never(problem)


# The code.


def asking_for_code(is_connected: bool) -> Sentence:
    """No code yet."""
    if is_connected:
        return Sentence(tr("Connecting to broker"), tr("A code is on its way."))
    return Sentence(tr("Connecting to broker"), tr("The code comes as soon as it answers."))


def waiting_for_target() -> Sentence:
    """The code is open."""
    return Sentence(
        tr("Waiting for target"),
        tr("Read the code to the person you help, or send it as a message."),
    )


def target_claims(computer: str) -> Sentence:
    """Somebody typed the code; the two computers check it."""
    return Sentence(
        tr("Target connected"),
        tr("{computer} has typed a code. It is being checked.").format(
            computer=display_name(computer)
        ),
    )


def target_paired(computer: str) -> Sentence:
    """The code was right."""
    return Sentence(
        tr("Target connected"),
        tr("{computer} has typed the right code.").format(computer=display_name(computer)),
    )


def waiting_for_acceptance(computer: str, seconds_left: int) -> Sentence:
    """The target's user is being asked."""
    return Sentence(
        tr("Waiting for the user to accept"),
        tr("The user of {computer} has {seconds} s left to answer.").format(
            computer=display_name(computer), seconds=seconds_left
        ),
    )


def wrong_code(wrong_tries: int, tries_per_code: int, computer: str) -> Sentence:
    """A wrong secret was typed."""
    return Sentence(
        tr("Someone typed a wrong code ({number} of {all})").format(
            number=wrong_tries, all=tries_per_code
        ),
        tr("It came from {computer}. After the third wrong one the code is dead.").format(
            computer=display_name(computer)
        ),
    )


def broker_lost_with_code() -> Sentence:
    """The code is open and the connection is away."""
    return Sentence(
        tr("Connecting to broker"),
        tr("The connection was lost. The code is kept for two minutes."),
    )


def no_code_now(retry_after_seconds: int) -> Sentence:
    """The node gives no code just now."""
    if retry_after_seconds <= 0:
        return Sentence(tr("The broker gives no code just now"), tr("Try Request New."))
    return Sentence(
        tr("The broker gives no code just now"),
        tr("Too many were asked for. Try Request New in {seconds} s.").format(
            seconds=retry_after_seconds
        ),
    )


def no_more_time() -> Sentence:
    """Extend was refused; the code still lives."""
    return Sentence(tr("The time can't be extended any more"))


def code_dead(end: CodeEnd) -> Sentence:
    """The code can't be used any more."""
    again = tr("Choose Request New for another one.")
    match end:
        case CodeEnd.EXPIRED:
            return Sentence(tr("Code expired"), again)
        case CodeEnd.CANCELLED:
            return Sentence(tr("Code cancelled"), again)
        case CodeEnd.REPLACED:
            return Sentence(tr("Code replaced"), tr("A new one is on its way."))
        case CodeEnd.USED:
            return Sentence(tr("Code used"), tr("A code works once."))
        case CodeEnd.WRONG_THREE_TIMES:
            return Sentence(
                tr("Three wrong tries: the code is dead"),
                tr("Ask who typed it before you go on. Choose Request New for another one."),
            )
        case CodeEnd.CONTROLLER_GONE:
            return Sentence(tr("The connection was away for too long: the code is dead"), again)
    assert_never(end)


def others_waited(count: int) -> Sentence:
    """Others had typed the code that was used."""
    return Sentence(
        tr("Others typed this code too ({count})").format(count=count),
        tr("Make sure that you are connected to the right computer."),
    )


def extend_timeout(extends_left: int, is_usable: bool) -> str:
    """The words on the button that gives the code its whole time again."""
    if not is_usable:
        return tr("Extend Timeout")
    return tr("Extend Timeout ({count} left)").format(count=extends_left)


def spoken_code(groups: tuple[str, ...]) -> str:
    """The code as it is read aloud: digit by digit, a pause after each group."""
    return ", ".join(" ".join(group) for group in groups)


def no_code_spoken() -> str:
    """What a screen reader says where no code can be used."""
    return tr("No code")


def message_for_user(code: str, technician: str, organisation: str, is_long: bool) -> str:
    """The message to send with a code, plain text; long: with what the user must do."""
    who = ", ".join(filter(None, (display_name(technician), display_name(organisation))))
    if not is_long:
        return tr("Your Farhand connection code: {code}\nIt works once, for 15 minutes.").format(
            code=code
        )
    return tr(
        "Hello,\n\n"
        "so that I can help you:\n\n"
        "1. Open Farhand.\n"
        "2. Choose Actions > Enter Connection Code.\n"
        "3. Type this code: {code}\n"
        "4. When you are asked, choose Accept.\n\n"
        "The code works once, for 15 minutes. You see all that I do, and can end it at any "
        "time. If you did not ask for help, don't use the code.\n\n"
        "{who}"
    ).format(code=code, who=who)


# The session.


def waiting_for_picture() -> Sentence:
    """The session runs and nothing was shown yet."""
    return Sentence(tr("Waiting for the first picture"))


def no_screen_in_mode(mode: SessionMode) -> Sentence:
    """A mode without a screen."""
    return Sentence(tr("This session shows no screen"), mode_name(mode))


def screen_unavailable(cause: str) -> Sentence:
    """The target has no picture to show, for one of the causes of ScreenUnavailable."""
    if cause == "no_display":
        return Sentence(
            tr("The target has no screen to show"),
            tr("No display is connected, or nobody is signed in there."),
        )
    if cause == "wayland":
        return Sentence(
            tr("The target can't show its screen"),
            tr(
                "It runs a Wayland session, which does not let Farhand see the screen. Ask the "
                "user to sign out, choose an X11 (Xorg) session and sign in again."
            ),
        )
    return Sentence(
        tr("The target can't show its screen just now"),
        tr("The picture comes back by itself as soon as it can."),
    )


def session_title(user: str, computer: str, mode: SessionMode) -> str:
    """The session window's title."""
    return f"{user_on_computer(user, computer)} \N{EM DASH} {mode_name(mode)}"


def session_ended(reason: EndReason, by_other_side: bool, computer: str) -> Sentence:
    """Why a session, or the attempt at one, is over."""
    target = display_name(computer) or tr("the target")
    sentence = _end_of_session(reason, by_other_side)
    return Sentence(sentence.words, sentence.detail.format(target=target))


def _end_of_session(reason: EndReason, by_other_side: bool) -> Sentence:
    match reason:
        case EndReason.CONTROLLER_ENDED | EndReason.CONTROLLER_QUIT:
            return Sentence(tr("You ended the session"))
        case EndReason.CANCELLED:
            if by_other_side:
                return Sentence(tr("The user cancelled"), tr("The user of {target} gave up."))
            return Sentence(tr("You cancelled"))
        case EndReason.TARGET_ENDED:
            return Sentence(tr("The user ended the session"), tr("It was ended on {target}."))
        case EndReason.TARGET_QUIT:
            return Sentence(tr("The user closed Farhand"), tr("Farhand was closed on {target}."))
        case EndReason.REFUSED_BY_USER:
            return Sentence(
                tr("The user refused"), tr("The user of {target} does not want this session.")
            )
        case EndReason.NOT_ANSWERED:
            return Sentence(
                tr("The user did not answer"),
                tr("Nobody chose Accept on {target} in time. Are they at the computer?"),
            )
        case EndReason.REFUSED_BY_POLICY:
            return Sentence(
                tr("Not allowed"), tr("The policies of {target} do not allow this session.")
            )
        case _:
            return _end_by_trouble(reason, by_other_side)


def _end_by_trouble(reason: EndReason, by_other_side: bool) -> Sentence:
    match reason:
        case EndReason.NO_SCREEN:
            return Sentence(
                tr("The target can't show its screen"),
                tr("{target} has no display that Farhand can see."),
            )
        case EndReason.TIME_OVER:
            return Sentence(
                tr("The time is over"), tr("The session has reached its longest duration.")
            )
        case EndReason.OTHER_SIDE_LEFT:
            return Sentence(tr("The target is gone"), tr("The connection to {target} was closed."))
        case EndReason.OTHER_SIDE_SILENT:
            return Sentence(
                tr("The target does not answer any more"),
                tr("Nothing was heard of {target} for 15 seconds."),
            )
        case EndReason.CONNECTION_LOST:
            return Sentence(
                tr("Your connection to the broker was lost"),
                tr("Check that this computer is online, then start a new session."),
            )
        case EndReason.BROKER_STOPPED:
            return Sentence(tr("The broker was stopped"), tr("Start a new session in a while."))
        case EndReason.PROTOCOL_VIOLATION:
            return Sentence(
                tr("The session was ended for safety"),
                tr("What came from {target} broke a rule and can't be trusted. The log says more.")
                if not by_other_side
                else tr("{target} could not trust what came over the line."),
            )
        case _:
            return Sentence(
                tr("Something went wrong"), tr("This should not happen. The log says more.")
            )


def user_on_computer(user: str, computer: str) -> str:
    """Whose screen it is."""
    if not display_name(user):
        return display_name(computer)
    return tr("{user} on {computer}").format(
        user=display_name(user), computer=display_name(computer)
    )


def about_session(mode: SessionMode, number: str) -> str:
    """The mode, and the number that both sides can compare."""
    return f"{mode_name(mode)} \N{MIDDLE DOT} {security_number(number)}"


def quality(measured: Quality) -> str:
    """The line in the last second."""
    parts = [
        tr("{number:.0f} frames/s").format(number=measured.frames_per_second),
        tr("{number:.1f} Mbit/s").format(number=measured.megabits_per_second),
    ]
    if measured.round_trip_milliseconds is not None:
        milliseconds = tr("{number} ms").format(number=measured.round_trip_milliseconds)
        parts.insert(1, milliseconds)
    return " \N{MIDDLE DOT} ".join(parts)


def keyboard_button(is_at_target: bool) -> str:
    """Who has the keyboard, in few words."""
    return tr("Keyboard: target") if is_at_target else tr("Keyboard: here")


def keyboard_explained(is_at_target: bool) -> str:
    """Who has the keyboard, and how the other gets it."""
    if is_at_target:
        return tr("Your keys go to the target. Ctrl+Alt+Shift+K gives the keyboard back.")
    return tr("Your keys stay on this computer. Click the picture to type on the target.")


def security_number(number: str) -> str:
    """The number that both sides can compare."""
    return tr("Security number {number}").format(number=number)
