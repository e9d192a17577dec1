"""The format of a payload: what is written is read, and what is wrong is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import ProtocolViolation
from common.screen.rectangle import Rectangle
from common.screen.sections import (
    HEADER,
    MAXIMUM_SECTIONS,
    Encoding,
    Section,
    join,
    split,
)

WIDTH, HEIGHT = 4000, 3000
SOLID = Section(Encoding.SOLID, Rectangle(1, 2, 3, 4), b"\x10\x20\x30")


def read(payload: bytes, width: int = WIDTH, height: int = HEIGHT) -> list[Section]:
    return list(split(payload, width, height))


def test_a_section_has_these_bytes() -> None:
    assert join([SOLID]) == bytes.fromhex("00 0001 0002 0003 0004 00000003 102030")


def test_what_was_joined_is_split_again() -> None:
    sections = [
        SOLID,
        Section(Encoding.RAW, Rectangle(0, 0, 2, 1), b"abcdef"),
        Section(Encoding.PIXELS, Rectangle(3999, 2999, 1, 1), b"anything"),
        Section(Encoding.PLANES, Rectangle(0, 0, 512, 256), b""),
    ]

    assert [section._replace(data=bytes(section.data)) for section in read(join(sections))] == (
        sections
    )


def test_an_empty_payload_has_no_sections() -> None:
    assert read(b"") == []


def test_every_cut_within_a_section_is_refused() -> None:
    payload = join([SOLID, SOLID])
    whole = HEADER.size + 3

    for length in set(range(1, len(payload))) - {whole}:
        with pytest.raises(ProtocolViolation):
            read(payload[:length])


@pytest.mark.parametrize(
    "section",
    [
        pytest.param(SOLID._replace(rectangle=Rectangle(0, 0, 0, 1)), id="no width"),
        pytest.param(SOLID._replace(rectangle=Rectangle(0, 0, 1, 0)), id="no height"),
        pytest.param(SOLID._replace(rectangle=Rectangle(4000, 0, 1, 1)), id="right of it"),
        pytest.param(SOLID._replace(rectangle=Rectangle(0, 2999, 1, 2)), id="below it"),
        pytest.param(SOLID._replace(data=b"bg"), id="two bytes of colour"),
        pytest.param(SOLID._replace(data=b"bgrx"), id="four bytes of colour"),
        pytest.param(Section(Encoding.RAW, Rectangle(0, 0, 2, 2), b"x" * 11), id="a byte too few"),
        pytest.param(Section(Encoding.RAW, Rectangle(0, 0, 2, 2), b"x" * 13), id="a byte too many"),
        pytest.param(
            Section(Encoding.PLANES, Rectangle(0, 0, 1024, 257), b""), id="too many pixels"
        ),
    ],
)
def test_what_does_not_fit_is_refused(section: Section) -> None:
    with pytest.raises(ProtocolViolation):
        read(join([section]))


@pytest.mark.parametrize("number", [5, 127, 255])
def test_an_unknown_encoding_is_refused(number: int) -> None:
    payload = bytes([number]) + join([SOLID])[1:]

    with pytest.raises(ProtocolViolation, match="unknown encoding"):
        read(payload)


def test_a_length_beyond_the_payload_is_refused() -> None:
    header = HEADER.pack(Encoding.PIXELS, 0, 0, 1, 1, 0xFFFFFFFF)

    with pytest.raises(ProtocolViolation, match="longer than its payload"):
        read(header + b"data")


def test_a_solid_section_may_cover_the_whole_picture_but_not_twice() -> None:
    whole = SOLID._replace(rectangle=Rectangle(0, 0, WIDTH, HEIGHT))
    assert len(read(join([whole]))) == 1

    with pytest.raises(ProtocolViolation, match="more than all pixels"):
        read(join([whole, SOLID]))


def test_too_many_sections_are_refused() -> None:
    dot = SOLID._replace(rectangle=Rectangle(0, 0, 1, 1))
    assert len(read(join([dot] * MAXIMUM_SECTIONS))) == MAXIMUM_SECTIONS

    with pytest.raises(ProtocolViolation, match="too many sections"):
        read(join([dot] * (MAXIMUM_SECTIONS + 1)))


@given(st.binary(max_size=200), st.integers(1, 300), st.integers(1, 300))
def test_any_bytes_are_sections_or_a_violation(payload: bytes, width: int, height: int) -> None:
    try:
        sections = read(payload, width, height)
    except ProtocolViolation:
        return
    assert join(sections) == payload
    assert all(section.rectangle.is_within(width, height) for section in sections)
