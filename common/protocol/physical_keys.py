"""The places of a keyboard: one table that says what each platform calls the same key.

A key's place is its USB HID usage on page 7, whatever is printed on it and whatever the
layout makes of it. This module is the only one that knows all four numberings; it knows
nothing of layouts and characters. Controllers turn native codes into places, sinks turn
places back into what their system calls them.

Sources: USB HID Usage Tables 1.5, chapter 10 (usages); Linux `input-event-codes.h` and the
`hid_keyboard` table of `drivers/hid/hid-input.c` (evdev codes, and usages 0xE8 to 0xFB, which
the HID tables leave free and Linux gives to media keys); Microsoft, "Keyboard Scan Code
Specification" and "USB HID to PS/2 Scan Code Translation Table" (scan codes); Apple,
`HIToolbox/Events.h` (virtual key codes). The names are those of W3C UI Events code values.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

X_KEYCODE_OFFSET: Final = 8
"""An X keycode is the evdev code plus this (xkeyboard-config, `keycodes/evdev`)."""
QT_WINDOWS_EXTENDED_BIT: Final = 0x100
"""Qt's native scan code on Windows is the code byte, with this bit for 0xE0 codes."""


@dataclass(frozen=True, slots=True)
class PhysicalKey:
    """One place: HID usage on page 7 and what the platforms call it; None where they don't.

    `windows_scan_code` is of set 1, with 0xE0 in the high byte for extended keys.
    """

    usage: int
    name: str
    evdev_code: int
    windows_scan_code: int | None
    mac_virtual_key: int | None

    @property
    def x_keycode(self) -> int:
        """The keycode of X servers that use the evdev rules."""
        return self.evdev_code + X_KEYCODE_OFFSET


