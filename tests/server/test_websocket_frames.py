"""Frames of a WebSocket, read from any pieces and written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import ProtocolViolation
from common.server.websocket_frames import (
    CloseCode,
    FrameReader,
    Message,
    Opcode,
    close_payload,
    frame_parts,
    unmask,
    websocket_mask,
)

CAP = 70_000
MASKS = st.binary(min_size=4, max_size=4)
PAYLOADS = st.binary(max_size=300) | st.sampled_from(
    [bytes(125), bytes(126), bytes(65_535), bytes(65_536), bytes(CAP)]
)
KINDS = st.sampled_from([Opcode.TEXT, Opcode.BINARY])


def masked(opcode: Opcode, payload: bytes, mask: bytes, is_final: bool = True) -> bytes:
    """A frame as an app sends it: the server's, with the mask put in."""
    plain = b"".join(frame_parts(opcode, payload))
    header, second = plain[: len(plain) - len(payload)], plain[1] | 0x80
    data = bytearray(payload)
    unmask(mask, data)
    first = opcode | (0x80 if is_final else 0)
    return bytes((first, second)) + header[2:] + mask + bytes(data)


def read_in_pieces(reader: FrameReader, data: bytes, sizes: list[int]) -> list[Message]:
    messages: list[Message] = []
    position = 0
    for size in [*sizes, len(data)]:
        messages += reader.feed(data[position : position + size])
        position += size
    return messages


@given(st.lists(st.tuples(KINDS, PAYLOADS, MASKS), max_size=5), st.lists(st.integers(1, 900)))
def test_messages_come_out_as_they_went_in_however_they_arrive(
    sent: list[tuple[Opcode, bytes, bytes]], sizes: list[int]
) -> None:
    data = b"".join(masked(*one) for one in sent)

    read = read_in_pieces(FrameReader(CAP, CAP), data, sizes)

    assert [(opcode, bytes(payload)) for opcode, payload in read] == [one[:2] for one in sent]


@given(KINDS, st.lists(st.binary(max_size=50), min_size=1, max_size=6), MASKS)
def test_a_message_in_parts_is_put_together_with_pings_between(
    kind: Opcode, parts: list[bytes], mask: bytes
) -> None:
    frames = []
    for number, part in enumerate(parts):
        opcode = kind if number == 0 else Opcode.CONTINUATION
        frames.append(masked(opcode, part, mask, is_final=number == len(parts) - 1))
    data = masked(Opcode.PING, b"?", mask).join(frames)

    read = FrameReader(CAP, CAP).feed(data)

    assert [bytes(payload) for opcode, payload in read if opcode is kind] == [b"".join(parts)]
    assert sum(opcode is Opcode.PING for opcode, _ in read) == len(parts) - 1


@given(st.binary(max_size=2000), st.lists(st.integers(1, 50)))
def test_random_bytes_raise_nothing_but_violations(data: bytes, sizes: list[int]) -> None:
    reader = FrameReader(1000, 1000)
    try:
        read_in_pieces(reader, data, sizes)
    except ProtocolViolation:
        return
    assert reader.held_bytes() <= 1000 + 14


@given(KINDS, st.binary(min_size=1, max_size=60), MASKS)
def test_every_truncation_is_waited_for(kind: Opcode, payload: bytes, mask: bytes) -> None:
    frame = masked(kind, payload, mask)
    for length in range(len(frame)):
        reader = FrameReader(CAP, CAP)
        assert reader.feed(frame[:length]) == []
        assert reader.held_bytes() == length


@pytest.mark.parametrize("kind", [Opcode.TEXT, Opcode.BINARY])
@pytest.mark.parametrize("length", [101, 2**16, 2**31, 2**63 - 1, 2**63, 2**64 - 1])
def test_too_long_a_message_is_refused_by_its_header_alone(kind: Opcode, length: int) -> None:
    caps = (100, 50_000_000) if kind is Opcode.TEXT else (50_000_000, 100)
    head = bytes((0x80 | kind, 0xFF)) + length.to_bytes(8, "big") + bytes(4)

    with pytest.raises(ProtocolViolation):
        FrameReader(*caps).feed(head)


def test_parts_count_together() -> None:
    reader = FrameReader(100, 100)
    reader.feed(masked(Opcode.TEXT, bytes(60), bytes(4), is_final=False))

    with pytest.raises(ProtocolViolation):
        reader.feed(masked(Opcode.CONTINUATION, bytes(41), bytes(4)))


def test_the_caps_can_be_raised_between_two_messages() -> None:
    reader = FrameReader(10, 0)
    reader.feed(masked(Opcode.TEXT, bytes(10), bytes(4)))
    reader.set_caps(100, 100)

    assert len(reader.feed(masked(Opcode.BINARY, bytes(100), bytes(4)))) == 1


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"\x81\x02{}", id="no mask"),
        pytest.param(b"\xc1\x82\0\0\0\0{}", id="compressed"),
        pytest.param(b"\x83\x80\0\0\0\0", id="unknown data"),
        pytest.param(b"\x8b\x80\0\0\0\0", id="unknown control"),
        pytest.param(b"\x09\x80\0\0\0\0", id="ping in parts"),
        pytest.param(b"\x89\xfe\0\x7e\0\0\0\0", id="long ping"),
        pytest.param(b"\x80\x80\0\0\0\0", id="continuation of nothing"),
        pytest.param(b"\x01\x80\0\0\0\0\x81\x80\0\0\0\0", id="text within text"),
    ],
)
def test_what_rfc_6455_forbids_is_a_violation(data: bytes) -> None:
    with pytest.raises(ProtocolViolation):
        FrameReader(CAP, CAP).feed(data)


@given(MASKS, st.binary(max_size=300))
def test_both_ways_of_unmasking_agree(mask: bytes, data: bytes) -> None:
    ours, theirs = bytearray(data), bytearray(data)
    unmask(mask, ours)
    websocket_mask(mask, theirs)

    assert ours == theirs == bytes(byte ^ mask[i % 4] for i, byte in enumerate(data))


def test_a_close_says_no_more_than_a_control_frame_can() -> None:
    payload = close_payload(CloseCode.PROTOCOL_ERROR, "x" * 500)

    assert payload[:2] == (1002).to_bytes(2, "big")
    assert len(payload) == 125
