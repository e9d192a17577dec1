"""What a key of the technician means to the target: pure, from plain values to messages.

A key that types goes by its character, so that layouts may differ; shortcuts and all other
keys go by their place. Each key is remembered under its native code with what it was sent as,
so a release always matches its press, whatever modifiers and layout are by then. Modifiers
that only choose a character here (AltGr, Option) are not the target's business: they are kept
back until a key goes by its place. Driven by the session window; knows no Qt, only its numbers.

Sources: Qt 6, `Qt::Key` and `Qt::KeyboardModifier` (numbers), QKeyEvent (native codes).
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final

from common.protocol.physical_keys import (
    PhysicalKey,
    is_keypad,
    is_modifier,
    key_from_mac_virtual_key,
    key_from_qt_windows_scan_code,
    key_from_x_keycode,
    usage_of,
)
from common.protocol.session_messages import (
    MAXIMUM_TEXT_CHARACTERS,
    AllReleased,
    InputMessage,
    KeyPressed,
    KeyReleased,
    TextTyped,
)

SHIFT: Final = 0x02000000
CONTROL: Final = 0x04000000
ALT: Final = 0x08000000
META: Final = 0x10000000
"""Qt::KeyboardModifier. On macOS, CONTROL is Command and META is Control."""
_QT_KEY_ALT_GR: Final = 0x01001103
_QT_KEY_MULTI: Final = 0x01001120
_QT_DEAD_KEYS: Final = range(0x01001250, 0x010012A0)
_ALT_RIGHT: Final = usage_of("AltRight")
_ALT_PLACES: Final = frozenset((usage_of("AltLeft"), _ALT_RIGHT))
_COMMAND_PLACES: Final = frozenset((usage_of("MetaLeft"), usage_of("MetaRight")))
_SHIFT_PLACES: Final = frozenset((usage_of("ShiftLeft"), usage_of("ShiftRight")))
_UNLOCKED_KEYPAD: Final = {
    usage_of(f"Numpad{digit}"): usage_of(name)
    for digit, name in (
        *((0, "Insert"), (1, "End"), (2, "ArrowDown"), (3, "PageDown"), (4, "ArrowLeft")),
        *((6, "ArrowRight"), (7, "Home"), (8, "ArrowUp"), (9, "PageUp")),
    )
} | {usage_of("NumpadDecimal"): usage_of("Delete")}


class Platform(Enum):
    """What the controller runs on, as far as native key codes differ."""

    X11 = "x11"
    """And Wayland, where Qt reports the same codes."""
    WINDOWS = "windows"
    MACOS = "macos"


def platform_named(name: str) -> Platform:
    """Tell the platform of a `sys.platform`."""
    return {"win32": Platform.WINDOWS, "darwin": Platform.MACOS}.get(name, Platform.X11)


@dataclass(frozen=True, slots=True)
class NativeKey:
    """What a QKeyEvent says: native codes, Qt's key, text and modifiers, all plain."""

    scan_code: int
    virtual_key: int
    qt_key: int
    text: str
    modifiers: int
    is_auto_repeat: bool = False


class HotKey(Enum):
    """Keys that stay with the controller; the value is what the window shows."""

    GIVE_KEYBOARD_BACK = "Ctrl+Alt+Shift+K"
    FULL_SCREEN = "Ctrl+Alt+Shift+F"
    DISCONNECT = "Ctrl+Alt+Shift+D"


_HOT_KEY_MODIFIERS: Final = SHIFT | CONTROL | ALT
_HOT_KEYS: Final = {hot_key.value[-1]: hot_key for hot_key in HotKey}
_HOT_PLACES: Final = {usage_of(f"Key{letter}"): hot for letter, hot in _HOT_KEYS.items()}


def place_of(platform: Platform, key: NativeKey) -> PhysicalKey | None:
    """Find the place of a key by the platform's native code; None if it has none."""
    match platform:
        case Platform.WINDOWS:
            return key_from_qt_windows_scan_code(key.scan_code)
        case Platform.MACOS:
            return key_from_mac_virtual_key(key.virtual_key)
        case Platform.X11:
            return key_from_x_keycode(key.scan_code)


def hot_key_of(platform: Platform, key: NativeKey) -> HotKey | None:
    """Find the controller's own hot key: by its letter, or where there is none, by its place."""
    if key.is_auto_repeat or key.modifiers & _HOT_KEY_MODIFIERS != _HOT_KEY_MODIFIERS:
        return None
    if ord("A") <= key.qt_key <= ord("Z"):
        return _HOT_KEYS.get(chr(key.qt_key))
    place = place_of(platform, key)
    return _HOT_PLACES.get(place.usage) if place else None


@dataclass(slots=True)
class _Pressed:
    """A key that is down: what it is at the target, and whether the target has it down.

    A modifier that only chooses a character here is down without the target's knowing.
    """

    physical: int
    character: str
    is_sent: bool
    is_with_command: bool


