"""Capture on a real X display: what is drawn is seen, where and when it is drawn."""

import select
import subprocess
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from common.protocol.session_messages import CursorShape
from common.screen.encoder import Grab
from common.screen.rectangle import Rectangle
from target_app.capture.contract import CaptureFailed, Changes, ScreenProblem
from target_app.capture.x11_capture import X11Capture, few_areas
from target_app.capture.x11_pixels import SharedMemoryReader, WireReader
from tests.support.displays import DisplayOptions, VirtualDisplay
from tests.target.x11_painter import PENCIL, Painter

WAIT_SECONDS = 10.0
RED, BLUE = 0xFF0000, 0x0000FF


@pytest.fixture
def painter(display: VirtualDisplay) -> Iterator[Painter]:
    with Painter(display.name) as made:
        yield made


@pytest.fixture
def capture(display: VirtualDisplay, painter: Painter) -> Iterator[X11Capture]:
    made = X11Capture(display.name)
    yield made
    made.close()


def wait_for(capture: X11Capture, is_meant: Callable[[Changes], bool]) -> Changes:
    """Take changes, sleeping as the capture thread does, until these are told."""
    give_up_at = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < give_up_at:
        changes = capture.take_changes(time.monotonic())
        if is_meant(changes):
            return changes
        assert capture.wake_fd is not None
        select.select([capture.wake_fd], [], [], 0.1)
    raise AssertionError("the change was never told")


def places(grabs: list[Grab]) -> list[Rectangle]:
    return [Rectangle(g.left, g.top, g.pixels.shape[1], g.pixels.shape[0]) for g in grabs]


def resize(display: VirtualDisplay, width: int, height: int) -> None:
    """Give the desktop another size; Xvfb's one output, which has one size, goes off for it."""
    display.run(["xrandr", "--output", "screen", "--off", "--fb", f"{width}x{height}"])


def settle(capture: X11Capture) -> None:
    """Take what came of opening the display."""
    wait_for(capture, lambda changes: changes.is_picture_changed)
    capture.grab()
    while capture.take_changes(0.0) != Changes():
        capture.grab()


def test_the_first_grab_is_the_whole_desktop(capture: X11Capture) -> None:
    (grab,) = capture.grab()

    assert capture.size == (1280, 800)
    assert (grab.left, grab.top, grab.pixels.shape) == (0, 0, (800, 1280, 4))
    assert (grab.pixels[..., :3] == 255).all()


def test_what_is_drawn_is_told_and_grabbed_where_it_is(
    capture: X11Capture, painter: Painter
) -> None:
    settle(capture)

    painter.fill(100, 50, 64, 32, RED)

    wait_for(capture, lambda changes: changes.is_picture_changed)
    (grab,) = capture.grab()
    assert places([grab]) == [Rectangle(100, 50, 64, 32)]
    assert (grab.pixels[..., :3] == (0, 0, 255)).all()


def test_places_far_apart_are_grabbed_apart(capture: X11Capture, painter: Painter) -> None:
    settle(capture)

    painter.fill(0, 0, 20, 20, RED)
    painter.fill(1200, 700, 30, 30, BLUE)

    wait_for(capture, lambda changes: changes.is_picture_changed)
    grabs = list(capture.grab())
    assert places(grabs) == [Rectangle(0, 0, 20, 20), Rectangle(1200, 700, 30, 30)]
    assert (grabs[0].pixels[..., :3] == (0, 0, 255)).all()
    assert (grabs[1].pixels[..., :3] == (255, 0, 0)).all()


def test_changes_that_are_not_grabbed_are_told_once(capture: X11Capture, painter: Painter) -> None:
    settle(capture)
    painter.fill(0, 0, 20, 20, RED)
    wait_for(capture, lambda changes: changes.is_picture_changed)

    for step in range(50):
        painter.fill(0, step, 20, 20, BLUE)

    assert capture.take_changes(0.0) == Changes()
    assert places(list(capture.grab())) == [Rectangle(0, 0, 20, 69)]
    painter.fill(0, 0, 1, 1, RED)
    wait_for(capture, lambda changes: changes.is_picture_changed)


def test_the_shape_of_the_pointer_is_told_and_read(capture: X11Capture, painter: Painter) -> None:
    settle(capture)
    before = capture.cursor()

    painter.shape_pointer(PENCIL)

    wait_for(capture, lambda changes: changes.is_cursor_changed)
    shape = capture.cursor()
    assert isinstance(shape, CursorShape)
    assert shape != before
    visible = np.frombuffer(shape.rgba, np.uint8).reshape(-1, 4)
    assert (255, 0, 0, 255) in {tuple(pixel) for pixel in visible.tolist()}


