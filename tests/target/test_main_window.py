"""The main window off screen: its menu, its state in words, its settings page."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox, QLineEdit
from pytestqt.qtbot import QtBot

from common.protocol.session_events import SessionEnded
from common.reasons import EndReason
from target_app import sentences
from target_app.main_window import MainWindow, TargetActions
from target_app.properties import PropertySources, TargetProperties
from target_app.settings_view_model import SettingsViewModel
from target_app.status_view_model import StatusOptions, StatusViewModel
from tests.target.recorded_commands import RecordedCommands
from tests.target.sample_events import CONNECTED, started


@pytest.fixture
def status() -> StatusViewModel:
    return StatusViewModel(RecordedCommands(), StatusOptions())


@pytest.fixture
def saved() -> list[TargetProperties]:
    return []


@pytest.fixture
def settings(saved: list[TargetProperties]) -> SettingsViewModel:
    return SettingsViewModel(PropertySources(TargetProperties()), saved.append)


@pytest.fixture
def window(
    qtbot: QtBot, status: StatusViewModel, settings: SettingsViewModel
) -> Iterator[MainWindow]:
    actions = TargetActions(*(QAction(name) for name in ("code", "end", "about", "quit")))
    made = MainWindow(status, settings, actions)
    qtbot.addWidget(made)
    made.show()
    yield made
    made.hide()  # its close button only asks


def test_the_actions_menu_shows_why_something_is_not_available(window: MainWindow) -> None:
    menu = window.actions_menu
    assert menu.title() == "Actions"
    assert menu.toolTipsVisible()


def test_without_contact_the_button_is_there_and_the_reason_below(
    window: MainWindow, status: StatusViewModel
) -> None:
    assert window.home.enter_code.isVisible()
    assert not window.home.enter_code.isEnabled()
    assert window.home.hint.text() == sentences.NO_CONTACT_HINT
    status.handle(CONNECTED)
    assert window.home.enter_code.isEnabled()


def test_in_session_there_is_end_session_instead(
    window: MainWindow, status: StatusViewModel
) -> None:
    status.handle(started())
    assert window.home.end_session.isVisible()
    assert not window.home.enter_code.isVisible()
    assert "Anna Berg" in window.home.status_line.words.text()
    status.handle(SessionEnded(EndReason.CONTROLLER_ENDED, True))
    assert window.home.notice.isVisible()
    assert not window.home.end_session.isVisible()


def test_the_settings_page_shows_saves_and_locks(
    window: MainWindow,
    qtbot: QtBot,
    settings: SettingsViewModel,
    saved: list[TargetProperties],
) -> None:
    window.show_settings()
    page = window.settings_page
    box = page.rows["ConfirmTakeOver"].control.widget()
    seconds = page.rows["AcceptanceGraceTime"].control.widget()
    assert isinstance(box, QCheckBox)
    assert isinstance(seconds, QLineEdit)
    assert box.isChecked()
    box.setChecked(False)
    seconds.selectAll()
    QTest.keyClicks(seconds, "20")
    QTest.mouseClick(page.save, Qt.MouseButton.LeftButton)
    assert saved == [TargetProperties(confirm_take_over=False, acceptance_grace_seconds=20)]
    settings.set_in_session(True)
    assert not box.isEnabled()


def test_a_wrong_address_is_told_and_stays_to_be_mended(window: MainWindow, qtbot: QtBot) -> None:
    window.show_settings()
    row = window.settings_page.rows["ServerURL"]
    field = row.control.widget()
    assert isinstance(field, QLineEdit)
    QTest.keyClicks(field, "http://x")
    assert field.text() == "http://x"
    assert row.problem.isVisible()
    assert not window.settings_page.save.isEnabled()


def test_closing_is_the_desktops_to_decide(window: MainWindow, qtbot: QtBot) -> None:
    with qtbot.waitSignal(window.closing):
        window.close()
    assert window.isVisible()
