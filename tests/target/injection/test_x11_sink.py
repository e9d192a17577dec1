"""Pointer and places on a real X server, and that nothing the sink pressed stays down."""

import contextlib
import random
from collections.abc import Callable
from functools import partial

import pytest
from Xlib import X

from common.protocol.physical_keys import usage_of
from common.protocol.session_messages import PointerButton
from target_app.injection.contract import HoldKind, InjectionProblem, InjectionUnavailable
from target_app.injection.x11_connection import X11Connection
from target_app.injection.x11_sink import X11Sink, release_left_behind
from tests.support.displays import VirtualDisplay
from tests.support.waiting import wait_until
from tests.target.injection.stage import (
    ANSWER_SECONDS,
    ReadBackTerminal,
    Recorder,
    buttons_down,
    counting_window,
    free_keycodes,
    keys_down,
    keys_down_on,
    set_layout,
)

SHIFT = usage_of("ShiftLeft")
CONTROL = usage_of("ControlLeft")
ALT_RIGHT = usage_of("AltRight")
REAL_CUTS = 400


def test_a_shortcut_by_place_is_a_control_code(terminal: ReadBackTerminal, sink: X11Sink) -> None:
    sink.press_key(CONTROL, "")
    sink.press_key(usage_of("KeyC"), "")
    sink.release_key(usage_of("KeyC"), "")
    sink.release_key(CONTROL, "")

    terminal.expect("\x03")


def test_special_keys_go_by_place(terminal: ReadBackTerminal, sink: X11Sink) -> None:
    for name in ("Enter", "Tab", "Escape", "ArrowUp", "NumpadEnter"):
        sink.press_key(usage_of(name), "")
        sink.release_key(usage_of(name), "")

    terminal.expect("\r\t\x1b\x1b[A\r")


def test_keys_that_overlap_come_in_their_order(terminal: ReadBackTerminal, sink: X11Sink) -> None:
    sink.press_key(usage_of("KeyA"), "a")
    sink.press_key(usage_of("KeyB"), "B")
    sink.release_key(usage_of("KeyA"), "a")
    sink.press_key(usage_of("KeyC"), "c")
    sink.release_key(usage_of("KeyB"), "B")
    sink.release_key(usage_of("KeyC"), "c")

    terminal.expect("aBc")
    assert not sink.is_holding


def test_the_wheel_clicks_at_whole_notches_both_ways(stage: VirtualDisplay, sink: X11Sink) -> None:
    with counting_window(stage.name, 850, 650) as window:
        for horizontal, vertical in (
            *((0, 60), (0, 60), (0, -119), (0, -1), (240, 0), (-120, 0)),
            *((30, 30), (0, -30), (0, -90)),
        ):
            sink.turn_wheel(horizontal, vertical)

        presses = wait_until(lambda: window.presses(), ANSWER_SECONDS, "the wheel")

    assert presses == [4, 5, 7, 7, 6, 5]


def test_the_five_buttons_are_those_that_programs_know(
    stage: VirtualDisplay, sink: X11Sink
) -> None:
    with counting_window(stage.name, 850, 650) as window:
        for button in PointerButton:
            sink.press_button(button)
            sink.release_button(button)

        assert window.presses() == [1, 2, 3, 8, 9]
        released = [arrived.detail for arrived in window.events(X.ButtonRelease)]

    assert released == [1, 2, 3, 8, 9]


def test_a_drag_moves_with_the_button_down_to_the_last_pixel(
    stage: VirtualDisplay, sink: X11Sink
) -> None:
    with counting_window(stage.name, 850, 650) as window:
        sink.move_pointer(860, 660)
        sink.press_button(PointerButton.LEFT)
        for step in range(1, 20):
            sink.move_pointer(860 + step, 660 + 2 * step)
        sink.release_button(PointerButton.LEFT)
        kinds = (X.ButtonPress, X.MotionNotify, X.ButtonRelease)
        events = [
            (arrived.type, arrived.root_x, arrived.root_y, arrived.state & X.Button1Mask != 0)
            for arrived in window.events(*kinds)
        ]

    start = events.index((X.ButtonPress, 860, 660, False))
    assert events[start + 1 :] == [
        *((X.MotionNotify, 860 + step, 660 + 2 * step, True) for step in range(1, 20)),
        (X.ButtonRelease, 879, 698, True),
    ]


def test_buttons_mean_what_they_mean_to_a_left_handed_user(
    stage: VirtualDisplay, sink: X11Sink
) -> None:
    connection = X11Connection(stage.name)
    usual = list(connection.display.get_pointer_mapping())
    connection.display.set_pointer_mapping([3, 2, 1, *usual[3:]])
    try:
        with counting_window(stage.name, 850, 650) as window:
            sink.press_button(PointerButton.LEFT)
            sink.release_button(PointerButton.LEFT)
            assert window.presses() == [1]
    finally:
        connection.display.set_pointer_mapping(usual)
        connection.close()


def is_pointer_at(connection: X11Connection, place: tuple[int, int]) -> bool:
    pointer = connection.root.query_pointer()
    return (pointer.root_x, pointer.root_y) == place


