"""The capture thread: alive from start to stop, asleep while nothing happens, recovering."""

import threading
from collections.abc import Callable, Iterator

import pytest

from common.protocol.session_messages import PictureUpdate, ScreenLayout, ScreenUnavailable
from common.screen.pacing import MAXIMUM_FRAMES
from target_app.capture.contract import CaptureFailed, ScreenCapture, ScreenProblem
from target_app.capture_thread import CaptureThread
from tests.support.displays import DisplayOptions, VirtualDisplay
from tests.support.waiting import wait_until
from tests.target.recorded_capture import PaintedCapture, Posted

WAIT_SECONDS = 10.0


class Capturing:
    """A capture thread over painted captures, of which each attempt opens the next."""

    def __init__(self) -> None:
        self.posted = Posted()
        self.captures: list[PaintedCapture] = []
        self.failures: list[CaptureFailed] = []
        self.thread = CaptureThread(self.posted.post, self._open)

    def _open(self) -> ScreenCapture:
        if self.failures:
            raise self.failures.pop(0)
        self.captures.append(PaintedCapture(60, 40))
        return self.captures[-1]

    def wait_until(self, condition: Callable[[], object], what: str) -> None:
        wait_until(condition, WAIT_SECONDS, what)

    def wait_for_shade(self, shade: int) -> None:
        self.wait_until(
            lambda: self.posted.picture.size and (self.posted.picture == shade).all(),
            f"a picture of shade {shade}",
        )

    def wait_for_frames(self, count: int) -> None:
        self.wait_until(lambda: len(self.posted.frames) == count, f"{count} frames")


@pytest.fixture
def capturing() -> Iterator[Capturing]:
    made = Capturing()
    yield made
    made.thread.stop()


def test_the_first_picture_is_posted_at_once(capturing: Capturing) -> None:
    capturing.thread.start()

    capturing.wait_for_frames(1)

    assert isinstance(capturing.posted.messages[0], ScreenLayout)


def test_a_change_is_posted_without_being_asked_for(capturing: Capturing) -> None:
    capturing.thread.start()
    capturing.wait_for_frames(1)

    capturing.captures[0].paint(120)

    capturing.wait_for_shade(120)
    assert capturing.posted.frames == [0, 1]


def test_credit_that_comes_back_lets_the_waiting_change_through(capturing: Capturing) -> None:
    capturing.thread.start()
    for count in range(1, MAXIMUM_FRAMES + 1):
        capturing.wait_for_frames(count)
        capturing.captures[0].paint(count)
    assert capturing.posted.frames == list(range(MAXIMUM_FRAMES))

    capturing.thread.acknowledge(MAXIMUM_FRAMES - 1, decode_microseconds=1)

    capturing.wait_for_shade(MAXIMUM_FRAMES)


def test_a_capture_that_fails_is_reported_closed_and_opened_again(capturing: Capturing) -> None:
    capturing.thread.start()
    capturing.wait_for_frames(1)

    capturing.captures[0].fail(ScreenProblem.CAPTURE_FAILED)

    capturing.wait_for_frames(2)
    assert capturing.captures[0].is_closed
    assert capturing.posted.causes() == ["capture_failed"]
    kinds = [type(message) for message in capturing.posted.messages]
    assert kinds == [ScreenLayout, PictureUpdate, ScreenUnavailable, ScreenLayout, PictureUpdate]


def test_the_same_problem_is_reported_once_however_often_it_is_met(capturing: Capturing) -> None:
    capturing.failures = [CaptureFailed(ScreenProblem.NO_DISPLAY)] * 3

    capturing.thread.start()

    capturing.wait_for_frames(1)
    assert capturing.posted.causes() == ["no_display"]


def test_another_problem_is_reported_as_well(capturing: Capturing) -> None:
    capturing.failures = [
        CaptureFailed(ScreenProblem.NO_DISPLAY),
        CaptureFailed(ScreenProblem.CAPTURE_FAILED, "the server went away"),
    ]

    capturing.thread.start()

    capturing.wait_for_frames(1)
    assert capturing.posted.causes() == ["no_display", "capture_failed"]


def test_stopping_closes_the_capture_and_ends_the_thread(capturing: Capturing) -> None:
    capturing.thread.start()
    capturing.wait_for_frames(1)

    capturing.thread.stop()
    capturing.thread.stop()

    assert capturing.captures[0].is_closed
    assert "capture" not in {thread.name for thread in threading.enumerate()}
    capturing.thread.acknowledge(0, 0)


def test_stopping_does_not_wait_for_a_retry(capturing: Capturing) -> None:
    capturing.failures = [CaptureFailed(ScreenProblem.WAYLAND)] * 1000
    capturing.thread.start()
    capturing.wait_until(capturing.posted.causes, "the report")

    capturing.thread.stop()

    assert capturing.captures == []


def test_stopping_what_never_started_is_harmless(capturing: Capturing) -> None:
    capturing.thread.stop()


def test_by_itself_it_opens_the_capture_of_this_session(
    display: VirtualDisplay, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DISPLAY", "XDG_SESSION_TYPE"):
        monkeypatch.setenv(name, display.environment[name])
    posted = Posted()
    thread = CaptureThread(posted.post)
    thread.start()
    try:
        wait_until(lambda: posted.frames, WAIT_SECONDS, "the first frame")
        assert (posted.picture == (0x70, 0x5A, 0x3B)).all()
    finally:
        thread.stop()


def test_without_a_display_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    posted = Posted()
    thread = CaptureThread(posted.post)
    thread.start()
    try:
        wait_until(posted.causes, WAIT_SECONDS, "the report")
        assert posted.messages == [ScreenUnavailable(cause="no_display")]
    finally:
        thread.stop()


# python-xlib leaves the socket open with which it did not reach a server.
@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
def test_a_display_that_dies_is_reported_and_one_that_comes_is_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    posted = Posted()
    first = VirtualDisplay(DisplayOptions(width_pixels=300, height_pixels=200))
    monkeypatch.setenv("DISPLAY", first.name)
    thread = CaptureThread(posted.post)
    thread.start()
    try:
        wait_until(lambda: len(posted.frames) == 1, WAIT_SECONDS, "the first frame")
        first.close()
        wait_until(posted.causes, WAIT_SECONDS, "the report")
        with VirtualDisplay(DisplayOptions(width_pixels=310, height_pixels=210)) as second:
            monkeypatch.setenv("DISPLAY", second.name)
            wait_until(lambda: len(posted.frames) == 2, WAIT_SECONDS, "the second frame")
            assert posted.picture.shape == (210, 310, 3)
            thread.stop()
    finally:
        first.close()
        thread.stop()
    assert posted.causes()[0] == "capture_failed"
