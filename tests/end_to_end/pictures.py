"""Looks at pictures of displays: where the target's desktop is inside the controller's window."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Picture = NDArray[np.uint8]
"""Height x width x 3: red, green, blue."""


SAMPLE_POINTS = 300


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of pixels, right and bottom excluded."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top

    def is_within(self, other: "Box") -> bool:
        """Whether no part of it lies outside the other."""
        return (
            other.left <= self.left
            and other.top <= self.top
            and self.right <= other.right
            and self.bottom <= other.bottom
        )

    def cut(self, picture: Picture) -> Picture:
        """The part of a picture inside the box."""
        return picture[self.top : self.bottom, self.left : self.right]


def colour(text: str) -> tuple[int, int, int]:
    """Red, green, blue of `#rrggbb`."""
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)


def box_of_colour(picture: Picture, text: str) -> Box | None:
    """The smallest box round every pixel of exactly this colour, None where there is none."""
    return _box_of((picture == np.array(colour(text), dtype=np.uint8)).all(axis=2))


def share_of_colour(picture: Picture, text: str) -> float:
    """Which share of a picture's pixels has exactly this colour, 0 to 1."""
    return float((picture == np.array(colour(text), dtype=np.uint8)).all(axis=2).mean())


def box_of_differing(first: Picture, second: Picture) -> Box | None:
    """The smallest box round all that differs between two pictures of one size."""
    return _box_of((first != second).any(axis=2))


def find_inside(picture: Picture, wanted: Picture, ignored: Box) -> Box | None:
    """Where a picture is to be seen, pixel by pixel, inside another; None if nowhere.

    What differs may only lie in the box `ignored` of the wanted picture.
    """
    height, width = wanted.shape[:2]
    free_down, free_across = picture.shape[0] - height, picture.shape[1] - width
    if free_down < 0 or free_across < 0:
        return None
    places = np.ones((free_down + 1, free_across + 1), dtype=np.bool_)
    for x, y in _sample_points(width, height, ignored):
        there = picture[y : y + free_down + 1, x : x + free_across + 1]
        places &= (there == wanted[y, x]).all(axis=2)
    for top, left in np.argwhere(places):
        box = Box(int(left), int(top), int(left) + width, int(top) + height)
        differing = box_of_differing(box.cut(picture), wanted)
        if differing is None or differing.is_within(ignored):
            return box
    return None


def _sample_points(width: int, height: int, ignored: Box) -> list[tuple[int, int]]:
    """Points all over a picture, the same every time, none of them in the box `ignored`."""
    chosen = np.random.default_rng(7)
    across = chosen.integers(0, width, SAMPLE_POINTS).tolist()
    down = chosen.integers(0, height, SAMPLE_POINTS).tolist()
    points = [*zip(across, down, strict=True), (0, 0), (width - 1, 0), (0, height - 1)]
    return [(x, y) for x, y in points if not Box(x, y, x + 1, y + 1).is_within(ignored)]


def scaled(picture: Picture, shape: tuple[int, ...]) -> Picture:
    """The picture in another height and width, smoothly."""
    size = (shape[1], shape[0])
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BILINEAR))


def mean_difference(first: Picture, second: Picture) -> float:
    """How far colours differ in the mean between two pictures of one size, 0 to 255."""
    return float(np.abs(first.astype(np.int16) - second.astype(np.int16)).mean())


def _box_of(marks: NDArray[np.bool_]) -> Box | None:
    rows, columns = np.nonzero(marks)
    if not rows.size:
        return None
    return Box(int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1)
