"""Hypothesis plays controllers, targets and time against the rendezvous, in any order.

A plain book-keeping beside it says what may never happen: a fourth try, two claims of one
code served at once, a session without two confirmations, a code that outlives its time, a
frame joined to two, memory that grows.
"""

from collections import Counter

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    rule,
)

from common.broker.limits import Limits
from common.errors import ProtocolViolation
from common.protocol import broker_messages as broker
from common.protocol.policies import SessionMode
from common.reasons import CodeEnd
from tests.broker.meeting import TRANSCRIPT, Meeting

LIMITS = Limits(
    claims_per_minute=10_000,
    claims_per_hour=100_000,
    codes_per_minute=10_000,
    left_claims_per_minute=10_000,
    remembered_session_ids=50,
    remembered_addresses=20,
    waiting_claims_per_code=3,
    number_rest_seconds=1000,
)
LONGEST_LIFE_SECONDS = 4 * 900


class RendezvousMachine(RuleBasedStateMachine):
    """Many controllers and targets, each doing whatever the wire lets it do."""

    controllers = Bundle("controllers")
    targets = Bundle("targets")
    codes = Bundle("codes")
    claims = Bundle("claims")

    def __init__(self) -> None:
        super().__init__()
        self.meeting = Meeting(LIMITS)
        self.connected: set[int] = set()
        self.tries: Counter[str] = Counter()
        self.code_of_claim: dict[str, str] = {}
        self.issued_at: dict[str, float] = {}
        self.confirmed: set[tuple[int, str]] = set()

    # People come and go.

    @rule(target=controllers, last_byte=st.integers(1, 9))
    def controller_comes(self, last_byte: int) -> int:
        return self._came(self.meeting.controller(f"192.0.2.{last_byte}"))

    @rule(target=targets, last_byte=st.integers(1, 30))
    def target_comes(self, last_byte: int) -> int:
        return self._came(self.meeting.target(f"198.51.100.{last_byte}"))

    @rule(connection=consumes(controllers) | consumes(targets))
    def somebody_goes(self, connection: int) -> None:
        if connection in self.connected:
            self.connected.remove(connection)
            self.meeting.leave(connection)

    @rule(seconds=st.sampled_from([0.5, 3.0, 10.0, 120.0, 900.0, 5000.0]))
    def time_passes(self, seconds: float) -> None:
        self.meeting.advance(seconds)

    # Codes.

    @rule(target=codes, controller=controllers)
    def start(self, controller: int) -> object:
        message = broker.StartSession(SessionMode.ACTIVE, self.meeting.session_id())
        return self._new_code(controller, message)

    @rule(target=codes, controller=controllers, code=codes)
    def replace(self, controller: int, code: broker.CodeIssued) -> object:
        message = broker.ReplaceCode(
            code.routing, code.owner_token, SessionMode.ACTIVE, self.meeting.session_id()
        )
        return self._new_code(controller, message)

    @rule(
        controller=controllers,
        code=codes,
        kind=st.sampled_from([broker.ExtendCode, broker.ResumeCode, broker.CancelCode]),
        is_owner=st.booleans(),
    )
    def ask_about_code(
        self,
        controller: int,
        code: broker.CodeIssued,
        kind: type[broker.ExtendCode],
        is_owner: bool,
    ) -> None:
        token = code.owner_token if is_owner else "f" * 32
        self._send(controller, kind(code.routing, token))

    # Claims.

    @rule(target=claims, computer=targets, code=codes)
    def claim(self, computer: int, code: broker.CodeIssued) -> object:
        if computer not in self.connected:
            return multiple()
        self.meeting.take_all(computer)
        self._send(computer, broker.Claim(code.routing, b"n" * 32))
        for message in self.meeting.inbox[computer]:
            if isinstance(message, broker.ClaimQueued):
                self.code_of_claim[message.claim] = code.owner_token
                return message.claim
        return multiple()

    @rule(controller=controllers, claim=claims)
    def accept(self, controller: int, claim: str) -> None:
        offers = len(self.meeting.offers)
        self._send(controller, broker.AcceptClaim(claim, b"n" * 32, b"c" * 32))
        if len(self.meeting.offers) > offers:
            assert self.tries[self.code_of_claim[claim]] < 3, "a fourth try"

    @rule(
        controller=controllers,
        claim=claims,
        problem=st.sampled_from(["wrong", "wrong", "left", "malformed"]),
    )
    def fail(self, controller: int, claim: str, problem: str) -> None:
        is_pairing = any(pair[0] == controller for pair in self.meeting.joined)
        offered = {offer.agreement.claim: offer.agreement for offer in self.meeting.offers}
        agreement = offered.get(claim)
        was_served = agreement is not None and claim in self.meeting.rendezvous._register.claims
        is_done = self._send(controller, broker.ClaimFailed(claim, problem))
        if is_done and is_pairing and was_served and problem == "wrong":
            assert agreement is not None
            if agreement.controller_connection == controller:
                self.tries[self.code_of_claim[claim]] += 1

    @rule(connection=controllers | targets, claim=claims, is_true=st.booleans())
    def paired(self, connection: int, claim: str, is_true: bool) -> None:
        grants = len(self.meeting.grants)
        if self._send(connection, broker.Paired(claim, TRANSCRIPT if is_true else b"x" * 32)):
            self.confirmed.add((connection, claim))
        for grant in self.meeting.grants[grants:]:
            agreement = grant.agreement
            sides = (agreement.controller_connection, agreement.target_connection)
            assert all((side, agreement.claim) in self.confirmed for side in sides)

    @rule(connection=controllers | targets, claim=claims)
    def leave_session(self, connection: int, claim: str) -> None:
        self._send(connection, broker.LeaveSession(claim))

    # What always holds.

    @invariant()
    def no_code_has_more_than_three_tries(self) -> None:
        assert all(tries <= 3 for tries in self.tries.values())
        for code in self.meeting.rendezvous._register.codes.values():
            assert code.tries_left == 3 - self.tries[code.owner_token] > 0

    @invariant()
    def one_claim_of_a_code_is_served_at_a_time(self) -> None:
        register = self.meeting.rendezvous._register
        for code in register.codes.values():
            assert code.served is None or code.served not in code.waiting
            assert code.served is not None or not code.waiting
            served = [
                claim
                for claim in register.claims.values()
                if claim.code is code and claim not in code.waiting
            ]
            assert served == ([code.served] if code.served else [])
            addresses = [claim.address for claim in [*code.waiting, *served]]
            assert len(addresses) == len(set(addresses))
            assert len(code.waiting) <= LIMITS.waiting_claims_per_code

    @invariant()
    def no_code_outlives_its_time(self) -> None:
        now = self.meeting.now
        for code in self.meeting.rendezvous._register.codes.values():
            assert now < code.expires_at
            assert now < self.issued_at[code.owner_token] + LONGEST_LIFE_SECONDS

    @invariant()
    def each_connection_is_joined_to_one_other_that_is_there(self) -> None:
        joined = [connection for pair in self.meeting.joined for connection in pair]
        assert len(joined) == len(set(joined))
        assert set(joined) <= self.connected

    @invariant()
    def each_claim_is_its_targets(self) -> None:
        register = self.meeting.rendezvous._register
        held = {target.claim.id for target in register.targets.values() if target.claim}
        assert held == set(register.claims)
        served = {claim.id for claim in register.claims.values() if claim.agreement}
        in_pairs = {
            offer.agreement.claim
            for offer in self.meeting.offers
            if offer.agreement.claim in register.claims
        }
        assert served == in_pairs
        assert len(served) == len(self.meeting.joined)

    @invariant()
    def memory_is_bounded(self) -> None:
        register = self.meeting.rendezvous._register
        assert len(register.controllers) + len(register.targets) == len(self.connected)
        assert len(register.claims) <= len(register.targets)
        assert len(register.used_session_ids) <= LIMITS.remembered_session_ids
        assert len(register.addresses) <= LIMITS.remembered_addresses
        assert len(register.deadlines) <= len(register.codes) + len(register.claims)
        assert register.deadlines.entries() <= 2 * len(register.deadlines) + 70
        assert register.actions == []
        owned = [one.code for one in register.controllers.values() if one.code]
        assert all(register.codes[code.routing] is code for code in owned)

    # Steps.

    def _came(self, connection: int) -> int:
        self.connected.add(connection)
        return connection

    def _send(self, connection: int, message: broker.FromApp) -> bool:
        """Send, and close the connection for a violation, as a node does."""
        if connection not in self.connected:
            return False
        try:
            self.meeting.send(connection, message)
        except ProtocolViolation:
            self.connected.remove(connection)
            self.meeting.leave(connection)
            return False
        return True

    def _new_code(self, controller: int, message: broker.FromApp) -> object:
        if controller not in self.connected:
            return multiple()
        self.meeting.take_all(controller)
        self._send(controller, message)
        for answer in self.meeting.inbox[controller]:
            if isinstance(answer, broker.CodeIssued):
                self.issued_at[answer.owner_token] = self.meeting.now
                return answer
        return multiple()


TestRendezvousMachine = RendezvousMachine.TestCase
TestRendezvousMachine.settings = settings(max_examples=150, stateful_step_count=60, deadline=None)


def test_ends_of_codes_are_all_known_to_targets() -> None:
    from common.broker.codes import PROBLEM_OF_END

    assert set(PROBLEM_OF_END) == set(CodeEnd)
