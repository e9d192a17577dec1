"""Opens connections to nodes with aiohttp, and says in Farhand's words why one fails.

Owns the connector that both the first contact and the WebSocket use, its time limit, the
proxy of the environment and the mapping of errors. What the TLS settings demand is trust.py's.

Proxies: HTTPS_PROXY and NO_PROXY are honoured, with an http:// proxy (CONNECT, also with user
and password). TLS runs through it to the node and is checked as without it. A proxy that is
itself spoken to by TLS (https://) is refused: it would be held to the node's certificate.
"""

import asyncio
import contextlib
import functools
import ipaddress
import socket
import ssl
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any, Final, TypedDict, cast
from urllib.request import getproxies, proxy_bypass

import aiohttp
from aiohttp.client_proto import ResponseHandler
from yarl import URL

from common.errors import ConnectionLost
from common.reasons import ConnectionProblem
from common.transport.server_address import ServerAddress

CONNECT_TIMEOUT_SECONDS: Final = 9.0
"""From the look-up of the name to the answer; people are told within 10 s."""
KERNEL_UNSENT_BYTES: Final = 32 * 1024
"""The kernel takes no more while this much waits unsent in it (TCP_NOTSENT_LOWAT, tcp(7))."""
_TCP_NOTSENT_LOWAT: Final = {"linux": 25, "darwin": 0x201}.get(sys.platform)
"""From linux/tcp.h and netinet/tcp.h; the socket module names it on no platform."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What one GET brought, and the certificate of who answered."""

    body: bytes
    leaf_certificate_der: bytes


class ProxyOptions(TypedDict, total=False):
    """aiohttp's arguments for a proxy."""

    proxy: URL
    proxy_headers: dict[str, str]


class NodeProtocol(ResponseHandler):
    """aiohttp's protocol, which also tells when the socket takes more."""

    on_writable: Callable[[], None] | None = None

    def resume_writing(self) -> None:
        super().resume_writing()
        if self.on_writable is not None:
            self.on_writable()


class NodeConnector(aiohttp.TCPConnector):
    """One connection, with as little waiting unsent in this process as can be.

    aiohttp lets the loop put TLS on a TCP transport that it never shows, and whose buffer of
    64 KiB is not counted in the TLS transport's own. Here TCP comes first, its buffer is set
    to nothing, then TLS goes on, the way aiohttp itself does it behind a proxy. So what is
    not sent lies where it can be counted: in the TLS transport, or in the kernel.
    """

    transport: asyncio.Transport | None = None
    protocol: NodeProtocol | None = None
    leaf_certificate_der: bytes | None = None

    def __init__(self) -> None:
        super().__init__(limit=1, force_close=True)
        protocol_type: type[ResponseHandler] = NodeProtocol
        self._factory = functools.partial(protocol_type, loop=self._loop)

    async def _wrap_create_connection(
        self, *args: Any, **kwargs: Any
    ) -> tuple[asyncio.Transport, ResponseHandler]:
        has_tls = kwargs.pop("ssl", None) is not None
        if has_tls:
            kwargs["server_hostname"] = None  # TLS asks for it again, from the request
        transport, protocol = await super()._wrap_create_connection(*args, **kwargs)
        if not has_tls:
            return transport, protocol
        secured, protocol = await self._start_tls_connection(
            transport, kwargs["req"], kwargs["timeout"]
        )
        return cast(asyncio.Transport, secured), protocol

    async def _start_tls_connection(
        self, underlying_transport: asyncio.Transport, *args: Any, **kwargs: Any
    ) -> tuple[asyncio.BaseTransport, ResponseHandler]:
        underlying_transport.set_write_buffer_limits(high=0)
        limit_unsent_bytes(underlying_transport)
        secured, protocol = await super()._start_tls_connection(
            underlying_transport, *args, **kwargs
        )
        self.transport = cast(asyncio.Transport, secured)  # uvloop's does not derive from it
        # asyncio's TLS pauses at "high or more", so 0 would pause a socket that is empty.
        self.transport.set_write_buffer_limits(high=1, low=0)
        self.protocol = protocol if isinstance(protocol, NodeProtocol) else None
        self.leaf_certificate_der = _leaf_certificate(self.transport)
        return secured, protocol


def limit_unsent_bytes(transport: asyncio.BaseTransport) -> None:
    """Let the kernel keep little unsent, where the platform can be told so."""
    raw = transport.get_extra_info("socket")
    if raw is None or _TCP_NOTSENT_LOWAT is None:
        return
    with contextlib.suppress(OSError):  # a matter of delay, not of working
        raw.setsockopt(socket.IPPROTO_TCP, _TCP_NOTSENT_LOWAT, KERNEL_UNSENT_BYTES)


def open_session(connector: NodeConnector) -> aiohttp.ClientSession:
    """A session that adds nothing of its own: no cookies, no netrc, no user agent, and that
    follows no redirect."""
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding"),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
        trust_env=False,
        auto_decompress=False,
        middlewares=(_refuse_redirect,),
    )


