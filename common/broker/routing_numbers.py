"""Which routing numbers are free, in use or resting, and how a rested one ended.

A free one is drawn at random from the shortest length of which no more than a fifth is taken
(protocol.md 2). A number rests for an hour after its code has died, and as long the node can
say how: a later claim hears "expired" or "used" instead of "unknown". Bounded, because at
most a fifth of the million numbers of six digits is ever taken.
"""

from collections import OrderedDict
from dataclasses import dataclass
from random import Random
from typing import Final

from common.broker.limits import Limits
from common.reasons import CodeEnd

FEWEST_DIGITS: Final = 4
MOST_DIGITS: Final = 6


@dataclass(frozen=True, slots=True)
class _Rest:
    until: float
    end: CodeEnd


class RoutingNumbers:
    """The pool. `draw` takes a number into use, `rest` lays it aside, time frees it."""

    def __init__(self, limits: Limits, randomness: Random) -> None:
        self._limits = limits
        self._randomness = randomness
        self._in_use: set[str] = set()
        self._resting: OrderedDict[str, _Rest] = OrderedDict()
        self._taken = dict.fromkeys(range(FEWEST_DIGITS, MOST_DIGITS + 1), 0)

    def taken_count(self) -> int:
        """Count what is in use or resting."""
        return sum(self._taken.values())

    def draw(self, now: float, fewest_digits: int = FEWEST_DIGITS) -> str | None:
        """Take a free number into use; None when too many of every length are taken."""
        self._free_rested(now)
        for digits in range(fewest_digits, MOST_DIGITS + 1):
            if self._taken[digits] * 100 <= self._limits.busy_numbers_percent * 10**digits:
                return self._draw_of_length(digits)
        return None

    def rest(self, number: str, end: CodeEnd, now: float) -> None:
        """Lay a number aside whose code has died."""
        self._in_use.remove(number)
        self._resting[number] = _Rest(now + self._limits.number_rest_seconds, end)

    def end_of(self, number: str, now: float) -> CodeEnd | None:
        """Say how the last code with this number ended; None when that is not known."""
        self._free_rested(now)
        resting = self._resting.get(number)
        return resting.end if resting else None

    def _draw_of_length(self, digits: int) -> str:
        # At most a fifth is taken (nine tenths by settings), so few draws find a free one.
        while True:
            number = f"{self._randomness.randrange(10**digits):0{digits}d}"
            if number not in self._in_use and number not in self._resting:
                self._in_use.add(number)
                self._taken[digits] += 1
                return number

    def _free_rested(self, now: float) -> None:
        while self._resting:
            number, resting = next(iter(self._resting.items()))
            if resting.until > now:
                return
            del self._resting[number]
            self._taken[len(number)] -= 1
