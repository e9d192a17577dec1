"""Which servers a typed code is tried at, and what the user reads when none has it; no I/O.

A code says nothing of its server. So the servers are asked one after the other, the most
trusted first, until one knows the routing digits: that one's word is final, because the key
exchange runs once for each press of Enter. Servers that turn up meanwhile take their place.
The session runner drives it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from common.protocol.connection_code import ConnectionCode
from common.reasons import ConnectionProblem, PairingProblem
from common.transport.candidates import Candidate
from common.transport.trust import ServerAddress

ServerKey = bytes | ServerAddress

_SAYS_LITTLE: Final = (
    PairingProblem.BROKER_UNREACHABLE,
    PairingProblem.UNKNOWN,
    PairingProblem.NOT_AUTHENTICATED,
)
"""From the one that says least; any other answer says more."""


@dataclass(slots=True)
class CodeAttempt:
    """One press of Enter."""

    code: ConnectionCode = field(repr=False)
    server: Candidate | None = None
    """Where the code is being tried now."""
    problem: PairingProblem = PairingProblem.BROKER_UNREACHABLE
    """What the user reads if no other server is left."""
    retry_after_seconds: int = 0
    has_looked_around: bool = False
    """Whether the network was asked for more servers in vain."""
    _tried: set[ServerKey] = field(default_factory=set)

    def next_server(self, candidates: Sequence[Candidate]) -> Candidate | None:
        """Take the first candidate that was not tried yet."""
        self.server = next((one for one in candidates if one.key not in self._tried), None)
        if self.server is not None:
            self._tried.add(self.server.key)
        return self.server

    def has_more(self, candidates: Sequence[Candidate]) -> bool:
        """Tell whether there are candidates that were not tried yet."""
        return any(one.key not in self._tried for one in candidates)

    def failed(self, problem: PairingProblem, retry_after_seconds: int = 0) -> None:
        """Take note of what the server said, or of silence. What says more counts; of two
        that say much, the first, because its server is trusted at least as much."""
        if _weight(problem) > _weight(self.problem):
            self.problem, self.retry_after_seconds = problem, retry_after_seconds


def problem_of_connection(problem: ConnectionProblem) -> PairingProblem:
    """Say what it means for a code that its server did not welcome this computer."""
    if problem is ConnectionProblem.NOT_AUTHENTICATED:
        return PairingProblem.NOT_AUTHENTICATED
    return PairingProblem.BROKER_UNREACHABLE


def _weight(problem: PairingProblem) -> int:
    return _SAYS_LITTLE.index(problem) if problem in _SAYS_LITTLE else len(_SAYS_LITTLE)


class Disappointments:
    """The servers that knew a number and led to no session with it: for the next try of that
    number they come after the others of their level of trust."""

    def __init__(self) -> None:
        self._routing = ""
        self._servers: set[ServerKey] = set()

    def add(self, routing: str, server: ServerKey) -> None:
        """Take note of one."""
        if routing != self._routing:
            self._routing, self._servers = routing, set()
        self._servers.add(server)

    def with_number(self, routing: str) -> frozenset[ServerKey]:
        """Give those of this number; of earlier numbers nothing is kept."""
        return frozenset(self._servers) if routing == self._routing else frozenset()
