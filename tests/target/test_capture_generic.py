"""The generic capture, on a real X display: it looks at a bounded rate and compares."""

from collections.abc import Iterator

import pytest

from target_app.capture.contract import CaptureFailed, Changes, ScreenProblem
from target_app.capture.generic_capture import (
    MOVING_INTERVAL_SECONDS,
    RENEWED_AFTER_SECONDS,
    STILL_AFTER_SECONDS,
    STILL_INTERVAL_SECONDS,
    GenericCapture,
)
from tests.support.displays import DisplayOptions, VirtualDisplay
from tests.target.x11_painter import Painter

RED = 0xFF0000


class Pointer:
    """A pointer that is where the test says."""

    def __init__(self) -> None:
        self.position: tuple[int, int] | None = None

    def ask(self) -> tuple[int, int] | None:
        return self.position


@pytest.fixture
def pointer() -> Pointer:
    return Pointer()


@pytest.fixture
def painter(display: VirtualDisplay, monkeypatch: pytest.MonkeyPatch) -> Iterator[Painter]:
    monkeypatch.setenv("DISPLAY", display.name)
    with Painter(display.name) as made:
        yield made


@pytest.fixture
def capture(painter: Painter, pointer: Pointer) -> Iterator[GenericCapture]:
    made = GenericCapture(pointer.ask)
    yield made
    made.close()


def test_the_whole_desktop_is_there_at_once(capture: GenericCapture) -> None:
    (grab,) = capture.grab()

    assert capture.size == (1280, 800)
    assert capture.wake_fd is None
    assert capture.poll_seconds(0.0) == 0.0
    assert (grab.left, grab.top, grab.pixels.shape) == (0, 0, (800, 1280, 4))
    assert (grab.pixels[..., :3] == 255).all()


def test_a_change_is_seen_at_the_next_look_and_not_again(
    capture: GenericCapture, painter: Painter
) -> None:
    assert capture.take_changes(0.0) == Changes()
    painter.fill(10, 20, 30, 40, RED)

    assert capture.take_changes(1.0) == Changes(is_picture_changed=True)
    (grab,) = capture.grab()
    assert (grab.pixels[20:60, 10:40, :3] == (0, 0, 255)).all()
    assert capture.take_changes(2.0) == Changes()


def test_it_looks_often_while_something_moves_and_seldom_when_nothing_does(
    capture: GenericCapture, painter: Painter
) -> None:
    capture.take_changes(0.0)
    painter.fill(10, 20, 30, 40, RED)
    capture.take_changes(10.0)
    assert capture.poll_seconds(10.0) == pytest.approx(MOVING_INTERVAL_SECONDS)
    assert capture.poll_seconds(10.0 + MOVING_INTERVAL_SECONDS / 2) == pytest.approx(
        MOVING_INTERVAL_SECONDS / 2
    )

    still_at = 10.0 + STILL_AFTER_SECONDS + 0.5
    capture.take_changes(still_at)

    assert capture.poll_seconds(still_at) == pytest.approx(STILL_INTERVAL_SECONDS)


def test_it_does_not_look_before_it_is_time(capture: GenericCapture, painter: Painter) -> None:
    capture.take_changes(0.0)
    painter.fill(10, 20, 30, 40, RED)

    assert capture.take_changes(MOVING_INTERVAL_SECONDS / 4) == Changes()
    assert capture.take_changes(1.0).is_picture_changed


@pytest.mark.parametrize("seconds_later", [0.1, RENEWED_AFTER_SECONDS + 0.1])
def test_a_new_size_is_told(
    display: VirtualDisplay, capture: GenericCapture, seconds_later: float
) -> None:
    capture.take_changes(0.0)
    display.run(["xrandr", "--output", "screen", "--off", "--fb", "640x480"])

    changes = capture.take_changes(seconds_later)

    assert changes.is_size_changed
    assert changes.is_picture_changed
    assert capture.size == (640, 480)


def test_a_moved_pointer_is_told_and_found(capture: GenericCapture, pointer: Pointer) -> None:
    capture.take_changes(0.0)

    pointer.position = (44, 55)

    assert capture.take_changes(1.0) == Changes(is_pointer_moved=True)
    assert capture.pointer_position() == (44, 55)
    assert capture.take_changes(2.0) == Changes()


def test_the_shape_of_the_pointer_is_not_known(capture: GenericCapture) -> None:
    assert capture.cursor() is None


def test_a_display_that_goes_away_is_a_named_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    with VirtualDisplay(DisplayOptions(width_pixels=320, height_pixels=200)) as other:
        monkeypatch.setenv("DISPLAY", other.name)
        capture = GenericCapture()

    with pytest.raises(CaptureFailed):
        capture.take_changes(0.0)
    capture.close()
    capture.close()


def test_without_a_display_it_fails_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":64999")

    with pytest.raises(CaptureFailed) as caught:
        GenericCapture()
    assert caught.value.problem is ScreenProblem.NO_DISPLAY
