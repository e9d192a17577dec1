"""The sign on the screen stays where somebody sees it."""

import pytest
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from target_app.session_bar import SessionBar
from target_app.status_view_model import StatusOptions, StatusViewModel
from tests.target.recorded_commands import RecordedCommands
from tests.target.sample_events import CONNECTED, started

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


@pytest.fixture
def bar(qtbot: QtBot) -> SessionBar:
    view_model = StatusViewModel(RecordedCommands(), StatusOptions())
    made = SessionBar(view_model)
    qtbot.addWidget(made)
    view_model.handle(CONNECTED)
    view_model.handle(started())
    return made


def is_in_the_middle_of_the_upper_edge(bar: SessionBar) -> bool:
    area, place = QGuiApplication.primaryScreen().availableGeometry(), bar.frameGeometry()
    return place.top() == area.top() and abs(place.center().x() - area.center().x()) <= 1


def test_the_sign_is_in_the_middle_of_the_upper_edge(bar: SessionBar) -> None:
    assert bar.isVisible()
    assert is_in_the_middle_of_the_upper_edge(bar)


def test_the_sign_comes_back_when_the_screen_has_another_size(bar: SessionBar) -> None:
    bar.move(5000, 5000)
    screen = QGuiApplication.primaryScreen()
    screen.availableGeometryChanged.emit(screen.availableGeometry())
    assert is_in_the_middle_of_the_upper_edge(bar)
