"""A capture without a display, for the tests of what is made of one: it shows a picture that
the test paints, reports what the test says, and fails when told to."""

import os
import threading
from collections.abc import Sequence

import numpy as np

from common.protocol.session_messages import (
    CursorHidden,
    CursorMessage,
    CursorShape,
    PictureUpdate,
    ScreenLayout,
    ScreenMessage,
    ScreenUnavailable,
)
from common.screen.decoder import ScreenDecoder
from common.screen.encoder import Grab, Pixels
from target_app.capture.contract import CaptureFailed, Changes, ScreenProblem

Posting = ScreenMessage | CursorMessage


class PaintedCapture:
    """Implements ScreenCapture. The test's thread paints, the capture's thread reads."""

    def __init__(self, width: int, height: int) -> None:
        self.picture: Pixels = np.zeros((height, width, 4), np.uint8)
        self.shape: CursorShape | CursorHidden | None = None
        self.position: tuple[int, int] | None = None
        self.grabs = 0
        self.is_closed = False
        self._changes = Changes()
        self._failure: CaptureFailed | None = None
        self._lock = threading.Lock()
        self._size = (width, height)
        self._reading, self._writing = os.pipe()

    def tell(self, changes: Changes) -> None:
        """Have the next `take_changes` say this."""
        with self._lock:
            self._changes = changes
        os.write(self._writing, b"!")

    def paint(self, shade: int) -> None:
        """Fill the picture with a shade and tell of it."""
        self.picture[..., :3] = shade
        self.tell(Changes(is_picture_changed=True))

    def resize(self, width: int, height: int, shade: int) -> None:
        """Give the desktop another size, in one shade."""
        with self._lock:
            self.picture = np.full((height, width, 4), shade, np.uint8)
        self.tell(Changes(is_size_changed=True, is_picture_changed=True))

    def fail(self, problem: ScreenProblem) -> None:
        """Have the next `take_changes` fail."""
        self._failure = CaptureFailed(problem)
        self.tell(Changes())

    @property
    def size(self) -> tuple[int, int]:
        return self._size

    @property
    def wake_fd(self) -> int | None:
        return self._reading

    def poll_seconds(self, now: float) -> float | None:
        return None

    def take_changes(self, now: float) -> Changes:
        if self._failure is not None:
            raise self._failure
        with self._lock:
            changes, self._changes = self._changes, Changes()
            self._size = (self.picture.shape[1], self.picture.shape[0])
        if changes != Changes():
            os.read(self._reading, 1)
        return changes

    def grab(self) -> Sequence[Grab]:
        self.grabs += 1
        with self._lock:
            return [Grab(0, 0, self.picture.copy())]

    def cursor(self) -> CursorShape | CursorHidden | None:
        return self.shape

    def pointer_position(self) -> tuple[int, int] | None:
        return self.position

    def close(self) -> None:
        if not self.is_closed:
            self.is_closed = True
            os.close(self._reading)
            os.close(self._writing)


class Posted:
    """What was posted, and the picture that a controller makes of it."""

    def __init__(self) -> None:
        self.messages: list[Posting] = []
        self.frames: list[int] = []
        self._decoder: ScreenDecoder | None = None

    def post(self, message: Posting) -> None:
        self.messages.append(message)
        if isinstance(message, ScreenLayout):
            self._decoder = ScreenDecoder(message.width_pixels, message.height_pixels)
        elif isinstance(message, PictureUpdate):
            assert self._decoder is not None
            self._decoder.apply(message.payload)
            if message.is_last:
                self.frames.append(message.frame)

    @property
    def picture(self) -> Pixels:
        """Blue, green, red, as of the last part; empty before the first layout."""
        if self._decoder is None:
            return np.zeros((0, 0, 3), np.uint8)
        return self._decoder.pixels[..., :3]

    def causes(self) -> list[str]:
        """Why there was no picture, each time that was posted."""
        return [m.cause for m in self.messages if isinstance(m, ScreenUnavailable)]

    def of(self, *kinds: type[Posting]) -> list[Posting]:
        """The messages of these kinds, in their order."""
        return [message for message in self.messages if isinstance(message, kinds)]
