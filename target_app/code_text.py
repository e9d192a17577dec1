"""The code field's text: groups of four while one types, the cursor where it was meant to be.

Plain functions on plain values; the code window calls them at each change. What may be left
out of a code and what is wrong with it is common.protocol.connection_code's to say.
"""

from common.protocol.connection_code import group_digits, normalise


def regroup(text: str, cursor: int) -> tuple[str, int]:
    """Group what was typed, and say where the cursor stands in it then.

    `cursor` is a place between characters, 0 before the first. It stays behind the same
    digit; wrong characters stay in the text, so that they can be told and seen.
    """
    digits = normalise(text)
    digits_before = len(normalise(text[:cursor]))
    grouped = group_digits(digits)
    if digits_before == 0:
        return grouped, 0
    spaces_before = (digits_before - 1) // 4
    return grouped, digits_before + spaces_before