PHYSICAL_KEYS: Final[tuple[PhysicalKey, ...]] = (
    PhysicalKey(0x04, "KeyA", 30, 0x1E, 0x00),
    PhysicalKey(0x05, "KeyB", 48, 0x30, 0x0B),
    PhysicalKey(0x06, "KeyC", 46, 0x2E, 0x08),
    PhysicalKey(0x07, "KeyD", 32, 0x20, 0x02),
    PhysicalKey(0x08, "KeyE", 18, 0x12, 0x0E),
    PhysicalKey(0x09, "KeyF", 33, 0x21, 0x03),
    PhysicalKey(0x0A, "KeyG", 34, 0x22, 0x05),
    PhysicalKey(0x0B, "KeyH", 35, 0x23, 0x04),
    PhysicalKey(0x0C, "KeyI", 23, 0x17, 0x22),
    PhysicalKey(0x0D, "KeyJ", 36, 0x24, 0x26),
    PhysicalKey(0x0E, "KeyK", 37, 0x25, 0x28),
    PhysicalKey(0x0F, "KeyL", 38, 0x26, 0x25),
    PhysicalKey(0x10, "KeyM", 50, 0x32, 0x2E),
    PhysicalKey(0x11, "KeyN", 49, 0x31, 0x2D),
    PhysicalKey(0x12, "KeyO", 24, 0x18, 0x1F),
    PhysicalKey(0x13, "KeyP", 25, 0x19, 0x23),
    PhysicalKey(0x14, "KeyQ", 16, 0x10, 0x0C),
    PhysicalKey(0x15, "KeyR", 19, 0x13, 0x0F),
    PhysicalKey(0x16, "KeyS", 31, 0x1F, 0x01),
    PhysicalKey(0x17, "KeyT", 20, 0x14, 0x11),
    PhysicalKey(0x18, "KeyU", 22, 0x16, 0x20),
    PhysicalKey(0x19, "KeyV", 47, 0x2F, 0x09),
    PhysicalKey(0x1A, "KeyW", 17, 0x11, 0x0D),
    PhysicalKey(0x1B, "KeyX", 45, 0x2D, 0x07),
    PhysicalKey(0x1C, "KeyY", 21, 0x15, 0x10),
    PhysicalKey(0x1D, "KeyZ", 44, 0x2C, 0x06),
    PhysicalKey(0x1E, "Digit1", 2, 0x02, 0x12),
    PhysicalKey(0x1F, "Digit2", 3, 0x03, 0x13),
    PhysicalKey(0x20, "Digit3", 4, 0x04, 0x14),
    PhysicalKey(0x21, "Digit4", 5, 0x05, 0x15),
    PhysicalKey(0x22, "Digit5", 6, 0x06, 0x17),
    PhysicalKey(0x23, "Digit6", 7, 0x07, 0x16),
    PhysicalKey(0x24, "Digit7", 8, 0x08, 0x1A),
    PhysicalKey(0x25, "Digit8", 9, 0x09, 0x1C),
    PhysicalKey(0x26, "Digit9", 10, 0x0A, 0x19),
    PhysicalKey(0x27, "Digit0", 11, 0x0B, 0x1D),
    PhysicalKey(0x28, "Enter", 28, 0x1C, 0x24),
    PhysicalKey(0x29, "Escape", 1, 0x01, 0x35),
    PhysicalKey(0x2A, "Backspace", 14, 0x0E, 0x33),
    PhysicalKey(0x2B, "Tab", 15, 0x0F, 0x30),
    PhysicalKey(0x2C, "Space", 57, 0x39, 0x31),
    PhysicalKey(0x2D, "Minus", 12, 0x0C, 0x1B),
    PhysicalKey(0x2E, "Equal", 13, 0x0D, 0x18),
    PhysicalKey(0x2F, "BracketLeft", 26, 0x1A, 0x21),
    PhysicalKey(0x30, "BracketRight", 27, 0x1B, 0x1E),
    PhysicalKey(0x31, "Backslash", 43, 0x2B, 0x2A),
    PhysicalKey(0x32, "IntlHash", 43, 0x2B, 0x2A),
    PhysicalKey(0x33, "Semicolon", 39, 0x27, 0x29),
    PhysicalKey(0x34, "Quote", 40, 0x28, 0x27),
    PhysicalKey(0x35, "Backquote", 41, 0x29, 0x32),
    PhysicalKey(0x36, "Comma", 51, 0x33, 0x2B),
    PhysicalKey(0x37, "Period", 52, 0x34, 0x2F),
    PhysicalKey(0x38, "Slash", 53, 0x35, 0x2C),
    PhysicalKey(0x39, "CapsLock", 58, 0x3A, 0x39),
    PhysicalKey(0x3A, "F1", 59, 0x3B, 0x7A),
    PhysicalKey(0x3B, "F2", 60, 0x3C, 0x78),
    PhysicalKey(0x3C, "F3", 61, 0x3D, 0x63),
    PhysicalKey(0x3D, "F4", 62, 0x3E, 0x76),
    PhysicalKey(0x3E, "F5", 63, 0x3F, 0x60),
    PhysicalKey(0x3F, "F6", 64, 0x40, 0x61),
    PhysicalKey(0x40, "F7", 65, 0x41, 0x62),
    PhysicalKey(0x41, "F8", 66, 0x42, 0x64),
    PhysicalKey(0x42, "F9", 67, 0x43, 0x65),
    PhysicalKey(0x43, "F10", 68, 0x44, 0x6D),
    PhysicalKey(0x44, "F11", 87, 0x57, 0x67),
    PhysicalKey(0x45, "F12", 88, 0x58, 0x6F),
    PhysicalKey(0x46, "PrintScreen", 99, 0xE037, None),
    PhysicalKey(0x47, "ScrollLock", 70, 0x46, None),
    PhysicalKey(0x48, "Pause", 119, 0x45, None),
    PhysicalKey(0x49, "Insert", 110, 0xE052, 0x72),
    PhysicalKey(0x4A, "Home", 102, 0xE047, 0x73),
    PhysicalKey(0x4B, "PageUp", 104, 0xE049, 0x74),
    PhysicalKey(0x4C, "Delete", 111, 0xE053, 0x75),
    PhysicalKey(0x4D, "End", 107, 0xE04F, 0x77),
    PhysicalKey(0x4E, "PageDown", 109, 0xE051, 0x79),
    PhysicalKey(0x4F, "ArrowRight", 106, 0xE04D, 0x7C),
    PhysicalKey(0x50, "ArrowLeft", 105, 0xE04B, 0x7B),
    PhysicalKey(0x51, "ArrowDown", 108, 0xE050, 0x7D),
    PhysicalKey(0x52, "ArrowUp", 103, 0xE048, 0x7E),
    PhysicalKey(0x53, "NumLock", 69, 0xE045, 0x47),
    PhysicalKey(0x54, "NumpadDivide", 98, 0xE035, 0x4B),
    PhysicalKey(0x55, "NumpadMultiply", 55, 0x37, 0x43),
    PhysicalKey(0x56, "NumpadSubtract", 74, 0x4A, 0x4E),
    PhysicalKey(0x57, "NumpadAdd", 78, 0x4E, 0x45),
    PhysicalKey(0x58, "NumpadEnter", 96, 0xE01C, 0x4C),
    PhysicalKey(0x59, "Numpad1", 79, 0x4F, 0x53),
    PhysicalKey(0x5A, "Numpad2", 80, 0x50, 0x54),
    PhysicalKey(0x5B, "Numpad3", 81, 0x51, 0x55),
    PhysicalKey(0x5C, "Numpad4", 75, 0x4B, 0x56),
    PhysicalKey(0x5D, "Numpad5", 76, 0x4C, 0x57),
    PhysicalKey(0x5E, "Numpad6", 77, 0x4D, 0x58),
    PhysicalKey(0x5F, "Numpad7", 71, 0x47, 0x59),
    PhysicalKey(0x60, "Numpad8", 72, 0x48, 0x5B),
    PhysicalKey(0x61, "Numpad9", 73, 0x49, 0x5C),
    PhysicalKey(0x62, "Numpad0", 82, 0x52, 0x52),
    PhysicalKey(0x63, "NumpadDecimal", 83, 0x53, 0x41),
    PhysicalKey(0x64, "IntlBackslash", 86, 0x56, 0x0A),
    PhysicalKey(0x65, "ContextMenu", 127, 0xE05D, 0x6E),
    PhysicalKey(0x66, "Power", 116, 0xE05E, None),
    PhysicalKey(0x67, "NumpadEqual", 117, 0x59, 0x51),
    PhysicalKey(0x68, "F13", 183, 0x64, 0x69),
    PhysicalKey(0x69, "F14", 184, 0x65, 0x6B),
    PhysicalKey(0x6A, "F15", 185, 0x66, 0x71),
    PhysicalKey(0x6B, "F16", 186, 0x67, 0x6A),
    PhysicalKey(0x6C, "F17", 187, 0x68, 0x40),
    PhysicalKey(0x6D, "F18", 188, 0x69, 0x4F),
    PhysicalKey(0x6E, "F19", 189, 0x6A, 0x50),
    PhysicalKey(0x6F, "F20", 190, 0x6B, 0x5A),
    PhysicalKey(0x70, "F21", 191, 0x6C, None),
    PhysicalKey(0x71, "F22", 192, 0x6D, None),
    PhysicalKey(0x72, "F23", 193, 0x6E, None),
    PhysicalKey(0x73, "F24", 194, 0x76, None),
    PhysicalKey(0x74, "Open", 134, None, None),
    PhysicalKey(0x75, "Help", 138, 0xE03B, None),
    PhysicalKey(0x76, "Props", 130, None, None),
    PhysicalKey(0x77, "Select", 132, None, None),
    PhysicalKey(0x78, "Stop", 128, None, None),
    PhysicalKey(0x79, "Again", 129, None, None),
    PhysicalKey(0x7A, "Undo", 131, 0xE008, None),
    PhysicalKey(0x7B, "Cut", 137, 0xE017, None),
    PhysicalKey(0x7C, "Copy", 133, 0xE018, None),
    PhysicalKey(0x7D, "Paste", 135, 0xE00A, None),
    PhysicalKey(0x7E, "Find", 136, None, None),
    PhysicalKey(0x7F, "AudioVolumeMute", 113, 0xE020, 0x4A),
    PhysicalKey(0x80, "AudioVolumeUp", 115, 0xE030, 0x48),
    PhysicalKey(0x81, "AudioVolumeDown", 114, 0xE02E, 0x49),
    PhysicalKey(0x85, "NumpadComma", 121, 0x7E, 0x5F),
    PhysicalKey(0x87, "IntlRo", 89, 0x73, 0x5E),
    PhysicalKey(0x88, "KanaMode", 93, 0x70, None),
    PhysicalKey(0x89, "IntlYen", 124, 0x7D, 0x5D),
    PhysicalKey(0x8A, "Convert", 92, 0x79, None),
    PhysicalKey(0x8B, "NonConvert", 94, 0x7B, None),
    PhysicalKey(0x8C, "NumpadJpComma", 95, 0x5C, None),
    PhysicalKey(0x90, "Lang1", 122, 0x72, 0x68),
    PhysicalKey(0x91, "Lang2", 123, 0x71, 0x66),
    PhysicalKey(0x92, "Lang3", 90, 0x78, None),
    PhysicalKey(0x93, "Lang4", 91, 0x77, None),
    PhysicalKey(0x94, "Lang5", 85, None, None),
    PhysicalKey(0xB6, "NumpadParenLeft", 179, None, None),
    PhysicalKey(0xB7, "NumpadParenRight", 180, None, None),
    PhysicalKey(0xE0, "ControlLeft", 29, 0x1D, 0x3B),
    PhysicalKey(0xE1, "ShiftLeft", 42, 0x2A, 0x38),
    PhysicalKey(0xE2, "AltLeft", 56, 0x38, 0x3A),
    PhysicalKey(0xE3, "MetaLeft", 125, 0xE05B, 0x37),
    PhysicalKey(0xE4, "ControlRight", 97, 0xE01D, 0x3E),
    PhysicalKey(0xE5, "ShiftRight", 54, 0x36, 0x3C),
    PhysicalKey(0xE6, "AltRight", 100, 0xE038, 0x3D),
    PhysicalKey(0xE7, "MetaRight", 126, 0xE05C, 0x36),
    PhysicalKey(0xE8, "MediaPlayPause", 164, 0xE022, None),
    PhysicalKey(0xE9, "MediaStop", 166, 0xE024, None),
    PhysicalKey(0xEA, "MediaTrackPrevious", 165, 0xE010, None),
    PhysicalKey(0xEB, "MediaTrackNext", 163, 0xE019, None),
    PhysicalKey(0xEC, "Eject", 161, 0xE02C, None),
    PhysicalKey(0xF0, "LaunchBrowser", 150, 0xE032, None),
    PhysicalKey(0xF1, "BrowserBack", 158, 0xE06A, None),
    PhysicalKey(0xF2, "BrowserForward", 159, 0xE069, None),
    PhysicalKey(0xF8, "Sleep", 142, 0xE05F, None),
    PhysicalKey(0xF9, "LockScreen", 152, None, None),
    PhysicalKey(0xFA, "BrowserRefresh", 173, 0xE067, None),
    PhysicalKey(0xFB, "LaunchCalculator", 140, 0xE021, None),
)
"""Where two usages share a native code (0x31 and 0x32), the first is what it is read as."""

