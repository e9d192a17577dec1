"""A check box whose box is to be seen in light and dark, drawn in the theme's colours.

Fusion draws its own by the palette alone, with hardly any border in the dark.
"""

from typing import Final

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QCheckBox, QStyle, QStyleOptionButton

from common.qt.theme import current_theme, icon_pixmap

CORNER_RADIUS: Final = 4.0
_TICK: Final = "tick"


class CheckBox(QCheckBox):
    """A QCheckBox that paints its indicator itself; the words are the style's."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        current_theme().changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw words and box."""
        option = QStyleOptionButton()
        self.initStyleOption(option)
        style, element = self.style(), QStyle.SubElement
        words = QStyleOptionButton(option)
        words.rect = style.subElementRect(element.SE_CheckBoxContents, option, self)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        style.drawControl(QStyle.ControlElement.CE_CheckBoxLabel, words, painter, self)
        self._paint_box(painter, style.subElementRect(element.SE_CheckBoxIndicator, option, self))
        painter.end()

    def _paint_box(self, painter: QPainter, rectangle: QRect) -> None:
        colours = current_theme().colours
        is_on, is_enabled = self.isChecked(), self.isEnabled()
        border = colours.field_border if is_enabled else colours.border
        fill = colours.surface if is_enabled else colours.window
        if is_on:
            fill = border = colours.accent_fill if is_enabled else colours.disabled_fill
        width = 1.0
        if self.hasFocus():
            border, width = colours.text if is_on else colours.accent, 2.0
        box = QRectF(rectangle).adjusted(width / 2, width / 2, -width / 2, -width / 2)
        painter.setPen(QPen(QColor(border), width))
        painter.setBrush(QColor(fill))
        painter.drawRoundedRect(box, CORNER_RADIUS, CORNER_RADIUS)
        if self.checkState() == Qt.CheckState.Checked:
            tick = colours.on_fill if is_enabled else colours.faint
            side, scale = rectangle.width(), self.devicePixelRatioF()
            painter.drawPixmap(rectangle.topLeft(), icon_pixmap(_TICK, tick, side, scale))
