"""One WebSocket of a node: frames in and out of a TLS transport, and its state of entry.

Everything here happens in the call that brought the bytes; no task belongs to a connection.
It knows frames and caps, not messages: the node is its `handler` and decides. What waits
unsent is bounded: relayed frames by the relay, which stops reading the sender when
`on_full` is called, and everything else by cutting who asks without reading the answers.
"""

import asyncio
import contextlib
import socket
import struct
import sys
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, Protocol

from common.errors import ProtocolViolation
from common.protocol.broker_messages import (
    MAXIMUM_BINARY_BYTES,
    MAXIMUM_HELLO_BYTES,
    MAXIMUM_TEXT_BYTES,
)
from common.server.websocket_frames import (
    CloseCode,
    FrameReader,
    Opcode,
    close_payload,
    frame_parts,
)

HELD_BYTES_PER_DIRECTION: Final = 1024 * 1024
"""The most that a node holds of what one side sent to the other (protocol.md 4)."""
FULL_AT_BYTES: Final = 448 * 1024
"""The reader's own buffer is full from here on. What can come on top: 256 KiB that one read
of the sender's socket brings, 128 KiB of a frame that is not whole yet, and 64 KiB in the TCP
transport below TLS. Together they are less than HELD_BYTES_PER_DIRECTION."""
ROOM_AT_BYTES: Final = 192 * 1024
CLOSE_SECONDS: Final = 1.0
"""How long the other computer has to answer a close."""
_SIOCOUTQ: Final = 0x5411
"""Asks Linux for what a TCP socket holds that is not yet acknowledged (tcp(7))."""


class Entry(Enum):
    """How far a connection has been let in."""

    AWAITING_HELLO = auto()
    CHECKING_HELLO = auto()
    LET_IN = auto()
    CLOSING = auto()


class ConnectionHandler(Protocol):
    """What a connection reports to. Every method returns at once."""

    def on_open(self, connection: "Connection") -> None:
        """Take note that it can be sent to."""

    def on_text(self, connection: "Connection", text: bytes) -> None:
        """Take a text frame."""

    def on_frame(self, connection: "Connection", frame: bytearray) -> None:
        """Take a binary frame."""

    def on_violation(self, connection: "Connection", violation: ProtocolViolation) -> None:
        """Take note of broken framing; the connection is to be closed."""

    def on_full(self, connection: "Connection") -> None:
        """Take note that its socket takes no more for now."""

    def on_room(self, connection: "Connection") -> None:
        """Take note that its socket takes more again."""

    def on_lost(self, connection: "Connection") -> None:
        """Take note that it is gone; called once."""


@dataclass(frozen=True, slots=True)
class RemoteAddress:
    """Where a connection comes from: `key` is what limits count by."""

    text: str
    key: str
    is_loopback: bool


