"""Names from the other side, made fit to be shown.

A technician's or an organisation's name comes from somebody who may want to deceive: line
breaks that push a warning out of sight, characters that turn the writing direction round,
towers of accents. This gives the bare characters; windows show them as plain text, never as
markup. Knows nothing of who said the name.
"""

import unicodedata
from typing import Final

MAXIMUM_NAME_CHARACTERS: Final = 64
MAXIMUM_MARKS_IN_A_ROW: Final = 2
"""More accents on one letter than any living script needs."""

_DROPPED: Final = frozenset({"Cf", "Cs", "Co", "Cn"})
"""Unicode general categories: direction and other format characters, halves of pairs,
private and unassigned ones."""
_BREAKS: Final = frozenset({"Cc", "Zl", "Zp", "Zs"})
"""Controls (line breaks among them), separators of lines and paragraphs, spaces."""
_MARKS: Final = frozenset({"Mn", "Me"})
_BLANK_LETTERS: Final = frozenset("\u115f\u1160\u3164\uffa0\u2800")
"""Letters and signs that look like nothing: Hangul fillers, the empty Braille cell."""


def shown_name(text: str, otherwise: str = "") -> str:
    """Give `text` on one line without anything invisible, or `otherwise` if nothing is left."""
    kept: list[str] = []
    marks = 0
    for character in text[: 4 * MAXIMUM_NAME_CHARACTERS]:
        category = unicodedata.category(character)
        if category in _DROPPED or character in _BLANK_LETTERS:
            continue
        marks = marks + 1 if category in _MARKS else 0
        if marks > MAXIMUM_MARKS_IN_A_ROW:
            continue
        kept.append(" " if category in _BREAKS else character)
    name = " ".join("".join(kept).split())[:MAXIMUM_NAME_CHARACTERS].strip()
    return name or otherwise
