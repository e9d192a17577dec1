"""The Pause key on X11: a passive grab on the root window, on a connection of its own.

The grab takes the key from all other programs while a session runs: it must work whatever
has the focus. Events are read when Qt says that the socket has some; there is no thread. If
another program has grabbed the key already, `start` says so.
"""

import contextlib
from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QObject, QSocketNotifier, Slot
from Xlib import X
from Xlib import error as xlib_error
from Xlib.display import Display

PAUSE_KEYSYM: Final = 0xFF13
"""XK_Pause of keysymdef.h; Break is the same key with Ctrl."""


class X11HotKey(QObject):
    """Keeps `target_app.hot_key.contract.HotKey` on the X display of that name."""

    def __init__(self, display_name: str) -> None:
        super().__init__()
        self._display_name = display_name
        self._display: Display | None = None
        self._notifier: QSocketNotifier | None = None
        self._pressed: Callable[[], None] | None = None

    def start(self, pressed: Callable[[], None]) -> bool:
        """Grab the key. False without an X server, a Pause key, or when somebody has it."""
        self.stop()
        try:
            display = Display(self._display_name)
        except (xlib_error.DisplayError, OSError):
            return False
        if not _grab(display):
            display.close()
            return False
        self._display, self._pressed = display, pressed
        self._notifier = QSocketNotifier(display.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._read)
        return True

    def stop(self) -> None:
        """Close the connection: the server takes the grab away with it."""
        if self._notifier is not None:
            self._notifier.setEnabled(False)
            self._notifier.deleteLater()
            self._notifier = None
        display, self._display, self._pressed = self._display, None, None
        if display is not None:
            with contextlib.suppress(xlib_error.ConnectionClosedError, OSError):
                display.close()

    @Slot()
    def _read(self) -> None:
        """Take what has come; `pressed` may stop this very object."""
        while self._display is not None:
            try:
                if not self._display.pending_events():
                    return
                event = self._display.next_event()
            except (xlib_error.ConnectionClosedError, OSError):
                self.stop()
                return
            if event.type == X.MappingNotify:
                self._display.refresh_keyboard_mapping(event)
                self._grab_again()
            elif event.type == X.KeyPress and self._pressed is not None:
                self._pressed()

    def _grab_again(self) -> None:
        """The keyboard's layout has changed, and with it perhaps the key's number."""
        if self._display is not None:
            self._display.screen().root.ungrab_key(X.AnyKey, X.AnyModifier)
            _grab(self._display)


def _grab(display: Display) -> bool:
    """Grab Pause on every root with any modifier, Caps Lock and Num Lock among them."""
    keycode = display.keysym_to_keycode(PAUSE_KEYSYM)
    if keycode == 0:
        return False
    refused = xlib_error.CatchError(xlib_error.BadAccess)
    for number in range(display.screen_count()):
        root = display.screen(number).root
        root.grab_key(keycode, X.AnyModifier, False, X.GrabModeAsync, X.GrabModeAsync, refused)
    display.sync()
    return refused.get_error() is None
