"""Finds what has only moved: a scrolled page, a dragged window.

Pure numpy. Each row of an area is reduced to one number, before and after; equal numbers in
different rows vote for the distance between them, and the distance with the most votes is
tried on the pixels themselves. What is found is exact: every pixel of it was compared. The
same is done with columns for scrolling sideways. Rows of one colour don't vote, as they are
alike everywhere; a row is looked at in bands, so that a bar beside the page that stands
still hides nothing.

The sum is a dot product with fixed odd weights modulo 2^64, a universal hash in the sense of
Dietzfelbinger (1996); a collision costs a comparison that fails and nothing else.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from common.screen.rectangle import Rectangle

LEAST_SIDE_PIXELS: Final = 64
"""Of the area and of what is copied; less is compressed in no time."""
BAND_PIXELS: Final = 64
"""Width of the stripes whose rows vote: narrow enough for a page beside a standing bar."""
BANDS: Final = 4
LEAST_VOTES: Final = 12
LEAST_GAIN_PIXELS: Final = 16 * 1024
"""So many pixels must become right by a copy that were wrong before."""
TILE_PIXELS: Final = 8
"""As many one-byte flags are looked at as one 64-bit word."""
_ALL_EQUAL: Final = np.uint64(0x0101010101010101)
MAXIMUM_COPIES: Final = 8

Words = NDArray[np.uint32]
Hashes = NDArray[np.uint64]
Flags = NDArray[np.bool_]

_WEIGHTS: Final[Hashes] = np.random.default_rng(47111).integers(
    0, 2**63, BAND_PIXELS, np.uint64
) * np.uint64(2) + np.uint64(1)


class Copy(NamedTuple):
    """`place` now shows what stood `right` columns to its left and `down` rows above it."""

    place: Rectangle
    right: int
    down: int

    @property
    def source(self) -> Rectangle:
        """Where it stood; overlaps `place` more often than not."""
        left, top, width, height = self.place
        return Rectangle(left - self.right, top - self.down, width, height)


def find_copies(new: Words, old: Words) -> list[Copy]:
    """Find the parts of an area that have moved within it, up or down, else sideways.

    `new` and `old` have the same shape (rows, columns), a pixel a word. The copies all have
    one displacement and stand in an order in which each still finds its source as it was.
    """
    if min(new.shape) < LEAST_SIDE_PIXELS:
        return []
    copies = [Copy(place, 0, distance) for place, distance in _moved_rows(new, old)]
    if not copies:
        copies = [
            Copy(Rectangle(place.top, place.left, place.height, place.width), distance, 0)
            for place, distance in _moved_rows(new.T, old.T)
        ]
    return copies


def _moved_rows(new: Words, old: Words) -> list[tuple[Rectangle, int]]:
    """Find where rows have moved up (a negative distance) or down."""
    distance = vote(new, old)
    if distance == 0:
        return []
    height = new.shape[0]
    # Of the rows that have a row to come from: `shifted` is `old` moved by the distance.
    first, last = max(distance, 0), height + min(distance, 0)
    shifted = old[first - distance : last - distance]
    places = _equal_rectangles(new[first:last], shifted, first)
    gain = sum(_wrong_pixels(new, old, place) for place in places)
    if gain < LEAST_GAIN_PIXELS:
        return []
    # Downwards the lowest goes first, so that no copy is over the source of a later one.
    return [(place, distance) for place in (reversed(places) if distance > 0 else places)]


def vote(new: Words, old: Words) -> int:
    """Tell by how many rows most rows have moved; 0 if too few agree.

    Only rows whose hash is unique in both pictures vote, so blank ones don't.
    """
    height, width = new.shape
    votes = np.zeros(2 * height, np.int64)
    for left in _band_places(width):
        band = slice(left, left + BAND_PIXELS)
        after, rows_after = _unique_rows(_row_hashes(new[:, band]))
        before, rows_before = _unique_rows(_row_hashes(old[:, band]))
        _, in_after, in_before = np.intersect1d(
            after, before, assume_unique=True, return_indices=True
        )
        distances = rows_after[in_after] - rows_before[in_before]
        votes += np.bincount(distances + height, minlength=2 * height)[: 2 * height]
    votes[height] = 0
    winner = int(votes.argmax())
    return winner - height if votes[winner] >= LEAST_VOTES else 0


def _band_places(width: int) -> list[int]:
    """Spread the bands evenly, the first and last at the edges."""
    if width <= BAND_PIXELS:
        return [0]
    return [int(left) for left in np.linspace(0, width - BAND_PIXELS, BANDS)]


def _row_hashes(band: Words) -> Hashes:
    """Reduce each row to one number."""
    hashes: Hashes = band.astype(np.uint64) @ _WEIGHTS[: band.shape[1]]
    return hashes


def _unique_rows(hashes: Hashes) -> tuple[Hashes, NDArray[np.int64]]:
    """Give the hashes that occur once, ascending, and the rows that they are of."""
    values, rows, counts = np.unique(hashes, return_index=True, return_counts=True)
    is_single = counts == 1
    return values[is_single], rows[is_single]


def _equal_rectangles(new: Words, old: Words, first_row: int) -> list[Rectangle]:
    """Give the widest stripe of whole tiles in which most rows are equal, as its runs of
    wholly equal rows; from the top."""
    tiles = _equal_tiles(new, old)
    stripe = _widest_stripe(tiles)
    rows = tiles[:, stripe].all(axis=1)
    left, right = stripe.start * TILE_PIXELS, min(stripe.stop * TILE_PIXELS, new.shape[1])
    edges = np.flatnonzero(np.diff(np.concatenate(([False], rows, [False]))))
    found = [
        Rectangle(left, first_row + start, right - left, end - start)
        for start, end in edges.reshape(-1, 2).tolist()
        if end - start >= LEAST_SIDE_PIXELS
    ]
    return sorted(sorted(found, key=_area)[-MAXIMUM_COPIES:], key=_top)


def _equal_tiles(new: Words, old: Words) -> Flags:
    """Tell of each tile, TILE_PIXELS wide and a row high, whether all its pixels are equal."""
    height, width = new.shape
    flags = np.ones((height, -(-width // TILE_PIXELS) * TILE_PIXELS), np.bool_)
    np.equal(new, old, out=flags[:, :width])
    equal: Flags = flags.view(np.uint64) == _ALL_EQUAL
    return equal


def _widest_stripe(tiles: Flags) -> slice:
    """Find the longest run of tiles that are equal in at least half as many rows as the
    best one is."""
    equal_rows = tiles.sum(axis=0, dtype=np.uint32)
    is_good = equal_rows * 2 >= equal_rows.max()
    edges = np.flatnonzero(np.diff(np.concatenate(([False], is_good, [False])))).reshape(-1, 2)
    start, end = max(edges.tolist(), key=lambda run: run[1] - run[0])
    return slice(start, end)


def _wrong_pixels(new: Words, old: Words, place: Rectangle) -> int:
    rows, columns = slice(place.top, place.bottom), slice(place.left, place.right)
    return int(np.count_nonzero(new[rows, columns] != old[rows, columns]))


def _area(rectangle: Rectangle) -> int:
    return rectangle.area


def _top(rectangle: Rectangle) -> int:
    return rectangle.top
