"""The small widgets of both programs."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from common.qt.buttons import ButtonKind, primary_button
from common.qt.clipboard import ForgetfulClipboard
from common.qt.code_label import CodeLabel
from common.qt.copy_button import CopyButton, TextCopyButton
from common.qt.countdown_ring import CountdownRing
from common.qt.field import LabelledField
from common.qt.labels import ElidedLabel, label
from common.qt.status import MessageBanner, StatusLine
from common.qt.status_kind import StatusKind


def clipboard_text() -> str:
    return QGuiApplication.clipboard().text()


def test_a_label_shows_markup_as_it_is_written(qtbot: QtBot) -> None:
    shown = label("<b>not bold</b>")
    qtbot.addWidget(shown)
    assert shown.textFormat() is Qt.TextFormat.PlainText


def test_the_copy_button_copies_and_says_so_for_a_while(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("common.qt.copy_button.TICK_SECONDS", 0.02)
    button = CopyButton("Copy the URL")
    qtbot.addWidget(button)
    assert not button.isEnabled()
    button.set_text_to_copy("https://example.com")

    QTest.mouseClick(button, Qt.MouseButton.LeftButton)

    assert clipboard_text() == "https://example.com"
    assert button.accessibleName() == "Copied"
    qtbot.waitUntil(lambda: button.accessibleName() == "Copy the URL")


def test_the_copy_button_with_words_does_the_same(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("common.qt.copy_button.TICK_SECONDS", 0.02)
    copying = TextCopyButton("Copy Message")
    qtbot.addWidget(copying.button)
    copying.set_text_to_copy("a message")

    QTest.mouseClick(copying.button, Qt.MouseButton.LeftButton)

    assert clipboard_text() == "a message"
    assert copying.button.text() == "Copied"
    qtbot.waitUntil(lambda: copying.button.text() == "Copy Message")


def test_a_secret_is_taken_back_from_the_clipboard(qtbot: QtBot) -> None:
    clipboard = ForgetfulClipboard(forget_after_seconds=0.02)
    clipboard.copy("a secret")
    assert clipboard_text() == "a secret"
    qtbot.waitUntil(lambda: clipboard_text() == "")


def test_what_somebody_else_copied_stays_on_the_clipboard(qtbot: QtBot) -> None:
    clipboard = ForgetfulClipboard()
    clipboard.copy("a secret")
    QGuiApplication.clipboard().setText("something else")

    clipboard.forget()

    assert clipboard_text() == "something else"


def test_a_code_is_heard_digit_by_digit_and_none_is_shown_as_none(qtbot: QtBot) -> None:
    code = CodeLabel()
    qtbot.addWidget(code)

    code.show_code(("4821", "6603", "9176"), "4 8 2 1, 6 6 0 3, 9 1 7 6")
    assert code.text().split() == ["4821", "6603", "9176"]
    assert code.accessibleName() == "4 8 2 1, 6 6 0 3, 9 1 7 6"

    code.show_none(3, "No code")
    assert not any(character.isdigit() for character in code.text())
    assert code.accessibleName() == "No code"


def test_a_status_is_told_in_words_and_turns_only_while_it_is_seen(qtbot: QtBot) -> None:
    status = StatusLine()
    qtbot.addWidget(status)
    status.show_status(StatusKind.WORKING, "Waiting", "for somebody")
    assert status.accessibleName() == "Waiting. for somebody"
    turning = status.icon._turning
    assert not turning.isActive()

    status.show()
    assert turning.isActive()
    status.grab()

    status.show_status(StatusKind.OK, "Done")
    assert not turning.isActive()
    assert status.detail.isHidden()


def test_a_banner_without_words_is_not_there(qtbot: QtBot) -> None:
    banner = MessageBanner()
    qtbot.addWidget(banner)
    banner.show_message(StatusKind.ERROR, "Something is wrong")
    assert not banner.isHidden()
    banner.show_message(StatusKind.ERROR, "")
    assert banner.isHidden()


def test_a_problem_takes_the_place_of_the_explanation(qtbot: QtBot) -> None:
    field = LabelledField("Server", "Leave it empty")
    qtbot.addWidget(field)

    field.show_problem("Must begin with https://.")
    assert field._explanation.isHidden()
    assert field.edit.accessibleDescription() == "Must begin with https://."

    field.show_problem("")
    assert field._problem.isHidden()
    assert field.edit.accessibleDescription() == "Leave it empty"


def test_a_long_name_is_elided_and_told_whole(qtbot: QtBot) -> None:
    name = ElidedLabel()
    qtbot.addWidget(name)
    name.show_text("A very long name of a computer somewhere")
    name.resize(80, 20)
    name.show()
    assert name.text().endswith("\u2026")
    assert name.accessibleName() == "A very long name of a computer somewhere"
    name.resize(name.sizeHint())
    assert name.text() == "A very long name of a computer somewhere"


def test_a_name_that_looks_like_markup_is_shown_as_it_is_in_a_tool_tip(qtbot: QtBot) -> None:
    name = ElidedLabel()
    qtbot.addWidget(name)
    name.show_text("<img src=x>")
    assert "&lt;img" in name.toolTip()
    assert name.accessibleName() == "<img src=x>"


def test_the_ring_says_what_it_shows(qtbot: QtBot) -> None:
    ring = CountdownRing()
    qtbot.addWidget(ring)
    ring.show_remaining(30.0, 45.0, "0:30")
    assert ring.accessibleName() == "0:30"
    full = ring.grab().toImage()
    ring.show_remaining(1.0, 45.0, "0:30")
    assert ring.grab().toImage() != full


def test_enter_presses_a_button_and_the_ring_is_for_the_keyboard(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    column = QVBoxLayout(window)
    first, second = primary_button("First"), primary_button("Second", "start")
    column.addWidget(first)
    column.addWidget(second)
    pressed: list[str] = []
    second.clicked.connect(lambda: pressed.append("second"))
    with qtbot.waitActive(window):
        window.show()
    first.setFocus(Qt.FocusReason.OtherFocusReason)
    assert not first.property("showsFocus")

    QTest.keyClick(first, Qt.Key.Key_Tab)
    assert second.hasFocus()
    assert second.property("showsFocus")

    QTest.keyClick(second, Qt.Key.Key_Return)
    assert pressed == ["second"]


def test_a_buttons_kind_can_change(qtbot: QtBot) -> None:
    button = primary_button("Request New", "refresh")
    qtbot.addWidget(button)
    button.set_kind(ButtonKind.SECONDARY)
    assert button.property("kind") == "secondary"
