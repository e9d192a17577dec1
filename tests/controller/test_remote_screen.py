"""The widget that shows the target's screen, off screen: pixels, places, keys."""

import threading
from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QInputMethodEvent, QKeyEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QHBoxLayout, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from common.protocol.physical_keys import usage_of
from common.protocol.policies import SessionMode
from common.protocol.session_events import ScreenReceived
from common.protocol.session_messages import (
    AllReleased,
    ButtonPressed,
    ButtonReleased,
    CursorHidden,
    CursorMoved,
    CursorShape,
    KeyPressed,
    KeyReleased,
    PointerButton,
    PointerMoved,
    TextTyped,
    WheelTurned,
)
from common.screen.rectangle import Rectangle
from controller_app.key_mapping import HotKey
from controller_app.picture_patches import PicturePatches
from controller_app.remote_screen import RemoteScreen
from controller_app.session_view_model import SessionPhase, SessionViewModel
from tests.controller.recorded_commands import RecordedCommands
from tests.controller.session_samples import show, started

pytestmark = pytest.mark.qt_log_ignore(
    "This plugin does not support", extend=True
)  # the plugin for off screen: no grabbing, no size hints

WIDTH, HEIGHT = 200, 100
X_KEYCODE_OF_A = 38


class Stage:
    """A window with the widget, as large as the target's screen, and a button beside it."""

    def __init__(self, qtbot: QtBot, mode: SessionMode = SessionMode.ACTIVE) -> None:
        self.commands = RecordedCommands()
        self.view_model = SessionViewModel(self.commands)
        self.view_model.handle(started(mode))
        self.patches = PicturePatches()
        self.screen = RemoteScreen(self.view_model, self.patches)
        self.window = QWidget()
        row = QHBoxLayout(self.window)
        row.setContentsMargins(0, 0, 0, 0)
        self.button = QPushButton("beside")
        self.button.setFixedWidth(50)
        row.addWidget(self.screen)
        row.addWidget(self.button)
        qtbot.addWidget(self.window)
        self.screen.setFixedSize(WIDTH, HEIGHT)
        with qtbot.waitActive(self.window):
            self.window.show()
        self.picture = np.zeros((HEIGHT, WIDTH, 4), np.uint8)
        self.patches.begin_layout(WIDTH, HEIGHT)
        self.show_colour(Rectangle(0, 0, WIDTH, HEIGHT), (0, 0, 255))
        qtbot.waitUntil(lambda: self.view_model.state.phase is not SessionPhase.WAITING_FOR_PICTURE)
        self.screen.setFocus()

    def show_colour(self, place: Rectangle, bgr: tuple[int, int, int]) -> None:
        """Publish a rectangle of one colour as the decode thread does."""
        self.picture[place.top : place.bottom, place.left : place.right] = (*bgr, 255)
        thread = threading.Thread(target=show, args=(self.patches, self.picture, place))
        thread.start()
        thread.join()

    def colour_at(self, x: int, y: int) -> str:
        return QColor(self.screen.viewport().grab().toImage().pixel(x, y)).name()


@pytest.fixture
def stage(qtbot: QtBot) -> Iterator[Stage]:
    made = Stage(qtbot)
    yield made
    made.screen.clearFocus()


def grabs_keyboard(widget: QWidget) -> bool:
    return QWidget.keyboardGrabber() is widget


def key(event_type: QEvent.Type, qt_key: Qt.Key, scan_code: int, text: str = "") -> QKeyEvent:
    return QKeyEvent(event_type, qt_key, Qt.KeyboardModifier.NoModifier, scan_code, 0, 0, text)


def test_what_the_slot_brings_is_painted(stage: Stage, qtbot: QtBot) -> None:
    assert stage.colour_at(10, 10) == "#ff0000"

    stage.show_colour(Rectangle(50, 20, 30, 30), (255, 0, 0))

    qtbot.waitUntil(lambda: stage.colour_at(60, 30) == "#0000ff")
    assert stage.colour_at(49, 30) == "#ff0000"
    assert stage.colour_at(80, 30) == "#ff0000"


