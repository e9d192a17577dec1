"""The alarm that somebody guesses codes at this node (protocol.md 2).

While it is on, new codes have nine secret digits and at least five routing digits. It goes
on at 20 wrong codes in an hour and off after 24 hours in which that never was so.
"""

from common.broker.address_limits import HOUR_SECONDS, SlidingWindow
from common.broker.limits import Limits


class GuessingAlarm:
    """Counts wrong codes of all addresses together."""

    def __init__(self, limits: Limits) -> None:
        self._quiet_seconds = limits.alarm_quiet_seconds
        self._wrong_codes = SlidingWindow(limits.alarm_wrong_codes, HOUR_SECONDS)
        self._on_until = float("-inf")

    def wrong_code(self, now: float) -> None:
        """Count a code whose secret digits were wrong."""
        self._wrong_codes.add(now)
        if self._wrong_codes.is_full(now):
            self._on_until = now + self._quiet_seconds

    def is_on(self, now: float) -> bool:
        """Tell whether new codes must be longer."""
        return now < self._on_until
