"""The table of keys: no key twice, both ways, and as other tables have it."""

import re
from pathlib import Path

import pytest

from common.protocol.physical_keys import (
    PHYSICAL_KEYS,
    PhysicalKey,
    is_keypad,
    is_modifier,
    key_at,
    key_from_mac_virtual_key,
    key_from_qt_windows_scan_code,
    key_from_windows_scan_code,
    key_from_x_keycode,
    usage_of,
)

XKB_KEYCODES = Path("/usr/share/X11/xkb/keycodes/evdev")
SHARED_PLACES = {0x31, 0x32}
"""Non-US # lies where US \\ lies; the systems know one code for both."""

# Keys of each part of a board, as their makers' tables have them: usage, evdev, scan code, Mac.
KNOWN = [
    ("KeyA", 0x04, 30, 0x1E, 0x00),
    ("KeyZ", 0x1D, 44, 0x2C, 0x06),
    ("Digit0", 0x27, 11, 0x0B, 0x1D),
    ("Enter", 0x28, 28, 0x1C, 0x24),
    ("F12", 0x45, 88, 0x58, 0x6F),
    ("F24", 0x73, 194, 0x76, None),
    ("Delete", 0x4C, 111, 0xE053, 0x75),
    ("ArrowUp", 0x52, 103, 0xE048, 0x7E),
    ("NumpadEnter", 0x58, 96, 0xE01C, 0x4C),
    ("Numpad0", 0x62, 82, 0x52, 0x52),
    ("IntlBackslash", 0x64, 86, 0x56, 0x0A),
    ("IntlRo", 0x87, 89, 0x73, 0x5E),
    ("IntlYen", 0x89, 124, 0x7D, 0x5D),
    ("AltRight", 0xE6, 100, 0xE038, 0x3D),
    ("MetaLeft", 0xE3, 125, 0xE05B, 0x37),
    ("AudioVolumeUp", 0x80, 115, 0xE030, 0x48),
]
XKB_NAMES = {"AE01": "Digit1", "AD01": "KeyQ", "AB10": "Slash", "LSGT": "IntlBackslash"} | {
    "RTRN": "Enter",
    "LVL3": None,
    "RALT": "AltRight",
    "KPEN": "NumpadEnter",
    "COMP": "ContextMenu",
    "PRSC": "PrintScreen",
    "PAUS": "Pause",
    "BKSL": "Backslash",
    "FK24": "F24",
    "AB11": "IntlRo",
    "AE13": "IntlYen",
    "RWIN": "MetaRight",
}


@pytest.mark.parametrize(("name", "usage", "evdev", "scan_code", "mac"), KNOWN)
def test_a_known_key_has_the_numbers_of_the_platforms(
    name: str, usage: int, evdev: int, scan_code: int, mac: int | None
) -> None:
    assert usage_of(name) == usage
    assert key_at(usage) == PhysicalKey(usage, name, evdev, scan_code, mac)


def test_no_usage_and_no_name_is_there_twice() -> None:
    assert len({key.usage for key in PHYSICAL_KEYS}) == len(PHYSICAL_KEYS)
    assert len({key.name for key in PHYSICAL_KEYS}) == len(PHYSICAL_KEYS)


@pytest.mark.parametrize("key", PHYSICAL_KEYS, ids=lambda key: key.name)
def test_every_key_is_found_again_by_each_of_its_codes(key: PhysicalKey) -> None:
    found = {key_at(key.usage), key_from_x_keycode(key.x_keycode)}
    if key.windows_scan_code is not None:
        found.add(key_from_windows_scan_code(key.windows_scan_code))
    if key.mac_virtual_key is not None:
        found.add(key_from_mac_virtual_key(key.mac_virtual_key))

    assert {place.usage for place in found if place} <= ({key.usage} | SHARED_PLACES)
    assert None not in found
    assert key.usage in SHARED_PLACES or found == {key}


def test_extended_scan_codes_are_read_as_qt_reports_them() -> None:
    assert key_from_qt_windows_scan_code(0x11C) == key_at(usage_of("NumpadEnter"))
    assert key_from_qt_windows_scan_code(0x1C) == key_at(usage_of("Enter"))


def test_unknown_codes_are_no_key() -> None:
    assert key_at(0) is None
    assert key_at(0xFFFF) is None
    assert key_from_x_keycode(0) is None
    assert key_from_qt_windows_scan_code(0x1FF) is None
    assert key_from_mac_virtual_key(-1) is None


def test_an_unknown_name_is_our_own_mistake() -> None:
    with pytest.raises(KeyError):
        usage_of("Any")


def test_the_eight_modifiers_are_told_from_other_keys() -> None:
    assert [key.usage for key in PHYSICAL_KEYS if is_modifier(key.usage)] == list(range(0xE0, 0xE8))


def test_the_keypad_is_all_that_is_named_after_it() -> None:
    named = {key.name for key in PHYSICAL_KEYS if key.name.startswith("Numpad")}

    assert {key.name for key in PHYSICAL_KEYS if is_keypad(key.usage)} == named


@pytest.mark.skipif(not XKB_KEYCODES.exists(), reason="xkeyboard-config is not installed")
def test_the_keycodes_of_x_agree_with_the_servers_own_table() -> None:
    codes = dict(re.findall(r"<(\w+)>\s*=\s*(\d+);", XKB_KEYCODES.read_text(encoding="utf-8")))

    for xkb_name, name in XKB_NAMES.items():
        found = key_from_x_keycode(int(codes[xkb_name]))
        assert (found.name if found else None) == name
