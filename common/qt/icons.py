"""Icons on widgets and actions that stay right when the colours change."""

from typing import Protocol

from PySide6.QtCore import QObject, Slot
from PySide6.QtGui import QAction, QIcon
from PySide6.QtWidgets import QAbstractButton

from common.qt.theme import Tone, current_theme, icon


def set_icon(
    owner: QAbstractButton | QAction,
    name: str,
    tone: Tone = Tone.TEXT,
    size: int = 20,
    gap: int = 0,
) -> None:
    """Show an icon on a button or action, and draw it again whenever the theme changes."""
    binding = owner.findChild(_IconBinding)
    if not isinstance(binding, _IconBinding):
        binding = _IconBinding(owner)
    binding.show_icon(name, tone, size, gap)


class _HasIcon(Protocol):
    def setIcon(self, icon: QIcon, /) -> None: ...


class _IconBinding(QObject):
    """Lives as a child of what shows the icon and goes with it."""

    def __init__(self, owner: QAbstractButton | QAction) -> None:
        super().__init__(owner)
        self._owner: _HasIcon = owner
        self._name = ""
        self._tone = Tone.TEXT
        self._size = 20
        self._gap = 0
        current_theme().changed.connect(self._draw)

    def show_icon(self, name: str, tone: Tone, size: int, gap: int) -> None:
        self._name, self._tone, self._size, self._gap = name, tone, size, gap
        self._draw()

    @Slot()
    def _draw(self) -> None:
        self._owner.setIcon(icon(self._name, self._tone, self._size, self._gap))
