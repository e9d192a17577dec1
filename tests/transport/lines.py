"""A broker client that runs against a node of the test, and a handler that keeps it all."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import WSMsgType, web

from common.errors import ConnectionLost, ProtocolViolation
from common.protocol.broker_messages import (
    ControllerWelcome,
    FromApp,
    FromNode,
    NodeStopping,
    ServerHello,
    TargetWelcome,
    encode,
)
from common.reasons import ConnectionProblem
from common.transport.broker_client import BrokerClient
from common.transport.trust import ServerIdentity, TrustLevel, identity_from_root
from tests.transport.certificates import make_root
from tests.transport.local_node import HELLO, Conversation, LocalNode, welcome
from tests.transport.running import run, until

ROOT = make_root()


@dataclass
class Recorder:
    """A handler that keeps what it is told, and gives what it was given to send."""

    heard: list[ServerHello] = field(default_factory=list)
    welcomes: list[ControllerWelcome | TargetWelcome] = field(default_factory=list)
    texts: list[FromNode] = field(default_factory=list)
    frames: list[bytes] = field(default_factory=list)
    losses: list[tuple[ConnectionProblem, float | None]] = field(default_factory=list)
    output: list[FromApp | bytes] = field(default_factory=list)
    violation: ProtocolViolation | None = None

    def hello(self, server_hello: ServerHello) -> FromApp:
        self.heard.append(server_hello)
        return HELLO

    def connected(self, welcome: ControllerWelcome | TargetWelcome) -> None:
        self.welcomes.append(welcome)

    def text_received(self, message: FromNode) -> None:
        self.texts.append(message)
        self._complain()

    def frame_received(self, frame: bytes) -> None:
        self.frames.append(frame)
        self._complain()

    def next_output(self) -> FromApp | bytes | None:
        return self.output.pop(0) if self.output else None

    def disconnected(self, lost: ConnectionLost, retry_in_seconds: float | None) -> None:
        self.losses.append((lost.problem, retry_in_seconds))

    def problems(self) -> list[ConnectionProblem]:
        return [problem for problem, _ in self.losses]

    def _complain(self) -> None:
        violation, self.violation = self.violation, None
        if violation is not None:
            raise violation


@dataclass
class Line:
    """A client that runs against a node of the test."""

    node: LocalNode
    client: BrokerClient
    handler: Recorder
    task: asyncio.Task[None]

    async def stop(self) -> None:
        self.task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self.task

    async def connected(self) -> None:
        await until(lambda: self.client.is_connected, "the connection")


def identity_at(node: LocalNode) -> ServerIdentity:
    return identity_from_root(node.address(), ROOT.der, True, TrustLevel.PINNED)


@contextlib.asynccontextmanager
async def line_to(
    folder: Path, conversation: Conversation, node: LocalNode | None = None
) -> AsyncIterator[Line]:
    node = node or LocalNode(ROOT, ROOT)
    node.conversation = conversation
    async with node.serving(folder):
        handler = Recorder()
        client = BrokerClient(identity_at(node), handler)
        line = Line(node, client, handler, asyncio.create_task(client.run()))
        try:
            yield line
        finally:
            await line.stop()


def with_line(
    folder: Path, conversation: Conversation, test: Callable[[Line], Awaitable[None]]
) -> None:
    async def whole() -> None:
        async with line_to(folder, conversation) as line:
            await test(line)

    run(whole())


async def echo(socket: web.WebSocketResponse) -> None:
    await welcome(socket)
    async for frame in socket:
        if frame.type is WSMsgType.BINARY:
            await socket.send_bytes(frame.data)
        else:
            await socket.send_str(encode(NodeStopping()))


async def sends_after_welcome(socket: web.WebSocketResponse, *frames: str | bytes) -> None:
    await welcome(socket)
    for frame in frames:
        await (socket.send_str(frame) if isinstance(frame, str) else socket.send_bytes(frame))
    await socket.receive()
