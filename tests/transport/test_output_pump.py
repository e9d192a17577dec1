"""Back-pressure: what waits unsent is bounded, and what is urgent goes out next."""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiohttp import WSMsgType, web

from common.errors import ConnectionLost
from common.protocol.broker_messages import (
    ControllerWelcome,
    FromApp,
    FromNode,
    NodeStopping,
    ServerHello,
    TargetWelcome,
    encode,
)
from common.transport.broker_client import BrokerClient
from common.transport.event_loop import new_event_loop
from common.transport.trust import TrustLevel, identity_from_root
from tests.transport.certificates import make_root
from tests.transport.local_node import HELLO, LocalNode, welcome
from tests.transport.running import LoopFactory, run, until

ROOT = make_root()
MAXIMUM_UNSENT_BYTES = 64 * 1024
RECORD_BYTES = 64 * 1024
QUIET_TURNS = 30
"""A pump that could send would have done so in the first of so many turns of the loop."""


@dataclass
class Source:
    """Has always one more picture to send, until told to stop, and urgent things first."""

    urgent: deque[bytes] = field(default_factory=deque)
    pictures_left: int = 100_000
    given: list[bytes] = field(default_factory=list)
    unsent_when_asked: list[int] = field(default_factory=list)
    lost: list[ConnectionLost] = field(default_factory=list)
    client: BrokerClient | None = None

    def hello(self, _server_hello: ServerHello) -> FromApp:
        return HELLO

    def connected(self, _welcome: ControllerWelcome | TargetWelcome) -> None:
        pass

    def text_received(self, _message: FromNode) -> None:
        pass

    def frame_received(self, _frame: bytes) -> None:
        pass

    def next_output(self) -> FromApp | bytes | None:
        if self.client is not None:
            self.unsent_when_asked.append(self.client.unsent_bytes)
        if self.urgent:
            self.given.append(self.urgent.popleft())
        elif self.pictures_left:
            self.pictures_left -= 1
            self.given.append(len(self.given).to_bytes(4, "big") * (RECORD_BYTES // 4))
        else:
            return None
        return self.given[-1]

    def disconnected(self, lost: ConnectionLost, _retry_in_seconds: float | None) -> None:
        self.lost.append(lost)


@dataclass
class SlowNode:
    """Reads nothing after its welcome until it may."""

    may_read: asyncio.Event = field(default_factory=asyncio.Event)
    received: list[bytes] = field(default_factory=list)

    async def converse(self, connection: web.WebSocketResponse) -> None:
        await welcome(connection)
        await self.may_read.wait()
        async for frame in connection:
            if frame.type is WSMsgType.BINARY:
                self.received.append(frame.data)
                await connection.send_str(encode(NodeStopping()))


@contextlib.asynccontextmanager
async def sending(folder: Path, node: SlowNode) -> AsyncIterator[Source]:
    local = LocalNode(ROOT, ROOT, conversation=node.converse)
    async with local.serving(folder):
        identity = identity_from_root(local.address(), ROOT.der, True, TrustLevel.PINNED)
        source = Source()
        client = BrokerClient(identity, source)
        source.client = client
        task = asyncio.create_task(client.run())
        try:
            yield source
        finally:
            node.may_read.set()
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


async def blocked(source: Source) -> None:
    """Wait until the socket takes no more: the pump asks no more, turn after turn."""
    quiet_turns = 0
    asked = -1

    def is_quiet() -> bool:
        nonlocal quiet_turns, asked
        quiet_turns = quiet_turns + 1 if asked == len(source.unsent_when_asked) > 0 else 0
        asked = len(source.unsent_when_asked)
        return quiet_turns >= QUIET_TURNS

    await until(is_quiet, "the socket to be full")


@pytest.mark.parametrize("loop_factory", [new_event_loop, asyncio.new_event_loop])
def test_little_waits_unsent_and_the_urgent_goes_out_next(
    tmp_path: Path, loop_factory: LoopFactory
) -> None:
    async def whole() -> None:
        node = SlowNode()
        async with sending(tmp_path, node) as source:
            await blocked(source)
            assert source.client is not None
            given = len(source.given)
            assert source.client.unsent_bytes <= MAXIMUM_UNSENT_BYTES + RECORD_BYTES + 1024
            assert max(source.unsent_when_asked) < MAXIMUM_UNSENT_BYTES

            source.urgent.append(b"key press")
            source.client.wake()
            source.pictures_left = 3
            node.may_read.set()
            await until(lambda: len(node.received) == given + 4, "all that was sent")
            assert node.received == source.given
            assert node.received[given] == b"key press"
            assert max(source.unsent_when_asked) < MAXIMUM_UNSENT_BYTES
            assert not source.lost

    run(whole(), loop_factory)


def test_a_wake_while_the_socket_is_full_asks_for_nothing(tmp_path: Path) -> None:
    async def whole() -> None:
        async with sending(tmp_path, SlowNode()) as source:
            await blocked(source)
            assert source.client is not None
            asked = len(source.unsent_when_asked)
            for _ in range(20):
                source.client.wake()
                await asyncio.sleep(0)
            assert len(source.unsent_when_asked) == asked

    run(whole())


def test_what_arrives_is_handed_over_while_the_socket_has_much_to_send(tmp_path: Path) -> None:
    async def whole() -> None:
        node = SlowNode()
        node.may_read.set()
        async with sending(tmp_path, node) as source:
            heard: list[int] = []
            source.text_received = (  # type: ignore[method-assign]  # a recorder of this test
                lambda _message: heard.append(len(source.given))
            )
            source.pictures_left = 2000
            await until(lambda: len(node.received) == 2000, "all pictures")
            await until(lambda: len(heard) == 2000, "all answers")
            assert heard[0] < 500

    run(whole())
