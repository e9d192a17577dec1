"""How the claims of a code take their turn, and how claims and codes end.

Every end of a claim or a code goes through here, so that number, queue, deadline, both
connections and the next in the queue always learn of it. Knows no message that comes in;
`code_rules.py` and `claim_rules.py` decide, this carries out.
"""

from dataclasses import dataclass

from common.broker.claims import Claim, ClaimState, Side
from common.broker.codes import PROBLEM_OF_END, OpenCode
from common.broker.parties import Part
from common.broker.register import Register, Target
from common.protocol.broker_messages import Claimed, CodeEnded, Released
from common.reasons import CodeEnd, PairingProblem


@dataclass(frozen=True, slots=True)
class Ending:
    """How a claim ends: `problem` is what the target hears before there was an offer;
    after it, `Released`, with `is_lost` for a broken connection."""

    problem: PairingProblem | None = None
    is_lost: bool = False


class Serving:
    """Turns and ends, over a shared register."""

    def __init__(self, register: Register) -> None:
        self._register = register

    def serve_next(self, code: OpenCode, now: float) -> None:
        """Let the next claim of the queue have its turn, if none has it."""
        if code.served is not None or not code.waiting:
            return
        claim = code.served = code.waiting.popleft()
        claim.state = ClaimState.ANNOUNCED
        claim.deadline = now + self._register.limits.claim_seconds
        self._register.deadlines.set(claim, claim.deadline)
        if code.waiting:
            self.hurry(claim, now)
        self.announce(claim)

    def hurry(self, claim: Claim, now: float) -> None:
        """Leave a served claim less time, because another one has begun to wait."""
        contested = now + self._register.limits.contested_claim_seconds
        claim.deadline = min(claim.deadline, contested)
        self._register.deadlines.set(claim, claim.deadline)

    def announce(self, claim: Claim) -> None:
        """Tell the controller, if it is there; one that comes back in time is told then."""
        if claim.code.controller is not None:
            message = Claimed(
                claim=claim.id,
                nonce=claim.nonce,
                computer_name=claim.target.computer_name,
                device_fingerprint=claim.target.device_fingerprint,
            )
            self._register.send(claim.code.controller, message)

    def leave(self, claim: Claim, side: Side, now: float, is_lost: bool = False) -> None:
        """End a claim or session because one side goes, by its own will or `is_lost`."""
        if side is Side.CONTROLLER:
            ending = Ending(PairingProblem.CONTROLLER_LEFT, is_lost)
        else:
            ending = Ending(is_lost=is_lost)
            if claim.state in (ClaimState.ANNOUNCED, ClaimState.PAIRING):
                self._register.addresses.claim_left(claim.address, now)
        self.end_claim(claim, ending)
        self.serve_next(claim.code, now)

    def end_claim(self, claim: Claim, ending: Ending) -> None:
        """End a claim in whatever state and tell both. The caller serves the next one."""
        controller = self._register.controller_of(claim)
        target = self._forget(claim)
        released = Released(claim.id, ending.is_lost)
        if claim.agreement:
            self._register.actions.append(
                Part(claim.agreement.controller_connection, claim.agreement.target_connection)
            )
        if target and ending.problem and not claim.agreement:
            self._register.refuse(target, ending.problem)
        elif target:
            self._register.send(target.connection, released)
        if controller:
            self._register.send(controller.connection, released)

    def end_code(self, code: OpenCode, end: CodeEnd, now: float, is_told: bool = True) -> None:
        """Let a code die: its number rests, its claims end, its owner `is_told`."""
        del self._register.codes[code.routing]
        self._register.deadlines.remove(code)
        self._register.numbers.rest(code.routing, end, now)
        waiting_claims = len(code.waiting)
        ending = Ending(PROBLEM_OF_END[end])
        for claim in [code.served, *code.waiting]:
            if claim:
                self.end_claim(claim, ending)
        owner = self._register.owner_of(code)
        if owner:
            owner.code = None
            if is_told:
                ended = CodeEnded(code.routing, end, waiting_claims)
                self._register.send(owner.connection, ended)

    def _forget(self, claim: Claim) -> Target | None:
        """Take a claim out of everything. Return its target, if it waits to hear of it."""
        del self._register.claims[claim.id]
        self._register.deadlines.remove(claim)
        code = claim.code
        if code.served is claim:
            code.served = None
        elif claim in code.waiting:
            code.waiting.remove(claim)
        controller = self._register.controller_of(claim)
        if controller and controller.session is claim:
            controller.session = None
        claim.state = ClaimState.ENDED
        target = self._register.targets.get(claim.target_connection)
        if target is None or target.claim is not claim:
            return None
        target.claim = None
        return target
