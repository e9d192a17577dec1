"""The decoder: whatever the bytes, a picture or a violation, and no more memory than is due."""

import contextlib
import tracemalloc

import numpy as np
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from common.errors import ProtocolViolation
from common.screen.decoder import ScreenDecoder
from common.screen.encoder import Grab, Pixels, ScreenEncoder
from common.screen.rectangle import Rectangle
from common.screen.sections import MAXIMUM_SECTION_PIXELS, Encoding, Section, join
from tests.screen.pictures import blocks, contents, noise, slope

WIDTH, HEIGHT = 40, 30


def payload_of(picture: Pixels) -> bytes:
    """One payload that turns black into a picture."""
    height, width = picture.shape[:2]
    parts = ScreenEncoder(width, height).encode([Grab(0, 0, picture)])
    return b"".join(part.payload for part in parts)


def apply(*sections: Section) -> ScreenDecoder:
    decoder = ScreenDecoder(WIDTH, HEIGHT)
    decoder.apply(join(list(sections)))
    return decoder


def test_the_picture_starts_black_and_opaque() -> None:
    pixels = ScreenDecoder(WIDTH, HEIGHT).pixels

    assert pixels.shape == (HEIGHT, WIDTH, 4)
    assert (pixels == (0, 0, 0, 255)).all()


def test_applying_tells_which_places_changed() -> None:
    places = (Rectangle(1, 2, 3, 4), Rectangle(20, 10, 5, 5))
    payload = join([Section(Encoding.SOLID, place, b"\x01\x02\x03") for place in places])

    assert ScreenDecoder(WIDTH, HEIGHT).apply(payload) == places
    assert ScreenDecoder(WIDTH, HEIGHT).apply(b"") == ()


def test_a_solid_section_is_blue_green_red() -> None:
    decoder = apply(Section(Encoding.SOLID, Rectangle(1, 1, 2, 2), b"\x01\x02\x03"))

    assert (decoder.pixels[1:3, 1:3] == (1, 2, 3, 255)).all()
    assert (decoder.pixels[0] == (0, 0, 0, 255)).all()


def test_raw_planes_are_blue_then_green_then_red() -> None:
    decoder = apply(Section(Encoding.RAW, Rectangle(0, 0, 2, 1), b"\x01\x02\x11\x12\x21\x22"))

    assert decoder.pixels[0, :2].tolist() == [[1, 17, 33, 255], [2, 18, 34, 255]]


def test_planes_add_the_row_above_modulo_256() -> None:
    apart = bytes([200, 100, 1, 1, 0, 0])
    data = zstandard.ZstdCompressor().compress(apart)
    decoder = apply(Section(Encoding.PLANES, Rectangle(5, 5, 1, 2), data))

    assert decoder.pixels[5:7, 5].tolist() == [[200, 1, 0, 255], [44, 2, 0, 255]]


@given(contents(HEIGHT, WIDTH))
def test_the_fourth_byte_is_opaque_whatever_was_sent(picture: Pixels) -> None:
    decoder = ScreenDecoder(WIDTH, HEIGHT)

    decoder.apply(payload_of(picture))

    assert (decoder.pixels[..., 3] == 255).all()


@given(st.binary(max_size=300))
def test_random_bytes_raise_nothing_but_a_violation(payload: bytes) -> None:
    decoder = ScreenDecoder(WIDTH, HEIGHT)
    with contextlib.suppress(ProtocolViolation):
        decoder.apply(payload)
    assert decoder.pixels.shape == (HEIGHT, WIDTH, 4)


