"""Wakes a thread that sleeps in `select`, from any other thread."""

import os
import threading
from collections.abc import Collection
from select import select


class WakePipe:
    """A pipe whose reading end is readable from `wake` to `clear`."""

    def __init__(self) -> None:
        self._reading, self._writing = os.pipe()
        os.set_blocking(self._reading, False)
        self._lock = threading.Lock()
        self._is_awake = False  # guarded by the lock, as is the pipe being open
        self._is_closed = False

    def wake(self) -> None:
        """Have `sleep` return, now or when it is called next. From any thread; never waits."""
        with self._lock:
            if not self._is_awake and not self._is_closed:
                self._is_awake = True
                os.write(self._writing, b"\0")

    def sleep(self, descriptors: Collection[int], seconds: float | None) -> None:
        """Wait for `wake`, for one of the descriptors to be readable, or for the time to pass."""
        readable, _, _ = select([self._reading, *descriptors], [], [], seconds)
        if self._reading in readable:
            with self._lock:
                self._is_awake = False
                os.read(self._reading, 1)

    def close(self) -> None:
        """Let go of the pipe; waking does nothing from now on."""
        with self._lock:
            if not self._is_closed:
                self._is_closed = True
                os.close(self._reading)
                os.close(self._writing)
