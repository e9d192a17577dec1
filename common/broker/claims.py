"""One claim of a code: its states, and which message is allowed in which.

    WAITING -> ANNOUNCED -> PAIRING -> SESSION -> ENDED

A claim waits for those before it, is announced to the controller, becomes the handshake's
when the controller accepts it, and a session when both have confirmed the same transcript.
It can end from every state. The rendezvous drives it; messages for a claim that is over are
late and never come here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from common.broker.parties import Agreement, ConnectionId, TargetIdentity
from common.errors import ProtocolViolation
from common.protocol.broker_messages import AcceptClaim, ClaimFailed, LeaveSession, Paired

if TYPE_CHECKING:
    from common.broker.codes import OpenCode


class ClaimState(Enum):
    """How far a claim has come."""

    WAITING = auto()
    ANNOUNCED = auto()
    PAIRING = auto()
    SESSION = auto()
    ENDED = auto()


class Side(Enum):
    """Whose message it is."""

    CONTROLLER = auto()
    TARGET = auto()


ClaimMessage = AcceptClaim | ClaimFailed | Paired | LeaveSession

ALLOWED: Final[Mapping[tuple[ClaimState, Side], tuple[type[ClaimMessage], ...]]] = {
    (ClaimState.WAITING, Side.TARGET): (LeaveSession,),
    (ClaimState.ANNOUNCED, Side.TARGET): (LeaveSession,),
    (ClaimState.ANNOUNCED, Side.CONTROLLER): (AcceptClaim, ClaimFailed, LeaveSession),
    (ClaimState.PAIRING, Side.TARGET): (Paired, LeaveSession),
    (ClaimState.PAIRING, Side.CONTROLLER): (ClaimFailed, Paired, LeaveSession),
    (ClaimState.SESSION, Side.TARGET): (LeaveSession,),
    (ClaimState.SESSION, Side.CONTROLLER): (LeaveSession,),
}
"""Every pair that is missing here is a violation."""


@dataclass(slots=True, eq=False)
class Claim:
    """A target's claim of a code. `agreement` is set from PAIRING on."""

    id: str
    code: "OpenCode"
    target_connection: ConnectionId
    target: TargetIdentity
    address: str
    nonce: bytes
    state: ClaimState = ClaimState.WAITING
    deadline: float = 0.0
    agreement: Agreement | None = None
    transcript_hashes: dict[Side, bytes] = field(default_factory=dict)


def check_is_allowed(claim: Claim, side: Side, message: ClaimMessage) -> None:
    """Raise ProtocolViolation for a message that the claim's state has no place for."""
    is_allowed = type(message) in ALLOWED.get((claim.state, side), ())
    if isinstance(message, ClaimFailed) and message.problem == "wrong":
        # Nothing was confirmed before the offer, so nothing can have been wrong.
        is_allowed = is_allowed and claim.state is ClaimState.PAIRING
    if isinstance(message, Paired) and side in claim.transcript_hashes:
        is_allowed = False
    if not is_allowed:
        raise ProtocolViolation(
            f"{type(message).__name__} of the {side.name.lower()} is not allowed"
            f" for a claim in {claim.state.name}"
        )
