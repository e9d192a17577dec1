"""A button that copies a text and shows for two seconds that it has."""

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QCoreApplication, QObject, QTimer, Signal, Slot
from PySide6.QtGui import QGuiApplication

from common.qt.buttons import ButtonKind, IconButton, secondary_button
from common.qt.theme import Tone

TICK_SECONDS: Final = 2.0


def copy_to_clipboard(text: str) -> None:
    """Put text on the clipboard for good. See clipboard.ForgetfulClipboard for secrets."""
    QGuiApplication.clipboard().setText(text)


class CopyButton(IconButton):
    """The copy icon; turns into a tick when pressed. `name` says what is copied."""

    copied = Signal()

    def __init__(self, name: str, copy: Callable[[str], None] = copy_to_clipboard) -> None:
        super().__init__(name, "copy")
        self._name = name
        self._copy = copy
        self._text = ""
        self._tick = _tick_timer(self)
        self._tick.timeout.connect(self._show_copy)
        self.clicked.connect(self._copy_now)
        self.setEnabled(False)

    def set_text_to_copy(self, text: str) -> None:
        """Copy this from now on; with an empty text there is nothing to press."""
        self._text = text
        self.setEnabled(bool(text))

    @Slot()
    def _copy_now(self) -> None:
        self._copy(self._text)
        self.set_icon_name("tick", Tone.OK)
        self.name_it(QCoreApplication.translate("CopyButton", "Copied"))
        self._tick.start()
        self.copied.emit()

    @Slot()
    def _show_copy(self) -> None:
        self.set_icon_name("copy")
        self.name_it(self._name)


class TextCopyButton:
    """A secondary button with words that copies; its words say so for two seconds."""

    def __init__(self, text: str, copy: Callable[[str], None] = copy_to_clipboard) -> None:
        self.button = secondary_button(text, "copy")
        self._words = text
        self._copy = copy
        self._text = ""
        self._tick = _tick_timer(self.button)
        self._tick.timeout.connect(self._show_copy)
        self.button.clicked.connect(self._copy_now)

    def set_text_to_copy(self, text: str) -> None:
        """Copy this from now on."""
        self._text = text

    def _copy_now(self) -> None:
        self._copy(self._text)
        self.button.show_icon("tick", Tone.OK)
        self.button.setText(QCoreApplication.translate("CopyButton", "Copied"))
        self._tick.start()

    def _show_copy(self) -> None:
        self.button.set_kind(ButtonKind.SECONDARY)
        self.button.setText(self._words)


def _tick_timer(parent: QObject) -> QTimer:
    timer = QTimer(parent)
    timer.setSingleShot(True)
    timer.setInterval(round(TICK_SECONDS * 1000))
    return timer
