"""Pointer and keys on a real X server: what programs get of what the sink was told."""

import contextlib
import random
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from Xlib import X

from common.protocol.physical_keys import usage_of
from common.protocol.session_messages import PointerButton
from target_app.injection.contract import HoldKind, InjectionProblem, InjectionUnavailable
from target_app.injection.x11_connection import X11Connection
from target_app.injection.x11_keymap import KeyboardState
from target_app.injection.x11_sink import X11Sink, release_left_behind
from tests.support.displays import VirtualDisplay
from tests.support.waiting import wait_until
from tests.target.injection_stage import (
    ANSWER_SECONDS,
    ReadBackTerminal,
    Recorder,
    buttons_down,
    counting_window,
    keys_down,
)

SENTENCE = "Hello @{}[]|\\~€ äöüßÄÖÜ ñ ^` éèàçù <1/2> \"x\" 'y' #+*-_.,;:?! я Ж"
FAR = "漢 😀 привет"
SHIFT = usage_of("ShiftLeft")
CONTROL = usage_of("ControlLeft")
ALT_RIGHT = usage_of("AltRight")
REAL_CUTS = 400


@pytest.fixture(scope="module")
def stage() -> Iterator[VirtualDisplay]:
    """A display without a window manager: openbox takes seconds over each change of layout."""
    with VirtualDisplay() as display:
        yield display


@pytest.fixture(scope="module")
def terminal(stage: VirtualDisplay, tmp_path_factory: pytest.TempPathFactory) -> ReadBackTerminal:
    return ReadBackTerminal(stage, tmp_path_factory.mktemp("typed") / "typed")


@pytest.fixture(scope="module")
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture(scope="module")
def connection(stage: VirtualDisplay, terminal: ReadBackTerminal) -> X11Connection:
    """The sink's own connection, which sees what the sink did; the sink closes it."""
    return X11Connection(stage.name)


@pytest.fixture(scope="module")
def only_sink(connection: X11Connection, recorder: Recorder) -> Iterator[X11Sink]:
    made = X11Sink(connection, recorder)
    yield made
    made.close()
    assert recorder.held == set()


@pytest.fixture
def sink(
    stage: VirtualDisplay, terminal: ReadBackTerminal, recorder: Recorder, only_sink: X11Sink
) -> Iterator[X11Sink]:
    """The sink on a US keyboard, with the terminal in front; it leaves nothing down."""
    set_layout(stage, "us")
    only_sink.move_pointer(900, 700)
    terminal.clear()
    yield only_sink
    only_sink.release_all()
    assert {kind for kind, _ in recorder.held} <= {HoldKind.BORROWED_KEYCODE}
    assert keys_down_on(stage) == set()


def set_layout(stage: VirtualDisplay, *arguments: str) -> None:
    stage.run(["setxkbmap", "-option", "", *arguments])


def type_keys(sink: X11Sink, text: str) -> None:
    """Type as the controller does: a key for each character, its place unknown."""
    for character in text:
        sink.press_key(0, character)
        sink.release_key(0, character)


@pytest.mark.parametrize("layout", ["us", "de", "fr", "ru", "us,ru"])
def test_a_sentence_arrives_whatever_the_targets_layout(
    stage: VirtualDisplay, terminal: ReadBackTerminal, sink: X11Sink, layout: str
) -> None:
    set_layout(stage, layout)

    type_keys(sink, SENTENCE)
    terminal.expect(SENTENCE)
    terminal.clear()
    sink.type_text(FAR)

    terminal.expect(FAR)


@pytest.mark.parametrize("is_caps_locked", [False, True])
def test_a_sentence_arrives_in_a_qt_program_too(
    tmp_path: Path, recorder: Recorder, is_caps_locked: bool
) -> None:
    output = tmp_path / "line"
    with VirtualDisplay() as display:
        display.start([sys.executable, "-m", "tests.target.typed_into_qt"], output=output)
        display.xdotool("windowfocus", "--sync", display.wait_for_window("^line$"))
        sink = X11Sink(X11Connection(display.name), recorder)
        if is_caps_locked:
            toggle(sink, "CapsLock")

        type_keys(sink, SENTENCE + FAR)
        sink.type_text(FAR)

        expected = ascii(SENTENCE + FAR + FAR)
        try:
            wait_until(
                lambda: output.read_text().splitlines()[-1:] == [expected], ANSWER_SECONDS, "it"
            )
        except AssertionError:
            pytest.fail(f"typed {output.read_text().splitlines()[-1:]} instead of {expected}")
        sink.close()


