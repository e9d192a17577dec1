"""Payloads to a picture: the controller's half of what `encoder` does.

Owns the one whole picture, and the way from each encoding to its pixels. Everything that a
payload claims is checked before it costs memory; what is wrong raises ProtocolViolation.
Knows no thread or window: the controller's decode thread drives it.
"""

from typing import Final

import numpy as np
import zstandard
from numpy.typing import NDArray

from common.errors import ProtocolViolation
from common.screen.rectangle import Rectangle
from common.screen.sections import Encoding, Section, split

OPAQUE: Final = np.uint32(0xFF000000)
"""The fourth byte of every pixel of the picture, whatever came over the line."""
LEAST_BLOCK_ROWS: Final = 4
"""Lower blocks cost more turns than one copy in between."""

Pixels = NDArray[np.uint8]
Words = NDArray[np.uint32]


class ScreenDecoder:
    """Applies payloads to a picture of `width` x `height` pixels, which starts black."""

    def __init__(self, width: int, height: int) -> None:
        self._words: Words = np.full((height, width), OPAQUE)
        self._decompressor = zstandard.ZstdDecompressor()

    @property
    def pixels(self) -> Pixels:
        """The picture: (height, width, 4) bytes blue, green, red, 255. `apply` writes it."""
        height, width = self._words.shape
        return self._words.view(np.uint8).reshape(height, width, 4)

    def apply(self, payload: bytes) -> tuple[Rectangle, ...]:
        """Change the picture as a payload says, and tell where. Raises ProtocolViolation;
        what stood before the wrong place in the payload is then in the picture already."""
        height, width = self._words.shape
        changed = []
        for section in split(payload, width, height):
            left, top, columns, rows = section.rectangle
            self._draw(section, self._words[top : top + rows, left : left + columns])
            changed.append(section.rectangle)
        return tuple(changed)

    def _draw(self, section: Section, place: Words) -> None:
        match section.encoding:
            case Encoding.SOLID:
                place[...] = np.uint32(int.from_bytes(section.data, "little")) | OPAQUE
            case Encoding.RAW:
                _put_together(_as_planes(section.data, place), place)
            case Encoding.PIXELS:
                words = np.frombuffer(self._expand(section), "<u4").reshape(place.shape)
                np.bitwise_or(words, OPAQUE, out=place)
            case Encoding.PLANES:
                apart = _as_planes(self._expand(section), place)
                _put_together(apart, place)
                _add_rows_above(place)
            case Encoding.COPY:
                self._copy(section.source(), section.rectangle)

    def _copy(self, source: Rectangle, place: Rectangle) -> None:
        """Copy within the picture. Rows that move up or down go in blocks as high as they
        move, the foremost first, so that none lies over its own source; numpy would make a
        whole copy in between for one that does."""
        down = place.top - source.top
        block = abs(down) if abs(down) >= LEAST_BLOCK_ROWS else place.height
        tops = range(0, place.height, block)
        for top in reversed(tops) if down > 0 else tops:
            bottom = min(top + block, place.height)
            self._words[place.top + top : place.top + bottom, place.left : place.right] = (
                self._words[source.top + top : source.top + bottom, source.left : source.right]
            )

    def _expand(self, section: Section) -> bytes:
        """Expand a Zstandard frame that says it holds exactly what the rectangle takes."""
        expected = section.expanded_length()
        try:
            stated = zstandard.frame_content_size(section.data)
            if stated != expected:
                raise ProtocolViolation(f"a section expands to {stated} bytes, not {expected}")
            # It allocates what is stated, whatever window a frame asks for, and fails if
            # there turns out to be less or more.
            return self._decompressor.decompress(
                section.data, max_output_size=expected, allow_extra_data=False
            )
        except (zstandard.ZstdError, ValueError) as error:
            raise ProtocolViolation(f"a section does not expand: {error}") from None


def _as_planes(data: bytes | memoryview, place: Words) -> Pixels:
    return np.frombuffer(data, np.uint8).reshape(3, *place.shape)


def _put_together(apart: Pixels, place: Words) -> None:
    """Write planes of blue, green and red into pixels."""
    place[...] = OPAQUE
    interleaved = place.view(np.uint8)
    for index in range(3):
        interleaved[:, index::4] = apart[index]


def _add_rows_above(place: Words) -> None:
    """Turn differences between rows into rows, from the top; each byte by itself.

    Row by row, as numpy's own accumulate goes down the columns and takes ten times as long.
    """
    above = place[0].view(np.uint8)
    for row in place[1:]:
        here = row.view(np.uint8)
        np.add(above, here, out=here)
        above = here
    np.bitwise_or(place, OPAQUE, out=place)
