"""What the main window shows: where the controller is connected, and whether it can start.

Fed with events by `handle`, asks the network side through ControllerCommands. Holds no
widget and makes no sentence.
"""

from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, Signal

from common.qt.display_text import display_name
from common.qt.status_kind import StatusKind
from common.transport.connection_events import BrokerConnected, BrokerConnecting, BrokerLost
from controller_app import sentences
from controller_app.commands import ControllerCommands
from controller_app.sentences import Sentence
from controller_app.settings import ControllerSettings


@dataclass(frozen=True, slots=True)
class MainState:
    """Everything that the main window shows."""

    settings: ControllerSettings
    kind: StatusKind
    status: Sentence
    technician: str
    is_verified: bool = False
    is_connected: bool = False
    is_session_open: bool = False
    """From Start Broker Session until the code window or the session window is closed."""

    @property
    def can_start(self) -> bool:
        """Whether Start Broker Session does something now."""
        return self.is_connected and not self.is_session_open

    @property
    def shown_technician(self) -> str:
        """The name that the target's user will read."""
        return display_name(self.technician) or sentences.no_name()

    @property
    def shown_organisation(self) -> str:
        """The organisation, and whether the server vouches for the name."""
        return sentences.organisation_line(self.settings.organisation, self.is_verified)


class MainViewModel(QObject):
    """The state of the main window."""

    state_changed = Signal(object)

    def __init__(self, commands: ControllerCommands, settings: ControllerSettings) -> None:
        super().__init__()
        self._commands = commands
        self._state = MainState(
            settings=settings,
            kind=StatusKind.WORKING,
            status=sentences.connecting(settings.server, not settings.server),
            technician=settings.technician,
        )

    @property
    def state(self) -> MainState:
        """What is shown now."""
        return self._state

    def handle(self, event: object) -> None:
        """Take what the network side reports."""
        is_embedded = not self._state.settings.server
        match event:
            case BrokerConnecting(address):
                # A retry does not take away the words about what is wrong.
                if self._state.kind is not StatusKind.ERROR:
                    self._show(StatusKind.WORKING, sentences.connecting(address, is_embedded))
            case BrokerConnected():
                self._show_connected(event)
            case BrokerLost(address, problem, retry_in_seconds):
                is_retried = retry_in_seconds is not None
                words = sentences.not_connected(problem, address, is_embedded, is_retried)
                self._show(StatusKind.ERROR, words)

    def use_settings(self, settings: ControllerSettings) -> None:
        """Take other settings, and have the network side use them."""
        before = self._state.settings
        self._set(settings=settings, technician=settings.technician)
        names = (settings.technician, settings.organisation)
        if names != (before.technician, before.organisation):
            self._commands.name_technician(*names)
        if settings.server != before.server:
            is_embedded = not settings.server
            self._show(StatusKind.WORKING, sentences.connecting(settings.server, is_embedded))
            self._commands.use_server(settings.server)

    def set_session_open(self, is_open: bool) -> None:
        """A session, or the attempt at one, is open: one at a time."""
        self._set(is_session_open=is_open)

    def _show_connected(self, event: BrokerConnected) -> None:
        words = sentences.ready(event.address, event.organisation, event.is_embedded)
        self._state = replace(
            self._state,
            kind=StatusKind.OK,
            status=words,
            is_connected=True,
            technician=event.technician or self._state.settings.technician,
            is_verified=event.is_verified,
        )
        self.state_changed.emit(self._state)

    def _show(self, kind: StatusKind, status: Sentence) -> None:
        self._state = replace(self._state, kind=kind, status=status, is_connected=False)
        self.state_changed.emit(self._state)

    def _set(self, **changes: object) -> None:
        changed = replace(self._state, **changes)  # type: ignore[arg-type]  # names of fields
        if changed != self._state:
            self._state = changed
            self.state_changed.emit(changed)
