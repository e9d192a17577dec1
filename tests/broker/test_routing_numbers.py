"""Routing numbers: drawn, in use, at rest."""

from random import Random

import pytest

from common.broker.limits import Limits
from common.broker.routing_numbers import RoutingNumbers
from common.reasons import CodeEnd


@pytest.fixture
def numbers() -> RoutingNumbers:
    return RoutingNumbers(Limits(), Random(1))


def draw(numbers: RoutingNumbers, count: int, fewest_digits: int = 4) -> list[str]:
    drawn = [numbers.draw(0.0, fewest_digits) for _ in range(count)]
    return [number for number in drawn if number is not None]


def test_numbers_are_drawn_at_random_and_never_twice(numbers: RoutingNumbers) -> None:
    drawn = draw(numbers, 1000)

    assert len(set(drawn)) == 1000
    assert all(len(number) == 4 and number.isdigit() for number in drawn)
    assert drawn != sorted(drawn)


def test_longer_numbers_are_drawn_when_more_than_a_fifth_of_the_shorter_is_taken(
    numbers: RoutingNumbers,
) -> None:
    drawn = draw(numbers, 2002)

    assert [len(number) for number in drawn] == [4] * 2001 + [5]


def test_the_fewest_digits_are_kept(numbers: RoutingNumbers) -> None:
    assert {len(number) for number in draw(numbers, 50, fewest_digits=5)} == {5}


def test_resting_numbers_count_as_taken(numbers: RoutingNumbers) -> None:
    for number in draw(numbers, 2001):
        numbers.rest(number, CodeEnd.USED, 0.0)

    assert numbers.draw(3599.0) is not None
    assert len(numbers.draw(3599.0) or "") == 5
    assert len(numbers.draw(3600.0) or "") == 4


def test_a_resting_number_is_not_drawn_and_says_how_it_ended_for_an_hour(
    numbers: RoutingNumbers,
) -> None:
    (number,) = draw(numbers, 1)
    numbers.rest(number, CodeEnd.EXPIRED, 0.0)

    assert numbers.end_of(number, 3599.0) is CodeEnd.EXPIRED
    assert number not in draw(numbers, 2000)
    assert numbers.end_of(number, 3600.0) is None


def test_a_number_in_use_has_not_ended(numbers: RoutingNumbers) -> None:
    (number,) = draw(numbers, 1)

    assert numbers.end_of(number, 0.0) is None


def test_there_is_an_end_to_numbers() -> None:
    numbers = RoutingNumbers(Limits(busy_numbers_percent=1), Random(1))
    drawn = draw(numbers, 12_000)

    assert len(drawn) == 101 + 1001 + 10_001
    assert numbers.draw(0.0) is None
    assert numbers.taken_count() == len(drawn)
