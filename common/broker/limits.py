"""Every number that bounds what strangers can make a node do, in one frozen value.

The defaults are protocol.md 2 and 4 and security.md 2.4. Each can be set on the command
line (`--limit NAME=VALUE`), so that a load test can raise them. Knows nothing of who counts.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from typing import Final

from common.errors import SettingsError
from common.protocol.broker_messages import CODE_LIFETIME_SECONDS, EXTENDS_PER_CODE

OPTION: Final = "--limit"
_HIGHEST: Final = {
    "secret_digit_count": 9,
    "extends_per_code": EXTENDS_PER_CODE,
    "code_lifetime_seconds": 86_400,
    "busy_numbers_percent": 90,
}
"""What the messages of the wire, or the draw of numbers, allow at most."""
_LOWEST: Final = {"secret_digit_count": 7}
_HIGHEST_OF_OTHERS: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Limits:
    """What a node allows. Whole numbers, all of them above 0."""

    code_lifetime_seconds: int = CODE_LIFETIME_SECONDS
    extends_per_code: int = EXTENDS_PER_CODE
    wrong_secrets_per_code: int = 3
    controller_gone_seconds: int = 120
    """An open code outlives its controller's connection for this long."""
    secret_digit_count: int = 7
    """7 or 9; 9 always while the guessing alarm is on."""
    number_rest_seconds: int = 3600
    busy_numbers_percent: int = 20
    """When more of the numbers of one length are in use or resting, longer ones are drawn."""

    claim_seconds: int = 10
    contested_claim_seconds: int = 3
    """What is left for a claim once another one waits."""
    waiting_claims_per_code: int = 20

    claims_per_minute: int = 10
    claims_per_hour: int = 60
    codes_per_minute: int = 30
    registrations_per_minute: int = 30
    left_claims_per_minute: int = 10
    """An address that leaves so many claims in a minute pauses."""
    pause_seconds: int = 600
    remembered_addresses: int = 100_000
    remembered_session_ids: int = 100_000

    alarm_wrong_codes: int = 20
    """Wrong codes in an hour that turn the guessing alarm on."""
    alarm_quiet_seconds: int = 24 * 3600

    hello_seconds: int = 10
    unauthenticated_per_address: int = 20
    unauthenticated_in_all: int = 1000
    connections_per_address: int = 2000
    connections_in_all: int = 10_000
    messages_per_second: int = 50
    """Text frames of one connection, over ten seconds."""
    silent_seconds: int = 15
    """A connection that answers no ping for this long is dead."""
    stalled_seconds: int = 5
    """A reader that takes nothing for this long, while bytes wait for it, is cut."""


def limits_from(options: Iterable[str]) -> Limits:
    """Read `NAME=VALUE` options over the defaults.

    Raises SettingsError that names the limit, or the option that is not one.
    """
    limits = Limits()
    for option in options:
        name, equals, text = option.partition("=")
        if not equals:
            raise SettingsError(OPTION, f"{option!r} is not NAME=VALUE")
        limits = _with(limits, name.strip(), text.strip())
    return limits


def _with(limits: Limits, name: str, text: str) -> Limits:
    if name not in {field.name for field in fields(Limits)}:
        raise SettingsError(OPTION, f"there is no limit {name!r}")
    lowest, highest = _LOWEST.get(name, 1), _HIGHEST.get(name, _HIGHEST_OF_OTHERS)
    value = int(text) if text.isascii() and text.isdigit() and len(text) < 12 else 0
    if not lowest <= value <= highest or (name == "secret_digit_count" and value == 8):
        raise SettingsError(f"{OPTION} {name}", f"it must be {_what_fits(name, lowest, highest)}")
    return replace(limits, **{name: value})


def _what_fits(name: str, lowest: int, highest: int) -> str:
    if name == "secret_digit_count":
        return "7 or 9"
    return f"a whole number from {lowest} to {highest}"
