"""When an app gives memory back: some seconds after much was built, or let go of.

Owns one timer of the Qt thread. The programs say when something of the kind happens; it is
not for `common.memory` to know what.
"""

from typing import Final

from PySide6.QtCore import QObject, QTimer, Slot

from common.memory import give_memory_back
from common.protocol.session_events import SessionEnded, SessionStarted

REST_MILLISECONDS: Final = 3000
"""By then the first picture is shown, or the windows of a session are gone."""


class MemoryAtRest(QObject):
    """Gives memory back after the start, after a session has begun, and after its end."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(REST_MILLISECONDS)
        self._timer.timeout.connect(give_memory_back)
        self._timer.start()

    @property
    def is_due(self) -> bool:
        """Whether memory will be given back in a moment."""
        return self._timer.isActive()

    @Slot(object)
    def handle(self, event: object) -> None:
        """Take note of one event of the network thread."""
        if isinstance(event, SessionStarted | SessionEnded):
            self._timer.start()
