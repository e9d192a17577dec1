"""The WebSocket to a node, over real sockets: hellos, order, ends, reconnects, bad nodes."""

import asyncio
from pathlib import Path

import msgspec
import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from common.errors import ProtocolViolation
from common.protocol.broker_messages import (
    MAXIMUM_BINARY_BYTES,
    MAXIMUM_TEXT_BYTES,
    PROTOCOL_VERSION,
    FromApp,
    HelloRefused,
    LeaveSession,
    NodeStopping,
    encode,
)
from common.reasons import ConnectionProblem
from common.transport import broker_client, node_http
from common.transport.broker_client import (
    FIRST_RETRY_SECONDS,
    LONGEST_RETRY_SECONDS,
    RETRY_SPREAD,
    Backoff,
    BrokerClient,
)
from tests.transport.certificates import make_root
from tests.transport.lines import (
    ROOT,
    Line,
    Recorder,
    echo,
    identity_at,
    line_to,
    sends_after_welcome,
    with_line,
)
from tests.transport.local_node import (
    HELLO,
    SERVER_HELLO,
    WELCOME,
    LocalNode,
    welcome,
)
from tests.transport.running import run, until

GOODBYE = LeaveSession(claim="0" * 32)


def test_the_app_answers_the_nodes_hello_and_is_welcomed(tmp_path: Path) -> None:
    said: list[FromApp] = []

    async def conversation(socket: web.WebSocketResponse) -> None:
        said.append(await welcome(socket))
        await socket.receive()

    async def test(line: Line) -> None:
        await line.connected()
        assert said == [HELLO]
        assert line.handler.heard == [SERVER_HELLO]
        assert line.handler.welcomes == [WELCOME]

    with_line(tmp_path, conversation, test)


def test_output_goes_out_in_the_handlers_order_and_answers_come_in_order(tmp_path: Path) -> None:
    frames = [bytes([number]) * (number * 700) for number in range(1, 60)]

    async def test(line: Line) -> None:
        await line.connected()
        line.handler.output += [*frames, GOODBYE]
        line.client.wake()
        await until(lambda: line.handler.texts, "the answer to the last message")
        assert line.handler.frames == frames
        assert line.handler.texts == [NodeStopping()]

    with_line(tmp_path, echo, test)


def test_output_that_was_there_before_the_welcome_is_sent_after_it(tmp_path: Path) -> None:
    async def test(line: Line) -> None:
        line.handler.output.append(b"early")
        line.client.wake()
        await until(lambda: line.handler.frames, "the echo")
        assert line.handler.frames == [b"early"]

    with_line(tmp_path, echo, test)


def test_the_largest_frame_passes(tmp_path: Path) -> None:
    frame = b"x" * MAXIMUM_BINARY_BYTES

    async def conversation(socket: web.WebSocketResponse) -> None:
        await sends_after_welcome(socket, frame)

    async def test(line: Line) -> None:
        await until(lambda: line.handler.frames, "the frame")
        assert line.handler.frames == [frame]
        assert not line.handler.losses

    with_line(tmp_path, conversation, test)


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param("no message", id="text that is not JSON"),
        pytest.param('{"type":"surprise"}', id="an unknown message"),
        pytest.param('{"type":"node_stopping","more":1}', id="an unknown field"),
        pytest.param('"' + "x" * MAXIMUM_TEXT_BYTES + '"', id="text over the cap"),
        pytest.param(b"x" * (MAXIMUM_BINARY_BYTES + 1), id="a frame over the cap"),
    ],
)
def test_a_bad_frame_closes_the_connection_and_a_new_one_is_made(
    tmp_path: Path, bad: str | bytes
) -> None:
    connections = 0

    async def conversation(socket: web.WebSocketResponse) -> None:
        nonlocal connections
        connections += 1
        await sends_after_welcome(socket, *([bad] if connections == 1 else []))

    async def test(line: Line) -> None:
        await until(lambda: len(line.handler.welcomes) == 2, "the second connection")
        assert line.handler.problems() == [ConnectionProblem.NOT_A_NODE]
        assert not line.handler.frames
        assert not line.handler.texts

    with_line(tmp_path, conversation, test)


@pytest.mark.parametrize("first", [encode(NodeStopping()), b"binary", "x" * 5000, ""])
def test_whoever_does_not_begin_with_a_hello_is_not_a_node(
    tmp_path: Path, first: str | bytes
) -> None:
    async def conversation(socket: web.WebSocketResponse) -> None:
        await (socket.send_str(first) if isinstance(first, str) else socket.send_bytes(first))
        await socket.receive()

    async def test(line: Line) -> None:
        await until(lambda: line.handler.losses, "the loss")
        assert line.handler.problems() == [ConnectionProblem.NOT_A_NODE]
        assert not line.handler.heard

    with_line(tmp_path, conversation, test)


