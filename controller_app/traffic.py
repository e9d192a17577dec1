"""What comes over the line during a session, once a second, for the quality in the bar.

Counts bytes and frames and keeps the newest round trip. It has a timer only while a session
runs, and says nothing when nothing has changed, so an idle session costs nothing.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

INTERVAL_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class TrafficMeasured:
    """The last second: frames shown, megabits received, and the newest round trip, None
    before the first one was measured."""

    frames_per_second: float
    megabits_per_second: float
    round_trip_seconds: float | None


class Traffic:
    """Counts between ticks and publishes TrafficMeasured when it differs from the last."""

    def __init__(self, publish: Callable[[object], None]) -> None:
        self._publish = publish
        self._timer: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._bytes = 0
        self._frames = 0
        self._round_trip_seconds: float | None = None
        self._published: TrafficMeasured | None = None
        self._counts_since = 0.0

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to measure."""
        self._loop = loop
        self._published = self._round_trip_seconds = None
        self._bytes = self._frames = 0

    def stop(self) -> None:
        """Stop measuring."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._loop = None

    def count_received(self, size_bytes: int) -> None:
        """A frame of the line came."""
        self._bytes += size_bytes
        self._arm()

    def count_frame(self) -> None:
        """A picture was shown."""
        self._frames += 1
        self._arm()

    def measured(self, round_trip_seconds: float) -> None:
        """A round trip was measured."""
        self._round_trip_seconds = round_trip_seconds
        self._arm()

    def _arm(self) -> None:
        """The timer runs only after something came: it ends with the first quiet second."""
        if self._timer is None and self._loop is not None:
            self._counts_since = self._loop.time()
            self._timer = self._loop.call_later(INTERVAL_SECONDS, self._tick)

    def _tick(self) -> None:
        self._timer = None
        if self._loop is None:
            return
        seconds = max(self._loop.time() - self._counts_since, INTERVAL_SECONDS / 2)
        measured = TrafficMeasured(
            frames_per_second=round(self._frames / seconds, 1),
            megabits_per_second=round(self._bytes * 8 / seconds / 1e6, 2),
            round_trip_seconds=self._round_trip_seconds,
        )
        was_quiet = not self._frames and not self._bytes
        self._bytes = self._frames = 0
        if measured != self._published:
            self._published = measured
            self._publish(measured)
        if not was_quiet:
            self._arm()
