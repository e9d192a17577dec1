"""How much input a target takes in a second (security.md 2.4): a bucket of tokens.

More than this is not a person's hand. Releases and the newest pointer position are never
what overflows it: a release always passes, a move may be left out because another follows.
"""

from typing import Final

from common.protocol.held_input import is_release
from common.protocol.session_messages import InputMessage

EVENTS_PER_SECOND: Final = 1000


class InputRate:
    """Counts input messages against a steady rate with one second's worth of burst."""

    def __init__(self) -> None:
        self._tokens = float(EVENTS_PER_SECOND)
        self._counted_at: float | None = None

    def admits(self, message: InputMessage, now: float) -> bool:
        """Tell whether this message fits into the rate, and count it if it does."""
        if self._counted_at is not None:
            gained = (now - self._counted_at) * EVENTS_PER_SECOND
            self._tokens = min(float(EVENTS_PER_SECOND), self._tokens + gained)
        self._counted_at = now
        if is_release(message):
            return True
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
