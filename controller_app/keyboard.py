"""Qt's key events on their way to `key_mapping`: plain values out of QKeyEvent, messages on.

Owns which keys are down while the picture has the focus. What a key means is decided in
key_mapping.py, and whether the mode has input by the view-model.
"""

import sys

from PySide6.QtGui import QKeyEvent

from controller_app.key_mapping import (
    HotKey,
    NativeKey,
    PressedKeys,
    hot_key_of,
    platform_named,
)
from controller_app.session_view_model import SessionViewModel


class Keyboard:
    """The technician's keyboard while it works on the target."""

    def __init__(self, view_model: SessionViewModel) -> None:
        self._view_model = view_model
        self._platform = platform_named(sys.platform)
        self._keys = PressedKeys(self._platform)

    def hot_key(self, event: QKeyEvent) -> HotKey | None:
        """Tell whether this is a key of the controller's own."""
        return hot_key_of(self._platform, native_key(event))

    def pressed(self, event: QKeyEvent) -> None:
        """A key went down."""
        self._view_model.send(*self._keys.press(native_key(event)))

    def released(self, event: QKeyEvent) -> None:
        """A key came up."""
        self._view_model.send(*self._keys.release(native_key(event)))

    def typed(self, text: str) -> None:
        """Text came of dead keys or an input method."""
        self._view_model.send(*self._keys.type_text(text))

    def let_go(self) -> None:
        """The focus is gone: nothing stays down, here or at the target."""
        self._view_model.send(*self._keys.release_all())


def native_key(event: QKeyEvent) -> NativeKey:
    """Take the plain values out of a key event."""
    return NativeKey(
        scan_code=event.nativeScanCode(),
        virtual_key=event.nativeVirtualKey(),
        qt_key=event.key(),
        text=event.text(),
        modifiers=event.modifiers().value,
        is_auto_repeat=event.isAutoRepeat(),
    )
