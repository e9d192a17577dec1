"""The key combinations of the session window's menu: those that the local system would keep.

Data alone; all of it goes by place, pressed in order and released in reverse order.
"""

from dataclasses import dataclass
from typing import Final

from common.protocol.physical_keys import usage_of
from common.protocol.session_messages import KeyPressed, KeyReleased


@dataclass(frozen=True, slots=True)
class KeyCombination:
    """One entry of the menu: what it is called, and the HID usages of its keys in order."""

    name: str
    usages: tuple[int, ...]

    def messages(self) -> tuple[KeyPressed | KeyReleased, ...]:
        """Say what presses and releases it."""
        pressed = (KeyPressed(usage, "") for usage in self.usages)
        released = (KeyReleased(usage, "") for usage in reversed(self.usages))
        return (*pressed, *released)


_PLACES: Final = {
    "Ctrl": "ControlLeft",
    "Alt": "AltLeft",
    "Shift": "ShiftLeft",
    "Windows key": "MetaLeft",
    "Del": "Delete",
    "Esc": "Escape",
    "Print Screen": "PrintScreen",
}


def _combination(name: str) -> KeyCombination:
    """Read a combination from its name: the keys as people write them, joined by plus signs."""
    return KeyCombination(name, tuple(_usage_named(part) for part in name.split("+")))


def _usage_named(part: str) -> int:
    return usage_of(_PLACES.get(part) or (f"Key{part}" if len(part) == 1 else part))


KEY_COMBINATIONS: Final = tuple(
    _combination(name)
    for name in (
        "Ctrl+Alt+Del",
        "Ctrl+Shift+Esc",
        "Alt+Tab",
        "Alt+F4",
        "Alt+Esc",
        "Windows key",
        "Windows key+L",
        "Windows key+R",
        "Windows key+D",
        "Windows key+E",
        "Windows key+Tab",
        "Ctrl+Esc",
        "Print Screen",
        "Alt+Print Screen",
        *(f"Ctrl+Alt+F{number}" for number in range(1, 8)),
    )
)
CONTROL_ALT_DELETE: Final = KEY_COMBINATIONS[0]
"""The one with a button of its own."""
