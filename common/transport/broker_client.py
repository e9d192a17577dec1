"""One WebSocket from an app to its node, for as long as the app wants one.

Owns connecting, the hellos, reconnecting with back-off, and the pull of output: the handler
is asked for its most urgent message only while next to nothing waits unsent, so nothing
urgent queues behind a picture. Does not know what the messages mean, and keeps none of them:
what a handler gives is in the socket when the next one is asked for. Driven by the handler's
`wake`, on one asyncio loop.
"""

import asyncio
import contextlib
import random
from collections.abc import Callable
from typing import Final, Protocol

import aiohttp

from common.errors import ConnectionLost, ProtocolViolation
from common.logs import Log
from common.protocol.broker_messages import (
    MAXIMUM_BINARY_BYTES,
    PROTOCOL_VERSION,
    ControllerWelcome,
    FromApp,
    FromNode,
    HelloRefused,
    ServerHello,
    TargetWelcome,
    decode_from_node,
    encode,
)
from common.reasons import ConnectionProblem
from common.transport import node_http
from common.transport.output_pump import OutputPump
from common.transport.trust import ServerIdentity, address_of, tls_context

CONNECT_PATH: Final = "/farhand/connect"
PING_AFTER_SECONDS: Final = 9.0
"""A silent connection is asked for a sign of life; aiohttp gives it up after half as long
again, 13.5 s (protocol.md 4: dead at 15 s)."""
FIRST_RETRY_SECONDS: Final = 0.25
RETRY_FACTOR: Final = 1.5
LONGEST_RETRY_SECONDS: Final = 15.0
RETRY_SPREAD: Final = 0.2
FAREWELL_SECONDS: Final = 1.0
"""How long a cancelled run() lets the last output and the close frame take."""
FINAL_PROBLEMS: Final = frozenset(
    {ConnectionProblem.NOT_AUTHENTICATED, ConnectionProblem.VERSION_TOO_OLD}
)
"""Trying again changes nothing about these; somebody must."""

_log = Log(__name__)


class BrokerHandler(Protocol):
    """What an app does with its connection. All methods are called on the loop of `run`.

    A ProtocolViolation raised by one that receives closes the connection, no more.
    """

    def hello(self, server_hello: ServerHello) -> FromApp:
        """Return what this app says first."""

    def connected(self, welcome: ControllerWelcome | TargetWelcome) -> None:
        """The node has taken the hello; `next_output` is asked from now on."""

    def text_received(self, message: FromNode) -> None:
        """The node said something."""

    def frame_received(self, frame: bytes) -> None:
        """The other app sent a binary frame."""

    def next_output(self) -> FromApp | bytes | None:
        """Give the most urgent message that waits, None when none does."""

    def disconnected(self, lost: ConnectionLost, retry_in_seconds: float | None) -> None:
        """The connection ended, or none came about. The next try is in that time, None when
        it waits for `reconnect_now`."""


class Backoff:
    """How long to wait between tries: longer each time, never in step with others."""

    def __init__(self, uniform: Callable[[float, float], float] = random.uniform) -> None:
        self._uniform = uniform
        self._next_seconds = FIRST_RETRY_SECONDS

    def take(self) -> float:
        """Return the seconds to wait now."""
        seconds = self._next_seconds
        self._next_seconds = min(seconds * RETRY_FACTOR, LONGEST_RETRY_SECONDS)
        return seconds * self._uniform(1 - RETRY_SPREAD, 1 + RETRY_SPREAD)

    def reset(self) -> None:
        """Begin with the shortest wait again."""
        self._next_seconds = FIRST_RETRY_SECONDS


