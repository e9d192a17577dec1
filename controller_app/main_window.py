"""The controller's main window: start a session, see where it is connected, change settings.

Builds widgets and binds them to MainViewModel. What its actions open is decided by who
connects to its signals.
"""

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QAction, QCloseEvent, QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMainWindow, QVBoxLayout, QWidget

from common.qt.buttons import IconButton, primary_button
from common.qt.icons import set_icon
from common.qt.labels import TextStyle, card, label
from common.qt.status import StatusLine
from common.qt.tall_enough import TallEnough
from common.qt.theme import Space, Tone, current_theme, icon
from controller_app.main_view_model import MainState, MainViewModel
from controller_app.sentences import tr


class MainWindow(QMainWindow):
    """One big button and a few quiet words."""

    start_asked = Signal()
    settings_asked = Signal()
    about_asked = Signal()
    quit_asked = Signal()
    closed = Signal()

    def __init__(self, view_model: MainViewModel) -> None:
        super().__init__()
        self.setWindowTitle("Farhand")
        self.start_button = primary_button(tr("Start Broker Session"), "start")
        self.start_button.set_big()
        self.start_button.setDefault(True)
        self.settings_button = IconButton(tr("Settings"), "settings")
        self.technician = label(style=TextStyle.HEADING)
        self.organisation = label(style=TextStyle.MUTED)
        self.status = StatusLine()
        self._picture = QLabel()
        self._picture.setProperty("textStyle", "badge")
        self._picture.setFixedSize(40, 40)
        self._picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.start_action = QAction(tr("&Start Broker Session"), self)
        self._build_menus()
        self._lay_out()
        self.start_button.clicked.connect(self.start_asked)
        self.start_action.triggered.connect(self.start_asked)
        self.settings_button.clicked.connect(self.settings_asked)
        current_theme().changed.connect(self._draw_picture)
        self._draw_picture()
        view_model.state_changed.connect(self._show_state)
        self._show_state(view_model.state)
        self.resize(480, 420)

    def closeEvent(self, event: QCloseEvent) -> None:
        super().closeEvent(event)
        self.closed.emit()

    def _build_menus(self) -> None:
        session = self.menuBar().addMenu(tr("&Session"))
        self.start_action.setShortcut(QKeySequence(QKeySequence.StandardKey.New))
        set_icon(self.start_action, "start")
        session.addAction(self.start_action)
        session.addSeparator()
        quit_action = QAction(tr("&Quit"), self)
        quit_action.setShortcut(QKeySequence("Ctrl+Q"))
        quit_action.setMenuRole(QAction.MenuRole.QuitRole)
        set_icon(quit_action, "quit")
        quit_action.triggered.connect(self.quit_asked)
        session.addAction(quit_action)
        settings = self.menuBar().addMenu(tr("S&ettings"))
        settings_action = QAction(tr("&Names and Server ..."), self)
        settings_action.setShortcut(QKeySequence("Ctrl+,"))
        settings_action.setMenuRole(QAction.MenuRole.PreferencesRole)
        set_icon(settings_action, "settings")
        settings_action.triggered.connect(self.settings_asked)
        settings.addAction(settings_action)
        help_menu = self.menuBar().addMenu(tr("&Help"))
        about_action = QAction(tr("&About Farhand"), self)
        about_action.setMenuRole(QAction.MenuRole.AboutRole)
        set_icon(about_action, "info")
        about_action.triggered.connect(self.about_asked)
        help_menu.addAction(about_action)

    def _lay_out(self) -> None:
        explanation = label(
            tr(
                "You get a code. The person you help types it into Farhand, accepts, and you "
                "see their screen."
            ),
            TextStyle.MUTED,
        )
        explanation.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        place = QWidget()
        column = QVBoxLayout(place)
        column.setContentsMargins(Space.WIDE, Space.LARGE, Space.WIDE, Space.WIDE)
        column.setSpacing(Space.MEDIUM)
        column.addLayout(self._person_row())
        column.addStretch(1)
        column.addSpacing(Space.LARGE)
        column.addWidget(self.start_button)
        column.addWidget(explanation)
        column.addSpacing(Space.LARGE)
        column.addStretch(1)
        column.addWidget(self._status_card())
        TallEnough(place, column)
        self.setCentralWidget(place)

    def _person_row(self) -> QHBoxLayout:
        names = QVBoxLayout()
        names.setSpacing(2)
        names.addWidget(self.technician)
        names.addWidget(self.organisation)
        row = QHBoxLayout()
        row.setSpacing(Space.MEDIUM)
        row.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addLayout(names, 1)
        row.addWidget(self.settings_button, 0, Qt.AlignmentFlag.AlignTop)
        return row

    def _status_card(self) -> QWidget:
        status_card = card()
        inside = QVBoxLayout(status_card)
        inside.setContentsMargins(Space.LARGE, Space.LARGE, Space.LARGE, Space.LARGE)
        inside.addWidget(self.status)
        return status_card

    @Slot()
    def _draw_picture(self) -> None:
        side = 22
        self._picture.setPixmap(icon("person", Tone.ACCENT, side).pixmap(side, side))

    @Slot(object)
    def _show_state(self, state: MainState) -> None:
        self.technician.setText(state.shown_technician)
        self.organisation.setText(state.shown_organisation)
        self.organisation.setVisible(bool(state.shown_organisation))
        self.start_button.setEnabled(state.can_start)
        self.start_action.setEnabled(state.can_start)
        self.status.show_status(state.kind, state.status.words, state.status.detail)