@given(contents(HEIGHT, WIDTH), st.data())
def test_changed_and_cut_payloads_raise_nothing_but_a_violation(
    picture: Pixels, data: st.DataObject
) -> None:
    payload = bytearray(payload_of(picture))
    for _ in range(data.draw(st.integers(0, 6))):
        if payload:
            payload[data.draw(st.integers(0, len(payload) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(payload[: data.draw(st.integers(0, len(payload)))])
    with contextlib.suppress(ProtocolViolation):
        ScreenDecoder(WIDTH, HEIGHT).apply(cut)


@pytest.mark.parametrize("picture", [blocks(HEIGHT, WIDTH, 1), slope(HEIGHT, WIDTH, 1)])
def test_every_truncation_is_a_violation(picture: Pixels) -> None:
    payload = payload_of(picture)

    for length in range(1, len(payload)):
        with pytest.raises(ProtocolViolation):
            ScreenDecoder(WIDTH, HEIGHT).apply(payload[:length])


def frame(content: bytes, says_size: bool = True) -> bytes:
    return zstandard.ZstdCompressor(write_content_size=says_size).compress(content)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"no frame at all", id="no frame"),
        pytest.param(frame(bytes(4 * 4 - 1)), id="a byte too few"),
        pytest.param(frame(bytes(4 * 4 + 1)), id="a byte too many"),
        pytest.param(frame(bytes(4 * 4), says_size=False), id="no size beforehand"),
        pytest.param(frame(bytes(4 * 4)) + b"x", id="more after the frame"),
        pytest.param(frame(bytes(4 * 4)) * 2, id="two frames"),
        pytest.param(frame(bytes(2**26)), id="a bomb"),
    ],
)
def test_a_frame_that_is_not_exactly_the_rectangle_is_refused(data: bytes) -> None:
    with pytest.raises(ProtocolViolation):
        apply(Section(Encoding.PIXELS, Rectangle(0, 0, 2, 2), data))


def frame_of_one_block(stated_size: int, size: int, window_log: int) -> bytes:
    """A frame that states a size, and holds a byte repeated so often: RFC 8878, 3.1.1."""
    magic, descriptor = b"\x28\xb5\x2f\xfd", b"\x80"  # 4 bytes of size, and a window
    window = bytes([(window_log - 10) << 3])
    block = (size << 3 | 0b01 << 1 | 1).to_bytes(3, "little") + b"\x55"
    return magic + descriptor + window + stated_size.to_bytes(4, "little") + block


def apply_frame(data: bytes) -> ScreenDecoder:
    return apply(Section(Encoding.PIXELS, Rectangle(0, 0, 16, 16), data))


def test_a_frame_that_is_honest_about_its_size_is_taken() -> None:
    decoder = apply_frame(frame_of_one_block(1024, 1024, window_log=10))

    assert (decoder.pixels[:16, :16, :3] == 0x55).all()


@pytest.mark.parametrize("size", [0, 1, 1023, 1025, 100_000])
def test_a_frame_that_lies_about_its_size_is_refused(size: int) -> None:
    with pytest.raises(ProtocolViolation):
        apply_frame(frame_of_one_block(1024, size, window_log=10))


def test_a_frame_cut_short_gets_no_memory_for_the_huge_window_that_it_states() -> None:
    data = frame_of_one_block(1024, 1024, window_log=27)[:-1]
    decoder = ScreenDecoder(WIDTH, HEIGHT)

    with pytest.raises(ProtocolViolation):
        decoder.apply(join([Section(Encoding.PIXELS, Rectangle(0, 0, 16, 16), data)]))

    assert decoder._decompressor.memory_size() < 2 * 1024 * 1024


def test_refusing_a_bomb_takes_no_memory() -> None:
    bomb = frame(bytes(2**27))
    payload = join([Section(Encoding.PIXELS, Rectangle(0, 0, 2, 2), bomb)])
    decoder = ScreenDecoder(WIDTH, HEIGHT)
    tracemalloc.start()
    try:
        with pytest.raises(ProtocolViolation):
            decoder.apply(payload)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak_bytes < 100_000


def test_what_came_before_the_wrong_section_is_shown_and_the_rest_is_not() -> None:
    good = Section(Encoding.SOLID, Rectangle(0, 0, 1, 1), b"\xff\xff\xff")
    bad = Section(Encoding.PIXELS, Rectangle(1, 0, 1, 1), b"bad")
    decoder = ScreenDecoder(WIDTH, HEIGHT)

    with pytest.raises(ProtocolViolation):
        decoder.apply(join([good, bad, good._replace(rectangle=Rectangle(2, 0, 1, 1))]))

    assert decoder.pixels[0, :3, 0].tolist() == [255, 0, 0]


def test_sections_of_the_largest_size_are_taken() -> None:
    picture = noise(MAXIMUM_SECTION_PIXELS // 1024, 1024, 1)
    decoder = ScreenDecoder(1024, MAXIMUM_SECTION_PIXELS // 1024)

    decoder.apply(payload_of(picture))

    assert np.array_equal(decoder.pixels[..., :3], picture[..., :3])
