"""The HTTP side of a node, and the door to its WebSockets.

    GET /farhand/root     the deployment's root certificate: DER, application/pkix-cert,
                          below 4 KiB; what an app compares with the fingerprint it knows
    GET /health           {"status": "ok"}
    GET /farhand/connect  the upgrade to the WebSocket of a controller or target

No browser ever connects: a request with an Origin is refused, so that no page can use the
network position of who looks at it. After the upgrade the transport belongs to a `Connection`
and aiohttp's part is over.
"""

import asyncio
import base64
import binascii
import json
from collections.abc import Callable
from hashlib import sha1
from typing import Final

from aiohttp import web

ROOT_PATH: Final = "/farhand/root"
HEALTH_PATH: Final = "/health"
CONNECT_PATH: Final = "/farhand/connect"
_WEBSOCKET_KEY_SUFFIX: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_WEBSOCKET_VERSION: Final = "13"
_KEY_BYTES: Final = 16

Upgrade = Callable[[web.BaseRequest, asyncio.Transport], asyncio.BaseProtocol]
"""Makes the protocol that a transport belongs to from its upgrade on."""


class Api:
    """Answers requests; `upgrade` is called for each WebSocket."""

    def __init__(self, root_certificate_der: bytes, upgrade: Upgrade) -> None:
        self._root_certificate_der = root_certificate_der
        self._upgrade = upgrade

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request, or upgrade its connection."""
        if request.path not in (ROOT_PATH, HEALTH_PATH, CONNECT_PATH):
            return _text(404, "there is nothing here")
        if request.method != "GET":
            return web.Response(status=405, headers={"Allow": "GET"})
        if request.path == ROOT_PATH:
            return web.Response(
                body=self._root_certificate_der, content_type="application/pkix-cert"
            )
        if request.path == HEALTH_PATH:
            return web.Response(text=json.dumps({"status": "ok"}), content_type="application/json")
        return self._connect(request)

    def _connect(self, request: web.BaseRequest) -> web.StreamResponse:
        if comes_from_a_page(request):
            return _text(403, "browsers do not connect here")
        accept = accept_value(request)
        if accept is None:
            return _text(400, "a WebSocket of version 13 is expected")
        transport = request.transport
        if transport is None:
            return web.Response()
        transport.write(_switching_protocols(accept))
        self._hand_over(request, transport)
        return web.Response()  # aiohttp has no transport any more and writes it nowhere

    def _hand_over(self, request: web.BaseRequest, transport: asyncio.Transport) -> None:
        """Take the transport out of aiohttp's hands; it takes this for a lost connection."""
        protocol = self._upgrade(request, transport)
        http_protocol = request.protocol
        http_protocol.transport = None
        http_protocol.connection_lost(None)
        transport.set_protocol(protocol)
        transport.resume_reading()
        protocol.connection_made(transport)


def comes_from_a_page(request: web.BaseRequest) -> bool:
    """Tell whether a browser sent this for a web page (cross-site WebSockets)."""
    return "Origin" in request.headers


def accept_value(request: web.BaseRequest) -> str | None:
    """Compute Sec-WebSocket-Accept (RFC 6455, 4.2.2); None for what is no such upgrade."""
    headers = request.headers
    connection = [part.strip().lower() for part in headers.get("Connection", "").split(",")]
    if headers.get("Upgrade", "").lower() != "websocket" or "upgrade" not in connection:
        return None
    if headers.get("Sec-WebSocket-Version") != _WEBSOCKET_VERSION:
        return None
    key = headers.get("Sec-WebSocket-Key", "")
    try:
        if len(base64.b64decode(key, validate=True)) != _KEY_BYTES:
            return None
    except (binascii.Error, ValueError):
        return None
    digest = sha1(key.encode() + _WEBSOCKET_KEY_SUFFIX, usedforsecurity=False).digest()
    return base64.b64encode(digest).decode()


def _switching_protocols(accept: str) -> bytes:
    lines = (
        "HTTP/1.1 101 Switching Protocols",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Accept: {accept}",
    )
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def _text(status: int, text: str) -> web.Response:
    return web.Response(status=status, text=text + "\n")