CONTROL_LEFT: Final = 0xE0
SHIFT_LEFT: Final = 0xE1
ALT_LEFT: Final = 0xE2
META_LEFT: Final = 0xE3
CONTROL_RIGHT: Final = 0xE4
SHIFT_RIGHT: Final = 0xE5
ALT_RIGHT: Final = 0xE6
META_RIGHT: Final = 0xE7

_KEYS_BY_USAGE: Final = MappingProxyType({key.usage: key for key in PHYSICAL_KEYS})
_KEYS_BY_NAME: Final = MappingProxyType({key.name: key for key in PHYSICAL_KEYS})


def _index_by(attribute: str) -> Mapping[int, PhysicalKey]:
    """Index the table by a native code; of two keys with one code the first stands."""
    found: dict[int, PhysicalKey] = {}
    for key in PHYSICAL_KEYS:
        code: int | None = getattr(key, attribute)
        if code is not None:
            found.setdefault(code, key)
    return MappingProxyType(found)


_KEYS_BY_EVDEV: Final = _index_by("evdev_code")
_KEYS_BY_SCAN_CODE: Final = _index_by("windows_scan_code")
_KEYS_BY_VIRTUAL_KEY: Final = _index_by("mac_virtual_key")


def key_at(usage: int) -> PhysicalKey | None:
    """Find a place by its HID usage."""
    return _KEYS_BY_USAGE.get(usage)


