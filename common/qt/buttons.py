"""The buttons of both programs: one primary action a window, the others quieter.

Buttons take the focus by keyboard only, so that the focus ring shows where it helps.
"""

from enum import Enum
from typing import Final

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QPushButton, QToolButton

from common.qt.icons import set_icon
from common.qt.labels import restyle
from common.qt.theme import Tone


class ButtonKind(Enum):
    """How loud a button is; the value is what the style sheet knows."""

    PRIMARY = "primary"
    SECONDARY = "secondary"
    DANGER = "danger"
    QUIET = "quiet"


_ICON_GAP: Final = 4
_FLAT_ICON_SIDE: Final = 18
_ICON_TONES: Final = {
    ButtonKind.PRIMARY: Tone.ON_FILL,
    ButtonKind.SECONDARY: Tone.TEXT,
    ButtonKind.DANGER: Tone.ON_FILL,
    ButtonKind.QUIET: Tone.ACCENT,
}


_KEYBOARD_REASONS: Final = frozenset(
    {
        Qt.FocusReason.TabFocusReason,
        Qt.FocusReason.BacktabFocusReason,
        Qt.FocusReason.ShortcutFocusReason,
    }
)


class Button(QPushButton):
    """A push button of a kind, with an icon if wanted. The kind may change later."""

    def __init__(self, text: str, kind: ButtonKind, icon_name: str | None = None) -> None:
        super().__init__(text)
        self._icon_name = icon_name
        self._icon_side = 18
        self._kind = kind
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAutoDefault(False)
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self.set_kind(kind)

    def focusInEvent(self, event: QFocusEvent) -> None:
        restyle(self, "showsFocus", event.reason() in _KEYBOARD_REASONS)
        super().focusInEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()  # outside of dialogs Qt takes the space bar alone
        else:
            super().keyPressEvent(event)

    def set_kind(self, kind: ButtonKind) -> None:
        """Make the button louder or quieter."""
        self._kind = kind
        restyle(self, "kind", kind.value)
        if self._icon_name is not None:
            self._draw_icon()

    def set_big(self) -> None:
        """Make it the one thing to press in its window."""
        restyle(self, "isBig", True)
        self._icon_side = 24
        if self._icon_name is not None:
            self._draw_icon()

    def show_icon(self, icon_name: str, tone: Tone) -> None:
        """Show another icon until the kind is set again."""
        set_icon(self, icon_name, tone, self._icon_side, _ICON_GAP)

    def _draw_icon(self) -> None:
        self.setIconSize(QSize(self._icon_side + _ICON_GAP, self._icon_side))
        self.show_icon(self._icon_name or "", _ICON_TONES[self._kind])


def primary_button(text: str, icon_name: str | None = None) -> Button:
    """Make the button for what most people want next; one a window."""
    return Button(text, ButtonKind.PRIMARY, icon_name)


def secondary_button(text: str, icon_name: str | None = None) -> Button:
    """Make a button for something else that can be done."""
    return Button(text, ButtonKind.SECONDARY, icon_name)


def danger_button(text: str, icon_name: str | None = None) -> Button:
    """Make a button for what ends or destroys something."""
    return Button(text, ButtonKind.DANGER, icon_name)


def quiet_button(text: str, icon_name: str | None = None) -> Button:
    """Make a button without a border, for asides."""
    return Button(text, ButtonKind.QUIET, icon_name)


class FlatButton(QToolButton):
    """A button without a border, for bars: an icon, words, or both."""

    def __init__(self, text: str, icon_name: str = "", tone: Tone = Tone.TEXT) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setProperty("hasText", True)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setIconSize(QSize(_FLAT_ICON_SIDE + _ICON_GAP, _FLAT_ICON_SIDE))
        self.setText(text)
        if icon_name:
            self.show_icon(icon_name, tone)

    def show_icon(self, icon_name: str, tone: Tone = Tone.TEXT) -> None:
        """Show another icon."""
        set_icon(self, icon_name, tone, _FLAT_ICON_SIDE, _ICON_GAP)

    def focusInEvent(self, event: QFocusEvent) -> None:
        restyle(self, "showsFocus", event.reason() in _KEYBOARD_REASONS)
        super().focusInEvent(event)


class IconButton(QToolButton):
    """A button that is an icon alone; its name is the tool tip and the accessible name."""

    def __init__(self, name: str, icon_name: str, tone: Tone = Tone.MUTED) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setProperty("kind", "icon")
        self.setIconSize(QSize(20, 20))
        self.name_it(name)
        self.set_icon_name(icon_name, tone)

    def focusInEvent(self, event: QFocusEvent) -> None:
        restyle(self, "showsFocus", event.reason() in _KEYBOARD_REASONS)
        super().focusInEvent(event)

    def name_it(self, name: str) -> None:
        """Say what pressing it does."""
        self.setToolTip(name)
        self.setAccessibleName(name)

    def set_icon_name(self, icon_name: str, tone: Tone = Tone.MUTED) -> None:
        """Show another icon."""
        set_icon(self, icon_name, tone)
