"""The target's way from a typed code to a granted session; no I/O.

    CLAIMING -> AWAITING_OFFER -> MAKING_SHARE -> AWAITING_SHARE -> ANSWERING
             -> AWAITING_CONFIRMATION -> AWAITING_GRANT -> PAIRED

LEAVING waits for the name of a claim that was cancelled before the node had named it, to
leave it: only then may this connection make another claim.

One object is one press of Enter: one claim, one run of the key exchange. It never tries again
by itself. ENDED follows from every state, with one PairingEnded that says which sentence the
user reads: what the server says of the code, or what this side knows (a confirmation that
failed is a wrong secret). What the node says of a claim that this computer has left before is
late, not wrong; before ClaimQueued every claim it names is such a one.
"""

import hmac
import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from common.errors import PairingFailed, ProtocolViolation
from common.protocol import broker_messages as broker
from common.protocol.broker_messages import FromNode, FromTarget
from common.protocol.connection_code import ConnectionCode
from common.protocol.documents import Offer, verify_grant, verify_offer
from common.protocol.handshake import TargetHandshake
from common.protocol.pairing import (
    MAXIMUM_EARLY_FRAMES,
    Computation,
    PairedSession,
    catching,
    check_grant,
)
from common.protocol.session_events import (
    ClaimWaiting,
    PairingEnded,
    SessionPaired,
    TargetEvent,
)
from common.reasons import PairingProblem

PROGRESS_SECONDS: Final = 20.0
"""A broker that says nothing for this long is taken for unreachable."""
SECONDS_PER_WAITING_CLAIM: Final = 10.0


class TargetState(Enum):
    """How far a typed code has come."""

    CLAIMING = auto()
    AWAITING_OFFER = auto()
    MAKING_SHARE = auto()
    AWAITING_SHARE = auto()
    ANSWERING = auto()
    AWAITING_CONFIRMATION = auto()
    AWAITING_GRANT = auto()
    LEAVING = auto()
    PAIRED = auto()
    ENDED = auto()


State = TargetState

FINAL: Final = frozenset({State.PAIRED, State.ENDED})
ALL: Final = frozenset(State)
UNNAMED: Final = frozenset({State.CLAIMING, State.LEAVING})
"""The node has not yet named the claim."""

LEGAL: Final[dict[type, frozenset[State]]] = {
    broker.ClaimQueued: UNNAMED | {State.AWAITING_OFFER},
    broker.ClaimRefused: UNNAMED | {State.AWAITING_OFFER},
    broker.OfferMade: frozenset({State.AWAITING_OFFER}),
    broker.GrantMade: frozenset({State.AWAITING_GRANT}),
    broker.Released: ALL - FINAL,
    broker.NodeStopping: ALL - FINAL,
}
"""The node's messages and the states in which they mean something; the late are passed over
before."""


@dataclass(frozen=True, slots=True)
class TargetIdentity:
    """What the target knows of itself and of its server before a session."""

    root_public_key: bytes
    root_fingerprint: bytes
    device_fingerprint: bytes


