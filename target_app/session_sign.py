"""The sign on the screen while somebody is connected: who, since when, and End Session.

A small bar on top of everything that never takes the focus and can be dragged aside. It
stands still, so that it costs no pictures.
"""

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QGuiApplication, QMouseEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from common.qt.buttons import danger_button
from common.qt.labels import label, restyle
from common.qt.status import StatusIcon, StatusKind
from common.qt.theme import Space
from target_app import sentences
from target_app.status_view_model import StatusViewModel

MAXIMUM_WIDTH_PIXELS = 620


class SessionSign(QWidget):
    """Bound to one StatusViewModel; there while its state says so."""

    def __init__(self, view_model: StatusViewModel) -> None:
        super().__init__()
        self._view_model = view_model
        self.setWindowTitle(sentences.SIGN_WINDOW)
        self.setWindowFlags(
            Qt.WindowType.Tool
            | Qt.WindowType.FramelessWindowHint
            | Qt.WindowType.WindowStaysOnTopHint
            | Qt.WindowType.WindowDoesNotAcceptFocus
        )
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self._words = label()
        self.end = danger_button(sentences.END_SESSION, "disconnect")
        self.end.clicked.connect(view_model.end_session)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._bar())
        view_model.state_changed.connect(self.show_state)

    def _bar(self) -> QFrame:
        bar = QFrame()
        restyle(bar, "kind", "sign")
        row = QHBoxLayout(bar)
        row.setContentsMargins(Space.MEDIUM, Space.SMALL, Space.SMALL, Space.SMALL)
        row.setSpacing(Space.MEDIUM)
        icon = StatusIcon()
        icon.show_kind(StatusKind.ERROR)
        row.addWidget(icon)
        row.addWidget(self._words, 1)
        row.addWidget(self.end)
        return bar

    @Slot()
    def show_state(self) -> None:
        """Show what the view-model says now."""
        state = self._view_model.state
        if not state.shows_sign:
            self.hide()
        elif not self.isVisible():
            self._words.setText(state.message.title)
            self.show()

    def showEvent(self, event: QShowEvent) -> None:
        """In the middle of the upper edge, where nobody overlooks it."""
        super().showEvent(event)
        area = QGuiApplication.primaryScreen().availableGeometry()
        width = min(MAXIMUM_WIDTH_PIXELS, area.width(), self._wanted_width())
        self.resize(width, self.heightForWidth(width))
        self.move(area.x() + (area.width() - width) // 2, area.y())

    def _wanted_width(self) -> int:
        words = self._words.fontMetrics().horizontalAdvance(self._words.text())
        return words + self.end.sizeHint().width() + 6 * Space.LARGE

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """It can be dragged aside, and stays on the screen."""
        window = self.windowHandle()
        if event.button() == Qt.MouseButton.LeftButton and window is not None:
            window.startSystemMove()
