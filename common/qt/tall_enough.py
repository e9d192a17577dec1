"""Keeps a window tall enough for its wrapped text.

Qt's layouts know that a narrower label is a taller one, but a top-level window's smallest
size does not: longer words, another language, a new message would lie over one another.
"""

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QLayout, QWidget


class TallEnough(QObject):
    """Sets the smallest height of a widget to what its layout needs at its width."""

    def __init__(self, widget: QWidget, layout: QLayout) -> None:
        super().__init__(widget)
        self._widget = widget
        self._layout = layout
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.LayoutRequest, QEvent.Type.Resize, QEvent.Type.Show):
            self._adjust()
        return False

    def _adjust(self) -> None:
        needed = self._layout.minimumHeightForWidth(self._widget.width())
        if needed > 0 and needed != self._widget.minimumHeight():
            self._widget.setMinimumHeight(needed)
