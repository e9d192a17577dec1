"""What the Connection code window shows: the code, its time, and where the attempt stands.

    CLOSED -> ASKING_BROKER -> OPEN -> CLAIMED -> ACCEPTING -> CLOSED (the session starts)
                                    -> DEAD, OVER -> ASKING_BROKER (Request New)

Fed with events by `handle`; asks the network side through ControllerCommands. The code is
in no repr. The one clock is `now`, monotonic seconds.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import Final

from PySide6.QtCore import QObject, Signal

from common.protocol.broker_messages import CODE_LIFETIME_SECONDS
from common.protocol.controller_pairing import WRONG_TRIES_PER_CODE
from common.protocol.session_events import (
    AcceptanceAsked,
    ClaimantLeft,
    CodeChanged,
    CodeDied,
    CodeNotIssued,
    SessionEnded,
    SessionPaired,
    SessionStarted,
    TargetClaims,
    WrongCodeTyped,
)
from common.qt.display_text import display_name, minutes_and_seconds
from common.qt.second_timer import SecondTimer
from common.qt.status_kind import StatusKind
from common.reasons import CodeEnd, EndReason
from common.transport.connection_events import EMBEDDED_NAME, BrokerConnected, BrokerLost
from controller_app import sentences
from controller_app.commands import ControllerCommands
from controller_app.sentences import Sentence


class CodePhase(Enum):
    """Where the attempt stands."""

    CLOSED = auto()
    ASKING_BROKER = auto()
    OPEN = auto()
    CLAIMED = auto()
    ACCEPTING = auto()
    DEAD = auto()
    """The code can't be used any more."""
    OVER = auto()
    """The attempt has ended: refused, not answered, connection lost."""


_NO_SENTENCE: Final = Sentence("")


@dataclass(frozen=True, slots=True)
class CodeState:
    """Everything that the Connection code window shows."""

    phase: CodePhase = CodePhase.CLOSED
    groups: tuple[str, ...] = field(default=(), repr=False)
    """The code in groups of four; empty where none can be used."""
    seconds_left: float = 0.0
    total_seconds: float = float(CODE_LIFETIME_SECONDS)
    """The whole of the span that runs: the code's life, or the user's time to answer."""
    extends_left: int = 0
    computer: str = ""
    """The target that has typed the right code; empty before."""
    security_number: str = ""
    url: str = ""
    kind: StatusKind = StatusKind.WORKING
    status: Sentence = _NO_SENTENCE
    notice: Sentence = _NO_SENTENCE
    """Something that happened and should be seen, such as a wrong code."""
    notice_kind: StatusKind = StatusKind.WARNING

    @property
    def is_usable(self) -> bool:
        """Whether the code can be typed somewhere with success."""
        return bool(self.groups)

    @property
    def is_open(self) -> bool:
        """Whether the window is shown."""
        return self.phase is not CodePhase.CLOSED

    @property
    def time_left(self) -> str:
        """The timer, m:ss."""
        return minutes_and_seconds(self.seconds_left)

    @property
    def has_timer(self) -> bool:
        """Whether a span runs."""
        return self.is_usable or self.phase is CodePhase.ACCEPTING

    @property
    def has_message(self) -> bool:
        """Whether there is, or will be in a moment, a message to send."""
        return self.is_usable or self.phase is CodePhase.ASKING_BROKER

    @property
    def can_extend(self) -> bool:
        """Whether Extend Timeout does something."""
        return self.is_usable and self.extends_left > 0 and self.phase is CodePhase.OPEN

    @property
    def can_request_new(self) -> bool:
        """Whether Request New does something."""
        return self.phase in (CodePhase.OPEN, CodePhase.DEAD, CodePhase.OVER)

    @property
    def is_request_new_next(self) -> bool:
        """Whether Request New is what most people want now."""
        return self.phase in (CodePhase.DEAD, CodePhase.OVER)


