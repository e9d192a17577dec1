"""When the target may capture again: credit, counted in frames and bytes under way.

Pure: the capture thread says what it sends, PictureShown says what has arrived, `now` is
monotonic seconds. A frame costs credit from its first part until the controller has decoded
it. Small frames (typing, a pointer's trail) may follow each other without waiting for the
round trip; large ones may only where the line has shown that it drains what is under way
within a moment, so that on a thin line no backlog grows and every capture is fresh.

The place for rate control by the bandwidth-delay product: it needs what is measured here.
"""

from collections import deque
from dataclasses import dataclass
from typing import Final

MAXIMUM_FRAMES: Final = 8
"""Under way at once: 30 small frames a second go over a round trip of 250 ms."""
FREE_BYTES: Final = 64 * 1024
"""May be under way on any line: what waits at most unsent in the socket."""
MAXIMUM_DRAIN_SECONDS: Final = 0.05
"""More than the free bytes may be under way if they are through within this time, as measured
over whole frames with their encoding and decoding: two large frames on a quick line."""


@dataclass(slots=True)
class _FrameUnderWay:
    frame: int
    started_at: float
    byte_count: int


class Pacing:
    """Credit for frames. It holds at most `MAXIMUM_FRAMES` frames, and forgets none early."""

    def __init__(self) -> None:
        self._under_way: deque[_FrameUnderWay] = deque()
        self._bytes_under_way = 0
        self._bytes_per_second = 0.0
        self._round_trip_seconds: float | None = None

    @property
    def round_trip_seconds(self) -> float | None:
        """From the first part of the frame shown last to the news of it; None before that."""
        return self._round_trip_seconds

    @property
    def bytes_per_second(self) -> float:
        """The rate at which frames were delivered of late; 0 before the first."""
        return self._bytes_per_second

    @property
    def frames_under_way(self) -> int:
        """How many frames the controller has not shown yet."""
        return len(self._under_way)

    def may_capture(self) -> bool:
        """Tell whether another frame may be captured and sent."""
        if not self._under_way:
            return True
        if len(self._under_way) >= MAXIMUM_FRAMES:
            return False
        drained_in_time = self._bytes_per_second * MAXIMUM_DRAIN_SECONDS
        return self._bytes_under_way < max(FREE_BYTES, drained_in_time)

    def part_sent(self, frame: int, byte_count: int, now: float) -> None:
        """Count one payload of a frame; call it before the payload is handed on."""
        if not self._under_way or self._under_way[-1].frame != frame:
            self._under_way.append(_FrameUnderWay(frame, now, 0))
        self._under_way[-1].byte_count += byte_count
        self._bytes_under_way += byte_count

    def shown(self, frame: int, now: float) -> None:
        """Give credit back for a frame and those before it. A frame that is not under way
        changes nothing: who sends nonsense gets no more pictures for it."""
        if all(waiting.frame != frame for waiting in self._under_way):
            return
        delivered = 0
        while self._under_way:
            first = self._under_way.popleft()
            delivered += first.byte_count
            self._bytes_under_way -= first.byte_count
            if first.frame == frame:
                self._measure(delivered, now - first.started_at)
                return

    def _measure(self, byte_count: int, seconds: float) -> None:
        self._round_trip_seconds = max(seconds, 1e-6)
        if byte_count >= FREE_BYTES // 4:
            # Small frames measure the delay alone; they say nothing of the rate.
            rate = byte_count / self._round_trip_seconds
            self._bytes_per_second += (rate - self._bytes_per_second) * 0.5
