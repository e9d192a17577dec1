"""Zero set-up on one local network: a node is announced by multicast DNS, and targets hear it.

Owns the sockets of zeroconf and their life; what a record means and what is kept of it is
service_records.py's. Both halves follow the addresses of this computer and cost nothing while
nothing changes. Neither ever ends a program: without a network they wait for one. Driven by
the two runners, on the network thread's loop.
"""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from zeroconf import (  # type: ignore[attr-defined]  # its records are public without __all__
    DNSAddress,
    DNSService,
    DNSText,
    Error,
    ServiceStateChange,
    Zeroconf,
)
from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

from common.logs import Log
from common.transport.address_changes import Networks, watch_addresses
from common.transport.service_records import (
    MAXIMUM_ADDRESSES,
    SERVICE_TYPE,
    DiscoveredNode,
    FoundServer,
    FoundServers,
    ServiceRecord,
    instance_name,
    properties_of,
    server_name,
)

RESOLVE_MILLISECONDS: Final = 3000
RETRY_SECONDS: Final = 60.0
"""After multicast could not be used at all; a change of the network is tried at once."""
MAXIMUM_RESOLVING: Final = 32
"""Names that are asked about at one time; what comes beyond that is heard at its next word."""
MAXIMUM_RECORDS_PER_NAME: Final = 4
_TYPE_A: Final = 1
_TYPE_TXT: Final = 16
_TYPE_SRV: Final = 33
_CLASS_IN: Final = 1
"""Numbers of RFC 1035 and RFC 2782."""
_FAILURES: Final = (Error, OSError, RuntimeError)
"""What zeroconf raises where there is no network, or no multicast on it."""

_log = Log(__name__)


class _Multicast:
    """Zeroconf's sockets on all interfaces, opened when they can be and then kept in step."""

    def __init__(self) -> None:
        self.zeroconf: AsyncZeroconf | None = None

    async def follow(self) -> AsyncZeroconf:
        """Open the sockets, or fit them to the interfaces of now. Raises one of _FAILURES."""
        if self.zeroconf is None:
            self.zeroconf = AsyncZeroconf()
            await self.zeroconf.zeroconf.async_wait_for_start()
        else:
            await self.zeroconf.async_update_interfaces()
        return self.zeroconf

    async def close(self) -> None:
        """Say goodbye and close them."""
        closing, self.zeroconf = self.zeroconf, None
        if closing is not None:
            with contextlib.suppress(*_FAILURES):
                await closing.async_close()


