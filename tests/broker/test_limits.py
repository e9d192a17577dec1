"""The limits of a node, and the options that change them."""

import pytest

from common.broker.limits import Limits, limits_from
from common.errors import SettingsError


def test_without_options_the_limits_are_the_protocols() -> None:
    limits = limits_from([])

    assert limits == Limits()
    assert (limits.code_lifetime_seconds, limits.extends_per_code) == (900, 3)
    assert (limits.claims_per_minute, limits.claims_per_hour, limits.codes_per_minute) == (
        10,
        60,
        30,
    )


def test_each_named_limit_can_be_raised() -> None:
    limits = limits_from(["claims_per_minute=5000", " codes_per_minute = 77 "])

    assert (limits.claims_per_minute, limits.codes_per_minute) == (5000, 77)


@pytest.mark.parametrize(
    ("option", "named"),
    [
        ("claims_per_minute", "NAME=VALUE"),
        ("no_such_thing=3", "no_such_thing"),
        ("claims_per_minute=0", "claims_per_minute"),
        ("claims_per_minute=-1", "claims_per_minute"),
        ("claims_per_minute=many", "claims_per_minute"),
        ("claims_per_minute=1.5", "claims_per_minute"),
        ("claims_per_minute=99999999999999", "claims_per_minute"),
        ("secret_digit_count=8", "7 or 9"),
        ("secret_digit_count=6", "7 or 9"),
        ("extends_per_code=4", "from 1 to 3"),
    ],
)
def test_a_limit_that_is_none_is_named(option: str, named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        limits_from([option])
