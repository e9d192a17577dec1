"""How often one address may do a thing, and how long it waits then."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.broker.address_limits import Act, AddressLimits, SlidingWindow, address_key
from common.broker.limits import Limits

HERE = "192.0.2.1"


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::9", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("no address", "no address"),
    ],
)
def test_limits_count_by_ipv4_address_and_by_ipv6_subscriber(address: str, key: str) -> None:
    assert address_key(address) == key


@given(st.lists(st.floats(0, 5), max_size=200), st.integers(1, 7))
def test_a_window_never_lets_more_through_than_it_says(gaps: list[float], count: int) -> None:
    window, now = SlidingWindow(count, 10.0), 0.0
    passed: list[float] = []
    for gap in gaps:
        now += gap
        if window.wait_seconds(now) == 0:
            window.add(now)
            passed.append(now)

    for start in passed:
        assert sum(start <= time < start + 10.0 for time in passed) <= count


def test_who_waits_as_long_as_told_is_let_through() -> None:
    limits = AddressLimits(Limits())
    for second in range(10):
        assert limits.try_act(HERE, Act.CLAIM, second) == 0

    wait = limits.try_act(HERE, Act.CLAIM, 10.0)

    assert wait == 50.0
    assert limits.try_act(HERE, Act.CLAIM, 10.0 + wait) == 0


def test_sixty_claims_an_hour_are_the_most() -> None:
    limits, now, passed = AddressLimits(Limits()), 0.0, 0
    while now < 3600:
        passed += limits.try_act(HERE, Act.CLAIM, now) == 0
        now += 7

    assert passed == 60


def test_thirty_new_codes_a_minute_are_the_most() -> None:
    limits = AddressLimits(Limits())

    passed = sum(limits.try_act(HERE, Act.NEW_CODE, now / 10) == 0 for now in range(599))

    assert passed == 30


def test_addresses_do_not_share_their_limits() -> None:
    limits = AddressLimits(Limits())
    for _ in range(10):
        limits.try_act(HERE, Act.CLAIM, 0.0)

    assert limits.try_act(HERE, Act.CLAIM, 1.0) > 0
    assert limits.try_act("192.0.2.2", Act.CLAIM, 1.0) == 0


def test_an_address_that_leaves_ten_claims_in_a_minute_pauses_for_ten_minutes() -> None:
    limits = AddressLimits(Limits(claims_per_minute=1000))
    for second in range(9):
        limits.claim_left(HERE, second)
    assert limits.try_act(HERE, Act.CLAIM, 9.0) == 0

    limits.claim_left(HERE, 9.0)

    assert limits.try_act(HERE, Act.CLAIM, 9.0) == 600.0
    assert limits.try_act(HERE, Act.CLAIM, 608.0) == 1.0
    assert limits.try_act(HERE, Act.CLAIM, 609.0) == 0


def test_ten_left_claims_in_more_than_a_minute_are_no_reason_to_pause() -> None:
    limits = AddressLimits(Limits())
    for claim in range(10):
        limits.claim_left(HERE, claim * 7.0)

    assert limits.try_act(HERE, Act.CLAIM, 70.0) == 0


def test_what_is_remembered_of_addresses_is_bounded() -> None:
    limits = AddressLimits(Limits(remembered_addresses=50))
    for number in range(1000):
        limits.try_act(f"198.51.{number // 250}.{number % 250}", Act.CLAIM, 0.0)

    assert len(limits) == 50


def test_an_address_in_use_is_not_the_one_that_is_forgotten() -> None:
    limits = AddressLimits(Limits(remembered_addresses=2, claims_per_minute=2))
    limits.try_act(HERE, Act.CLAIM, 0.0)
    limits.try_act("192.0.2.2", Act.CLAIM, 0.0)
    limits.try_act(HERE, Act.CLAIM, 0.0)
    limits.try_act("192.0.2.3", Act.CLAIM, 0.0)

    assert limits.try_act(HERE, Act.CLAIM, 1.0) > 0
