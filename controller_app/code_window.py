"""The Connection code window: the code to read out, its time, its state, its message.

Builds widgets and binds them to CodeViewModel. Closing it is Cancel.
"""

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from common.qt.buttons import ButtonKind, secondary_button
from common.qt.check_box import CheckBox
from common.qt.clipboard import ForgetfulClipboard
from common.qt.code_label import CodeLabel
from common.qt.copy_button import CopyButton, TextCopyButton
from common.qt.countdown_ring import CountdownRing
from common.qt.labels import ElidedLabel, TextStyle, card, label
from common.qt.status import MessageBanner, StatusLine
from common.qt.tall_enough import TallEnough
from common.qt.theme import Space
from controller_app import sentences
from controller_app.code_view_model import CodeState, CodeViewModel
from controller_app.sentences import tr
from controller_app.settings import ControllerSettings

_USUAL_GROUPS = 3
_MESSAGE_HEIGHT = 176
_ALL_THE_ROOM = 100


class CodeWindow(QWidget):
    """Shows the code in large digits and what becomes of it."""

    def __init__(self, view_model: CodeViewModel, settings: ControllerSettings) -> None:
        super().__init__()
        self._view_model = view_model
        self._settings = settings
        self._shown_groups: tuple[str, ...] | None = None
        self._clipboard = ForgetfulClipboard(self)
        self.setWindowTitle(tr("Connection code"))
        self._make_widgets()
        self._lay_out()
        self.request_new_button.clicked.connect(view_model.request_new)
        self.extend_button.clicked.connect(view_model.extend)
        self.cancel_button.clicked.connect(self.close)
        self.explains.toggled.connect(self._write_message)
        self.message.textChanged.connect(self._message_edited)
        view_model.state_changed.connect(self._show_state)
        self._show_state(view_model.state)

    def closeEvent(self, event: QCloseEvent) -> None:
        super().closeEvent(event)
        self._view_model.cancel()

    def use_settings(self, settings: ControllerSettings) -> None:
        """Sign the message with these names."""
        self._settings = settings

    def forget_clipboard(self) -> None:
        """Take a copied code back now: the program is closing."""
        self._clipboard.forget()

    def _make_widgets(self) -> None:
        self.code = CodeLabel()
        self.copy_code = CopyButton(tr("Copy the code"), self._clipboard.copy)
        self.ring = CountdownRing(76)
        policy = self.ring.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.ring.setSizePolicy(policy)
        self.computer = ElidedLabel(TextStyle.TITLE)
        self.security_number = label(style=TextStyle.MUTED)
        self.url = QLineEdit()
        self.url.setReadOnly(True)
        self.url.setAccessibleName(tr("Connection URL"))
        self.copy_url = CopyButton(tr("Copy the URL"))
        self.status = StatusLine()
        self.notice = MessageBanner()
        self.explains = CheckBox(tr("Explain what to do"))
        self.explains.setChecked(True)
        self.message = QPlainTextEdit()
        self.message.setAccessibleName(tr("Message to send"))
        self.message.setTabChangesFocus(True)
        self.message.setPlaceholderText(tr("A message to copy comes with the code."))
        self.message.setMinimumHeight(_MESSAGE_HEIGHT)
        self.copy_message = TextCopyButton(tr("Copy Message"), self._clipboard.copy)
        self.cancel_button = secondary_button(tr("Cancel"))
        self.extend_button = secondary_button(tr("Extend Timeout"), "extend")
        self.request_new_button = secondary_button(tr("Request New"), "refresh")

    def _lay_out(self) -> None:
        self._column = column = QVBoxLayout(self)
        column.setContentsMargins(Space.WIDE, Space.WIDE, Space.WIDE, Space.WIDE)
        column.setSpacing(Space.LARGE)
        column.addWidget(self._code_card())
        column.addWidget(self._url_row())
        column.addWidget(self.status)
        column.addWidget(self.notice)
        column.addWidget(self._message_part(), 1)
        column.addStretch(0)  # takes the room where there is no message
        column.addLayout(self._buttons())
        TallEnough(self, column)

    def _code_card(self) -> QWidget:
        code_card = card()
        row = QHBoxLayout(code_card)
        row.setContentsMargins(Space.WIDE, Space.LARGE, Space.LARGE, Space.LARGE)
        row.setSpacing(Space.MEDIUM)
        row.addStretch(1)
        row.addWidget(self.code)
        row.addWidget(self.copy_code)
        row.addWidget(self._target_part(), _ALL_THE_ROOM)
        row.addStretch(1)
        row.addWidget(self.ring)
        return code_card

    def _target_part(self) -> QWidget:
        """What stands in the place of the code once the right target has typed it."""
        self._target = QWidget()
        column = QVBoxLayout(self._target)
        column.setContentsMargins(0, Space.SMALL, 0, Space.SMALL)
        column.setSpacing(Space.TIGHT)
        column.addStretch(1)
        column.addWidget(self.computer)
        column.addWidget(self.security_number)
        column.addStretch(1)
        return self._target

    def _url_row(self) -> QWidget:
        self._url_part = QWidget()
        column = QVBoxLayout(self._url_part)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.TIGHT)
        name = label(tr("Connection URL"), TextStyle.FIELD)
        name.setBuddy(self.url)
        column.addWidget(name)
        row = QHBoxLayout()
        row.addWidget(self.url, 1)
        row.addWidget(self.copy_url)
        column.addLayout(row)
        return self._url_part

    def _message_part(self) -> QWidget:
        name = label(tr("Message to send"), TextStyle.FIELD, wraps=False)
        name.setBuddy(self.message)
        head = QHBoxLayout()
        head.addWidget(name)
        head.addStretch(1)
        head.addWidget(self.explains)
        below = QHBoxLayout()
        below.addStretch(1)
        below.addWidget(self.copy_message.button)
        self._message = QWidget()
        part = QVBoxLayout(self._message)
        part.setContentsMargins(0, 0, 0, 0)
        part.setSpacing(Space.SMALL)
        part.addLayout(head)
        part.addWidget(self.message, 1)
        part.addLayout(below)
        return self._message

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(Space.SMALL)
        row.addWidget(self.cancel_button)
        row.addStretch(1)
        row.addWidget(self.extend_button)
        row.addWidget(self.request_new_button)
        return row

    @Slot(object)
    def _show_state(self, state: CodeState) -> None:
        self._show_target(state)
        if state.groups != self._shown_groups:
            self._show_code(state.groups)
        self.ring.show_remaining(state.seconds_left, state.total_seconds, state.time_left)
        self.ring.setVisible(state.has_timer)
        self.url.setText(state.url)
        self.url.setCursorPosition(0)
        self.copy_url.set_text_to_copy(state.url)
        self._url_part.setVisible(bool(state.url))
        self.status.show_status(state.kind, state.status.words, state.status.detail)
        self.notice.show_message(state.notice_kind, state.notice.words, state.notice.detail)
        self.extend_button.setEnabled(state.can_extend)
        self.extend_button.setText(sentences.extend_timeout(state.extends_left, state.is_usable))
        self.request_new_button.setEnabled(state.can_request_new)
        is_next = state.is_request_new_next
        self.request_new_button.set_kind(ButtonKind.PRIMARY if is_next else ButtonKind.SECONDARY)
        if is_next:
            self.request_new_button.setFocus(Qt.FocusReason.OtherFocusReason)
        self._fit_height(state.has_message)

    def _show_target(self, state: CodeState) -> None:
        is_paired = bool(state.computer)
        for widget in (self.code, self.copy_code):
            widget.setVisible(not is_paired)
        self._target.setVisible(is_paired)
        self.computer.show_text(state.computer)
        self.security_number.setText(state.security_number)

    def _fit_height(self, has_message: bool) -> None:
        """Leave the message out where there is nothing to send, and the window its size
        where somebody else has chosen it."""
        if self._message.isVisibleTo(self) != has_message:
            self._message.setVisible(has_message)
            self.setMinimumHeight(0)
            self._column.activate()
            self.resize(self.width(), self._column.minimumHeightForWidth(self.width()))

    def _show_code(self, groups: tuple[str, ...]) -> None:
        self._shown_groups = groups
        if groups:
            self.code.show_code(groups, sentences.spoken_code(groups))
        else:
            self.code.show_none(_USUAL_GROUPS, sentences.no_code_spoken())
        self.copy_code.set_text_to_copy(" ".join(groups))
        self._write_message()

    @Slot()
    def _write_message(self) -> None:
        groups = self._shown_groups or ()
        self.message.setPlainText(
            sentences.message_for_user(
                " ".join(groups),
                self._settings.technician,
                self._settings.organisation,
                self.explains.isChecked(),
            )
            if groups
            else ""
        )
        for widget in (self.message, self.explains, self.copy_message.button):
            widget.setEnabled(bool(groups))

    @Slot()
    def _message_edited(self) -> None:
        self.copy_message.set_text_to_copy(self.message.toPlainText())
