"""What happens to a claim: from the routing digits that somebody typed to a session.

The node's part of "Claims" in protocol.md 2 and of the handshake in 3. It counts wrong
secrets as the controller reports them, and joins and grants through actions. What is allowed
in which state is the table in `claims.py`.
"""

import math
from typing import assert_never

from common.broker.address_limits import Act
from common.broker.claims import Claim, ClaimMessage, ClaimState, Side, check_is_allowed
from common.broker.codes import PROBLEM_OF_END, OpenCode
from common.broker.parties import Agreement, MakeGrant, MakeOffer
from common.broker.register import Register, Target
from common.broker.serving import Ending, Serving
from common.errors import ProtocolViolation
from common.protocol import broker_messages as broker
from common.reasons import CodeEnd, PairingProblem


class ClaimRules:
    """Rules over a shared register."""

    def __init__(self, register: Register, serving: Serving) -> None:
        self._register = register
        self._serving = serving

    def claim(self, target: Target, message: broker.Claim, now: float) -> None:
        """Take a target's claim: queue it, or say why not. Raises ProtocolViolation."""
        self._leave_earlier_claim(target, now)
        wait = self._register.addresses.try_act(target.address, Act.CLAIM, now)
        if wait > 0:
            self._register.refuse(target, PairingProblem.TOO_MANY_CLAIMS, wait)
            return
        code = self._register.codes.get(message.routing)
        if code is None:
            self._register.refuse(target, self._why_not_open(message.routing, now))
        elif self._is_queue_closed(code, target.address):
            wait = self._register.limits.claim_seconds
            self._register.refuse(target, PairingProblem.TOO_MANY_CLAIMS, wait)
        else:
            self._queue(target, code, message.nonce, now)

    def receive(self, claim: Claim, side: Side, message: ClaimMessage, now: float) -> None:
        """Take a message of one side about a claim. Raises ProtocolViolation."""
        check_is_allowed(claim, side, message)
        match message:
            case broker.AcceptClaim():
                self._accept(claim, message, now)
            case broker.ClaimFailed():
                self._failed(claim, message.problem, now)
            case broker.Paired():
                self._paired(claim, side, message.transcript_hash, now)
            case broker.LeaveSession():
                self._serving.leave(claim, side, now)
            case _:
                assert_never(message)

    def is_due(self, claim: Claim, now: float) -> None:
        """End a claim that has had its time."""
        if claim.state is ClaimState.PAIRING:
            self._register.addresses.claim_left(claim.address, now)
        self._serving.end_claim(claim, Ending(PairingProblem.CONTROLLER_LEFT))
        self._serving.serve_next(claim.code, now)

    def _leave_earlier_claim(self, target: Target, now: float) -> None:
        """Give up a claim that its user gave up before he could know its name."""
        earlier = target.claim
        if earlier is None:
            return
        if earlier.agreement:
            raise ProtocolViolation(f"Claim of a target in {earlier.state.name}")
        target.claim = None  # it hears no more of that one
        self._serving.leave(earlier, Side.TARGET, now)

    def _why_not_open(self, routing: str, now: float) -> PairingProblem:
        end = self._register.numbers.end_of(routing, now)
        return PROBLEM_OF_END[end] if end else PairingProblem.UNKNOWN

    def _is_queue_closed(self, code: OpenCode, address: str) -> bool:
        is_full = len(code.waiting) >= self._register.limits.waiting_claims_per_code
        return is_full or code.has_claim_from(address)

    def _queue(self, target: Target, code: OpenCode, nonce: bytes, now: float) -> None:
        claim = Claim(
            id=f"{self._register.randomness.getrandbits(128):032x}",
            code=code,
            target_connection=target.connection,
            target=target.identity,
            address=target.address,
            nonce=nonce,
        )
        self._register.claims[claim.id] = target.claim = claim
        before = len(code.waiting) + (code.served is not None)
        code.waiting.append(claim)
        self._register.send(target.connection, broker.ClaimQueued(claim.id, before))
        if code.served:
            self._serving.hurry(code.served, now)
        else:
            self._serving.serve_next(code, now)

    def _accept(self, claim: Claim, message: broker.AcceptClaim, now: float) -> None:
        code, owner = claim.code, self._register.owner_of(claim.code)
        if owner is None:
            raise RuntimeError("a claim was accepted by nobody")
        claim.state = ClaimState.PAIRING
        claim.agreement = Agreement(
            claim=claim.id,
            controller_connection=owner.connection,
            target_connection=claim.target_connection,
            session_id=code.session_id,
            routing=code.routing,
            mode=code.mode,
            controller=owner.identity,
            target=claim.target,
            target_nonce=claim.nonce,
            controller_nonce=message.nonce,
            share_commitment=message.share_commitment,
            lifetime_seconds=max(0, math.floor(code.expires_at - now)),
        )
        self._register.actions.append(MakeOffer(claim.agreement))

    def _failed(self, claim: Claim, problem: str, now: float) -> None:
        code = claim.code
        if problem == "wrong":
            self._register.alarm.wrong_code(now)
            code.tries_left -= 1
        elif problem == "left":
            self._register.addresses.claim_left(claim.address, now)
        self._serving.end_claim(claim, Ending(PairingProblem.CONTROLLER_LEFT))
        if code.tries_left == 0:
            self._serving.end_code(code, CodeEnd.WRONG_THREE_TIMES, now)
        else:
            self._serving.serve_next(code, now)

    def _paired(self, claim: Claim, side: Side, transcript_hash: bytes, now: float) -> None:
        claim.transcript_hashes[side] = transcript_hash
        if len(claim.transcript_hashes) < 2 or claim.agreement is None:
            return
        first, second = claim.transcript_hashes.values()
        if first == second:
            self._start_session(claim, claim.agreement, transcript_hash)
        else:  # one of the two lies; the secret has been used, so the code is, too
            self._serving.end_claim(claim, Ending())
        self._serving.end_code(claim.code, CodeEnd.USED, now)

    def _start_session(self, claim: Claim, agreement: Agreement, transcript_hash: bytes) -> None:
        """Take the claim out of its code, which dies next, and have the session granted."""
        claim.state = ClaimState.SESSION
        claim.code.served = None
        self._register.deadlines.remove(claim)
        self._register.controllers[agreement.controller_connection].session = claim
        self._register.actions.append(MakeGrant(agreement, transcript_hash))
