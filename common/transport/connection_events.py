"""What an app's connection to its node reports, for the windows that say where it is."""

from dataclasses import dataclass
from typing import Final

from common.reasons import ConnectionProblem
from common.transport.trust_level import TrustLevel

EMBEDDED_NAME: Final = "embedded"
"""Stands for the embedded node's address before it has one."""


@dataclass(frozen=True, slots=True)
class BrokerConnecting:
    """A connection to this address, HOST:PORT, is being made."""

    address: str


@dataclass(frozen=True, slots=True)
class BrokerConnected:
    """Connected and welcomed. `is_embedded` is true for the node that the controller carries;
    `public_url`, `technician` and `is_verified` are the controller's, empty at a target."""

    address: str
    organisation: str
    is_embedded: bool = False
    public_url: str | None = None
    technician: str = ""
    is_verified: bool = False
    trust: TrustLevel = TrustLevel.PINNED
    """How far the target believes this server; at a controller it is always pinned."""


@dataclass(frozen=True, slots=True)
class BrokerLost:
    """Not connected, and why; the next try is in that many seconds, None when there is none
    before somebody changes something."""

    address: str
    problem: ConnectionProblem
    retry_in_seconds: float | None


ConnectionEvent = BrokerConnecting | BrokerConnected | BrokerLost
