"""Parts of wheel notches, gathered to whole ones for systems that know no others."""

from common.protocol.session_messages import UNITS_PER_NOTCH


class WheelAccumulator:
    """Gathers parts of notches of one axis; a turn back forgets the part turned so far."""

    def __init__(self) -> None:
        self._units = 0

    def turn(self, units: int) -> int:
        """Add units; gives the whole notches that are due, with their sign."""
        if units * self._units < 0:
            self._units = 0
        self._units += units
        notches = int(self._units / UNITS_PER_NOTCH)
        self._units -= notches * UNITS_PER_NOTCH
        return notches
