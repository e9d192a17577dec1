"""The target's picture as the session window keeps it, and how it is painted.

One full-size copy, written by patches on the Qt thread and read by the painter; a copy of
half the size exists only while the window shows the picture at less than half, where plain
bilinear scaling would leave out lines. Knows no widget and no input.
"""

import sys

import numpy as np
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QImage, QPainter

from common.screen.rectangle import Rectangle
from controller_app.picture_patches import Patch, PictureChange, Pixels
from controller_app.viewport import Size, Viewport

HALVED_BELOW_SCALE = 0.5
_BYTES_PER_PIXEL = 4


class RemotePicture:
    """The pixels: blue, green, red, 255, in rows from the top."""

    def __init__(self) -> None:
        if sys.byteorder != "little":
            raise RuntimeError("pictures are painted on little-endian computers only")
        self._pixels: Pixels | None = None
        self._image = QImage()
        self._half: Pixels | None = None
        self._half_image = QImage()

    @property
    def size(self) -> Size | None:
        """Its size, or None before the first layout."""
        return None if self._pixels is None else Size(self._image.width(), self._image.height())

    def apply(self, change: PictureChange) -> list[Rectangle]:
        """Write what is new; return the changed places."""
        if change.is_new_layout:
            self.clear()
            self._pixels, self._image = _canvas(change.width, change.height)
        return [self._write(patch) for patch in change.patches]

    def clear(self) -> None:
        """Forget the picture: nothing of the target's screen is kept."""
        self._image = self._half_image = QImage()
        self._pixels = self._half = None

    def use_scale(self, scale: float) -> None:
        """Prepare for being painted at this scale."""
        if self._pixels is None or scale >= HALVED_BELOW_SCALE:
            self._half_image, self._half = QImage(), None
        elif self._half is None and min(self._pixels.shape[:2]) >= 2:
            height, width = self._pixels.shape[:2]
            self._half, self._half_image = _canvas(width // 2, height // 2)
            self._halve(Rectangle(0, 0, width, height))

    def paint(self, painter: QPainter, viewport: Viewport) -> None:
        """Paint it where the viewport says; the painter is in device pixels and is clipped
        to what has to be painted."""
        if viewport.is_exact:
            painter.drawImage(QPointF(viewport.left, viewport.top), self._image)
            return
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        image = self._image if self._half is None else self._half_image
        place = viewport.shown
        painter.drawImage(QRectF(*place), image, QRectF(0, 0, image.width(), image.height()))

    def _write(self, patch: Patch) -> Rectangle:
        height, width = patch.pixels.shape[:2]
        place = Rectangle(patch.left, patch.top, width, height)
        if self._pixels is None:
            raise RuntimeError("a patch came before the layout")
        self._pixels[place.top : place.bottom, place.left : place.right] = patch.pixels
        if self._half is not None:
            self._halve(place)
        return place

    def _halve(self, place: Rectangle) -> None:
        """Average each square of four pixels that the place touches."""
        if self._half is None or self._pixels is None:
            return
        half_height, half_width = self._half.shape[:2]
        left, top = place.left // 2, place.top // 2
        right = min(half_width, (place.right + 1) // 2)
        bottom = min(half_height, (place.bottom + 1) // 2)
        if right <= left or bottom <= top:
            return
        source = self._pixels[2 * top : 2 * bottom, 2 * left : 2 * right]
        total = source[0::2, 0::2].astype(np.uint16)
        total += source[1::2, 0::2]
        total += source[0::2, 1::2]
        total += source[1::2, 1::2]
        self._half[top:bottom, left:right] = (total + 2) >> 2


def _canvas(width: int, height: int) -> tuple[Pixels, QImage]:
    """Make black pixels and an image over the same memory. The caller keeps both."""
    pixels = np.zeros((height, width, _BYTES_PER_PIXEL), np.uint8)
    pixels[:, :, 3] = 255
    image = QImage(
        pixels.data,
        width,
        height,
        width * _BYTES_PER_PIXEL,
        QImage.Format.Format_RGB32,
    )
    return pixels, image
