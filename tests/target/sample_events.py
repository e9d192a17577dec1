"""Events as the runner publishes them, for the tests of view-models and windows."""

from common.protocol.policies import Policies, SessionMode
from common.protocol.session_events import AcceptanceAsked, SessionStarted
from common.reasons import ConnectionProblem
from common.transport.connection_events import BrokerConnected, BrokerLost

GOOD_CODE = "482166039176"
GROUPED_CODE = "4821 6603 9176"
WRONG_CHECK_DIGIT = "482166039177"

CONNECTED = BrokerConnected("192.0.2.7:47111", "Example IT")
LOST = BrokerLost("192.0.2.7:47111", ConnectionProblem.UNREACHABLE, 2.0)


def asked(
    expires_at: float, is_verified: bool = False, technician: str = "Anna Berg"
) -> AcceptanceAsked:
    return AcceptanceAsked(
        technician=technician,
        organisation="Example IT",
        is_verified=is_verified,
        mode=SessionMode.ACTIVE,
        expires_at=expires_at,
        security_number="4821",
    )


def started(policies: Policies | None = None) -> SessionStarted:
    return SessionStarted(
        mode=SessionMode.ACTIVE,
        computer_name="desk-7",
        user_name="maria",
        operating_system="Debian 13",
        technician="Anna Berg",
        organisation="Example IT",
        is_verified=False,
        security_number="4821",
        policies=policies or Policies(),
    )


def in_full_width(digits: str) -> str:
    """The same digits as East Asian input methods write them."""
    return "".join(chr(ord(digit) - ord("0") + 0xFF10) for digit in digits)
