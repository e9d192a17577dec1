"""A rectangle of a picture: what changed, what is encoded, what is repainted.

Pixels, origin top left. Owns the few questions that encoder, decoder, capture and window
all ask of one. Knows no picture.
"""

from collections.abc import Iterable, Sequence
from functools import reduce
from typing import Final, NamedTuple

MAXIMUM_MERGED: Final = 256
"""More rectangles than this are not looked at one by one: the box round all of them serves."""


class Rectangle(NamedTuple):
    """Columns `left` to `right` and rows `top` to `bottom`, the ends not included."""

    left: int
    top: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """The first column that is not in it any more."""
        return self.left + self.width

    @property
    def bottom(self) -> int:
        """The first row that is not in it any more."""
        return self.top + self.height

    @property
    def area(self) -> int:
        """How many pixels it holds."""
        return self.width * self.height

    def edges(self) -> tuple[int, int, int, int]:
        """Give left, top, right, bottom."""
        return self.left, self.top, self.right, self.bottom

    def moved(self, right: int, down: int) -> "Rectangle":
        """Give the same rectangle so many pixels to the right and down."""
        return Rectangle(self.left + right, self.top + down, self.width, self.height)

    def is_within(self, width: int, height: int) -> bool:
        """Tell whether it holds something, all of it inside a picture of this size."""
        return (
            self.left >= 0
            and self.top >= 0
            and self.width > 0
            and self.height > 0
            and self.right <= width
            and self.bottom <= height
        )

    def united(self, other: "Rectangle") -> "Rectangle":
        """Make the smallest rectangle that holds both."""
        left = min(self.left, other.left)
        top = min(self.top, other.top)
        right = max(self.right, other.right)
        bottom = max(self.bottom, other.bottom)
        return Rectangle(left, top, right - left, bottom - top)

    def common_area(self, other: "Rectangle") -> int:
        """Count the pixels that are in both."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(0, width) * max(0, height)

    def clipped(self, width: int, height: int) -> "Rectangle":
        """Make the part of it that lies in a picture of this size; it may be empty."""
        left, top = max(0, self.left), max(0, self.top)
        right, bottom = min(width, self.right), min(height, self.bottom)
        return Rectangle(left, top, max(0, right - left), max(0, bottom - top))


def bounding(rectangles: Iterable[Rectangle]) -> Rectangle:
    """Make the smallest rectangle that holds all of these, one at least."""
    return reduce(Rectangle.united, rectangles)


def merged(rectangles: Sequence[Rectangle], wasted_pixels: int) -> list[Rectangle]:
    """Unite rectangles as long as a union holds at most so many pixels more than its two parts.

    The result covers all that went in.
    """
    if len(rectangles) > MAXIMUM_MERGED:
        return [bounding(rectangles)]
    waiting = list(reversed(rectangles))
    result: list[Rectangle] = []
    while waiting:
        one = waiting.pop()
        for index, other in enumerate(result):
            union = one.united(other)
            needed = one.area + other.area - one.common_area(other)
            if union.area <= needed + wasted_pixels:
                del result[index]
                waiting.append(union)
                break
        else:
            result.append(one)
    return result
