"""Qt's pointer events as gestures on the target's screen.

Maps places by the viewport and buttons by a table, and hands them to the view-model. A
button that went down on the picture comes up wherever the pointer is by then.
"""

import sys
from typing import Final

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent

from common.protocol.session_messages import PointerButton
from controller_app.session_view_model import SessionViewModel
from controller_app.viewport import Viewport

BUTTONS: Final = {
    Qt.MouseButton.LeftButton: PointerButton.LEFT,
    Qt.MouseButton.MiddleButton: PointerButton.MIDDLE,
    Qt.MouseButton.RightButton: PointerButton.RIGHT,
    Qt.MouseButton.BackButton: PointerButton.BACK,
    Qt.MouseButton.ForwardButton: PointerButton.FORWARD,
}
_UNITS_FOR_EACH_PIXEL: Final = 2
"""Where a touchpad gives pixels alone; Qt itself takes two of its units for a pixel."""


class PointerGestures:
    """Follows which buttons are down on the picture. Places are in device pixels."""

    def __init__(self, view_model: SessionViewModel) -> None:
        self._view_model = view_model
        self._down: set[PointerButton] = set()

    def moved(self, viewport: Viewport | None, place: QPointF, is_pressed: bool) -> None:
        """The pointer moved; beside the picture it counts only while a button is down."""
        if viewport is None:
            return
        if (is_pressed and self._down) or viewport.contains(place.x(), place.y()):
            self._view_model.move_pointer(*viewport.to_picture(place.x(), place.y()))

    def pressed(self, viewport: Viewport | None, place: QPointF, button: Qt.MouseButton) -> None:
        """A button went down; beside the picture it is nobody's."""
        which = BUTTONS.get(button)
        if which is None or viewport is None or not viewport.contains(place.x(), place.y()):
            return
        self._down.add(which)
        self._view_model.press_button(which, *viewport.to_picture(place.x(), place.y()))

    def released(self, viewport: Viewport | None, place: QPointF, button: Qt.MouseButton) -> None:
        """A button came up."""
        which = BUTTONS.get(button)
        if which is None or viewport is None or which not in self._down:
            return
        self._down.discard(which)
        self._view_model.release_button(which, *viewport.to_picture(place.x(), place.y()))

    def turned(self, viewport: Viewport | None, place: QPointF, event: QWheelEvent) -> None:
        """The wheel turned over the picture, or a touchpad scrolled."""
        if viewport is None or not viewport.contains(place.x(), place.y()):
            return
        self._view_model.move_pointer(*viewport.to_picture(place.x(), place.y()))
        turn = wheel_turn(event.angleDelta(), event.pixelDelta(), event.modifiers())
        self._view_model.turn_wheel(*turn)


def wheel_turn(angle: QPoint, pixels: QPoint, modifiers: Qt.KeyboardModifier) -> tuple[int, int]:
    """Give (horizontal, vertical) in 1/120 of a notch, positive right and away.

    Qt counts horizontal turns positive to the left, and exchanges the two while Alt is held
    (QWheelEvent::angleDelta), except on macOS.
    """
    turn = pixels * _UNITS_FOR_EACH_PIXEL if angle.isNull() else angle
    is_exchanged = sys.platform != "darwin" and bool(modifiers & Qt.KeyboardModifier.AltModifier)
    horizontal, vertical = (turn.y(), turn.x()) if is_exchanged else (turn.x(), turn.y())
    return -horizontal, vertical
