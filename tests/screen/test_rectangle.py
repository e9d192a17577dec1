"""Rectangles: what is inside, what covers what, and when two become one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.screen.rectangle import MAXIMUM_MERGED, Rectangle, bounding, merged
from tests.screen.pictures import places


def covered(rectangles: list[Rectangle]) -> set[tuple[int, int]]:
    return {
        (x, y)
        for rectangle in rectangles
        for x in range(rectangle.left, rectangle.right)
        for y in range(rectangle.top, rectangle.bottom)
    }


@pytest.mark.parametrize(
    ("rectangle", "is_within"),
    [
        (Rectangle(0, 0, 10, 8), True),
        (Rectangle(9, 7, 1, 1), True),
        (Rectangle(0, 0, 11, 8), False),
        (Rectangle(0, 0, 10, 9), False),
        (Rectangle(10, 0, 1, 1), False),
        (Rectangle(-1, 0, 2, 2), False),
        (Rectangle(0, -1, 2, 2), False),
        (Rectangle(0, 0, 0, 8), False),
        (Rectangle(0, 0, 10, 0), False),
    ],
)
def test_only_what_holds_pixels_of_the_picture_is_within_it(
    rectangle: Rectangle, is_within: bool
) -> None:
    assert rectangle.is_within(10, 8) is is_within


@given(st.lists(places(30, 20), min_size=1, max_size=12), st.integers(0, 200))
def test_merging_loses_no_pixel(rectangles: list[Rectangle], wasted_pixels: int) -> None:
    assert covered(merged(rectangles, wasted_pixels)) >= covered(rectangles)


@given(st.lists(places(30, 20), min_size=1, max_size=12))
def test_merging_that_may_waste_nothing_adds_no_pixel(rectangles: list[Rectangle]) -> None:
    assert covered(merged(rectangles, 0)) == covered(rectangles)


def test_bands_that_lie_on_each_other_become_one() -> None:
    bands = [Rectangle(0, top, 100, 10) for top in range(0, 1000, 10)]

    assert merged(bands, 0) == [Rectangle(0, 0, 100, 1000)]


def test_what_is_far_apart_stays_apart() -> None:
    apart = [Rectangle(0, 0, 10, 10), Rectangle(500, 500, 10, 10)]

    assert sorted(merged(apart, 1000)) == apart


def test_very_many_rectangles_become_the_box_round_them() -> None:
    many = [Rectangle(3 * index, 2 * index, 1, 1) for index in range(MAXIMUM_MERGED + 1)]

    assert merged(many, 0) == [Rectangle(0, 0, 3 * MAXIMUM_MERGED + 1, 2 * MAXIMUM_MERGED + 1)]
    assert merged(many, 0) == [bounding(many)]


def test_clipping_keeps_the_part_in_the_picture() -> None:
    assert Rectangle(-5, -5, 10, 10).clipped(100, 100) == Rectangle(0, 0, 5, 5)
    assert Rectangle(95, 98, 10, 10).clipped(100, 100) == Rectangle(95, 98, 5, 2)
    assert Rectangle(200, 0, 10, 10).clipped(100, 100).area == 0
