"""What the payload of a PictureUpdate holds: sections, one after the other.

    encoding, 1 byte | left, top, width, height, 2 bytes each | length, 4 bytes | data

Numbers are big-endian. A section says how the pixels of its rectangle come out of its data:

    SOLID   blue, green, red: one colour all over
    RAW     three planes, blue, green and red, each a byte a pixel, rows from the top
    PIXELS  Zstandard frame of four bytes a pixel: blue, green, red, anything
    PLANES  Zstandard frame of the planes of RAW, each row but the first as the difference
            to the row above it, modulo 256
    COPY    left and top, 2 bytes each, of where the same pixels stand in the picture as the
            sections before this one have left it; the two places may overlap

Zstandard is RFC 8878. Every size is checked here before anything is allocated: the
rectangle lies in the picture, it is small enough, a frame says beforehand that it expands
to exactly what the rectangle takes, and a payload covers no more pixels than the picture has
(or a section may have, in a tiny picture).
Numbers are never reused; the next ones are for remembered areas and video.
"""

import struct
from collections.abc import Iterator
from enum import IntEnum
from typing import Final, NamedTuple

from common.errors import ProtocolViolation
from common.screen.rectangle import Rectangle

MAXIMUM_SECTION_PIXELS: Final = 256 * 1024
"""Of a section that expands: a megabyte at a time, eight sections for 1920 x 1080. Smaller
ones begin to travel sooner; larger ones compress better and cost fewer turns of the threads
that they pass (half this size took a tenth more processor time on both sides of a session)."""
MAXIMUM_SECTIONS: Final = 4096
"""In one payload."""
HEADER: Final = struct.Struct(">BHHHHI")
COPY_SOURCE: Final = struct.Struct(">HH")


class Encoding(IntEnum):
    """How the pixels of a section are kept."""

    SOLID = 0
    RAW = 1
    PIXELS = 2
    PLANES = 3
    COPY = 4


class Section(NamedTuple):
    """One section of a payload; `data` is still in its encoding."""

    encoding: Encoding
    rectangle: Rectangle
    data: bytes | memoryview

    def expanded_length(self) -> int:
        """Tell how many bytes its Zstandard frame must expand to."""
        return self.rectangle.area * (4 if self.encoding is Encoding.PIXELS else 3)

    def source(self) -> Rectangle:
        """Tell where a copy comes from."""
        left, top = COPY_SOURCE.unpack(self.data)
        return Rectangle(left, top, self.rectangle.width, self.rectangle.height)


def join(sections: list[Section]) -> bytes:
    """Write sections into one payload."""
    pieces: list[bytes | memoryview] = []
    for encoding, rectangle, data in sections:
        pieces.append(HEADER.pack(encoding, *rectangle, len(data)))
        pieces.append(data)
    return b"".join(pieces)


def split(payload: bytes, width: int, height: int) -> Iterator[Section]:
    """Read a payload for a picture of this size. Raises ProtocolViolation at what is wrong."""
    view = memoryview(payload)
    position = 0
    pixels_left = max(width * height, MAXIMUM_SECTION_PIXELS)
    sections_left = MAXIMUM_SECTIONS
    while position < len(view):
        section = _read(view[position:], width, height)
        position += HEADER.size + len(section.data)
        pixels_left -= section.rectangle.area
        sections_left -= 1
        if pixels_left < 0 or sections_left < 0:
            raise ProtocolViolation("a payload has too many sections, or more than all pixels")
        yield section


def _read(view: memoryview, width: int, height: int) -> Section:
    """Read the section at the start of a view, with all checks that need no expanding."""
    if len(view) < HEADER.size:
        raise ProtocolViolation("a payload ends within the header of a section")
    number, left, top, columns, rows, length = HEADER.unpack_from(view)
    try:
        encoding = Encoding(number)
    except ValueError:
        raise ProtocolViolation(f"a section has the unknown encoding {number}") from None
    rectangle = Rectangle(left, top, columns, rows)
    if not rectangle.is_within(width, height):
        raise ProtocolViolation(f"{rectangle} is not within a picture of {width} x {height}")
    if length > len(view) - HEADER.size:
        raise ProtocolViolation("a section is longer than its payload")
    section = Section(encoding, rectangle, view[HEADER.size : HEADER.size + length])
    if section.encoding is Encoding.COPY:
        _check_source(section, width, height)
    else:
        _check_length(section)
    return section


def _check_source(section: Section, width: int, height: int) -> None:
    """Refuse a copy from outside the picture."""
    if len(section.data) != COPY_SOURCE.size:
        raise ProtocolViolation(f"a copy with {len(section.data)} bytes of source")
    if not section.source().is_within(width, height):
        raise ProtocolViolation(f"a copy from {section.source()}, outside the picture")


def _check_length(section: Section) -> None:
    """Refuse data that can't be right for its encoding and rectangle."""
    length = len(section.data)
    if section.encoding is Encoding.SOLID:
        if length != 3:
            raise ProtocolViolation(f"a solid section of {length} bytes")
        return
    if section.rectangle.area > MAXIMUM_SECTION_PIXELS:
        raise ProtocolViolation(f"a section of {section.rectangle.area} pixels")
    if section.encoding is Encoding.RAW and length != section.expanded_length():
        raise ProtocolViolation(f"a raw section of {length} bytes for {section.rectangle}")
