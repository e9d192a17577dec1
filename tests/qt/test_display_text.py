"""Names from elsewhere, made safe to show."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.qt.display_text import (
    MAXIMUM_NAME_CHARACTERS,
    display_name,
    minutes_and_seconds,
)


@given(st.text(max_size=200))
def test_a_shown_name_is_one_short_line_without_unseen_characters(text: str) -> None:
    shown = display_name(text)

    assert len(shown) <= MAXIMUM_NAME_CHARACTERS
    assert shown == shown.strip()
    assert all(unicodedata.category(character)[0] != "C" for character in shown)
    assert len(shown.splitlines()) <= 1


@given(st.text(max_size=200))
def test_a_shown_name_is_shown_the_same_again(text: str) -> None:
    assert display_name(display_name(text)) == display_name(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Anna Schmidt", "Anna Schmidt"),
        ("\u202eevil\u202c", "evil"),
        ("two\nlines\tand a tab", "two lines and a tab"),
        ("\x1b[31mred", "[31mred"),
        ("zero\u200bwidth", "zerowidth"),
        ("  Jana   Weber ", "Jana Weber"),
        ("Jos\u00e9", "Jos\u00e9"),
        ("\u5f20\u4f1f", "\u5f20\u4f1f"),
        ("<b>bold</b>", "<b>bold</b>"),
        ("a" + "\u0301" * 40, "a" + "\u0301" * 4),
    ],
)
def test_what_turns_text_around_is_left_out_and_what_people_write_stays(
    text: str, shown: str
) -> None:
    assert display_name(text) == shown


def test_a_long_name_ends_in_an_ellipsis() -> None:
    assert display_name("x" * 100) == "x" * 63 + "\u2026"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(900, "15:00"), (899.2, "15:00"), (61, "1:01"), (0.4, "0:01"), (0, "0:00"), (-3, "0:00")],
)
def test_time_left_is_rounded_up(seconds: float, words: str) -> None:
    assert minutes_and_seconds(seconds) == words
