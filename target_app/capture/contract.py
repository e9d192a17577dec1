"""What the capture thread asks of a platform: changes, pixels, the pointer.

Every platform's capture is made, used and closed on the capture thread alone. All monitors
are one desktop, whose top left pixel is (0, 0). A capture never waits: it says by
`wake_fd` or `poll_seconds` when it is worth asking again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from common.errors import RemoteControlError
from common.protocol.session_messages import CursorHidden, CursorShape
from common.screen.encoder import Grab


class ScreenProblem(Enum):
    """Why there is no picture. Travels in ScreenUnavailable."""

    NO_DISPLAY = "no_display"
    WAYLAND = "wayland"
    CAPTURE_FAILED = "capture_failed"


class CaptureFailed(RemoteControlError):
    """The screen can't be captured, or not any more. `detail` goes to the log alone."""

    def __init__(self, problem: ScreenProblem, detail: str = "") -> None:
        super().__init__(f"{problem.value}: {detail}" if detail else problem.value)
        self.problem = problem
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Changes:
    """What has happened since the last time of asking. `is_picture_changed` may be said of
    a picture that turns out to be the same; the others are facts."""

    is_picture_changed: bool = False
    is_size_changed: bool = False
    is_cursor_changed: bool = False
    is_pointer_moved: bool = False


class ScreenCapture(Protocol):
    """One platform's capture. Every method raises CaptureFailed when the screen is gone."""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the desktop in pixels, as of the last `take_changes`."""

    @property
    def wake_fd(self) -> int | None:
        """A file descriptor that is readable when there may be changes, or None."""

    def poll_seconds(self, now: float) -> float | None:
        """Tell how soon to ask for changes though nothing woke; None for never."""

    def take_changes(self, now: float) -> Changes:
        """Tell what has happened since the last call, without waiting."""

    def grab(self) -> Sequence[Grab]:
        """Take the areas that changed since the last grab, the whole desktop at first.

        The pixels may be written again by the next call.
        """

    def cursor(self) -> CursorShape | CursorHidden | None:
        """Tell what the pointer looks like now, None where that can't be told."""

    def pointer_position(self) -> tuple[int, int] | None:
        """Tell where the pointer is, None where that can't be told."""

    def close(self) -> None:
        """Let go of everything; may be called twice and never raises."""
