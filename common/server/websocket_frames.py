"""The frames of a WebSocket as a server reads and writes them (RFC 6455); no I/O.

Bytes go in, whole messages come out; a length is checked before a byte of it is kept. No
extension is offered, so none is accepted. aiohttp's own reader hands messages to a task
through a queue and has one limit for the life of a connection; a node passes a frame on in
the call that brought it, and takes 4 KiB until it knows who is there.
"""

from enum import IntEnum
from typing import Final

from common.errors import ProtocolViolation

try:
    from aiohttp._websocket.helpers import websocket_mask as websocket_mask
except ImportError:  # a later aiohttp may have moved it; it is five times as quick as ours

    def websocket_mask(mask: bytes, data: bytearray) -> None:
        """XOR `data` in place with the four bytes of `mask`, repeated (RFC 6455, 5.3)."""
        unmask(mask, data)


class Opcode(IntEnum):
    """What a frame is (RFC 6455, 5.2)."""

    CONTINUATION = 0x0
    TEXT = 0x1
    BINARY = 0x2
    CLOSE = 0x8
    PING = 0x9
    PONG = 0xA


class CloseCode(IntEnum):
    """Why a connection is closed (RFC 6455, 7.4.1)."""

    NORMAL = 1000
    GOING_AWAY = 1001
    PROTOCOL_ERROR = 1002
    POLICY = 1008
    INTERNAL_ERROR = 1011
    TRY_AGAIN_LATER = 1013


MAXIMUM_CONTROL_BYTES: Final = 125
_FIN: Final = 0x80
_RESERVED: Final = 0x70
_CONTROL: Final = 0x8
_MASKED: Final = 0x80
_JOIN_UP_TO_BYTES: Final = 16 * 1024

Message = tuple[Opcode, bytearray]
"""TEXT, BINARY, CLOSE, PING or PONG, and the unmasked payload."""


def unmask(mask: bytes, data: bytearray) -> None:
    """XOR in place by tables; what serves where aiohttp's compiled one is missing."""
    for position, value in enumerate(mask):
        table = bytes(byte ^ value for byte in range(256))
        data[position::4] = data[position::4].translate(table)


def frame_parts(opcode: Opcode, payload: bytes | bytearray) -> list[bytes | bytearray]:
    """Write one unmasked frame: in one piece, or header and payload where a copy costs more."""
    length = len(payload)
    first = _FIN | opcode
    if length < 126:
        header = bytes((first, length))
    elif length < 65536:
        header = bytes((first, 126)) + length.to_bytes(2, "big")
    else:
        header = bytes((first, 127)) + length.to_bytes(8, "big")
    return [header + payload] if length <= _JOIN_UP_TO_BYTES else [header, payload]


def close_payload(code: CloseCode, reason: str) -> bytes:
    """Write what a close frame carries; the reason is cut to what fits."""
    return code.to_bytes(2, "big") + reason.encode()[: MAXIMUM_CONTROL_BYTES - 2]


class FrameReader:
    """Bytes to messages. The caps may be raised between two calls of `feed`."""

    def __init__(self, maximum_text_bytes: int, maximum_binary_bytes: int) -> None:
        self._maximum = {Opcode.TEXT: maximum_text_bytes, Opcode.BINARY: maximum_binary_bytes}
        self._pending = bytearray()
        self._fragments = bytearray()
        self._fragmented: Opcode | None = None

    def set_caps(self, maximum_text_bytes: int, maximum_binary_bytes: int) -> None:
        """Change how long messages may be."""
        self._maximum = {Opcode.TEXT: maximum_text_bytes, Opcode.BINARY: maximum_binary_bytes}

    def held_bytes(self) -> int:
        """Count what is kept of messages that are not whole yet."""
        return len(self._pending) + len(self._fragments)

    def feed(self, data: bytes) -> list[Message]:
        """Take bytes and return the messages that they complete. Raises ProtocolViolation."""
        source: bytes | bytearray = data
        if self._pending:
            self._pending += data
            source = self._pending
        messages: list[Message] = []
        position = 0
        while (after := self._read_frame(source, position, messages)) > position:
            position = after
        self._pending = bytearray(source[position:])
        return messages

    def _read_frame(self, source: bytes | bytearray, position: int, messages: list[Message]) -> int:
        """Read the frame at `position`, if all of it is there; return where the next begins."""
        available = len(source) - position
        if available < 2:
            return position
        first, second = source[position], source[position + 1]
        opcode = self._check_first_bytes(first, second)
        length = second & 0x7F
        header_bytes = {126: 8, 127: 14}.get(length, 6)
        if available < header_bytes:
            return position
        start = position + header_bytes
        if length > 125:
            length = int.from_bytes(source[position + 2 : start - 4], "big")
        self._check_length(opcode, length)
        if len(source) < start + length:
            return position
        payload = bytearray(source[start : start + length])
        websocket_mask(bytes(source[start - 4 : start]), payload)
        self._take(opcode, bool(first & _FIN), payload, messages)
        return start + length

    def _check_first_bytes(self, first: int, second: int) -> Opcode:
        if first & _RESERVED:
            raise ProtocolViolation("a frame of an extension that was not offered")
        try:
            opcode = Opcode(first & 0x0F)
        except ValueError:
            raise ProtocolViolation(f"a frame of unknown kind {first & 0x0F}") from None
        if not second & _MASKED:
            raise ProtocolViolation("a frame without a mask")
        if opcode & _CONTROL:
            if not first & _FIN or second & 0x7F > MAXIMUM_CONTROL_BYTES:
                raise ProtocolViolation("a control frame in parts or too long")
        elif (opcode is Opcode.CONTINUATION) != (self._fragmented is not None):
            raise ProtocolViolation("parts of a message out of order")
        return opcode

    def _check_length(self, opcode: Opcode, length: int) -> None:
        if opcode & _CONTROL:
            return
        kind = self._fragmented or opcode
        if len(self._fragments) + length > self._maximum[kind]:
            raise ProtocolViolation(f"a {kind.name.lower()} frame of {length} bytes is too long")

    def _take(
        self, opcode: Opcode, is_final: bool, payload: bytearray, messages: list[Message]
    ) -> None:
        if opcode & _CONTROL or (is_final and self._fragmented is None):
            messages.append((opcode, payload))
            return
        self._fragmented = self._fragmented or opcode
        self._fragments += payload
        if is_final:
            messages.append((self._fragmented, self._fragments))
            self._fragments, self._fragmented = bytearray(), None
