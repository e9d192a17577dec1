"""Characters on a real X server: whatever the layouts, locks and modifiers, they arrive."""

import sys
from pathlib import Path

import pytest
from Xlib import X

from common.protocol.physical_keys import usage_of
from target_app.injection.contract import HoldKind
from target_app.injection.x11_connection import X11Connection
from target_app.injection.x11_keymap import KeyboardState
from target_app.injection.x11_sink import X11Sink
from tests.support.displays import VirtualDisplay
from tests.support.waiting import wait_until
from tests.target.injection.stage import (
    ANSWER_SECONDS,
    ReadBackTerminal,
    Recorder,
    counting_window,
    free_keycodes,
    keys_down_on,
    set_layout,
    toggle,
)

SENTENCE = "Hello @{}[]|\\~€ äöüßÄÖÜ ñ ^` éèàçù <1/2> \"x\" 'y' #+*-_.,;:?! я Ж"
FAR = "漢 😀 привет"
SHIFT = usage_of("ShiftLeft")


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
        display.start([sys.executable, "-m", "tests.target.injection.typed_into_qt"], output=output)
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
