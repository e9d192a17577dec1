"""Pointer and keys by pynput, where there is no file for the system itself: Windows, macOS.

Characters are typed as characters, with the modifiers that this sink holds lifted for as long
as the character's key is down; places are the system's own codes of them. pynput is imported
when a sink is made, because on X11, where it is tested, importing it needs a display.
"""

import ctypes
import ctypes.util
import sys
from collections.abc import Iterable
from typing import Any, Final

from common.protocol.physical_keys import PhysicalKey, is_modifier, key_at, usage_of
from common.protocol.session_messages import UNITS_PER_NOTCH, PointerButton
from target_app.injection.contract import (
    HoldKind,
    HoldRecorder,
    InjectionProblem,
    InjectionUnavailable,
)
from target_app.injection.wheel import WheelAccumulator
from target_app.injection.x11_keysyms import is_typeable

_CHARACTER_FLAG: Final = 0x01000000
"""Marks a hold's code as a character's code point and not a place."""
_BUTTON_NAMES: Final = {
    PointerButton.LEFT: ("left",),
    PointerButton.MIDDLE: ("middle",),
    PointerButton.RIGHT: ("right",),
    PointerButton.BACK: ("x1", "button8"),
    PointerButton.FORWARD: ("x2", "button9"),
}
_VSC_TO_VK_EX: Final = 3
_EXTENDED_KEY: Final = 0x0001
"""MAPVK_VSC_TO_VK_EX of MapVirtualKeyW and KEYEVENTF_EXTENDEDKEY of KEYBDINPUT (Microsoft)."""
_TEXT_KEYS: Final = {"\n": usage_of("Enter"), "\r": usage_of("Enter"), "\t": usage_of("Tab")}
_PYNPUT_NAMES: Final = {
    **{"Enter": "enter", "Escape": "esc", "Backspace": "backspace", "Tab": "tab"},
    **{"Space": "space", "CapsLock": "caps_lock", "PrintScreen": "print_screen"},
    **{"ScrollLock": "scroll_lock", "Pause": "pause", "Insert": "insert", "Home": "home"},
    **{"PageUp": "page_up", "Delete": "delete", "End": "end", "PageDown": "page_down"},
    **{"ArrowRight": "right", "ArrowLeft": "left", "ArrowDown": "down", "ArrowUp": "up"},
    **{"NumLock": "num_lock", "NumpadEnter": "enter", "ContextMenu": "menu"},
    **{"ControlLeft": "ctrl_l", "ShiftLeft": "shift_l", "AltLeft": "alt_l", "MetaLeft": "cmd_l"},
    **{"ControlRight": "ctrl_r", "ShiftRight": "shift_r", "AltRight": "alt_r"},
    **{"MetaRight": "cmd_r"},
    **{f"F{number}": f"f{number}" for number in range(1, 21)},
}
_US_CHARACTERS: Final = {
    **{f"Key{letter}": letter.lower() for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"},
    **{f"{row}{digit}": digit for row in ("Digit", "Numpad") for digit in "0123456789"},
    **{"Minus": "-", "Equal": "=", "BracketLeft": "[", "BracketRight": "]", "Backslash": "\\"},
    **{"Semicolon": ";", "Quote": "'", "Backquote": "`", "Comma": ",", "Period": ".", "Slash": "/"},
    **{"NumpadDivide": "/", "NumpadMultiply": "*", "NumpadSubtract": "-", "NumpadAdd": "+"},
    **{"NumpadDecimal": ".", "NumpadEqual": "="},
}


def check_permission() -> None:
    """Raise InjectionUnavailable where the system has not been told to let this program in.

    Source: Apple, Accessibility, AXIsProcessTrusted.
    """
    if sys.platform == "darwin":
        library = ctypes.util.find_library("ApplicationServices")
        if library and not ctypes.cdll.LoadLibrary(library).AXIsProcessTrusted():
            raise InjectionUnavailable(InjectionProblem.NOT_PERMITTED)


class GenericSink:
    """An InputSink on pynput. What it holds is told to the recorder first."""

    def __init__(self, recorder: HoldRecorder) -> None:
        try:
            from pynput import keyboard, mouse
        except ImportError as error:
            raise InjectionUnavailable(InjectionProblem.NO_DISPLAY, str(error)) from None
        self._recorder = recorder
        self._key_module = keyboard
        self._button_module = mouse
        self._keyboard = keyboard.Controller()
        self._mouse = mouse.Controller()
        self._keys: dict[tuple[int, str], Any] = {}
        self._buttons: dict[PointerButton, Any] = {}
        self._lifted: list[tuple[int, str]] = []
        self._horizontal = WheelAccumulator()
        self._vertical = WheelAccumulator()

    # The pointer.

    def pointer_position(self) -> tuple[int, int]:
        """Tell where the pointer is."""
        x, y = self._mouse.position
        return int(x), int(y)

    def move_pointer(self, x: int, y: int) -> None:
        """Put the pointer there."""
        self._mouse.position = (x, y)

    def press_button(self, button: PointerButton) -> None:
        """Press a button, if this system has it."""
        if button in self._buttons:
            return
        system_button = self._system_button(button)
        if system_button is None:
            return
        self._put_modifiers_back()
        self._buttons[button] = system_button
        self._recorder.hold(HoldKind.BUTTON, int(button))
        self._mouse.press(system_button)

    def release_button(self, button: PointerButton) -> None:
        """Release a button that this sink holds."""
        system_button = self._buttons.pop(button, None)
        if system_button is not None:
            self._mouse.release(system_button)
            self._recorder.let_go(HoldKind.BUTTON, int(button))

    def _system_button(self, button: PointerButton) -> Any:
        """Find pynput's name for a button, which differs by system; None where it has none."""
        names = (getattr(self._button_module.Button, name, None) for name in _BUTTON_NAMES[button])
        return next(filter(None, names), None)

    def turn_wheel(self, horizontal: int, vertical: int) -> None:
        """Turn the wheels; only Windows knows parts of notches."""
        self._put_modifiers_back()
        if sys.platform == "win32":
            self._mouse.scroll(horizontal / UNITS_PER_NOTCH, vertical / UNITS_PER_NOTCH)
        else:
            self._mouse.scroll(self._horizontal.turn(horizontal), self._vertical.turn(vertical))

    # Keys.

    def press_key(self, physical: int, character: str) -> None:
        """Press a character, or else a place."""
        self._put_modifiers_back()
        self.release_key(physical, character)
        if is_typeable(character):
            self._lift_modifiers()
            key = self._key_module.KeyCode.from_char(character)
        else:
            key = self._key_for(physical)
        if key is not None:
            self._keys[physical, character] = key
            self._send_key((physical, character), key, is_down=True)

    def release_key(self, physical: int, character: str) -> None:
        """Release a key that this sink holds, then put back the modifiers lifted for it."""
        key = self._keys.pop((physical, character), None)
        if key is not None:
            self._send_key((physical, character), key, is_down=False)
            self._put_modifiers_back()

    def type_text(self, text: str) -> None:
        """Type text; a new line is Enter, a tabulator Tab."""
        for character in text:
            place = _TEXT_KEYS.get(character, 0)
            typed = "" if place else character
            self.press_key(place, typed)
            self.release_key(place, typed)

    def _send_key(self, name: tuple[int, str], key: Any, is_down: bool) -> None:
        code = _hold_code(*name)
        if is_down:
            self._recorder.hold(HoldKind.KEY, code)
        try:
            (self._keyboard.press if is_down else self._keyboard.release)(key)
        except self._keyboard.InvalidKeyException:
            self._keys.pop(name, None)  # nothing on this system types it
            is_down = False
        if not is_down:
            self._recorder.let_go(HoldKind.KEY, code)

    def _lift_modifiers(self) -> None:
        self._lifted = [name for name in self._keys if not name[1] and is_modifier(name[0])]
        for name in self._lifted:
            self._send_key(name, self._keys[name], is_down=False)

    def _put_modifiers_back(self) -> None:
        lifted, self._lifted = self._lifted, []
        for name in lifted:
            if name in self._keys:
                self._send_key(name, self._keys[name], is_down=True)

    def _key_for(self, physical: int) -> Any:
        """Find what this system calls a place; None where it has no such key."""
        place = key_at(physical)
        return None if place is None else _system_key(place, self._key_module)

    # The end.

    @property
    def is_holding(self) -> bool:
        """Whether a key or button is down by this sink."""
        return bool(self._keys or self._buttons)

    def adopt(self, kind: HoldKind, code: int) -> None:
        """Take over what another sink has left down, to let go of it."""
        if kind is HoldKind.BUTTON:
            button = PointerButton(code)
            self._buttons[button] = self._system_button(button)
        elif kind is HoldKind.KEY and code & _CHARACTER_FLAG:
            character = chr(code & ~_CHARACTER_FLAG)
            self._keys[0, character] = self._key_module.KeyCode.from_char(character)
        elif kind is HoldKind.KEY:
            self._keys[code, ""] = self._key_for(code)

    def release_all(self) -> None:
        """Let go of all keys and buttons."""
        self._put_modifiers_back()
        for name in list(self._keys):
            self.release_key(*name)
        for button in list(self._buttons):
            self.release_button(button)

    def close(self) -> None:
        """Let go of everything."""
        self.release_all()


def _hold_code(physical: int, character: str) -> int:
    return _CHARACTER_FLAG | ord(character) if is_typeable(character) else physical


def _system_key(place: PhysicalKey, keys: Any) -> Any:
    """Turn a place into pynput's key: the system's code, or its name and US character."""
    if sys.platform == "win32":
        return _windows_key(place, keys)
    elif sys.platform == "darwin":
        code = place.mac_virtual_key
        return None if code is None else keys.KeyCode.from_vk(code)
    else:
        name = _PYNPUT_NAMES.get(place.name)
        character = _US_CHARACTERS.get(place.name)
        if name is not None:
            return getattr(keys.Key, name, None)
        return None if character is None else keys.KeyCode.from_char(character)


if sys.platform == "win32":

    def _windows_key(place: PhysicalKey, keys: Any) -> Any:
        """Ask the target's layout which virtual key lies at a scan code."""
        scan_code = place.windows_scan_code
        if scan_code is None:
            return None
        virtual_key = ctypes.windll.user32.MapVirtualKeyW(scan_code, _VSC_TO_VK_EX)
        if not virtual_key:
            return None
        flags = _EXTENDED_KEY if scan_code >> 8 else 0
        return keys.KeyCode.from_vk(virtual_key, _flags=flags, _scan=scan_code & 0xFF)


class _NoRecord:
    """A recorder for what is only being let go."""

    def hold(self, kind: HoldKind, code: int) -> None:
        """Nothing is held."""

    def let_go(self, kind: HoldKind, code: int) -> None:
        """Nothing was held."""


def release_left_behind(display_name: str, held: Iterable[tuple[int, int]]) -> None:
    """Let go of what a dead sink held, as (HoldKind value, code). For the watchdog's process."""
    sink = GenericSink(_NoRecord())
    for kind, code in held:
        sink.adopt(HoldKind(kind), code)
    sink.close()
