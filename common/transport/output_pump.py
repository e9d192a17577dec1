"""Moves what a handler wants to say into one WebSocket, the most urgent first.

Owns the bound on what waits unsent. Every message that is written can't be overtaken any
more, so the handler is asked only when the socket has taken the one before: what the kernel
still holds unsent then is at most KERNEL_UNSENT_BYTES where the platform can bound it, and
the process holds nothing. Knows no message; driven by `wake` and by the socket.
"""

import asyncio
import contextlib
import struct
import sys
from typing import Final, Protocol

import aiohttp

from common.protocol.broker_messages import FromApp, encode
from common.transport.node_http import NodeConnector

_COUNT_NOT_SENT: Final = 0x894B
"""SIOCOUTQNSD of linux/sockios.h: bytes that were written and never sent."""


class OutputSource(Protocol):
    """Gives what is to be sent."""

    def next_output(self) -> FromApp | bytes | None:
        """Give the most urgent message that waits, None when none does."""


class OutputPump:
    """Sends one message after the other over one WebSocket, while `run` runs."""

    def __init__(
        self,
        connector: NodeConnector,
        socket: "aiohttp.ClientWebSocketResponse[bool]",
        source: OutputSource,
    ) -> None:
        if connector.transport is None or connector.protocol is None:
            raise RuntimeError("the connector has no connection")
        self._transport = connector.transport
        self._protocol = connector.protocol
        self._protocol.on_writable = self.wake
        self._socket = socket
        self._source = source
        self._loop = asyncio.get_running_loop()
        self._waiter: asyncio.Future[None] | None = None

    @property
    def unsent_bytes(self) -> int:
        """Bytes in the TLS transport, and on Linux those in the kernel that were never sent."""
        if self._transport.is_closing():
            return 0
        return self._transport.get_write_buffer_size() + self._unsent_in_kernel()

    def wake(self) -> None:
        """There may be output, or room for it."""
        waiter = self._waiter
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    async def run(self) -> None:
        """Send for as long as the connection stands; then wait to be cancelled. Whoever
        receives is the one to learn why it ended."""
        while True:
            with contextlib.suppress(ConnectionError):
                await self._send_what_fits()
            self._waiter = self._loop.create_future()
            await self._waiter

    async def flush(self, timeout_seconds: float) -> None:
        """Send what still waits, and let the socket take it, in that time or not at all."""
        with contextlib.suppress(TimeoutError, ConnectionError):
            async with asyncio.timeout(timeout_seconds):
                while not self._transport.is_closing():
                    await self._send_what_fits()
                    if not self._protocol.writing_paused:
                        return
                    self._waiter = self._loop.create_future()
                    await self._waiter

    async def _send_what_fits(self) -> None:
        while not self._protocol.writing_paused and not self._transport.is_closing():
            output = self._source.next_output()
            if output is None:
                return
            if isinstance(output, bytes):
                await self._socket.send_bytes(output)
            else:
                await self._socket.send_str(encode(output))
            # A socket that takes everything must not keep the loop from what arrives.
            await asyncio.sleep(0)

    def _unsent_in_kernel(self) -> int:
        if sys.platform != "linux":
            return 0
        import fcntl  # there is none on Windows

        raw = self._transport.get_extra_info("socket")
        if raw is None or raw.fileno() < 0:
            return 0
        (count,) = struct.unpack("i", fcntl.ioctl(raw.fileno(), _COUNT_NOT_SENT, bytes(4)))
        return int(count)
