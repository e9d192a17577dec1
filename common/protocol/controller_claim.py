"""One claim at the controller: a target typed the routing digits; does it know the secret ones?

    MAKING_SHARE -> AWAITING_OFFER -> AWAITING_SHARE -> ANSWERING -> AWAITING_CONFIRMATION
                 -> AWAITING_GRANT -> GRANTED

`ControllerPairing` owns it, feeds it and decides what its failures mean: ClaimBroken is the
target's fault and costs no try, PairingFailed is a wrong secret, ProtocolViolation means that
the node can't be trusted.
"""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

from common.errors import PairingFailed, ProtocolViolation
from common.protocol import broker_messages as broker
from common.protocol.broker_messages import FromController
from common.protocol.connection_code import ConnectionCode
from common.protocol.documents import Offer, verify_grant, verify_offer
from common.protocol.handshake import ControllerHandshake
from common.protocol.pairing import MAXIMUM_EARLY_FRAMES, PairedSession, check_grant
from common.protocol.policies import SessionMode


class ClaimState(Enum):
    """How far a claim has come."""

    MAKING_SHARE = auto()
    AWAITING_OFFER = auto()
    AWAITING_SHARE = auto()
    ANSWERING = auto()
    AWAITING_CONFIRMATION = auto()
    AWAITING_GRANT = auto()
    GRANTED = auto()


class ClaimBroken(Exception):
    """The target sent what makes no sense; nobody guessed a secret."""


@dataclass(frozen=True, slots=True)
class ControllerIdentity:
    """What the controller knows of itself and of its server before a session."""

    root_public_key: bytes
    root_fingerprint: bytes
    technician: str
    organisation: str
    mode: SessionMode


class ControllerClaim:
    """The handshake with one claimant. Single use."""

    def __init__(
        self,
        claimed: broker.Claimed,
        nonce: bytes,
        code: ConnectionCode,
        session_id: bytes,
    ) -> None:
        self.claimed = claimed
        self._nonce = nonce
        self._code = code
        self._session_id = session_id
        self._state = ClaimState.MAKING_SHARE
        self._handshake: ControllerHandshake | None = None
        self._offer: Offer | None = None
        self._offer_body = b""
        self._early_frames: list[bytes] = []
        self._output: list[FromController | bytes] = []
        self._computation: Callable[[], object] | None = self._make_share

    @property
    def state(self) -> ClaimState:
        """How far the claim has come."""
        return self._state

    def take_output(self) -> list[FromController | bytes]:
        """Hand out what is to be sent, in this order."""
        output, self._output = self._output, []
        return output

    def take_computation(self) -> Callable[[], object] | None:
        """Hand out the slow step that is to be run now, once."""
        function, self._computation = self._computation, None
        return function

    def broken(self) -> FromController:
        """Say to the node that this claim came to nothing through the target's fault. Once
        Paired is sent, the claim may be a session already, and a session is left."""
        if self._state is ClaimState.AWAITING_GRANT:
            return broker.LeaveSession(self.claimed.claim)
        return broker.ClaimFailed(self.claimed.claim, "malformed")

    def computed(self, outcome: object) -> None:
        """Take the result of the slow step. Raises ClaimBroken."""
        if isinstance(outcome, ProtocolViolation | PairingFailed):
            raise ClaimBroken(str(outcome))
        if self._state is ClaimState.MAKING_SHARE and isinstance(outcome, ControllerHandshake):
            self._handshake = outcome
            self._state = ClaimState.AWAITING_OFFER
            commitment = outcome.commitment
            self._output.append(broker.AcceptClaim(self.claimed.claim, self._nonce, commitment))
        elif self._state is ClaimState.ANSWERING and isinstance(outcome, bytes):
            self._state = ClaimState.AWAITING_CONFIRMATION
            self._output.append(outcome)
        else:
            raise RuntimeError(f"no result is awaited in {self._state.name}")

    def take_offer(self, message: broker.OfferMade, identity: ControllerIdentity) -> None:
        """Verify the server's offer and every field of it that this side knows."""
        if self._state is not ClaimState.AWAITING_OFFER or self._handshake is None:
            raise ProtocolViolation(f"an offer in {self._state.name}")
        offer = verify_offer(message.offer, identity.root_public_key)
        self._check_offer(offer, identity, self._handshake.commitment)
        self._offer, self._offer_body = offer, message.offer.body
        self._state = ClaimState.AWAITING_SHARE

    def receive_frame(self, frame: bytes) -> None:
        """Take a frame of the target. Raises ClaimBroken, or PairingFailed for a wrong secret."""
        handshake = self._handshake
        match self._state:
            case ClaimState.AWAITING_SHARE if handshake is not None:
                self._state = ClaimState.ANSWERING
                body = self._offer_body
                self._computation = lambda: handshake.answer(frame, body)
            case ClaimState.AWAITING_CONFIRMATION if handshake is not None:
                self._check_confirmation(handshake, frame)
            case ClaimState.AWAITING_GRANT if len(self._early_frames) < MAXIMUM_EARLY_FRAMES:
                self._early_frames.append(frame)
            case _:
                raise ClaimBroken(f"a frame in {self._state.name}")

    def take_grant(self, message: broker.GrantMade, identity: ControllerIdentity) -> PairedSession:
        """Verify the server's grant; the claim has become a session. Raises ProtocolViolation."""
        if self._state is not ClaimState.AWAITING_GRANT:
            raise ProtocolViolation(f"a grant in {self._state.name}")
        if self._handshake is None or self._offer is None:
            raise RuntimeError("a grant is awaited only after an offer and a handshake")
        grant = verify_grant(message.grant, identity.root_public_key)
        keys = self._handshake.keys
        check_grant(grant, self._offer, keys.transcript_hash)
        self._state = ClaimState.GRANTED
        return PairedSession(
            claim=self.claimed.claim,
            keys=keys,
            offer=self._offer,
            grant=grant,
            other_computer=self.claimed.computer_name,
            early_frames=tuple(self._early_frames),
        )

    def _make_share(self) -> ControllerHandshake:
        return ControllerHandshake(self._session_id, self._code.secret)

    def _check_confirmation(self, handshake: ControllerHandshake, frame: bytes) -> None:
        try:
            confirmation = handshake.check(frame)
        except ProtocolViolation as violation:
            raise ClaimBroken(violation.detail) from None
        self._output.append(confirmation)
        self._output.append(broker.Paired(self.claimed.claim, handshake.keys.transcript_hash))
        self._state = ClaimState.AWAITING_GRANT

    def _check_offer(self, offer: Offer, identity: ControllerIdentity, commitment: bytes) -> None:
        fits = (
            hmac.compare_digest(offer.session_id, self._session_id)
            and offer.claim == self.claimed.claim
            and offer.routing == self._code.routing
            and hmac.compare_digest(offer.root_fingerprint, identity.root_fingerprint)
            and offer.technician == identity.technician
            and offer.organisation == identity.organisation
            and offer.mode is identity.mode
            and hmac.compare_digest(offer.device_fingerprint, self.claimed.device_fingerprint)
            and hmac.compare_digest(offer.target_nonce, self.claimed.nonce)
            and hmac.compare_digest(offer.controller_nonce, self._nonce)
            and hmac.compare_digest(offer.share_commitment, commitment)
        )
        if not fits:
            raise ProtocolViolation("the offer is not what this controller asked for")
