"""From the servers that come into question to a connection that stays, with the best of them.

Owns the order in which they are tried and what a server that was met before means. A round
goes through all candidates until one welcomes this program; when its connection is lost the
next round begins at the top. The handler learns whom it talks to (`server_met`) before it has
to say hello. Driven by a runner, on one asyncio loop; `run` ends only by being cancelled.
"""

import asyncio
import contextlib
import functools
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final, Protocol

from common.errors import ConnectionLost
from common.logs import Log
from common.reasons import ConnectionProblem
from common.transport.broker_client import FINAL_PROBLEMS, Backoff, BrokerClient, BrokerHandler
from common.transport.candidates import Candidate
from common.transport.connection_events import BrokerConnecting, BrokerLost, ConnectionEvent
from common.transport.known_servers import KnownServers
from common.transport.tasks import first_of
from common.transport.trust import (
    ServerAddress,
    ServerIdentity,
    TrustLevel,
    first_contact,
    meet_again,
)

OUT_OF_REACH_SECONDS: Final = 60.0
"""How long a server that could not be reached counts as out of reach."""

_log = Log(__name__)


class ServerHandler(BrokerHandler, Protocol):
    """A broker handler that is told which server it is about to talk to."""

    def server_met(self, identity: ServerIdentity) -> None:
        """The server's identity is known and kept; a connection to it follows."""


class ServerLink:
    """Finds the best server that can be reached and holds the connection to it."""

    def __init__(
        self,
        known_servers: KnownServers,
        handler: ServerHandler,
        publish: Callable[[ConnectionEvent], None],
    ) -> None:
        self._known_servers = known_servers
        self._handler = handler
        self._publish = publish
        self._client: BrokerClient | None = None
        self._candidate: Candidate | None = None
        self._news = asyncio.Event()
        self._backoff = Backoff()
        self._retry_in_seconds = 0.0
        self._failed_at: dict[bytes | ServerAddress, float] = {}

    @property
    def is_connected(self) -> bool:
        """Whether a node has welcomed this program."""
        return self._client is not None and self._client.is_connected

    @property
    def connected_to(self) -> bytes | ServerAddress | None:
        """The key of the candidate that is connected."""
        return self._candidate.key if self._candidate and self.is_connected else None

    def is_out_of_reach(self, candidate: Candidate) -> bool:
        """Tell whether it was tried in vain a short while ago."""
        failed_at = self._failed_at.get(candidate.key)
        if failed_at is None:
            return False
        return asyncio.get_running_loop().time() - failed_at < OUT_OF_REACH_SECONDS

    def wake(self) -> None:
        """There may be output."""
        if self._client is not None:
            self._client.wake()

    def reconnect_now(self) -> None:
        """Try again now, if a try is being waited for."""
        self._backoff.reset()
        self.look_again()

    def look_again(self) -> None:
        """The candidates have changed; of use only where none is connected."""
        if not self.is_connected:
            self._news.set()

    async def run(
        self,
        find: Callable[[], Sequence[Candidate]],
        on_failure: Callable[[ConnectionProblem], None] = lambda problem: None,
    ) -> None:
        """Be connected to the first of the candidates that answers, as long as it does.

        `find` gives them anew for each round, perhaps none; `on_failure` hears of each round
        that led to no welcome.
        """
        self._backoff.reset()
        while True:
            self._news.clear()
            candidates = tuple(find())
            self._retry_in_seconds = self._backoff.take()
            problem = await self._try_all(candidates)
            if problem is not None:
                on_failure(problem)
            is_hopeless = not candidates or _is_hopeless(candidates, problem)
            await self._wait(None if is_hopeless else self._retry_in_seconds)

    async def _try_all(self, candidates: Sequence[Candidate]) -> ConnectionProblem | None:
        """Go through the candidates until one was there, and return None after that; else
        return the last problem. Without candidates there is none."""
        problem = None
        for candidate in candidates:
            self._candidate = candidate
            problem = await self._try(candidate)
            if problem is None:
                self._failed_at.pop(candidate.key, None)
                return None
            self._failed_at[candidate.key] = asyncio.get_running_loop().time()
        return problem

    async def _try(self, candidate: Candidate) -> ConnectionProblem | None:
        """Try one candidate, and stay while the server is there. Returns None if it was."""
        try:
            identity = self._remembered(candidate) or await self._meet(candidate)
        except ConnectionLost as problem:
            address = str(candidate.places[0])
            _log.info("no contact", address=address, problem=problem.problem, detail=problem.detail)
            self._publish(BrokerLost(address, problem.problem, self._retry_in_seconds))
            return problem.problem
        self._handler.server_met(identity)
        self._publish(BrokerConnecting(identity.address))
        client = self._client = BrokerClient(identity, self._handler)
        try:
            lost = await client.connect_once()
        finally:
            self._client = None
        if client.was_welcomed:
            self._backoff.reset()
            self._retry_in_seconds = self._backoff.take()
        is_final = _is_hopeless((candidate,), lost.problem)
        self._handler.disconnected(lost, None if is_final else self._retry_in_seconds)
        return None if client.was_welcomed else lost.problem

    async def _meet(self, candidate: Candidate) -> ServerIdentity:
        """Say who the server is, at the first of its places that answers for it, and keep
        that. Raises ConnectionLost."""
        self._publish(BrokerConnecting(str(candidate.places[0])))
        known = None
        fingerprint = candidate.places[0].fingerprint
        if fingerprint is not None and not candidate.is_set_by_hand:
            known = self._known_servers.find(fingerprint)

        async def meet(place: ServerAddress) -> ServerIdentity:
            if known is not None:
                return await meet_again(known.identity, place)
            return await first_contact(place, candidate.trust)

        identity = await first_of([functools.partial(meet, place) for place in candidate.places])
        return self._known_servers.remember(identity).identity

    def _remembered(self, candidate: Candidate) -> ServerIdentity | None:
        """Give what was decided at an earlier contact, where the candidate has no other place.

        With the root's own TLS an address that was set by hand may have changed meanwhile;
        with a public CA's the name is part of the proof, and what was only announced has to
        show itself there first. An address with a fingerprint that was set by hand pins the
        server.
        """
        place, *others = candidate.places
        known = self._known_servers.find_address(place)
        if known is None or others:
            return None
        identity = known.identity
        is_same_address = (identity.host, identity.port) == (place.host, place.port)
        if not candidate.is_set_by_hand:
            return identity if is_same_address else None
        if not is_same_address and not identity.is_verified_by_root:
            return None
        trust = TrustLevel.PINNED if place.fingerprint is not None else identity.trust
        moved = replace(identity, host=place.host, port=place.port, trust=trust)
        return self._known_servers.remember(moved).identity

    async def _wait(self, seconds: float | None) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._news.wait()


def _is_hopeless(candidates: Sequence[Candidate], problem: ConnectionProblem | None) -> bool:
    """Tell whether trying again changes nothing: the only place there is refuses this program,
    and somebody must do something about it."""
    places = [place for candidate in candidates for place in candidate.places]
    return len(places) == 1 and problem in FINAL_PROBLEMS
