"""A small window that says one thing and closes: the end of a session, About, a question.

Shows what it is given and calls what it is given. It never blocks: no nested event loop.
"""

from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from common.qt.buttons import Button, secondary_button
from common.qt.labels import TextStyle, label
from common.qt.status import StatusIcon, StatusKind
from common.qt.theme import Space
from target_app import sentences
from target_app.sentences import Message

DIALOG_FLAGS = (
    Qt.WindowType.Dialog
    | Qt.WindowType.CustomizeWindowHint
    | Qt.WindowType.WindowTitleHint
    | Qt.WindowType.WindowCloseButtonHint
)
"""A frame with a title and a close button; nothing to minimise or maximise."""
ENTER_KEYS: Final = frozenset({Qt.Key.Key_Return, Qt.Key.Key_Enter})
WIDTH_PIXELS = 420
ICON_SIDE_PIXELS = 32


class MessageWindow(QDialog):
    """Title, text and Close; with `answer` also a button that means yes."""

    agreed = Signal()
    """The button of `answer` was pressed."""

    def __init__(self, kind: StatusKind, message: Message, answer: Button | None = None) -> None:
        super().__init__()
        self.setWindowTitle(message.title)
        self.setWindowFlags(DIALOG_FLAGS)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setFixedWidth(WIDTH_PIXELS)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(Space.WIDE, Space.WIDE, Space.WIDE, Space.LARGE)
        layout.setSpacing(Space.WIDE)
        layout.addLayout(_words(kind, message))
        layout.addLayout(self._buttons(answer))
        fit_height(self)

    def _buttons(self, answer: Button | None) -> QHBoxLayout:
        row = QHBoxLayout()
        row.addStretch(1)
        close = secondary_button(sentences.CLOSE if answer is None else sentences.CANCEL)
        close.clicked.connect(self.close)
        row.addWidget(close)
        if answer is not None:
            answer.clicked.connect(self._agree)
            row.addWidget(answer)
        close.setFocus()
        return row

    def _agree(self) -> None:
        self.agreed.emit()
        self.close()


def fit_height(window: QWidget) -> None:
    """Make a window of fixed width as high as its wrapped texts need, in the theme's fonts."""
    window.ensurePolished()
    layout = window.layout()
    if layout is not None:
        layout.activate()
        window.setFixedHeight(layout.totalHeightForWidth(window.width()))


def _words(kind: StatusKind, message: Message) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(Space.LARGE)
    icon = StatusIcon(ICON_SIDE_PIXELS)
    icon.show_kind(kind)
    row.addWidget(icon, 0, Qt.AlignmentFlag.AlignTop)
    row.addLayout(_column(message), 1)
    return row


def _column(message: Message) -> QVBoxLayout:
    column = QVBoxLayout()
    column.setContentsMargins(0, Space.TIGHT, 0, 0)
    column.setSpacing(Space.SMALL)
    column.addWidget(label(message.title, TextStyle.HEADING))
    column.addWidget(label(message.text))
    return column
