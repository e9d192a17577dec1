"""The sealed messages: exact bytes of each, every limit, every kind of nonsense."""

import json
from pathlib import Path
from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import ProtocolViolation
from common.protocol.policies import SessionMode
from common.protocol.session_messages import (
    MAXIMUM_CURSOR_SIDE_PIXELS,
    MAXIMUM_MESSAGE_BYTES,
    MAXIMUM_PICTURE_BYTES,
    MAXIMUM_SCREEN_PIXELS,
    MAXIMUM_SCREEN_SIDE_PIXELS,
    MAXIMUM_TEXT_CHARACTERS,
    AllReleased,
    AnySessionMessage,
    AwaitingAcceptance,
    ButtonPressed,
    ButtonReleased,
    Channel,
    ControlMessage,
    CursorHidden,
    CursorMessage,
    CursorMoved,
    CursorShape,
    Goodbye,
    InputMessage,
    KeyPressed,
    KeyReleased,
    PictureShown,
    PictureUpdate,
    Ping,
    PointerButton,
    PointerMoved,
    Pong,
    ScreenLayout,
    ScreenMessage,
    ScreenUnavailable,
    SessionAccepted,
    TextTyped,
    WheelTurned,
    channel_of,
    decode,
    encode,
)
from common.reasons import EndReason
from tests.protocol.field_limits import Limit, limits_of, unbounded_fields

VECTORS: dict[str, dict[str, str]] = json.loads(
    (Path(__file__).parents[1] / "vectors" / "session_messages.json").read_text("utf-8")
)
MESSAGES: tuple[AnySessionMessage, ...] = (
    AwaitingAcceptance(45),
    SessionAccepted(SessionMode.ACTIVE, "reception-pc", "José", "Debian 12"),
    Ping(1),
    Pong(2**32 - 1),
    Goodbye(EndReason.TARGET_ENDED),
    ScreenLayout(1920, 1080),
    PictureUpdate(7, True, b"\x00\x01\xff"),
    PictureShown(7, 4321),
    ScreenUnavailable("wayland"),
    CursorShape(2, 1, 1, 0, bytes(range(8))),
    CursorMoved(0, 1079),
    CursorHidden(),
    PointerMoved(1919, 0),
    ButtonPressed(PointerButton.LEFT, 10, 20),
    ButtonReleased(PointerButton.FORWARD, 10, 20),
    WheelTurned(-120, 32767),
    KeyPressed(4, "a"),
    KeyReleased(224, ""),
    TextTyped("ñ\U0001f600"),
    AllReleased(),
)
UNIONS = {
    Channel.CONTROL: ControlMessage,
    Channel.SCREEN: ScreenMessage,
    Channel.CURSOR: CursorMessage,
    Channel.INPUT: InputMessage,
}


def name_of(message: AnySessionMessage) -> str:
    return type(message).__name__


def data_of(message: AnySessionMessage) -> bytes:
    return bytes.fromhex(VECTORS[name_of(message)]["data"])


every_message = pytest.mark.parametrize("message", MESSAGES, ids=name_of)


# Exact bytes.


@every_message
def test_a_message_is_the_bytes_of_its_vector(message: AnySessionMessage) -> None:
    channel = Channel[VECTORS[name_of(message)]["channel"]]
    data = data_of(message)

    assert channel_of(message) is channel
    assert encode(message) == data
    for form in (data, bytearray(data), memoryview(data)):
        assert decode(channel, form) == message


def test_every_message_of_the_unions_has_one_vector_and_no_vector_is_without_a_message() -> None:
    of_unions = [message for union in UNIONS.values() for message in get_args(union)]

    assert {type(message) for message in MESSAGES} == set(of_unions)
    assert set(of_unions) == set(get_args(AnySessionMessage))
    assert [name_of(message) for message in MESSAGES] == list(VECTORS)
    assert len(set(of_unions)) == len(of_unions)


@pytest.mark.parametrize("channel", UNIONS)
def test_no_tag_is_used_twice_on_a_channel(channel: Channel) -> None:
    tags = [message.__struct_config__.tag for message in get_args(UNIONS[channel])]

    assert sorted(tags) == list(range(1, len(tags) + 1))


