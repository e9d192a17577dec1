"""The acceptance window: who asks, what they will do, and Accept or Refuse.

Always on top and in front, without a default button: the keyboard reaches Accept only by Tab
and Space, Enter never. Escape and the frame's close button refuse. When an answer counts is
the view-model's to say; this file shows it and forwards.
"""

from PySide6.QtCore import QEvent, QObject, Qt, Slot
from PySide6.QtGui import QCloseEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QDialog, QFrame, QHBoxLayout, QProgressBar, QVBoxLayout

from common.qt.buttons import primary_button, secondary_button
from common.qt.labels import TextStyle, card, label
from common.qt.status import StatusKind, StatusLine
from common.qt.theme import Space
from target_app import sentences
from target_app.acceptance_view_model import AcceptanceViewModel
from target_app.message_window import DIALOG_FLAGS, ENTER_KEYS, fit_height

WIDTH_PIXELS = 520
BAR_STEPS = 1000


class AcceptanceWindow(QDialog):
    """Bound to one AcceptanceViewModel; comes and goes with its state."""

    def __init__(self, view_model: AcceptanceViewModel) -> None:
        super().__init__()
        self._view_model = view_model
        self.setWindowTitle(sentences.ACCEPTANCE_WINDOW)
        self.setWindowFlags(DIALOG_FLAGS | Qt.WindowType.WindowStaysOnTopHint)
        self.setFixedWidth(WIDTH_PIXELS)
        self._technician = label(style=TextStyle.HEADING)
        self._organisation = label(style=TextStyle.MUTED)
        self._verification = StatusLine()
        self._mode = label()
        self._number = label(style=TextStyle.HEADING, wraps=False)
        self._bar = _countdown_bar()
        self._countdown = label(style=TextStyle.MUTED)
        self.refuse = secondary_button(sentences.REFUSE)
        self.refuse.clicked.connect(view_model.refuse)
        self.accept_button = primary_button(sentences.ACCEPT)
        self.accept_button.clicked.connect(view_model.accept)
        for button in (self.refuse, self.accept_button):
            button.installEventFilter(self)
        self._fill()
        view_model.state_changed.connect(self.show_state)

    def _fill(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(Space.WIDE, Space.WIDE, Space.WIDE, Space.WIDE)
        layout.setSpacing(Space.LARGE)
        layout.addWidget(label(sentences.ACCEPTANCE_TITLE, TextStyle.TITLE))
        layout.addWidget(self._asker_card())
        question = QVBoxLayout()
        question.setSpacing(Space.TIGHT)
        question.addWidget(label(sentences.DID_YOU_CALL, TextStyle.HEADING))
        question.addWidget(label(sentences.REFUSE_ADVICE))
        layout.addLayout(question)
        layout.addLayout(self._number_row())
        time_left = QVBoxLayout()
        time_left.setSpacing(Space.SMALL)
        time_left.addWidget(self._bar)
        time_left.addWidget(self._countdown)
        layout.addLayout(time_left)
        layout.addLayout(self._answers())

    def _asker_card(self) -> QFrame:
        result = card()
        column = QVBoxLayout(result)
        column.setContentsMargins(Space.LARGE, Space.LARGE, Space.LARGE, Space.LARGE)
        column.setSpacing(Space.MEDIUM)
        names = QVBoxLayout()
        names.setSpacing(Space.TIGHT)
        names.addWidget(self._technician)
        names.addWidget(self._organisation)
        column.addLayout(names)
        column.addWidget(self._verification)
        column.addWidget(self._mode)
        return result

    def _number_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(Space.MEDIUM)
        column = QVBoxLayout()
        column.setSpacing(0)
        column.addWidget(label(sentences.SECURITY_NUMBER, TextStyle.FIELD))
        column.addWidget(self._number)
        row.addLayout(column)
        row.addWidget(label(sentences.SECURITY_NUMBER_HELP, TextStyle.SMALL), 1)
        return row

    def _answers(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(Space.MEDIUM)
        for button in (self.refuse, self.accept_button):
            button.set_big()
            row.addWidget(button, 1)
        return row

    @Slot()
    def show_state(self) -> None:
        """Show what the view-model says now."""
        state = self._view_model.state
        if not state.is_open:
            self.hide()
            return
        self._technician.setText(state.technician)
        self._organisation.setText(state.organisation)
        kind = StatusKind.OK if state.is_verified else StatusKind.WARNING
        self._verification.show_status(kind, state.verification)
        self._mode.setText(state.mode)
        self._number.setText(state.security_number)
        self._bar.setValue(round(state.fraction_left * BAR_STEPS))
        self._countdown.setText(state.countdown)
        self.accept_button.setEnabled(state.is_armed)
        self.refuse.setEnabled(state.is_armed)
        if not self.isVisible():
            self._come_to_front()

    def _come_to_front(self) -> None:
        fit_height(self)
        self.show()
        self.raise_()
        self.activateWindow()
        self.setFocus()  # no button has the focus until somebody presses Tab

    def showEvent(self, event: QShowEvent) -> None:
        """From here on the guard's time runs."""
        super().showEvent(event)
        self._view_model.shown()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape refuses; Enter answers nothing, whatever has the focus."""
        if event.key() == Qt.Key.Key_Escape and not event.isAutoRepeat():
            self._view_model.refuse()
        event.accept()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep Enter from the buttons: whoever types it means another window."""
        return isinstance(event, QKeyEvent) and event.key() in ENTER_KEYS

    def closeEvent(self, event: QCloseEvent) -> None:
        """The frame's close button refuses; the view-model then hides the window."""
        event.ignore()
        self._view_model.refuse()


def _countdown_bar() -> QProgressBar:
    bar = QProgressBar()
    bar.setRange(0, BAR_STEPS)
    bar.setTextVisible(False)
    return bar
