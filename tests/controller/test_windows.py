"""The controller's windows together, off screen: which is open when, and what they show."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from common.protocol.policies import SessionMode
from common.protocol.session_events import (
    CodeDied,
    ScreenReceived,
    SessionEnded,
    SessionPaired,
)
from common.protocol.session_messages import KeyPressed, KeyReleased, ScreenUnavailable
from common.reasons import CodeEnd, ConnectionProblem, EndReason
from common.screen.rectangle import Rectangle
from common.transport.connection_events import BrokerLost
from controller_app.about_window import AboutWindow
from controller_app.picture_patches import PicturePatches
from controller_app.session_window import SessionWindow
from controller_app.settings import ControllerSettings
from controller_app.traffic import TrafficMeasured
from controller_app.windows import ControllerWindows, WindowOptions
from tests.controller.recorded_commands import RecordedCommands
from tests.controller.session_samples import CODE, GROUPS, code_changed, connected, show, started

pytestmark = pytest.mark.qt_log_ignore(
    "This plugin does not support", extend=True
)  # the plugin for off screen: no grabbing, no size hints


class Desk:
    """All windows over a recorder."""

    def __init__(self, qtbot: QtBot, is_bare: bool = False) -> None:
        self._qtbot = qtbot
        self.commands = RecordedCommands()
        self.patches = PicturePatches()
        self.saved: list[ControllerSettings] = []
        settings = ControllerSettings(technician="Jana Weber", organisation="Acme", server="")
        self.windows = ControllerWindows(
            self.commands, self.patches, WindowOptions(settings, self.saved.append, is_bare)
        )
        self.main, self.code = self.windows.main_window, self.windows.code_window
        qtbot.addWidget(self.main)
        qtbot.addWidget(self.code)
        self.quits: list[bool] = []
        self.windows.quit_asked.connect(lambda: self.quits.append(True))

    @property
    def session(self) -> SessionWindow:
        assert self.windows.session_window is not None
        return self.windows.session_window

    def open_with_code(self) -> None:
        self.windows.open()
        self.windows.handle(connected())
        click(self.main.start_button)
        self.windows.handle(code_changed(self.windows.code_view_model._now() + 900.5))

    def start_session(self, mode: SessionMode = SessionMode.ACTIVE) -> None:
        self.open_with_code()
        self.windows.handle(SessionPaired("ANNA-LAPTOP", "4821"))
        self.windows.handle(started(mode))
        self._qtbot.addWidget(self.session)

    def show_picture(self) -> None:
        self.patches.begin_layout(64, 48)
        white = np.full((48, 64, 4), 255, np.uint8)
        show(self.patches, white, Rectangle(0, 0, 64, 48))
        self._qtbot.waitUntil(lambda: self.session.screen_widget.isVisible())


def click(button: QAbstractButton) -> None:
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def words_of(window: QWidget) -> str:
    """Everything that can be read in a window now."""
    return "\n".join(
        widget.text() for widget in window.findChildren(QLabel) if widget.isVisibleTo(window)
    )


@pytest.fixture
def desk(qtbot: QtBot) -> Desk:
    return Desk(qtbot)


def test_the_main_window_says_where_it_is_connected(desk: Desk) -> None:
    desk.windows.open()
    assert not desk.main.start_button.isEnabled()
    desk.windows.handle(connected())
    assert desk.main.start_button.isEnabled()
    assert desk.main.start_action.isEnabled()
    assert "Jana Weber" in words_of(desk.main)
    assert "this computer" in words_of(desk.main)


def test_the_main_window_says_what_is_wrong(desk: Desk) -> None:
    desk.windows.open()
    desk.windows.handle(BrokerLost("embedded", ConnectionProblem.UNREACHABLE, 5.0))
    assert "not running" in words_of(desk.main)
    assert not desk.main.start_button.isEnabled()


def test_start_opens_the_code_window_with_the_code(desk: Desk) -> None:
    desk.open_with_code()
    assert desk.commands.asked == ["start"]
    assert desk.code.isVisible()
    assert desk.code.code.text().split() == list(GROUPS)
    assert desk.code.code.accessibleName() == "4 8 2 1, 6 6 0 3, " + " ".join(GROUPS[2])
    assert "Waiting for target" in words_of(desk.code)
    assert not desk.main.start_button.isEnabled()


def test_the_code_is_copied_and_taken_back(desk: Desk) -> None:
    desk.open_with_code()
    click(desk.code.copy_code)
    assert QGuiApplication.clipboard().text() == CODE.grouped()
    desk.windows.close_all()
    assert QGuiApplication.clipboard().text() == ""


def test_the_message_can_be_chosen_changed_and_copied(desk: Desk) -> None:
    desk.open_with_code()
    assert CODE.grouped() in desk.code.message.toPlainText()
    assert "Jana Weber, Acme" in desk.code.message.toPlainText()

    desk.code.explains.setChecked(False)
    assert "Enter Connection Code" not in desk.code.message.toPlainText()

    desk.code.message.setPlainText("Hi, it is " + CODE.grouped())
    click(desk.code.copy_message.button)
    assert QGuiApplication.clipboard().text() == "Hi, it is " + CODE.grouped()
    QGuiApplication.clipboard().clear()


def test_a_dead_code_is_nowhere_in_its_window(desk: Desk) -> None:
    desk.open_with_code()
    desk.windows.handle(CodeDied(CodeEnd.EXPIRED))
    assert "Code expired" in words_of(desk.code)
    for group in GROUPS:
        assert group not in words_of(desk.code) + desk.code.message.toPlainText()
    assert not desk.code.copy_code.isEnabled()
    assert desk.code.request_new_button.property("kind") == "primary"

    click(desk.code.request_new_button)
    assert desk.commands.asked == ["start", "request new"]


def test_extend_says_how_many_are_left(desk: Desk) -> None:
    desk.open_with_code()
    assert "3" in desk.code.extend_button.text()
    click(desk.code.extend_button)
    assert desk.commands.asked == ["start", "extend"]


@pytest.mark.parametrize("by_button", [True, False])
def test_cancel_and_closing_the_window_are_the_same(desk: Desk, by_button: bool) -> None:
    desk.open_with_code()
    if by_button:
        click(desk.code.cancel_button)
    else:
        desk.code.close()
    assert not desk.code.isVisible()
    assert desk.commands.asked == ["start", EndReason.CANCELLED]
    assert desk.main.start_button.isEnabled()


def test_the_public_url_has_a_field_with_a_copy_button(desk: Desk) -> None:
    desk.open_with_code()
    assert not desk.code.url.isVisible()
    desk.windows.handle(connected("https://support.example.com"))
    assert desk.code.url.isVisible()
    click(desk.code.copy_url)
    assert QGuiApplication.clipboard().text() == "https://support.example.com"
    QGuiApplication.clipboard().clear()


def test_the_session_window_follows_the_code_window(desk: Desk) -> None:
    desk.start_session()
    assert not desk.code.isVisible()
    assert desk.session.windowTitle() == "Anna on ANNA-LAPTOP \N{EM DASH} Active"
    assert "Waiting for the first picture" in words_of(desk.session)
    assert "4821" in words_of(desk.session)


def test_the_session_shows_the_picture_and_the_quality(desk: Desk) -> None:
    desk.start_session()
    desk.show_picture()
    desk.windows.handle(TrafficMeasured(24.0, 3.2, 0.013))
    assert desk.session.bar.quality.text() == "24 frames/s \u00b7 13 ms \u00b7 3.2 Mbit/s"


def test_a_missing_screen_is_explained(desk: Desk) -> None:
    desk.start_session()
    desk.show_picture()
    desk.windows.handle(ScreenReceived(ScreenUnavailable("wayland")))
    assert "Wayland" in words_of(desk.session)
    assert not desk.session.screen_widget.isVisible()


def test_the_keys_menu_sends_whole_combinations(desk: Desk) -> None:
    desk.start_session()
    desk.show_picture()
    before = len(desk.commands.inputs)
    desk.session.bar.keys_menu.actions()[0].trigger()
    sent = desk.commands.inputs[before:]
    assert [type(message) for message in sent] == [KeyPressed] * 3 + [KeyReleased] * 3


def test_the_end_is_told_over_an_empty_stage(desk: Desk) -> None:
    desk.start_session()
    desk.show_picture()
    desk.windows.handle(SessionEnded(EndReason.TARGET_ENDED, by_other_side=True))
    assert "The user ended the session" in words_of(desk.session)
    assert desk.session.screen_widget._picture.size is None
    assert not desk.session.bar.disconnect_button.isVisible()


def test_another_session_can_follow(desk: Desk) -> None:
    desk.start_session()
    desk.windows.handle(SessionEnded(EndReason.TARGET_ENDED, by_other_side=True))
    click(desk.session.message.new_session_button)
    assert desk.windows.session_window is None
    assert desk.code.isVisible()
    assert desk.commands.asked == ["start", "start"]


def test_disconnect_ends_the_session(desk: Desk) -> None:
    desk.start_session()
    click(desk.session.bar.disconnect_button)
    assert desk.commands.asked[-1] is EndReason.CONTROLLER_ENDED


def test_closing_the_session_window_ends_the_session(desk: Desk) -> None:
    desk.start_session()
    desk.show_picture()
    desk.session.close()
    assert desk.commands.asked[-1] is EndReason.CONTROLLER_ENDED
    assert desk.windows.session_window is None
    assert desk.main.start_button.isEnabled()


def test_full_screen_and_back(desk: Desk, qtbot: QtBot) -> None:
    desk.start_session()
    desk.show_picture()
    bar = desk.session.bar
    click(bar.full_screen_button)
    assert desk.session.isFullScreen()
    assert not bar.isVisible()

    picture = desk.session.screen_widget.viewport()
    qtbot.waitUntil(lambda: picture.size() == desk.session.screen().size())
    QTest.mouseMove(picture, QPoint(30, 40))
    QTest.mouseMove(picture, QPoint(30, 0))
    qtbot.waitUntil(lambda: bar.isVisible() and bar.y() == 0)
    assert "Anna on ANNA-LAPTOP" in bar.name.accessibleName()

    click(bar.full_screen_button)
    assert not desk.session.isFullScreen()
    assert bar.isVisible()


def test_the_size_button_changes_between_fitted_and_exact(desk: Desk) -> None:
    desk.start_session()
    desk.show_picture()
    button = desk.session.bar.size_button
    assert "1:1" in button.accessibleName()
    click(button)
    assert desk.session.screen_widget._is_exact
    assert "Fit" in button.accessibleName()


def test_a_bare_session_fills_the_screen_without_a_bar(qtbot: QtBot) -> None:
    desk = Desk(qtbot, is_bare=True)
    desk.start_session()
    desk.show_picture()
    screen = desk.session.screen().geometry()
    assert desk.session.geometry() == screen
    assert not desk.session.bar.isVisible()
    assert desk.session.screen_widget.viewport().size() == screen.size()

    QTest.mouseMove(desk.session.screen_widget.viewport(), QPoint(30, 0))
    assert not desk.session.bar.isVisible()


def test_the_hot_key_brings_keyboard_and_bar(desk: Desk, qtbot: QtBot) -> None:
    desk.start_session()
    desk.show_picture()
    desk.session.activateWindow()
    desk.session.screen_widget.setFocus()
    modifiers = (
        Qt.KeyboardModifier.ControlModifier
        | Qt.KeyboardModifier.AltModifier
        | Qt.KeyboardModifier.ShiftModifier
    )
    QTest.keyClick(desk.session.screen_widget, Qt.Key.Key_K, modifiers)
    assert not desk.session.screen_widget.hasFocus()
    assert desk.session.bar.holds_focus()

    click(desk.session.bar.keyboard_button)
    assert desk.session.screen_widget.hasFocus()


def test_settings_are_saved_and_used(desk: Desk, qtbot: QtBot) -> None:
    desk.windows.open()
    click(desk.main.settings_button)
    page = desk.windows._settings_window
    assert page is not None
    page.technician.edit.setText("")
    click(page.save_button)
    assert "Enter your name" in words_of(page)
    assert desk.saved == []

    page.technician.edit.setText("J. Weber")
    click(page.save_button)
    assert [settings.technician for settings in desk.saved] == ["J. Weber"]
    assert desk.commands.asked == [("names", "J. Weber", "Acme")]
    assert "J. Weber" in words_of(desk.main)


def test_the_last_window_closed_is_the_end(desk: Desk, qtbot: QtBot) -> None:
    desk.start_session()
    desk.main.close()
    QApplication.processEvents()
    assert desk.quits == []
    desk.session.close()
    qtbot.waitUntil(lambda: bool(desk.quits))


def test_quit_hides_everything_at_once(desk: Desk) -> None:
    desk.start_session()
    desk.main.quit_asked.emit()
    assert desk.quits == [True]
    assert not desk.session.isVisible()
    assert not desk.main.isVisible()


def test_about_names_program_and_version(desk: Desk, qtbot: QtBot) -> None:
    window = AboutWindow()
    qtbot.addWidget(window)
    assert "Farhand" in words_of(window)
    assert "version" in words_of(window)


def test_everything_that_can_be_pressed_has_a_name(desk: Desk) -> None:
    desk.start_session()
    for window in (desk.main, desk.code, desk.session):
        for button in window.findChildren(QAbstractButton):
            if button.objectName().startswith("qt_"):
                continue  # Qt's own, such as the menu bar's overflow
            assert button.accessibleName() or button.text(), button
        for field in window.findChildren(QLineEdit):
            assert field.accessibleName(), field


def test_all_text_is_plain(desk: Desk) -> None:
    desk.start_session()
    for window in (desk.main, desk.code, desk.session):
        for widget in window.findChildren(QLabel):
            has_text = bool(widget.text())
            assert not has_text or widget.textFormat() is Qt.TextFormat.PlainText
