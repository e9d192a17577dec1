"""The encoder: what comes out turns the controller's picture into the target's, exactly."""

import numpy as np
import pytest
from hypothesis import given

from common.screen.decoder import ScreenDecoder
from common.screen.encoder import Grab, Part, Pixels, ScreenEncoder
from common.screen.rectangle import Rectangle
from common.screen.sections import MAXIMUM_SECTION_PIXELS, Encoding, split
from tests.screen.pictures import (
    Step,
    blocks,
    colours,
    grabbed,
    noise,
    painted,
    plain,
    slope,
    stories,
)


def encoded(picture: Pixels) -> list[Part]:
    """The parts that turn black into a picture."""
    height, width = picture.shape[:2]
    return list(ScreenEncoder(width, height).encode([Grab(0, 0, picture)]))


def encodings(picture: Pixels) -> set[Encoding]:
    height, width = picture.shape[:2]
    return {
        section.encoding
        for part in encoded(picture)
        for section in split(part.payload, width, height)
    }


@given(stories())
def test_decoding_gives_exactly_what_was_grabbed(story: tuple[int, int, list[Step]]) -> None:
    width, height, steps = story
    encoder, decoder = ScreenEncoder(width, height), ScreenDecoder(width, height)
    picture = np.zeros((height, width, 4), np.uint8)

    for step in steps:
        picture = painted(picture, step)
        for part in encoder.encode([grabbed(picture, step.place)]):
            decoder.apply(part.payload)

        assert np.array_equal(colours(decoder.pixels), colours(picture))


@given(stories())
def test_several_areas_in_one_frame_are_all_sent(story: tuple[int, int, list[Step]]) -> None:
    width, height, steps = story
    encoder, decoder = ScreenEncoder(width, height), ScreenDecoder(width, height)
    picture = np.zeros((height, width, 4), np.uint8)
    for step in steps:
        picture = painted(picture, step)

    parts = list(encoder.encode([grabbed(picture, step.place) for step in steps]))

    for part in parts:
        decoder.apply(part.payload)
    assert np.array_equal(colours(decoder.pixels), colours(picture))
    assert [part.is_last for part in parts] == [False] * (len(parts) - 1) + [True] * bool(parts)


def test_nothing_is_sent_where_nothing_changed() -> None:
    picture = blocks(300, 400, seed=1)
    encoder = ScreenEncoder(400, 300)
    assert list(encoder.encode([Grab(0, 0, picture)])) != []

    assert list(encoder.encode([Grab(0, 0, picture)])) == []
    assert list(encoder.encode([])) == []


def test_only_what_changed_within_a_grab_is_sent() -> None:
    encoder = ScreenEncoder(400, 300)
    picture = noise(300, 400, seed=1)
    list(encoder.encode([Grab(0, 0, picture)]))
    picture[100:110, 200:230] ^= 0xFF

    (part,) = encoder.encode([Grab(0, 0, picture)])

    (section,) = split(part.payload, 400, 300)
    assert section.rectangle == Rectangle(200, 100, 30, 10)


def test_a_grab_may_be_overwritten_once_its_parts_are_taken() -> None:
    memory = blocks(30, 40, seed=1)
    encoder = ScreenEncoder(40, 30)
    list(encoder.encode([Grab(0, 0, memory)]))
    before = memory.copy()
    memory[...] = noise(30, 40, seed=2)

    assert list(encoder.encode([Grab(0, 0, before)])) == []


@pytest.mark.parametrize(
    ("picture", "expected"),
    [
        pytest.param(plain(200, 300, 5), Encoding.SOLID, id="one colour"),
        pytest.param(blocks(200, 300, 5), Encoding.PIXELS, id="text"),
        pytest.param(slope(200, 300, 5), Encoding.PLANES, id="sky"),
        pytest.param(noise(200, 300, 5), Encoding.RAW, id="sand"),
    ],
)
def test_each_content_gets_the_encoding_that_suits_it(picture: Pixels, expected: Encoding) -> None:
    assert encodings(picture) == {expected}


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (16384, 20), (20, 16384)])
def test_a_large_picture_comes_in_payloads_of_bounded_size(width: int, height: int) -> None:
    picture = noise(height, width, seed=3)

    parts = encoded(picture)

    assert len(parts) >= width * height // MAXIMUM_SECTION_PIXELS
    assert max(len(part.payload) for part in parts) < MAXIMUM_SECTION_PIXELS * 3 + 100
    for part in parts:
        assert sum(s.rectangle.area for s in split(part.payload, width, height)) <= (
            MAXIMUM_SECTION_PIXELS
        )


def test_small_changes_share_one_payload() -> None:
    encoder = ScreenEncoder(1920, 1080)
    picture = np.zeros((1080, 1920, 4), np.uint8)
    for place in ((10, 10), (1800, 10), (10, 1000), (1800, 1000)):
        picture[place[1] : place[1] + 40, place[0] : place[0] + 40] = 200

    (part,) = encoder.encode([Grab(0, 0, picture)])

    assert part.is_last
    assert len(list(split(part.payload, 1920, 1080))) == 4
