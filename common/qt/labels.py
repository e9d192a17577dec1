"""Labels in the type scale, always plain text: names from elsewhere can't bring markup."""

import html
from enum import Enum

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QLabel, QSizePolicy, QWidget


class TextStyle(Enum):
    """The steps of the type scale; the value is what the style sheet knows."""

    TITLE = "title"
    HEADING = "heading"
    BODY = "body"
    STRONG = "strong"
    MUTED = "muted"
    SMALL = "small"
    FIELD = "field"
    """The name of a field, above it."""
    PROBLEM = "problem"
    """What is wrong with a field, below it."""


def label(text: str = "", style: TextStyle = TextStyle.BODY, wraps: bool = True) -> QLabel:
    """Make a plain-text label in a style; with `wraps` it grows downwards, never clips."""
    result = QLabel()
    result.setTextFormat(Qt.TextFormat.PlainText)
    result.setText(text)
    result.setProperty("textStyle", style.value)
    if wraps:
        result.setWordWrap(True)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        result.setSizePolicy(policy)
    return result


def card(parent: QWidget | None = None) -> QFrame:
    """Make a raised surface with a border and round corners, to group what belongs together."""
    result = QFrame(parent)
    result.setProperty("kind", "card")
    return result


def restyle(widget: QWidget, name: str, value: str | bool) -> None:
    """Set a property that the style sheet selects by, and have it take effect."""
    if widget.property(name) == value:
        return
    widget.setProperty(name, value)
    widget.style().unpolish(widget)
    widget.style().polish(widget)


def plain_tool_tip(text: str) -> str:
    """Write a tool tip that Qt shows as it is: it takes what looks like markup for markup."""
    return f"<p>{html.escape(text)}</p>" if text else ""


class ElidedLabel(QLabel):
    """One line of plain text that ends in an ellipsis where there is no room for it."""

    def __init__(self, style: TextStyle = TextStyle.BODY) -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("textStyle", style.value)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        self._whole = ""

    def show_text(self, text: str) -> None:
        """Show a text; the whole of it is the tool tip and the accessible name."""
        self._whole = text
        self.setToolTip(plain_tool_tip(text))
        self.setAccessibleName(text)
        self._elide()
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        self.ensurePolished()  # the style sheet decides the font
        metrics = self.fontMetrics()
        return QSize(metrics.horizontalAdvance(self._whole) + 2, metrics.height())

    def minimumSizeHint(self) -> QSize:
        self.ensurePolished()
        return QSize(self.fontMetrics().horizontalAdvance("nnn…"), self.fontMetrics().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._elide()

    def _elide(self) -> None:
        mode = Qt.TextElideMode.ElideRight
        self.setText(self.fontMetrics().elidedText(self._whole, mode, self.width()))