def test_the_corners_of_the_screen_are_reached(stage: VirtualDisplay, sink: X11Sink) -> None:
    connection = X11Connection(stage.name)
    try:
        for place in ((0, 0), (1279, 0), (1279, 799), (0, 799)):
            sink.move_pointer(*place)
            # Two connections: the server takes their requests in an order of its own.
            wait_until(partial(is_pointer_at, connection, place), ANSWER_SECONDS, f"{place}")
    finally:
        connection.close()


def press_some(sink: X11Sink) -> None:
    sink.press_key(SHIFT, "")
    sink.press_key(usage_of("Digit7"), "/")  # Shift is lifted for it
    sink.press_key(usage_of("KeyX"), "漢")
    sink.press_button(PointerButton.LEFT)
    sink.press_button(PointerButton.FORWARD)


def test_letting_go_of_all_leaves_nothing_down(
    stage: VirtualDisplay, sink: X11Sink, recorder: Recorder
) -> None:
    press_some(sink)
    was_holding = sink.is_holding

    sink.release_all()

    assert (was_holding, sink.is_holding) == (True, False)
    assert keys_down_on(stage) == set()
    assert {kind for kind, _ in recorder.held} <= {HoldKind.BORROWED_KEYCODE}


def test_random_gestures_that_are_cut_leave_nothing_down(
    sink: X11Sink, connection: X11Connection, recorder: Recorder
) -> None:
    source = random.Random("cuts")
    places = [SHIFT, CONTROL, ALT_RIGHT, usage_of("KeyA"), usage_of("Numpad7"), usage_of("F5"), 0]
    cuts_while_down = 0
    for _ in range(REAL_CUTS):
        for _ in range(source.randrange(1, 10)):
            key = (source.choice(places), source.choice(("", "", "a", "A", "7", "@", "ä", "漢")))
            button = source.choice((PointerButton.BACK, PointerButton.FORWARD))
            source.choice((sink.press_key, sink.press_key, sink.release_key))(*key)
            source.choice((sink.press_button, sink.release_button))(button)
        down = keys_down(connection.display)
        cuts_while_down += bool(down)
        assert down <= {code for kind, code in recorder.held if kind is HoldKind.KEY}
        sink.release_all()
        assert keys_down(connection.display) == set()
        state = connection.keyboard_state()
        assert (state.base, state.latched, state.locked) == (0, 0, 0)
    assert cuts_while_down > REAL_CUTS / 2


def test_all_that_is_down_is_on_record_before_it_is_down(
    sink: X11Sink, connection: X11Connection, recorder: Recorder
) -> None:
    press_some(sink)

    on_record = {code for kind, code in recorder.held if kind is HoldKind.KEY}
    assert keys_down(connection.display) <= on_record
    assert {code for kind, code in recorder.held if kind is HoldKind.BUTTON} == {1, 9}


def test_what_a_dead_sink_left_is_let_go_by_its_record(stage: VirtualDisplay) -> None:
    set_layout(stage, "us")
    free = free_keycodes(stage)
    recorder = Recorder()
    connection = X11Connection(stage.name)
    sink = X11Sink(connection, recorder)
    press_some(sink)
    connection.close()  # as if it had been killed
    assert keys_down_on(stage) != set()

    release_left_behind(stage.name, [(kind.value, code) for kind, code in recorder.held])

    check = X11Connection(stage.name)
    try:
        assert keys_down(check.display) == set()
        assert buttons_down(check.display) == 0
        assert check.keymap().free_keycodes() == free
    finally:
        check.close()


def test_no_display_is_a_problem_with_a_name() -> None:
    with pytest.raises(InjectionUnavailable) as unavailable:
        X11Connection("no display")

    assert unavailable.value.problem is InjectionProblem.NO_DISPLAY


@pytest.mark.parametrize(
    "gesture",
    [
        lambda sink: sink.move_pointer(1, 1),
        lambda sink: sink.press_key(usage_of("KeyA"), ""),
        lambda sink: sink.press_key(0, "a"),
        lambda sink: sink.press_button(PointerButton.LEFT),
        lambda sink: sink.turn_wheel(0, 120),
        lambda sink: sink.release_all(),
    ],
    ids=["move", "place", "character", "button", "wheel", "release"],
)
def test_a_display_that_goes_away_is_a_problem_with_a_name(
    gesture: Callable[[X11Sink], None],
) -> None:
    with VirtualDisplay() as display:
        sink = X11Sink(X11Connection(display.name), Recorder())

    with pytest.raises(InjectionUnavailable) as unavailable:
        use_until_it_fails(sink, gesture)
    assert unavailable.value.problem is InjectionProblem.NO_DISPLAY
    with contextlib.suppress(InjectionUnavailable):
        sink.close()


def use_until_it_fails(sink: X11Sink, gesture: Callable[[X11Sink], None]) -> None:
    """The loss is noticed when something was sent and nothing answers."""
    for _ in range(20):
        gesture(sink)


def test_another_program_that_grabs_the_server_does_not_hold_up_a_release(
    stage: VirtualDisplay, sink: X11Sink
) -> None:
    sink.press_key(SHIFT, "")
    grabber = X11Connection(stage.name)
    grabber.display.grab_server()
    grabber.display.sync()
    try:
        sink.release_all()
        assert keys_down(grabber.display) == set()
    finally:
        grabber.display.ungrab_server()
        grabber.close()
