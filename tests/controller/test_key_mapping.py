"""The technician's keys: what goes by character, what by place, and that all come up again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.protocol.held_input import HeldInput
from common.protocol.physical_keys import PHYSICAL_KEYS, key_at, usage_of
from common.protocol.session_messages import (
    AllReleased,
    InputMessage,
    KeyPressed,
    KeyReleased,
    TextTyped,
)
from controller_app.key_combinations import CONTROL_ALT_DELETE, KEY_COMBINATIONS, KeyCombination
from controller_app.key_mapping import (
    ALT,
    CONTROL,
    META,
    SHIFT,
    HotKey,
    NativeKey,
    Platform,
    PressedKeys,
    hot_key_of,
    place_of,
    platform_named,
)

KEYPAD = 0x20000000
QT_KEY = {
    "ControlLeft": 0x01000021,
    "ShiftLeft": 0x01000020,
    "AltLeft": 0x01000023,
    "MetaLeft": 0x01000022,
    "AltGr": 0x01001103,
    "Dead_Acute": 0x01001251,
    "Multi": 0x01001120,
}


def x11(name: str, text: str = "", modifiers: int = 0, qt_key: int = 0) -> NativeKey:
    """A key on an X11 controller, by the name of its place."""
    place = key_at(usage_of(name))
    assert place is not None
    return NativeKey(place.x_keycode, 0, qt_key or QT_KEY.get(name, 0), text, modifiers)


def windows(name: str, text: str = "", modifiers: int = 0, qt_key: int = 0) -> NativeKey:
    """A key on a Windows controller."""
    place = key_at(usage_of(name))
    assert place is not None
    assert place.windows_scan_code is not None
    extended = 0x100 if place.windows_scan_code >> 8 else 0
    code = place.windows_scan_code & 0xFF | extended
    return NativeKey(code, 0, qt_key, text, modifiers)


def mac(name: str, text: str = "", modifiers: int = 0) -> NativeKey:
    """A key on a macOS controller."""
    place = key_at(usage_of(name))
    assert place is not None
    assert place.mac_virtual_key is not None
    return NativeKey(1, place.mac_virtual_key, 0, text, modifiers)


def pressed(name: str, character: str = "") -> KeyPressed:
    return KeyPressed(usage_of(name), character)


def released(name: str, character: str = "") -> KeyReleased:
    return KeyReleased(usage_of(name), character)


@pytest.fixture
def keys() -> PressedKeys:
    return PressedKeys(Platform.X11)


def test_a_letter_goes_by_character_and_is_released_by_it(keys: PressedKeys) -> None:
    assert keys.press(x11("KeyQ", "q")) == (pressed("KeyQ", "q"),)
    assert keys.release(x11("KeyQ", "q")) == (released("KeyQ", "q"),)


@pytest.mark.parametrize("character", ["ä", "€", "я", "漢", "😀", " ", "@"])
def test_every_printable_text_goes_by_character(keys: PressedKeys, character: str) -> None:
    assert keys.press(x11("KeyA", character)) == (pressed("KeyA", character),)


@pytest.mark.parametrize(
    ("name", "text"),
    [("Enter", "\r"), ("Backspace", "\b"), ("Tab", "\t"), ("Escape", "\x1b"), ("Delete", "\x7f")],
)
def test_keys_with_a_control_code_for_text_go_by_place(
    keys: PressedKeys, name: str, text: str
) -> None:
    assert keys.press(x11(name, text)) == (pressed(name),)


@pytest.mark.parametrize("modifier", [CONTROL, ALT, META, CONTROL | SHIFT, CONTROL | ALT])
def test_a_shortcut_goes_by_place(keys: PressedKeys, modifier: int) -> None:
    assert keys.press(x11("KeyC", "c", modifier)) == (pressed("KeyC"),)


def test_control_c_is_pressed_and_released_in_order(keys: PressedKeys) -> None:
    sent = [
        *keys.press(x11("ControlLeft")),
        *keys.press(x11("KeyC", "\x03", CONTROL)),
        *keys.release(x11("KeyC", "\x03", CONTROL)),
        *keys.release(x11("ControlLeft", modifiers=CONTROL)),
    ]

    assert sent == [
        *(pressed("ControlLeft"), pressed("KeyC"), released("KeyC"), released("ControlLeft"))
    ]


def test_a_release_matches_its_press_when_shift_came_up_in_between(keys: PressedKeys) -> None:
    keys.press(x11("ShiftLeft"))
    keys.press(x11("KeyA", "A", SHIFT))
    keys.release(x11("ShiftLeft", modifiers=SHIFT))

    assert keys.release(x11("KeyA", "a")) == (released("KeyA", "A"),)


def test_a_release_matches_its_press_when_the_layout_changed(keys: PressedKeys) -> None:
    keys.press(x11("KeyQ", "q"))

    assert keys.release(x11("KeyQ", "й")) == (released("KeyQ", "q"),)


def test_a_release_matches_its_press_when_control_went_down_in_between(keys: PressedKeys) -> None:
    keys.press(x11("KeyA", "a"))
    keys.press(x11("ControlLeft"))

    assert keys.release(x11("KeyA", "\x01", CONTROL)) == (released("KeyA", "a"),)


def test_auto_repeat_is_the_targets_own(keys: PressedKeys) -> None:
    key = x11("KeyA", "a")
    again = NativeKey(key.scan_code, 0, 0, "a", 0, is_auto_repeat=True)
    keys.press(key)

    assert keys.press(again) == ()
    assert keys.release(again) == ()
    assert keys.release(key) == (released("KeyA", "a"),)


def test_a_release_that_never_came_is_made_up_for(keys: PressedKeys) -> None:
    keys.press(x11("KeyA", "a"))

    assert keys.press(x11("KeyA", "b")) == (released("KeyA", "a"), pressed("KeyA", "b"))


def test_a_release_without_a_press_is_nothing(keys: PressedKeys) -> None:
    assert keys.release(x11("KeyA", "a")) == ()


def test_alt_gr_is_kept_back_while_it_chooses_characters(keys: PressedKeys) -> None:
    alt_gr = x11("AltRight", qt_key=QT_KEY["AltGr"])

    sent = [
        *keys.press(alt_gr),
        *keys.press(x11("KeyQ", "@")),
        *keys.release(x11("KeyQ", "@")),
        *keys.release(alt_gr),
    ]

    assert sent == [pressed("KeyQ", "@"), released("KeyQ", "@")]


def test_alt_gr_is_sent_with_a_key_that_types_nothing(keys: PressedKeys) -> None:
    alt_gr = x11("AltRight", qt_key=QT_KEY["AltGr"])

    sent = [*keys.press(alt_gr), *keys.press(x11("ArrowLeft")), *keys.release(alt_gr)]

    assert sent == [pressed("AltRight"), pressed("ArrowLeft"), released("AltRight")]


def test_alt_gr_without_a_place_counts_as_the_right_alt_key(keys: PressedKeys) -> None:
    keys.press(NativeKey(92, 0, QT_KEY["AltGr"], "", 0))

    assert keys.press(x11("F1")) == (pressed("AltRight"), pressed("F1"))


def test_alt_gr_of_windows_is_lifted_before_its_character() -> None:
    keys = PressedKeys(Platform.WINDOWS)

    sent = [
        *keys.press(windows("ControlLeft")),
        *keys.press(windows("AltRight", qt_key=QT_KEY["AltGr"])),
        *keys.press(windows("KeyQ", "@", CONTROL | ALT)),
        *keys.release(windows("KeyQ", "@", CONTROL | ALT)),
        *keys.release(windows("ControlLeft")),
        *keys.release(windows("AltRight")),
    ]

    control = usage_of("ControlLeft")
    assert sent == [
        KeyPressed(control, ""),
        KeyReleased(control, ""),
        *(pressed("KeyQ", "@"), released("KeyQ", "@")),
    ]


def test_control_alt_on_windows_goes_by_place_where_it_types_nothing() -> None:
    keys = PressedKeys(Platform.WINDOWS)

    assert keys.press(windows("Delete", "\x7f", CONTROL | ALT)) == (pressed("Delete"),)


def test_option_of_macos_chooses_characters_and_helps_keys_without() -> None:
    keys = PressedKeys(Platform.MACOS)

    sent = [*keys.press(mac("AltLeft")), *keys.press(mac("KeyL", "@", ALT))]
    sent += [*keys.release(mac("KeyL", "@", ALT)), *keys.press(mac("ArrowLeft", "", ALT))]

    assert sent == [
        *(pressed("KeyL", "@"), released("KeyL", "@"), pressed("AltLeft"), pressed("ArrowLeft"))
    ]


def test_keys_of_a_command_come_up_with_command_on_macos() -> None:
    keys = PressedKeys(Platform.MACOS)
    keys.press(mac("MetaLeft"))
    keys.press(mac("KeyC", "c", CONTROL))

    assert keys.release(mac("MetaLeft")) == (released("KeyC"), released("MetaLeft"))


@pytest.mark.parametrize("name", ["Dead_Acute", "Multi"])
def test_a_dead_key_is_not_sent_for_its_text_will_come(keys: PressedKeys, name: str) -> None:
    key = x11("Equal", "", qt_key=QT_KEY[name])

    assert keys.press(key) == ()
    assert keys.release(key) == ()
    assert keys.type_text("é") == (TextTyped("é"),)


def test_text_keeps_its_lines_and_loses_control_codes(keys: PressedKeys) -> None:
    assert keys.type_text("a\tb\nc\x03\x1b") == (TextTyped("a\tb\nc"),)
    assert keys.type_text("\x03") == ()


def test_long_text_goes_in_pieces_that_the_wire_allows(keys: PressedKeys) -> None:
    sent = keys.type_text("x" * 2500)

    assert [len(message.text) for message in sent if isinstance(message, TextTyped)] == [
        *(1024, 1024, 452)
    ]


def test_a_key_that_types_two_characters_is_text(keys: PressedKeys) -> None:
    assert keys.press(x11("KeyJ", "ij")) == (TextTyped("ij"),)
    assert keys.release(x11("KeyJ", "ij")) == ()


def test_a_keypad_digit_keeps_its_place_and_its_character(keys: PressedKeys) -> None:
    assert keys.press(x11("Numpad7", "7", KEYPAD)) == (pressed("Numpad7", "7"),)


def test_a_keypad_key_without_num_lock_is_what_it_does(keys: PressedKeys) -> None:
    assert keys.press(x11("Numpad7", "", KEYPAD)) == (pressed("Home"),)
    assert keys.release(x11("Numpad7", "", KEYPAD)) == (released("Home"),)


def test_a_keypad_key_with_alt_stays_on_the_keypad(keys: PressedKeys) -> None:
    assert keys.press(x11("Numpad7", "", KEYPAD | ALT)) == (pressed("Numpad7"),)


def test_a_key_of_unknown_place_goes_by_its_character_alone(keys: PressedKeys) -> None:
    unknown = NativeKey(0, 0, ord("Q"), "q", 0)

    assert keys.press(unknown) == (KeyPressed(0, "q"),)
    assert keys.release(unknown) == (KeyReleased(0, "q"),)
    assert keys.press(NativeKey(0, 0, 0x0100FFFF, "", 0)) == ()


def test_releasing_all_forgets_what_was_down(keys: PressedKeys) -> None:
    keys.press(x11("ShiftLeft"))

    assert keys.release_all() == (AllReleased(),)
    assert keys.release(x11("ShiftLeft")) == ()


ALL = CONTROL | ALT | SHIFT


@pytest.mark.parametrize(
    ("key", "hot_key"),
    [
        (x11("KeyK", "", ALL, ord("K")), HotKey.GIVE_KEYBOARD_BACK),
        (x11("KeyF", "", ALL, ord("F")), HotKey.FULL_SCREEN),
        (x11("KeyD", "", ALL, ord("D")), HotKey.DISCONNECT),
        (x11("KeyV", "", ALL, ord("K")), HotKey.GIVE_KEYBOARD_BACK),  # Dvorak: the letter
        (x11("KeyK", "", ALL, 0x41B), HotKey.GIVE_KEYBOARD_BACK),  # Cyrillic: the place
        (x11("KeyK", "", ALL, ord("T")), None),  # Dvorak: K's place has another letter
        (x11("KeyK", "", CONTROL | ALT, ord("K")), None),
        (x11("KeyK", "k", 0, ord("K")), None),
    ],
)
def test_hot_keys_are_known_by_letter_or_else_by_place(
    key: NativeKey, hot_key: HotKey | None
) -> None:
    assert hot_key_of(Platform.X11, key) is hot_key


def test_a_repeated_hot_key_is_one() -> None:
    key = x11("KeyK", "", ALL, ord("K"))

    assert hot_key_of(Platform.X11, NativeKey(key.scan_code, 0, key.qt_key, "", ALL, True)) is None


def test_each_platform_finds_the_place_by_its_own_code() -> None:
    backquote = key_at(usage_of("Backquote"))

    assert place_of(Platform.X11, x11("Backquote")) == backquote
    assert place_of(Platform.WINDOWS, windows("Backquote")) == backquote
    assert place_of(Platform.MACOS, mac("Backquote")) == backquote
    assert [platform_named(name) for name in ("linux", "win32", "darwin")] == [
        *(Platform.X11, Platform.WINDOWS, Platform.MACOS)
    ]


native_keys = st.builds(
    NativeKey,
    scan_code=st.sampled_from([key.x_keycode for key in PHYSICAL_KEYS]),
    virtual_key=st.sampled_from([key.mac_virtual_key or 0 for key in PHYSICAL_KEYS]),
    qt_key=st.sampled_from([0, *QT_KEY.values(), ord("K")]),
    text=st.sampled_from(["", "a", "Ä", "@", "\r", "\x03", "ij", "😀"]),
    modifiers=st.sampled_from([0, SHIFT, CONTROL, ALT, META, CONTROL | ALT, KEYPAD]),
    is_auto_repeat=st.booleans(),
)


@given(st.sampled_from(Platform), st.lists(st.tuples(st.booleans(), native_keys), max_size=60))
def test_whatever_is_pressed_comes_up_when_the_keys_do(
    platform: Platform, gestures: list[tuple[bool, NativeKey]]
) -> None:
    keys = PressedKeys(platform)
    held = HeldInput()

    def note(messages: tuple[InputMessage, ...]) -> None:
        for message in messages:
            held.note(message)

    for is_press, key in gestures:
        note(keys.press(key) if is_press else keys.release(key))
    for _, key in gestures:
        note(keys.release(NativeKey(key.scan_code, key.virtual_key, key.qt_key, "x", 0)))

    assert not held.is_holding


@pytest.mark.parametrize("combination", KEY_COMBINATIONS, ids=lambda combination: combination.name)
def test_a_combination_leaves_nothing_down(combination: KeyCombination) -> None:
    held = HeldInput()
    for message in combination.messages():
        held.note(message)

    assert not held.is_holding
    assert all(key_at(usage) for usage in combination.usages)


def test_control_alt_delete_is_pressed_in_order_and_released_in_reverse() -> None:
    assert CONTROL_ALT_DELETE.name == "Ctrl+Alt+Del"
    assert CONTROL_ALT_DELETE.messages() == (
        *(pressed("ControlLeft"), pressed("AltLeft"), pressed("Delete")),
        *(released("Delete"), released("AltLeft"), released("ControlLeft")),
    )


def test_the_menu_has_what_local_systems_keep() -> None:
    names = {combination.name for combination in KEY_COMBINATIONS}

    assert names >= {"Alt+Tab", "Alt+F4", "Windows key", "Print Screen", "Ctrl+Alt+F2"}
    assert len(names) == len(KEY_COMBINATIONS)
