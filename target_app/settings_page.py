"""The settings page: one row for each property that is offered here, in plain words.

Made from the table in `properties`; what may be changed, what is wrong and what is saved is
the view-model's to say.
"""

from collections.abc import Callable
from typing import Protocol

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from common.qt.buttons import primary_button, secondary_button
from common.qt.check_box import CheckBox
from common.qt.labels import TextStyle, label, restyle
from common.qt.theme import Space
from target_app import sentences
from target_app.properties import (
    LOG_LEVELS,
    PROPERTIES,
    Property,
    PropertyKind,
)
from target_app.settings_view_model import SettingsViewModel

Changed = Callable[[object], None]


class Control(Protocol):
    """What the rows do with their control, whatever its kind."""

    def widget(self) -> QWidget: ...

    def show_value(self, value: object) -> None: ...


class SettingsPage(QWidget):
    """Bound to one SettingsViewModel."""

    left = Signal()
    """Back, or Cancel: the page is done with."""

    def __init__(self, view_model: SettingsViewModel) -> None:
        super().__init__()
        self._view_model = view_model
        self.rows = {
            known.name: PropertyRow(known, view_model) for known in PROPERTIES if known.is_on_page
        }
        self._message = label(style=TextStyle.MUTED)
        self.save = primary_button(sentences.SAVE)
        self.save.clicked.connect(view_model.save)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(self._heading())
        layout.addWidget(self._scrolled_rows(), 1)
        layout.addLayout(self._footer())
        view_model.state_changed.connect(self.show_state)
        self.show_state()

    def _heading(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setContentsMargins(Space.WIDE, Space.MEDIUM, Space.WIDE, Space.MEDIUM)
        row.addWidget(label(sentences.SETTINGS, TextStyle.TITLE))
        return row

    def _scrolled_rows(self) -> QScrollArea:
        inner = QWidget()
        inner.setObjectName("settingsRows")
        column = QVBoxLayout(inner)
        column.setContentsMargins(Space.WIDE, 0, Space.WIDE, Space.MEDIUM)
        column.setSpacing(Space.LARGE)
        for row in self.rows.values():
            column.addWidget(row)
        column.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(inner)
        area.viewport().setAutoFillBackground(False)
        inner.setAutoFillBackground(False)
        return area

    def _footer(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setContentsMargins(Space.WIDE, Space.MEDIUM, Space.WIDE, Space.LARGE)
        row.setSpacing(Space.SMALL)
        back = secondary_button(sentences.BACK)
        back.clicked.connect(self._leave)
        row.addWidget(self._message, 1)
        row.addWidget(back)
        row.addWidget(self.save)
        return row

    @Slot()
    def show_state(self) -> None:
        """Show what the view-model says now."""
        state = self._view_model.state
        for row in self.rows.values():
            row.show_state()
        self.save.setEnabled(state.can_save)
        self._message.setText(state.message)

    def _leave(self) -> None:
        self._view_model.discard()
        self.left.emit()


class PropertyRow(QWidget):
    """One property: its control, what it means, and what is wrong with it."""

    def __init__(self, known: Property, view_model: SettingsViewModel) -> None:
        super().__init__()
        self._known = known
        self._view_model = view_model
        self.control = _control_for(known, self._changed)
        self._help = label(known.help, TextStyle.SMALL)
        self.problem = label(style=TextStyle.PROBLEM)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.TIGHT)
        if known.kind is not PropertyKind.YES_NO:
            column.addWidget(label(known.label, TextStyle.FIELD))
        column.addWidget(self.control.widget())
        column.addWidget(self._help)
        column.addWidget(self.problem)

    def show_state(self) -> None:
        state = self._view_model.state
        is_overridden = self._known.name in state.locked_names
        self.control.widget().setEnabled(not state.is_locked and not is_overridden)
        self._help.setText(sentences.SETTINGS_OVERRIDDEN if is_overridden else self._known.help)
        problem = state.problems.get(self._known.name, "")
        self.problem.setText(problem[:1].upper() + problem[1:])
        self.problem.setVisible(bool(problem))
        restyle(self.control.widget(), "hasProblem", bool(problem))
        if not problem:
            self.control.show_value(state.value(self._known))

    def _changed(self, value: object) -> None:
        self._view_model.change(self._known, value)


class _YesNo:
    def __init__(self, known: Property, changed: Changed) -> None:
        self._box = CheckBox(known.label)
        self._box.toggled.connect(changed)

    def widget(self) -> QWidget:
        return self._box

    def show_value(self, value: object) -> None:
        self._box.setChecked(bool(value))


class _Text:
    def __init__(self, known: Property, changed: Changed) -> None:
        self._field = QLineEdit()
        self._field.setAccessibleName(known.label)
        self._field.setMaxLength(1024)
        self._field.textEdited.connect(lambda text: changed(text.strip()))

    def widget(self) -> QWidget:
        return self._field

    def show_value(self, value: object) -> None:
        if self._field.text().strip() != value:
            self._field.setText(str(value))


class _Seconds:
    def __init__(self, known: Property, changed: Changed) -> None:
        self._field = QLineEdit()
        self._field.setAccessibleName(known.label)
        self._field.setMaxLength(6)
        self._field.setMaximumWidth(96)
        self._field.textEdited.connect(lambda text: changed(_number(text)))

    def widget(self) -> QWidget:
        return self._field

    def show_value(self, value: object) -> None:
        if _number(self._field.text()) != value:
            self._field.setText(str(value))


def _number(text: str) -> object:
    """The number, or the text itself where it is none: it is told as wrong then."""
    plain = text.strip()
    return int(plain) if plain.isascii() and plain.isdigit() else plain


class _LogLevels:
    def __init__(self, known: Property, changed: Changed) -> None:
        self._choice = QComboBox()
        self._choice.setAccessibleName(known.label)
        self._choice.setMaximumWidth(220)
        for level in LOG_LEVELS:
            self._choice.addItem(sentences.LOG_LEVEL_WORDS[level], level)
        self._choice.currentIndexChanged.connect(
            lambda index: changed(self._choice.itemData(index))
        )

    def widget(self) -> QWidget:
        return self._choice

    def show_value(self, value: object) -> None:
        self._choice.setCurrentIndex(self._choice.findData(value))


def _control_for(known: Property, changed: Changed) -> Control:
    match known.kind:
        case PropertyKind.YES_NO:
            return _YesNo(known, changed)
        case PropertyKind.TEXT:
            return _Text(known, changed)
        case PropertyKind.SECONDS:
            return _Seconds(known, changed)
        case PropertyKind.LOG_LEVEL:
            return _LogLevels(known, changed)
