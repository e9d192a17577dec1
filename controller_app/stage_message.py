"""Words in the place of the picture: waiting, no picture, the session is over."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from common.qt.buttons import primary_button, secondary_button
from common.qt.labels import TextStyle, card
from common.qt.status import StatusLine
from common.qt.theme import Space
from controller_app.remote_screen import STAGE_COLOUR
from controller_app.sentences import tr
from controller_app.session_view_model import SessionState


class StageMessage(QWidget):
    """A card in the middle of an empty stage; with buttons once the session is over."""

    def __init__(self) -> None:
        super().__init__()
        palette = QPalette()
        palette.setColor(QPalette.ColorRole.Window, QColor(STAGE_COLOUR))
        self.setPalette(palette)
        self.setAutoFillBackground(True)
        self.status = StatusLine(TextStyle.HEADING)
        self.close_button = secondary_button(tr("Close"))
        self.new_session_button = primary_button(tr("New Session"), "start")
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.setSpacing(Space.SMALL)
        buttons.addWidget(self.close_button)
        buttons.addWidget(self.new_session_button)
        self._card = card()
        inside = QVBoxLayout(self._card)
        inside.setContentsMargins(Space.WIDE, Space.WIDE, Space.WIDE, Space.WIDE)
        inside.setSpacing(Space.WIDE)
        inside.addWidget(self.status)
        inside.addLayout(buttons)
        column = QVBoxLayout(self)
        column.addWidget(self._card, 0, Qt.AlignmentFlag.AlignCenter)

    def show_state(self, state: SessionState) -> None:
        """Say what there is instead of a picture."""
        self._card.setFixedWidth(min(440, max(280, self.width() - 2 * Space.LARGE)))
        self.status.show_status(state.kind, state.message.words, state.message.detail)
        is_over = not state.is_running
        self.close_button.setVisible(is_over)
        self.new_session_button.setVisible(is_over)
        self._card.adjustSize()
