"""The acceptance window: who asks, for what, how long there is to answer, when Accept counts.

Owns the guard against accidents: nothing counts in the first 500 ms after the window shows,
so that no key press or double click meant for something else answers (security.md 2.2, 11).
The deadline itself is the session's: at zero this only stops taking answers, and what then
happens comes as an event. Knows no widgets; time comes from a clock that is handed in.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from common.protocol.session_events import (
    AcceptanceAsked,
    SessionEnded,
    SessionStarted,
    TargetEvent,
)
from common.transport.trust_level import TrustLevel
from target_app import sentences
from target_app.commands import TargetCommands

ARMING_SECONDS: Final = 0.5
TICK_MILLISECONDS: Final = 100


@dataclass(frozen=True, slots=True)
class AcceptanceState:
    """All that the window shows."""

    is_open: bool = False
    technician: str = ""
    organisation: str = ""
    is_verified: bool = False
    verification: str = ""
    mode: str = ""
    security_number: str = ""
    countdown: str = ""
    seconds_left: int = 0
    fraction_left: float = 0.0
    is_armed: bool = False
    """Whether an answer counts now."""


class AcceptanceViewModel(QObject):
    """The acceptance window as one value, `state`."""

    state_changed = Signal()

    def __init__(self, commands: TargetCommands, clock: Callable[[], float]) -> None:
        super().__init__()
        self._commands = commands
        self._clock = clock
        self._may_proceed = False
        self._server_trust = TrustLevel.PINNED
        self._asked_at = 0.0
        self._expires_at = 0.0
        self._shown_at: float | None = None
        self.state = AcceptanceState()
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MILLISECONDS)
        self._timer.timeout.connect(self.advance)

    def set_may_proceed(self, may_proceed: bool) -> None:
        """AcceptanceProceed: the session may start when nobody answers."""
        self._may_proceed = may_proceed

    def set_server_trust(self, trust: TrustLevel) -> None:
        """How far the server is believed through which somebody may ask next."""
        self._server_trust = trust

    # --- what the user does ------------------------------------------------------------------

    def shown(self) -> None:
        """The window has come to the screen, perhaps again: the guard starts anew."""
        self._shown_at = self._clock()
        self.advance()

    def accept(self) -> None:
        """Let them in. Does nothing before the guard is over, or after the time."""
        self._answer(True)

    def refuse(self) -> None:
        """Keep them out. Under the same guard: what was meant for another window is no answer."""
        self._answer(False)

    def _answer(self, is_accepted: bool) -> None:
        self.advance()
        if self.state.is_armed:
            self._close()
            self._commands.answer(is_accepted)

    # --- what happens ------------------------------------------------------------------------

    def handle(self, event: TargetEvent) -> None:
        """Take over one event."""
        match event:
            case AcceptanceAsked():
                self._open(event)
            case SessionStarted() | SessionEnded():
                self._close()
            case _:
                pass  # the other windows' or the runner's

    @Slot()
    def advance(self) -> None:
        """Show what the clock says now."""
        if not self.state.is_open:
            return
        now = self._clock()
        left = max(0.0, self._expires_at - now)
        whole = math.ceil(left)
        span = max(self._expires_at - self._asked_at, 1e-3)
        is_past_guard = self._shown_at is not None and now - self._shown_at >= ARMING_SECONDS
        self._set(
            replace(
                self.state,
                countdown=sentences.when_nobody_answers(whole, self._may_proceed),
                seconds_left=whole,
                fraction_left=min(1.0, left / span),
                is_armed=is_past_guard and left > 0,
            )
        )

    def _open(self, event: AcceptanceAsked) -> None:
        self._asked_at = self._clock()
        self._expires_at = event.expires_at
        self._shown_at = None
        self.state = AcceptanceState(
            is_open=True,
            technician=sentences.asker(event.technician),
            organisation=sentences.asker_organisation(event.organisation, event.is_verified),
            is_verified=event.is_verified,
            verification=sentences.verification(event.is_verified, self._server_trust),
            mode=sentences.mode_asked(event.mode),
            security_number=event.security_number,
        )
        self._timer.start()
        self.advance()

    def _close(self) -> None:
        self._timer.stop()
        self._shown_at = None
        self._set(AcceptanceState())

    def _set(self, state: AcceptanceState) -> None:
        if state != self.state:
            self.state = state
            self.state_changed.emit()
