"""Builds what the target's user sees and joins it: tray, windows, view-models, hot key.

The one object that `__main__` needs on the Qt side. Events go in by `handle`; what the user
wants goes to TargetCommands; quitting is asked for by a signal, so that the program can end
its session and its network thread in order. Knows no sockets.
"""

import textwrap
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QWidget

from common.protocol.session_events import SessionEnded, SessionStarted, TargetEvent
from common.qt.buttons import Button, ButtonKind
from common.qt.icons import set_icon
from common.qt.status import StatusKind
from common.qt.theme import application_icon
from common.transport.connection_events import BrokerConnected, ConnectionEvent
from target_app import sentences
from target_app.acceptance_view_model import AcceptanceViewModel
from target_app.acceptance_window import AcceptanceWindow
from target_app.code_view_model import CodeViewModel
from target_app.code_window import CodeWindow
from target_app.commands import TargetCommands
from target_app.hot_key.contract import HotKey, NoHotKey
from target_app.main_window import MainWindow, TargetActions
from target_app.message_window import MessageWindow
from target_app.properties import PropertySources, TargetProperties, save_properties
from target_app.sentences import Message
from target_app.session_bar import SessionBar
from target_app.settings_view_model import SettingsViewModel
from target_app.single_instance import EnterCodeRequest, Request
from target_app.status_view_model import StatusOptions, StatusViewModel
from target_app.tray_icon import TrayIcon

TOOL_TIP_CHARACTERS: Final = 48


@dataclass(frozen=True, slots=True)
class DesktopOptions:
    """What holds for this run. `is_server_known`: a server has been in contact before."""

    data_folder: Path
    sources: PropertySources
    is_server_known: bool = False
    is_hidden: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)
    hot_key: HotKey = field(default_factory=NoHotKey)