class Announcement:
    """One node, announced as long as `run` runs."""

    def __init__(self, node: DiscoveredNode) -> None:
        """`node`: what is said of it; its addresses are found here."""
        self._node = node
        self._info: AsyncServiceInfo | None = None
        self._multicast = _Multicast()
        self._changed = asyncio.Event()

    def rename(self, organisation: str) -> None:
        """Announce this organisation from now on."""
        self._node = replace(self._node, organisation=organisation)
        if self._node.addresses:
            self._changed.set()

    async def run(self) -> None:
        """Announce the node, also at its next addresses, until cancelled; then say goodbye."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(watch_addresses(self._take_networks))
                while True:
                    is_said = await self._announce()
                    await _wait(self._changed, None if is_said else RETRY_SECONDS)
        finally:
            await self._multicast.close()

    def _take_networks(self, networks: Networks) -> None:
        addresses = tuple(str(network.ip) for network in networks[:MAXIMUM_ADDRESSES])
        self._node = replace(self._node, addresses=addresses)
        self._changed.set()

    async def _announce(self) -> bool:
        """Say where the node is now; tell whether it could be said."""
        if not self._node.addresses:
            return True  # the first addresses come next
        try:
            await self._register()
        except _FAILURES as failure:
            _log.warning("the node can't be announced", problem=failure)
            await self._multicast.close()
            self._info = None
            return False
        _log.info("node announced", addresses=len(self._node.addresses), port=self._node.port)
        return True

    async def _register(self) -> None:
        earlier = self._info
        if earlier is None:
            zeroconf = await self._multicast.follow()
            info = _service_info(self._node, instance_name(self._node))
            broadcast = await zeroconf.async_register_service(info, allow_name_change=True)
        else:
            info = _service_info(self._node, earlier.name)
            zeroconf = self._multicast.zeroconf or await self._multicast.follow()
            # The new records first: fitting the sockets announces what is registered.
            broadcast = await zeroconf.async_update_service(info)
            await self._multicast.follow()
        self._info = info
        await broadcast


def _service_info(node: DiscoveredNode, name: str) -> AsyncServiceInfo:
    return AsyncServiceInfo(
        SERVICE_TYPE,
        name,
        port=node.port,
        properties=properties_of(node),
        server=server_name(node.fingerprint),
        parsed_addresses=list(node.addresses),
    )


class Discovery:
    """The servers that are announced on this computer's networks, while `run` runs."""

    def __init__(self, known: Callable[[], frozenset[bytes]]) -> None:
        """`known`: the fingerprints of servers that were met before, which come first when
        more are announced than are kept."""
        self._known = known
        self._found = FoundServers()
        self._networks: Networks = ()
        self._changed = asyncio.Event()
        self._on_change: Callable[[], None] = _nothing
        self._multicast = _Multicast()
        self._browser: AsyncServiceBrowser | None = None
        self._resolving: dict[str, asyncio.Task[None]] = {}

    @property
    def servers(self) -> tuple[FoundServer, ...]:
        """What is announced now."""
        return self._found.servers

    @property
    def networks(self) -> Networks:
        """This computer's own addresses, with their networks."""
        return self._networks

    async def run(self, on_change: Callable[[], None]) -> None:
        """Listen until cancelled; call `on_change` when `servers` or `networks` change."""
        self._on_change = on_change
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(watch_addresses(self._take_networks))
                while True:
                    await _wait(self._changed, None if self._browser else RETRY_SECONDS)
                    await self._listen()
                    on_change()
        finally:
            self._stop_asking()
            await self._multicast.close()

    def ask_again(self) -> None:
        """Ask all networks now; who answers is heard within a second or so."""
        self._changed.set()

    def _take_networks(self, networks: Networks) -> None:
        self._networks = networks
        self._changed.set()

    async def _listen(self) -> None:
        """Ask all networks anew."""
        self._stop_asking()
        try:
            zeroconf = await self._multicast.follow()
        except _FAILURES as failure:
            _log.warning("servers on the network can't be heard", problem=failure)
            await self._multicast.close()
            return
        self._browser = AsyncServiceBrowser(
            zeroconf.zeroconf, SERVICE_TYPE, handlers=[self._service_changed]
        )

    def _stop_asking(self) -> None:
        browser, self._browser = self._browser, None
        if browser is not None:
            browser._async_cancel()  # async_cancel() does this, and can be cancelled
        for task in self._resolving.values():
            task.cancel()
        self._resolving.clear()

    def _service_changed(
        self, zeroconf: Zeroconf, service_type: str, name: str, state_change: ServiceStateChange
    ) -> None:
        if state_change is ServiceStateChange.Removed:
            if self._found.forget(name):
                self._on_change()
        elif name not in self._resolving and len(self._resolving) < MAXIMUM_RESOLVING:
            task = asyncio.get_running_loop().create_task(self._resolve(zeroconf, name))
            self._resolving[name] = task

    async def _resolve(self, zeroconf: Zeroconf, name: str) -> None:
        """Learn the rest of a service whose name was heard."""
        try:
            info = AsyncServiceInfo(SERVICE_TYPE, name)
            is_whole = await info.async_request(zeroconf, RESOLVE_MILLISECONDS)
        except _FAILURES as failure:
            _log.debug("a service can't be read", problem=failure)
            is_whole = False
        finally:
            self._resolving.pop(name, None)
        if is_whole:
            known = self._known()
            records = list(_cached_records(zeroconf, name))
            if any([self._found.hear(record, known) for record in records]):
                self._on_change()


def _cached_records(zeroconf: Zeroconf, name: str) -> list[ServiceRecord]:
    """Give all that is said of a name: two nodes may announce themselves under one, and what
    both say is heard. Which words belong together shows when the places are tried."""
    cache = zeroconf.cache
    texts = cache.get_all_by_details(name, _TYPE_TXT, _CLASS_IN)[:MAXIMUM_RECORDS_PER_NAME]
    services = cache.get_all_by_details(name, _TYPE_SRV, _CLASS_IN)[:MAXIMUM_RECORDS_PER_NAME]
    records = []
    for text in texts:
        for service in services:
            if isinstance(text, DNSText) and isinstance(service, DNSService):
                addresses = cache.get_all_by_details(service.server, _TYPE_A, _CLASS_IN)
                records.append(_record(name, text, service, addresses))
    return records


def _record(
    name: str, text: DNSText, service: DNSService, addresses: Sequence[object]
) -> ServiceRecord:
    info = AsyncServiceInfo(SERVICE_TYPE, name, properties=text.text)
    newest_first = sorted(
        (address for address in addresses if isinstance(address, DNSAddress)),
        key=lambda address: address.created,
        reverse=True,
    )
    return ServiceRecord(
        name=name,
        port=service.port,
        addresses=[_address_text(address) for address in newest_first],
        properties=info.properties,
    )


def _address_text(record: DNSAddress) -> str:
    return ".".join(str(byte) for byte in record.address)


async def _wait(changed: asyncio.Event, seconds: float | None) -> None:
    """Wait for a change, or so many seconds at most."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await changed.wait()
    changed.clear()


def _nothing() -> None:
    """Tell nobody: nobody listens yet."""
