"""A node in the test's own loop, and two plain apps that talk to it over real TLS sockets.

The apps are aiohttp's WebSocket client and the messages, nothing of Farhand's transport: what
they see is what the node puts on the wire.
"""

import asyncio
import secrets
import ssl
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from common.protocol import broker_messages as broker
from common.protocol.broker_messages import FromApp, FromNode, decode_from_node, encode
from common.protocol.documents import device_proof_bytes, sign_device_proof
from common.protocol.policies import SessionMode
from common.server import command_line
from common.server.node import Node
from common.server.process import new_event_loop
from common.server.service import Served, Start, serve

ANSWER_SECONDS = 10.0
QUICK_CLOSE = aiohttp.ClientWSTimeout(ws_close=0.5)  # a test may leave things unread

T = TypeVar("T")
M = TypeVar("M", bound=FromNode)


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run a test's coroutine on the loop that a node uses."""
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        return runner.run(main)


@dataclass(frozen=True, slots=True)
class RunningNode:
    """Where a node is and how to know it."""

    url: str
    root_der: bytes
    node: Node | None = None
    """What serves, where that is in this process."""

    @property
    def fingerprint(self) -> bytes:
        """The root's, 32 bytes."""
        return bytes.fromhex(self.url.partition("#")[2])

    @property
    def base(self) -> str:
        """https://ADDRESS:PORT."""
        return self.url.partition("#")[0]

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.base.rpartition(":")[2])

    def tls(self) -> ssl.SSLContext:
        """Trust this root alone, as strictly as Python 3.13 does."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.check_hostname = False
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        context.load_verify_locations(cadata=self.root_der)
        return context


@asynccontextmanager
async def running_node(
    folder: Path, *arguments: str, parent_token_hash: bytes | None = None
) -> AsyncIterator[RunningNode]:
    """Serve on a free port of this computer for the duration of the block."""
    options = command_line.parse(["--listen", "127.0.0.1:0", *arguments])
    stop = asyncio.Event()
    ready: asyncio.Future[Served] = asyncio.get_running_loop().create_future()
    start = Start(options, folder, parent_token_hash)
    serving = asyncio.create_task(serve(start, stop, ready.set_result))
    serving.add_done_callback(lambda _: ready.cancelled() or ready.done() or ready.cancel())
    try:
        await ready
    except asyncio.CancelledError:
        await serving
        raise
    try:
        served = ready.result()
        yield RunningNode(served.url, await fetch_root(served.url), served.node)
    finally:
        stop.set()
        await serving


async def fetch_root(url: str) -> bytes:
    """Do what a first contact does, without the checks."""
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{url.partition('#')[0]}/farhand/root", ssl=False) as response,
    ):
        assert response.status == 200
        assert response.content_type == "application/pkix-cert"
        return await response.read()


class App:
    """One WebSocket to a node."""

    def __init__(self, node: RunningNode, socket: "aiohttp.ClientWebSocketResponse[bool]") -> None:
        self.node = node
        self.socket = socket
        self.nonce = b""

    async def send(self, message: FromApp) -> None:
        await self.socket.send_str(encode(message))

    async def expect(self, kind: type[M]) -> M:
        """Take the next frame, which must be a message of this kind."""
        frame = await self.socket.receive(ANSWER_SECONDS)
        assert frame.type is aiohttp.WSMsgType.TEXT, (frame, self.socket.close_code)
        message = decode_from_node(frame.data)
        assert isinstance(message, kind), message
        return message

    async def send_frame(self, frame: bytes) -> None:
        await self.socket.send_bytes(frame)

    async def expect_frame(self) -> bytes:
        frame = await self.socket.receive(ANSWER_SECONDS)
        assert frame.type is aiohttp.WSMsgType.BINARY, frame
        data: bytes = frame.data
        return data

    async def expect_close(self) -> int | None:
        """Wait until the node closes; what it still sends before is passed over."""
        async with asyncio.timeout(ANSWER_SECONDS):
            while True:
                frame = await self.socket.receive()
                if frame.type in (
                    aiohttp.WSMsgType.CLOSE,
                    aiohttp.WSMsgType.CLOSED,
                    aiohttp.WSMsgType.CLOSING,
                    aiohttp.WSMsgType.ERROR,
                ):
                    return self.socket.close_code


@asynccontextmanager
async def connected(node: RunningNode, **headers: str) -> AsyncIterator[App]:
    """Connect and take the node's hello."""
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(
            f"{node.base}/farhand/connect", ssl=node.tls(), headers=headers, timeout=QUICK_CLOSE
        ) as socket,
    ):
        app = App(node, socket)
        app.nonce = (await app.expect(broker.ServerHello)).nonce
        connection = socket._conn  # aiohttp gives no other way to the transport
        transport = connection.transport if connection else None
        try:
            yield app
        finally:
            await socket.close()
            if transport is not None:
                transport.abort()  # else TLS still says goodbye when the loop is closed
                await asyncio.sleep(0)


@asynccontextmanager
async def controller(node: RunningNode, token: str | None = None) -> AsyncIterator[App]:
    """A welcomed controller."""
    async with connected(node) as app:
        await app.send(controller_hello(token))
        await app.expect(broker.ControllerWelcome)
        yield app


@asynccontextmanager
async def target(node: RunningNode, key: Ed25519PrivateKey | None = None) -> AsyncIterator[App]:
    """A target at first contact, welcomed."""
    async with connected(node) as app:
        await app.send(register(app, key or Ed25519PrivateKey.generate()))
        await app.expect(broker.TargetWelcome)
        yield app


def controller_hello(token: str | None = None) -> broker.ControllerHello:
    return broker.ControllerHello(
        version=broker.PROTOCOL_VERSION,
        technician="Ada",
        organisation="Example",
        computer_name="ada-laptop",
        token=token,
    )


def register(app: App, key: Ed25519PrivateKey) -> broker.RegisterTarget:
    nonce, signature = _proof(app, key)
    return broker.RegisterTarget(
        version=broker.PROTOCOL_VERSION,
        computer_name="reception",
        operating_system="Debian 12",
        device_key=key.public_key().public_bytes_raw(),
        nonce=nonce,
        signature=signature,
    )


def target_hello(app: App, key: Ed25519PrivateKey) -> broker.TargetHello:
    nonce, signature = _proof(app, key)
    return broker.TargetHello(
        version=broker.PROTOCOL_VERSION,
        computer_name="reception",
        device_key=key.public_key().public_bytes_raw(),
        nonce=nonce,
        signature=signature,
    )


def _proof(app: App, key: Ed25519PrivateKey) -> tuple[bytes, bytes]:
    nonce = secrets.token_bytes(32)
    proof = device_proof_bytes(app.node.fingerprint, app.nonce, nonce)
    return nonce, sign_device_proof(key, proof)


async def start_session(controller: App) -> broker.CodeIssued:
    """Get a code."""
    await controller.send(broker.StartSession(SessionMode.ACTIVE, secrets.token_bytes(16)))
    return await controller.expect(broker.CodeIssued)


async def join(controller: App, target: App) -> str:
    """Go from no code to two joined sockets; return the claim's id."""
    code = await start_session(controller)
    await target.send(broker.Claim(code.routing, secrets.token_bytes(32)))
    await target.expect(broker.ClaimQueued)
    claimed = await controller.expect(broker.Claimed)
    accept = broker.AcceptClaim(claimed.claim, secrets.token_bytes(32), secrets.token_bytes(32))
    await controller.send(accept)
    await controller.expect(broker.OfferMade)
    await target.expect(broker.OfferMade)
    return claimed.claim
