"""One end of the sealed conversation: messages in and out of records, and signs of life.

Outgoing messages wait by channel; `take_record` seals the next piece of the most urgent one,
so it is called only when the socket has room. Incoming pieces are put together by channel
under that channel's cap. The link sends Ping, answers it, and tells when the other side has
been silent for too long. It knows no session rules: `ControllerSession` and `TargetSession`
own one each, decide which message is allowed when, and `close` it at the end.

The plain text of a record: channel, flags (1: the message goes on in the next record of this
channel), length of the piece (16 bits, big-endian), the piece, and on the input channel zeros
up to a multiple of 64 bytes, so that a key press can't be told from a pointer move by size.
"""

import struct
from collections import deque
from typing import Final

from common.errors import ProtocolViolation
from common.protocol.secure_channel import MAXIMUM_PLAIN_BYTES, RecordOpener, RecordSealer
from common.protocol.session_messages import (
    MAXIMUM_MESSAGE_BYTES,
    AnySessionMessage,
    Channel,
    Goodbye,
    Ping,
    PointerMoved,
    Pong,
    channel_of,
    decode,
    encode,
)

PING_INTERVAL_SECONDS: Final = 5.0
PING_INTERVAL_WHILE_HELD_SECONDS: Final = 1.0
DEAD_AFTER_SECONDS: Final = 15.0
MAXIMUM_OPEN_PINGS: Final = 32
"""Pings without an answer; a side that sends and never answers is as good as dead."""
MAXIMUM_WAITING_CONTROL: Final = 64
"""Control messages that wait for room: who sends Pings and takes no Pongs fills no memory."""
INPUT_PADDING_BYTES: Final = 64

_PIECE_HEADER: Final = struct.Struct(">BBH")
_MORE_FOLLOWS: Final = 1
_MAXIMUM_PIECE_BYTES: Final = MAXIMUM_PLAIN_BYTES - _PIECE_HEADER.size - INPUT_PADDING_BYTES


