"""The slot between the decode thread and the window: what of the picture is new.

One writer (the decode thread), one reader (the Qt thread), one lock; no Qt here. Patches
are copies that nobody writes any more, made while a frame is still arriving and put into the
slot when it is whole. They don't queue: while the window is busy they gather, and once they
hold more pixels than the picture, one copy of the whole picture takes their place. The
reader is woken only when the slot was empty.
"""

import threading
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from common.screen.rectangle import Rectangle, merged

_WASTED_PIXELS = 4096
"""Two changed rectangles are copied as one if that costs no more than so many pixels."""

Pixels = NDArray[np.uint8]


class Patch(NamedTuple):
    """Fresh pixels, (height, width, 4) bytes blue, green, red, 255, for this place."""

    left: int
    top: int
    pixels: Pixels


class PictureChange(NamedTuple):
    """What to do to the window's picture: where `is_new_layout`, begin with a black one of
    this size; then draw the patches in their order."""

    width: int
    height: int
    is_new_layout: bool
    patches: tuple[Patch, ...]


class PicturePatches:
    """Hands patches from the decode thread to the Qt thread.

    `became_available` is called on the decode thread when the slot fills, and not again
    before `take` has emptied it. It may be set later than the first pictures arrive.
    """

    def __init__(self, became_available: Callable[[], None] = lambda: None) -> None:
        self.became_available = became_available
        self._lock = threading.Lock()
        self._size = (0, 0)
        self._is_new_layout = False
        self._patches: list[Patch] = []
        self._coming: list[Patch] = []  # of the frame that is arriving: the writer's alone

    def begin_layout(self, width: int, height: int) -> None:
        """Start over with a black picture of this size; older patches are dropped."""
        with self._lock:
            was_empty = self._is_empty()
            self._size = (width, height)
            self._is_new_layout = True
            self._patches = []
        self._coming = []
        if was_empty:
            self.became_available()

    def gather(self, picture: Pixels, changed: Sequence[Rectangle]) -> None:
        """Copy what a part of a frame has changed; the window sees it when that is whole."""
        self._coming += [_copied(picture, place) for place in merged(changed, _WASTED_PIXELS)]
        if _pixel_count(self._coming) > 2 * picture.size // 4:
            self._coming = [_copied_whole(picture)]

    def publish(self, picture: Pixels, changed: Sequence[Rectangle]) -> None:
        """Hand over what was gathered and what the last part has changed: the frame is whole."""
        self.gather(picture, changed)
        if not self._coming:
            return
        with self._lock:
            was_empty = self._is_empty()
            self._patches += self._coming
            self._coming = []
            if _pixel_count(self._patches) > picture.size // 4:
                self._patches = []  # let go of before the copy is made
                self._patches = [_copied_whole(picture)]
        if was_empty:
            self.became_available()

    def take(self) -> PictureChange | None:
        """Empty the slot; None if nothing is new. The Qt thread calls it."""
        with self._lock:
            if self._is_empty():
                return None
            change = PictureChange(*self._size, self._is_new_layout, tuple(self._patches))
            self._is_new_layout = False
            self._patches = []
        return change

    def _is_empty(self) -> bool:
        return not self._patches and not self._is_new_layout


def _pixel_count(patches: Sequence[Patch]) -> int:
    return sum(patch.pixels.size // 4 for patch in patches)


def _copied_whole(picture: Pixels) -> Patch:
    height, width = picture.shape[:2]
    return _copied(picture, Rectangle(0, 0, width, height))


def _copied(picture: Pixels, place: Rectangle) -> Patch:
    pixels = picture[place.top : place.bottom, place.left : place.right].copy()
    pixels.flags.writeable = False
    return Patch(place.left, place.top, pixels)
