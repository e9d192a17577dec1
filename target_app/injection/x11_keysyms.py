"""Which character an X keysym stands for, and which keysym types a character.

Pure tables and arithmetic; nothing here speaks to an X server. Source: X Window System
Protocol, appendix A, "KEYSYM Encoding", and `keysymdef.h` of xorgproto, against which all
of this was compared. Most of the old blocks are a national 8-bit set with the block's number
in front, so Python's codecs hold them; what differs is listed.
"""

import unicodedata
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

UNICODE_KEYSYM_BASE: Final = 0x01000000
RETURN_KEYSYM: Final = 0xFF0D
TAB_KEYSYM: Final = 0xFF09

_BLOCK_CODECS: Final = {
    0x01: "iso8859-2",
    0x02: "iso8859-3",
    0x03: "iso8859-4",
    0x04: "shift_jis",
    0x05: "iso8859-6",
    0x06: "koi8-u",
    0x07: "iso8859-7",
    0x0C: "iso8859-8",
    0x0D: "tis-620",
    0x13: "iso8859-15",
}
_CYRILLIC: Final = (  # where block 6 is not KOI8-U: Serbian, Macedonian, Belarusian letters
    (0x6A1, "\u0452\u0453\u0451\u0454\u0455\u0456\u0457\u0458\u0459\u045a\u045b\u045c"),
    (0x6AE, "\u045e\u045f\u2116\u0402\u0403\u0401\u0404\u0405\u0406\u0407\u0408\u0409"),
    (0x6BA, "\u040a\u040b\u040c"),
    (0x6BE, "\u040e\u040f"),
)
_GREEK: Final = (  # where block 7 is not ISO 8859-7: letters with accents
    (0x7A1, "\u0386\u0388\u0389\u038a\u03aa"),
    (0x7A7, "\u038c\u038e\u03ab"),
    (0x7AB, "\u038f"),
    (0x7AE, "\u0385\u2015"),
    (0x7B1, "\u03ac\u03ad\u03ae\u03af\u03ca\u0390\u03cc\u03cd\u03cb\u03b0\u03ce"),
    (0x7D2, "\u03a3"),
    (0x7F2, "\u03c3\u03c2"),
)
_SIGNS: Final = (
    (0x47E, "\u203e"),
    (0x4DE, "\u309b\u309c"),
    (0x8BC, "\u2264\u2260\u2265\u222b\u2234\u221d\u221e"),
    (0x8CD, "\u21d4\u21d2\u2261"),
    (0x8D6, "\u221a"),
    (0x8DA, "\u2282\u2283\u2229\u222a\u2227\u2228"),
    (0x8EF, "\u2202"),
    (0x8F6, "\u0192"),
    (0x8FB, "\u2190\u2191\u2192\u2193"),
    (0xAA9, "\u2014\u2013"),
    (0xAAE, "\u2026"),
    (0xAB0, "\u2153\u2154\u2155\u2156\u2157\u2158\u2159\u215a\u2105"),
    (0xAC3, "\u215b\u215c\u215d\u215e"),
    (0xAC9, "\u2122"),
    (0xAD0, "\u2018\u2019\u201c\u201d\u211e\u2030\u2032\u2033"),
    (0xAF1, "\u2020\u2021"),
    (0xAF5, "\u266f\u266d\u2642\u2640"),
    (0xAFD, "\u201a\u201e"),
    (0x20AC, "\u20ac"),
)
_HANGUL_FIRST, _HANGUL_LAST, _HANGUL_UNICODE = 0xEA1, 0xED3, 0x3131
_KEYPAD: Final = (
    (0xFF80, " "),
    (0xFFAA, "*+,-./0123456789"),
    (0xFFBD, "="),
)


def _spread(*tables: tuple[tuple[int, str], ...]) -> Mapping[int, str]:
    return MappingProxyType(
        {
            first + offset: character
            for table in tables
            for first, characters in table
            for offset, character in enumerate(characters)
        }
    )


_LISTED: Final = _spread(_CYRILLIC, _GREEK, _SIGNS)
_KEYPAD_CHARACTERS: Final = _spread(_KEYPAD)


def character_of(keysym: int) -> str | None:
    """Tell the character that a keysym of the main keys types; None if it types none."""
    if 0x20 <= keysym <= 0x7E or 0xA0 <= keysym <= 0xFF:
        return chr(keysym)
    if UNICODE_KEYSYM_BASE + 0xA0 <= keysym <= UNICODE_KEYSYM_BASE + 0x10FFFF:
        return chr(keysym - UNICODE_KEYSYM_BASE)
    return _LISTED.get(keysym) or _character_of_block(keysym)


def keypad_character_of(keysym: int) -> str | None:
    """Tell the character that a keysym of the keypad types; None if it types none."""
    return _KEYPAD_CHARACTERS.get(keysym)


def _character_of_block(keysym: int) -> str | None:
    if _HANGUL_FIRST <= keysym <= _HANGUL_LAST:
        return chr(keysym - _HANGUL_FIRST + _HANGUL_UNICODE)
    codec = _BLOCK_CODECS.get(keysym >> 8)
    low_byte = keysym & 0xFF
    if codec is None or low_byte <= 0xA0:
        return None
    try:
        decoded = bytes([low_byte]).decode(codec)
    except UnicodeDecodeError:
        return None
    if codec == "shift_jis":  # half-width there, but the keysyms mean the usual letters
        decoded = unicodedata.normalize("NFKC", decoded)
    return decoded


def keysym_of(character: str) -> int:
    """Tell the keysym that a spare key is given to type a character."""
    if character == "\n":
        return RETURN_KEYSYM
    if character == "\t":
        return TAB_KEYSYM
    code_point = ord(character)
    if 0x20 <= code_point <= 0x7E or 0xA0 <= code_point <= 0xFF:
        return code_point
    return UNICODE_KEYSYM_BASE + code_point


def is_typeable(character: str) -> bool:
    """Tell whether this one character can be typed at all: no control and no half of a pair."""
    return len(character) == 1 and unicodedata.category(character) not in ("Cc", "Cs")
