"""The controller's way to its node: the embedded one, or the server that was chosen.

Owns the embedded node's life, its announcement on the local network and which server is in
use now; the WebSocket itself is `ServerLink`'s. Driven by the session runner, on the network
thread's loop.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from common.errors import SettingsError
from common.logs import Log
from common.reasons import ConnectionProblem
from common.transport.candidates import Candidate, set_by_hand
from common.transport.connection_events import (
    EMBEDDED_NAME,
    BrokerConnecting,
    BrokerLost,
    ConnectionEvent,
)
from common.transport.discovery import Announcement
from common.transport.known_servers import KnownServers
from common.transport.node_http import is_this_computer
from common.transport.server_link import ServerHandler, ServerLink
from common.transport.service_records import DiscoveredNode
from common.transport.tasks import until_one_ends
from common.transport.trust import parse_server_url
from controller_app.embedded_node import EmbeddedNode, EmbeddedNodeOptions

RESTART_SECONDS = 5.0

_log = Log(__name__)


@dataclass(frozen=True, slots=True)
class NodeChoice:
    """Which node to use: `url` is a server's, an empty one means the embedded node."""

    url: str
    node_options: EmbeddedNodeOptions
    organisation: str = ""
    computer_name: str = ""
    """What the embedded node is announced as, on the local network."""

    @property
    def is_announced(self) -> bool:
        """Whether others can reach the embedded node, so that it is worth a word."""
        return not is_this_computer(self.node_options.listen_address)


class NodeConnection:
    """Keeps a connection to the chosen node until it is told to use another one."""

    def __init__(
        self,
        choice: NodeChoice,
        data_folder: Path,
        handler: ServerHandler,
        publish: Callable[[ConnectionEvent], None],
    ) -> None:
        self._choice = choice
        self._publish = publish
        self._handler = handler
        self._known_servers = KnownServers(data_folder)
        self._link = ServerLink(self._known_servers, handler, publish)
        self._changed = asyncio.Event()
        self._introduced_anew = asyncio.Event()
        self._announcement: Announcement | None = None
        self.token: str | None = None
        """The technician's token at the embedded node; None at any other server."""

    @property
    def is_embedded(self) -> bool:
        """Whether the node in use is the controller's own."""
        return not self._choice.url

    @property
    def is_connected(self) -> bool:
        """Whether the node has welcomed this controller."""
        return self._link.is_connected

    def wake(self) -> None:
        """There may be output."""
        self._link.wake()

    def reconnect_now(self) -> None:
        """Try again now, if a try is being waited for."""
        self._link.reconnect_now()

    def use(self, url: str) -> None:
        """Use this server from now on; an empty URL means the embedded node."""
        if url != self._choice.url:
            self._choice = replace(self._choice, url=url)
            self._changed.set()

    def introduce_anew(self, organisation: str) -> None:
        """Connect again, because the technician's names have changed."""
        self._choice = replace(self._choice, organisation=organisation)
        if self._announcement is not None:
            self._announcement.rename(organisation)
        self._introduced_anew.set()

    async def run(self) -> None:
        """Be connected to whatever is chosen, until cancelled."""
        while True:
            self._changed.clear()
            await until_one_ends(self._stay(), self._changed.wait())

    async def _stay(self) -> None:
        if self._choice.url:
            self.token = None
            await self._stay_linked(self._choice.url)
        else:
            await self._stay_with_embedded()

    async def _stay_with_embedded(self) -> None:
        """Run the embedded node, and start it again if it ends by itself."""
        while True:
            self._publish(BrokerConnecting(EMBEDDED_NAME))
            node = EmbeddedNode(self._choice.node_options)
            try:
                running = await node.start()
                self.token = running.token
                announced = self._stay_announced(running.url)
                await until_one_ends(self._stay_linked(running.url), node.ended(), announced)
            except SettingsError as error:
                _log.error("the embedded node does not run", reason=error.problem)
            finally:
                await node.stop()
            problem = ConnectionProblem.UNREACHABLE
            self._publish(BrokerLost(EMBEDDED_NAME, problem, RESTART_SECONDS))
            await asyncio.sleep(RESTART_SECONDS)

    async def _stay_announced(self, url: str) -> None:
        """Tell the local network of the node, until cancelled. It listens on the addresses of
        IPv4, so those are what is told."""
        address = parse_server_url(url)
        if address.fingerprint is None or not self._choice.is_announced:
            await asyncio.Event().wait()
            return
        names = (self._choice.organisation, self._choice.computer_name)
        node = DiscoveredNode((), address.port, address.fingerprint, *names)
        self._announcement = Announcement(node)
        try:
            await self._announcement.run()
        finally:
            self._announcement = None

    async def _stay_linked(self, url: str) -> None:
        candidates = set_by_hand([parse_server_url(url)])

        def find() -> tuple[Candidate, ...]:
            return candidates

        while True:
            self._introduced_anew.clear()
            await until_one_ends(self._link.run(find), self._introduced_anew.wait())
