"""Which unused keycode is lent to a character that the layout lacks: pure, with time as `now`.

Programs read the keyboard map anew when they are told of a change, but they get the map of
that moment, not of the key press that they are still to handle. So a keycode that was just
used must not get another meaning until they have read it: the one unused longest is lent,
and if even that was used a moment ago, `lend` says how long to wait. Nothing can tell when
a program has read its events; xdotool and x11vnc wait blindly before and after every key.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

SETTLE_SECONDS: Final = 0.25
"""How long a busy program may take to read a key press. Judgement: programs that stall longer
than this lose characters, only where more than all spare keys are used within it."""


@dataclass(frozen=True, slots=True)
class Loan:
    """A keycode for a character; to be bound where `is_new`, after `wait_seconds`."""

    keycode: int
    is_new: bool
    wait_seconds: float


@dataclass(frozen=True, slots=True)
class Choice:
    """The keycodes without a meaning, and those that are down and must keep theirs."""

    free: tuple[int, ...]
    held: frozenset[int]


class SpareKeys:
    """The keycodes that are lent, to which characters, and when each was used last."""

    def __init__(self) -> None:
        self._keycodes: dict[str, int] = {}
        self._used_at: dict[int, float] = {}

    @property
    def lent(self) -> Mapping[str, int]:
        """The characters that have a keycode of ours."""
        return MappingProxyType(self._keycodes.copy())

    def note_use(self, keycode: int, now: float) -> None:
        """A keycode was pressed; if it is one of ours it keeps its meaning for a while."""
        if keycode in self._used_at:
            self._used_at[keycode] = now

    def lend(self, character: str, choice: "Choice", now: float) -> Loan | None:
        """Find a keycode for a character: its own, an unused one, or the one unused longest.

        None where there is no spare keycode.
        """
        keycode = self._keycodes.get(character)
        if keycode is not None:
            self._used_at[keycode] = now
            return Loan(keycode, is_new=False, wait_seconds=0.0)
        unused = next((code for code in choice.free if code not in self._used_at), None)
        if unused is not None:
            return self._settle(character, unused, 0.0, now)
        idle = {char: code for char, code in self._keycodes.items() if code not in choice.held}
        if not idle:
            return None
        previous, oldest = min(idle.items(), key=lambda item: self._used_at[item[1]])
        wait_seconds = max(0.0, self._used_at[oldest] + SETTLE_SECONDS - now)
        del self._keycodes[previous]
        return self._settle(character, oldest, wait_seconds, now)

    def _settle(self, character: str, keycode: int, wait_seconds: float, now: float) -> Loan:
        self._keycodes[character] = keycode
        self._used_at[keycode] = now + wait_seconds
        return Loan(keycode, is_new=True, wait_seconds=wait_seconds)

    def forget(self, keycode: int) -> None:
        """A keycode no longer carries what was bound to it: a new layout was set."""
        self._keycodes = {char: code for char, code in self._keycodes.items() if code != keycode}
        self._used_at.pop(keycode, None)

    def seconds_to_settle(self, now: float) -> float:
        """Tell how long until every program should have read its last borrowed key."""
        return max((used + SETTLE_SECONDS - now for used in self._used_at.values()), default=0.0)