class Connection(asyncio.Protocol):
    """A WebSocket after its upgrade. `number` is never used again in this node."""

    def __init__(
        self,
        number: int,
        transport: asyncio.Transport,
        address: RemoteAddress,
        nonce: bytes,
        handler: ConnectionHandler,
    ) -> None:
        self.number = number
        self.address = address
        self.nonce = nonce
        self.entry = Entry.AWAITING_HELLO
        self.name = "somebody"
        """What logs call it: a role and a computer's name."""
        self._transport = transport
        self._handler = handler
        self._loop = asyncio.get_running_loop()
        self._reader = FrameReader(MAXIMUM_HELLO_BYTES, 0)
        self._is_paused = False
        self._is_readable = True
        """Whether frames can still be told apart; not after a violation of framing."""
        self.heard_at = self._loop.time()
        transport.set_write_buffer_limits(FULL_AT_BYTES, ROOM_AT_BYTES)

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Pass on that the upgrade is done."""
        self._handler.on_open(self)

    def data_received(self, data: bytes) -> None:
        """Read frames and hand them over, until one leads to a close."""
        self.heard_at = self._loop.time()
        if self.is_closing():
            self._await_close(data)
            return
        try:
            messages = self._reader.feed(data)
        except ProtocolViolation as violation:
            self._is_readable = False
            self._handler.on_violation(self, violation)
            return
        for opcode, payload in messages:
            self._take(opcode, payload)
            if self.is_closing():
                return

    def pause_writing(self) -> None:
        """Pass on that the socket is full."""
        self._handler.on_full(self)

    def resume_writing(self) -> None:
        """Pass on that there is room again."""
        self._handler.on_room(self)

    def connection_lost(self, exception: BaseException | None) -> None:
        """Pass on that it is gone."""
        self.entry = Entry.CLOSING
        self._handler.on_lost(self)

    # What the node does.

    def is_closing(self) -> bool:
        """Tell whether it is closed, or about to be."""
        return self.entry is Entry.CLOSING

    def let_in(self) -> None:
        """Take messages of full length from now on."""
        self._reader.set_caps(MAXIMUM_TEXT_BYTES, MAXIMUM_BINARY_BYTES)
        self.entry = Entry.LET_IN

    def send_text(self, text: str) -> None:
        """Send a text frame; nothing happens on a connection that is being closed."""
        self._send_own(Opcode.TEXT, text.encode())

    def ping(self) -> None:
        """Ask whether somebody is there."""
        self._send_own(Opcode.PING, b"")

    def close(self, code: CloseCode, reason: str) -> None:
        """Say why and close; what waits is still sent, within CLOSE_SECONDS."""
        if self.is_closing():
            return
        self._send_own(Opcode.CLOSE, close_payload(code, reason))
        self.entry = Entry.CLOSING
        self._reader.set_caps(MAXIMUM_TEXT_BYTES, MAXIMUM_BINARY_BYTES)
        self.resume_reading()
        self._loop.call_later(CLOSE_SECONDS, self.abort)

    def abort(self) -> None:
        """Cut it now."""
        self._transport.abort()

    # What the relay does.

    def send_frame(self, frame: bytes | bytearray) -> None:
        """Send a binary frame that the other side sent."""
        if not self.is_closing() and not self._transport.is_closing():
            self._transport.writelines(frame_parts(Opcode.BINARY, frame))

    @property
    def is_reading_paused(self) -> bool:
        """Tell whether its silence is our doing."""
        return self._is_paused

    def pause_reading(self) -> None:
        """Read nothing more from the socket."""
        if not self._is_paused and not self._transport.is_closing():
            self._is_paused = True
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Read again; the time without reading does not count as silence."""
        if self._is_paused:
            self._is_paused = False
            self.heard_at = self._loop.time()
            if not self._transport.is_closing():
                self._transport.resume_reading()

    def unsent_bytes(self) -> int:
        """Count what the other computer has not acknowledged, as far as one can know."""
        own = self._transport.get_write_buffer_size()
        return own + _unacknowledged_bytes(self._transport.get_extra_info("socket"))

    def held_bytes(self) -> int:
        """Count what waits in this process: unsent, and of messages not yet whole."""
        return self._transport.get_write_buffer_size() + self._reader.held_bytes()

    # Steps.

    def _take(self, opcode: Opcode, payload: bytearray) -> None:
        match opcode:
            case Opcode.BINARY:
                self._handler.on_frame(self, payload)
            case Opcode.TEXT:
                self._handler.on_text(self, bytes(payload))
            case Opcode.PING:
                self._send_own(Opcode.PONG, payload)
            case Opcode.CLOSE:
                self.close(CloseCode.NORMAL, "")
                self._transport.close()
            case Opcode.PONG | Opcode.CONTINUATION:
                pass

    def _send_own(self, opcode: Opcode, payload: bytes | bytearray) -> None:
        if self.is_closing() or self._transport.is_closing():
            return
        if self._transport.get_write_buffer_size() > HELD_BYTES_PER_DIRECTION:
            self.abort()  # it asks and asks and never reads the answers
            return
        self._transport.writelines(frame_parts(opcode, payload))

    def _await_close(self, data: bytes) -> None:
        """Pass over what still comes, up to the answer to our close.

        Closing before would reset the connection while the other computer still sends, and
        could take the reason with it.
        """
        if not self._is_readable:
            return
        try:
            is_answered = any(opcode is Opcode.CLOSE for opcode, _ in self._reader.feed(data))
        except ProtocolViolation:
            self._is_readable = is_answered = False
        if is_answered:
            self._transport.close()


def _unacknowledged_bytes(raw: socket.socket | None) -> int:
    """Ask the kernel for what it still holds; 0 where it can't be asked."""
    if raw is None or sys.platform != "linux":
        return 0
    import fcntl  # there is none on Windows

    with contextlib.suppress(OSError):
        answer = fcntl.ioctl(raw.fileno(), _SIOCOUTQ, b"\0\0\0\0")
        return int(struct.unpack("i", answer)[0])
    return 0
