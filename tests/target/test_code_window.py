"""The code window off screen: typed, pasted, confirmed, failed, tried again."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from common.protocol.session_events import PairingEnded
from common.reasons import PairingProblem
from target_app.code_view_model import CodeStage, CodeViewModel
from target_app.code_window import CodeWindow
from tests.target.recorded_commands import RecordedCommands
from tests.target.sample_events import (
    CONNECTED,
    GOOD_CODE,
    GROUPED_CODE,
    WRONG_CHECK_DIGIT,
    in_full_width,
)

# Off screen nothing can be brought to the front; the tests on a display see to that.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


@pytest.fixture
def commands() -> RecordedCommands:
    return RecordedCommands()


@pytest.fixture
def model(commands: RecordedCommands) -> CodeViewModel:
    made = CodeViewModel(commands)
    made.handle(CONNECTED)
    return made


@pytest.fixture
def window(qtbot: QtBot, model: CodeViewModel) -> CodeWindow:
    made = CodeWindow(model)
    qtbot.addWidget(made)
    model.open()
    qtbot.waitExposed(made)
    return made


def test_digits_are_grouped_as_one_types(window: CodeWindow, qtbot: QtBot) -> None:
    seen = []
    for digit in GOOD_CODE:
        QTest.keyClicks(window.entry.field, digit)
        seen.append(window.entry.field.text())
    assert seen[3:6] == ["4821", "4821 6", "4821 66"]
    assert seen[-1] == GROUPED_CODE


def test_a_digit_in_the_middle_is_corrected_where_the_cursor_is(
    window: CodeWindow, qtbot: QtBot
) -> None:
    field = window.entry.field
    QTest.keyClicks(field, "482766039176")
    field.setCursorPosition(4)
    QTest.keyClick(field, Qt.Key.Key_Backspace)
    QTest.keyClicks(field, "1")
    assert field.text() == GROUPED_CODE
    assert field.cursorPosition() == 4


@pytest.mark.parametrize("text", ["4821-6603-9176", f" {in_full_width(GOOD_CODE)}\n", GOOD_CODE])
def test_a_code_can_be_pasted(window: CodeWindow, qtbot: QtBot, text: str) -> None:
    QGuiApplication.clipboard().setText(text)
    window.entry.field.paste()
    assert window.entry.field.text() == GROUPED_CODE
    assert window.entry.confirm.isEnabled()


def test_a_wrong_digit_is_told_at_the_field_and_not_sent(
    window: CodeWindow, qtbot: QtBot, commands: RecordedCommands
) -> None:
    QTest.keyClicks(window.entry.field, WRONG_CHECK_DIGIT)
    assert window.entry.problem.text()
    assert not window.entry.confirm.isEnabled()
    QTest.keyClick(window.entry.field, Qt.Key.Key_Return)
    assert commands.calls == []


def test_enter_tries_it_once_also_when_it_is_held(
    window: CodeWindow, qtbot: QtBot, model: CodeViewModel, commands: RecordedCommands
) -> None:
    QTest.keyClicks(window.entry.field, GOOD_CODE)
    QTest.keyClick(window.entry.field, Qt.Key.Key_Return)
    model.handle(PairingEnded(PairingProblem.WRONG_SECRET))
    held = QKeyEvent(
        QKeyEvent.Type.KeyPress,
        Qt.Key.Key_Return,
        Qt.KeyboardModifier.NoModifier,
        "\r",
        autorep=True,
    )
    QGuiApplication.sendEvent(window.focusWidget(), held)
    assert commands.calls == [("enter_code", GOOD_CODE)]
    assert model.state.stage is CodeStage.FAILED


def test_a_second_enter_does_not_cancel_what_the_first_began(
    window: CodeWindow, qtbot: QtBot, model: CodeViewModel, commands: RecordedCommands
) -> None:
    QTest.keyClicks(window.entry.field, GOOD_CODE)
    QTest.keyClick(window.entry.field, Qt.Key.Key_Return)
    for key in (Qt.Key.Key_Return, Qt.Key.Key_Space):
        QTest.keyClick(window.focusWidget(), key)
    assert commands.calls == [("enter_code", GOOD_CODE)]
    assert model.state.stage is CodeStage.TRYING


def test_try_again_leads_back_to_the_code(
    window: CodeWindow, qtbot: QtBot, model: CodeViewModel, commands: RecordedCommands
) -> None:
    QTest.keyClicks(window.entry.field, GOOD_CODE)
    QTest.mouseClick(window.entry.confirm, Qt.MouseButton.LeftButton)
    model.handle(PairingEnded(PairingProblem.UNKNOWN))
    assert "Nobody has this code" in window.failed.title.text()
    QTest.keyClick(window.focusWidget(), Qt.Key.Key_Return)
    assert window.entry.field.isVisible()
    assert window.entry.field.text() == GROUPED_CODE
    QTest.mouseClick(window.entry.confirm, Qt.MouseButton.LeftButton)
    assert len(commands.calls) == 2


def test_escape_and_the_frames_button_cancel(
    window: CodeWindow, qtbot: QtBot, model: CodeViewModel, commands: RecordedCommands
) -> None:
    for gesture in (lambda: QTest.keyClick(window, Qt.Key.Key_Escape), window.close):
        model.open()
        model.change_text(GOOD_CODE)
        model.confirm()
        gesture()
        assert not window.isVisible()
        assert commands.calls[-1] == ("cancel_attempt",)


@pytest.mark.parametrize("problem", list(PairingProblem))
def test_no_failure_is_cut_off(
    window: CodeWindow, qtbot: QtBot, model: CodeViewModel, problem: PairingProblem
) -> None:
    model.change_text(GOOD_CODE)
    model.confirm()
    model.handle(PairingEnded(problem, 600))
    qtbot.waitUntil(window.failed.isVisible)
    for label in window.failed.findChildren(QLabel):
        assert label.height() >= label.heightForWidth(label.width()), label.text()
