"""The target's way to its servers: those set by hand, else those met before or found near by.

Owns which servers come into question, the discovery where nothing is set by hand, and for
the time of a code the one server that it is tried at; the connection itself is `ServerLink`'s.
Driven by the session runner, on the network thread's loop.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from common.reasons import ConnectionProblem
from common.transport.address_changes import Networks
from common.transport.candidates import (
    Candidate,
    in_order_for_code,
    known_or_found,
    set_by_hand,
)
from common.transport.connection_events import ConnectionEvent
from common.transport.known_servers import KnownServers
from common.transport.server_link import ServerHandler, ServerLink
from common.transport.service_records import FoundServer
from common.transport.tasks import until_one_ends
from common.transport.trust import ServerAddress

LISTENING_SECONDS: Final = 2.0
"""How long a question to the network is worth waiting for: answers come within 0.12 s, and a
node that has just begun to probe for its name is announced 1 s later (RFC 6762)."""


class NodeSearch(Protocol):
    """Servers that are announced near by; `common.transport.discovery` has the real one."""

    @property
    def servers(self) -> tuple[FoundServer, ...]:
        """What is announced now."""

    @property
    def networks(self) -> Networks:
        """This computer's own addresses, with their networks."""

    def ask_again(self) -> None:
        """Ask all networks now."""

    async def run(self, on_change: Callable[[], None]) -> None:
        """Listen until cancelled."""


@dataclass(frozen=True, slots=True)
class ServerSources:
    """Where servers come from. Without a search only those set by hand or met before do."""

    known_servers: KnownServers
    search: NodeSearch | None = None


class TargetConnection:
    """Keeps a connection to the best server, or to the one that a code is tried at."""

    def __init__(
        self,
        sources: ServerSources,
        addresses: Sequence[ServerAddress],
        handler: ServerHandler,
        publish: Callable[[ConnectionEvent], None],
    ) -> None:
        self._sources = sources
        self._addresses = tuple(addresses)
        self._link = ServerLink(sources.known_servers, handler, publish)
        self._only: Candidate | None = None
        self._sources_changed = asyncio.Event()
        self._only_changed = asyncio.Event()
        self.on_failure: Callable[[ConnectionProblem], None] = _nothing_to_do
        """Hears of each round of tries that led to no welcome."""
        self.on_candidates: Callable[[], None] = _nothing
        """Hears that the candidates may have changed."""

    @property
    def is_connected(self) -> bool:
        """Whether a node has welcomed this target."""
        return self._link.is_connected

    def wake(self) -> None:
        """There may be output."""
        self._link.wake()

    def reconnect_now(self) -> None:
        """Try again now, if a try is being waited for."""
        self._link.reconnect_now()

    def use_servers(self, addresses: Sequence[ServerAddress]) -> None:
        """Contact these from now on, in their order; without any, those known and found."""
        if tuple(addresses) != self._addresses:
            self._addresses = tuple(addresses)
            self._only = None
            self._sources_changed.set()

    def candidates(self) -> tuple[Candidate, ...]:
        """All servers that come into question, the best first."""
        if self._addresses:
            return set_by_hand(self._addresses)
        search = self._sources.search
        return known_or_found(
            self._sources.known_servers.all(),
            search.servers if search is not None else (),
            search.networks if search is not None else (),
        )

    def candidates_for_code(
        self, disappointing: frozenset[bytes | ServerAddress]
    ) -> tuple[Candidate, ...]:
        """The servers to ask about a code, in their order, without silent ones that could not
        be reached a short while ago; those are left where nothing else is."""
        ordered = in_order_for_code(self.candidates(), self._link.connected_to, disappointing)
        at_hand = tuple(
            one for one in ordered if one.is_announced or not self._link.is_out_of_reach(one)
        )
        return at_hand or ordered

    def look_around(self) -> float:
        """Ask the network for servers once more, where nothing is set by hand; tell how long
        an answer is worth waiting for."""
        if self._sources.search is None or self._addresses:
            return 0.0
        self._sources.search.ask_again()
        return LISTENING_SECONDS

    def is_connected_to(self, candidate: Candidate) -> bool:
        """Tell whether this server has welcomed this target, and is still there."""
        return self._link.connected_to == candidate.key

    def connect_to(self, candidate: Candidate) -> None:
        """Use this server alone, until `release`."""
        self._only = candidate
        self._only_changed.set()

    def release(self) -> None:
        """Use any server again. A connection that stands is kept."""
        self._only = None
        self._link.look_again()

    async def run(self) -> None:
        """Be connected, until cancelled."""
        while True:
            self._sources_changed.clear()
            await until_one_ends(self._stay(), self._sources_changed.wait())

    async def _stay(self) -> None:
        search = self._sources.search
        if search is None or self._addresses:
            await self._stay_linked()
        else:
            await until_one_ends(self._stay_linked(), search.run(self._found))

    async def _stay_linked(self) -> None:
        while True:
            self._only_changed.clear()
            linked = self._link.run(self._now_in_question, self._round_failed)
            await until_one_ends(linked, self._only_changed.wait())

    def _now_in_question(self) -> tuple[Candidate, ...]:
        return (self._only,) if self._only is not None else self.candidates()

    def _round_failed(self, problem: ConnectionProblem) -> None:
        self.on_failure(problem)

    def _found(self) -> None:
        self._link.look_again()
        self.on_candidates()


def _nothing() -> None:
    """Tell nobody."""


def _nothing_to_do(problem: ConnectionProblem) -> None:
    """Tell nobody."""
