"""SIGTERM and SIGINT as a Qt signal, so that a program ends in order when the system asks.

Python runs its handlers only between byte codes, and Qt's loop may sleep for hours in C++.
The wake-up descriptor (signal.set_wakeup_fd) makes the loop look, without any timer.
"""

import signal
import socket
import sys

from PySide6.QtCore import QObject, QSocketNotifier, Signal, Slot

_NUMBERS = (signal.SIGTERM, signal.SIGINT)


class EndSignals(QObject):
    """Emits `asked` on the Qt thread. One in a program, built on the main thread."""

    asked = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._reading, self._writing = socket.socketpair()
        for end in (self._reading, self._writing):
            end.setblocking(False)
        self._old_descriptor = signal.set_wakeup_fd(
            self._writing.fileno(), warn_on_full_buffer=False
        )
        self._old_handlers = {number: signal.signal(number, _ignore) for number in _NUMBERS}
        self._notifier = QSocketNotifier(self._reading.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._read)

    def close(self) -> None:
        """Give the signals back."""
        self._notifier.setEnabled(False)
        signal.set_wakeup_fd(self._old_descriptor)
        for number, handler in self._old_handlers.items():
            signal.signal(number, handler)
        self._reading.close()
        self._writing.close()

    @Slot()
    def _read(self) -> None:
        numbers = self._reading.recv(64)
        if sys.platform == "win32" or any(number in numbers for number in _NUMBERS):
            self.asked.emit()


def _ignore(*_: object) -> None:
    """Take the signal; what is done about it starts in Qt's loop."""
