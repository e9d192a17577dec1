"""Messages in sealed records: whole and in order, the urgent first, bounded, alive."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.errors import ProtocolViolation
from common.protocol.sealed_link import (
    DEAD_AFTER_SECONDS,
    INPUT_PADDING_BYTES,
    MAXIMUM_OPEN_PINGS,
    MAXIMUM_WAITING_CONTROL,
    PING_INTERVAL_SECONDS,
    PING_INTERVAL_WHILE_HELD_SECONDS,
    SealedLink,
)
from common.protocol.secure_channel import (
    MAXIMUM_PLAIN_BYTES,
    RECORD_OVERHEAD_BYTES,
    RecordOpener,
)
from common.protocol.session_messages import (
    MAXIMUM_MESSAGE_BYTES,
    MAXIMUM_PICTURE_BYTES,
    AllReleased,
    AnySessionMessage,
    ButtonPressed,
    ButtonReleased,
    Channel,
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
    TextTyped,
    WheelTurned,
    channel_of,
    encode,
)
from common.reasons import EndReason

KEY_ONE, KEY_OTHER = bytes(32), bytes([1]) * 32
START = 50.0

moves = st.builds(PointerMoved, st.integers(0, 16383), st.integers(0, 16383))
gestures: st.SearchStrategy[InputMessage] = st.one_of(
    moves,
    st.builds(ButtonPressed, st.sampled_from(PointerButton), st.just(1), st.just(2)),
    st.builds(ButtonReleased, st.sampled_from(PointerButton), st.just(1), st.just(2)),
    st.builds(KeyPressed, st.integers(0, 65535), st.text(max_size=1)),
    st.builds(KeyReleased, st.integers(0, 65535), st.text(max_size=1)),
    st.builds(WheelTurned, st.integers(-32768, 32767), st.integers(-32768, 32767)),
    st.builds(TextTyped, st.text(min_size=1, max_size=1024)),
    st.just(AllReleased()),
)
pictures = st.builds(
    PictureUpdate,
    st.integers(0, 2**32 - 1),
    st.booleans(),
    st.integers(0, 300_000).map(lambda size: bytes(range(256)) * (size // 256) + bytes(size % 256)),
)
messages: st.SearchStrategy[AnySessionMessage] = st.one_of(
    gestures,
    pictures,
    st.builds(CursorMoved, st.integers(0, 16383), st.integers(0, 16383)),
    st.integers(1, 256).map(lambda side: CursorShape(side, side, 0, 0, bytes(side * side * 4))),
    st.builds(PictureShown, st.integers(0, 9), st.integers(0, 9)),
)


def make_pair() -> tuple[SealedLink, SealedLink]:
    return SealedLink(KEY_ONE, KEY_OTHER, START), SealedLink(KEY_OTHER, KEY_ONE, START)


def records_of(link: SealedLink, now: float = START) -> list[bytes]:
    records = []
    while (record := link.take_record(now)) is not None:
        records.append(record)
    return records


def deliver(records: list[bytes], link: SealedLink, now: float = START) -> list[AnySessionMessage]:
    received = [link.receive(record, now) for record in records]
    return [message for message in received if message is not None]


def plain_texts(records: list[bytes]) -> list[bytes]:
    opener = RecordOpener(KEY_ONE, START)
    return [opener.open(record, START) for record in records]


def without_overtaken_moves(sent: list[AnySessionMessage]) -> list[AnySessionMessage]:
    """The input that has to arrive: of moves one after the other only the last."""
    inputs = [message for message in sent if channel_of(message) is Channel.INPUT]
    following = [*inputs, None][1:]
    return [
        message
        for message, next_one in zip(inputs, following, strict=True)
        if not (isinstance(message, PointerMoved) and isinstance(next_one, PointerMoved))
    ]


# Whole and in order.


@settings(max_examples=60)
@given(st.lists(messages, max_size=12))
def test_messages_arrive_whole_and_in_the_order_of_their_channel(
    sent: list[AnySessionMessage],
) -> None:
    one, other = make_pair()
    for message in sent:
        one.send(message)

    received = deliver(records_of(one), other)

    for channel in MAXIMUM_MESSAGE_BYTES:
        arrived = [message for message in received if channel_of(message) is channel]
        if channel is Channel.INPUT:
            assert arrived == without_overtaken_moves(sent)
        else:
            assert arrived == [message for message in sent if channel_of(message) is channel]


@settings(max_examples=60)
@given(st.lists(st.one_of(messages, st.integers(1, 4)), max_size=16))
def test_messages_arrive_whole_however_sending_and_sealing_interleave(
    steps: list[AnySessionMessage | int],
) -> None:
    one, other = make_pair()
    records: list[bytes] = []
    others: list[AnySessionMessage] = []
    presses: list[AnySessionMessage] = []
    for step in steps:
        if isinstance(step, int):
            taken = [one.take_record(START) for _ in range(step)]
            records += [record for record in taken if record is not None]
        else:
            one.send(step)
            (presses if channel_of(step) is Channel.INPUT else others).append(step)

    received = deliver(records + records_of(one), other)

    for channel in (Channel.CURSOR, Channel.SCREEN):
        arrived = [message for message in received if channel_of(message) is channel]
        assert arrived == [message for message in others if channel_of(message) is channel]
    arrived = [message for message in received if channel_of(message) is Channel.INPUT]
    kept = [message for message in arrived if not isinstance(message, PointerMoved)]
    assert kept == [message for message in presses if not isinstance(message, PointerMoved)]
    assert is_subsequence(arrived, presses)
    if presses:
        assert arrived[-1] == presses[-1]


def is_subsequence(some: list[AnySessionMessage], of: list[AnySessionMessage]) -> bool:
    rest = iter(of)
    return all(any(message == candidate for candidate in rest) for message in some)


@pytest.mark.parametrize("size", [0, 1, 65_000, 65_467, 65_468, 65_469, MAXIMUM_PICTURE_BYTES])
def test_a_picture_of_any_size_up_to_the_cap_arrives(size: int) -> None:
    one, other = make_pair()
    picture = PictureUpdate(1, True, bytes(size))
    one.send(picture)
    records = records_of(one)
    assert deliver(records, other) == [picture]
    longest = max(len(record) for record in records)
    assert longest <= MAXIMUM_PLAIN_BYTES + RECORD_OVERHEAD_BYTES


def test_two_pictures_never_share_a_record() -> None:
    one, other = make_pair()
    sent: list[AnySessionMessage] = [
        PictureUpdate(number, True, b"x" * 70_000) for number in (1, 2)
    ]
    for picture in sent:
        one.send(picture)
    records = records_of(one)
    assert len(records) == 4
    assert deliver(records, other) == sent


# The urgent first.


def test_a_key_press_overtakes_a_waiting_picture_even_in_the_middle_of_it() -> None:
    one, other = make_pair()
    picture = PictureUpdate(1, True, bytes(200_000))
    one.send(picture)
    first = one.take_record(START)
    one.send(KeyPressed(4, "a"))
    rest = records_of(one)

    assert first is not None
    assert deliver([first, rest[0]], other) == [KeyPressed(4, "a")]
    assert deliver(rest[1:], other) == [picture]


@given(st.permutations([0, 1, 2, 3]))
def test_control_goes_before_input_before_cursor_before_screen(order: list[int]) -> None:
    in_priority: list[AnySessionMessage] = [
        Goodbye(EndReason.CANCELLED),
        KeyPressed(4, "a"),
        CursorMoved(1, 1),
        ScreenLayout(10, 10),
    ]
    one, other = make_pair()
    for index in order:
        one.send(in_priority[index])
    assert deliver(records_of(one), other) == in_priority


# Pointer moves.


def test_of_moves_that_wait_one_after_the_other_the_newest_is_kept() -> None:
    one, other = make_pair()
    for x in range(100):
        one.send(PointerMoved(x, 0))
    assert one.waiting_input == 1
    assert deliver(records_of(one), other) == [PointerMoved(99, 0)]


def test_a_move_never_passes_a_press_or_a_release() -> None:
    one, other = make_pair()
    sent: list[AnySessionMessage] = [
        PointerMoved(1, 1),
        ButtonPressed(PointerButton.LEFT, 1, 1),
        PointerMoved(2, 2),
        ButtonReleased(PointerButton.LEFT, 2, 2),
        PointerMoved(3, 3),
    ]
    for message in sent:
        one.send(message)
    assert deliver(records_of(one), other) == sent


def test_a_move_that_has_left_is_not_replaced() -> None:
    one, other = make_pair()
    one.send(PointerMoved(1, 1))
    records = records_of(one)
    one.send(PointerMoved(2, 2))
    assert deliver(records + records_of(one), other) == [PointerMoved(1, 1), PointerMoved(2, 2)]


def test_messages_of_other_channels_do_not_keep_moves_from_merging() -> None:
    one, other = make_pair()
    one.send(PointerMoved(1, 1))
    one.send(PictureShown(1, 1))
    one.send(PointerMoved(2, 2))
    assert deliver(records_of(one), other) == [PointerMoved(2, 2), PictureShown(1, 1)]


# Sizes tell nothing.


@given(gestures)
def test_input_is_padded_with_zeros_to_whole_steps(message: InputMessage) -> None:
    one, _ = make_pair()
    one.send(message)
    (plain,) = plain_texts(records_of(one))
    length = int.from_bytes(plain[2:4], "big")
    assert len(plain) % INPUT_PADDING_BYTES == 0
    assert len(plain) - (4 + length) < INPUT_PADDING_BYTES
    assert not any(plain[4 + length :])


def test_keys_moves_buttons_and_wheel_have_one_size() -> None:
    one, _ = make_pair()
    for message in (
        KeyPressed(65535, "\U0010ffff"),
        KeyReleased(0, ""),
        ButtonPressed(PointerButton.FORWARD, 16383, 16383),
        PointerMoved(0, 0),
        WheelTurned(-32768, -32768),
        AllReleased(),
    ):
        one.send(message)
    assert len({len(record) for record in records_of(one)}) == 1


def test_other_channels_have_no_padding() -> None:
    one, _ = make_pair()
    one.send(PictureShown(1, 2))
    (plain,) = plain_texts(records_of(one))
    assert plain == struct.pack(">BBH", 3, 0, len(plain) - 4) + encode(PictureShown(1, 2))


# Signs of life.


def test_a_ping_is_answered_and_measured() -> None:
    one, other = make_pair()
    one.advance(START)
    assert deliver(records_of(one), other) == []
    assert deliver(records_of(other), one, START + 0.25) == []
    assert one.take_round_trip() == 0.25
    assert one.take_round_trip() is None


def test_pings_come_every_five_seconds() -> None:
    assert ping_times(is_holding=False) == [0.0, PING_INTERVAL_SECONDS, 2 * PING_INTERVAL_SECONDS]


def test_pings_come_every_second_while_something_is_held() -> None:
    step = PING_INTERVAL_WHILE_HELD_SECONDS
    assert ping_times(is_holding=True)[:4] == [0.0, step, 2 * step, 3 * step]


def ping_times(is_holding: bool) -> list[float]:
    """When Pings are sent in the first ten seconds, by a link that hears everything."""
    one, other = make_pair()
    now, times = START, []
    while now <= START + 10:
        one.advance(now)
        if is_holding:
            one.hold(True, now)
        records = records_of(one, now)
        if records:
            times.append(now - START)
        deliver(records, other, now)
        deliver(records_of(other, now), one, now)
        assert one.next_deadline() > now
        now = one.next_deadline()
    return times


def test_what_begins_to_be_held_is_heard_of_within_a_second() -> None:
    one, _ = make_pair()
    one.advance(START)
    one.hold(True, START + 1)
    assert one.next_deadline() == START + 2
    one.hold(True, START + 1.5)  # another key does not put it off
    assert one.next_deadline() == START + 2


def test_a_ping_that_is_due_sooner_is_not_put_off_by_what_is_held() -> None:
    one, _ = make_pair()
    one.advance(START)
    one.hold(True, START + 4.5)
    assert one.next_deadline() == START + PING_INTERVAL_SECONDS


def test_a_link_is_dead_after_fifteen_seconds_without_a_record() -> None:
    one, other = make_pair()
    other.send(CursorMoved(1, 1))
    deliver(records_of(other), one, START + 5)
    assert one.heard_at == START + 5
    assert not one.is_dead(START + 5 + DEAD_AFTER_SECONDS - 0.001)
    assert one.is_dead(START + 5 + DEAD_AFTER_SECONDS)
    one.advance(START + 14)
    one.advance(START + 19)
    assert one.next_deadline() == START + 5 + DEAD_AFTER_SECONDS


def test_a_side_that_sends_but_never_answers_is_dead_in_the_end() -> None:
    one, other = make_pair()
    now = START
    for _ in range(MAXIMUM_OPEN_PINGS):
        assert not one.is_dead(now)
        one.advance(now)
        other.send(CursorMoved(1, 1))
        deliver(records_of(other, now), one, now)
        now += PING_INTERVAL_SECONDS
    assert one.is_dead(now)


def test_a_pong_for_no_open_ping_is_a_violation() -> None:
    one, other = make_pair()
    other.send(Pong(0))
    with pytest.raises(ProtocolViolation, match="not open"):
        deliver(records_of(other), one)


def test_a_pong_counts_once() -> None:
    one, other = make_pair()
    one.advance(START)
    other.send(Pong(0))
    other.send(Pong(0))
    first, second = records_of(other)
    deliver([first], one)
    with pytest.raises(ProtocolViolation, match="not open"):
        deliver([second], one)


def test_pings_whose_answers_nobody_takes_fill_no_memory() -> None:
    one, other = make_pair()
    for number in range(MAXIMUM_WAITING_CONTROL + 1):
        one.send(Ping(number))
    records = records_of(one)
    deliver(records[:-1], other)
    with pytest.raises(ProtocolViolation, match="more Pings"):
        deliver(records[-1:], other)


def test_after_a_bad_record_the_link_opens_nothing_more() -> None:
    one, other = make_pair()
    one.send(Ping(1))
    one.send(Ping(2))
    first, second = records_of(one)
    with pytest.raises(ProtocolViolation):
        other.receive(first[:-1] + bytes([first[-1] ^ 1]), START)
    for record in (first, second):
        with pytest.raises(ProtocolViolation):
            other.receive(record, START)


# The end.


@given(st.lists(messages, max_size=6), st.integers(0, 4))
def test_after_close_nothing_leaves_but_the_goodbye(
    sent: list[AnySessionMessage], taken: int
) -> None:
    one, other = make_pair()
    for message in sent:
        one.send(message)
    records = [record for record in (one.take_record(START) for _ in range(taken)) if record]
    deliver(records, other)

    one.close(Goodbye(EndReason.CANCELLED))

    assert deliver(records_of(one), other) == [Goodbye(EndReason.CANCELLED)]


def test_a_link_that_is_closed_without_a_word_sends_nothing() -> None:
    one, _ = make_pair()
    one.send(PictureUpdate(1, True, bytes(100_000)))
    one.take_record(START)
    one.close(None)
    assert records_of(one) == []
