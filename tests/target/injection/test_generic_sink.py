"""The generic sink and guard, for real on an X display by pynput's own X11 half."""

from collections.abc import Iterator

import pytest
from Xlib import XK, X

from common.protocol.physical_keys import usage_of
from common.protocol.session_messages import PointerButton
from target_app.injection.chooser import is_wayland, open_injector
from target_app.injection.contract import HoldKind, InjectionProblem, InjectionUnavailable
from target_app.injection.generic_guard import GenericGuard
from target_app.injection.generic_sink import GenericSink, check_permission, release_left_behind
from target_app.injection.own_window_shapes import OwnWindows, Rectangle
from tests.support.displays import VirtualDisplay
from tests.support.waiting import wait_until
from tests.target.injection.stage import (
    ANSWER_SECONDS,
    CountingWindow,
    Recorder,
    buttons_down,
    keys_down,
)

SHIFT_MASK, CONTROL_MASK = X.ShiftMask, X.ControlMask


@pytest.fixture(scope="module")
def stage() -> Iterator[VirtualDisplay]:
    with VirtualDisplay() as display:
        yield display


@pytest.fixture
def window(stage: VirtualDisplay) -> Iterator[CountingWindow]:
    made = CountingWindow(stage.name, 400, 400)
    made.take_focus()
    yield made
    made.close()


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def sink(
    stage: VirtualDisplay,
    window: CountingWindow,
    recorder: Recorder,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[GenericSink]:
    monkeypatch.setenv("DISPLAY", stage.name)
    made = GenericSink(recorder)
    made.move_pointer(450, 450)
    yield made
    made.close()
    assert recorder.held == set()


def typed(window: CountingWindow) -> str:
    """What the key presses that the window got stand for, on a US layout."""
    characters = []
    for pressed in window.events(X.KeyPress):
        level = 1 if pressed.state & SHIFT_MASK else 0
        keysym = window.display.keycode_to_keysym(pressed.detail, level)
        characters.append(XK.keysym_to_string(keysym) or f"<{keysym:x}>")
    return "".join(characters)


def expect(window: CountingWindow, text: str) -> None:
    wait_until(lambda: typed(window) == text, ANSWER_SECONDS, f"{text!r}, not {typed(window)!r}")


def test_characters_are_typed_as_characters(sink: GenericSink, window: CountingWindow) -> None:
    for character in "Hi@1":
        sink.press_key(0, character)
        sink.release_key(0, character)

    expect(window, "Hi@1")


def test_a_modifier_that_is_held_does_not_change_a_character(
    sink: GenericSink, window: CountingWindow
) -> None:
    control = usage_of("ControlLeft")
    sink.press_key(control, "")
    sink.press_key(usage_of("KeyA"), "a")
    sink.release_key(usage_of("KeyA"), "a")

    wait_until(lambda: len(window.events(X.KeyPress)) == 3, ANSWER_SECONDS, "Control, a, Control")
    states = [pressed.state & CONTROL_MASK for pressed in window.events(X.KeyPress)]
    assert states == [0, 0, 0]
    assert keys_down(window.display) == {37}
    sink.release_key(control, "")
    assert keys_down(window.display) == set()


def test_a_shortcut_goes_by_place(sink: GenericSink, window: CountingWindow) -> None:
    control, letter = usage_of("ControlLeft"), usage_of("KeyC")
    sink.press_key(control, "")
    sink.press_key(letter, "")
    sink.release_key(letter, "")
    sink.release_key(control, "")

    wait_until(lambda: len(window.events(X.KeyPress)) == 2, ANSWER_SECONDS, "Control and C")
    pressed = window.events(X.KeyPress)[1]
    assert (pressed.detail, pressed.state & CONTROL_MASK) == (54, CONTROL_MASK)


@pytest.mark.parametrize(
    ("name", "keycode"),
    [("Enter", 36), ("F5", 71), ("ArrowUp", 111), ("Delete", 119), ("ShiftRight", 62)],
)
def test_special_keys_are_pressed_and_released(
    sink: GenericSink, window: CountingWindow, recorder: Recorder, name: str, keycode: int
) -> None:
    sink.press_key(usage_of(name), "")
    assert keys_down(window.display) == {keycode}
    assert recorder.held == {(HoldKind.KEY, usage_of(name))}

    sink.release_key(usage_of(name), "")

    assert keys_down(window.display) == set()
    assert recorder.held == set()


def test_text_has_lines(sink: GenericSink, window: CountingWindow) -> None:
    sink.type_text("a\nb")

    wait_until(lambda: len(window.events(X.KeyPress)) == 3, ANSWER_SECONDS, "the text")
    assert [pressed.detail for pressed in window.events(X.KeyPress)] == [38, 36, 56]


def test_what_this_system_lacks_is_left_out(sink: GenericSink, recorder: Recorder) -> None:
    for physical in (0, 0xFFFF, usage_of("IntlYen")):
        sink.press_key(physical, "")
        sink.release_key(physical, "")

    assert not sink.is_holding
    assert recorder.noted == []


def test_the_pointer_goes_where_it_shall(sink: GenericSink) -> None:
    sink.move_pointer(433, 421)

    assert sink.pointer_position() == (433, 421)


def test_buttons_and_wheel_are_those_that_programs_know(
    sink: GenericSink, window: CountingWindow
) -> None:
    for button in PointerButton:
        sink.press_button(button)
        sink.press_button(button)
        sink.release_button(button)
    sink.turn_wheel(0, 60)
    sink.turn_wheel(240, 60)
    sink.turn_wheel(-120, -120)

    assert window.presses() == [1, 2, 3, 8, 9, 4, 7, 7, 5, 6]


def hold_some(sink: GenericSink) -> None:
    sink.press_key(usage_of("ShiftLeft"), "")
    sink.press_key(usage_of("F5"), "")
    sink.press_button(PointerButton.LEFT)


def test_letting_go_of_all_leaves_nothing_down(sink: GenericSink, window: CountingWindow) -> None:
    hold_some(sink)
    was_holding = sink.is_holding

    sink.release_all()

    assert (was_holding, sink.is_holding) == (True, False)
    assert keys_down(window.display) == set()
    assert buttons_down(window.display) == 0


def test_what_a_dead_sink_left_is_let_go_by_its_record(
    sink: GenericSink, window: CountingWindow, recorder: Recorder, stage: VirtualDisplay
) -> None:
    hold_some(sink)
    sink.press_key(0, "ä")

    release_left_behind(stage.name, [(kind.value, code) for kind, code in recorder.held])

    assert keys_down(window.display) == set()
    assert buttons_down(window.display) == 0


def test_permission_is_asked_for_on_macos_alone() -> None:
    check_permission()


# The guard by geometry.


class Pointer:
    """A pointer that is where it is put."""

    place = (0, 0)

    def position(self) -> tuple[int, int]:
        return self.place


@pytest.mark.parametrize(
    ("windows", "pointer", "buttons", "keys"),
    [
        (OwnWindows(), (5, 5), False, False),
        (OwnWindows(frames=(Rectangle(0, 0, 10, 10),)), (5, 5), True, True),
        (OwnWindows(frames=(Rectangle(0, 0, 10, 10),)), (10, 5), False, False),
        (OwnWindows(is_active=True), (5, 5), False, True),
        (OwnWindows(has_popup=True), (5, 5), True, True),
    ],
)
def test_the_generic_guard_forbids_by_geometry_focus_and_menu(
    windows: OwnWindows, pointer: tuple[int, int], buttons: bool, keys: bool
) -> None:
    where = Pointer()
    where.place = pointer
    guard = GenericGuard(lambda: windows, where.position)

    assert (guard.forbids_buttons(), guard.forbids_keys()) == (buttons, keys)
    inside_a_frame = bool(windows.frames) and pointer == (5, 5)
    assert guard.forbids_pointer_at(*pointer) == inside_a_frame


# The choice.


@pytest.mark.parametrize(
    ("environment", "is_so"),
    [
        ({"XDG_SESSION_TYPE": "wayland", "DISPLAY": ":0"}, True),
        ({"WAYLAND_DISPLAY": "wayland-0", "DISPLAY": ":0"}, True),
        ({"XDG_SESSION_TYPE": "x11", "WAYLAND_DISPLAY": "wayland-0"}, False),
        ({"DISPLAY": ":0"}, False),
    ],
)
def test_wayland_is_known_by_its_session(environment: dict[str, str], is_so: bool) -> None:
    assert is_wayland(environment) is is_so


@pytest.mark.parametrize(
    ("environment", "problem"),
    [
        ({"XDG_SESSION_TYPE": "wayland", "DISPLAY": ":0"}, InjectionProblem.WAYLAND),
        ({}, InjectionProblem.NO_DISPLAY),
        ({"DISPLAY": "no display"}, InjectionProblem.NO_DISPLAY),
    ],
)
def test_where_nothing_can_be_injected_the_reason_has_a_name(
    environment: dict[str, str], problem: InjectionProblem
) -> None:
    with pytest.raises(InjectionUnavailable) as unavailable:
        open_injector(OwnWindows, environment)

    assert unavailable.value.problem is problem


def test_on_x11_everything_is_put_together_and_ends_together(stage: VirtualDisplay) -> None:
    injector = open_injector(OwnWindows, {"DISPLAY": stage.name, "XDG_SESSION_TYPE": "x11"})

    injector.close()
