"""Capture where the system doesn't tell what changed: pictures at a bounded rate, compared.

It serves Windows and macOS, by mss, which also works on X11 and is tested there. While
something moves it looks 30 times a second, and five times once nothing has moved for a
second. mss gives no shape of the pointer; its place is asked of the system.
"""

import contextlib
from collections.abc import Callable, Sequence
from typing import Final

import mss
import numpy as np
from mss.exception import ScreenShotError
from mss.screenshot import ScreenShot

from common.protocol.session_messages import CursorHidden, CursorShape
from common.screen.encoder import Grab, Pixels
from target_app.capture.contract import CaptureFailed, Changes, ScreenProblem
from target_app.capture.pointer_place import Position, position_asker

MOVING_INTERVAL_SECONDS: Final = 1 / 30
STILL_INTERVAL_SECONDS: Final = 0.2
STILL_AFTER_SECONDS: Final = 1.0
RENEWED_AFTER_SECONDS: Final = 2.0
"""mss looks once for the monitors and their sizes: a new one is made this often to see them."""


class GenericCapture:
    """All monitors as mss joins them. Raises CaptureFailed if there is nothing to capture."""

    def __init__(self, ask_position: Callable[[], Position | None] | None = None) -> None:
        self._mss: mss.MSS | None = _opened()
        self._opened_at = 0.0
        self._ask_position = ask_position or position_asker()
        self._position: Position | None = None
        self._moved_at = 0.0
        self._asked_at: float | None = None
        self._picture = self._shoot()

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the picture that was taken last."""
        height, width = self._picture.shape[:2]
        return width, height

    @property
    def wake_fd(self) -> int | None:
        """Nothing wakes: this capture is asked again and again."""
        return None

    def poll_seconds(self, now: float) -> float | None:
        """Tell how long the bounded rate lets the next look wait."""
        if self._asked_at is None:
            return 0.0
        is_still = now - self._moved_at > STILL_AFTER_SECONDS
        interval = STILL_INTERVAL_SECONDS if is_still else MOVING_INTERVAL_SECONDS
        return max(0.0, self._asked_at + interval - now)

    def take_changes(self, now: float) -> Changes:
        """Take a picture, when it is time for one, and compare it with the last one."""
        if self.poll_seconds(now):
            return Changes()
        self._asked_at = now
        picture = self._shoot_anew(now)
        is_size_changed = picture.shape != self._picture.shape
        is_changed = is_size_changed or not np.array_equal(picture, self._picture)
        if is_changed:
            self._picture = picture
            self._moved_at = now
        return Changes(
            is_picture_changed=is_changed,
            is_size_changed=is_size_changed,
            is_pointer_moved=self._has_pointer_moved(),
        )

    def grab(self) -> Sequence[Grab]:
        """Give the picture that was taken last; the encoder finds what differs."""
        return [Grab(0, 0, self._picture)]

    def cursor(self) -> CursorShape | CursorHidden | None:
        """Nothing is known of the pointer's shape."""
        return None

    def pointer_position(self) -> Position | None:
        """Tell where the pointer was when it was last asked for."""
        return self._position

    def close(self) -> None:
        """Let mss go."""
        if self._mss is None:
            return
        # mss raises, after it has closed, when the display had gone before.
        with contextlib.suppress(ScreenShotError):
            self._mss.close()
        self._mss = None

    def _shoot_anew(self, now: float) -> Pixels:
        """Take a picture, with a new mss when it is time, or when the old one fails because
        a monitor has just gone."""
        if now - self._opened_at <= RENEWED_AFTER_SECONDS:
            try:
                return self._shoot()
            except CaptureFailed:
                pass
        self.close()
        self._mss = _opened()
        self._opened_at = now
        return self._shoot()

    def _shoot(self) -> Pixels:
        if self._mss is None:
            raise CaptureFailed(ScreenProblem.CAPTURE_FAILED, "the capture is closed")
        try:
            return _pixels(self._mss.grab(self._mss.monitors[0]))
        # An assertion of its own is how mss says that the connection to a display has gone.
        except (ScreenShotError, OSError, AssertionError) as problem:
            raise CaptureFailed(ScreenProblem.CAPTURE_FAILED, str(problem)) from None

    def _has_pointer_moved(self) -> bool:
        position = self._ask_position()
        if position is not None and self._mss is not None:
            desktop = self._mss.monitors[0]
            position = (position[0] - desktop["left"], position[1] - desktop["top"])
        has_moved = position != self._position
        self._position = position
        return has_moved


def _opened() -> mss.MSS:
    try:
        return mss.MSS()
    except (ScreenShotError, OSError) as problem:
        raise CaptureFailed(ScreenProblem.NO_DISPLAY, str(problem)) from None


def _pixels(shot: ScreenShot) -> Pixels:
    """View a picture's bytes; mss makes new ones for each picture."""
    return np.frombuffer(shot.raw, np.uint8).reshape(shot.height, shot.width, 4)