class CodeViewModel(QObject):
    """The state of the Connection code window."""

    state_changed = Signal(object)

    def __init__(
        self, commands: ControllerCommands, now: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__()
        self._commands = commands
        self._now = now
        self._state = CodeState()
        self._url = ""
        self._is_connected = False
        self._lost: BrokerLost | None = None
        """Why there is no connection, once one was tried in vain."""
        self._expires_at = 0.0
        self._answer_by: float | None = None
        self._computer = ""
        self._cancels_under_way = 0
        self._timer = SecondTimer(self)
        self._timer.fired.connect(self.tick)

    @property
    def state(self) -> CodeState:
        """What is shown now."""
        return self._state

    # What the technician does.

    def start(self) -> None:
        """Start Broker Session: open the window and ask for a code."""
        self._ask_broker()
        self._commands.start_session()

    def request_new(self) -> None:
        """Another code, with its whole lifetime."""
        if not self._state.can_request_new:
            return
        is_attempt_over = self._state.phase is CodePhase.OVER
        self._ask_broker()
        if is_attempt_over:
            self._commands.start_session()
        else:
            self._commands.request_new_code()

    def extend(self) -> None:
        """The same code, its whole lifetime again."""
        if self._state.can_extend:
            self._commands.extend_code()

    def cancel(self) -> None:
        """Close the window: no code, no session."""
        if not self._state.is_open:
            return
        if self._state.phase is not CodePhase.OVER:
            self._cancels_under_way += 1
            self._commands.end_session(EndReason.CANCELLED)
        self._close()

    def tick(self) -> None:
        """Look at the clock."""
        if self._state.is_usable:
            left = max(0.0, self._expires_at - self._now())
            self._set(seconds_left=left)
            if left <= 0.0 and self._state.phase is CodePhase.OPEN:
                self._die(sentences.code_dead(CodeEnd.EXPIRED))
        if self._state.phase is CodePhase.ACCEPTING:
            self._show_acceptance()
        self._wait_for_next_second()

    # What the network side reports.

    def handle(self, event: object) -> None:
        """Take what the network side reports; nothing matters while the window is closed,
        except where the node is."""
        match event:
            case BrokerConnected(public_url=public_url):
                self._url = public_url or ""
                self._set_connected(None)
                return
            case BrokerLost():
                self._set_connected(event)
                return
        if isinstance(event, SessionEnded) and self._is_past(event):
            return
        if self._state.is_open:
            self._handle_attempt(event)
            self._wait_for_next_second()

    def _is_past(self, event: SessionEnded) -> bool:
        """Tell whether this is the end of a session or attempt before this window."""
        if event.by_other_side or event.reason not in (
            EndReason.CANCELLED,
            EndReason.CONTROLLER_ENDED,
        ):
            return False
        if event.reason is EndReason.CANCELLED:
            if not self._cancels_under_way:
                return False
            self._cancels_under_way -= 1
        return True

    def _handle_attempt(self, event: object) -> None:
        match event:
            case CodeChanged():
                self._show_code(event)
            case CodeDied(end, waiting_claims):
                self._show_code_end(end, waiting_claims)
            case CodeNotIssued(retry_after_seconds):
                self._show_not_issued(retry_after_seconds)
            case TargetClaims(computer_name):
                self._computer = computer_name
                words = sentences.target_claims(computer_name)
                self._set(phase=CodePhase.CLAIMED, kind=StatusKind.WORKING, status=words)
            case WrongCodeTyped(wrong_tries, computer_name):
                self._show_wrong_code(wrong_tries, computer_name)
            case ClaimantLeft():
                self._show_waiting()
            case SessionPaired():
                self._show_paired(event)
            case AcceptanceAsked(expires_at=expires_at):
                self._answer_by = expires_at
                span = max(1.0, expires_at - self._now())
                self._set(phase=CodePhase.ACCEPTING, groups=(), total_seconds=span)
                self._show_acceptance()
            case SessionStarted():
                self._close()
            case SessionEnded(reason, by_other_side):
                self._show_end(reason, by_other_side)

    # Steps.

    def _ask_broker(self) -> None:
        self._computer = ""
        self._answer_by = None
        kind, status = self._asking_words()
        self._state = CodeState(
            phase=CodePhase.ASKING_BROKER, url=self._url, kind=kind, status=status
        )
        self.state_changed.emit(self._state)

    def _asking_words(self) -> tuple[StatusKind, Sentence]:
        """While no code has come: why not, where that is known. A retry leaves it standing."""
        lost = self._lost
        if lost is None:
            return StatusKind.WORKING, sentences.asking_for_code(self._is_connected)
        is_embedded, is_retried = lost.address == EMBEDDED_NAME, lost.retry_in_seconds is not None
        return StatusKind.ERROR, sentences.not_connected(
            lost.problem, lost.address, is_embedded, is_retried
        )

    def _show_code(self, event: CodeChanged) -> None:
        self._cancels_under_way = 0  # events come in order: older attempts are past
        self._expires_at = event.expires_at
        is_another = event.code.grouped() != " ".join(self._state.groups)
        self._set(
            groups=tuple(event.code.grouped().split()),
            seconds_left=max(0.0, event.expires_at - self._now()),
            extends_left=event.extends_left,
        )
        if is_another:
            self._set(notice=_NO_SENTENCE)
        if self._state.phase in (CodePhase.ASKING_BROKER, CodePhase.DEAD, CodePhase.OPEN):
            self._show_waiting()

    def _show_waiting(self) -> None:
        if not self._state.is_usable:
            return
        words = sentences.waiting_for_target()
        if not self._is_connected:
            words = sentences.broker_lost_with_code()
        self._set(phase=CodePhase.OPEN, kind=StatusKind.WORKING, status=words)

    def _show_wrong_code(self, wrong_tries: int, computer_name: str) -> None:
        self._set(
            notice=sentences.wrong_code(wrong_tries, WRONG_TRIES_PER_CODE, computer_name),
            notice_kind=StatusKind.WARNING,
        )
        self._show_waiting()

    def _show_paired(self, event: SessionPaired) -> None:
        self._computer = event.other_computer
        self._set(
            phase=CodePhase.CLAIMED,
            groups=(),
            computer=display_name(event.other_computer),
            security_number=sentences.security_number(event.security_number),
            notice=_NO_SENTENCE,
            kind=StatusKind.WORKING,
            status=sentences.target_paired(event.other_computer),
        )

    def _show_code_end(self, end: CodeEnd, waiting_claims: int) -> None:
        if waiting_claims:
            self._set(
                notice=sentences.others_waited(waiting_claims), notice_kind=StatusKind.WARNING
            )
        if end is CodeEnd.REPLACED:
            return  # the next CodeChanged is on its way, and the window says so already
        if end is CodeEnd.USED:
            self._set(groups=())
            return
        self._die(sentences.code_dead(end))
        if end is CodeEnd.WRONG_THREE_TIMES:
            self._set(kind=StatusKind.ERROR, notice=_NO_SENTENCE)

    def _show_not_issued(self, retry_after_seconds: int) -> None:
        if self._state.is_usable:
            self._set(extends_left=0, notice=sentences.no_more_time(), notice_kind=StatusKind.INFO)
        else:
            self._die(sentences.no_code_now(retry_after_seconds))

    def _show_acceptance(self) -> None:
        left = max(0.0, (self._answer_by or 0.0) - self._now())
        words = sentences.waiting_for_acceptance(self._computer, -int(-left // 1))
        self._set(seconds_left=left, kind=StatusKind.WORKING, status=words)

    def _show_end(self, reason: EndReason, by_other_side: bool) -> None:
        if reason is EndReason.CANCELLED and not by_other_side:
            self._close()  # another server was chosen under this code
            return
        words = sentences.session_ended(reason, by_other_side, self._computer)
        self._set(phase=CodePhase.OVER, groups=(), computer="", kind=StatusKind.ERROR, status=words)

    def _die(self, words: Sentence) -> None:
        self._set(phase=CodePhase.DEAD, groups=(), kind=StatusKind.WARNING, status=words)

    def _set_connected(self, lost: BrokerLost | None) -> None:
        self._is_connected = lost is None
        self._lost = lost
        self._set(url=self._url)
        if self._state.phase is CodePhase.ASKING_BROKER:
            kind, status = self._asking_words()
            self._set(kind=kind, status=status)
        elif self._state.phase in (CodePhase.OPEN, CodePhase.CLAIMED):
            self._show_waiting()

    def _close(self) -> None:
        self._timer.stop()
        self._state = CodeState()
        self.state_changed.emit(self._state)

    def _wait_for_next_second(self) -> None:
        if self._state.phase is CodePhase.ACCEPTING:
            self._timer.wait_for_change(max(0.0, (self._answer_by or 0.0) - self._now()))
        elif self._state.is_usable:
            self._timer.wait_for_change(max(0.0, self._expires_at - self._now()))
        else:
            self._timer.stop()

    def _set(self, **changes: object) -> None:
        changed = replace(self._state, **changes)  # type: ignore[arg-type]  # names of fields
        if changed != self._state:
            self._state = changed
            self.state_changed.emit(changed)
