"""Joins two connections for a claim: what one sends, the other gets, unread and in order.

Nothing is dropped and nothing waits here: a frame goes to the other's socket in the same call
that brought it. When that socket is full its driver says so, and the sender is read no more
until there is room (protocol.md 4, flow). A reader that takes nothing for some seconds while
bytes wait for it is reported, to be cut. The relay holds no bytes and opens none; sockets are
behind `RelayEnd`, and time comes in by argument.
"""

from dataclasses import dataclass
from typing import Protocol

from common.broker.limits import Limits
from common.broker.parties import ConnectionId
from common.errors import ProtocolViolation


class RelayEnd(Protocol):
    """A connection, as the relay needs it. No method waits."""

    def send_frame(self, frame: bytes | bytearray) -> None:
        """Send a binary frame, or hold it until the socket takes it."""

    def pause_reading(self) -> None:
        """Read nothing more from the socket."""

    def resume_reading(self) -> None:
        """Read again."""

    def unsent_bytes(self) -> int:
        """Count what the other computer has not yet taken, the kernel's part included."""


@dataclass(slots=True)
class _Stall:
    """A reader whose socket is full: the least that was seen waiting, and since when."""

    least_unsent_bytes: int
    since: float


class Relay:
    """Which connection is joined to which."""

    def __init__(self, limits: Limits) -> None:
        self._stalled_seconds = limits.stalled_seconds
        self._ends: dict[ConnectionId, RelayEnd] = {}
        self._partners: dict[ConnectionId, ConnectionId] = {}
        self._others: dict[ConnectionId, RelayEnd] = {}
        self._were_joined: set[ConnectionId] = set()
        self._stalls: dict[ConnectionId, _Stall] = {}

    def add(self, connection: ConnectionId, end: RelayEnd) -> None:
        """Make a connection known."""
        self._ends[connection] = end

    def remove(self, connection: ConnectionId) -> None:
        """Forget a connection that is gone."""
        partner = self._partners.get(connection)
        if partner is not None:
            self.part(connection, partner)
        self._were_joined.discard(connection)
        self._ends.pop(connection, None)

    def join(self, one: ConnectionId, other: ConnectionId) -> None:
        """Pass binary frames between the two from now on."""
        if one in self._partners or other in self._partners or one == other:
            raise RuntimeError("a connection is joined to one other at most")
        self._partners[one], self._partners[other] = other, one
        self._others[one], self._others[other] = self._ends[other], self._ends[one]
        self._were_joined |= {one, other}

    def part(self, one: ConnectionId, other: ConnectionId) -> None:
        """Pass nothing more between the two."""
        if self._partners.get(one) != other:
            return
        for connection in (one, other):
            del self._partners[connection], self._others[connection]
            self._stalls.pop(connection, None)
            self._ends[connection].resume_reading()

    def pass_on(self, sender: ConnectionId, frame: bytes | bytearray) -> None:
        """Send a frame on. After a release it is late and discarded.

        Raises ProtocolViolation before the sender's first offer.
        """
        other = self._others.get(sender)
        if other is not None:
            other.send_frame(frame)
        elif sender not in self._were_joined:
            raise ProtocolViolation("a binary frame before the offer")

    def is_full(self, reader: ConnectionId, now: float) -> None:
        """Take note that a reader's socket is full: its partner is read no more."""
        partner = self._partners.get(reader)
        if partner is not None:
            self._stalls[reader] = _Stall(self._ends[reader].unsent_bytes(), now)
            self._ends[partner].pause_reading()

    def has_room(self, reader: ConnectionId) -> None:
        """Take note that a reader's socket takes more again."""
        if self._stalls.pop(reader, None) is not None:
            self._ends[self._partners[reader]].resume_reading()

    def stalled_readers(self, now: float) -> list[ConnectionId]:
        """Name who has taken nothing for too long. To be asked about once a second."""
        return [
            reader for reader, stall in self._stalls.items() if self._is_over(reader, stall, now)
        ]

    def _is_over(self, reader: ConnectionId, stall: _Stall, now: float) -> bool:
        unsent_bytes = self._ends[reader].unsent_bytes()
        if unsent_bytes < stall.least_unsent_bytes:
            stall.least_unsent_bytes, stall.since = unsent_bytes, now
        return now - stall.since >= self._stalled_seconds
