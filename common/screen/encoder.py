"""What was grabbed to payloads: keeps what the controller has, sends what differs.

Owns the picture as the controller has it and the choice of an encoding for each section.
Knows no screen, frame number or credit; the target's capture thread drives it. The choice
is made by looking at some rows: where neighbours are mostly equal (text, windows), four
bytes a pixel go to Zstandard as they are, which is the quickest way there and back; where
they are not (photographs), planes with the difference to the row above halve the bytes.

Measured by tests/benchmarks/screen_codec.py for 1920 x 1080 on one core of a server of 2024,
level 1: milliseconds to encode, to expand, and KiB.

    text          PIXELS 2.5, 1.7, 116       PLANES 3.8, 4.3, 81
    photograph    PIXELS 8.5, 5.9, 6498      PLANES 9.2, 9.4, 3269

So text would take fewer bytes as planes, which may suit a thin line; a quick one is better
off with the quicker way. Level 3 takes 3 % off the text's bytes and, on photographs, five
times the time.
"""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
import zstandard
from numpy.typing import NDArray

from common.screen.changes import ChangeFinder
from common.screen.copies import find_copies
from common.screen.rectangle import Rectangle, bounding
from common.screen.sections import (
    COPY_SOURCE,
    MAXIMUM_SECTION_PIXELS,
    Encoding,
    Section,
    join,
)

ZSTANDARD_LEVEL: Final = 1
LEAST_SEARCHED_PIXELS: Final = 64 * 1024
"""Changes of less are compressed at once; a search for what has moved would cost more."""
SAMPLED_ROWS: Final = 8
"""One row in so many is looked at to tell text from photographs."""

Pixels = NDArray[np.uint8]
Words = NDArray[np.uint32]


class Grab(NamedTuple):
    """An area of the screen as it is now: (height, width, 4) bytes blue, green, red, any.

    Whoever grabs owns the memory and may write it again once the next grab is asked for.
    """

    left: int
    top: int
    pixels: Pixels


class Part(NamedTuple):
    """A payload of a frame, and whether it is the last of that frame."""

    payload: bytes
    is_last: bool


class ScreenEncoder:
    """Turns grabs of a picture of `width` x `height` pixels into payloads.

    The controller's picture starts black, and so does the one that is kept here.
    """

    def __init__(self, width: int, height: int) -> None:
        self._words: Words = np.zeros((height, width), np.uint32)
        self._finder = ChangeFinder(width, height)
        self._compressor = zstandard.ZstdCompressor(level=ZSTANDARD_LEVEL)

    def encode(self, grabs: Sequence[Grab]) -> Iterator[Part]:
        """Give the payloads that turn the controller's picture into what was grabbed.

        Nothing comes where nothing differs. Each payload is made when it is asked for, so
        that the first ones travel while the others are compressed; take them all.
        """
        sections = [copy for grab in grabs for copy in self._copies(grab)]
        pieces = [piece for grab in grabs for piece in self._changed_pieces(grab)]
        if sections and not pieces:
            yield Part(join(sections), is_last=True)
        pixel_count = 0
        for index, (rectangle, words) in enumerate(pieces):
            sections.append(self._section(rectangle, words))
            self._keep(rectangle, words)
            pixel_count += rectangle.area
            is_last = index + 1 == len(pieces)
            if is_last or pixel_count + pieces[index + 1][0].area > MAXIMUM_SECTION_PIXELS:
                yield Part(join(sections), is_last)
                sections, pixel_count = [], 0

    def _copies(self, grab: Grab) -> list[Section]:
        """Move what has moved, in the kept picture too. Small changes are not searched."""
        words = grab.pixels.view(np.uint32)[..., 0]
        if words.size < LEAST_SEARCHED_PIXELS:
            return []
        kept = self._kept(grab)
        changed = self._finder.find(words, kept)
        if sum(rectangle.area for rectangle in changed) < LEAST_SEARCHED_PIXELS:
            return []
        area = bounding(changed)
        rows, columns = slice(area.top, area.bottom), slice(area.left, area.right)
        sections = []
        searched = words[rows, columns]
        for copy in find_copies(searched, kept[rows, columns]):
            left, top, right, bottom = copy.place.edges()
            place = copy.place.moved(grab.left + area.left, grab.top + area.top)
            source = copy.source.moved(grab.left + area.left, grab.top + area.top)
            # What stands at the source is what was grabbed at the place: it was compared.
            self._keep(place, searched[top:bottom, left:right])
            data = COPY_SOURCE.pack(source.left, source.top)
            sections.append(Section(Encoding.COPY, place, data))
        return sections

    def _kept(self, grab: Grab) -> Words:
        height, width = grab.pixels.shape[:2]
        return self._at(Rectangle(grab.left, grab.top, width, height))

    def _at(self, place: Rectangle) -> Words:
        return self._words[place.top : place.bottom, place.left : place.right]

    def _changed_pieces(self, grab: Grab) -> Iterator[tuple[Rectangle, Words]]:
        """Give what differs, in pieces of at most a section's size: where, and a view of it."""
        words = grab.pixels.view(np.uint32)[..., 0]
        for changed in self._finder.find(words, self._kept(grab)):
            rows_per_piece = max(1, MAXIMUM_SECTION_PIXELS // changed.width)
            for top in range(changed.top, changed.bottom, rows_per_piece):
                bottom = min(top + rows_per_piece, changed.bottom)
                place = Rectangle(
                    grab.left + changed.left, grab.top + top, changed.width, bottom - top
                )
                yield place, words[top:bottom, changed.left : changed.right]

    def _keep(self, rectangle: Rectangle, words: Words) -> None:
        left, top, width, height = rectangle
        self._words[top : top + height, left : left + width] = words

    def _section(self, rectangle: Rectangle, words: Words) -> Section:
        """Encode one piece in the way that its content asks for."""
        if is_one_colour(words):
            colour = int(words[0, 0]).to_bytes(4, "little")[:3]
            return Section(Encoding.SOLID, rectangle, colour)
        if is_like_a_photograph(words):
            data = self._compressor.compress(differences(planes(words)).data)
            encoding = Encoding.PLANES
        else:
            data = self._compressor.compress(np.ascontiguousarray(words).data)
            encoding = Encoding.PIXELS
        if len(data) >= rectangle.area * 3:
            return Section(Encoding.RAW, rectangle, planes(words).tobytes())
        return Section(encoding, rectangle, data)


def is_one_colour(words: Words) -> bool:
    """Tell whether all pixels are alike; quick to say no."""
    first = words.item(0, 0)
    if words.item(-1, -1) != first or words.item(words.shape[0] // 2, 0) != first:
        return False
    return bool((words == np.uint32(first)).all())


def is_like_a_photograph(words: Words) -> bool:
    """Tell whether less than a quarter of the sampled pixels equal their left neighbour."""
    sample = words[::SAMPLED_ROWS]
    equal = np.count_nonzero(sample[:, 1:] == sample[:, :-1])
    return bool(equal * 4 < sample.size)


def planes(words: Words) -> Pixels:
    """Take pixels apart: (3, height, width) bytes of blue, green and red."""
    height, width = words.shape
    result = np.empty((3, height, width), np.uint8)
    interleaved = words.view(np.uint8)
    for index in range(3):
        result[index] = interleaved[:, index::4]
    return result


def differences(apart: Pixels) -> Pixels:
    """Replace each row of each plane, but the first, by its difference to the one above."""
    result = np.empty_like(apart)
    result[:, 0] = apart[:, 0]
    np.subtract(apart[:, 1:], apart[:, :-1], out=result[:, 1:])
    return result
