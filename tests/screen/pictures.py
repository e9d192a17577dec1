"""Pictures for the tests of the screen path: each kind of content, in any order and place."""

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from common.screen.encoder import Grab, Pixels
from common.screen.rectangle import Rectangle

SIDES = st.integers(1, 40)


@dataclass(frozen=True, slots=True)
class Step:
    """A picture's content painted into a place of it."""

    place: Rectangle
    pixels: Pixels


def noise(height: int, width: int, seed: int) -> Pixels:
    """Pixels of every colour, as in a photograph of sand."""
    return np.random.default_rng(seed).integers(0, 256, (height, width, 4), np.uint8)


def blocks(height: int, width: int, seed: int) -> Pixels:
    """Few colours in little blocks, as in text."""
    random = np.random.default_rng(seed)
    colours = random.integers(0, 256, (3, 4), np.uint8)
    rows, columns = -(-height // 3), -(-width // 3)
    small = colours[random.integers(0, 3, (rows, columns))]
    return np.ascontiguousarray(small.repeat(3, axis=0).repeat(3, axis=1)[:height, :width])


def slope(height: int, width: int, seed: int) -> Pixels:
    """Colours that change little from pixel to pixel, as in a photograph of the sky."""
    rows, columns = np.mgrid[0:height, 0:width]
    planes = [(rows * (index + 1) + columns * 3 + seed) % 256 for index in range(4)]
    return np.dstack(planes).astype(np.uint8)


def plain(height: int, width: int, seed: int) -> Pixels:
    """One colour all over, but for the byte that means nothing."""
    colour = np.random.default_rng(seed).integers(0, 256, 4, np.uint8)
    return np.tile(colour, (height, width, 1))


@st.composite
def contents(draw: st.DrawFn, height: int, width: int) -> Pixels:
    """Any of the four kinds of content in this size."""
    kind = draw(st.sampled_from((noise, blocks, slope, plain)))
    return kind(height, width, draw(st.integers(0, 2**16)))


@st.composite
def places(draw: st.DrawFn, width: int, height: int) -> Rectangle:
    """A rectangle inside a picture of this size."""
    left, top = draw(st.integers(0, width - 1)), draw(st.integers(0, height - 1))
    columns = draw(st.integers(1, width - left))
    return Rectangle(left, top, columns, draw(st.integers(1, height - top)))


@st.composite
def stories(draw: st.DrawFn) -> tuple[int, int, list[Step]]:
    """A picture's width and height, and what is painted into it, one after the other."""
    width, height = draw(SIDES), draw(SIDES)
    steps = []
    for _ in range(draw(st.integers(1, 5))):
        place = draw(places(width, height))
        steps.append(Step(place, draw(contents(place.height, place.width))))
    return width, height, steps


def painted(picture: Pixels, step: Step) -> Pixels:
    """The picture with that step painted into it."""
    result = picture.copy()
    left, top, width, height = step.place
    result[top : top + height, left : left + width] = step.pixels
    return result


def grabbed(picture: Pixels, place: Rectangle) -> Grab:
    """That place of a picture as a capture gives it."""
    left, top, width, height = place
    part = picture[top : top + height, left : left + width]
    return Grab(left, top, np.ascontiguousarray(part))


def colours(picture: Pixels) -> NDArray[np.uint8]:
    """The three bytes of each pixel that are a colour."""
    return picture[..., :3]
