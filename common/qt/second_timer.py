"""A timer for what is shown in whole seconds: it fires just as the number changes."""

from typing import Final

from PySide6.QtCore import QObject, Qt, QTimer, Signal

_LATE_MILLISECONDS: Final = 5
"""A little after the change, so that rounding never shows the old number again."""


class SecondTimer(QObject):
    """Fires once a second, aligned to a deadline; whoever uses it looks at the clock."""

    fired = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self.fired)

    def wait_for_change(self, seconds_left: float) -> None:
        """Fire when `seconds_left`, rounded up to whole seconds, is one less."""
        fraction = seconds_left % 1.0
        self._timer.start(round((fraction or 1.0) * 1000) + _LATE_MILLISECONDS)

    def stop(self) -> None:
        """Don't fire any more."""
        self._timer.stop()
