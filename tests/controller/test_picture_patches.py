"""The slot between decode thread and window: complete, bounded, and woken once."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from common.screen.rectangle import Rectangle
from controller_app.picture_patches import PictureChange, PicturePatches, Pixels

WIDTH, HEIGHT = 32, 24


class Window:
    """A window's picture, drawn as a window would, and how often it was woken."""

    def __init__(self, patches: PicturePatches) -> None:
        self.wakes = 0
        self._patches = patches
        self.picture: Pixels = np.zeros((0, 0, 4), np.uint8)
        patches.became_available = self._wake

    def _wake(self) -> None:
        self.wakes += 1

    def repaint(self) -> PictureChange | None:
        change = self._patches.take()
        if change is None:
            return None
        if change.is_new_layout:
            self.picture = np.zeros((change.height, change.width, 4), np.uint8)
        for left, top, pixels in change.patches:
            height, width = pixels.shape[:2]
            self.picture[top : top + height, left : left + width] = pixels
        return change


def black() -> Pixels:
    return np.zeros((HEIGHT, WIDTH, 4), np.uint8)


def begun() -> tuple[PicturePatches, Window]:
    patches = PicturePatches()
    window = Window(patches)
    patches.begin_layout(WIDTH, HEIGHT)
    return patches, window


def test_an_empty_slot_gives_nothing() -> None:
    assert PicturePatches().take() is None


def test_a_layout_alone_is_given_once() -> None:
    patches, _ = begun()

    assert patches.take() == PictureChange(WIDTH, HEIGHT, True, ())
    assert patches.take() is None


def test_a_patch_is_a_copy_that_nobody_writes_any_more() -> None:
    patches, window = begun()
    picture = black()
    picture[2:4, 3:6] = 9
    patches.publish(picture, [Rectangle(3, 2, 3, 2)])
    picture[...] = 77

    change = window.repaint()

    assert change is not None
    (patch,) = change.patches
    assert (patch.left, patch.top) == (3, 2)
    assert (patch.pixels == 9).all()
    assert not patch.pixels.flags.writeable


def test_the_reader_is_woken_only_when_the_slot_was_empty() -> None:
    patches, window = begun()
    assert window.wakes == 1

    for _ in range(3):
        patches.publish(black(), [Rectangle(0, 0, 2, 2)])
    assert window.wakes == 1

    window.repaint()
    patches.publish(black(), [Rectangle(0, 0, 2, 2)])
    assert window.wakes == 2


def test_a_part_of_a_frame_is_not_seen_before_the_frame_is_whole() -> None:
    patches, window = begun()
    window.repaint()
    picture = black()
    picture[:2] = 1
    patches.gather(picture, [Rectangle(0, 0, WIDTH, 2)])
    assert patches.take() is None
    assert window.wakes == 1
    picture[2:4] = 2
    patches.gather(picture, [Rectangle(0, 2, WIDTH, 2)])

    patches.publish(picture, [])
    window.repaint()

    assert window.wakes == 2
    assert np.array_equal(window.picture, picture)


def test_a_frame_that_paints_the_same_place_over_and_over_stays_bounded() -> None:
    patches, window = begun()
    picture = black()
    for shade in range(100):
        picture[...] = shade
        patches.gather(picture, [Rectangle(0, 0, WIDTH, HEIGHT)])

    patches.publish(picture, [])
    change = window.repaint()

    assert change is not None
    assert sum(patch.pixels.size for patch in change.patches) <= picture.size
    assert np.array_equal(window.picture, picture)


def test_a_layout_drops_the_parts_of_a_frame_that_was_never_whole() -> None:
    patches, _ = begun()
    patches.gather(black(), [Rectangle(0, 0, 5, 5)])

    patches.begin_layout(WIDTH, HEIGHT)
    patches.publish(black(), [])

    assert patches.take() == PictureChange(WIDTH, HEIGHT, True, ())


def test_publishing_nothing_wakes_nobody() -> None:
    patches, window = begun()
    window.repaint()

    patches.publish(black(), [])

    assert window.wakes == 1
    assert patches.take() is None


def test_more_patches_than_the_picture_has_pixels_become_one_whole_picture() -> None:
    patches, window = begun()
    picture = black()
    for shade in range(1, 200):
        picture[...] = shade
        patches.publish(picture, [Rectangle(0, 0, WIDTH, HEIGHT // 2)])
        patches.publish(picture, [Rectangle(0, HEIGHT // 2, WIDTH, HEIGHT // 2)])

    change = window.repaint()

    assert change is not None
    assert sum(patch.pixels.size for patch in change.patches) <= picture.size
    assert (window.picture == 199).all()


def test_a_new_layout_drops_what_was_of_the_old_one() -> None:
    patches, window = begun()
    patches.publish(np.full((HEIGHT, WIDTH, 4), 5, np.uint8), [Rectangle(0, 0, WIDTH, HEIGHT)])

    patches.begin_layout(8, 6)

    assert patches.take() == PictureChange(8, 6, True, ())
    assert window.wakes == 1


@given(
    st.lists(
        st.tuples(
            st.lists(
                st.tuples(st.integers(0, 24), st.integers(0, 16), st.integers(1, 8)),
                min_size=1,
                max_size=4,
            ),
            st.booleans(),
        ),
        max_size=12,
    )
)
def test_a_window_that_paints_now_and_then_ends_with_the_whole_picture(
    frames: list[tuple[list[tuple[int, int, int]], bool]],
) -> None:
    patches, window = begun()
    picture = black()
    shade = 0
    for squares, is_repainted in frames:
        for left, top, side in squares:
            shade += 1
            picture[top : top + side, left : left + side] = shade
        patches.publish(picture, [Rectangle(x, y, side, side) for x, y, side in squares])
        if is_repainted:
            window.repaint()

    window.repaint()

    assert np.array_equal(window.picture, picture)
