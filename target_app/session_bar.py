"""The sign on the screen while somebody is connected: who, since when, and End Session.

A small bar on top of everything that never takes the focus and can be dragged aside. It
stands still, so that it costs no pictures.
"""

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import (
    QColor,
    QGuiApplication,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QScreen,
    QShowEvent,
)
from PySide6.QtWidgets import QHBoxLayout, QWidget

from common.qt.buttons import danger_button
from common.qt.labels import label
from common.qt.theme import Space, current_theme, icon_pixmap
from target_app import sentences
from target_app.status_view_model import StatusViewModel

MAXIMUM_WIDTH_PIXELS = 760
BORDER_PIXELS = 2
ICON_SIDE_PIXELS = 20


class WatchedIcon(QWidget):
    """An eye in the colour of warning: somebody sees this computer."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedSize(ICON_SIDE_PIXELS, ICON_SIDE_PIXELS)
        current_theme().changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw it in the theme's colours, sharp at every scale."""
        colour = current_theme().colours.danger
        scale = self.devicePixelRatioF()
        painter = QPainter(self)
        painter.drawPixmap(0, 0, icon_pixmap("eye", colour, ICON_SIDE_PIXELS, scale))
        painter.end()


class SessionBar(QWidget):
    """Bound to one StatusViewModel; there while its state says so."""

    def __init__(self, view_model: StatusViewModel) -> None:
        super().__init__()
        self._view_model = view_model
        self._screen: QScreen | None = None
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
        self._fill()
        view_model.state_changed.connect(self.show_state)

    def _fill(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(Space.MEDIUM, Space.SMALL, Space.SMALL, Space.SMALL)
        row.setSpacing(Space.MEDIUM)
        row.addWidget(WatchedIcon())
        row.addWidget(self._words, 1)
        row.addWidget(self.end)

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
        self._follow_screen()
        self._take_place()

    def _follow_screen(self) -> None:
        """Hear of another resolution: a bar beside the screen is no sign."""
        screen = QGuiApplication.primaryScreen()
        if screen is not self._screen:
            self._screen = screen
            screen.availableGeometryChanged.connect(self._take_place)

    @Slot()
    def _take_place(self) -> None:
        area = QGuiApplication.primaryScreen().availableGeometry()
        width = min(MAXIMUM_WIDTH_PIXELS, area.width(), self._wanted_width())
        self.setFixedSize(width, self.heightForWidth(width))
        self.move(area.x() + (area.width() - width) // 2, area.y())

    def _wanted_width(self) -> int:
        words = self._words.fontMetrics().horizontalAdvance(self._words.text())
        return words + self.end.sizeHint().width() + ICON_SIDE_PIXELS + 5 * Space.MEDIUM

    def paintEvent(self, event: QPaintEvent) -> None:
        """A quiet ground with a border that is not."""
        colours = current_theme().colours
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(colours.danger_soft))
        painter.setPen(QPen(QColor(colours.danger_fill), 2 * BORDER_PIXELS))
        painter.drawRect(self.rect())
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """It can be dragged aside, and stays on the screen."""
        window = self.windowHandle()
        if event.button() == Qt.MouseButton.LeftButton and window is not None:
            window.startSystemMove()
