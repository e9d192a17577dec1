"""What a sealed link refuses: other forms, other sizes, other channels than its own."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import ProtocolViolation
from common.protocol.sealed_link import (
    SealedLink,
)
from common.protocol.secure_channel import (
    RecordSealer,
)
from common.protocol.session_messages import (
    MAXIMUM_MESSAGE_BYTES,
    AnySessionMessage,
    Channel,
    KeyPressed,
    PictureShown,
    Ping,
    encode,
)

KEY_ONE, KEY_OTHER = bytes(32), bytes([1]) * 32
START = 50.0


class Forger:
    """The other side, saying in its records what no honest side would."""

    def __init__(self) -> None:
        self._sealer = RecordSealer(KEY_OTHER, START)
        self.link = SealedLink(KEY_ONE, KEY_OTHER, START)

    def say(self, plain: bytes, now: float = START) -> AnySessionMessage | None:
        return self.link.receive(self._sealer.seal(plain, now), now)

    def say_piece(
        self, channel: int, piece: bytes, flags: int = 0, padding: bytes | None = None
    ) -> AnySessionMessage | None:
        plain = struct.pack(">BBH", channel, flags, len(piece)) + piece
        if padding is None:
            padding = bytes(-len(plain) % 64) if channel == Channel.INPUT else b""
        return self.say(plain + padding)


@given(st.binary(max_size=300))
def test_random_records_are_violations(record: bytes) -> None:
    link = SealedLink(KEY_ONE, KEY_OTHER, START)
    with pytest.raises(ProtocolViolation):
        link.receive(record, START)


@given(st.lists(st.binary(max_size=300), max_size=5))
def test_random_plain_texts_are_violations_or_messages(plain_texts: list[bytes]) -> None:
    forger = Forger()
    for plain in plain_texts:
        try:
            forger.say(plain)
        except ProtocolViolation:
            return


@given(st.integers(0, 3), st.integers(0, 3), st.binary(max_size=100), st.binary(max_size=70))
def test_random_pieces_are_violations_or_messages(
    channel: int, flags: int, piece: bytes, padding: bytes
) -> None:
    try:
        Forger().say_piece(channel, piece, flags, padding)
    except ProtocolViolation:
        return


@pytest.mark.parametrize("channel", MAXIMUM_MESSAGE_BYTES)
def test_a_message_that_grows_over_its_cap_is_refused_before_it_is_kept(channel: Channel) -> None:
    forger, cap = Forger(), MAXIMUM_MESSAGE_BYTES[channel]
    step = min(60_000, cap)
    for _ in range(cap // step):
        assert forger.say_piece(channel, bytes(step), flags=1) is None
    with pytest.raises(ProtocolViolation, match="grew over its cap"):
        forger.say_piece(channel, bytes(cap % step + 1), flags=1)


def test_a_message_that_is_too_long_in_one_piece_is_refused() -> None:
    with pytest.raises(ProtocolViolation, match="a message of"):
        Forger().say_piece(Channel.CONTROL, bytes(MAXIMUM_MESSAGE_BYTES[Channel.CONTROL] + 1))


@pytest.mark.parametrize("flags", [0, 1])
def test_an_empty_piece_is_refused_so_that_nobody_sends_them_for_ever(flags: int) -> None:
    with pytest.raises(ProtocolViolation, match="makes no sense"):
        Forger().say_piece(Channel.SCREEN, b"", flags)


@pytest.mark.parametrize("flags", [2, 3, 128, 255])
def test_unknown_flags_are_refused(flags: int) -> None:
    with pytest.raises(ProtocolViolation, match="makes no sense"):
        Forger().say_piece(Channel.SCREEN, b"x", flags)


@pytest.mark.parametrize("channel", [8, 100, 255])
def test_an_unknown_channel_is_refused(channel: int) -> None:
    with pytest.raises(ProtocolViolation, match="does not exist"):
        Forger().say_piece(channel, b"x")


@pytest.mark.parametrize("channel", set(Channel) - set(MAXIMUM_MESSAGE_BYTES))
def test_a_channel_on_which_nothing_is_said_yet_is_refused(channel: Channel) -> None:
    with pytest.raises(ProtocolViolation, match="nothing is said"):
        Forger().say_piece(channel, b"x", flags=1)


@pytest.mark.parametrize("plain", [b"", b"\0", b"\0\0\0"])
def test_a_record_without_a_whole_header_is_refused(plain: bytes) -> None:
    with pytest.raises(ProtocolViolation, match="too short"):
        Forger().say(plain)


PRESS = encode(KeyPressed(4, "a"))
RIGHT_PADDING = bytes(-(4 + len(PRESS)) % 64)


@pytest.mark.parametrize(
    ("channel", "piece", "padding"),
    [
        (Channel.INPUT, PRESS, RIGHT_PADDING[:-1] + b"\1"),
        (Channel.INPUT, PRESS, RIGHT_PADDING[:-1]),
        (Channel.INPUT, PRESS, RIGHT_PADDING + bytes(64)),
        (Channel.INPUT, PRESS, b""),
        (Channel.CONTROL, encode(Ping(1)), b"\0"),
        (Channel.SCREEN, encode(PictureShown(1, 1)), bytes(50)),
    ],
)
def test_bytes_behind_a_piece_are_the_right_zeros_or_refused(
    channel: Channel, piece: bytes, padding: bytes
) -> None:
    with pytest.raises(ProtocolViolation, match="does not fit"):
        Forger().say_piece(channel, piece, padding=padding)


def test_a_piece_longer_than_its_record_is_refused() -> None:
    with pytest.raises(ProtocolViolation, match="does not fit"):
        Forger().say(struct.pack(">BBH", 0, 0, 5) + b"four")
