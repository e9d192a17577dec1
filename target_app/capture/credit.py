"""The credit of `common.screen.pacing`, shared by the capture and the network thread."""

import threading
import time
from collections.abc import Callable

from common.screen.pacing import Pacing


class Credit:
    """Pacing behind a lock. `available` is called when credit comes back that was waited for,
    on the thread that brings it."""

    def __init__(self, available: Callable[[], None]) -> None:
        self._available = available
        self._lock = threading.Lock()
        self._pacing = Pacing()
        self._is_waited_for = False

    def may_capture(self) -> bool:
        """Tell whether a frame may be captured; if not, `available` is called some time."""
        with self._lock:
            may_capture = self._pacing.may_capture()
            self._is_waited_for = not may_capture
        return may_capture

    def part_sent(self, frame: int, byte_count: int) -> None:
        """Count one payload; to be called before it is handed on."""
        with self._lock:
            self._pacing.part_sent(frame, byte_count, time.monotonic())

    def shown(self, frame: int) -> None:
        """The controller has shown this frame."""
        with self._lock:
            self._pacing.shown(frame, time.monotonic())
            is_due = self._is_waited_for and self._pacing.may_capture()
            if is_due:
                self._is_waited_for = False
        if is_due:
            self._available()
