"""Sealed records: their exact bytes, what is refused, when the key changes."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import ProtocolViolation
from common.protocol.secure_channel import (
    EPOCH_SECONDS,
    LATEST_EPOCH_SECONDS,
    MAXIMUM_PLAIN_BYTES,
    RECORD_OVERHEAD_BYTES,
    RECORDS_PER_EPOCH,
    RecordOpener,
    RecordSealer,
)
from tests.protocol import second_statement

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "records.json").read_text("utf-8"))
KEY = bytes(range(32))
START = 1000.0

plain_texts = st.binary(max_size=200)


def sealer() -> RecordSealer:
    return RecordSealer(KEY, START)


def opener() -> RecordOpener:
    return RecordOpener(KEY, START)


def with_number(record: bytes, *, epoch: int | None = None, sequence: int | None = None) -> bytes:
    """The record under another number in its header."""
    header = bytearray(record)
    if epoch is not None:
        header[1:5] = epoch.to_bytes(4, "big")
    if sequence is not None:
        header[5:13] = sequence.to_bytes(8, "big")
    return bytes(header)


def is_dead(broken: RecordOpener) -> bool:
    """Whether an opener refuses even the record that would be the next good one."""
    good = sealer().seal(b"good", START)
    with pytest.raises(ProtocolViolation, match="after a bad one"):
        broken.open(good, START)
    return True


# Exact bytes.


@pytest.mark.parametrize("vector", VECTORS["records"], ids=lambda vector: vector["name"])
def test_a_record_is_the_bytes_of_the_vector(vector: dict[str, str | int]) -> None:
    key, plain = bytes.fromhex(VECTORS["key"]), bytes.fromhex(str(vector["plain"]))

    stated = second_statement.seal(key, int(vector["epoch"]), int(vector["sequence"]), plain)

    assert stated.hex() == vector["record"]


def test_the_sealer_writes_the_vectors_in_their_order_and_the_opener_reads_them() -> None:
    key = bytes.fromhex(VECTORS["key"])
    sealing, opening = RecordSealer(key, START), RecordOpener(key, START)

    for vector in VECTORS["records"]:
        now = START + vector["epoch"] * EPOCH_SECONDS
        plain = bytes.fromhex(vector["plain"])
        record = sealing.seal(plain, now)
        assert record.hex() == vector["record"]
        assert opening.open(record, now) == plain


@given(st.lists(plain_texts, max_size=8), st.binary(min_size=32, max_size=32))
def test_any_records_are_as_the_second_statement_has_them(plains: list[bytes], key: bytes) -> None:
    sealing = RecordSealer(key, START)

    for sequence, plain in enumerate(plains):
        assert sealing.seal(plain, START) == second_statement.seal(key, 0, sequence, plain)


@given(st.lists(plain_texts | st.integers(0, MAXIMUM_PLAIN_BYTES).map(bytes), max_size=5))
def test_what_was_sealed_is_opened(plains: list[bytes]) -> None:
    sealing, opening = sealer(), opener()

    assert [opening.open(sealing.seal(plain, START), START) for plain in plains] == plains


def test_records_from_views_and_byte_arrays_are_the_same() -> None:
    record = sealer().seal(memoryview(b"plain"), START)

    assert record == sealer().seal(bytearray(b"plain"), START)
    assert opener().open(memoryview(record), START) == b"plain"
    assert opener().open(bytearray(record), START) == b"plain"


def test_equal_texts_are_not_equal_records() -> None:
    sealing = sealer()
    texts = {sealing.seal(b"the same", START)[17:] for _ in range(50)}

    assert len(texts) == 50


# Sizes.


@pytest.mark.parametrize("length", [0, 1, MAXIMUM_PLAIN_BYTES])
def test_a_text_up_to_the_limit_is_sealed_with_a_fixed_overhead(length: int) -> None:
    record = sealer().seal(bytes(length), START)

    assert len(record) == length + RECORD_OVERHEAD_BYTES
    assert opener().open(record, START) == bytes(length)


def test_sealing_more_than_the_limit_is_a_bug() -> None:
    with pytest.raises(RuntimeError):
        sealer().seal(bytes(MAXIMUM_PLAIN_BYTES + 1), START)


def test_a_record_above_the_limit_is_refused_even_if_rightly_sealed() -> None:
    record = second_statement.seal(KEY, 0, 0, bytes(MAXIMUM_PLAIN_BYTES + 1))

    with pytest.raises(ProtocolViolation):
        opener().open(record, START)


@pytest.mark.parametrize("length", [0, 2, 2**16, 2**31, 2**32 - 1])
def test_a_header_that_lies_about_the_length_is_refused(length: int) -> None:
    record = bytearray(sealer().seal(b"1", START))
    record[13:17] = length.to_bytes(4, "big")

    with pytest.raises(ProtocolViolation, match=f"for {length} of text"):
        opener().open(record, START)


# Changed, cut, replayed.


def test_every_flipped_bit_is_refused_and_ends_the_opener() -> None:
    record = sealer().seal(b"a key press", START)
    for place in range(len(record)):
        for bit in range(8):
            changed = bytearray(record)
            changed[place] ^= 1 << bit
            opening = opener()
            with pytest.raises(ProtocolViolation):
                opening.open(changed, START)
            assert is_dead(opening)


def test_every_truncation_and_anything_behind_is_refused() -> None:
    record = sealer().seal(b"a key press", START)
    for wrong in [record[:length] for length in range(len(record))] + [record + b"\0"]:
        opening = opener()
        with pytest.raises(ProtocolViolation):
            opening.open(wrong, START)
        assert is_dead(opening)


@given(
    st.binary(max_size=300) | st.binary(max_size=60).map(lambda rest: b"\x01" + bytes(12) + rest)
)
def test_random_bytes_raise_nothing_but_a_protocol_violation(record: bytes) -> None:
    with pytest.raises(ProtocolViolation):
        opener().open(record, START)


@given(st.permutations(range(4)))
def test_records_open_in_the_order_in_which_they_were_sealed_alone(order: list[int]) -> None:
    sealing, opening = sealer(), opener()
    records = [sealing.seal(bytes([number]), START) for number in range(4)]
    expected = next((place for place, number in enumerate(order) if place != number), 4)

    for place in range(expected):
        assert opening.open(records[order[place]], START) == bytes([place])
    if expected < 4:
        with pytest.raises(ProtocolViolation):
            opening.open(records[order[expected]], START)


def test_a_replayed_record_is_refused() -> None:
    sealing, opening = sealer(), opener()
    record = sealing.seal(b"once", START)
    opening.open(record, START)

    with pytest.raises(ProtocolViolation):
        opening.open(record, START)


def test_a_dropped_record_is_noticed_at_the_next_one() -> None:
    sealing, opening = sealer(), opener()
    sealing.seal(b"lost", START)

    with pytest.raises(ProtocolViolation):
        opening.open(sealing.seal(b"next", START), START)


def test_a_record_sent_back_to_its_sender_is_refused() -> None:
    other_way = RecordOpener(bytes(32), START)

    with pytest.raises(ProtocolViolation):
        other_way.open(sealer().seal(b"mine", START), START)


@pytest.mark.parametrize("version", [0, 2, 255])
def test_another_version_is_refused(version: int) -> None:
    record = bytearray(sealer().seal(b"text", START))
    record[0] = version

    with pytest.raises(ProtocolViolation, match="version"):
        opener().open(record, START)


# The ratchet.


def test_the_key_changes_at_15_minutes_and_not_a_moment_before() -> None:
    sealing = sealer()

    before = sealing.seal(b"", START + EPOCH_SECONDS - 0.001)
    after = sealing.seal(b"", START + EPOCH_SECONDS)
    much_later = sealing.seal(b"", START + 10 * EPOCH_SECONDS)

    assert before == second_statement.seal(KEY, 0, 0, b"")
    assert after == second_statement.seal(KEY, 1, 0, b"")
    assert much_later == second_statement.seal(KEY, 2, 0, b"")


def test_the_sequence_goes_on_within_the_next_epoch() -> None:
    sealing, opening = sealer(), opener()
    later = START + EPOCH_SECONDS

    records = [sealing.seal(b"%d" % number, later) for number in range(3)]

    assert records[2] == second_statement.seal(KEY, 1, 2, b"2")
    assert [opening.open(record, later) for record in records] == [b"0", b"1", b"2"]


def test_the_key_changes_after_the_last_number_of_an_epoch() -> None:
    sealing, opening = sealer(), opener()
    for _ in range(RECORDS_PER_EPOCH - 1):
        opening.open(sealing.seal(b"", START), START)

    last = sealing.seal(b"", START)
    first_of_next = sealing.seal(b"", START)

    assert last == second_statement.seal(KEY, 0, RECORDS_PER_EPOCH - 1, b"")
    assert first_of_next == second_statement.seal(KEY, 1, 0, b"")
    assert opening.open(last, START) == b""
    with pytest.raises(ProtocolViolation, match="should have been changed"):
        opening.open(second_statement.seal(KEY, 0, RECORDS_PER_EPOCH, b""), START)


def test_a_key_in_use_for_twice_its_time_is_refused() -> None:
    late = START + LATEST_EPOCH_SECONDS
    punctual, overdue = opener(), opener()
    record = second_statement.seal(KEY, 0, 0, b"slow clock")

    assert punctual.open(record, late) == b"slow clock"
    with pytest.raises(ProtocolViolation, match="should have been changed"):
        overdue.open(record, late + 0.001)


def test_each_epoch_has_a_time_of_its_own() -> None:
    sealing, opening = sealer(), opener()
    for epoch in range(4):
        begin = START + epoch * EPOCH_SECONDS
        for now in (begin, begin + EPOCH_SECONDS - 1):
            assert opening.open(sealing.seal(b"tick", now), now) == b"tick"


@pytest.mark.parametrize(("epoch", "sequence"), [(1, 1), (2, 0), (0, 0), (2**32 - 1, 0)])
def test_only_the_next_epoch_at_number_0_follows(epoch: int, sequence: int) -> None:
    opening = opener()
    opening.open(sealer().seal(b"first", START), START)
    record = with_number(sealer().seal(b"", START), epoch=epoch, sequence=sequence)

    with pytest.raises(ProtocolViolation, match="instead of 0/1"):
        opening.open(record, START)


def test_the_next_epoch_may_begin_before_this_one_was_used() -> None:
    later = START + 2 * EPOCH_SECONDS

    assert opener().open(sealer().seal(b"after a long silence", later), later)


def test_an_old_key_opens_nothing_of_the_next_epoch() -> None:
    opening = opener()
    forged = with_number(second_statement.seal(KEY, 0, 0, b"old"), epoch=1)

    with pytest.raises(ProtocolViolation, match="not sealed by the other side"):
        opening.open(forged, START)


def test_a_new_key_does_not_open_an_earlier_epoch() -> None:
    sealing, opening = sealer(), opener()
    early = sealing.seal(b"early", START)
    opening.open(sealing.seal(b"later", START + EPOCH_SECONDS), START + EPOCH_SECONDS)

    with pytest.raises(ProtocolViolation):
        opening.open(early, START + EPOCH_SECONDS)
