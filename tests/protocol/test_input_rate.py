"""How much input a second has."""

from hypothesis import given
from hypothesis import strategies as st

from common.protocol.input_rate import EVENTS_PER_SECOND, TEXT_BURST_CHARACTERS, InputRate
from common.protocol.session_messages import (
    InputMessage,
    KeyPressed,
    PointerMoved,
    TextTyped,
    WheelTurned,
)

PRESS = KeyPressed(4, "a")
START = 10.0


def admitted(rate: InputRate, message: InputMessage, count: int, now: float) -> int:
    return sum(rate.admits(message, now) for _ in range(count))


def test_a_second_s_worth_fits_at_once_and_no_more() -> None:
    rate = InputRate(START)
    assert admitted(rate, PRESS, EVENTS_PER_SECOND + 10, START) == EVENTS_PER_SECOND


def test_the_rate_comes_back_with_time_and_never_grows_over_a_second_s_worth() -> None:
    rate = InputRate(START)
    admitted(rate, PRESS, EVENTS_PER_SECOND, START)
    assert admitted(rate, PRESS, 200, START + 0.125) == 125
    assert admitted(rate, PRESS, 3 * EVENTS_PER_SECOND, START + 3600) == EVENTS_PER_SECOND


def test_a_steady_hand_is_never_stopped() -> None:
    rate = InputRate(START)
    moves = [rate.admits(PointerMoved(1, 1), START + step / 500) for step in range(5000)]
    assert all(moves)


def test_a_wheel_costs_its_notches() -> None:
    rate = InputRate(START)
    assert admitted(rate, WheelTurned(0, 120 * 99), 20, START) == 10
    assert admitted(InputRate(START), WheelTurned(-60, 59), 10, START) == 10


def test_the_farthest_turn_of_a_wheel_fits_once() -> None:
    assert admitted(InputRate(START), WheelTurned(-32768, 32767), 2, START) == 1


def test_text_costs_its_characters_and_does_not_stop_keys() -> None:
    rate = InputRate(START)
    assert admitted(rate, TextTyped("x" * 1024), 5, START) == TEXT_BURST_CHARACTERS // 1024
    assert rate.admits(PRESS, START)
    assert not rate.admits(TextTyped("x" * 1024), START + 1.0)
    assert rate.admits(TextTyped("x" * 1024), START + 1.1)


@given(st.lists(st.tuples(st.floats(0, 2), st.integers(1, 400)), max_size=20))
def test_no_window_of_time_has_more_than_the_rate_and_one_burst(
    bursts: list[tuple[float, int]],
) -> None:
    rate, now, count = InputRate(START), START, 0
    for pause, presses in bursts:
        now += pause
        count += admitted(rate, PRESS, presses, now)
    assert count <= EVENTS_PER_SECOND * (1 + now - START) + 1
