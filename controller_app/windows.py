"""All windows of the controller and their view-models: which is open when.

Built once by the program and fed with every event of the network side. Session windows are
made for one session and let go of after it.
"""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from controller_app.about_window import AboutWindow
from controller_app.code_view_model import CodeState, CodeViewModel
from controller_app.code_window import CodeWindow
from controller_app.commands import ControllerCommands
from controller_app.main_view_model import MainViewModel
from controller_app.main_window import MainWindow
from controller_app.picture_patches import PicturePatches
from controller_app.session_view_model import SessionState, SessionViewModel
from controller_app.session_window import SessionWindow
from controller_app.settings import ControllerSettings
from controller_app.settings_view_model import SettingsViewModel
from controller_app.settings_window import SettingsWindow


@dataclass(frozen=True, slots=True)
class WindowOptions:
    """What the windows are started with. `save` writes the settings file and raises
    SettingsError; `is_bare` fills the screen with the session, without a bar."""

    settings: ControllerSettings
    save: Callable[[ControllerSettings], None]
    is_bare: bool = False


class ControllerWindows(QObject):
    """Opens and closes windows as the view-models' states say."""

    quit_asked = Signal()
    """Quit was chosen, or the last window was closed."""

    def __init__(
        self, commands: ControllerCommands, patches: PicturePatches, options: WindowOptions
    ) -> None:
        super().__init__()
        self._patches = patches
        self._options = options
        self.main_view_model = MainViewModel(commands, options.settings)
        self.code_view_model = CodeViewModel(commands)
        self.session_view_model = SessionViewModel(commands)
        self.settings_view_model = SettingsViewModel(options.settings, options.save)
        self.main_window = MainWindow(self.main_view_model)
        self.code_window = CodeWindow(self.code_view_model, options.settings)
        self.session_window: SessionWindow | None = None
        self._settings_window: SettingsWindow | None = None
        self._about_window: AboutWindow | None = None
        self._connect()

    def _connect(self) -> None:
        self.main_window.start_asked.connect(self.start_session)
        self.main_window.settings_asked.connect(self.open_settings)
        self.main_window.about_asked.connect(self._open_about)
        self.main_window.quit_asked.connect(self._quit)
        self.main_window.closed.connect(self._window_closed)
        self.code_view_model.state_changed.connect(self._show_code_window)
        self.session_view_model.state_changed.connect(self._show_session_window)
        self.settings_view_model.saved.connect(self._use_settings)

    @Slot(object)
    def handle(self, event: object) -> None:
        """Take what the network side reports."""
        self.main_view_model.handle(event)
        self.session_view_model.handle(event)
        self.code_view_model.handle(event)

    def open(self) -> None:
        """Show the main window."""
        self.main_window.show()
        self.main_window.start_button.setFocus()

    @Slot()
    def start_session(self) -> None:
        """Start Broker Session."""
        if not self.main_view_model.state.is_session_open:
            self.code_view_model.start()

    @Slot()
    def open_settings(self) -> None:
        """Show the settings page."""
        if self._settings_window is None:
            self._settings_window = SettingsWindow(self.settings_view_model, self.main_window)
            self._settings_window.finished.connect(self._settings_closed)
        self._settings_window.open()

    def close_all(self) -> None:
        """Close every window and take a copied code back: the program ends."""
        self.code_window.forget_clipboard()
        for window in (self.session_window, self.code_window, self.main_window):
            if window is not None:
                window.close()

    @Slot()
    def _settings_closed(self) -> None:
        if self._settings_window is not None:
            self._settings_window.deleteLater()
            self._settings_window = None

    @Slot()
    def _open_about(self) -> None:
        if self._about_window is None:
            self._about_window = AboutWindow(self.main_window)
        self._about_window.open()

    @Slot(object)
    def _use_settings(self, settings: ControllerSettings) -> None:
        self.code_window.use_settings(settings)
        self.main_view_model.use_settings(settings)

    @Slot(object)
    def _show_code_window(self, state: CodeState) -> None:
        self._tell_main()
        if state.is_open and not self.code_window.isVisible():
            self.code_window.show()
            self.code_window.raise_()
            self.code_window.activateWindow()
        elif not state.is_open and self.code_window.isVisible():
            self.code_window.close()
            self._window_closed()

    @Slot(object)
    def _show_session_window(self, state: SessionState) -> None:
        self._tell_main()
        if state.is_open and self.session_window is None:
            window = SessionWindow(
                self.session_view_model, self._patches, is_bare=self._options.is_bare
            )
            window.closed.connect(self._session_window_closed)
            window.new_session_asked.connect(self._start_another)
            self.session_window = window
            window.open()
        elif not state.is_open and self.session_window is not None:
            self.session_window.close()

    @Slot()
    def _session_window_closed(self) -> None:
        if self.session_window is not None:
            self.session_window.deleteLater()
            self.session_window = None
        self._window_closed()

    @Slot()
    def _start_another(self) -> None:
        window = self.session_window
        if window is not None:
            window.close()
        self.start_session()

    def _tell_main(self) -> None:
        is_open = self.code_view_model.state.is_open or self.session_view_model.state.is_open
        self.main_view_model.set_session_open(is_open)

    @Slot()
    def _quit(self) -> None:
        """Be gone from the screen at once; the goodbye takes its moment behind it."""
        for window in (self.session_window, self.code_window, self.main_window):
            if window is not None:
                window.hide()
        self.quit_asked.emit()

    @Slot()
    def _window_closed(self) -> None:
        """Look whether it was the last one, once whatever opens instead has opened."""
        QTimer.singleShot(0, self._quit_after_last_window)

    @Slot()
    def _quit_after_last_window(self) -> None:
        is_any_open = (
            self.main_window.isVisible()
            or self.code_window.isVisible()
            or self.session_window is not None
        )
        if not is_any_open:
            self.quit_asked.emit()
