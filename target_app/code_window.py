"""The code window: the field, then how it goes, then why it failed. Shows, decides nothing.

Three pages in one window, so that nothing jumps about. The pages' state is the view-model's;
this only keeps the cursor where it was while the digits are put into groups of four.
"""

from PySide6.QtCore import QEvent, QObject, Qt, Slot
from PySide6.QtGui import QCloseEvent, QFont, QKeyEvent
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLineEdit,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from common.qt.buttons import Button, primary_button, secondary_button
from common.qt.labels import TextStyle, label, restyle
from common.qt.status import StatusIcon, StatusKind
from common.qt.theme import Space
from target_app import sentences
from target_app.code_text import regroup
from target_app.code_view_model import CodeStage, CodeViewModel
from target_app.message_window import DIALOG_FLAGS, ENTER_KEYS

WIDTH_PIXELS = 460
HEIGHT_PIXELS = 264
ICON_SIDE_PIXELS = 40


class CodeWindow(QDialog):
    """Bound to one CodeViewModel; comes and goes with its state."""

    def __init__(self, view_model: CodeViewModel) -> None:
        super().__init__()
        self._view_model = view_model
        self.setWindowTitle(sentences.ENTER_CODE)
        self.setWindowFlags(DIALOG_FLAGS | Qt.WindowType.WindowStaysOnTopHint)
        self._pages = QStackedWidget()
        self.entry = _EntryPage(view_model)
        self.trying = _TryingPage(view_model)
        self.failed = _FailedPage(view_model)
        for page in (self.entry, self.trying, self.failed):
            self._pages.addWidget(page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(Space.WIDE, Space.WIDE, Space.WIDE, Space.LARGE)
        layout.addWidget(self._pages)
        self.setFixedSize(WIDTH_PIXELS, max(HEIGHT_PIXELS, self.minimumSizeHint().height()))
        for button in self.findChildren(Button):
            button.installEventFilter(self)
        view_model.state_changed.connect(self.show_state)

    @Slot()
    def show_state(self) -> None:
        """Show what the view-model says now."""
        state = self._view_model.state
        self.entry.show_state()
        self.trying.show_state()
        self.failed.show_state()
        if not state.is_shown:
            self.hide()
            return
        page = self._page(state.stage)
        if self._pages.currentWidget() is not page:
            self._pages.setCurrentWidget(page)
            page.take_focus()
        if not self.isVisible():
            self.show()
            page.take_focus()

    def come_to_front(self) -> None:
        """Let nobody look for it."""
        self.show()
        self.raise_()
        self.activateWindow()

    def _page(self, stage: CodeStage) -> "_EntryPage | _TryingPage | _FailedPage":
        match stage:
            case CodeStage.TRYING:
                return self.trying
            case CodeStage.FAILED:
                return self.failed
            case _:
                return self.entry

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep a held Enter from the buttons: it must not try a code again and again."""
        return isinstance(event, QKeyEvent) and event.key() in ENTER_KEYS and event.isAutoRepeat()

    def reject(self) -> None:
        """Escape is Cancel."""
        self._view_model.cancel()

    def closeEvent(self, event: QCloseEvent) -> None:
        """The frame's close button is Cancel."""
        self._view_model.cancel()
        super().closeEvent(event)


class _EntryPage(QWidget):
    """Where the code is typed."""

    def __init__(self, view_model: CodeViewModel) -> None:
        super().__init__()
        self._view_model = view_model
        self.field = _code_field()
        self.field.textEdited.connect(self._regroup)
        self.field.returnPressed.connect(view_model.confirm)
        self.problem = label(style=TextStyle.PROBLEM)
        self.problem.setMinimumHeight(self.problem.fontMetrics().lineSpacing() + Space.TIGHT)
        cancel = secondary_button(sentences.CANCEL)
        cancel.clicked.connect(view_model.cancel)
        self.confirm = primary_button(sentences.CONFIRM_CODE)
        self.confirm.clicked.connect(view_model.confirm)
        layout = _page_layout(self)
        layout.addWidget(label(sentences.CODE_TITLE, TextStyle.TITLE))
        layout.addWidget(label(sentences.CODE_EXPLANATION, TextStyle.MUTED))
        layout.addSpacing(Space.SMALL)
        layout.addWidget(self.field)
        layout.addWidget(self.problem)
        layout.addStretch(1)
        layout.addLayout(_buttons(cancel, self.confirm))

    def show_state(self) -> None:
        state = self._view_model.state
        if self.field.text() != state.text:
            self.field.setText(state.text)
        self.problem.setText(state.problem)
        self.problem.setAccessibleName(state.problem)
        restyle(self.field, "hasProblem", bool(state.problem))
        self.confirm.setEnabled(state.can_confirm)

    def take_focus(self) -> None:
        self.field.setFocus()

    @Slot(str)
    def _regroup(self, text: str) -> None:
        grouped, cursor = regroup(text, self.field.cursorPosition())
        self.field.setText(grouped)
        self.field.setCursorPosition(cursor)
        self._view_model.change_text(grouped)


class _TryingPage(QWidget):
    """What is happening, and Cancel."""

    def __init__(self, view_model: CodeViewModel) -> None:
        super().__init__()
        self._view_model = view_model
        self._icon = StatusIcon(ICON_SIDE_PIXELS)
        self._progress = label()
        self.cancel = secondary_button(sentences.CANCEL)
        self.cancel.clicked.connect(view_model.cancel)
        layout = _page_layout(self)
        layout.addStretch(1)
        row = QHBoxLayout()
        row.setSpacing(Space.LARGE)
        row.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(Space.SMALL)
        words.addWidget(label(sentences.CODE_PROGRESS_TITLE, TextStyle.TITLE))
        words.addWidget(self._progress)
        row.addLayout(words, 1)
        layout.addLayout(row)
        layout.addStretch(2)
        layout.addLayout(_buttons(self.cancel))

    def show_state(self) -> None:
        is_trying = self._view_model.state.stage is CodeStage.TRYING
        self._icon.show_kind(StatusKind.WORKING if is_trying else StatusKind.IDLE)
        self._progress.setText(self._view_model.state.progress)

    def take_focus(self) -> None:
        self.setFocus()  # not Cancel: a second Enter or a space must not give up


class _FailedPage(QWidget):
    """What went wrong, Try Again and Cancel."""

    def __init__(self, view_model: CodeViewModel) -> None:
        super().__init__()
        self._view_model = view_model
        icon = StatusIcon(ICON_SIDE_PIXELS)
        icon.show_kind(StatusKind.ERROR)
        self.title = label(style=TextStyle.HEADING)
        self.text = label()
        self.cancel = secondary_button(sentences.CANCEL)
        self.cancel.clicked.connect(view_model.cancel)
        self.try_again = primary_button(sentences.TRY_AGAIN)
        self.try_again.clicked.connect(view_model.try_again)
        layout = _page_layout(self)
        layout.addStretch(1)
        row = QHBoxLayout()
        row.setSpacing(Space.LARGE)
        row.addWidget(icon, 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(Space.SMALL)
        words.addWidget(self.title)
        words.addWidget(self.text)
        row.addLayout(words, 1)
        layout.addLayout(row)
        layout.addStretch(2)
        layout.addLayout(_buttons(self.cancel, self.try_again))

    def show_state(self) -> None:
        failure = self._view_model.state.failure
        if failure is not None:
            self.title.setText(failure.title)
            self.text.setText(failure.text)

    def take_focus(self) -> None:
        self.try_again.setFocus()


def _code_field() -> QLineEdit:
    field = QLineEdit()
    field.setProperty("isCode", True)
    field.setAccessibleName(sentences.CODE_TITLE)
    field.setPlaceholderText("0000 0000 0000")
    field.setInputMethodHints(Qt.InputMethodHint.ImhPreferNumbers)
    font = field.font()
    font.setFeature(QFont.Tag("tnum"), 1)
    field.setFont(font)
    return field


def _page_layout(page: QWidget) -> QVBoxLayout:
    layout = QVBoxLayout(page)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(Space.SMALL)
    return layout


def _buttons(*buttons: Button) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(Space.SMALL)
    row.addStretch(1)
    for button in buttons:
        button.setMinimumWidth(96)
        row.addWidget(button)
    return row
