"""A field with its name above it and what is wrong with it below."""

from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from common.qt.labels import TextStyle, label, restyle
from common.qt.theme import Space


class LabelledField(QWidget):
    """A line to type in. The name is its buddy, so its mnemonic leads into the field."""

    def __init__(self, name: str, explanation: str = "") -> None:
        super().__init__()
        self.edit = QLineEdit()
        self._name = label(name, TextStyle.FIELD)
        self._name.setBuddy(self.edit)
        self._explanation = label(explanation, TextStyle.SMALL)
        self._explanation.setVisible(bool(explanation))
        self._problem = label(style=TextStyle.PROBLEM)
        self._problem.hide()
        self.edit.setAccessibleName(name)
        self.edit.setAccessibleDescription(explanation)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.TIGHT)
        for widget in (self._name, self.edit, self._problem, self._explanation):
            column.addWidget(widget)

    def show_problem(self, problem: str) -> None:
        """Say what is wrong; an empty text says that nothing is."""
        self._problem.setText(problem)
        self._problem.setVisible(bool(problem))
        self._explanation.setVisible(bool(self._explanation.text()) and not problem)
        restyle(self.edit, "hasProblem", bool(problem))
        self.edit.setAccessibleDescription(problem or self._explanation.text())
