"""The code window: what is typed, what is wrong with it, how the attempt goes, how it failed.

Owns the typed text until it leads to a session. A text that is no well-formed code never
gets further than this file; one confirmation is one `enter_code`, and nothing is tried again
by itself. Knows no widgets; the desktop drives it, on the Qt thread.
"""

from dataclasses import dataclass, replace
from enum import Enum

from PySide6.QtCore import QObject, Signal

from common.protocol.connection_code import group_digits, normalise, parse, typing_problem
from common.protocol.session_events import (
    AcceptanceAsked,
    ClaimWaiting,
    PairingEnded,
    SessionEnded,
    SessionPaired,
    SessionStarted,
    TargetEvent,
)
from common.reasons import EndReason
from common.transport.connection_events import BrokerConnected, BrokerLost, ConnectionEvent
from target_app import sentences
from target_app.commands import TargetCommands
from target_app.sentences import Message


class CodeStage(Enum):
    """Which page of the window is shown."""

    CLOSED = "closed"
    ENTRY = "entry"
    TRYING = "trying"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class CodeState:
    """All that the window shows. `is_quiet`: the attempt opens no window by itself."""

    stage: CodeStage = CodeStage.CLOSED
    text: str = ""
    problem: str = ""
    can_confirm: bool = False
    progress: str = ""
    failure: Message | None = None
    is_quiet: bool = False

    @property
    def is_shown(self) -> bool:
        """Whether the window is to be seen."""
        return self.stage is not CodeStage.CLOSED and not self.is_quiet

    def __repr__(self) -> str:
        return f"CodeState({self.stage.name}, hidden)"  # the text is a code


class CodeViewModel(QObject):
    """The code window as one value, `state`."""

    state_changed = Signal()
    failed_quietly = Signal(object)
    """A Message: an attempt that has no window has failed."""

    def __init__(self, commands: TargetCommands) -> None:
        super().__init__()
        self._commands = commands
        self._is_connected = False
        self._waits_for_contact = False
        self.state = CodeState()

    # What the user does.

    def open(self) -> None:
        """Show the window, with an empty field unless an attempt is under way."""
        if self.state.stage is CodeStage.CLOSED:
            self._set(_entry(""))
        else:
            self._set(replace(self.state, is_quiet=False))

    def change_text(self, text: str) -> None:
        """The field holds this now."""
        if self.state.stage is CodeStage.ENTRY:
            self._set(_entry(group_digits(normalise(text))))

    def confirm(self) -> None:
        """OK or Connect: try the code, once."""
        if self.state.stage is not CodeStage.ENTRY:
            return
        if not self.state.can_confirm:
            problem = self.state.problem or sentences.CODE_INCOMPLETE
            self._set(replace(self.state, problem=problem))
            return
        self._try(sentences.LOOKING_UP)
        self._commands.enter_code(parse(self.state.text))

    def try_again(self) -> None:
        """Back to the field, the code still there to correct."""
        if self.state.stage is CodeStage.FAILED:
            self._set(_entry(self.state.text))

    def cancel(self) -> None:
        """Close the window; an attempt that is under way ends."""
        was_trying = self.state.stage is CodeStage.TRYING
        waited = self._waits_for_contact
        self._close()
        if was_trying and not waited:
            self._commands.cancel_attempt()

    def enter_given_code(self, text: str, is_quiet: bool) -> None:
        """Try a code from the command line as if it had been typed and confirmed.

        It waits for the first contact. Ignored while another attempt is under way. One that
        is no code opens the window, which says what is wrong.
        """
        if self.state.stage is CodeStage.TRYING:
            return
        entry = _entry(group_digits(normalise(text)))
        if not entry.can_confirm:
            self._set(replace(entry, problem=entry.problem or sentences.CODE_INCOMPLETE))
            return
        self._waits_for_contact = not self._is_connected
        waiting = sentences.WAITING_FOR_CONTACT
        self._set(replace(entry, is_quiet=is_quiet))
        self._try(waiting if self._waits_for_contact else sentences.LOOKING_UP)
        if self._is_connected:
            self._commands.enter_code(parse(text))

    # What happens.

    def handle(self, event: TargetEvent | ConnectionEvent) -> None:
        """Take over one event."""
        match event:
            case BrokerConnected():
                self._is_connected = True
                self._enter_what_waits()
            case BrokerLost():
                self._is_connected = False
                self._say_why_it_waits(event)
            case ClaimWaiting():
                self._progress(sentences.code_waits(event.claims_before))
            case SessionPaired():
                self._progress(sentences.PAIRED)
            case PairingEnded():
                self._fail(sentences.pairing_problem(event.problem, event.retry_after_seconds))
            case AcceptanceAsked() | SessionStarted():
                self._close()
            case SessionEnded():
                self._end(event)
            case _:
                pass  # input and pictures are the runner's

    def _enter_what_waits(self) -> None:
        if self._waits_for_contact and self.state.stage is CodeStage.TRYING:
            self._waits_for_contact = False
            self._progress(sentences.LOOKING_UP)
            self._commands.enter_code(parse(self.state.text))

    def _say_why_it_waits(self, event: BrokerLost) -> None:
        if self._waits_for_contact:
            is_retried = event.retry_in_seconds is not None
            lost = sentences.connection_lost(event.problem, event.address, is_retried)
            self._progress(lost.text)

    def _end(self, event: SessionEnded) -> None:
        """A session ended before its question or its start: that is a failed attempt."""
        if event.reason is EndReason.CANCELLED and not event.by_other_side:
            self._close()
        else:
            who = sentences.THE_TECHNICIAN
            self._fail(sentences.attempt_over(event.reason, event.by_other_side, who))

    def _fail(self, failure: Message) -> None:
        if self.state.stage is not CodeStage.TRYING:
            return
        was_quiet = self.state.is_quiet
        failed = replace(self.state, stage=CodeStage.FAILED, progress="", failure=failure)
        self._set(CodeState() if was_quiet else failed)
        if was_quiet:
            self.failed_quietly.emit(failure)

    def _try(self, progress: str) -> None:
        self._set(replace(self.state, stage=CodeStage.TRYING, progress=progress))

    def _progress(self, progress: str) -> None:
        if self.state.stage is CodeStage.TRYING:
            self._set(replace(self.state, progress=progress))

    def _close(self) -> None:
        self._waits_for_contact = False
        self._set(CodeState())

    def _set(self, state: CodeState) -> None:
        if state != self.state:
            self.state = state
            self.state_changed.emit()


def _entry(text: str) -> CodeState:
    problem = typing_problem(text)
    return CodeState(
        stage=CodeStage.ENTRY,
        text=text,
        problem="" if problem is None else sentences.typing_problem(problem),
        can_confirm=problem is None,
    )
