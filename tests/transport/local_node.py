"""A small real server with TLS on the loopback, which behaves as a test wants."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from common.protocol.broker_messages import (
    PROTOCOL_VERSION,
    ControllerHello,
    ControllerWelcome,
    FromApp,
    ServerHello,
    decode_from_app,
    encode,
)
from common.transport.server_address import ServerAddress
from tests.transport.certificates import Authority, server_tls

Conversation = Callable[[web.WebSocketResponse], Awaitable[None]]

NONCE = bytes(range(32))
SERVER_HELLO = ServerHello(version=PROTOCOL_VERSION, nonce=NONCE, organisation="Example")
HELLO = ControllerHello(
    version=PROTOCOL_VERSION, technician="Ada", organisation="Example", computer_name="desk"
)
WELCOME = ControllerWelcome(
    technician="Ada", organisation="Example", is_verified=False, public_url=None
)


@dataclass
class LocalNode:
    """What it does with requests; may be changed while it runs."""

    root: Authority
    tls_authority: Authority
    conversation: Conversation | None = None
    root_body: bytes | None = None
    root_status: int = 200
    connect_status: int | None = None
    redirect_to: str | None = None
    port: int = 0
    root_requests: int = 0
    request_headers: tuple[str, ...] = ()

    def address(self, fingerprint: bytes | None = None) -> ServerAddress:
        return ServerAddress("127.0.0.1", self.port, fingerprint)

    @contextlib.asynccontextmanager
    async def serving(self, folder: Path, name: str = "127.0.0.1") -> AsyncIterator["LocalNode"]:
        """Listen on a free port, or again on the one that was free before."""
        application = web.Application()
        application.router.add_get("/farhand/root", self._answer_root)
        application.router.add_get("/farhand/connect", self._connect)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        tls = server_tls(self.tls_authority, folder, name)
        try:
            site = web.TCPSite(runner, "127.0.0.1", self.port, ssl_context=tls, reuse_address=True)
            await site.start()
            self.port = runner.addresses[0][1]
            yield self
        finally:
            await runner.cleanup()

    async def _answer_root(self, request: web.Request) -> web.StreamResponse:
        self.root_requests += 1
        self.request_headers = tuple(sorted(name.lower() for name in request.headers))
        if self.redirect_to is not None:
            return web.Response(status=302, headers={"Location": self.redirect_to})
        body = self.root.der if self.root_body is None else self.root_body
        return web.Response(status=self.root_status, body=body)

    async def _connect(self, request: web.Request) -> web.StreamResponse:
        if self.connect_status is not None or self.conversation is None:
            return web.Response(status=self.connect_status or 404)
        socket = web.WebSocketResponse(compress=False, autoping=True)
        await socket.prepare(request)
        await self.conversation(socket)
        await socket.close()
        return socket


async def welcome(socket: web.WebSocketResponse) -> FromApp:
    """The hellos of a node that takes everybody; returns what the app said."""
    await socket.send_str(encode(SERVER_HELLO))
    said = decode_from_app(await socket.receive_str())
    await socket.send_str(encode(WELCOME))
    return said