def test_the_numbers_of_the_channels_are_their_priority_and_do_not_change() -> None:
    assert [(channel.value, channel.name) for channel in Channel] == [
        (0, "CONTROL"),
        (1, "INPUT"),
        (2, "CURSOR"),
        (3, "SCREEN"),
        (4, "CLIPBOARD"),
        (5, "GUIDANCE"),
        (6, "CHAT"),
        (7, "FILE"),
    ]


# Cut, lengthened, on the wrong channel.


@every_message
def test_every_truncation_and_anything_behind_is_refused(message: AnySessionMessage) -> None:
    data = data_of(message)
    for wrong in [data[:length] for length in range(len(data))] + [data + b"\x00", data * 2]:
        with pytest.raises(ProtocolViolation):
            decode(channel_of(message), wrong)


@every_message
def test_a_field_too_few_or_too_many_is_refused(message: AnySessionMessage) -> None:
    fields = msgspec.msgpack.decode(data_of(message))
    few_or_many: list[object] = [fields[:-1], [*fields, 0], [], {}]
    for wrong in [*few_or_many, [99, *fields[1:]], [str(fields[0]), *fields[1:]]]:
        with pytest.raises(ProtocolViolation):
            decode(channel_of(message), msgspec.msgpack.encode(wrong))


@every_message
def test_a_changed_byte_gives_a_message_or_a_violation(message: AnySessionMessage) -> None:
    data, channel = data_of(message), channel_of(message)
    for place in range(len(data)):
        for value in range(256):
            changed = bytearray(data)
            changed[place] = value
            try:
                again = decode(channel, changed)
            except ProtocolViolation:
                continue
            assert decode(channel, encode(again)) == again


@pytest.mark.parametrize("channel", set(Channel) - set(UNIONS))
def test_nothing_can_be_said_on_a_channel_without_messages(channel: Channel) -> None:
    for message in MESSAGES:
        with pytest.raises(ProtocolViolation, match="nothing is said"):
            decode(channel, data_of(message))


# Limits.


@every_message
def test_every_field_has_its_bounds(message: AnySessionMessage) -> None:
    assert unbounded_fields(type(message)) == []


@pytest.mark.parametrize(
    ("message", "limit"),
    [
        pytest.param(message, limit, id=f"{name_of(message)}-{limit.field}")
        for message in MESSAGES
        if not isinstance(message, CursorShape)  # its fields depend on each other: below
        for limit in limits_of(type(message))
    ],
)
def test_a_value_is_taken_at_its_bound_and_refused_beyond_it(
    message: AnySessionMessage, limit: Limit
) -> None:
    fields = msgspec.msgpack.decode(data_of(message))
    place = type(message).__struct_fields__.index(limit.field) + 1

    def with_value(value: object) -> bytes:
        return msgspec.msgpack.encode([*fields[:place], value, *fields[place + 1 :]])

    for value in limit.accepted:
        decode(channel_of(message), with_value(value))
    for value in limit.refused:
        if isinstance(value, int) and not -(2**63) <= value < 2**64:
            continue  # no such number in msgpack
        with pytest.raises(ProtocolViolation):
            decode(channel_of(message), with_value(value))


def test_the_sizes_are_those_of_the_protocol() -> None:
    assert MAXIMUM_SCREEN_SIDE_PIXELS == 16384
    assert MAXIMUM_SCREEN_PIXELS == 64 * 2**20
    assert MAXIMUM_PICTURE_BYTES == 16 * 2**20
    assert MAXIMUM_CURSOR_SIDE_PIXELS == 256
    assert MAXIMUM_TEXT_CHARACTERS * 4 == 4096


@pytest.mark.parametrize(("width", "height"), [(16384, 4096), (4096, 16384), (8192, 8192), (1, 1)])
def test_a_screen_of_64_megapixels_is_taken(width: int, height: int) -> None:
    layout = ScreenLayout(width, height)

    assert decode(Channel.SCREEN, encode(layout)) == layout


@pytest.mark.parametrize(
    ("width", "height"),
    [(16384, 4097), (8192, 8193), (16384, 16384), (16385, 1), (0, 1), (1, 0), (-1, 1), (2**63, 1)],
)
def test_a_larger_screen_and_none_are_refused(width: int, height: int) -> None:
    with pytest.raises(ProtocolViolation):
        decode(Channel.SCREEN, msgspec.msgpack.encode([1, width, height]))


def test_a_screen_of_too_many_pixels_can_not_be_made() -> None:
    with pytest.raises(ValueError, match="too many pixels"):
        ScreenLayout(16384, 4097)


