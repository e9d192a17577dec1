"""The acceptance window off screen: what reaches Accept, and what does not."""

import time
from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from target_app.acceptance_view_model import AcceptanceViewModel
from target_app.acceptance_window import AcceptanceWindow
from tests.target.recorded_commands import RecordedCommands
from tests.target.sample_events import asked, started

# Off screen nothing can be brought to the front; the tests on a display see to that.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


@pytest.fixture
def commands() -> RecordedCommands:
    return RecordedCommands()


@pytest.fixture
def window(qtbot: QtBot, commands: RecordedCommands) -> Iterator[AcceptanceWindow]:
    model = AcceptanceViewModel(commands, time.monotonic)
    made = AcceptanceWindow(model)
    qtbot.addWidget(made)
    yield made
    model.handle(started())  # closes it and stops its timer


def ask(window: AcceptanceWindow, qtbot: QtBot, seconds: float = 45.0) -> None:
    window._view_model.handle(asked(time.monotonic() + seconds))
    qtbot.waitExposed(window)


def armed(window: AcceptanceWindow, qtbot: QtBot) -> None:
    ask(window, qtbot)
    qtbot.waitUntil(window.accept_button.isEnabled, timeout=3000)


def test_it_comes_to_the_front_and_stays_there(window: AcceptanceWindow, qtbot: QtBot) -> None:
    ask(window, qtbot)
    assert window.isVisible()
    assert window.windowFlags() & Qt.WindowType.WindowStaysOnTopHint


def test_a_click_before_the_guard_is_over_answers_nothing(
    window: AcceptanceWindow, qtbot: QtBot, commands: RecordedCommands
) -> None:
    ask(window, qtbot)
    assert not window.accept_button.isEnabled()
    QTest.mouseDClick(window.accept_button, Qt.MouseButton.LeftButton)
    window.close()
    QTest.keyClick(window, Qt.Key.Key_Escape)
    assert commands.calls == []
    assert window.isVisible()


def test_accept_accepts(window: AcceptanceWindow, qtbot: QtBot, commands: RecordedCommands) -> None:
    armed(window, qtbot)
    QTest.mouseClick(window.accept_button, Qt.MouseButton.LeftButton)
    assert commands.calls == [("answer", True)]
    assert not window.isVisible()


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space])
def test_a_stray_key_answers_nothing(
    window: AcceptanceWindow, qtbot: QtBot, commands: RecordedCommands, key: Qt.Key
) -> None:
    armed(window, qtbot)
    focused = window.focusWidget()
    QTest.keyClick(focused, key)
    assert commands.calls == []


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter])
def test_enter_does_not_accept_even_with_the_focus_on_accept(
    window: AcceptanceWindow, qtbot: QtBot, commands: RecordedCommands, key: Qt.Key
) -> None:
    armed(window, qtbot)
    window.accept_button.setFocus()
    QTest.keyClick(window.accept_button, key)
    assert commands.calls == []


def test_the_keyboard_can_accept_by_space_on_the_button(
    window: AcceptanceWindow, qtbot: QtBot, commands: RecordedCommands
) -> None:
    armed(window, qtbot)
    window.accept_button.setFocus()
    QTest.keyClick(window.accept_button, Qt.Key.Key_Space)
    assert commands.calls == [("answer", True)]


def test_escape_and_the_frames_button_refuse(
    window: AcceptanceWindow, qtbot: QtBot, commands: RecordedCommands
) -> None:
    for gesture in (lambda: QTest.keyClick(window, Qt.Key.Key_Escape), window.close):
        armed(window, qtbot)
        gesture()
        assert not window.isVisible()
    assert commands.calls == [("answer", False), ("answer", False)]


def test_markup_in_a_name_is_shown_as_it_is(window: AcceptanceWindow, qtbot: QtBot) -> None:
    name = "<h1>Bank</h1><img src=x>"
    window._view_model.handle(asked(time.monotonic() + 45, technician=name))
    labels = [label for label in window.findChildren(QLabel) if label.text() == name]
    assert len(labels) == 1
    assert labels[0].textFormat() == Qt.TextFormat.PlainText


def test_no_text_is_cut_off(window: AcceptanceWindow, qtbot: QtBot) -> None:
    window._view_model.handle(asked(time.monotonic() + 45, technician="Wolfeschlegel " * 4))
    qtbot.waitExposed(window)
    for label in window.findChildren(QLabel):
        if label.isVisible() and label.wordWrap():
            assert label.height() >= label.heightForWidth(label.width()), label.text()
