"""The main window: where this computer stands, Enter Connection Code, End Session, settings.

Widgets bound to view-models; what may be done and in which words is theirs to say.
"""

from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QAction, QCloseEvent
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from common.qt.buttons import IconButton, danger_button, primary_button, quiet_button
from common.qt.labels import TextStyle, card, label
from common.qt.status import MessageBanner, StatusKind, StatusLine
from common.qt.theme import Space
from target_app import sentences
from target_app.session_bar import WatchedIcon
from target_app.settings_page import SettingsPage
from target_app.settings_view_model import SettingsViewModel
from target_app.status_view_model import Phase, StatusViewModel

WIDTH_PIXELS = 520
HEIGHT_PIXELS = 380

STATUS_KINDS: Final = {
    Phase.NOT_CONNECTED: StatusKind.WARNING,
    Phase.READY: StatusKind.OK,
    Phase.CONNECTING: StatusKind.WORKING,
    Phase.ASKED: StatusKind.WARNING,
    Phase.IN_SESSION: StatusKind.INFO,  # there the eye stands in its place
}


@dataclass(frozen=True, slots=True)
class TargetActions:
    """What tray menu, window menu and buttons share, each made once."""

    enter_code: QAction
    end_session: QAction
    about: QAction
    quit: QAction


class MainWindow(QMainWindow):
    """Bound to a StatusViewModel and a SettingsViewModel."""

    closing = Signal()
    """The frame's close button was pressed; the desktop decides what that means."""

    def __init__(
        self, status: StatusViewModel, settings: SettingsViewModel, actions: TargetActions
    ) -> None:
        super().__init__()
        self.setWindowTitle(sentences.PROGRAM)
        self.home = HomePage(status, actions)
        self.settings_page = SettingsPage(settings)
        self._pages = QStackedWidget()
        self._pages.addWidget(self.home)
        self._pages.addWidget(self.settings_page)
        self.setCentralWidget(self._pages)
        self._add_menus(actions)
        self.home.settings_asked.connect(self.show_settings)
        self.settings_page.left.connect(self.show_home)
        self.resize(WIDTH_PIXELS, HEIGHT_PIXELS)
        self.home.setFocus()  # the window itself, until somebody presses Tab
        self.setMinimumSize(420, 340)

    def _add_menus(self, actions: TargetActions) -> None:
        menu = self.actions_menu = self.menuBar().addMenu(sentences.ACTIONS_MENU)
        menu.setToolTipsVisible(True)
        menu.addAction(actions.enter_code)
        menu.addAction(actions.end_session)
        menu.addSeparator()
        self.settings_action = menu.addAction(sentences.SETTINGS)
        self.settings_action.triggered.connect(self.show_settings)
        menu.addSeparator()
        menu.addAction(actions.quit)
        help_menu = self.menuBar().addMenu(sentences.HELP_MENU)
        help_menu.addAction(actions.about)

    @Slot()
    def show_settings(self) -> None:
        """Turn to the settings page."""
        self._pages.setCurrentWidget(self.settings_page)

    @Slot()
    def show_home(self) -> None:
        """Turn to the page with the state."""
        self._pages.setCurrentWidget(self.home)

    def come_to_front(self) -> None:
        """Let nobody look for it."""
        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
        self.show()
        self.raise_()
        self.activateWindow()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask the desktop; it hides the window, or asks whether to quit."""
        event.ignore()
        self.closing.emit()


class HomePage(QWidget):
    """The state, the one thing to do, and what came of the last session."""

    settings_asked = Signal()

    def __init__(self, status: StatusViewModel, actions: TargetActions) -> None:
        super().__init__()
        self._status = status
        self.limits = MessageBanner()
        self.notice = MessageBanner()
        dismiss = IconButton(sentences.CLOSE, "close")
        dismiss.clicked.connect(status.dismiss_notice)
        self.notice.add_button(dismiss)
        self.status_line = StatusLine(TextStyle.HEADING)
        self._watched = WatchedIcon()
        line = self.status_line.layout()
        if isinstance(line, QHBoxLayout):
            line.insertWidget(0, self._watched, 0, Qt.AlignmentFlag.AlignTop)
        self.enter_code = primary_button(sentences.ENTER_CODE, "code")
        self.enter_code.set_big()
        self.enter_code.clicked.connect(actions.enter_code.trigger)
        self.hint = label(style=TextStyle.MUTED)
        self.hint.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.end_session = danger_button(sentences.END_SESSION, "disconnect")
        self.end_session.set_big()
        self.end_session.clicked.connect(actions.end_session.trigger)
        self._fill()
        status.state_changed.connect(self.show_state)
        self.show_state()

    def _fill(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(Space.WIDE, Space.MEDIUM, Space.WIDE, Space.LARGE)
        layout.setSpacing(Space.MEDIUM)
        layout.addWidget(self.limits)
        layout.addWidget(self.notice)
        state_card = card()
        inner = QVBoxLayout(state_card)
        inner.setContentsMargins(Space.LARGE, Space.LARGE, Space.LARGE, Space.LARGE)
        inner.addWidget(self.status_line)
        layout.addWidget(state_card)
        layout.addSpacing(Space.MEDIUM)
        layout.addWidget(self.enter_code)
        layout.addWidget(self.end_session)
        layout.addWidget(self.hint)
        layout.addStretch(1)
        bottom = QHBoxLayout()
        settings = quiet_button(sentences.SETTINGS, "settings")
        settings.clicked.connect(self.settings_asked)
        bottom.addWidget(settings)
        bottom.addStretch(1)
        layout.addLayout(bottom)

    @Slot()
    def show_state(self) -> None:
        """Show what the view-model says now."""
        state = self._status.state
        self.limits.show_message(StatusKind.WARNING, state.limits)
        if state.notice is None:
            self.notice.hide()
        else:
            self.notice.show_message(StatusKind.INFO, state.notice.title, state.notice.text)
        kind = STATUS_KINDS[state.phase]
        self.status_line.show_status(kind, state.message.title, state.message.text)
        self.status_line.icon.setVisible(not state.is_in_session)
        self._watched.setVisible(state.is_in_session)
        if state.is_in_session and self.enter_code.hasFocus():
            self.setFocus()
        self.enter_code.setVisible(not state.is_in_session)
        self.enter_code.setEnabled(state.can_enter_code)
        self.enter_code.setToolTip(state.code_hint)
        self.hint.setText("" if state.is_in_session else state.code_hint)
        self.end_session.setVisible(state.is_in_session)