def test_a_change_repaints_no_more_than_itself(
    stage: Stage, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    painted: list[object] = []
    viewport = stage.screen.viewport()
    monkeypatch.setattr(
        viewport, "repaint", lambda region: painted.append(region.boundingRect().getRect())
    )
    stage.show_colour(Rectangle(50, 20, 30, 30), (255, 0, 0))
    qtbot.waitUntil(lambda: bool(painted))
    assert painted == [(50, 20, 30, 30)]


def test_a_picture_of_before_the_window_is_shown(qtbot: QtBot) -> None:
    commands = RecordedCommands()
    view_model = SessionViewModel(commands)
    view_model.handle(started())
    patches = PicturePatches()
    patches.begin_layout(4, 4)
    white = np.full((4, 4, 4), 255, np.uint8)
    show(patches, white, Rectangle(0, 0, 4, 4))

    screen = RemoteScreen(view_model, patches)
    qtbot.addWidget(screen)

    qtbot.waitUntil(lambda: view_model.state.phase is SessionPhase.SHOWING)


def test_the_picture_is_forgotten_with_the_session(stage: Stage) -> None:
    stage.screen.forget_picture()
    assert stage.colour_at(10, 10) == "#101215"


def test_pointer_and_buttons_have_their_places(stage: Stage) -> None:
    viewport = stage.screen.viewport()
    QTest.mouseMove(viewport, QPoint(20, 30))
    QTest.mousePress(
        viewport, Qt.MouseButton.RightButton, Qt.KeyboardModifier.NoModifier, QPoint(21, 31)
    )
    QTest.mouseRelease(
        viewport, Qt.MouseButton.RightButton, Qt.KeyboardModifier.NoModifier, QPoint(22, 32)
    )
    inputs = [message for message in stage.commands.inputs if message != PointerMoved(21, 31)]
    assert ButtonPressed(PointerButton.RIGHT, 21, 31) in inputs
    assert ButtonReleased(PointerButton.RIGHT, 22, 32) in inputs


def test_a_double_click_is_two_clicks(stage: Stage) -> None:
    viewport, button = stage.screen.viewport(), Qt.MouseButton.LeftButton
    nothing, place = Qt.KeyboardModifier.NoModifier, QPoint(5, 5)
    QTest.mouseClick(viewport, button, nothing, place)
    QTest.mouseDClick(viewport, button, nothing, place)
    QTest.mouseRelease(viewport, button, nothing, place)
    presses = [m for m in stage.commands.inputs if isinstance(m, ButtonPressed)]
    releases = [m for m in stage.commands.inputs if isinstance(m, ButtonReleased)]
    assert (len(presses), len(releases)) == (2, 2)


def test_a_scaled_picture_maps_places_back(stage: Stage) -> None:
    stage.screen.setFixedSize(2 * WIDTH, 2 * HEIGHT)
    QApplication.processEvents()
    QTest.mouseClick(
        stage.screen.viewport(),
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
        QPoint(201, 101),
    )
    assert ButtonPressed(PointerButton.LEFT, 100, 50) in stage.commands.inputs


def test_the_wheel_turns_right_and_away(stage: Stage) -> None:
    place = QPointF(10, 10)
    event = QWheelEvent(
        place,
        place,
        QPoint(),
        QPoint(-120, 240),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(stage.screen.viewport(), event)
    assert stage.commands.inputs[-1] == WheelTurned(120, 240)


def test_keys_go_to_the_target_by_place_and_character(stage: Stage) -> None:
    QApplication.sendEvent(
        stage.screen, key(QEvent.Type.KeyPress, Qt.Key.Key_A, X_KEYCODE_OF_A, "a")
    )
    QApplication.sendEvent(stage.screen, key(QEvent.Type.KeyRelease, Qt.Key.Key_A, X_KEYCODE_OF_A))
    usage = usage_of("KeyA")
    assert stage.commands.inputs[-2:] == [KeyPressed(usage, "a"), KeyReleased(usage, "a")]


def test_tab_goes_to_the_target_and_not_to_the_next_widget(stage: Stage) -> None:
    QTest.keyClick(stage.screen, Qt.Key.Key_Tab)
    assert stage.screen.hasFocus()


def test_text_of_an_input_method_goes_to_the_target(stage: Stage) -> None:
    event = QInputMethodEvent()
    event.setCommitString("\u4f60\u597d")
    QApplication.sendEvent(stage.screen, event)
    assert stage.commands.inputs[-1] == TextTyped("\u4f60\u597d")


def test_with_the_focus_everything_pressed_is_let_go(stage: Stage) -> None:
    assert grabs_keyboard(stage.screen)

    stage.button.setFocus()

    assert stage.commands.inputs[-1] == AllReleased()
    assert not stage.view_model.state.has_keyboard
    assert not grabs_keyboard(stage.screen)


def test_a_click_takes_the_keyboard_again(stage: Stage) -> None:
    stage.button.setFocus()
    QTest.mouseClick(
        stage.screen.viewport(),
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
        QPoint(5, 5),
    )
    assert stage.view_model.state.has_keyboard


@pytest.mark.parametrize(
    ("letter", "hot_key"),
    [
        (Qt.Key.Key_K, HotKey.GIVE_KEYBOARD_BACK),
        (Qt.Key.Key_F, HotKey.FULL_SCREEN),
        (Qt.Key.Key_D, HotKey.DISCONNECT),
    ],
)
def test_the_controllers_own_keys_stay_here(stage: Stage, letter: Qt.Key, hot_key: HotKey) -> None:
    pressed: list[object] = []
    stage.screen.hot_key_pressed.connect(pressed.append)
    before = list(stage.commands.inputs)
    modifiers = (
        Qt.KeyboardModifier.ControlModifier
        | Qt.KeyboardModifier.AltModifier
        | Qt.KeyboardModifier.ShiftModifier
    )
    QTest.keyPress(stage.screen, letter, modifiers)
    assert pressed == [hot_key]
    assert stage.commands.inputs == before


def test_without_input_in_the_mode_nothing_is_grabbed_or_sent(qtbot: QtBot) -> None:
    stage = Stage(qtbot, SessionMode.MONITOR)
    QTest.mouseClick(
        stage.screen.viewport(),
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
        QPoint(5, 5),
    )
    QTest.keyClick(stage.screen, Qt.Key.Key_A)
    assert stage.commands.inputs == []
    assert not grabs_keyboard(stage.screen)


def test_the_cursor_is_the_targets_shape(stage: Stage) -> None:
    shape = CursorShape(8, 8, 3, 4, bytes([255, 0, 0, 255]) * 64)
    stage.view_model.handle(ScreenReceived(shape))
    cursor = stage.screen.viewport().cursor()
    assert (cursor.hotSpot().x(), cursor.hotSpot().y()) == (3, 4)
    assert cursor.pixmap().width() == 8

    stage.view_model.handle(ScreenReceived(CursorHidden()))
    assert not stage.screen.viewport().cursor().pixmap().isNull()


def test_the_pointer_of_the_targets_user_is_drawn_until_ours_moves(
    stage: Stage, qtbot: QtBot
) -> None:
    shape = CursorShape(8, 8, 0, 0, bytes([0, 255, 0, 255]) * 64)
    stage.view_model.handle(ScreenReceived(shape))
    stage.view_model.handle(ScreenReceived(CursorMoved(100, 50)))
    assert stage.colour_at(103, 53) == "#00ff00"

    QTest.mouseMove(stage.screen.viewport(), QPoint(10, 10))
    qtbot.waitUntil(lambda: stage.colour_at(103, 53) == "#ff0000")


def test_an_exact_picture_that_is_larger_can_be_scrolled(stage: Stage) -> None:
    stage.show_colour(Rectangle(150, 80, 50, 20), (0, 255, 0))
    stage.screen.setFixedSize(100, 60)
    stage.screen.show_exactly(True)
    QApplication.processEvents()
    across, down = stage.screen.horizontalScrollBar(), stage.screen.verticalScrollBar()
    assert across.maximum() > 0
    assert down.maximum() > 0

    across.setValue(across.maximum())
    down.setValue(down.maximum())
    visible = stage.screen.viewport().size()
    assert stage.colour_at(visible.width() - 1, visible.height() - 1) == "#00ff00"

    stage.screen.show_exactly(False)
    assert across.maximum() == down.maximum() == 0


def test_without_scroll_bars_the_pointer_scrolls(stage: Stage) -> None:
    stage.screen.setFixedSize(100, 60)
    stage.screen.show_exactly(True)
    stage.screen.follow_pointer(True)
    QApplication.processEvents()
    QTest.mouseMove(stage.screen.viewport(), QPoint(99, 59))
    QTest.mouseClick(
        stage.screen.viewport(),
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
        QPoint(99, 59),
    )
    assert ButtonPressed(PointerButton.LEFT, WIDTH - 1, HEIGHT - 1) in stage.commands.inputs
