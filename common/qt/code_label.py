"""A connection code in very large digits, in groups of four."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QLabel

from common.qt.labels import restyle

_GROUP_GAP = "\u2002"  # an en space: wider than the space of a proportional font
_NO_GROUP = "\u2013" * 4


class CodeLabel(QLabel):
    """Shows a code's groups; screen readers hear `spoken`. Not usable: shown as dashes."""

    def __init__(self) -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("textStyle", "code")
        self.setProperty("isUsable", True)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        font = self.font()
        font.setStyleHint(QFont.StyleHint.SansSerif)
        font.setFeature(QFont.Tag("tnum"), 1)  # digits of one width, where the font has them
        self.setFont(font)

    def show_code(self, groups: tuple[str, ...], spoken: str) -> None:
        """Show a code that can be used."""
        self.setText(_GROUP_GAP.join(groups))
        self.setAccessibleName(spoken)
        restyle(self, "isUsable", True)

    def show_none(self, group_count: int, spoken: str) -> None:
        """Show that there is no code to use just now."""
        self.setText(_GROUP_GAP.join([_NO_GROUP] * group_count))
        self.setAccessibleName(spoken)
        restyle(self, "isUsable", False)
