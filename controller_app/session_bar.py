"""The slim bar of the session window: whose screen, how good the line is, what can be done.

Widgets alone; the session window connects them. In full screen the same bar hangs from the
top edge.
"""

from typing import Final

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QToolButton, QWidget

from common.qt.buttons import FlatButton, IconButton
from common.qt.labels import ElidedLabel, TextStyle, label, restyle
from common.qt.theme import Space, Tone
from controller_app import sentences
from controller_app.key_mapping import HotKey
from controller_app.sentences import tr
from controller_app.session_view_model import SessionState

_GAPS: Final = 80
"""Margins and spacing of the whole bar, device-independent pixels."""


class SessionBar(QFrame):
    """Names on the left, quality and buttons on the right."""

    left = Signal()
    """The pointer has left the bar."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("kind", "sessionBar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.name = ElidedLabel(TextStyle.STRONG)
        self.about = ElidedLabel(TextStyle.MUTED)
        self.quality = label(style=TextStyle.MUTED, wraps=False)
        self.keyboard_button = FlatButton(tr("Keyboard"), "keyboard")
        self.control_alt_delete_button = FlatButton("")
        self.control_alt_delete_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        self.keys_button = FlatButton(tr("Keys"), "chevron-down")
        self.keys_menu = QMenu(self.keys_button)
        self.keys_button.setMenu(self.keys_menu)
        self.keys_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.keys_button.setToolTip(tr("Send keys that your own computer would take"))
        self.size_button = IconButton("", "actual-size", Tone.TEXT)
        self.full_screen_button = IconButton("", "full-screen", Tone.TEXT)
        self.disconnect_button = FlatButton(tr("Disconnect"), "disconnect", Tone.DANGER)
        restyle(self.disconnect_button, "kind", "danger")
        self.disconnect_button.setToolTip(
            tr("End the session ({keys})").format(keys=HotKey.DISCONNECT.value)
        )
        self._line = _upright_line()
        self._may_control = False
        self._is_full_screen = False
        self._lay_out()

    def show_state(self, state: SessionState) -> None:
        """Show names, quality and who has the keyboard."""
        self.name.show_text(sentences.user_on_computer(state.user, state.computer))
        self.about.show_text(sentences.about_session(state.mode, state.security_number))
        self.quality.setText(sentences.quality(state.quality) if state.quality else "")
        self.keyboard_button.setVisible(state.may_control)
        self.keys_button.setVisible(state.may_control)
        self._may_control = state.may_control
        self.keyboard_button.setText(sentences.keyboard_button(state.has_keyboard))
        tone = Tone.ACCENT if state.has_keyboard else Tone.MUTED
        self.keyboard_button.show_icon("keyboard", tone)
        self.keyboard_button.setToolTip(sentences.keyboard_explained(state.has_keyboard))
        self.keyboard_button.setAccessibleDescription(self.keyboard_button.toolTip())
        for widget in (self.size_button, self.full_screen_button, self._line):
            widget.setVisible(state.is_running)
        self.disconnect_button.setVisible(state.is_running)
        self._make_room()

    def show_size(self, is_exact: bool) -> None:
        """Offer the other way of showing the picture."""
        if is_exact:
            self.size_button.name_it(tr("Fit the picture into the window"))
            self.size_button.set_icon_name("fit", Tone.TEXT)
        else:
            self.size_button.name_it(tr("Show the picture pixel by pixel (1:1)"))
            self.size_button.set_icon_name("actual-size", Tone.TEXT)

    def show_full_screen(self, is_full_screen: bool) -> None:
        """Look like a part of the window, or hang from the top edge of the screen."""
        self._is_full_screen = is_full_screen
        self.name.setVisible(is_full_screen)
        self.about.setVisible(not is_full_screen)
        restyle(self, "kind", "floatingBar" if is_full_screen else "sessionBar")
        keys = HotKey.FULL_SCREEN.value
        if is_full_screen:
            self.full_screen_button.name_it(f"{tr('Leave full screen')} ({keys})")
            self.full_screen_button.set_icon_name("leave-full-screen", Tone.TEXT)
        else:
            self.full_screen_button.name_it(f"{tr('Full screen')} ({keys})")
            self.full_screen_button.set_icon_name("full-screen", Tone.TEXT)
        self._make_room()

    def holds_focus(self) -> bool:
        """Tell whether the keyboard is in the bar or its menu is open."""
        has_focus = any(child.hasFocus() for child in self.findChildren(QWidget))
        return has_focus or self.keys_menu.isVisible()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._make_room()

    def _make_room(self) -> None:
        """Leave out, least needed first, what the width has no room for."""
        wordy = [self.disconnect_button]
        if self._may_control:
            wordy += [self.keyboard_button, self.keys_button]
        for button in wordy:
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        always = (*self._names(), self.size_button, self.full_screen_button, *wordy)
        left = self.width() - _GAPS - sum(_wanted_width(widget) for widget in always)
        if left < 0:
            for button in wordy:
                button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
        for widget, is_wanted in (
            (self.quality, bool(self.quality.text())),
            (self.control_alt_delete_button, self._may_control),
            (self.about, self._is_full_screen),
        ):
            if is_wanted:
                left -= _wanted_width(widget)
            if widget is not self.about or self._is_full_screen:
                widget.setVisible(is_wanted and left >= 0)

    def _names(self) -> tuple[QWidget, ...]:
        """What names the session; a window has the names in its title already."""
        return (self.name,) if self._is_full_screen else (self.about,)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.left.emit()

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(Space.MEDIUM, Space.TIGHT, Space.SMALL, Space.TIGHT)
        row.setSpacing(Space.TIGHT)
        row.addWidget(self.name)
        row.addSpacing(Space.SMALL)
        row.addWidget(self.about)
        row.addStretch(1)
        row.addWidget(self.quality)
        row.addSpacing(Space.SMALL)
        for widget in (
            self.keyboard_button,
            self.control_alt_delete_button,
            self.keys_button,
            self.size_button,
            self.full_screen_button,
        ):
            row.addWidget(widget)
        row.addSpacing(Space.TIGHT)
        row.addWidget(self._line)
        row.addSpacing(Space.TIGHT)
        row.addWidget(self.disconnect_button)


def _wanted_width(widget: QWidget) -> int:
    widget.ensurePolished()  # the style sheet decides the font and the margins
    return widget.sizeHint().width()


def _upright_line() -> QWidget:
    line = QFrame()
    line.setProperty("kind", "divider")
    line.setFixedSize(1, 20)
    return line
