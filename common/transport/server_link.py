"""From the addresses that somebody gave to a connection that stays: first contact, then a client.

Owns the order in which addresses are tried and what a server that was met before means. The
handler learns whom it talks to (`server_met`) before it has to say hello. Driven by a runner,
on one asyncio loop; `run` ends only by being cancelled.
"""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

from common.errors import ConnectionLost
from common.transport.broker_client import Backoff, BrokerClient, BrokerHandler
from common.transport.connection_events import BrokerConnecting, BrokerLost, ConnectionEvent
from common.transport.known_servers import KnownServers
from common.transport.trust import ServerAddress, ServerIdentity, TrustLevel, first_contact


class ServerHandler(BrokerHandler, Protocol):
    """A broker handler that is told which server it is about to talk to."""

    def server_met(self, identity: ServerIdentity) -> None:
        """The server's identity is known and kept; a connection to it follows."""


class ServerLink:
    """Finds a server under one of some addresses and holds the connection to it."""

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
        self._retry = asyncio.Event()

    @property
    def is_connected(self) -> bool:
        """Whether the node has welcomed this program."""
        return self._client is not None and self._client.is_connected

    def wake(self) -> None:
        """There may be output."""
        if self._client is not None:
            self._client.wake()

    def reconnect_now(self) -> None:
        """Try again now, if a try is being waited for."""
        self._retry.set()
        if self._client is not None:
            self._client.reconnect_now()

    async def run(self, addresses: Sequence[ServerAddress]) -> None:
        """Meet the server under the first of the addresses (at least one) that answers, and
        stay with it."""
        identity = await self._meet(addresses)
        self._handler.server_met(identity)
        self._publish(BrokerConnecting(identity.address))
        self._client = BrokerClient(identity, self._handler)
        try:
            await self._client.run()
        finally:
            self._client = None

    async def _meet(self, addresses: Sequence[ServerAddress]) -> ServerIdentity:
        backoff = Backoff()
        while True:
            retry_in_seconds = backoff.take()
            for address in addresses:
                known = self._remembered(address)
                if known is not None:
                    return known
                self._publish(BrokerConnecting(str(address)))
                try:
                    return self._known_servers.remember(await first_contact(address)).identity
                except ConnectionLost as lost:
                    self._publish(BrokerLost(str(address), lost.problem, retry_in_seconds))
            await self._wait(retry_in_seconds)

    def _remembered(self, address: ServerAddress) -> ServerIdentity | None:
        """Give what was decided at an earlier contact. With the root's own TLS the address may
        have changed meanwhile; with a public CA's the name is part of the proof. An address
        with a fingerprint was set by hand, which pins the server."""
        known = self._known_servers.find_address(address)
        if known is None:
            return None
        identity = known.identity
        is_same_address = (identity.host, identity.port) == (address.host, address.port)
        if not is_same_address and not identity.is_verified_by_root:
            return None
        trust = TrustLevel.PINNED if address.fingerprint is not None else identity.trust
        moved = replace(identity, host=address.host, port=address.port, trust=trust)
        return self._known_servers.remember(moved).identity

    async def _wait(self, seconds: float) -> None:
        self._retry.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._retry.wait()