class SealedLink:
    """Messages of one session, sealed and opened. Owns the keys; sends nothing of its own
    accord but Pings and Pongs."""

    def __init__(self, sealing_key: bytes, opening_key: bytes, now: float) -> None:
        self._sealer = RecordSealer(sealing_key, now)
        self._opener = RecordOpener(opening_key, now)
        self._waiting: dict[Channel, deque[bytes]] = {channel: deque() for channel in Channel}
        self._sent_of_first: dict[Channel, int] = dict.fromkeys(Channel, 0)
        self._last_move_waits = False
        self._arriving: dict[Channel, bytearray] = {}
        self._heard_at = now
        self._ping_at = now
        self._pings: dict[int, float] = {}
        self._next_ping = 0
        self._round_trip_seconds: float | None = None
        self._is_holding = False

    @property
    def heard_at(self) -> float:
        """When the last good record arrived, monotonic seconds."""
        return self._heard_at

    @property
    def waiting_input(self) -> int:
        """Number of input messages that have not been sealed yet."""
        return len(self._waiting[Channel.INPUT])

    def send(self, message: AnySessionMessage) -> None:
        """Put a message into the queue of its channel. Of pointer moves that wait one after
        the other only the newest is kept: the way there is not worth a delay."""
        channel = channel_of(message)
        queue = self._waiting[channel]
        is_move = isinstance(message, PointerMoved)
        if is_move and self._last_move_waits and queue:
            queue[-1] = encode(message)
            return
        queue.append(encode(message))
        if channel is Channel.INPUT:
            self._last_move_waits = is_move

    def take_record(self, now: float) -> bytes | None:
        """Seal the next piece of the most urgent message, or None if nothing waits."""
        for channel in Channel:
            if self._waiting[channel]:
                return self._sealer.seal(self._next_piece(channel), now)
        return None

    def receive(self, record: bytes, now: float) -> AnySessionMessage | None:
        """Open a record; give the message that it completes. Pings are answered here and
        not given. Raises ProtocolViolation, after which there is only `close`."""
        channel, piece, more_follows = _split(self._opener.open(record, now))
        self._heard_at = now
        whole = self._put_together(channel, piece, more_follows)
        if whole is None:
            return None
        message = decode(channel, whole)
        match message:
            case Ping(number):
                self._answer(number)
                return None
            case Pong(number):
                self._measure(number, now)
                return None
            case _:
                return message

    def take_round_trip(self) -> float | None:
        """Seconds of the newest round trip, once."""
        round_trip, self._round_trip_seconds = self._round_trip_seconds, None
        return round_trip

    def hold(self, is_holding: bool, now: float) -> None:
        """While a key or button is down the Pings come every second, the first in a second."""
        if is_holding and not self._is_holding:
            self._ping_at = min(self._ping_at, now + PING_INTERVAL_WHILE_HELD_SECONDS)
        self._is_holding = is_holding

    def next_deadline(self) -> float:
        """When `advance` has something to do, monotonic seconds."""
        return min(self._ping_at, self._heard_at + DEAD_AFTER_SECONDS)

    def advance(self, now: float) -> None:
        """Send the Ping that is due."""
        if now < self._ping_at:
            return
        interval = PING_INTERVAL_WHILE_HELD_SECONDS if self._is_holding else PING_INTERVAL_SECONDS
        self._ping_at = now + interval
        self._pings[self._next_ping] = now
        self.send(Ping(self._next_ping))
        self._next_ping += 1

    def is_dead(self, now: float) -> bool:
        """Whether the other side has been silent for too long, or answers nothing any more."""
        is_silent = now >= self._heard_at + DEAD_AFTER_SECONDS
        return is_silent or len(self._pings) >= MAXIMUM_OPEN_PINGS

    def close(self, goodbye: Goodbye | None) -> None:
        """Drop all that waits, the rest of a begun message too, and leave this one to be sent.

        Nobody reads on after a Goodbye, and no picture leaves after an end. Nothing may be
        sent through the link afterwards.
        """
        for channel, queue in self._waiting.items():
            queue.clear()
            self._sent_of_first[channel] = 0
        if goodbye is not None:
            self.send(goodbye)

    def _next_piece(self, channel: Channel) -> bytes:
        queue = self._waiting[channel]
        message, start = queue[0], self._sent_of_first[channel]
        piece = message[start : start + _MAXIMUM_PIECE_BYTES]
        more_follows = start + len(piece) < len(message)
        if more_follows:
            self._sent_of_first[channel] = start + len(piece)
        else:
            queue.popleft()
            self._sent_of_first[channel] = 0
        header = _PIECE_HEADER.pack(channel, _MORE_FOLLOWS if more_follows else 0, len(piece))
        return header + piece + bytes(_padding_bytes(channel, len(piece)))

    def _put_together(self, channel: Channel, piece: bytes, more_follows: bool) -> bytes | None:
        if channel not in self._arriving and not more_follows:
            return piece
        arriving = self._arriving.setdefault(channel, bytearray())
        if len(arriving) + len(piece) > MAXIMUM_MESSAGE_BYTES[channel]:
            raise ProtocolViolation(f"a message on channel {channel.name} grew over its cap")
        arriving += piece
        if more_follows:
            return None
        del self._arriving[channel]
        return bytes(arriving)

    def _answer(self, number: int) -> None:
        if len(self._waiting[Channel.CONTROL]) >= MAXIMUM_WAITING_CONTROL:
            raise ProtocolViolation("more Pings than answers can leave")
        self.send(Pong(number))

    def _measure(self, number: int, now: float) -> None:
        sent_at = self._pings.pop(number, None)
        if sent_at is None:
            raise ProtocolViolation(f"a Pong for Ping {number}, which is not open")
        self._round_trip_seconds = now - sent_at


def _padding_bytes(channel: Channel, piece_bytes: int) -> int:
    if channel is not Channel.INPUT:
        return 0
    return -(_PIECE_HEADER.size + piece_bytes) % INPUT_PADDING_BYTES


def _split(plain: bytes) -> tuple[Channel, bytes, bool]:
    """Take a record's plain text apart, which has one form only. Raises ProtocolViolation."""
    if len(plain) < _PIECE_HEADER.size:
        raise ProtocolViolation("a record too short for its header")
    number, flags, length = _PIECE_HEADER.unpack_from(plain)
    try:
        channel = Channel(number)
    except ValueError:
        raise ProtocolViolation(f"channel {number} does not exist") from None
    if channel not in MAXIMUM_MESSAGE_BYTES:
        raise ProtocolViolation(f"nothing is said on channel {channel.name} yet")
    if flags not in (0, _MORE_FOLLOWS) or not length:
        raise ProtocolViolation("a record's header that makes no sense")
    end = _PIECE_HEADER.size + length
    if len(plain) != end + _padding_bytes(channel, length) or any(plain[end:]):
        raise ProtocolViolation("a record that its header does not fit")
    return channel, plain[_PIECE_HEADER.size : end], flags == _MORE_FOLLOWS
