"""The clipboard for what should not stay there: a code is taken back after a minute.

Only what was copied here is cleared, and only if it is still there: what somebody copied
in the meantime is his.
"""

from typing import Final

from PySide6.QtCore import QObject, QTimer, Slot
from PySide6.QtGui import QClipboard, QGuiApplication

FORGET_AFTER_SECONDS: Final = 60.0


class ForgetfulClipboard(QObject):
    """Copies text and clears it from the clipboard after a while."""

    def __init__(
        self, parent: QObject | None = None, forget_after_seconds: float = FORGET_AFTER_SECONDS
    ) -> None:
        super().__init__(parent)
        self._copied = ""
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(round(forget_after_seconds * 1000))
        self._timer.timeout.connect(self.forget)

    def copy(self, text: str) -> None:
        """Put text on the clipboard for a minute."""
        self._copied = text
        QGuiApplication.clipboard().setText(text, QClipboard.Mode.Clipboard)
        self._timer.start()

    @Slot()
    def forget(self) -> None:
        """Clear the clipboard if it still holds what was copied here."""
        self._timer.stop()
        clipboard = QGuiApplication.clipboard()
        if self._copied and clipboard.text(QClipboard.Mode.Clipboard) == self._copied:
            clipboard.clear(QClipboard.Mode.Clipboard)
        self._copied = ""
