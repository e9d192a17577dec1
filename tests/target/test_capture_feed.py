"""The feed: what one capture becomes, step by step, without a thread or a display."""

import contextlib
import itertools
from collections.abc import Iterator

import pytest

from common.protocol.session_messages import (
    CursorHidden,
    CursorMoved,
    CursorShape,
    PictureUpdate,
    ScreenLayout,
)
from common.screen.pacing import MAXIMUM_FRAMES
from target_app.capture.contract import CaptureFailed, Changes
from target_app.capture.credit import Credit
from target_app.capture.screen_feed import Outlet, ScreenFeed, check_size
from tests.target.recorded_capture import PaintedCapture, Posted

ARROW = CursorShape(width_pixels=1, height_pixels=1, hotspot_x=0, hotspot_y=0, rgba=b"\1\2\3\xff")


class Feeding:
    """A feed from a painted capture into a record."""

    def __init__(self) -> None:
        self.capture = PaintedCapture(60, 40)
        self.posted = Posted()
        self.injected: list[tuple[int, int]] = []
        self.wakes = 0
        self.credit = Credit(available=self._wake)
        outlet = Outlet(self.posted.post, self.credit, itertools.count(), self.injected)
        self.feed = ScreenFeed(self.capture, outlet)

    def _wake(self) -> None:
        self.wakes += 1

    def turn_until_idle(self) -> None:
        while self.feed.turn(now=0.0):
            pass


@pytest.fixture
def feeding() -> Iterator[Feeding]:
    made = Feeding()
    yield made
    made.capture.close()


def test_the_layout_comes_first_then_the_whole_picture(feeding: Feeding) -> None:
    feeding.capture.picture[..., :3] = 99

    feeding.turn_until_idle()

    first, second = feeding.posted.messages
    assert first == ScreenLayout(width_pixels=60, height_pixels=40)
    assert isinstance(second, PictureUpdate)
    assert second.is_last
    assert (feeding.posted.picture == 99).all()


def test_a_black_screen_has_a_first_frame_too(feeding: Feeding) -> None:
    feeding.turn_until_idle()

    assert feeding.posted.of(PictureUpdate) == [PictureUpdate(frame=0, is_last=True, payload=b"")]


def test_a_change_that_left_everything_as_it_was_sends_nothing(feeding: Feeding) -> None:
    feeding.turn_until_idle()
    count = len(feeding.posted.messages)

    feeding.capture.paint(0)
    feeding.turn_until_idle()

    assert feeding.capture.grabs == 2
    assert len(feeding.posted.messages) == count


def test_nothing_is_grabbed_while_nothing_changes(feeding: Feeding) -> None:
    feeding.turn_until_idle()

    for _ in range(5):
        assert not feeding.feed.turn(now=1.0)

    assert feeding.capture.grabs == 1


def test_the_caller_may_sleep_only_when_the_capture_was_asked_for_nothing(
    feeding: Feeding,
) -> None:
    feeding.turn_until_idle()
    for changes in (
        Changes(is_picture_changed=True),
        Changes(is_cursor_changed=True),
        Changes(is_pointer_moved=True),
        Changes(is_size_changed=True),
    ):
        feeding.capture.tell(changes)
        assert feeding.feed.turn(now=0.0)
        assert not feeding.feed.turn(now=0.0)


def test_without_credit_changes_wait_and_are_sent_as_one(feeding: Feeding) -> None:
    for shade in range(1, MAXIMUM_FRAMES + 20):
        feeding.capture.paint(shade)
        feeding.turn_until_idle()
    assert feeding.capture.grabs == MAXIMUM_FRAMES
    assert feeding.posted.frames == list(range(MAXIMUM_FRAMES))

    feeding.credit.shown(0)
    feeding.turn_until_idle()

    assert feeding.wakes == 1
    assert feeding.posted.frames[-1] == MAXIMUM_FRAMES
    assert (feeding.posted.picture == MAXIMUM_FRAMES + 19).all()


def test_credit_that_nobody_waits_for_wakes_nobody(feeding: Feeding) -> None:
    feeding.turn_until_idle()

    feeding.credit.shown(0)

    assert feeding.wakes == 0


def test_a_new_size_is_a_new_layout_and_a_whole_picture(feeding: Feeding) -> None:
    feeding.capture.paint(50)
    feeding.turn_until_idle()

    feeding.capture.resize(30, 70, shade=80)
    feeding.turn_until_idle()

    assert feeding.posted.of(ScreenLayout)[-1] == ScreenLayout(width_pixels=30, height_pixels=70)
    assert feeding.posted.picture.shape == (70, 30, 3)
    assert (feeding.posted.picture == 80).all()


@pytest.mark.parametrize(
    ("width", "height", "is_too_large"),
    [
        (16384, 4096, False),
        (4096, 16384, False),
        (16385, 1, True),
        (1, 16385, True),
        (16384, 4097, True),
    ],
)
def test_a_desktop_that_no_layout_can_tell_of_is_refused(
    width: int, height: int, is_too_large: bool
) -> None:
    with pytest.raises(CaptureFailed) if is_too_large else contextlib.nullcontext():
        check_size(width, height)


def test_the_shape_of_the_pointer_is_sent_when_it_is_another(feeding: Feeding) -> None:
    feeding.capture.shape = ARROW
    feeding.turn_until_idle()
    for shape in (ARROW, CursorHidden(), CursorHidden(), ARROW):
        feeding.capture.shape = shape
        feeding.capture.tell(Changes(is_cursor_changed=True))
        feeding.turn_until_idle()

    assert feeding.posted.of(CursorShape, CursorHidden) == [ARROW, CursorHidden(), ARROW]


def test_a_shape_that_is_not_known_is_not_sent(feeding: Feeding) -> None:
    feeding.turn_until_idle()

    assert feeding.posted.of(CursorShape, CursorHidden) == []


def test_the_place_of_the_pointer_is_sent_when_the_user_moved_it(feeding: Feeding) -> None:
    for position in ((5, 6), (5, 6), (7, 8)):
        feeding.capture.position = position
        feeding.capture.tell(Changes(is_pointer_moved=True))
        feeding.turn_until_idle()

    assert feeding.posted.of(CursorMoved) == [CursorMoved(x=5, y=6), CursorMoved(x=7, y=8)]


def test_a_place_where_the_controller_put_the_pointer_is_not_sent(feeding: Feeding) -> None:
    feeding.injected += [(5, 6), (8, 9)]
    feeding.capture.position = (5, 6)
    feeding.capture.tell(Changes(is_pointer_moved=True))
    feeding.turn_until_idle()

    assert feeding.posted.of(CursorMoved) == []


def test_a_pointer_that_a_program_moves_is_found_with_the_next_frame(feeding: Feeding) -> None:
    feeding.turn_until_idle()
    feeding.capture.position = (9, 8)

    feeding.capture.paint(3)
    feeding.turn_until_idle()

    assert feeding.posted.of(CursorMoved) == [CursorMoved(x=9, y=8)]


def test_a_place_beyond_the_screen_is_sent_as_its_edge(feeding: Feeding) -> None:
    feeding.capture.position = (-3, 4000)
    feeding.capture.tell(Changes(is_pointer_moved=True))
    feeding.turn_until_idle()

    assert feeding.posted.of(CursorMoved) == [CursorMoved(x=0, y=39)]