class BrokerClient:
    """Holds one connection at most. `run` once; the other methods on the same loop."""

    def __init__(self, identity: ServerIdentity, handler: BrokerHandler) -> None:
        self._address = address_of(identity)
        self._context = tls_context(identity)
        self._handler = handler
        self._backoff = Backoff()
        self._retry = asyncio.Event()
        self._pump: OutputPump | None = None
        self.was_welcomed = False
        """Whether the node has ever welcomed this program here."""

    @property
    def is_connected(self) -> bool:
        """Whether the node has welcomed this connection and it stands."""
        return self._pump is not None

    @property
    def unsent_bytes(self) -> int:
        """What was written and has not left this computer yet, as far as it tells."""
        return self._pump.unsent_bytes if self._pump is not None else 0

    def wake(self) -> None:
        """There may be output. Costs next to nothing when there is not, or no connection."""
        if self._pump is not None:
            self._pump.wake()

    def reconnect_now(self) -> None:
        """Try now instead of at the end of the wait; nothing while connected."""
        self._backoff.reset()
        self._retry.set()

    async def run(self) -> None:
        """Connect, serve and reconnect until cancelled; then say goodbye, in bounded time."""
        while True:
            await self._wait_for_retry(await self.connect_once())

    async def connect_once(self) -> ConnectionLost:
        """Connect, serve, and return why that is over; who calls tells the handler. Says
        goodbye in bounded time when it is cancelled."""
        try:
            lost = await self._connect_and_serve()
        except ConnectionLost as refused:
            lost = refused
        _log.info("connection lost", problem=lost.problem, detail=lost.detail)
        return lost

    async def _wait_for_retry(self, lost: ConnectionLost) -> None:
        seconds = None if lost.problem in FINAL_PROBLEMS else self._backoff.take()
        self._retry.clear()
        self._handler.disconnected(lost, seconds)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._retry.wait()

    async def _connect_and_serve(self) -> ConnectionLost:
        """Return why the connection is over, or raise it when none came about."""
        connector = node_http.NodeConnector()
        async with contextlib.AsyncExitStack() as stack:
            async with node_http.problems_in_time():
                session = await stack.enter_async_context(node_http.open_session(connector))
                socket = await self._open_socket(session)
                stack.push_async_callback(_close, socket)
                welcome = await self._exchange_hellos(socket)
            self._backoff.reset()
            return await self._serve(socket, OutputPump(connector, socket, self._handler), welcome)

    async def _open_socket(self, session: aiohttp.ClientSession) -> "_Socket":
        return await session.ws_connect(
            node_http.url_of(self._address, CONNECT_PATH),
            ssl=self._context,
            heartbeat=PING_AFTER_SECONDS,
            timeout=aiohttp.ClientWSTimeout(ws_receive=None, ws_close=FAREWELL_SECONDS),
            max_msg_size=MAXIMUM_BINARY_BYTES + 1,  # aiohttp refuses from this size on
            decode_text=False,
            **node_http.proxy_for(self._address),
        )

    async def _exchange_hellos(self, socket: "_Socket") -> ControllerWelcome | TargetWelcome:
        hello = await _receive_message(socket)
        if not isinstance(hello, ServerHello):
            raise _not_a_node(f"{type(hello).__name__} instead of ServerHello")
        if hello.version != PROTOCOL_VERSION:
            raise ConnectionLost(
                ConnectionProblem.VERSION_TOO_OLD, f"the node speaks version {hello.version}"
            )
        await socket.send_str(encode(self._handler.hello(hello)))
        answer = await _receive_message(socket)
        match answer:
            case ControllerWelcome() | TargetWelcome():
                return answer
            case HelloRefused():
                raise ConnectionLost(answer.problem, "the node refused the hello")
            case _:
                raise _not_a_node(f"{type(answer).__name__} instead of a welcome")

    async def _serve(
        self, socket: "_Socket", pump: OutputPump, welcome: ControllerWelcome | TargetWelcome
    ) -> ConnectionLost:
        self._pump = pump
        self.was_welcomed = True
        async with asyncio.TaskGroup() as tasks:
            sending = tasks.create_task(pump.run())
            receiving = tasks.create_task(self._receive(socket))
            try:
                self._handler.connected(welcome)
                # Shielded, because aiohttp drops a connection whose receive() is cancelled,
                # with what was written and not sent; closing it ends receive() in order.
                lost = await asyncio.shield(receiving)
            except asyncio.CancelledError:
                sending.cancel()
                await pump.flush(FAREWELL_SECONDS)
                await socket.close()
                raise
            finally:
                self._pump = None
                sending.cancel()
        return lost

    async def _receive(self, socket: "_Socket") -> ConnectionLost:
        """Hand over what comes until the connection ends, and say why it did."""
        handler = self._handler
        while True:
            frame = await socket.receive()
            try:
                if frame.type is aiohttp.WSMsgType.BINARY:
                    handler.frame_received(frame.data)
                elif frame.type is aiohttp.WSMsgType.TEXT:
                    handler.text_received(decode_from_node(frame.data))
                else:
                    return _ending(socket, frame.type, frame.data)
            except ProtocolViolation as violation:
                return _not_a_node(violation.detail)


_Socket = aiohttp.ClientWebSocketResponse[bool]


async def _receive_message(socket: _Socket) -> FromNode:
    frame = await socket.receive()
    if frame.type is not aiohttp.WSMsgType.TEXT:
        raise _ending(socket, frame.type, frame.data)
    try:
        return decode_from_node(frame.data)
    except ProtocolViolation as violation:
        raise _not_a_node(violation.detail) from violation


def _ending(socket: _Socket, kind: aiohttp.WSMsgType, data: object) -> ConnectionLost:
    """Say why a connection ended, from the frame that is no message."""
    error = socket.exception() or data
    match error:
        case aiohttp.WebSocketError():
            return _not_a_node(f"it broke the WebSocket protocol: {error}")
        case Exception():
            return ConnectionLost(ConnectionProblem.CLOSED, f"{type(error).__name__}: {error}")
    if kind is aiohttp.WSMsgType.BINARY:
        return _not_a_node("a binary frame instead of a hello")
    return ConnectionLost(ConnectionProblem.CLOSED, f"close code {socket.close_code}")


async def _close(socket: _Socket) -> None:
    await socket.close()


def _not_a_node(detail: str) -> ConnectionLost:
    return ConnectionLost(ConnectionProblem.NOT_A_NODE, detail)
