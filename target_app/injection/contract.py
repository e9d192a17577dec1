"""What the target needs of a system to be worked from afar: a sink, a guard, a record of holds.

The sinks are the only files that call a system's input functions, one per kind of system;
`injector.py` alone calls them. None of this knows of sessions, policies or sockets: who
may inject at all is decided before. Coordinates are pixels of the shared screen, all
monitors as one desktop, origin top left.
"""

from enum import Enum
from typing import Protocol

from common.errors import RemoteControlError
from common.protocol.session_messages import PointerButton


class InjectionProblem(Enum):
    """Why this computer's pointer and keyboard can't be worked."""

    WAYLAND = "wayland"
    """A Wayland session: it lets no program work the pointer and keyboard of others."""
    NO_DISPLAY = "no_display"
    EXTENSION_MISSING = "extension_missing"
    """The X server lacks XTEST or XKEYBOARD."""
    NOT_PERMITTED = "not_permitted"
    """The system wants to be told first (macOS: Privacy, Accessibility)."""


class InjectionUnavailable(RemoteControlError):
    """Nothing can be injected on this system. `detail` goes to the log alone."""

    def __init__(self, problem: InjectionProblem, detail: str = "") -> None:
        super().__init__(f"{problem.name}: {detail}" if detail else problem.name)
        self.problem = problem
        self.detail = detail


class InputSink(Protocol):
    """One system's pointer and keyboard. Not thread-safe: one thread owns it.

    A key is named by its place (HID usage on page 7, 0 where unknown) and its character
    (one, or empty for a key that goes by its place), and is released by the same two.
    What can't be pressed on this system is left out in silence.
    """

    def move_pointer(self, x: int, y: int) -> None:
        """Put the pointer there."""

    def press_button(self, button: PointerButton) -> None:
        """Press a button where the pointer is."""

    def release_button(self, button: PointerButton) -> None:
        """Release a button where the pointer is; nothing happens if it is not held."""

    def turn_wheel(self, horizontal: int, vertical: int) -> None:
        """Turn the wheels by 1/120 of a notch; positive is right and up."""

    def press_key(self, physical: int, character: str) -> None:
        """Press a key: its character by this system's own layout, else its place."""

    def release_key(self, physical: int, character: str) -> None:
        """Release the key that was pressed with these; nothing happens if none was."""

    def type_text(self, text: str) -> None:
        """Type text, whether or not this system's layout has its characters."""

    def release_all(self) -> None:
        """Let go of all keys and buttons that this sink holds."""

    @property
    def is_holding(self) -> bool:
        """Whether a key or button is down by this sink."""

    def close(self) -> None:
        """Let go of everything, undo what was changed for typing, and disconnect."""


class OwnWindowGuard(Protocol):
    """Knows where Farhand's own windows are: nothing may be injected there.

    Doubt is answered with True: what can't be found out is forbidden.
    """

    def forbids_pointer_at(self, x: int, y: int) -> bool:
        """Tell whether a window of our own is what is seen at this place."""

    def forbids_buttons(self) -> bool:
        """Tell whether a button or the wheel would reach a window of our own now."""

    def forbids_keys(self) -> bool:
        """Tell whether a key would reach a window of our own now."""


class HoldKind(Enum):
    """What can be left behind by a process that dies; the value is the record's first byte."""

    KEY = 0x4B
    BUTTON = 0x42
    BORROWED_KEYCODE = 0x4D


class HoldRecorder(Protocol):
    """Is told of everything that would have to be undone if this process died now."""

    def hold(self, kind: HoldKind, code: int) -> None:
        """Note, before it is pressed or borrowed, what is about to be held. Never waits."""

    def let_go(self, kind: HoldKind, code: int) -> None:
        """Note, after it was released or given back, what is held no longer. Never waits."""