def usage_of(name: str) -> int:
    """Find the HID usage of a place that this program names itself. Raises KeyError."""
    return _KEYS_BY_NAME[name].usage


def key_from_x_keycode(keycode: int) -> PhysicalKey | None:
    """Find the place of an X (or Qt on X11 and Wayland) keycode."""
    return _KEYS_BY_EVDEV.get(keycode - X_KEYCODE_OFFSET)


def key_from_windows_scan_code(scan_code: int) -> PhysicalKey | None:
    """Find the place of a set 1 scan code, 0xE0 in the high byte for extended keys."""
    return _KEYS_BY_SCAN_CODE.get(scan_code)


def key_from_qt_windows_scan_code(scan_code: int) -> PhysicalKey | None:
    """Find the place of what Qt on Windows reports as the native scan code."""
    if scan_code & QT_WINDOWS_EXTENDED_BIT:
        return _KEYS_BY_SCAN_CODE.get(0xE000 | (scan_code & 0xFF))
    return _KEYS_BY_SCAN_CODE.get(scan_code)


def key_from_mac_virtual_key(virtual_key: int) -> PhysicalKey | None:
    """Find the place of a macOS virtual key code."""
    return _KEYS_BY_VIRTUAL_KEY.get(virtual_key)


def is_modifier(usage: int) -> bool:
    """Tell whether this place is one of the eight modifier keys."""
    return CONTROL_LEFT <= usage <= META_RIGHT


def is_keypad(usage: int) -> bool:
    """Tell whether this place is on the keypad, NumLock itself apart."""
    return 0x54 <= usage <= 0x63 or usage in (0x67, 0x85, 0x8C, 0xB6, 0xB7)
