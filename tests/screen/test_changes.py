"""Finding what changed: every changed pixel is covered, and little else."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from common.screen.changes import PIXELS_WORTH_A_CUT, ChangeFinder, runs
from common.screen.rectangle import Rectangle
from tests.screen.pictures import places

Words = NDArray[np.uint32]


def changed_at(width: int, height: int, areas: list[Rectangle]) -> tuple[Words, Words]:
    """Two pictures that differ in every pixel of some areas and nowhere else."""
    old = np.full((height, width), 7, np.uint32)
    new = old.copy()
    for left, top, columns, rows in areas:
        new[top : top + rows, left : left + columns] = 9
    return new, old


def found(width: int, height: int, areas: list[Rectangle]) -> list[Rectangle]:
    return ChangeFinder(width, height).find(*changed_at(width, height, areas))


@given(st.integers(1, 70), st.integers(1, 40), st.data())
def test_the_box_of_a_change_is_exact_in_a_small_picture(
    width: int, height: int, data: st.DataObject
) -> None:
    area = data.draw(places(width, height))

    assert found(width, height, [area]) == [area]


@given(st.lists(places(1000, 700), min_size=1, max_size=8))
def test_every_changed_pixel_is_in_a_rectangle_and_every_rectangle_is_needed(
    areas: list[Rectangle],
) -> None:
    new, old = changed_at(1000, 700, areas)

    rectangles = ChangeFinder(1000, 700).find(new, old)

    is_changed = new != old
    is_covered = np.zeros_like(is_changed)
    for left, top, width, height in rectangles:
        inside = is_changed[top : top + height, left : left + width]
        assert inside[0].any()
        assert inside[-1].any()
        assert inside[:, 0].any()
        assert inside[:, -1].any()
        assert not is_covered[top : top + height, left : left + width].any()
        is_covered[top : top + height, left : left + width] = True
    assert not (is_changed & ~is_covered).any()


def test_equal_pictures_have_no_rectangle() -> None:
    assert found(1920, 1080, []) == []


def test_changes_far_apart_get_rectangles_of_their_own() -> None:
    corners = [
        Rectangle(3, 5, 20, 30),
        Rectangle(1880, 5, 33, 30),
        Rectangle(3, 1000, 17, 50),
        Rectangle(1900, 1010, 20, 12),
    ]

    assert sorted(found(1920, 1080, corners)) == sorted(corners)


def test_changes_close_together_share_one_rectangle() -> None:
    letters = [Rectangle(100 + 12 * index, 50, 8, 14) for index in range(20)]

    assert found(1920, 1080, letters) == [Rectangle(100, 50, 19 * 12 + 8, 14)]


def test_a_frame_round_an_unchanged_middle_is_cut_where_it_pays() -> None:
    sides = [
        Rectangle(0, 0, 1000, 4),
        Rectangle(0, 696, 1000, 4),
        Rectangle(0, 4, 4, 692),
        Rectangle(996, 4, 4, 692),
    ]

    rectangles = found(1000, 700, sides)

    # A frame has no empty row or column to cut along: it comes as a whole.
    assert rectangles == [Rectangle(0, 0, 1000, 700)]


def test_there_are_no_more_cuts_than_pay() -> None:
    new = np.zeros((1080, 1920), np.uint32)
    new[::4, ::4] = 1

    rectangles = ChangeFinder(1920, 1080).find(new, np.zeros_like(new))

    assert len(rectangles) <= 1 + 1920 * 1080 // PIXELS_WORTH_A_CUT


def test_columns_that_share_a_word_are_never_cut_apart() -> None:
    tall = 8192
    columns = [Rectangle(1, 0, 1, tall), Rectangle(7, 0, 1, 8), Rectangle(30, 0, 1, tall)]

    assert found(64, tall, columns) == [Rectangle(1, 0, 7, tall), Rectangle(30, 0, 1, tall)]


def test_a_smaller_area_after_a_larger_one_sees_nothing_of_it() -> None:
    finder = ChangeFinder(64, 64)
    finder.find(*changed_at(64, 64, [Rectangle(0, 0, 64, 64)]))

    assert finder.find(*changed_at(13, 9, [Rectangle(12, 8, 1, 1)])) == [Rectangle(12, 8, 1, 1)]


def test_runs_close_gaps_up_to_the_given_size() -> None:
    flags = np.array([0, 1, 1, 0, 0, 1, 0, 0, 0, 1], np.bool_)

    assert list(runs(flags, 1)) == [(1, 3), (5, 6), (9, 10)]
    assert list(runs(flags, 3)) == [(1, 6), (9, 10)]
    assert list(runs(flags, 4)) == [(1, 10)]
    assert list(runs(np.zeros(5, np.bool_), 1)) == []
