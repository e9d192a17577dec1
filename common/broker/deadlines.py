"""Which of many things is due next: a heap that forgets what was put off.

Each key has one deadline at most. A changed one leaves its old entry in the heap, which is
dropped when it comes up; when most entries are such, the heap is built anew, so that it
stays in proportion to what is really waited for.
"""

import heapq
from collections.abc import Hashable
from typing import Final, Generic, TypeVar

K = TypeVar("K", bound=Hashable)

_STALE_ENTRIES_ALLOWED: Final = 64


class Deadlines(Generic[K]):
    """Deadlines by key, in monotonic seconds."""

    def __init__(self) -> None:
        self._when: dict[K, float] = {}
        self._heap: list[tuple[float, int, K]] = []
        self._count = 0

    def __len__(self) -> int:
        return len(self._when)

    def entries(self) -> int:
        """Count what the heap holds, stale entries included."""
        return len(self._heap)

    def set(self, key: K, when: float) -> None:
        """Set or move the deadline of `key`."""
        if self._when.get(key) == when:
            return
        self._when[key] = when
        self._count += 1  # decides between equal times, so that keys are never compared
        heapq.heappush(self._heap, (when, self._count, key))
        if len(self._heap) > 2 * len(self._when) + _STALE_ENTRIES_ALLOWED:
            self._rebuild()

    def remove(self, key: K) -> None:
        """Forget the deadline of `key`, if it has one."""
        self._when.pop(key, None)

    def next(self) -> float | None:
        """Tell the earliest deadline."""
        self._drop_stale()
        return self._heap[0][0] if self._heap else None

    def take_due(self, now: float) -> K | None:
        """Take one key whose deadline has come, the earliest first."""
        self._drop_stale()
        if not self._heap or self._heap[0][0] > now:
            return None
        _, _, key = heapq.heappop(self._heap)
        del self._when[key]
        return key

    def _drop_stale(self) -> None:
        while self._heap and self._when.get(self._heap[0][2]) != self._heap[0][0]:
            heapq.heappop(self._heap)

    def _rebuild(self) -> None:
        self._heap = [(when, count, key) for count, (key, when) in enumerate(self._when.items())]
        heapq.heapify(self._heap)
        self._count = len(self._heap)
