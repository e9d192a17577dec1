"""Finds where two pictures differ: few rectangles, drawn tightly round what changed.

Pure numpy, no picture of its own: the encoder hands in what was grabbed and what the
controller has. The comparison makes one byte a pixel; eight of them are then looked at as
one 64-bit word, so that all that follows handles an eighth of the pixels. The rectangles
come from cutting the changed area along its empty rows and columns, in turns (the X-Y cut
of Nagy and Seth, 1984), wherever a cut saves more than a further section costs.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from common.screen.rectangle import Rectangle

PIXELS_WORTH_A_CUT: Final = 32 * 1024
"""A section costs about 50 microseconds on both sides together, in which as many unchanged
pixels are compressed and expanded (measured with tests/benchmarks/screen_codec.py). As every
cut saves that many, a picture of 1920 x 1080 has at most 64 cuts."""

Words = NDArray[np.uint64]
Flags = NDArray[np.bool_]


class ChangeFinder:
    """Compares areas of up to `width` x `height` pixels; keeps one byte a pixel to do it in."""

    def __init__(self, width: int, height: int) -> None:
        words_per_row = -(-width // 8)
        self._words: Words = np.zeros((height, words_per_row), np.uint64)
        self._flags: Flags = self._words.view(np.bool_)

    def find(self, new: NDArray[np.uint32], old: NDArray[np.uint32]) -> list[Rectangle]:
        """Find where two areas of the same shape (rows, columns), a pixel a word, differ."""
        height, width = new.shape
        word_count = -(-width // 8)
        self._flags[:height, width : word_count * 8] = False
        np.not_equal(new, old, out=self._flags[:height, :width])
        words = self._words[:height, :word_count]
        found: list[Rectangle] = []
        self._cut_rows(words, Rectangle(0, 0, width, height), found)
        return found

    def _cut_rows(self, words: Words, area: Rectangle, found: list[Rectangle]) -> None:
        """Cut an area along its unchanged rows, and each piece along its unchanged columns."""
        first, last = area.left // 8, -(-area.right // 8)
        changed = np.bitwise_or.reduce(words[area.top : area.bottom, first:last], axis=1) != 0
        gap = max(1, PIXELS_WORTH_A_CUT // area.width)
        for start, end in runs(changed, gap):
            band = Rectangle(area.left, area.top + start, area.width, end - start)
            self._cut_columns(words, band, found)

    def _cut_columns(self, words: Words, band: Rectangle, found: list[Rectangle]) -> None:
        first, last = band.left // 8, -(-band.right // 8)
        joined = np.bitwise_or.reduce(words[band.top : band.bottom, first:last], axis=0)
        # Gaps of less than 16 columns are not cut, so that pieces never share a word.
        gap = max(16, PIXELS_WORTH_A_CUT // band.height)
        pieces = list(runs(joined.view(np.bool_), gap))
        for start, end in pieces:
            piece = Rectangle(first * 8 + start, band.top, end - start, band.height)
            if len(pieces) == 1:
                found.append(piece)
            else:
                self._cut_rows(words, piece, found)


def runs(flags: Flags, gap: int) -> Iterator[tuple[int, int]]:
    """Give (start, end) of each run of true flags, over gaps of fewer than `gap` false ones."""
    places = np.flatnonzero(flags)
    if places.size == 0:
        return
    breaks = np.flatnonzero(np.diff(places) > gap)
    starts = places[np.concatenate(([0], breaks + 1))]
    ends = places[np.concatenate((breaks, [places.size - 1]))] + 1
    yield from zip(starts.tolist(), ends.tolist(), strict=True)
