"""Qt's key events as keys of the target.

Remembers what was pressed under which key, so that a release names the same place and
character as its press, whatever the layout says by then.
"""

import sys
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent

from common.protocol.physical_keys import (
    PhysicalKey,
    key_from_mac_virtual_key,
    key_from_qt_windows_scan_code,
    key_from_x_keycode,
    usage_of,
)
from common.protocol.session_messages import KeyPressed, KeyReleased
from controller_app.session_view_model import SessionViewModel

HOT_KEY_MODIFIERS: Final = (
    Qt.KeyboardModifier.ControlModifier
    | Qt.KeyboardModifier.AltModifier
    | Qt.KeyboardModifier.ShiftModifier
)
HOT_KEY_USAGE: Final = usage_of("KeyK")


class Keyboard:
    """The technician's keyboard while it works on the target."""

    def __init__(self, view_model: SessionViewModel) -> None:
        self._view_model = view_model
        self._pressed: dict[int, KeyPressed] = {}

    def is_hot_key(self, event: QKeyEvent) -> bool:
        """Tell whether this is Ctrl+Alt+Shift+K, by its place or by its letter."""
        if event.modifiers() & HOT_KEY_MODIFIERS != HOT_KEY_MODIFIERS:
            return False
        place = place_of(event)
        if place is not None:
            return place.usage == HOT_KEY_USAGE
        return event.key() == Qt.Key.Key_K

    def pressed(self, event: QKeyEvent) -> None:
        """A key went down. The target repeats by itself."""
        if event.isAutoRepeat():
            return
        message = _press(event)
        if message.physical or message.character:
            self._pressed[event.nativeScanCode()] = message
            self._view_model.send(message)

    def released(self, event: QKeyEvent) -> None:
        """A key came up; only one that went down here is told."""
        if event.isAutoRepeat():
            return
        message = self._pressed.pop(event.nativeScanCode(), None)
        if message is not None:
            self._view_model.send(KeyReleased(message.physical, message.character))

    def forget(self) -> None:
        """The focus is gone; the view-model has everything released."""
        self._pressed.clear()


def place_of(event: QKeyEvent) -> PhysicalKey | None:
    """Find the place of the key by the platform's native code."""
    if sys.platform == "win32":
        return key_from_qt_windows_scan_code(event.nativeScanCode())
    if sys.platform == "darwin":
        return key_from_mac_virtual_key(event.nativeVirtualKey())
    return key_from_x_keycode(event.nativeScanCode())


def _press(event: QKeyEvent) -> KeyPressed:
    place = place_of(event)
    text = event.text()
    is_command = event.modifiers() & (
        Qt.KeyboardModifier.ControlModifier
        | Qt.KeyboardModifier.AltModifier
        | Qt.KeyboardModifier.MetaModifier
    )
    is_character = len(text) == 1 and text.isprintable() and not is_command
    return KeyPressed(place.usage if place else 0, text if is_character else "")
