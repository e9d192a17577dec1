"""How many connections there may be: of one address, in all, and not yet let in.

Asked before TLS begins, so that a flood costs a socket for a moment and nothing else
(security.md 2.4 and row 15). Pure: numbers in, a yes or no out. The listener drives it.
"""

from collections import Counter
from dataclasses import dataclass

from common.broker.limits import Limits


@dataclass(slots=True, eq=False)
class Ticket:
    """One admitted connection; given back exactly once."""

    address: str
    deadline: float
    is_authenticated: bool = False
    is_given_back: bool = False


class Admission:
    """Counts connections by address key."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._unauthenticated: Counter[str] = Counter()
        self._all: Counter[str] = Counter()
        self._unauthenticated_in_all = 0
        self._in_all = 0

    def connections(self) -> int:
        """Count all that are admitted."""
        return self._in_all

    def admit(self, address: str, now: float) -> Ticket | None:
        """Let a connection begin, or not."""
        limits = self._limits
        is_full = (
            self._unauthenticated[address] >= limits.unauthenticated_per_address
            or self._unauthenticated_in_all >= limits.unauthenticated_in_all
            or self._all[address] >= limits.connections_per_address
            or self._in_all >= limits.connections_in_all
        )
        if is_full:
            return None
        self._unauthenticated[address] += 1
        self._unauthenticated_in_all += 1
        self._all[address] += 1
        self._in_all += 1
        return Ticket(address, now + limits.hello_seconds)

    def authenticated(self, ticket: Ticket) -> None:
        """Take note that a connection has said who it is, and it is true."""
        if not ticket.is_authenticated and not ticket.is_given_back:
            ticket.is_authenticated = True
            self._unauthenticated_in_all -= 1
            _subtract(self._unauthenticated, ticket.address)

    def give_back(self, ticket: Ticket) -> None:
        """Take note that a connection is gone. A second time changes nothing."""
        if ticket.is_given_back:
            return
        ticket.is_given_back = True
        self._in_all -= 1
        _subtract(self._all, ticket.address)
        if not ticket.is_authenticated:
            self._unauthenticated_in_all -= 1
            _subtract(self._unauthenticated, ticket.address)


def _subtract(counter: Counter[str], address: str) -> None:
    counter[address] -= 1
    if counter[address] == 0:
        del counter[address]