def test_a_message_instead_of_a_welcome_is_not_a_node(tmp_path: Path) -> None:
    async def conversation(socket: web.WebSocketResponse) -> None:
        await socket.send_str(encode(SERVER_HELLO))
        await socket.receive()
        await socket.send_str(encode(NodeStopping()))
        await socket.receive()

    async def test(line: Line) -> None:
        await until(lambda: line.handler.losses, "the loss")
        assert line.handler.problems() == [ConnectionProblem.NOT_A_NODE]
        assert not line.handler.welcomes

    with_line(tmp_path, conversation, test)


@pytest.mark.parametrize(
    "problem", [ConnectionProblem.NOT_AUTHENTICATED, ConnectionProblem.VERSION_TOO_OLD]
)
def test_a_final_refusal_waits_until_somebody_asks_for_another_try(
    tmp_path: Path, problem: ConnectionProblem
) -> None:
    connections = 0

    async def conversation(socket: web.WebSocketResponse) -> None:
        nonlocal connections
        connections += 1
        if connections > 1:
            await sends_after_welcome(socket)
        await socket.send_str(encode(SERVER_HELLO))
        await socket.receive()
        await socket.send_str(encode(HelloRefused(problem=problem)))

    async def test(line: Line) -> None:
        await until(lambda: line.handler.losses, "the refusal")
        assert line.handler.losses == [(problem, None)]
        line.client.reconnect_now()
        await line.connected()
        assert connections == 2

    with_line(tmp_path, conversation, test)


def test_a_refusal_for_now_is_tried_again(tmp_path: Path) -> None:
    async def conversation(socket: web.WebSocketResponse) -> None:
        await socket.send_str(encode(SERVER_HELLO))
        await socket.receive()
        await socket.send_str(encode(HelloRefused(problem=ConnectionProblem.TOO_MANY)))

    async def test(line: Line) -> None:
        await until(lambda: len(line.handler.losses) == 2, "the second refusal")
        assert line.handler.problems() == [ConnectionProblem.TOO_MANY] * 2
        waits = [wait or 0.0 for _, wait in line.handler.losses]
        assert 0 < waits[0] <= FIRST_RETRY_SECONDS * (1 + RETRY_SPREAD)

    with_line(tmp_path, conversation, test)


def test_another_version_of_the_protocol_is_told_and_not_answered(tmp_path: Path) -> None:
    async def conversation(socket: web.WebSocketResponse) -> None:
        hello = msgspec.structs.replace(SERVER_HELLO, version=PROTOCOL_VERSION + 1)
        await socket.send_str(encode(hello))
        await socket.receive()

    async def test(line: Line) -> None:
        await until(lambda: line.handler.losses, "the loss")
        assert line.handler.losses == [(ConnectionProblem.VERSION_TOO_OLD, None)]
        assert not line.handler.heard

    with_line(tmp_path, conversation, test)


@pytest.mark.parametrize(
    ("status", "problem"),
    [
        (404, ConnectionProblem.NOT_A_NODE),
        (200, ConnectionProblem.NOT_A_NODE),
        (429, ConnectionProblem.TOO_MANY),
        (503, ConnectionProblem.TOO_MANY),
    ],
)
def test_a_refused_upgrade_says_why(
    tmp_path: Path, status: int, problem: ConnectionProblem
) -> None:
    async def whole() -> None:
        node = LocalNode(ROOT, ROOT, connect_status=status)
        async with line_to(tmp_path, echo, node) as line:
            await until(lambda: line.handler.losses, "the refusal")
            assert line.handler.problems()[0] is problem

    run(whole())


def test_a_server_with_another_root_gets_no_word(tmp_path: Path) -> None:
    async def whole() -> None:
        async with line_to(tmp_path, echo, LocalNode(ROOT, make_root())) as line:
            await until(lambda: line.handler.losses, "the refusal")
            assert line.handler.problems()[0] is ConnectionProblem.CERTIFICATE_NOT_TRUSTED
            assert not line.handler.heard

    run(whole())


def test_a_node_that_falls_silent_before_its_welcome_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(node_http, "CONNECT_TIMEOUT_SECONDS", 0.3)

    async def conversation(socket: web.WebSocketResponse) -> None:
        await socket.send_str(encode(SERVER_HELLO))
        await socket.receive()
        await socket.receive()

    async def test(line: Line) -> None:
        await until(lambda: line.handler.losses, "the loss")
        assert line.handler.problems()[0] is ConnectionProblem.UNREACHABLE

    with_line(tmp_path, conversation, test)


