"""A pointer's picture, from the words of X11 to the bytes of a CursorShape."""

import struct

import pytest

from common.protocol.session_messages import (
    MAXIMUM_CURSOR_SIDE_PIXELS,
    CursorHidden,
    CursorShape,
)
from target_app.capture.cursor_image import shape_from_premultiplied


def words(*argb: int) -> bytes:
    return struct.pack(f"={len(argb)}I", *argb)


@pytest.mark.parametrize(
    ("argb", "rgba"),
    [
        pytest.param(0xFF102030, (0x10, 0x20, 0x30, 0xFF), id="opaque"),
        pytest.param(0x80402000, (0x80, 0x40, 0x00, 0x80), id="half transparent"),
        pytest.param(0x01010101, (0xFF, 0xFF, 0xFF, 0x01), id="nearly transparent"),
        pytest.param(0x10FFFFFF, (0xFF, 0xFF, 0xFF, 0x10), id="brighter than it may be"),
        pytest.param(0x00000000, (0, 0, 0, 0), id="transparent"),
    ],
)
def test_colours_are_divided_by_the_alpha(argb: int, rgba: tuple[int, int, int, int]) -> None:
    shape = shape_from_premultiplied(words(0xFF000000, argb), (2, 1), (0, 0))

    assert isinstance(shape, CursorShape)
    assert tuple(shape.rgba[4:]) == rgba


def test_size_rows_and_hotspot_are_kept() -> None:
    data = words(*(0xFF000000 + index for index in range(6)))

    shape = shape_from_premultiplied(data, (3, 2), (2, 1))

    assert isinstance(shape, CursorShape)
    assert (shape.width_pixels, shape.height_pixels) == (3, 2)
    assert (shape.hotspot_x, shape.hotspot_y) == (2, 1)
    assert list(shape.rgba[2::4]) == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize("size", [(2, 2), (0, 0), (5, 0)])
def test_a_pointer_of_which_nothing_is_seen_is_hidden(size: tuple[int, int]) -> None:
    nothing = words(*[0x00FFFFFF] * (size[0] * size[1]))

    assert shape_from_premultiplied(nothing, size, (0, 0)) == CursorHidden()


def test_a_pointer_that_is_too_large_is_cut_off() -> None:
    side = MAXIMUM_CURSOR_SIDE_PIXELS + 44
    shape = shape_from_premultiplied(words(*[0xFFFFFFFF] * side * side), (side, side), (299, 280))

    assert isinstance(shape, CursorShape)
    assert shape.width_pixels == shape.height_pixels == MAXIMUM_CURSOR_SIDE_PIXELS
    assert (shape.hotspot_x, shape.hotspot_y) == (255, 255)