def test_a_sentence_arrives_in_the_second_of_two_layouts(
    stage: VirtualDisplay, terminal: ReadBackTerminal, sink: X11Sink
) -> None:
    set_layout(stage, "-layout", "us,ru", "-option", "grp:menu_toggle")
    menu = usage_of("ContextMenu")
    sink.press_key(menu, "")
    sink.release_key(menu, "")
    sink.press_key(usage_of("KeyQ"), "")
    sink.release_key(usage_of("KeyQ"), "")
    terminal.expect("й")

    type_keys(sink, SENTENCE)

    terminal.expect("й" + SENTENCE)


@pytest.mark.parametrize("lock", ["CapsLock", "NumLock"])
@pytest.mark.parametrize("layout", ["us", "de", "ru"])
def test_locks_do_not_change_what_is_typed(
    stage: VirtualDisplay, terminal: ReadBackTerminal, sink: X11Sink, layout: str, lock: str
) -> None:
    set_layout(stage, layout)
    toggle(sink, lock)

    type_keys(sink, SENTENCE)

    terminal.expect(SENTENCE)
    state = sink_state(stage)
    assert state.locked != 0
    toggle(sink, lock)


def toggle(sink: X11Sink, lock: str) -> None:
    sink.press_key(usage_of(lock), "")
    sink.release_key(usage_of(lock), "")


def sink_state(stage: VirtualDisplay) -> KeyboardState:
    connection = X11Connection(stage.name)
    try:
        return connection.keyboard_state()
    finally:
        connection.close()


@pytest.mark.parametrize("held", ["ShiftLeft", "ShiftRight", "AltRight", "ControlLeft"])
@pytest.mark.parametrize("layout", ["us", "de", "fr"])
def test_a_modifier_that_is_held_for_another_layout_does_not_change_characters(
    stage: VirtualDisplay, terminal: ReadBackTerminal, sink: X11Sink, layout: str, held: str
) -> None:
    set_layout(stage, layout)
    sink.press_key(usage_of(held), "")

    type_keys(sink, SENTENCE)

    terminal.expect(SENTENCE)
    assert len(keys_down_on(stage)) == 1  # the modifier is down again
    sink.release_key(usage_of(held), "")
    assert keys_down_on(stage) == set()


def keys_down_on(stage: VirtualDisplay) -> set[int]:
    connection = X11Connection(stage.name)
    try:
        return keys_down(connection.display)
    finally:
        connection.close()


def test_a_character_is_typed_on_its_own_place_where_the_layout_has_it_there(
    stage: VirtualDisplay, terminal: ReadBackTerminal, sink: X11Sink
) -> None:
    with counting_window(stage.name, 850, 650) as window:
        window.take_focus()
        for place, character in (("Numpad7", "7"), ("Digit7", "7"), ("IntlBackslash", "<")):
            sink.press_key(usage_of(place), character)
            sink.release_key(usage_of(place), character)

        presses = [
            arrived.detail
            for arrived in window.events(X.KeyPress)
            if arrived.detail not in (50, 62)  # Shift
        ]

    terminal.take_focus()
    assert presses == [79, 16, 94]


@pytest.mark.parametrize("is_locked", [False, True])
def test_a_keypad_digit_is_a_digit_whatever_num_lock_is_at_the_target(
    terminal: ReadBackTerminal, sink: X11Sink, is_locked: bool
) -> None:
    if is_locked:
        toggle(sink, "NumLock")

    for digit in "0123456789":
        sink.press_key(usage_of(f"Numpad{digit}"), digit)
        sink.release_key(usage_of(f"Numpad{digit}"), digit)

    terminal.expect("0123456789")
    if is_locked:
        toggle(sink, "NumLock")


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


