"""The target's windows joined, off screen: what each event and gesture leads to."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from common.protocol.policies import Policies
from common.protocol.session_events import PairingEnded, SessionEnded
from common.reasons import EndReason, PairingProblem
from target_app.desktop import DesktopOptions, TargetDesktop
from target_app.hot_key.contract import HotKey
from target_app.properties import (
    PropertySources,
    TargetProperties,
    load_properties,
    property_named,
)
from target_app.single_instance import EnterCodeRequest, ShowRequest
from tests.target.recorded_commands import RecordedCommands
from tests.target.recorded_hot_key import RecordedHotKey
from tests.target.sample_events import CONNECTED, GOOD_CODE, asked, started

# Off screen there are no front and no tray; the tests on a display see to those.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", "systemTrayWindowChanged")


class Maker:
    """Makes desktops over one recorder, and takes them off the screen at the end."""

    def __init__(self, application: QApplication, folder: Path) -> None:
        self.commands = RecordedCommands()
        self.hot_key = RecordedHotKey()
        self._application = application
        self._folder = folder
        self._made: list[TargetDesktop] = []

    def make(self, *assignments: str, is_hidden: bool = False) -> TargetDesktop:
        hot_key: HotKey = self.hot_key
        desktop = TargetDesktop(
            self._application,
            self.commands,
            DesktopOptions(
                data_folder=self._folder,
                sources=load_properties(self._folder, assignments),
                is_hidden=is_hidden,
                hot_key=hot_key,
            ),
        )
        self._made.append(desktop)
        desktop.start()
        return desktop

    def close(self) -> None:
        for desktop in self._made:
            desktop.handle(SessionEnded(EndReason.TARGET_QUIT, False))
            desktop.close()


@pytest.fixture
def maker(qtbot: QtBot, qapp: QApplication, tmp_path: Path) -> Iterator[Maker]:
    made = Maker(qapp, tmp_path)
    yield made
    made.close()


def test_a_hidden_start_opens_no_window(maker: Maker) -> None:
    assert not maker.make(is_hidden=True).main_window.isVisible()
    assert maker.make().main_window.isVisible()


def test_the_action_is_unavailable_until_contact_and_says_why(maker: Maker) -> None:
    desktop = maker.make()
    action = desktop.actions.enter_code
    assert not action.isEnabled()
    assert "contact with a support server" in action.toolTip().replace("\n", " ")
    desktop.open_code_window()
    assert not desktop.code_window.isVisible()
    desktop.handle(CONNECTED)
    assert action.isEnabled()
    action.trigger()
    assert desktop.code_window.isVisible()


@pytest.mark.parametrize(
    "assignment", ["ServerURL=https://192.0.2.7:47111", "BrokerList=192.0.2.7:47111"]
)
def test_a_server_set_by_hand_makes_it_available_at_once(maker: Maker, assignment: str) -> None:
    assert maker.make(assignment).actions.enter_code.isEnabled()


def test_from_the_code_over_the_question_into_the_session_and_out(
    maker: Maker, qtbot: QtBot
) -> None:
    desktop = maker.make()
    desktop.handle(CONNECTED)
    desktop.actions.enter_code.trigger()
    desktop.code.change_text(GOOD_CODE)
    desktop.code.confirm()
    desktop.handle(asked(time.monotonic() + 45))
    assert not desktop.code_window.isVisible()
    assert desktop.acceptance_window.isVisible()
    qtbot.waitUntil(desktop.acceptance_window.accept_button.isEnabled, timeout=3000)
    desktop.acceptance_window.accept_button.click()
    desktop.handle(started())
    assert not desktop.acceptance_window.isVisible()
    assert desktop.sign.isVisible()
    assert not desktop.actions.enter_code.isEnabled()
    desktop.sign.end.click()
    desktop.handle(SessionEnded(EndReason.TARGET_ENDED, False))
    assert not desktop.sign.isVisible()
    assert desktop.main_window.home.notice.isVisible()
    assert maker.commands.calls == [
        ("enter_code", GOOD_CODE),
        ("answer", True),
        ("end_session", EndReason.TARGET_ENDED),
    ]


def test_the_pause_key_is_watched_only_during_a_session(maker: Maker) -> None:
    desktop = maker.make()
    assert not maker.hot_key.is_started
    desktop.handle(started())
    maker.hot_key.press()
    assert maker.commands.calls == [("end_session", EndReason.TARGET_ENDED)]
    desktop.handle(SessionEnded(EndReason.TARGET_ENDED, False))
    assert not maker.hot_key.is_started


def test_the_pause_key_is_left_alone_where_it_is_switched_off(maker: Maker) -> None:
    desktop = maker.make()
    desktop.handle(started(Policies(disable_panic_key=True)))
    assert not maker.hot_key.is_started
    assert "Pause" not in desktop.status.state.message.text


def test_after_a_session_its_end_is_told_although_no_window_was_open(
    maker: Maker, qapp: QApplication
) -> None:
    desktop = maker.make()
    desktop.main_window.hide()
    desktop.handle(started())
    desktop.handle(SessionEnded(EndReason.CONTROLLER_ENDED, True))
    (window,) = desktop.message_windows
    assert window.isVisible()
    assert not desktop.main_window.isVisible()


def test_a_hidden_run_opens_only_the_question(maker: Maker) -> None:
    desktop = maker.make(is_hidden=True)
    desktop.handle(CONNECTED)
    desktop.enter_code(GOOD_CODE)
    assert not desktop.code_window.isVisible()
    desktop.handle(PairingEnded(PairingProblem.EXPIRED))
    assert not desktop.code_window.isVisible()
    desktop.enter_code(GOOD_CODE)
    desktop.handle(asked(time.monotonic() + 45))
    assert desktop.acceptance_window.isVisible()
    no_sign = Policies(enable_on_screen_session_notification=False)
    desktop.handle(started(no_sign))
    desktop.handle(SessionEnded(EndReason.CONTROLLER_ENDED, True))
    assert not any(window.isVisible() for window in QApplication.topLevelWidgets())


def test_without_a_tray_closing_the_window_asks_whether_to_quit(maker: Maker, qtbot: QtBot) -> None:
    desktop = maker.make()
    assert not desktop.tray.is_there
    desktop.main_window.close()
    assert desktop.main_window.isVisible()
    (question,) = desktop.message_windows
    with qtbot.waitSignal(desktop.quit_asked):
        question.agreed.emit()


def test_quitting_ends_the_session_first(maker: Maker, qtbot: QtBot) -> None:
    desktop = maker.make()
    desktop.handle(started())
    with qtbot.waitSignal(desktop.quit_asked):
        desktop.actions.quit.trigger()
    assert maker.commands.calls == [("end_session", EndReason.TARGET_QUIT)]


def test_another_start_brings_its_code_or_the_window(maker: Maker) -> None:
    desktop = maker.make()
    desktop.main_window.hide()
    desktop.take_request(ShowRequest())
    assert desktop.main_window.isVisible()
    desktop.handle(CONNECTED)
    desktop.take_request(EnterCodeRequest(GOOD_CODE))
    assert maker.commands.calls == [("enter_code", GOOD_CODE)]


def test_another_start_does_not_disturb_a_session(maker: Maker) -> None:
    desktop = maker.make()
    desktop.handle(CONNECTED)
    desktop.handle(started())
    desktop.take_request(EnterCodeRequest(GOOD_CODE))
    assert maker.commands.calls == []


def test_saved_settings_are_written_and_told(maker: Maker, qtbot: QtBot, tmp_path: Path) -> None:
    desktop = maker.make()
    told: list[TargetProperties] = []
    desktop.properties_changed.connect(told.append)
    desktop.settings.change(property_named("ServerURL"), "https://192.0.2.7:47111")
    desktop.settings.save()
    assert told == [load_properties(tmp_path).stored]
    assert desktop.actions.enter_code.isEnabled()


def test_about_says_what_this_is(maker: Maker) -> None:
    desktop = maker.make()
    desktop.actions.about.trigger()
    assert len(desktop.message_windows) == 1


def test_on_wayland_the_window_says_what_can_not_be_done(
    qtbot: QtBot, qapp: QApplication, tmp_path: Path
) -> None:
    desktop = TargetDesktop(
        qapp,
        RecordedCommands(),
        DesktopOptions(
            data_folder=tmp_path,
            sources=PropertySources(TargetProperties()),
            environment={"XDG_SESSION_TYPE": "wayland"},
        ),
    )
    desktop.start()
    assert desktop.main_window.home.limits.isVisible()
    desktop.close()
