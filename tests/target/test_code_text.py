"""The code field: groups of four while one types, the cursor behind the same digit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.protocol.connection_code import normalise
from target_app.code_text import regroup
from tests.target.sample_events import in_full_width


@pytest.mark.parametrize(
    ("text", "cursor", "expected"),
    [
        ("", 0, ("", 0)),
        ("4821", 4, ("4821", 4)),
        ("48216", 5, ("4821 6", 6)),
        ("4821 6603 9176", 14, ("4821 6603 9176", 14)),
        ("4821-6603-9176", 14, ("4821 6603 9176", 14)),
        (in_full_width("482166"), 6, ("4821 66", 7)),
        ("4821 66x3", 8, ("4821 66x3", 8)),
        ("4821 603", 5, ("4821 603", 4)),  # a digit deleted after the space
        ("482 16603", 3, ("4821 6603", 3)),  # a digit deleted inside the first group
    ],
)
def test_text_is_grouped_and_the_cursor_stays(
    text: str, cursor: int, expected: tuple[str, int]
) -> None:
    assert regroup(text, cursor) == expected


@given(st.text(alphabet="0123456789 -x", max_size=24), st.data())
def test_the_cursor_stays_behind_the_same_digits(text: str, data: st.DataObject) -> None:
    cursor = data.draw(st.integers(0, len(text)))
    grouped, placed = regroup(text, cursor)
    assert 0 <= placed <= len(grouped)
    assert normalise(grouped[:placed]) == normalise(text[:cursor])


@given(st.text(alphabet="0123456789 -", max_size=24))
def test_grouping_again_changes_nothing(text: str) -> None:
    once, cursor = regroup(text, len(text))
    assert regroup(once, cursor) == (once, cursor)