def test_text_has_lines_and_tabulators_but_no_control_codes(
    terminal: ReadBackTerminal, sink: X11Sink
) -> None:
    sink.type_text("a\tb\nc\x03\x1bd")

    terminal.expect("a\tb\rcd")


def test_more_new_characters_than_there_are_spare_keys_all_arrive(
    terminal: ReadBackTerminal, sink: X11Sink
) -> None:
    text = "".join(chr(0x4E00 + number) for number in range(60))

    sink.type_text(text)

    terminal.expect(text)


def test_new_characters_still_arrive_after_the_layout_was_changed(
    stage: VirtualDisplay, terminal: ReadBackTerminal, sink: X11Sink
) -> None:
    type_keys(sink, "漢я")
    terminal.expect("漢я")
    set_layout(stage, "ru")

    type_keys(sink, "漢я")

    terminal.expect("漢я漢я")


def test_closing_gives_the_spare_keys_back(stage: VirtualDisplay) -> None:
    set_layout(stage, "us")
    recorder = Recorder()
    before = free_keycodes(stage)
    sink = X11Sink(X11Connection(stage.name), recorder)
    sink.type_text("漢字")
    assert len(free_keycodes(stage)) == len(before) - 2
    assert {kind for kind, _ in recorder.held} == {HoldKind.BORROWED_KEYCODE}

    sink.close()

    assert free_keycodes(stage) == before
    assert recorder.held == set()


def free_keycodes(stage: VirtualDisplay) -> tuple[int, ...]:
    connection = X11Connection(stage.name)
    try:
        return connection.keymap().free_keycodes()
    finally:
        connection.close()


def test_a_held_key_is_repeated_by_the_server_as_the_same_character(
    stage: VirtualDisplay, terminal: ReadBackTerminal, sink: X11Sink
) -> None:
    stage.run(["xset", "r", "rate", "100", "50"])
    sink.press_key(SHIFT, "")  # as for / on a German keyboard

    sink.press_key(usage_of("Digit7"), "/")

    wait_until(lambda: len(terminal.text()) >= 4, ANSWER_SECONDS, "the key to repeat")
    sink.release_key(usage_of("Digit7"), "/")
    sink.release_key(SHIFT, "")
    assert set(terminal.text()) == {"/"}


def test_keys_that_overlap_come_in_their_order(terminal: ReadBackTerminal, sink: X11Sink) -> None:
    sink.press_key(usage_of("KeyA"), "a")
    sink.press_key(usage_of("KeyB"), "B")
    sink.release_key(usage_of("KeyA"), "a")
    sink.press_key(usage_of("KeyC"), "c")
    sink.release_key(usage_of("KeyB"), "B")
    sink.release_key(usage_of("KeyC"), "c")

    terminal.expect("aBc")
    assert not sink.is_holding


def test_one_key_for_two_characters_is_pressed_twice(
    stage: VirtualDisplay, terminal: ReadBackTerminal, sink: X11Sink
) -> None:
    sink.press_key(usage_of("Digit1"), "1")
    sink.press_key(usage_of("Numpad1"), "!")
    sink.release_key(usage_of("Digit1"), "1")
    sink.release_key(usage_of("Numpad1"), "!")

    terminal.expect("1!")
    assert keys_down_on(stage) == set()


@pytest.mark.parametrize("character", ["\x00", "\x1b", "\ud800"])
def test_what_is_no_character_goes_by_its_place(
    terminal: ReadBackTerminal, sink: X11Sink, character: str
) -> None:
    sink.press_key(usage_of("KeyA"), character)
    sink.release_key(usage_of("KeyA"), character)
    sink.press_key(0, character)
    sink.release_key(0, character)

    terminal.expect("a")


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


def test_the_corners_of_the_screen_are_reached(stage: VirtualDisplay, sink: X11Sink) -> None:
    connection = X11Connection(stage.name)
    try:
        for place in ((0, 0), (1279, 0), (1279, 799), (0, 799)):
            sink.move_pointer(*place)
            pointer = connection.root.query_pointer()
            assert (pointer.root_x, pointer.root_y) == place
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
