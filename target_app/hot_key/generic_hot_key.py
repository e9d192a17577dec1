"""The Pause key where pynput can watch the keyboard: Windows and macOS.

pynput listens on a thread of its own; a press crosses to the Qt thread by a queued signal.
On macOS it works after the user has allowed it under Privacy, Input Monitoring, and on
keyboards without Pause the key is F15, which stands in its place.
"""

import sys
from collections.abc import Callable

from pynput import keyboard
from PySide6.QtCore import QObject, Qt, Signal, Slot


class GenericHotKey(QObject):
    """Keeps `target_app.hot_key.contract.HotKey` by a pynput listener."""

    _seen = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._key = keyboard.Key.f15 if sys.platform == "darwin" else keyboard.Key.pause
        self._listener: keyboard.Listener | None = None
        self._pressed: Callable[[], None] | None = None
        self._seen.connect(self._report, Qt.ConnectionType.QueuedConnection)

    def start(self, pressed: Callable[[], None]) -> bool:
        """Listen. pynput tells nobody whether the system lets it, so this is True."""
        self.stop()
        self._pressed = pressed
        self._listener = keyboard.Listener(on_press=self._on_press)
        self._listener.start()
        return True

    def stop(self) -> None:
        """Stop listening."""
        listener, self._listener, self._pressed = self._listener, None, None
        if listener is not None:
            listener.stop()

    def _on_press(self, key: object) -> None:
        """On pynput's thread: look at one key and at nothing else."""
        if key == self._key:
            self._seen.emit()

    @Slot()
    def _report(self) -> None:
        if self._pressed is not None:
            self._pressed()
