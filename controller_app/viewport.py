"""Where the target's picture stands in the window: pure geometry, no Qt.

Everything is in device pixels: of the target's screen on one side, of the widget on the
other. A Viewport maps a point there and back within a pixel of the coarser of the two.
"""

import math
from dataclasses import dataclass
from typing import Final

from common.screen.rectangle import Rectangle

SMOOTHING_MARGIN_PIXELS: Final = 2
"""A scaled pixel is made of its neighbours too, so a change reaches a little further."""


@dataclass(frozen=True, slots=True)
class Size:
    """Whole device pixels, each at least 1 where something is shown."""

    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Viewport:
    """The picture's place: its top left corner on the widget, and widget pixels for each
    picture pixel."""

    picture: Size
    left: int
    top: int
    scale: float

    @property
    def is_exact(self) -> bool:
        """Whether one pixel of the picture is one pixel of the widget."""
        return self.scale == 1.0

    @property
    def shown(self) -> Rectangle:
        """The picture's place on the widget; may be larger than the widget."""
        width, height = self.shown_size
        return Rectangle(self.left, self.top, width, height)

    @property
    def shown_size(self) -> tuple[int, int]:
        """The picture's width and height on the widget."""
        return (
            max(1, round(self.picture.width * self.scale)),
            max(1, round(self.picture.height * self.scale)),
        )

    def to_picture(self, x: float, y: float) -> tuple[int, int]:
        """Return the picture's pixel under a place on the widget; the nearest one where the
        place is beside the picture."""
        return (
            _within(math.floor((x - self.left) / self.scale), self.picture.width),
            _within(math.floor((y - self.top) / self.scale), self.picture.height),
        )

    def to_widget(self, x: int, y: int) -> tuple[float, float]:
        """Return the place on the widget of the middle of a picture's pixel."""
        return (self.left + (x + 0.5) * self.scale, self.top + (y + 0.5) * self.scale)

    def contains(self, x: float, y: float) -> bool:
        """Tell whether a place on the widget is on the picture."""
        width, height = self.shown_size
        return self.left <= x < self.left + width and self.top <= y < self.top + height

    def on_widget(self, part: Rectangle) -> Rectangle:
        """Return what has to be painted when a part of the picture has changed."""
        margin = 0 if self.is_exact else SMOOTHING_MARGIN_PIXELS
        left = math.floor(self.left + part.left * self.scale) - margin
        top = math.floor(self.top + part.top * self.scale) - margin
        right = math.ceil(self.left + part.right * self.scale) + margin
        bottom = math.ceil(self.top + part.bottom * self.scale) + margin
        return Rectangle(left, top, right - left, bottom - top)


def beside(shown: Rectangle, widget: Size) -> tuple[Rectangle, ...]:
    """Return the parts of the widget that the picture does not cover: above, below, left,
    right; they don't overlap."""
    middle = shown.clipped(widget.width, widget.height)
    if middle.width <= 0 or middle.height <= 0:
        return (Rectangle(0, 0, widget.width, widget.height),)
    parts = (
        Rectangle(0, 0, widget.width, middle.top),
        Rectangle(0, middle.bottom, widget.width, widget.height - middle.bottom),
        Rectangle(0, middle.top, middle.left, middle.height),
        Rectangle(middle.right, middle.top, widget.width - middle.right, middle.height),
    )
    return tuple(part for part in parts if part.area)


def fitted(picture: Size, widget: Size) -> Viewport:
    """Show the whole picture, as large as it fits, in its own aspect, in the middle."""
    scale = min(widget.width / picture.width, widget.height / picture.height)
    width, height = round(picture.width * scale), round(picture.height * scale)
    return Viewport(picture, (widget.width - width) // 2, (widget.height - height) // 2, scale)


def exact(picture: Size, widget: Size, scrolled: tuple[int, int] = (0, 0)) -> Viewport:
    """Show the picture pixel by pixel: in the middle where it is smaller than the widget,
    else scrolled by so many pixels."""
    left = _exact_start(picture.width, widget.width, scrolled[0])
    top = _exact_start(picture.height, widget.height, scrolled[1])
    return Viewport(picture, left, top, 1.0)


def scroll_range(picture: Size, widget: Size) -> tuple[int, int]:
    """Tell how far an exact picture can be scrolled each way."""
    return max(0, picture.width - widget.width), max(0, picture.height - widget.height)


def scrolled_to(pointer: tuple[float, float], picture: Size, widget: Size) -> tuple[int, int]:
    """Choose the scrolling by the pointer's place, without scroll bars: at the left edge of
    the widget the left of the picture, at the right edge its right."""
    across, down = scroll_range(picture, widget)
    x = min(1.0, max(0.0, pointer[0] / max(1, widget.width - 1)))
    y = min(1.0, max(0.0, pointer[1] / max(1, widget.height - 1)))
    return round(across * x), round(down * y)


def _exact_start(picture: int, widget: int, scrolled: int) -> int:
    if picture <= widget:
        return (widget - picture) // 2
    return -min(max(0, scrolled), picture - widget)


def _within(value: int, size: int) -> int:
    return min(max(0, value), size - 1)
