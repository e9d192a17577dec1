"""What has moved is found, exactly, and nothing else is."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from common.errors import ProtocolViolation
from common.screen.copies import LEAST_SIDE_PIXELS, find_copies, vote
from common.screen.decoder import ScreenDecoder
from common.screen.encoder import Grab, ScreenEncoder
from common.screen.rectangle import Rectangle
from common.screen.sections import COPY_SOURCE, Encoding, Section, join, split

Words = NDArray[np.uint32]
HEIGHT, WIDTH = 400, 480


def page(seed: int, height: int = HEIGHT, width: int = WIDTH) -> Words:
    """Lines of text-like noise on white, with blank rows between them."""
    random = np.random.default_rng(seed)
    picture = np.full((height, width), 0xFFFFFF, np.uint32)
    for top in range(8, height - 12, 20):
        picture[top : top + 11] = random.choice([0xFFFFFF, 0x222222], (11, width))
    return picture


def moved(picture: Words, right: int, down: int, fresh: int) -> Words:
    """The picture after moving, with fresh content where nothing came from."""
    result = page(fresh, *picture.shape)
    height, width = picture.shape
    to_rows = slice(max(down, 0), height + min(down, 0))
    to_columns = slice(max(right, 0), width + min(right, 0))
    from_rows = slice(max(-down, 0), height - max(down, 0))
    from_columns = slice(max(-right, 0), width - max(right, 0))
    result[to_rows, to_columns] = picture[from_rows, from_columns]
    return result


@pytest.mark.parametrize("down", [1, 24, 97, -1, -24, -97])
def test_a_scrolled_page_is_one_copy(down: int) -> None:
    old = page(1)
    new = moved(old, 0, down, fresh=2)
    (copy,) = find_copies(new, old)
    assert (copy.right, copy.down) == (0, down)
    assert copy.place.area >= (HEIGHT - abs(down) - 1) * WIDTH


@pytest.mark.parametrize("right", [1, 33, -1, -33])
def test_a_page_moved_sideways_is_one_copy(right: int) -> None:
    old = np.random.default_rng(3).integers(0, 2**24, (HEIGHT, WIDTH), np.uint32)
    new = moved(old, right, 0, fresh=2)
    (copy,) = find_copies(new, old)
    assert (copy.right, copy.down) == (right, 0)


def test_a_standing_bar_beside_the_page_hides_no_scrolling() -> None:
    old = page(1)
    new = moved(old, 0, -24, fresh=2)
    new[:, :90] = old[:, :90]
    new[:, -30:] = old[:, -30:]
    copies = find_copies(new, old)
    assert copies
    assert all(copy.down == -24 for copy in copies)
    assert sum(copy.place.area for copy in copies) >= (HEIGHT - 24) * (WIDTH - 120 - 64)


def test_a_line_that_changed_within_the_page_parts_the_copy() -> None:
    old = page(1)
    new = moved(old, 0, 24, fresh=2)
    new[200:204, 100:140] ^= 0x00FF00
    copies = find_copies(new, old)
    assert len(copies) == 2
    assert copies[0].place.top > copies[1].place.top  # downwards the lowest goes first


@pytest.mark.parametrize("content", ["blank", "other", "same"])
def test_where_nothing_moved_nothing_is_found(content: str) -> None:
    old = page(1)
    new = {"blank": np.full_like(old, 0xFFFFFF), "other": page(2), "same": old.copy()}[content]
    assert find_copies(new, old) == []


def test_small_areas_are_not_searched() -> None:
    old = page(1, LEAST_SIDE_PIXELS - 1, WIDTH)
    assert find_copies(moved(old, 0, 4, fresh=2), old) == []


def test_rows_that_are_alike_do_not_vote() -> None:
    stripes = np.zeros((HEIGHT, WIDTH), np.uint32)
    stripes[::2] = 0xFFFFFF
    assert vote(np.roll(stripes, 1, axis=0), stripes) == 0


@st.composite
def changes(draw: st.DrawFn) -> tuple[Words, Words]:
    """A picture and what came of it: moved any way, with noise and standing borders."""
    old = page(draw(st.integers(0, 99)))
    new = moved(old, draw(st.integers(-80, 80)), draw(st.integers(-80, 80)), fresh=100)
    if draw(st.booleans()):
        new = moved(old, 0, draw(st.integers(-120, 120)), fresh=100)
    for _ in range(draw(st.integers(0, 4))):
        top, left = draw(st.integers(0, HEIGHT - 1)), draw(st.integers(0, WIDTH - 1))
        new[top : top + draw(st.integers(1, 60)), left : left + draw(st.integers(1, 60))] ^= 0xFF
    border = draw(st.integers(0, 120))
    new[:border] = old[:border]
    return old, new


@given(changes())
def test_every_copy_is_exact_in_its_order(change: tuple[Words, Words]) -> None:
    old, new = change
    picture = old.copy()
    for copy in find_copies(new, old):
        source = copy.source
        assert source.is_within(WIDTH, HEIGHT)
        assert copy.place.is_within(WIDTH, HEIGHT)
        content = picture[source.top : source.bottom, source.left : source.right].copy()
        rows = slice(copy.place.top, copy.place.bottom)
        columns = slice(copy.place.left, copy.place.right)
        assert np.array_equal(content, new[rows, columns])
        picture[rows, columns] = content


@given(changes())
def test_encoding_with_copies_gives_the_new_picture_exactly(change: tuple[Words, Words]) -> None:
    encoder, decoder = ScreenEncoder(WIDTH, HEIGHT), ScreenDecoder(WIDTH, HEIGHT)
    for words in change:
        grab = Grab(0, 0, words.view(np.uint8).reshape(HEIGHT, WIDTH, 4))
        for part in encoder.encode([grab]):
            decoder.apply(part.payload)
        assert np.array_equal(decoder.pixels[..., :3], grab.pixels[..., :3])


def test_a_scroll_costs_a_small_part_of_the_bytes() -> None:
    encoder = ScreenEncoder(WIDTH, HEIGHT)
    old = page(1)
    sizes = []
    for words in (old, moved(old, 0, -20, fresh=2)):
        grab = Grab(0, 0, words.view(np.uint8).reshape(HEIGHT, WIDTH, 4))
        sizes.append(sum(len(part.payload) for part in encoder.encode([grab])))
    assert sizes[1] * 10 < sizes[0]


def test_a_copy_over_its_own_source_moves_it_whole() -> None:
    decoder = ScreenDecoder(64, 64)
    decoder.apply(join([Section(Encoding.SOLID, Rectangle(0, 0, 64, 1), b"\1\2\3")]))
    copy = Section(Encoding.COPY, Rectangle(0, 1, 64, 63), COPY_SOURCE.pack(0, 0))
    decoder.apply(join([copy]))
    assert (decoder.pixels[1, :, :3] == (1, 2, 3)).all()
    assert (decoder.pixels[2, :, :3] == 0).all()


@pytest.mark.parametrize(("left", "top"), [(1, 0), (0, 1), (0xFFFF, 0xFFFF), (64, 0), (0, 64)])
def test_a_copy_from_outside_the_picture_is_refused(left: int, top: int) -> None:
    section = Section(Encoding.COPY, Rectangle(0, 0, 64, 64), COPY_SOURCE.pack(left, top))
    with pytest.raises(ProtocolViolation, match="outside the picture"):
        list(split(join([section]), 64, 64))


def test_copies_count_against_the_pixels_of_a_payload() -> None:
    whole = Section(Encoding.COPY, Rectangle(0, 0, 1024, 1024), COPY_SOURCE.pack(0, 0))
    with pytest.raises(ProtocolViolation, match="more than all pixels"):
        list(split(join([whole, whole]), 1024, 1024))
