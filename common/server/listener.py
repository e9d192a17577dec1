"""Takes connections in: counted before TLS begins, timed until they have said who they are.

Owns the listening socket, the admission and the TLS handshakes; HTTP is aiohttp's, what
happens after an upgrade the node's. A connection that is refused here costs no more than its
accept.
"""

import asyncio
import errno
import socket
import ssl
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from common.broker.address_limits import address_key
from common.errors import SettingsError, reason_of
from common.logs import Log
from common.server.admission import Admission, Ticket
from common.server.connection import RemoteAddress

OPTION: Final = "--listen"
BACKLOG: Final = 512
TLS_SHUTDOWN_SECONDS: Final = 2.0
OUT_OF_FILES_PAUSE_SECONDS: Final = 0.5

_log = Log(__name__)


@dataclass(slots=True, eq=False)
class Arrival:
    """A connection that has not become a WebSocket yet; no transport before TLS is done."""

    address: RemoteAddress
    ticket: Ticket
    transport: asyncio.Transport | None = None


class CountingServer(web.Server):
    """aiohttp's server, which tells the listener of each connection that is gone."""

    listener: "Listener | None" = None

    def connection_lost(
        self, handler: web.RequestHandler, exc: BaseException | None = None
    ) -> None:
        """Give the connection's ticket back, unless a WebSocket has taken it over."""
        super().connection_lost(handler, exc)
        if self.listener is not None:
            self.listener.http_is_over(handler)


class Listener:
    """Accepts until it is closed."""

    def __init__(
        self,
        listening: socket.socket,
        tls: ssl.SSLContext,
        server: CountingServer,
        admission: Admission,
    ) -> None:
        self._listening = listening
        self._tls = tls
        self._server = server
        self._admission = admission
        self._loop = asyncio.get_running_loop()
        self._arrivals: dict[object, Arrival] = {}
        server.listener = self

    async def serve(self) -> None:
        """Accept connections until cancelled."""
        async with asyncio.TaskGroup() as handshakes:
            while True:
                accepted = await self._accept()
                if accepted is None:
                    continue
                raw, address = accepted
                ticket = self._admission.admit(address.key, self._loop.time())
                if ticket is None:
                    _log.warning("too many connections", address=address.text)
                    raw.close()
                else:
                    handshakes.create_task(self._shake_hands(raw, Arrival(address, ticket)))

    def hand_over(self, protocol: object) -> Arrival:
        """Hand an HTTP connection, with its ticket, to the WebSocket that it becomes."""
        return self._arrivals.pop(protocol)

    def http_is_over(self, protocol: object) -> None:
        """Give a ticket back, if it still is the HTTP connection's."""
        arrival = self._arrivals.pop(protocol, None)
        if arrival:
            self._admission.give_back(arrival.ticket)

    def cut_overdue(self, now: float) -> None:
        """Cut what has not become a WebSocket in time."""
        for arrival in list(self._arrivals.values()):
            if now >= arrival.ticket.deadline and arrival.transport is not None:
                arrival.transport.abort()

    def close(self) -> None:
        """Accept no more and cut what is neither a WebSocket nor will become one."""
        self._listening.close()
        for arrival in list(self._arrivals.values()):
            if arrival.transport is not None:
                arrival.transport.abort()

    async def _accept(self) -> tuple[socket.socket, RemoteAddress] | None:
        try:
            raw, name = await self._loop.sock_accept(self._listening)
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM):
                _log.error("can not accept", reason=error)
                await asyncio.sleep(OUT_OF_FILES_PAUSE_SECONDS)
            return None
        raw.setblocking(False)
        return raw, remote_address(str(name[0]))

    async def _shake_hands(self, raw: socket.socket, arrival: Arrival) -> None:
        protocol = self._server()
        self._arrivals[protocol] = arrival
        try:
            transport, _ = await self._loop.connect_accepted_socket(
                lambda: protocol,
                raw,
                ssl=self._tls,
                ssl_handshake_timeout=max(0.1, arrival.ticket.deadline - self._loop.time()),
                ssl_shutdown_timeout=TLS_SHUTDOWN_SECONDS,
            )
        except OSError as error:  # ssl.SSLError is one, too
            text = arrival.address.text
            _log.info("closed before TLS", address=text, reason=error)
            self.http_is_over(protocol)
        except Exception:  # whatever it is: this connection's trouble, nobody else's
            _log.exception("a connection could not be taken in", address=arrival.address.text)
            raw.close()
            self.http_is_over(protocol)
        else:
            arrival.transport = transport


def open_listening_socket(address: str, port: int) -> socket.socket:
    """Bind and listen. Raises SettingsError that names the address, OSError never."""
    try:
        family, kind, protocol, _, name = socket.getaddrinfo(
            address, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        raw = socket.socket(family, kind, protocol)
    except OSError as error:
        raise SettingsError(OPTION, f"{address}: {error.strerror or error}") from error
    try:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            raw.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(address != "::"))
        raw.bind(name)
        raw.listen(BACKLOG)
        raw.setblocking(False)
    except OSError as error:
        raw.close()
        raise SettingsError(OPTION, f"{address}:{port} {_in_words(error)}") from error
    return raw


def remote_address(text: str) -> RemoteAddress:
    """Read the address of another computer."""
    key = address_key(text)
    is_loopback = key.startswith("127.") or text == "::1"
    return RemoteAddress(text, key, is_loopback)


def _in_words(error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return "is taken by another program"
    return f"can't be listened on: {reason_of(error)}"
