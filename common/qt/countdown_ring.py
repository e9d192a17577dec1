"""Time that runs out, as a ring that empties and words in its middle."""

from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from common.qt.theme import current_theme

HURRY_FRACTION: Final = 1 / 15
"""Of the whole time: from here on the ring says by its colour that it is nearly over."""


class CountdownRing(QWidget):
    """Draws what is left of a span; it has no clock, somebody tells it each second."""

    def __init__(self, side: int = 84) -> None:
        super().__init__()
        self._side = side
        self._fraction = 0.0
        self._words = ""
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        current_theme().changed.connect(self.update)

    def show_remaining(self, seconds_left: float, total_seconds: float, words: str) -> None:
        """Show this much left, with words such as 14:32."""
        self._fraction = min(1.0, max(0.0, seconds_left / total_seconds)) if total_seconds else 0.0
        self._words = words
        self.setAccessibleName(words)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self._side, self._side)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_ring(painter)
        self._paint_words(painter)
        painter.end()

    def _paint_ring(self, painter: QPainter) -> None:
        colours = current_theme().colours
        thickness = max(4.0, self._side / 17)
        inset = thickness / 2 + 1
        circle = QRectF(self.rect()).adjusted(inset, inset, -inset, -inset)
        painter.setPen(QPen(QColor(colours.raised), thickness))
        painter.drawEllipse(circle)
        if self._fraction <= 0.0:
            return
        hurries = self._fraction <= HURRY_FRACTION
        colour = QColor(colours.warning if hurries else colours.accent_fill)
        pen = QPen(colour, thickness, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        painter.drawArc(circle, 90 * 16, round(self._fraction * 360 * 16))

    def _paint_words(self, painter: QPainter) -> None:
        font = QFont(self.font())
        font.setPointSizeF(current_theme().base_points * self._side / 68)
        font.setWeight(QFont.Weight.DemiBold)
        font.setFeature(QFont.Tag("tnum"), 1)
        painter.setFont(font)
        painter.setPen(QColor(current_theme().colours.text))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._words)
