"""What is down, as far as the input messages say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.protocol.held_input import HeldInput, is_release
from common.protocol.session_messages import (
    AllReleased,
    ButtonPressed,
    ButtonReleased,
    InputMessage,
    KeyPressed,
    KeyReleased,
    PointerButton,
    PointerMoved,
    TextTyped,
    WheelTurned,
)

LEFT, RIGHT = PointerButton.LEFT, PointerButton.RIGHT


def holding(*messages: InputMessage) -> HeldInput:
    held = HeldInput()
    for message in messages:
        held.note(message)
    return held


@pytest.mark.parametrize(
    ("messages", "count"),
    [
        ([], 0),
        ([KeyPressed(4, "a")], 1),
        ([KeyPressed(4, "a"), KeyPressed(4, "a")], 1),
        ([KeyPressed(4, "a"), KeyReleased(4, "a")], 0),
        ([KeyPressed(4, "a"), KeyReleased(4, "")], 1),
        ([KeyPressed(4, "a"), KeyPressed(5, "b"), KeyReleased(4, "a")], 1),
        ([ButtonPressed(LEFT, 1, 1)], 1),
        ([ButtonPressed(LEFT, 1, 1), ButtonReleased(LEFT, 9, 9)], 0),
        ([ButtonPressed(LEFT, 1, 1), ButtonReleased(RIGHT, 1, 1)], 1),
        ([KeyPressed(1, ""), ButtonPressed(LEFT, 1, 1)], 2),
        ([KeyPressed(1, ""), ButtonReleased(LEFT, 1, 1)], 1),
        ([KeyPressed(4, "a"), ButtonPressed(LEFT, 1, 1), AllReleased()], 0),
        ([PointerMoved(1, 1), WheelTurned(1, 1), TextTyped("a")], 0),
        ([KeyReleased(4, "a")], 0),
    ],
)
def test_what_is_pressed_is_held_until_it_is_released(
    messages: list[InputMessage], count: int
) -> None:
    held = holding(*messages)
    assert held.count == count
    assert held.is_holding is (count > 0)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (KeyReleased(4, "a"), True),
        (KeyReleased(5, "a"), False),
        (KeyReleased(4, ""), False),
        (ButtonReleased(LEFT, 0, 0), True),
        (ButtonReleased(RIGHT, 0, 0), False),
        (AllReleased(), True),
        (KeyPressed(4, "a"), False),
        (PointerMoved(1, 1), False),
    ],
)
def test_a_release_lets_go_of_what_is_held(message: InputMessage, expected: bool) -> None:
    assert holding(KeyPressed(4, "a"), ButtonPressed(LEFT, 1, 1)).would_let_go(message) is expected


@pytest.mark.parametrize(
    "message", [KeyReleased(4, "a"), ButtonReleased(LEFT, 0, 0), AllReleased()]
)
def test_with_nothing_held_nothing_is_let_go(message: InputMessage) -> None:
    assert not HeldInput().would_let_go(message)


def test_clear_lets_go_of_everything() -> None:
    held = holding(KeyPressed(4, "a"), ButtonPressed(LEFT, 1, 1))
    held.clear()
    assert not held.is_holding


@given(st.lists(st.integers(0, 20)))
def test_releasing_all_that_was_pressed_leaves_nothing(keys: list[int]) -> None:
    held = holding(*(KeyPressed(key, "") for key in keys))
    for key in keys:
        held.note(KeyReleased(key, ""))
    assert not held.is_holding


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (KeyReleased(4, "a"), True),
        (ButtonReleased(LEFT, 0, 0), True),
        (AllReleased(), True),
        (KeyPressed(4, "a"), False),
        (ButtonPressed(LEFT, 0, 0), False),
        (PointerMoved(1, 1), False),
        (WheelTurned(1, 1), False),
        (TextTyped("a"), False),
    ],
)
def test_releases_are_told_from_the_rest(message: InputMessage, expected: bool) -> None:
    assert is_release(message) is expected