def test_a_moved_pointer_is_told_and_found(display: VirtualDisplay, capture: X11Capture) -> None:
    settle(capture)

    assert capture.pointer_position() == (640, 400)

    display.xdotool("mousemove_relative", 21, 13)

    wait_for(capture, lambda changes: changes.is_pointer_moved)
    assert capture.pointer_position() == (661, 413)


@pytest.mark.parametrize("size", [(640, 480), (1024, 768)])
def test_a_new_size_is_told_and_the_whole_desktop_grabbed_again(
    display: VirtualDisplay, capture: X11Capture, size: tuple[int, int]
) -> None:
    settle(capture)

    resize(display, *size)

    wait_for(capture, lambda changes: changes.is_size_changed)
    assert capture.size == size
    assert places(list(capture.grab())) == [Rectangle(0, 0, *size)]


def test_a_larger_size_is_grabbed_whole_too(display: VirtualDisplay, capture: X11Capture) -> None:
    for size in ((640, 480), (1280, 800)):
        resize(display, *size)
        wait_for(capture, lambda changes: changes.is_size_changed)
        assert places(list(capture.grab())) == [Rectangle(0, 0, *size)]


def test_a_screen_that_has_just_shrunk_is_no_failure(
    display: VirtualDisplay, capture: X11Capture
) -> None:
    resize(display, 640, 480)

    assert capture.grab() == []  # its event has not been read yet

    wait_for(capture, lambda changes: changes.is_size_changed)
    assert places(list(capture.grab())) == [Rectangle(0, 0, 640, 480)]


def test_a_display_that_goes_away_is_a_named_failure(painter: Painter) -> None:
    with VirtualDisplay(DisplayOptions(width_pixels=320, height_pixels=200)) as other:
        capture = X11Capture(other.name)
    with pytest.raises(CaptureFailed) as caught:
        wait_for(capture, lambda changes: changes.is_size_changed)
    assert caught.value.problem is ScreenProblem.CAPTURE_FAILED
    capture.close()
    capture.close()


def test_a_screen_of_few_colours_is_refused_with_the_reason() -> None:
    reading, server = start_server_of_depth(8)
    try:
        with pytest.raises(CaptureFailed, match="depth 8") as caught:
            X11Capture(":" + reading)
        assert caught.value.problem is ScreenProblem.CAPTURE_FAILED
    finally:
        server.terminate()
        server.wait(WAIT_SECONDS)


def start_server_of_depth(depth: int) -> tuple[str, "subprocess.Popen[bytes]"]:
    command = ["Xvfb", "-displayfd", "1", "-screen", "0", f"320x200x{depth}", "-nolisten", "tcp"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert server.stdout is not None
    with server.stdout as output:
        return output.readline().decode().strip(), server


def test_without_shared_memory_the_same_pixels_come_over_the_wire(
    capture: X11Capture, painter: Painter
) -> None:
    painter.fill(10, 10, 100, 50, RED)
    areas = [Rectangle(0, 0, 60, 60), Rectangle(100, 40, 33, 21)]
    assert isinstance(capture._reader, SharedMemoryReader)

    shared = capture._reader.read(areas)
    wired = WireReader(capture._display).read(areas)

    assert places(shared) == places(wired) == areas
    for one, other in zip(shared, wired, strict=True):
        assert np.array_equal(one.pixels[..., :3], other.pixels[..., :3])


def test_pixels_outlive_the_capture_that_read_them(display: VirtualDisplay) -> None:
    capture = X11Capture(display.name)
    (grab,) = capture.grab()
    colour = grab.pixels[0, 0, :3].tolist()

    capture.close()
    del capture

    assert (grab.pixels[..., :3] == colour).all()


def test_many_places_become_few_areas_and_never_more_than_the_box_round_them() -> None:
    scattered = [Rectangle(x, y, 9, 9) for x in range(0, 1900, 211) for y in range(0, 1000, 97)]
    crossing = [Rectangle(0, 500, 1900, 20), Rectangle(950, 0, 20, 1000)] * 4

    assert few_areas([]) == []
    assert few_areas(scattered) == [Rectangle(0, 0, 1908, 979)]
    assert sum(area.area for area in few_areas(crossing)) <= 1900 * 1000
