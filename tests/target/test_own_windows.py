"""The picture of the own windows that the guard is given, from real (off-screen) windows."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QMenu, QWidget
from pytestqt.qtbot import QtBot

from target_app.injection.own_window_shapes import OwnWindows, Rectangle
from target_app.own_windows import OwnWindowWatch


@pytest.fixture
def watch(qapp: QApplication, qtbot: QtBot) -> Iterator[OwnWindowWatch]:
    # A window of the test before this one goes in its own time.
    qtbot.waitUntil(lambda: QGuiApplication.focusWindow() is None)
    made = OwnWindowWatch(qapp)
    yield made
    qapp.removeEventFilter(made)
    qapp.focusWindowChanged.disconnect(made._refresh)


def shown(qtbot: QtBot, left: int, top: int) -> QWidget:
    widget = QWidget()
    qtbot.addWidget(widget)
    widget.setGeometry(left, top, 120, 80)
    widget.show()
    qtbot.waitExposed(widget)
    return widget


def test_without_windows_there_is_an_id_and_nothing_to_keep_clear_of(
    watch: OwnWindowWatch,
) -> None:
    latest = watch.latest()

    assert latest.frames == ()
    assert len(latest.identifiers) == 1
    assert (latest.is_active, latest.has_popup) == (False, False)


def test_a_shown_window_is_there_with_its_frame_and_gone_when_hidden(
    watch: OwnWindowWatch, qtbot: QtBot
) -> None:
    widget = shown(qtbot, 100, 50)

    qtbot.waitUntil(lambda: len(watch.latest().frames) == 1)
    assert int(widget.winId()) in watch.latest().identifiers
    frame = watch.latest().frames[0]
    assert frame.contains(100, 50)
    assert frame.contains(219, 129)

    widget.hide()
    qtbot.waitUntil(lambda: watch.latest().frames == ())


def test_a_window_that_moves_takes_its_frame_along(watch: OwnWindowWatch, qtbot: QtBot) -> None:
    widget = shown(qtbot, 100, 50)

    widget.move(300, 200)

    qtbot.waitUntil(lambda: any(f.contains(310, 210) for f in watch.latest().frames))
    assert not any(frame.contains(110, 60) for frame in watch.latest().frames)


def test_a_minimised_window_covers_nothing(watch: OwnWindowWatch, qtbot: QtBot) -> None:
    widget = shown(qtbot, 100, 50)

    widget.showMinimized()

    qtbot.waitUntil(lambda: watch.latest().frames == ())


@pytest.mark.qt_log_ignore("This plugin does not support")
def test_the_focus_and_an_open_menu_are_told(watch: OwnWindowWatch, qtbot: QtBot) -> None:
    widget = shown(qtbot, 100, 50)
    widget.activateWindow()
    qtbot.waitUntil(lambda: watch.latest().is_active)
    menu = QMenu(widget)
    menu.addAction("entry")

    menu.popup(QPoint(150, 60))
    qtbot.waitUntil(lambda: watch.latest().has_popup)

    menu.close()
    qtbot.waitUntil(lambda: not watch.latest().has_popup)


def test_what_was_handed_out_is_never_changed(watch: OwnWindowWatch, qtbot: QtBot) -> None:
    before = watch.latest()
    copy = OwnWindows(before.identifiers, before.frames, before.is_active, before.has_popup)

    widget = shown(qtbot, 100, 50)
    qtbot.waitUntil(lambda: watch.latest() != before)

    assert widget.isVisible()
    assert before == copy


def test_a_rectangle_has_its_left_and_top_and_not_its_right_and_bottom() -> None:
    rectangle = Rectangle(10, 20, 30, 40)

    assert rectangle.contains(10, 20)
    assert rectangle.contains(29, 39)
    assert not rectangle.contains(30, 39)
    assert not rectangle.contains(29, 40)
    assert not rectangle.contains(9, 20)
