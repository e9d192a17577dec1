"""An open code, as the node knows it: routing number, owner, life, queue. Never its secret."""

import hmac
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from common.broker.claims import Claim
from common.broker.parties import ConnectionId
from common.protocol.policies import SessionMode
from common.reasons import CodeEnd, PairingProblem

PROBLEM_OF_END: Final[Mapping[CodeEnd, PairingProblem]] = {
    CodeEnd.EXPIRED: PairingProblem.EXPIRED,
    CodeEnd.CANCELLED: PairingProblem.CANCELLED,
    CodeEnd.REPLACED: PairingProblem.REPLACED,
    CodeEnd.USED: PairingProblem.USED,
    CodeEnd.WRONG_THREE_TIMES: PairingProblem.WRONG_THREE_TIMES,
    CodeEnd.CONTROLLER_GONE: PairingProblem.CONTROLLER_LEFT,
}
"""What a target hears that claims a code which ended so."""


@dataclass(slots=True, eq=False)
class OpenCode:
    """A code that can be claimed. `controller` is None while its connection is lost."""

    routing: str
    owner_token: str
    session_id: bytes
    mode: SessionMode
    controller: ConnectionId | None
    expires_at: float
    extends_left: int
    tries_left: int
    served: Claim | None = None
    waiting: deque[Claim] = field(default_factory=deque)

    def is_owned_by(self, owner_token: str) -> bool:
        """Compare owner tokens, in constant time."""
        return hmac.compare_digest(self.owner_token.encode(), owner_token.encode())

    def has_claim_from(self, address: str) -> bool:
        """Tell whether a claim of this address is served or waits."""
        claims = [*self.waiting, self.served] if self.served else self.waiting
        return any(claim.address == address for claim in claims)