class PressedKeys:
    """The keys that are down, each with what it was sent as."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._pressed: dict[int, _Pressed] = {}

    def press(self, key: NativeKey) -> tuple[InputMessage, ...]:
        """Say what to send for a key that went down; the target repeats by itself."""
        if key.is_auto_repeat:
            return ()
        return (*self._release(self._name_of(key)), *self._press(key))

    def release(self, key: NativeKey) -> tuple[InputMessage, ...]:
        """Say what to send for a key that came up."""
        if key.is_auto_repeat:
            return ()
        return tuple(self._release(self._name_of(key)))

    def type_text(self, text: str) -> tuple[InputMessage, ...]:
        """Say what to send for text of dead keys or an input method."""
        allowed = "".join(character for character in text if _is_typed(character, "\n\t"))
        return tuple(_in_pieces(allowed))

    def release_all(self) -> tuple[InputMessage, ...]:
        """Forget every key, and say what has the target let go of them."""
        self._pressed.clear()
        return (AllReleased(),)

    def _press(self, key: NativeKey) -> Iterator[InputMessage]:
        if key.qt_key in _QT_DEAD_KEYS or key.qt_key == _QT_KEY_MULTI:
            return  # what they make comes as text
        place = place_of(self._platform, key)
        physical = place.usage if place else 0
        character = "" if is_modifier(physical) else self._character_of(key)
        if self._is_kept_back(key, physical):
            kept_back = physical or _ALT_RIGHT  # AltGr can lie where no board has a key
            self._remember(key, _Pressed(kept_back, "", is_sent=False, is_with_command=False))
        elif len(character) > 1:
            yield from self._lift_modifiers()
            yield from _in_pieces(character)
        elif character:
            yield from self._lift_modifiers()
            yield from self._send(key, physical, character)
        elif physical:
            yield from self._put_modifiers_back(physical)
            yield from self._send(key, _unlocked(physical, key.modifiers), "")

    def _character_of(self, key: NativeKey) -> str:
        """Tell what a key types, if it types: no command, and nothing that is a key's code."""
        if not key.text or not all(_is_typed(character) for character in key.text):
            return ""
        commands = key.modifiers & (CONTROL | ALT | META)
        if self._platform is Platform.WINDOWS and commands == CONTROL | ALT:
            return key.text  # so Windows reports AltGr
        if self._platform is Platform.MACOS and commands == ALT:
            return key.text  # Option, which chooses characters there
        return "" if commands else key.text

    def _is_kept_back(self, key: NativeKey, physical: int) -> bool:
        """Tell the modifiers that choose characters: AltGr, and Option on macOS."""
        if key.qt_key == _QT_KEY_ALT_GR:
            return True
        return self._platform is Platform.MACOS and physical in _ALT_PLACES

    def _send(self, key: NativeKey, physical: int, character: str) -> Iterator[InputMessage]:
        is_with_command = any(held.physical in _COMMAND_PLACES for held in self._pressed.values())
        self._remember(key, _Pressed(physical, character, True, is_with_command))
        yield KeyPressed(physical, character)

    def _remember(self, key: NativeKey, pressed: _Pressed) -> None:
        self._pressed[self._name_of(key)] = pressed

    def _lift_modifiers(self) -> Iterator[InputMessage]:
        """Release, at the target, the modifiers that this character has used up here.

        Shift stays: the target knows how to deal with it, and it is wanted for the mouse.
        """
        for held in self._pressed.values():
            is_used_up = is_modifier(held.physical) and held.physical not in _SHIFT_PLACES
            if is_used_up and held.is_sent:
                held.is_sent = False
                yield KeyReleased(held.physical, "")

    def _put_modifiers_back(self, physical: int) -> Iterator[InputMessage]:
        """Press, at the target, the modifiers that are down here: a place is to be pressed."""
        if is_modifier(physical):
            return
        for held in self._pressed.values():
            if is_modifier(held.physical) and not held.is_sent:
                held.is_sent = True
                yield KeyPressed(held.physical, "")

    def _release(self, name: int) -> Iterator[InputMessage]:
        released = self._pressed.pop(name, None)
        if released is None:
            return
        if self._platform is Platform.MACOS and released.physical in _COMMAND_PLACES:
            yield from self._release_with_command()
        if released.is_sent:
            yield KeyReleased(released.physical, released.character)

    def _release_with_command(self) -> Iterator[InputMessage]:
        """macOS tells of no release while Command is down: let go with Command."""
        for name in [name for name, held in self._pressed.items() if held.is_with_command]:
            if not is_modifier(self._pressed[name].physical):
                yield from self._release(name)

    def _name_of(self, key: NativeKey) -> int:
        """Name a native key; what has no code (an input method's) goes by Qt's key."""
        native = key.virtual_key + 1 if self._platform is Platform.MACOS else key.scan_code
        return native or -key.qt_key


def _unlocked(physical: int, modifiers: int) -> int:
    """Turn a keypad key that types nothing, because NumLock is off here, into what it does.

    The target's NumLock may be on. With a modifier it stays the keypad's: Alt+keypad is a code.
    """
    if not is_keypad(physical) or modifiers & (CONTROL | ALT | META):
        return physical
    return _UNLOCKED_KEYPAD.get(physical, physical)


def _is_typed(character: str, allowed_controls: str = "") -> bool:
    """Tell whether a character is text and not a control code or half of a pair."""
    return character in allowed_controls or unicodedata.category(character) not in ("Cc", "Cs")


def _in_pieces(text: str) -> Iterator[InputMessage]:
    for start in range(0, len(text), MAXIMUM_TEXT_CHARACTERS):
        yield TextTyped(text[start : start + MAXIMUM_TEXT_CHARACTERS])
