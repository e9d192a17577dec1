"""One open capture, turned into messages: what the capture thread does between two sleeps.

Owns the encoder and what is still due (a picture that waits for credit, a pointer's shape).
Knows no thread and never waits; the capture thread calls `turn` again and again, and
sleeps when it returns false.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from common.protocol.session_messages import (
    MAXIMUM_SCREEN_PIXELS,
    MAXIMUM_SCREEN_SIDE_PIXELS,
    CursorHidden,
    CursorMessage,
    CursorMoved,
    CursorShape,
    PictureUpdate,
    ScreenLayout,
    ScreenMessage,
)
from common.screen.encoder import ScreenEncoder
from target_app.capture.contract import CaptureFailed, ScreenCapture, ScreenProblem
from target_app.capture.credit import Credit

Post = Callable[[ScreenMessage | CursorMessage], None]


@dataclass(frozen=True, slots=True)
class Outlet:
    """Where messages go, and what holds across several captures of one session.

    `injected` has the places where the pointer was put for the controller of late: of those
    it is not told.
    """

    post: Post
    credit: Credit
    frames: Iterator[int]
    injected: Collection[tuple[int, int]]


class ScreenFeed:
    """Posts the layout at once, and from then on what changes. Raises what the capture does."""

    def __init__(self, capture: ScreenCapture, outlet: Outlet) -> None:
        self._capture = capture
        self._credit = outlet.credit
        self._frames = outlet.frames
        self._post = outlet.post
        self._injected = outlet.injected
        self._shape: CursorShape | CursorHidden | None = None
        self._position: tuple[int, int] | None = None
        self._begin_layout()

    def _begin_layout(self) -> None:
        width, height = self._capture.size
        check_size(width, height)
        self._post(ScreenLayout(width_pixels=width, height_pixels=height))
        self._encoder = ScreenEncoder(width, height)
        self._is_picture_due = True
        self._is_first_due = True
        self._is_cursor_due = True

    def turn(self, now: float) -> bool:
        """Do what is due; false if nothing was, and only then may the caller sleep: whenever
        the capture was asked for something, it may have come upon further changes."""
        changes = self._capture.take_changes(now)
        if changes.is_size_changed:
            self._begin_layout()
        self._is_picture_due = self._is_picture_due or changes.is_picture_changed
        self._is_cursor_due = self._is_cursor_due or changes.is_cursor_changed
        has_acted = changes.is_pointer_moved or self._is_cursor_due
        if self._is_picture_due and self._credit.may_capture():
            self._is_picture_due = False
            self._send_picture()
            has_acted = True
        if self._is_cursor_due:
            self._is_cursor_due = False
            self._send_shape()
        if has_acted:
            # Not only when it has moved: no event tells of a pointer that a program puts
            # somewhere. That program has mostly drawn something, too.
            self._send_position()
        return has_acted

    def _send_picture(self) -> None:
        """Capture and post one frame; none where nothing differs, but for the first one:
        the controller is to know that a black screen is black."""
        frame = None
        for part in self._encoder.encode(self._capture.grab()):
            frame = next(self._frames) if frame is None else frame
            self._send_part(frame, part.is_last, part.payload)
        if frame is None and self._is_first_due:
            self._send_part(next(self._frames), True, b"")
        self._is_first_due = False

    def _send_part(self, frame: int, is_last: bool, payload: bytes) -> None:
        self._credit.part_sent(frame, len(payload))
        self._post(PictureUpdate(frame=frame, is_last=is_last, payload=payload))

    def _send_shape(self) -> None:
        shape = self._capture.cursor()
        if shape is not None and shape != self._shape:
            self._shape = shape
            self._post(shape)

    def _send_position(self) -> None:
        position = self._capture.pointer_position()
        if position in (None, self._position) or position in self._injected:
            return
        self._position = position
        width, height = self._capture.size
        x, y = min(max(position[0], 0), width - 1), min(max(position[1], 0), height - 1)
        self._post(CursorMoved(x=x, y=y))


def check_size(width: int, height: int) -> None:
    """Raise CaptureFailed for a desktop that is larger than a layout may be."""
    if max(width, height) > MAXIMUM_SCREEN_SIDE_PIXELS or width * height > MAXIMUM_SCREEN_PIXELS:
        raise CaptureFailed(ScreenProblem.CAPTURE_FAILED, f"a desktop of {width} x {height}")
