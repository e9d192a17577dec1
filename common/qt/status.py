"""What is going on, as an icon and words; never by colour alone."""

from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt, QTimer, Slot
from PySide6.QtGui import QColor, QHideEvent, QPainter, QPaintEvent, QPen, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from common.qt.labels import TextStyle, label, restyle
from common.qt.status_kind import StatusKind as StatusKind
from common.qt.theme import Space, Tone, current_theme, icon_pixmap

TONES: Final = {
    StatusKind.OK: Tone.OK,
    StatusKind.WORKING: Tone.ACCENT,
    StatusKind.WARNING: Tone.WARNING,
    StatusKind.ERROR: Tone.DANGER,
    StatusKind.INFO: Tone.ACCENT,
    StatusKind.IDLE: Tone.MUTED,
}
_STEP_MILLISECONDS: Final = 100
_STEP_DEGREES: Final = 36


class StatusIcon(QWidget):
    """The icon of a kind; an arc that turns, ten steps a second, while something works."""

    def __init__(self, side: int = 20) -> None:
        super().__init__()
        self._side = side
        self._kind = StatusKind.IDLE
        self._angle_degrees = 0
        self.setFixedSize(QSize(side, side))
        self._turning = QTimer(self)
        self._turning.setInterval(_STEP_MILLISECONDS)
        self._turning.timeout.connect(self._turn)
        current_theme().changed.connect(self.update)

    def show_kind(self, kind: StatusKind) -> None:
        """Show the icon of this kind."""
        self._kind = kind
        self._keep_turning()
        self.update()

    def showEvent(self, event: QShowEvent) -> None:
        self._keep_turning()
        super().showEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        self._turning.stop()
        super().hideEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colour = getattr(current_theme().colours, TONES[self._kind].value)
        if self._kind is StatusKind.WORKING:
            self._paint_arc(painter, colour)
        else:
            scale = self.devicePixelRatioF()
            painter.drawPixmap(0, 0, icon_pixmap(self._kind.value, colour, self._side, scale))
        painter.end()

    def _paint_arc(self, painter: QPainter, colour: str) -> None:
        thickness = self._side / 9
        circle = QRectF(self.rect()).adjusted(thickness, thickness, -thickness, -thickness)
        pen = QPen(QColor(current_theme().colours.border), thickness)
        painter.setPen(pen)
        painter.drawEllipse(circle)
        pen = QPen(QColor(colour), thickness, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        painter.drawArc(circle, -self._angle_degrees * 16, 100 * 16)

    def _keep_turning(self) -> None:
        if self._kind is StatusKind.WORKING and self.isVisible():
            self._turning.start()
        else:
            self._turning.stop()

    @Slot()
    def _turn(self) -> None:
        self._angle_degrees = (self._angle_degrees + _STEP_DEGREES) % 360
        self.update()


class StatusLine(QWidget):
    """One line of state: icon, words, and more words in a quieter voice if there are any."""

    def __init__(self, heading_style: TextStyle = TextStyle.STRONG) -> None:
        super().__init__()
        self.icon = StatusIcon()
        self.words = label(style=heading_style)
        self.detail = label(style=TextStyle.MUTED)
        self.detail.hide()
        texts = QVBoxLayout()
        texts.setContentsMargins(0, 0, 0, 0)
        texts.setSpacing(Space.TIGHT)
        texts.addWidget(self.words)
        texts.addWidget(self.detail)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(Space.SMALL + 2)
        row.addWidget(self.icon, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(texts, 1)

    def show_status(self, kind: StatusKind, words: str, detail: str = "") -> None:
        """Say what is going on."""
        self.icon.show_kind(kind)
        self.words.setText(words)
        self.detail.setText(detail)
        self.detail.setVisible(bool(detail))
        self.setAccessibleName(f"{words}. {detail}" if detail else words)


class MessageBanner(QFrame):
    """A message across a window: icon, heading, sentence; coloured quietly by its kind."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("kind", "banner")
        self._line = StatusLine()
        row = QHBoxLayout(self)
        row.setContentsMargins(Space.MEDIUM, Space.MEDIUM, Space.MEDIUM, Space.MEDIUM)
        row.setSpacing(Space.MEDIUM)
        row.addWidget(self._line, 1)
        self._row = row

    def add_button(self, button: QWidget) -> None:
        """Put a button at its end."""
        self._row.addWidget(button, 0, Qt.AlignmentFlag.AlignVCenter)

    def show_message(self, kind: StatusKind, words: str, detail: str = "") -> None:
        """Say it and show the banner; without words the banner is hidden."""
        tone = kind.value if kind.value in ("ok", "warning", "error") else "info"
        restyle(self, "tone", tone)
        self._line.show_status(kind, words, detail)
        self.setAccessibleName(self._line.accessibleName())
        self.setVisible(bool(words))