@pytest.mark.parametrize(("width", "height"), [(1, 1), (256, 256), (256, 1), (1, 256)])
def test_a_cursor_has_four_bytes_for_each_pixel(width: int, height: int) -> None:
    cursor = CursorShape(width, height, 0, 0, bytes(width * height * 4))

    assert decode(Channel.CURSOR, encode(cursor)) == cursor
    for length in (0, width * height * 4 - 1, width * height * 4 + 1):
        with pytest.raises(ProtocolViolation):
            decode(Channel.CURSOR, msgspec.msgpack.encode([1, width, height, 0, 0, bytes(length)]))


@pytest.mark.parametrize(
    ("width", "height", "x", "y"),
    [(0, 0, 0, 0), (257, 1, 0, 0), (1, 257, 0, 0), (1, 1, 256, 0), (1, 1, 0, 256), (1, 1, -1, 0)],
)
def test_a_cursor_outside_its_bounds_is_refused(width: int, height: int, x: int, y: int) -> None:
    with pytest.raises(ProtocolViolation):
        decode(
            Channel.CURSOR,
            msgspec.msgpack.encode([1, width, height, x, y, bytes(width * height * 4)]),
        )


@pytest.mark.parametrize("button", [0, 6, -1, 256, "1", 1.0, True])
def test_a_button_that_no_mouse_has_is_refused(button: object) -> None:
    with pytest.raises(ProtocolViolation):
        decode(Channel.INPUT, msgspec.msgpack.encode([2, button, 0, 0]))


@pytest.mark.parametrize("cause", ["", "wayland\n", "WAYLAND", "no_display or so", 1])
def test_a_screen_is_unavailable_for_one_of_three_causes(cause: object) -> None:
    with pytest.raises(ProtocolViolation):
        decode(Channel.SCREEN, msgspec.msgpack.encode([4, cause]))


@pytest.mark.parametrize("channel", UNIONS)
def test_a_channel_takes_messages_up_to_its_size(channel: Channel) -> None:
    with pytest.raises(ProtocolViolation, match="bytes on channel"):
        decode(channel, bytes(MAXIMUM_MESSAGE_BYTES[channel] + 1))
    with pytest.raises(ProtocolViolation, match="not a message"):
        decode(channel, bytes(MAXIMUM_MESSAGE_BYTES[channel]))


LARGEST: tuple[AnySessionMessage, ...] = (
    SessionAccepted(SessionMode.FILE_TRANSFER, *(["\U0001f600" * 64] * 3)),
    PictureUpdate(2**32 - 1, False, bytes(MAXIMUM_PICTURE_BYTES)),
    CursorShape(256, 256, 255, 255, bytes(256 * 256 * 4)),
    TextTyped("\U0001f600" * MAXIMUM_TEXT_CHARACTERS),
)


@pytest.mark.parametrize("message", LARGEST, ids=name_of)
def test_the_largest_message_fits_its_channel(message: AnySessionMessage) -> None:
    assert decode(channel_of(message), encode(message)) == message


# Random.


@given(st.sampled_from(Channel), st.binary(max_size=100))
def test_random_bytes_give_a_message_of_that_channel_or_a_violation(
    channel: Channel, data: bytes
) -> None:
    try:
        message = decode(channel, data)
    except ProtocolViolation:
        return
    assert channel_of(message) is channel


msgpack_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats()
    | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=8,
)


@given(st.sampled_from(list(UNIONS)), st.integers(0, 9), st.lists(msgpack_values, max_size=6))
def test_random_fields_give_a_message_or_a_violation(
    channel: Channel, tag: int, fields: list[object]
) -> None:
    try:
        message = decode(channel, msgspec.msgpack.encode([tag, *fields]))
    except ProtocolViolation:
        return
    assert decode(channel, encode(message)) == message


@pytest.mark.parametrize("channel", UNIONS)
@pytest.mark.parametrize(
    "opening", [b"\x91", b"\x81\xa0", b"\xdd\xff\xff\xff\xff", b"\xdb\xff\xff\xff\xff"]
)
def test_deep_and_boundless_data_is_refused(channel: Channel, opening: bytes) -> None:
    for prefix in (b"", b"\x92\x01", b"\x93\x01\x01"):
        with pytest.raises(ProtocolViolation):
            decode(channel, (prefix + opening * 4096)[: MAXIMUM_MESSAGE_BYTES[channel]])
