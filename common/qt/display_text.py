"""Text from elsewhere made safe to show: names, titles, reasons. Pure; knows no Qt.

A name is chosen by somebody else and shown beside our own words, so it may not bring line
breaks, terminal codes, or marks that turn the direction of the text around it
(Unicode Standard Annex 9; the general categories are those of the Unicode standard).
"""

import unicodedata
from typing import Final

MAXIMUM_NAME_CHARACTERS: Final = 64
_UNWANTED_CATEGORIES: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_MAXIMUM_MARKS: Final = 4
"""Combining marks on one letter: more only serve to paint over the lines above and below."""


def display_name(text: str, maximum_characters: int = MAXIMUM_NAME_CHARACTERS) -> str:
    """Return the text on one line, without control, format and direction characters.

    What is longer is cut and ends in an ellipsis.
    """
    kept = "".join(" " if character.isspace() else character for character in text)
    kept = "".join(c for c in kept if unicodedata.category(c) not in _UNWANTED_CATEGORIES)
    line = " ".join(_without_piled_marks(kept).split())
    if len(line) <= maximum_characters:
        return line
    return line[: maximum_characters - 1].rstrip() + "…"


def _without_piled_marks(text: str) -> str:
    marks = 0
    result: list[str] = []
    for character in text:
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks <= _MAXIMUM_MARKS:
            result.append(character)
    return "".join(result)


def minutes_and_seconds(seconds: float) -> str:
    """Write a span as m:ss, rounded up, so that 0:00 means that it is over."""
    whole = max(0, -int(-seconds // 1))
    return f"{whole // 60}:{whole % 60:02d}"