async def get(
    address: ServerAddress, path: str, context: ssl.SSLContext, maximum_bytes: int
) -> Answer:
    """GET one small thing. Raises ConnectionLost or what `problems_in_time` turns into it."""
    connector = NodeConnector()
    async with (
        open_session(connector) as session,
        session.get(url_of(address, path), ssl=context, **proxy_for(address)) as response,
    ):
        if response.status != 200:
            raise _not_a_node(f"GET {path} was answered {response.status}")
        body = await _read_up_to(response.content, maximum_bytes)
        if connector.leaf_certificate_der is None:
            raise _not_a_node("it showed no certificate")
        return Answer(body, connector.leaf_certificate_der)


def url_of(address: ServerAddress, path: str) -> URL:
    """Build the https URL of a path of this node."""
    return URL.build(scheme="https", host=address.host, port=address.port, path=path)


def proxy_for(address: ServerAddress) -> ProxyOptions:
    """Return aiohttp's `proxy` arguments for this address, none where it is reached directly.

    Never for this computer itself, whatever the environment says: the embedded node is here.
    Raises ConnectionLost for a proxy that can't be used.
    """
    text = getproxies().get("https", "")
    if not text or is_this_computer(address.host) or proxy_bypass(address.host):
        return {}
    proxy = URL(text if "://" in text else f"http://{text}")
    if proxy.scheme != "http" or not proxy.host:
        raise ConnectionLost(
            ConnectionProblem.UNREACHABLE, f"HTTPS_PROXY: {proxy.scheme}:// proxies do not serve"
        )
    if proxy.user is None:
        return {"proxy": proxy}
    credentials = aiohttp.encode_basic_auth(proxy.user, proxy.password or "")
    return {
        "proxy": proxy.with_user(None),
        "proxy_headers": {"Proxy-Authorization": credentials},
    }


def is_this_computer(host: str) -> bool:
    """Tell whether `host` names the loopback."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


@contextlib.asynccontextmanager
async def problems_in_time() -> AsyncIterator[None]:
    """Turn every failure inside, and CONNECT_TIMEOUT_SECONDS without success, into
    ConnectionLost."""
    try:
        async with asyncio.timeout(CONNECT_TIMEOUT_SECONDS):
            yield
    except (TimeoutError, aiohttp.ClientError, OSError) as error:
        raise ConnectionLost(problem_of(error), _detail(error)) from error


def problem_of(error: Exception) -> ConnectionProblem:
    """Say which of Farhand's problems an error of the network is."""
    match error:
        case aiohttp.ClientConnectorDNSError():
            return ConnectionProblem.NAME_NOT_FOUND
        case aiohttp.ClientConnectorCertificateError() | ssl.CertificateError():
            return ConnectionProblem.CERTIFICATE_NOT_TRUSTED
        case aiohttp.ClientConnectorSSLError() | ssl.SSLError():
            return ConnectionProblem.NOT_A_NODE
        case aiohttp.ClientProxyConnectionError() | aiohttp.ClientHttpProxyError():
            return ConnectionProblem.UNREACHABLE
        case aiohttp.WSServerHandshakeError(status=429 | 503):
            return ConnectionProblem.TOO_MANY
        case aiohttp.ClientConnectorError():
            return _problem_of_socket(error.os_error)
        case TimeoutError():
            return ConnectionProblem.UNREACHABLE
        case OSError():
            return _problem_of_socket(error)
        case _:
            return ConnectionProblem.NOT_A_NODE


def _problem_of_socket(error: OSError) -> ConnectionProblem:
    match error:
        case ConnectionRefusedError():
            return ConnectionProblem.REFUSED
        case ConnectionResetError() | BrokenPipeError() | ConnectionAbortedError():
            return ConnectionProblem.NOT_A_NODE  # it took the connection, not our words
        case socket.gaierror():
            return ConnectionProblem.NAME_NOT_FOUND
        case _:
            return ConnectionProblem.UNREACHABLE


def _detail(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


async def _refuse_redirect(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    response = await handler(request)
    if 300 <= response.status < 400:
        response.close()
        raise _not_a_node(f"a redirect, {response.status}")
    return response


async def _read_up_to(content: aiohttp.StreamReader, maximum_bytes: int) -> bytes:
    try:
        await content.readexactly(maximum_bytes + 1)
    except asyncio.IncompleteReadError as error:
        return error.partial
    raise _not_a_node(f"more than {maximum_bytes} bytes")


def _leaf_certificate(transport: asyncio.Transport) -> bytes | None:
    tls = transport.get_extra_info("ssl_object")
    der = tls.getpeercert(binary_form=True) if tls is not None else None
    return der if isinstance(der, bytes) else None


def _not_a_node(detail: str) -> ConnectionLost:
    return ConnectionLost(ConnectionProblem.NOT_A_NODE, detail)
