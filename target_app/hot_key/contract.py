"""The contract of the key that ends a session at once, from wherever the focus is.

One file per platform keeps it, `chooser` picks one. It listens only while it is started,
which is only while somebody is connected. Knows nothing of sessions.
"""

from collections.abc import Callable
from typing import Protocol


class HotKey(Protocol):
    """The Pause key, system-wide. All calls, and `pressed`, on the Qt thread."""

    def start(self, pressed: Callable[[], None]) -> bool:
        """Call `pressed` at each press from now on. False: the key can't be had here."""

    def stop(self) -> None:
        """Give the key back. May be called at any time, also twice."""


class NoHotKey:
    """Where no key can be watched system-wide: tray and window end the session."""

    def start(self, pressed: Callable[[], None]) -> bool:
        """Say that there is none."""
        return False

    def stop(self) -> None:
        """Nothing to give back."""