class TargetDesktop(QObject):
    """Everything between the user and TargetCommands. Lives on the Qt thread."""

    quit_asked = Signal()
    """The user wants the program to end; a session was told to end before."""
    properties_changed = Signal(object)
    """TargetProperties that hold from now on: the settings page has saved some."""

    def __init__(
        self, application: QApplication, commands: TargetCommands, options: DesktopOptions
    ) -> None:
        super().__init__()
        application.setQuitOnLastWindowClosed(False)
        application.setWindowIcon(application_icon())
        self._commands = commands
        self._options = options
        self._sources = options.sources
        self._has_told_of_tray = False
        self._was_window_open = False
        self.message_windows: list[MessageWindow] = []
        self._make_view_models()
        self._make_windows()
        self._connect()
        self._show_actions()

    def _make_view_models(self) -> None:
        properties = self._sources.effective
        self.status = StatusViewModel(self._commands, self._status_options(properties))
        self.code = CodeViewModel(self._commands)
        self.acceptance = AcceptanceViewModel(self._commands, time.monotonic)
        self.acceptance.set_may_proceed(properties.acceptance_proceed)
        self.settings = SettingsViewModel(self._sources, self._save)

    def _status_options(self, properties: TargetProperties) -> StatusOptions:
        is_wayland = self._options.environment.get("XDG_SESSION_TYPE") == "wayland"
        return StatusOptions(
            is_address_set=_is_address_set(properties),
            is_server_known=self._options.is_server_known,
            limits=sentences.WAYLAND_NOTICE if is_wayland else "",
        )

    def _make_windows(self) -> None:
        self.actions = self._make_actions()
        self.main_window = MainWindow(self.status, self.settings, self.actions)
        self.code_window = CodeWindow(self.code)
        self.acceptance_window = AcceptanceWindow(self.acceptance)
        self.sign = SessionBar(self.status)
        self.tray = TrayIcon(self.status, self.actions)

    def _make_actions(self) -> TargetActions:
        enter_code = QAction(sentences.ENTER_CODE, self)
        end_session = QAction(sentences.END_SESSION, self)
        about = QAction(sentences.ABOUT, self)
        quit_action = QAction(sentences.QUIT, self)
        for action, icon_name in (
            (enter_code, "code"),
            (end_session, "disconnect"),
            (about, "info"),
            (quit_action, "quit"),
        ):
            set_icon(action, icon_name)
        enter_code.triggered.connect(self.open_code_window)
        end_session.triggered.connect(self.status.end_session)
        about.triggered.connect(self._show_about)
        quit_action.triggered.connect(self.quit)
        return TargetActions(enter_code, end_session, about, quit_action)

    def _connect(self) -> None:
        self.status.state_changed.connect(self._show_actions)
        self.status.session_ended.connect(self._tell_of_end)
        self.code.failed_quietly.connect(self.tray.tell)
        self.settings.saved.connect(self._take_properties)
        self.tray.window_asked.connect(self.open_window)
        self.main_window.closing.connect(self._main_window_closing)

    # --- for the program ---------------------------------------------------------------------

    def start(self) -> None:
        """Show the tray icon, and the main window unless this run is hidden."""
        self.tray.show()
        if not self._options.is_hidden:
            self.main_window.show()

    @Slot(object)
    def handle(self, event: TargetEvent | ConnectionEvent) -> None:
        """Take over one event of the network thread."""
        if isinstance(event, SessionStarted):
            is_key_allowed = not event.policies.disable_panic_key
            self.status.set_hot_key(is_key_allowed and self._start_hot_key())
        elif isinstance(event, SessionEnded):
            self._options.hot_key.stop()
        self.status.handle(event)
        if isinstance(event, SessionStarted):
            self._make_room()
        self.settings.set_in_session(self.status.state.is_in_session)
        self.code.handle(event)
        if isinstance(event, BrokerConnected):
            self.acceptance.set_server_trust(event.trust)
        elif not isinstance(event, ConnectionEvent):
            self.acceptance.handle(event)

    def enter_code(self, text: str) -> None:
        """Try `--code`, as if it had been typed and confirmed; waits for first contact."""
        self.code.enter_given_code(text, self._options.is_hidden)

    @Slot(object)
    def take_request(self, request: Request) -> None:
        """Do what another start of the program asks of this one."""
        if not isinstance(request, EnterCodeRequest) or self.status.state.is_in_session:
            self.open_window()
        else:
            self.enter_code(request.code)

    def close(self) -> None:
        """Take everything off the screen, as the last step before the program ends.

        The windows are gone before the application is: Qt does not bear it the other way.
        """
        self._options.hot_key.stop()
        self.tray.close()
        for window in self._windows():
            window.hide()
            window.deleteLater()

    def _windows(self) -> tuple[QWidget, ...]:
        return (
            self.acceptance_window,
            self.code_window,
            self.main_window,
            self.sign,
            *self.message_windows,
        )

    # --- what the user does ------------------------------------------------------------------

    @Slot()
    def open_code_window(self) -> None:
        """Enter Connection Code, from tray or window."""
        if self.status.state.can_enter_code:
            self.code.open()
            self.code_window.come_to_front()

    @Slot()
    def open_window(self) -> None:
        """Bring the main window to the front."""
        self.main_window.come_to_front()

    @Slot()
    def quit(self) -> None:
        """End what is under way, then let the program end."""
        self.code.cancel()
        self.status.leave()
        self.quit_asked.emit()

    @Slot()
    def _main_window_closing(self) -> None:
        """With a tray the program goes on there; without one, ask whether to quit."""
        if not self.tray.is_there:
            message = sentences.quit_question(self.status.state.is_in_session)
            answer = Button(sentences.QUIT, ButtonKind.PRIMARY)
            self._show_message(StatusKind.WARNING, message, answer).agreed.connect(self.quit)
            return
        self.main_window.hide()
        self.main_window.show_home()
        if not self._has_told_of_tray:
            self._has_told_of_tray = True
            self.tray.tell(sentences.STAYS_IN_TRAY)

    @Slot()
    def _show_about(self) -> None:
        message = sentences.about(metadata.version("farhand"))
        self._show_message(StatusKind.INFO, message)

    # --- what happens ------------------------------------------------------------------------

    def _make_room(self) -> None:
        """Get the main window out of the way: what the technician does over it counts for
        nothing. Only where the sign on the screen has End Session, too."""
        self._was_window_open = self.main_window.isVisible()
        if self.status.state.shows_sign and self.tray.is_there:
            self.main_window.hide()

    def _start_hot_key(self) -> bool:
        return self._options.hot_key.start(self.status.end_session)

    @Slot(object)
    def _tell_of_end(self, message: Message) -> None:
        """After a session: in the main window where that was open, else in one of its own,
        or from the tray where no window shall open."""
        if self._was_window_open or self.main_window.isVisible():
            self._was_window_open = False
            self.main_window.show_home()
            self.open_window()
        elif self._options.is_hidden:
            self.tray.tell(message)
        else:
            self._show_message(StatusKind.INFO, message)

    @Slot()
    def _show_actions(self) -> None:
        state = self.status.state
        self.actions.enter_code.setEnabled(state.can_enter_code)
        self.actions.enter_code.setToolTip(_in_lines(state.code_hint))
        self.actions.end_session.setEnabled(state.is_in_session)
        self.actions.end_session.setToolTip(sentences.END_HINT)

    def _save(self, stored: TargetProperties) -> None:
        save_properties(self._options.data_folder, stored)

    @Slot(object)
    def _take_properties(self, sources: PropertySources) -> None:
        self._sources = sources
        properties = sources.effective
        self.status.set_address_is_set(_is_address_set(properties))
        self.acceptance.set_may_proceed(properties.acceptance_proceed)
        self.properties_changed.emit(properties)

    def _show_message(
        self, kind: StatusKind, message: Message, answer: Button | None = None
    ) -> MessageWindow:
        for earlier in self.message_windows:
            earlier.close()
        window = MessageWindow(kind, message, answer)
        self.message_windows = [window]
        window.finished.connect(self._forget_messages)
        window.show()
        window.raise_()
        window.activateWindow()
        return window

    @Slot()
    def _forget_messages(self) -> None:
        self.message_windows = []


def _in_lines(text: str) -> str:
    """Break a long tool tip into lines: a menu's are plain text, which Qt does not wrap."""
    return "\n".join(textwrap.wrap(text, TOOL_TIP_CHARACTERS))


def _is_address_set(properties: TargetProperties) -> bool:
    return bool(properties.server_url or properties.broker_list)
