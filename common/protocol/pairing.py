"""What the two pairing machines have in common: slow steps, the result, the checks of documents.

`ControllerPairing` and `TargetPairing` take a typed code to a granted session; each is a class
of its own, because their rules differ in nearly every step.
"""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from common.errors import PairingFailed, ProtocolViolation
from common.protocol.documents import Grant, Offer, policies_hash
from common.protocol.handshake import SessionKeys

MAXIMUM_EARLY_FRAMES: Final = 8
"""Sealed records of the other side that may overtake the node's GrantMade to this one."""


@dataclass(frozen=True, slots=True)
class Computation:
    """A step of some milliseconds (SPAKE2), to be run away from the event loop.

    `function` returns its result; what fails is returned, too, and never raised.
    """

    number: int
    function: Callable[[], object]


@dataclass(frozen=True, slots=True)
class PairedSession:
    """What a pairing leads to: keys and documents, checked, and records that came early."""

    claim: str
    keys: SessionKeys
    offer: Offer
    grant: Grant
    other_computer: str
    early_frames: tuple[bytes, ...]


def catching(function: Callable[[], object]) -> Callable[[], object]:
    """Make a function that returns what `function` raises of the expected kinds."""

    def run() -> object:
        try:
            return function()
        except (ProtocolViolation, PairingFailed) as failure:
            return failure

    return run


def check_grant(grant: Grant, offer: Offer, transcript_hash: bytes) -> None:
    """Make sure that a grant is for this session, these keys and these policies.

    Raises ProtocolViolation.
    """
    fits = (
        hmac.compare_digest(grant.session_id, offer.session_id)
        and grant.claim == offer.claim
        and hmac.compare_digest(grant.transcript_hash, transcript_hash)
        and hmac.compare_digest(grant.policies_hash, policies_hash(offer.policies))
        and grant.sequence == 0
    )
    if not fits:
        raise ProtocolViolation("the grant is not for this session")
