"""How much input a target takes in a second (security.md 2.4): two buckets of tokens.

More than this is not a person's hand, and would keep the target so busy with injecting that
its user's own wish to end the session came late. A message costs what it makes the target
inject: a text its characters, a wheel its notches. Knows no session; `TargetSession` asks.
"""

from typing import Final

from common.protocol.session_messages import (
    UNITS_PER_NOTCH,
    InputMessage,
    TextTyped,
    WheelTurned,
)

EVENTS_PER_SECOND: Final = 1000
TEXT_BURST_CHARACTERS: Final = 4096


class InputRate:
    """Counts input against a steady rate: a second's worth of events at once, and a burst of
    text that somebody has pasted."""

    def __init__(self, now: float) -> None:
        self._events = _Bucket(EVENTS_PER_SECOND, now)
        self._characters = _Bucket(TEXT_BURST_CHARACTERS, now)

    def admits(self, message: InputMessage, now: float) -> bool:
        """Tell whether this message fits into the rate, and count it if it does."""
        match message:
            case TextTyped(text):
                return self._characters.take(len(text), now)
            case WheelTurned(horizontal, vertical):
                notches = (abs(horizontal) + abs(vertical)) // UNITS_PER_NOTCH
                return self._events.take(1 + notches, now)
            case _:
                return self._events.take(1, now)


class _Bucket:
    """Tokens that come back at EVENTS_PER_SECOND, up to a capacity."""

    def __init__(self, capacity: int, now: float) -> None:
        self._capacity = float(capacity)
        self._tokens = self._capacity
        self._counted_at = now

    def take(self, tokens: int, now: float) -> bool:
        """Take all of these tokens, or none."""
        gained = (now - self._counted_at) * EVENTS_PER_SECOND
        self._tokens = min(self._capacity, self._tokens + gained)
        self._counted_at = now
        if self._tokens < tokens:
            return False
        self._tokens -= tokens
        return True