class TargetPairing:
    """One typed code, until it is paired or has failed."""

    def __init__(
        self, identity: TargetIdentity, code: ConnectionCode, nonce: bytes, now: float
    ) -> None:
        self._identity = identity
        self._code = code
        self._nonce = nonce
        self._state = State.CLAIMING
        self._claim = ""
        self._offer: Offer | None = None
        self._handshake: TargetHandshake | None = None
        self._early_frames: list[bytes] = []
        self._output: deque[FromTarget | bytes] = deque([broker.Claim(code.routing, nonce)])
        self._events: list[TargetEvent] = []
        self._computation: Callable[[], object] | None = None
        self._deadline = now + PROGRESS_SECONDS
        self._offer_ends_at = math.inf
        self._result: PairedSession | None = None
        self._violation = ""

    # What a runner takes.

    @property
    def state(self) -> TargetState:
        """How far the code has come."""
        return self._state

    @property
    def result(self) -> PairedSession | None:
        """The session, once the state is PAIRED."""
        return self._result

    @property
    def is_known_there(self) -> bool:
        """Whether the server has said that somebody has this code."""
        return bool(self._claim)

    @property
    def violation(self) -> str:
        """What rule was broken, for the log, after an end by UNTRUSTED."""
        return self._violation

    def take_events(self) -> list[TargetEvent]:
        """Hand out what has happened since the last call."""
        events, self._events = self._events, []
        return events

    def take_computation(self) -> Computation | None:
        """Hand out the slow step that is to be run now, once."""
        function, self._computation = self._computation, None
        return None if function is None else Computation(0, catching(function))

    def next_output(self) -> FromTarget | bytes | None:
        """Hand out what is to be sent next: a message for the node, or a frame."""
        return self._output.popleft() if self._output else None

    def next_deadline(self) -> float | None:
        """Tell when to call `advance`, monotonic seconds."""
        return None if self._state in FINAL else min(self._deadline, self._offer_ends_at)

    # What the user and the runner do.

    def cancel(self) -> None:
        """Give the attempt up; nothing is reported to who cancelled."""
        if self._state in FINAL:
            return
        is_claim_sent = not any(isinstance(waiting, broker.Claim) for waiting in self._output)
        self._output.clear()
        self._computation = None
        if self._state in UNNAMED and is_claim_sent:
            self._state = State.LEAVING
        else:
            self._leave()
            self._state = State.ENDED

    def receive_text(self, message: FromNode, now: float) -> None:
        """Take a message of the node."""
        if self._state in FINAL or self._is_late(message):
            return
        if self._state not in LEGAL.get(type(message), frozenset()):
            self._distrust(f"{type(message).__name__} is not allowed in {self._state.name}")
            return
        self._deadline = now + PROGRESS_SECONDS
        try:
            self._handle(message, now)
        except ProtocolViolation as violation:
            self._distrust(violation.detail)

    def receive_frame(self, frame: bytes, now: float) -> None:
        """Take a binary frame of the controller. Before this claim is queued it can only be
        one of an earlier session or claim, and is passed over."""
        if self._state in FINAL | UNNAMED:
            return
        self._deadline = now + PROGRESS_SECONDS
        handshake = self._handshake
        match self._state:
            case State.AWAITING_SHARE if handshake is not None:
                self._state = State.ANSWERING
                self._computation = lambda: handshake.answer(frame)
            case State.AWAITING_CONFIRMATION if handshake is not None:
                self._check_confirmation(handshake, frame)
            case State.AWAITING_GRANT if len(self._early_frames) < MAXIMUM_EARLY_FRAMES:
                self._early_frames.append(frame)
            case _:
                self._distrust(f"a frame in {self._state.name}")

    def computed(self, outcome: object) -> None:
        """Take the result of a slow step."""
        if self._state in FINAL:
            return
        if isinstance(outcome, ProtocolViolation):
            self._distrust(outcome.detail)
        elif isinstance(outcome, TargetHandshake):
            self._handshake = outcome
            self._state = State.AWAITING_SHARE
            self._output.append(outcome.first_frame)
        elif isinstance(outcome, bytes):
            self._state = State.AWAITING_CONFIRMATION
            self._output.append(outcome)
        else:
            raise RuntimeError(f"no such result is awaited in {self._state.name}")

    def connection_lost(self) -> None:
        """The connection to the node broke; nothing of the attempt is for another one."""
        self._output.clear()
        self._fail(PairingProblem.BROKER_UNREACHABLE)

    def advance(self, now: float) -> None:
        """Do what is due: an offer ends with its code, a broker that stays silent is
        unreachable."""
        if self._state in FINAL:
            return
        if now >= self._offer_ends_at:
            self._leave()
            self._fail(PairingProblem.EXPIRED)
        elif now >= self._deadline:
            self._leave()
            self._fail(PairingProblem.BROKER_UNREACHABLE)

    # Steps.

    def _handle(self, message: FromNode, now: float) -> None:
        match message:
            case broker.ClaimQueued():
                self._queued(message)
            case broker.ClaimRefused():
                self._fail(message.problem, message.retry_after_seconds)
            case broker.OfferMade():
                self._take_offer(message, now)
            case broker.GrantMade():
                self._take_grant(message)
            case broker.Released():
                self._released(message)
            case _:
                pass  # NodeStopping: the connection closes next, and that is what counts

    def _queued(self, message: broker.ClaimQueued) -> None:
        self._claim = message.claim
        if self._state is State.LEAVING:
            self._leave()
            self._state = State.ENDED
            return
        self._state = State.AWAITING_OFFER
        self._deadline += message.claims_before * SECONDS_PER_WAITING_CLAIM
        self._events.append(ClaimWaiting(message.claims_before))

    def _is_late(self, message: FromNode) -> bool:
        match message:
            case broker.OfferMade(claim) | broker.GrantMade(claim) | broker.Released(claim):
                return claim != self._claim
            case _:
                return False

    def _take_offer(self, message: broker.OfferMade, now: float) -> None:
        offer = verify_offer(message.offer, self._identity.root_public_key)
        self._check_offer(offer)
        self._offer = offer
        self._offer_ends_at = now + offer.lifetime_seconds
        self._state = State.MAKING_SHARE
        secret, body = self._code.secret, message.offer.body
        self._computation = lambda: TargetHandshake(
            offer.session_id, secret, body, offer.share_commitment
        )

    def _check_offer(self, offer: Offer) -> None:
        """Compare every field that this side knows. Raises ProtocolViolation."""
        fits = (
            offer.claim == self._claim
            and offer.routing == self._code.routing
            and hmac.compare_digest(offer.root_fingerprint, self._identity.root_fingerprint)
            and hmac.compare_digest(offer.device_fingerprint, self._identity.device_fingerprint)
            and hmac.compare_digest(offer.target_nonce, self._nonce)
        )
        if not fits:
            raise ProtocolViolation("the offer is not for what this target claimed")

    def _check_confirmation(self, handshake: TargetHandshake, frame: bytes) -> None:
        try:
            handshake.check(frame)
        except PairingFailed:
            self._leave()
            self._fail(PairingProblem.WRONG_SECRET)
        except ProtocolViolation as violation:
            self._distrust(violation.detail)
        else:
            self._output.append(broker.Paired(self._claim, handshake.keys.transcript_hash))
            self._state = State.AWAITING_GRANT

    def _take_grant(self, message: broker.GrantMade) -> None:
        if self._handshake is None or self._offer is None:
            raise RuntimeError("a grant is awaited only after an offer and a handshake")
        grant = verify_grant(message.grant, self._identity.root_public_key)
        keys = self._handshake.keys
        check_grant(grant, self._offer, keys.transcript_hash)
        self._result = PairedSession(
            claim=self._claim,
            keys=keys,
            offer=self._offer,
            grant=grant,
            other_computer="",
            early_frames=tuple(self._early_frames),
        )
        self._state = State.PAIRED
        self._events.append(SessionPaired("", keys.security_number))

    def _released(self, message: broker.Released) -> None:
        """Tell the user what this side knows: a controller that leaves instead of confirming
        has found the secret wrong. It can't say so itself (protocol.md 3)."""
        was_checked = self._state is State.AWAITING_CONFIRMATION and not message.other_is_lost
        self._fail(PairingProblem.WRONG_SECRET if was_checked else PairingProblem.CONTROLLER_LEFT)

    def _leave(self) -> None:
        if self._claim:
            self._output.append(broker.LeaveSession(self._claim))

    def _distrust(self, detail: str) -> None:
        self._violation = detail
        self._leave()
        self._fail(PairingProblem.UNTRUSTED)

    def _fail(self, problem: PairingProblem, retry_after_seconds: int = 0) -> None:
        if self._state in FINAL:
            return
        if self._state is not State.LEAVING:
            self._events.append(PairingEnded(problem, retry_after_seconds))
        self._computation = None
        self._state = State.ENDED
