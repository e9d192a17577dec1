"""The heap of deadlines: what is due when, and how much it holds."""

from hypothesis import given
from hypothesis import strategies as st

from common.broker.deadlines import Deadlines


def drain(deadlines: Deadlines[str], now: float) -> list[str]:
    taken = []
    while (key := deadlines.take_due(now)) is not None:
        taken.append(key)
    return taken


def test_what_is_due_comes_in_order_and_what_is_not_stays() -> None:
    deadlines: Deadlines[str] = Deadlines()
    for key, when in (("late", 9.0), ("first", 1.0), ("second", 2.0)):
        deadlines.set(key, when)

    assert deadlines.next() == 1.0
    assert drain(deadlines, 5.0) == ["first", "second"]
    assert deadlines.next() == 9.0


def test_a_moved_deadline_counts_and_the_old_one_does_not() -> None:
    deadlines: Deadlines[str] = Deadlines()
    deadlines.set("code", 1.0)
    deadlines.set("code", 5.0)

    assert drain(deadlines, 4.0) == []
    assert drain(deadlines, 5.0) == ["code"]
    assert deadlines.next() is None


@given(
    st.lists(
        st.tuples(st.sampled_from("abcdef"), st.none() | st.integers(0, 50)),
        max_size=400,
    )
)
def test_deadlines_agree_with_a_plain_mapping(changes: list[tuple[str, int | None]]) -> None:
    deadlines: Deadlines[str] = Deadlines()
    expected: dict[str, float] = {}
    for key, when in changes:
        if when is None:
            deadlines.remove(key)
            expected.pop(key, None)
        else:
            deadlines.set(key, float(when))
            expected[key] = float(when)

        assert deadlines.next() == min(expected.values(), default=None)
        assert len(deadlines) == len(expected)

    due = {key for key, when in expected.items() if when <= 25}
    assert set(drain(deadlines, 25.0)) == due


def test_a_deadline_that_is_moved_for_ever_takes_no_more_memory() -> None:
    deadlines: Deadlines[str] = Deadlines()
    for second in range(10_000):
        deadlines.set("code", float(second))

    assert deadlines.entries() < 200
