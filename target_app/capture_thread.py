"""The target's own thread for the screen: sleeps, captures on a change and on credit, posts.

Owns the thread and the life of a capture: one that fails, or can't be opened, is reported
once and tried again. It sleeps in one `select` on the display's connection and a pipe, so
it takes no time while nothing changes; while there is no credit, changes gather in the
display server. Knows no session and no network.
"""

import itertools
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Final

from common.logs import Log
from common.protocol.session_messages import ScreenUnavailable
from target_app.capture.chooser import open_capture
from target_app.capture.contract import CaptureFailed, ScreenCapture, ScreenProblem
from target_app.capture.credit import Credit
from target_app.capture.screen_feed import Outlet, Post, ScreenFeed
from target_app.capture.wake_pipe import WakePipe

FIRST_RETRY_SECONDS: Final = 0.25
LONGEST_RETRY_SECONDS: Final = 5.0
_PLACES_KEPT: Final = 16
"""The pointer's place is asked for later than it was put there: more moves may be on the way."""

_log = Log(__name__)


def _open_own_capture() -> ScreenCapture:
    return open_capture(os.environ)


class CaptureThread:
    """Captures from `start` to `stop` and posts what the controller is to be sent.

    `post` is called on this thread, with each message as soon as it is made, and must not
    wait. `open_capture` is called on this thread, too, and raises CaptureFailed.
    """

    def __init__(
        self, post: Post, open_capture: Callable[[], ScreenCapture] = _open_own_capture
    ) -> None:
        self._open_capture = open_capture
        self._injected: deque[tuple[int, int]] = deque(maxlen=_PLACES_KEPT)
        self._pipe = WakePipe()
        self._outlet = Outlet(
            post=post,
            credit=Credit(available=self._pipe.wake),
            frames=(number % 2**32 for number in itertools.count()),
            injected=self._injected,
        )
        self._is_stopping = False
        self._problem: ScreenProblem | None = None
        self._retry_seconds = FIRST_RETRY_SECONDS
        self._thread = threading.Thread(target=self._run, name="capture", daemon=True)

    def start(self) -> None:
        """Begin: the layout and the whole picture are posted at once."""
        self._thread.start()

    def acknowledge(self, frame: int, decode_microseconds: int) -> None:
        """The controller has shown this frame. From any thread; never waits."""
        self._outlet.credit.shown(frame)

    def note_injected_pointer(self, x: int, y: int) -> None:
        """The pointer was just put here for the controller, which need not be told of it.
        From any thread; never waits."""
        self._injected.append((x, y))

    def stop(self) -> None:
        """End, wait for the thread, and let go of the display. May be called twice."""
        self._is_stopping = True
        self._pipe.wake()
        if self._thread.is_alive():
            self._thread.join()
        self._pipe.close()

    def _run(self) -> None:
        while not self._is_stopping:
            try:
                capture = self._open_capture()
                try:
                    self._feed_from(capture)
                finally:
                    capture.close()
            except CaptureFailed as failure:
                self._report(failure)
                self._pipe.sleep((), self._retry_seconds)
                self._retry_seconds = min(self._retry_seconds * 2, LONGEST_RETRY_SECONDS)

    def _feed_from(self, capture: ScreenCapture) -> None:
        """Post what one capture shows, until the end. Raises CaptureFailed."""
        feed = ScreenFeed(capture, self._outlet)
        self._problem = None
        self._retry_seconds = FIRST_RETRY_SECONDS
        descriptors = () if capture.wake_fd is None else (capture.wake_fd,)
        while not self._is_stopping:
            now = time.monotonic()
            if not feed.turn(now):
                self._pipe.sleep(descriptors, capture.poll_seconds(now))

    def _report(self, failure: CaptureFailed) -> None:
        if failure.problem is not self._problem:
            _log.warning("no picture of the screen", reason=failure)
            self._outlet.post(ScreenUnavailable(cause=failure.problem.value))
        self._problem = failure.problem
