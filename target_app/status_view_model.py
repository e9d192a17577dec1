"""What the main window and the tray say: where this computer stands, in words.

Owns the sentence of the moment, whether a code may be entered and why not, and the notice
of a session that is over. Knows no widgets and no sockets; events come in by `handle`, and
what the user wants goes to TargetCommands. Driven by the desktop, on the Qt thread.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum

from PySide6.QtCore import QObject, Signal

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
from common.transport.connection_events import (
    BrokerConnected,
    BrokerConnecting,
    BrokerLost,
    ConnectionEvent,
)
from target_app import sentences
from target_app.commands import TargetCommands
from target_app.sentences import Message


class Phase(Enum):
    """Where this computer stands; the windows choose colour and icon by it."""

    NOT_CONNECTED = "not connected"
    READY = "ready"
    CONNECTING = "a code is being tried"
    ASKED = "the user is being asked"
    IN_SESSION = "in session"


@dataclass(frozen=True, slots=True)
class TargetStatus:
    """All that main window and tray show. `notice` is what came of the last session."""

    phase: Phase
    message: Message
    can_enter_code: bool
    code_hint: str
    notice: Message | None = None
    limits: str = ""
    """What can't be done on this computer, whatever the phase."""
    shows_sign: bool = False
    """Whether a sign on the screen says that somebody is connected."""

    @property
    def is_in_session(self) -> bool:
        """Whether somebody is connected now."""
        return self.phase is Phase.IN_SESSION


@dataclass(frozen=True, slots=True)
class StatusOptions:
    """What holds from the start. `is_server_known`: one has been in contact before."""

    is_address_set: bool = False
    is_server_known: bool = False
    limits: str = ""
    local_time: Callable[[], datetime] = datetime.now


class StatusViewModel(QObject):
    """Main window and tray as one value, `state`."""

    state_changed = Signal()
    session_ended = Signal(object)
    """A Message: a session, or a question that was asked, is over."""

    def __init__(self, commands: TargetCommands, options: StatusOptions) -> None:
        super().__init__()
        self._commands = commands
        self._options = options
        self._is_contact_made = False
        self._lost_address = ""
        self._connection = sentences.not_yet_connected(options.is_address_set)
        self._who = sentences.THE_TECHNICIAN
        self._has_hot_key = False
        self.state = self._at_rest(None)

    # --- what the user wants -----------------------------------------------------------------

    def end_session(self) -> None:
        """End the session at once; from tray, window or hot key."""
        if self.state.is_in_session:
            self._commands.end_session(EndReason.TARGET_ENDED)

    def leave(self) -> None:
        """The program is about to quit: end what is under way."""
        if self.state.phase in (Phase.IN_SESSION, Phase.ASKED, Phase.CONNECTING):
            self._commands.end_session(EndReason.TARGET_QUIT)

    def dismiss_notice(self) -> None:
        """The notice of the last session has been read."""
        self._set(replace(self.state, notice=None))

    def set_address_is_set(self, is_address_set: bool) -> None:
        """The settings page has set or emptied ServerURL or BrokerList."""
        self._options = replace(self._options, is_address_set=is_address_set)
        if not self._is_contact_made:
            self._connection = sentences.not_yet_connected(is_address_set)
        self._rest_again()

    def set_hot_key(self, has_hot_key: bool) -> None:
        """The hot key that ends a session does so, or can't be had. Before SessionStarted."""
        self._has_hot_key = has_hot_key

    # --- what happens ------------------------------------------------------------------------

    def handle(self, event: TargetEvent | ConnectionEvent) -> None:
        """Take over one event."""
        match event:
            case BrokerConnecting() | BrokerConnected() | BrokerLost():
                self._take_connection(event)
            case ClaimWaiting() | SessionPaired():
                self._attempt(Phase.CONNECTING, Message(sentences.ATTEMPT_TITLE, ""))
            case AcceptanceAsked():
                self._who = sentences.full_name(event.technician, event.organisation)
                asked = Message(sentences.ASKED_TITLE, sentences.ASKED_TEXT)
                self._attempt(Phase.ASKED, asked)
            case SessionStarted():
                self._start(event)
            case SessionEnded():
                self._end(event)
            case PairingEnded():
                self._set(self._at_rest(self.state.notice))
            case _:
                pass  # input and pictures are the runner's

    def _take_connection(self, event: ConnectionEvent) -> None:
        """Say where the connection stands. The problem with an address stays in sight while
        that address is tried again, so that the sentence can be read."""
        match event:
            case BrokerConnected():
                self._is_contact_made = True
                self._lost_address = ""
                self._options = replace(self._options, is_server_known=True)
                self._connection = sentences.ready(event.organisation, event.trust)
            case BrokerLost():
                self._is_contact_made = False
                is_retried = event.retry_in_seconds is not None
                self._connection = sentences.connection_lost(
                    event.problem, event.address, is_retried
                )
                self._lost_address = event.address
            case BrokerConnecting():
                self._is_contact_made = False
                if event.address != self._lost_address:
                    self._connection = sentences.connecting(event.address)
        self._rest_again()

    def _start(self, event: SessionStarted) -> None:
        self._who = sentences.full_name(event.technician, event.organisation)
        now = self._options.local_time()
        running = sentences.session_running(self._who, event.mode, now, self._has_hot_key)
        self._attempt(Phase.IN_SESSION, running)
        if event.policies.enable_on_screen_session_notification:
            self._set(replace(self.state, shows_sign=True))

    def _end(self, event: SessionEnded) -> None:
        phase = self.state.phase
        make = sentences.session_over if phase is Phase.IN_SESSION else sentences.attempt_over
        notice = make(event.reason, event.by_other_side, self._who)
        self._who = sentences.THE_TECHNICIAN
        self._set(self._at_rest(notice))
        if phase in (Phase.IN_SESSION, Phase.ASKED):
            self.session_ended.emit(notice)

    # --- the state ---------------------------------------------------------------------------

    def _attempt(self, phase: Phase, message: Message) -> None:
        self._set(
            TargetStatus(
                phase=phase,
                message=message,
                can_enter_code=False,
                code_hint=sentences.IN_SESSION_HINT,
                limits=self._options.limits,
            )
        )

    def _rest_again(self) -> None:
        """Show a change of the connection, unless an attempt or a session stands before it."""
        if self.state.phase in (Phase.NOT_CONNECTED, Phase.READY):
            self._set(self._at_rest(self.state.notice))

    def _at_rest(self, notice: Message | None) -> TargetStatus:
        can_enter_code = self._options.is_address_set or self._options.is_server_known
        return TargetStatus(
            phase=Phase.READY if self._is_contact_made else Phase.NOT_CONNECTED,
            message=self._connection,
            can_enter_code=can_enter_code,
            code_hint=sentences.CODE_HINT if can_enter_code else sentences.NO_CONTACT_HINT,
            notice=notice,
            limits=self._options.limits,
        )

    def _set(self, state: TargetStatus) -> None:
        if state != self.state:
            self.state = state
            self.state_changed.emit()