def test_a_connection_without_a_sign_of_life_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert broker_client.PING_AFTER_SECONDS * 1.5 + 1 < 15  # aiohttp rounds up by a second
    monkeypatch.setattr(broker_client, "PING_AFTER_SECONDS", 0.1)
    forever = asyncio.Event()

    async def conversation(socket: web.WebSocketResponse) -> None:
        await welcome(socket)
        await forever.wait()  # reads no more, so answers no ping

    async def test(line: Line) -> None:
        await line.connected()
        await until(lambda: line.handler.losses, "the loss")
        assert line.handler.problems()[0] is ConnectionProblem.CLOSED
        assert not line.client.is_connected
        forever.set()

    with_line(tmp_path, conversation, test)


def test_a_node_that_comes_back_is_found_again_and_output_waits_for_it(tmp_path: Path) -> None:
    async def whole() -> None:
        node = LocalNode(ROOT, ROOT, conversation=echo)
        handler = Recorder()
        async with node.serving(tmp_path):
            client = BrokerClient(identity_at(node), handler)
            line = Line(node, client, handler, asyncio.create_task(client.run()))
            await line.connected()
        await until(lambda: ConnectionProblem.REFUSED in handler.problems(), "a refused try")
        assert handler.problems()[0] is ConnectionProblem.CLOSED
        handler.output.append(b"later")
        client.wake()
        async with node.serving(tmp_path):
            client.reconnect_now()
            await until(lambda: handler.frames, "the echo")
            assert handler.frames == [b"later"]
            await line.stop()

    run(whole())


@pytest.mark.parametrize("sent", [b"frame", encode(NodeStopping())])
def test_a_violation_that_the_handler_finds_ends_the_connection_alone(
    tmp_path: Path, sent: str | bytes
) -> None:
    async def conversation(socket: web.WebSocketResponse) -> None:
        await sends_after_welcome(socket, sent)

    async def whole() -> None:
        node = LocalNode(ROOT, ROOT)
        async with line_to(tmp_path, conversation, node) as line:
            line.handler.violation = ProtocolViolation("out of order")
            await until(lambda: len(line.handler.welcomes) == 2, "the second connection")
            assert line.handler.problems() == [ConnectionProblem.NOT_A_NODE]
            assert not line.task.done()

    run(whole())


def test_cancelling_sends_what_waits_and_closes_in_order(tmp_path: Path) -> None:
    received: list[object] = []
    closed = asyncio.Event()

    async def conversation(socket: web.WebSocketResponse) -> None:
        await welcome(socket)
        async for frame in socket:
            received.append(frame.data)
        received.append(socket.close_code)
        closed.set()

    async def test(line: Line) -> None:
        await line.connected()
        line.handler.output += [b"x" * 60_000, GOODBYE]
        await line.stop()
        await closed.wait()
        assert received == [b"x" * 60_000, encode(GOODBYE), 1000]

    with_line(tmp_path, conversation, test)


def test_cancelling_ends_in_bounded_time_when_the_node_reads_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broker_client, "FAREWELL_SECONDS", 0.1)
    forever = asyncio.Event()

    async def conversation(socket: web.WebSocketResponse) -> None:
        await welcome(socket)
        await forever.wait()

    async def test(line: Line) -> None:
        await line.connected()
        line.handler.output += [b"x" * 65_536] * 400
        async with asyncio.timeout(5):
            await line.stop()
        forever.set()

    with_line(tmp_path, conversation, test)


def test_a_client_that_was_never_connected_ends_when_cancelled(tmp_path: Path) -> None:
    async def whole() -> None:
        node = LocalNode(ROOT, ROOT)
        async with node.serving(tmp_path):
            pass
        handler = Recorder()
        client = BrokerClient(identity_at(node), handler)
        line = Line(node, client, handler, asyncio.create_task(client.run()))
        await until(lambda: handler.losses, "the refusal")
        client.wake()
        assert client.unsent_bytes == 0
        await line.stop()

    run(whole())


@given(st.integers(1, 40), st.floats(-1, 1))
def test_waits_grow_to_a_bound_and_are_spread(tries: int, chance: float) -> None:
    backoff = Backoff(lambda low, high: low + (high - low) * (chance + 1) / 2)
    waits = [backoff.take() for _ in range(tries)]
    assert waits == sorted(waits)
    assert waits[0] >= FIRST_RETRY_SECONDS * (1 - RETRY_SPREAD)
    assert waits[-1] <= LONGEST_RETRY_SECONDS * (1 + RETRY_SPREAD)
    backoff.reset()
    assert backoff.take() == waits[0]
