"""How the session bar hangs from the top edge in full screen: it slides in and out."""

from typing import Final

from PySide6.QtCore import QAbstractAnimation, QEasingCurve, QObject, QPoint, QPropertyAnimation
from PySide6.QtWidgets import QWidget

SLIDE_MILLISECONDS: Final = 160


class SlidingBar(QObject):
    """Moves a widget over the top edge of its parent and back."""

    def __init__(self, bar: QWidget) -> None:
        super().__init__(bar)
        self._bar = bar
        self._parent: QWidget = bar
        self._is_in = False
        self._animation = QPropertyAnimation(bar, b"pos", self)
        self._animation.setDuration(SLIDE_MILLISECONDS)
        self._animation.setEasingCurve(QEasingCurve.Type.OutCubic)
        self._animation.finished.connect(self._hide_when_out)

    def hang(self, parent: QWidget) -> None:
        """Leave the window's layout and wait above the top edge."""
        self._animation.stop()
        self._is_in = False
        self._parent = parent
        self._bar.setParent(parent)
        self._bar.hide()

    def release(self) -> None:
        """Stop moving: the bar goes back into the window's layout."""
        self._animation.stop()
        self._is_in = False

    def slide_in(self) -> None:
        """Come down in the middle of the top edge."""
        if self._is_in:
            return
        self._is_in = True
        whole = self._parent.width()
        width = min(whole, max(self._bar.sizeHint().width(), round(whole * 0.6)))
        height = self._bar.sizeHint().height()
        left = (whole - width) // 2
        if not self._bar.isVisible():
            self._bar.setGeometry(left, -height, width, height)
        self._bar.show()
        self._bar.raise_()
        self._move_to(QPoint(left, 0))

    def slide_out(self) -> None:
        """Go up again."""
        if not self._is_in:
            return
        self._is_in = False
        self._move_to(QPoint(self._bar.x(), -self._bar.height()))

    def _move_to(self, place: QPoint) -> None:
        if self._animation.state() == QAbstractAnimation.State.Running:
            self._animation.stop()
        self._animation.setStartValue(self._bar.pos())
        self._animation.setEndValue(place)
        self._animation.start()

    def _hide_when_out(self) -> None:
        if not self._is_in:
            self._bar.hide()
