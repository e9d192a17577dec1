"""The icon beside the clock: its menu, its lit state in session, its messages.

Where there is no tray it stays silent; when a tray appears later, Qt puts the icon there.
Bound to the status view-model; the actions are the desktop's.
"""

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QSystemTrayIcon

from common.qt.icons import set_icon
from common.qt.theme import application_icon
from target_app import sentences
from target_app.main_window import TargetActions
from target_app.sentences import Message
from target_app.status_view_model import Phase, StatusViewModel

MESSAGE_MILLISECONDS = 8000

_ICONS = {
    Phase.NOT_CONNECTED: "farhand-offline",
    Phase.READY: "farhand",
    Phase.CONNECTING: "farhand",
    Phase.ASKED: "farhand-asking",
    Phase.IN_SESSION: "farhand-session",
}


class TrayIcon(QObject):
    """Bound to one StatusViewModel."""

    window_asked = Signal()

    def __init__(self, status: StatusViewModel, actions: TargetActions) -> None:
        super().__init__()
        self._status = status
        self.menu = QMenu()
        self.menu.setToolTipsVisible(True)
        self.menu.addAction(actions.enter_code)
        open_window = QAction(sentences.OPEN_WINDOW, self)
        set_icon(open_window, "window")
        open_window.triggered.connect(self.window_asked)
        self.menu.addAction(open_window)
        self.menu.addAction(actions.end_session)
        self.menu.addSeparator()
        self.menu.addAction(actions.about)
        self.menu.addAction(actions.quit)
        self._icon = QSystemTrayIcon(self)
        self._icon.setContextMenu(self.menu)
        self._icon.activated.connect(self._activated)
        self._shown_phase: Phase | None = None
        status.state_changed.connect(self.show_state)
        self.show_state()

    @property
    def is_there(self) -> bool:
        """Whether there is a tray to be seen in, now."""
        return QSystemTrayIcon.isSystemTrayAvailable()

    def show(self) -> None:
        """Take the place beside the clock, now or when there is one."""
        self._icon.show()

    def close(self) -> None:
        """Leave the tray, so that no ghost stays there; for good."""
        self._icon.hide()
        self._icon.deleteLater()
        self.menu.hide()
        self.menu.deleteLater()

    def tell(self, message: Message) -> None:
        """Say something from the tray, where the desktop shows such messages."""
        if self._icon.isVisible() and self.is_there and self._icon.supportsMessages():
            icon = QSystemTrayIcon.MessageIcon.Information
            self._icon.showMessage(message.title, message.text, icon, MESSAGE_MILLISECONDS)

    @Slot()
    def show_state(self) -> None:
        """Show what the view-model says now."""
        state = self._status.state
        if state.phase is not self._shown_phase:
            self._shown_phase = state.phase
            self._icon.setIcon(application_icon(_ICONS[state.phase]))
        self._icon.setToolTip(f"{sentences.PROGRAM}: {state.message.title}")

    @Slot(QSystemTrayIcon.ActivationReason)
    def _activated(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        if reason == QSystemTrayIcon.ActivationReason.Trigger:
            self.window_asked.emit()
