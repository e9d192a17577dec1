"""Caps and garbage on real sockets: that connection is closed, the others are served."""

import asyncio
import contextlib
import os
import ssl
from pathlib import Path

import aiohttp
import pytest

from common.protocol import broker_messages as broker
from common.protocol.broker_messages import MAXIMUM_BINARY_BYTES, MAXIMUM_HELLO_BYTES, encode
from tests.server.node_driver import (
    ANSWER_SECONDS,
    App,
    RunningNode,
    connected,
    controller,
    controller_hello,
    join,
    run,
    running_node,
    start_session,
    target,
)

UPGRADE = (
    b"GET /farhand/connect HTTP/1.1\r\nHost: node\r\nUpgrade: websocket\r\n"
    b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)


async def raw_connection(
    node: RunningNode, has_tls: bool = True
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    tls = node.tls() if has_tls else None
    return await asyncio.open_connection("127.0.0.1", node.port, ssl=tls)


async def upgraded(node: RunningNode) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A WebSocket by hand, so that frames can be wrong. The node's hello is read."""
    reader, writer = await raw_connection(node)
    writer.write(UPGRADE)
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101")
    head = await reader.readexactly(2)
    assert head[0] == 0x81
    length = head[1]
    if length == 126:
        length = int.from_bytes(await reader.readexactly(2), "big")
    await reader.readexactly(length)
    return reader, writer


async def close_code(reader: asyncio.StreamReader) -> int:
    """Read up to the node's close frame."""
    async with asyncio.timeout(ANSWER_SECONDS):
        head = await reader.readexactly(2)
        assert head[0] == 0x88, head
        payload = await reader.readexactly(head[1])
    return int.from_bytes(payload[:2], "big")


async def ends(reader: asyncio.StreamReader) -> None:
    async with asyncio.timeout(ANSWER_SECONDS):
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            while await reader.read(65536):
                pass


async def close(writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()
    with contextlib.suppress(OSError, ssl.SSLError):
        await writer.wait_closed()


async def serves(bystander: App) -> None:
    """Make sure that somebody else is served as if nothing had happened."""
    await bystander.send(broker.CancelCode("1234", "0" * 32))
    await bystander.expect(broker.CodeEnded)


def masked(first: int, length: int, payload: bytes) -> bytes:
    """A frame that says it has this length."""
    if length < 126:
        head = bytes((first, 0x80 | length))
    elif length < 65536:
        head = bytes((first, 0xFE)) + length.to_bytes(2, "big")
    else:
        head = bytes((first, 0xFF)) + length.to_bytes(8, "big")
    return head + b"\0\0\0\0" + payload


@pytest.mark.parametrize(
    "frame",
    [
        pytest.param(masked(0x81, MAXIMUM_HELLO_BYTES + 1, b""), id="hello over 4 KiB"),
        pytest.param(masked(0x81, 2**31, b""), id="text of 2 GiB"),
        pytest.param(masked(0x82, 2**63, b""), id="binary of 2^63"),
        pytest.param(masked(0x81, 2, b"{}"), id="no message"),
        pytest.param(masked(0x81, 4, b"\xff\xfe\xfd\xfc"), id="not UTF-8"),
        pytest.param(masked(0x82, 1, b"x"), id="binary before hello"),
        pytest.param(masked(0x80, 1, b"x"), id="continuation of nothing"),
        pytest.param(masked(0xC1, 2, b"{}"), id="compressed"),
        pytest.param(masked(0x83, 0, b""), id="unknown kind"),
        pytest.param(masked(0x09, 0, b""), id="ping in parts"),
        pytest.param(b"\x81\x02{}", id="not masked"),
    ],
)
def test_a_bad_frame_closes_its_connection_with_a_reason(tmp_path: Path, frame: bytes) -> None:
    async def main() -> None:
        async with running_node(tmp_path, "--allow-guests") as node, controller(node) as bystander:
            reader, writer = await upgraded(node)
            writer.write(frame)
            assert await close_code(reader) == 1002
            await close(writer)
            await serves(bystander)

    run(main())


def test_random_bytes_at_every_depth_end_that_connection_alone(tmp_path: Path) -> None:
    async def main() -> None:
        limits = ("--limit", "hello_seconds=1")
        async with (
            running_node(tmp_path, "--allow-guests", *limits) as node,
            controller(node) as bystander,
        ):
            for way in (without_tls, as_http, as_frames):
                for _ in range(3):
                    await way(node, os.urandom(2000))
                await serves(bystander)

    run(main())


async def without_tls(node: RunningNode, data: bytes) -> None:
    reader, writer = await raw_connection(node, has_tls=False)
    writer.write(data)
    await ends(reader)
    await close(writer)


async def as_http(node: RunningNode, data: bytes) -> None:
    reader, writer = await raw_connection(node)
    writer.write(data + b"\r\n\r\n")
    await ends(reader)
    await close(writer)


async def as_frames(node: RunningNode, data: bytes) -> None:
    reader, writer = await upgraded(node)
    writer.write(data)
    assert await close_code(reader) in (1002, 1008)
    await close(writer)


def test_a_truncated_frame_is_waited_for_no_longer_than_a_hello(tmp_path: Path) -> None:
    async def main() -> None:
        async with running_node(tmp_path, "--limit", "hello_seconds=1") as node:
            reader, writer = await upgraded(node)
            writer.write(masked(0x81, 500, b"{"))
            assert await close_code(reader) == 1008
            await close(writer)

    run(main())


@pytest.mark.parametrize("has_tls", [True, False])
def test_who_says_nothing_is_cut(tmp_path: Path, has_tls: bool) -> None:
    async def main() -> None:
        async with running_node(tmp_path, "--limit", "hello_seconds=1") as node:
            reader, writer = await raw_connection(node, has_tls)
            await ends(reader)
            await close(writer)

    run(main())


def test_a_text_frame_after_the_welcome_may_have_64_kib_and_no_more(tmp_path: Path) -> None:
    async def main() -> None:
        async with running_node(tmp_path, "--allow-guests") as node, controller(node) as app:
            await app.socket.send_str(" " * (64 * 1024 + 1))
            assert await app.expect_close() == 1002

    run(main())


def test_a_binary_frame_may_have_128_kib_and_no_more(tmp_path: Path) -> None:
    async def main() -> None:
        async with (
            running_node(tmp_path, "--allow-guests") as node,
            controller(node) as technician,
            target(node) as computer,
        ):
            claim = await join(technician, computer)
            await computer.send_frame(bytes(MAXIMUM_BINARY_BYTES + 1))
            assert await technician.expect(broker.Released) == broker.Released(claim, True)
            assert await computer.expect_close() == 1002

    run(main())


def test_a_message_before_the_welcome_is_a_violation(tmp_path: Path) -> None:
    async def main() -> None:
        async with running_node(tmp_path, "--allow-guests") as node, connected(node) as app:
            await app.send(broker.LeaveSession("0" * 32))
            assert await app.expect_close() == 1002

    run(main())


def test_a_second_hello_is_a_violation(tmp_path: Path) -> None:
    async def main() -> None:
        async with running_node(tmp_path, "--allow-guests") as node, controller(node) as app:
            await app.send(controller_hello())
            assert await app.expect_close() == 1002

    run(main())


def test_a_flood_of_messages_is_a_violation(tmp_path: Path) -> None:
    async def main() -> None:
        limits = ("--limit", "messages_per_second=2")
        async with (
            running_node(tmp_path, "--allow-guests", *limits) as node,
            controller(node) as app,
        ):
            for _ in range(30):
                await app.send(broker.CancelCode("1234", "0" * 32))
            assert await app.expect_close() == 1002

    run(main())


def test_one_address_has_twenty_connections_that_said_nothing_and_no_more(tmp_path: Path) -> None:
    async def main() -> None:
        async with running_node(tmp_path, "--allow-guests") as node, controller(node) as bystander:
            idle = [await raw_connection(node) for _ in range(20)]
            reader, writer = await raw_connection(node, has_tls=False)
            await ends(reader)
            await close(writer)
            await serves(bystander)

            for _, one in idle[:5]:
                await close(one)
            await connects_again(node)
            for _, one in idle[5:]:
                await close(one)

    run(main())


async def connects_again(node: RunningNode) -> None:
    """Connect as soon as the node has noticed that somebody left."""
    async with asyncio.timeout(ANSWER_SECONDS):
        while True:
            try:
                async with controller(node) as app:
                    await start_session(app)
                    return
            except (aiohttp.ClientError, OSError):
                await asyncio.sleep(0.02)


def test_browsers_are_refused(tmp_path: Path) -> None:
    async def main() -> None:
        async with running_node(tmp_path, "--allow-guests") as node:
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                async with connected(node, Origin="https://example.org"):
                    pass
            assert refused.value.status == 403

    run(main())


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/health", 200),
        ("GET", "/farhand/root", 200),
        ("GET", "/farhand/connect", 400),
        ("POST", "/farhand/root", 405),
        ("GET", "/", 404),
        ("GET", "/farhand/root/../../etc/passwd", 404),
    ],
)
def test_each_path_has_its_answer(tmp_path: Path, method: str, path: str, status: int) -> None:
    async def main() -> None:
        async with (
            running_node(tmp_path) as node,
            aiohttp.ClientSession() as session,
            session.request(method, f"{node.base}{path}", ssl=node.tls()) as response,
        ):
            assert response.status == status
            assert len(await response.read()) <= 4096

    run(main())


def test_the_node_speaks_tls_1_3_alone(tmp_path: Path) -> None:
    async def main() -> None:
        async with running_node(tmp_path) as node:
            tls = node.tls()
            tls.minimum_version = ssl.TLSVersion.TLSv1_2
            tls.maximum_version = ssl.TLSVersion.TLSv1_2
            with pytest.raises((ssl.SSLError, ConnectionError)):
                await asyncio.open_connection("127.0.0.1", node.port, ssl=tls)

    run(main())


def test_who_answers_no_ping_is_cut_and_who_does_is_not(tmp_path: Path) -> None:
    async def main() -> None:
        limits = ("--limit", "silent_seconds=4")
        async with (
            running_node(tmp_path, "--allow-guests", *limits) as node,
            controller(node) as bystander,
        ):
            listening = asyncio.create_task(bystander.expect(broker.CodeEnded))  # answers pings
            reader, writer = await upgraded(node)
            hello = encode(controller_hello()).encode()
            writer.write(masked(0x81, len(hello), hello))
            await ends(reader)
            await close(writer)
            await bystander.send(broker.CancelCode("1234", "0" * 32))
            await listening

    run(main())
