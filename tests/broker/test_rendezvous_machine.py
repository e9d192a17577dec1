"""Hypothesis plays controllers, targets and time against the rendezvous, in any order.

A plain book-keeping beside it says what may never happen: a fourth try, two claims of one
code served at once, a session without two equal confirmations, a code that outlives its
time, a connection joined to two, memory that grows.
"""

from collections import Counter

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from common.broker.claims import Claim, ClaimState
from common.broker.codes import PROBLEM_OF_END, OpenCode
from common.broker.limits import Limits
from common.broker.register import Register
from common.errors import ProtocolViolation
from common.protocol import broker_messages as broker
from common.protocol.broker_messages import FromApp
from common.protocol.policies import SessionMode
from common.reasons import CodeEnd
from tests.broker.meeting import TRANSCRIPT, Meeting

LIMITS = Limits(
    claims_per_minute=10_000,
    claims_per_hour=100_000,
    codes_per_minute=10_000,
    left_claims_per_minute=10_000,
    remembered_session_ids=20,
    remembered_addresses=20,
    waiting_claims_per_code=3,
    number_rest_seconds=1000,
)
LONGEST_LIFE_SECONDS = 4 * 900
WHICH = st.integers(0, 9)
PROBLEMS = st.sampled_from(["wrong", "wrong", "wrong", "left", "malformed"])
MOSTLY = st.sampled_from([True, True, True, True, False])
SECONDS = st.sampled_from([0.1, 0.1, 0.5, 0.5, 1.0, 1.0, 3.0, 10.0, 120.0, 900.0, 5000.0])
OWNERS = st.sampled_from([broker.ExtendCode, broker.ResumeCode, broker.CancelCode])


class RendezvousMachine(RuleBasedStateMachine):
    """Many controllers and targets, each doing whatever the wire lets it do."""

    def __init__(self) -> None:
        super().__init__()
        self.meeting = Meeting(LIMITS)
        self.controllers: list[int] = []
        self.targets: list[int] = []
        self.codes: list[broker.CodeIssued] = []
        self.tries: Counter[str] = Counter()
        self.issued_at: dict[str, float] = {}
        self.claims: list[str] = []
        self.confirmed: dict[tuple[int, str], bytes] = {}

    # People come and go.

    @initialize()
    def some_are_there(self) -> None:
        for number in range(3):
            self.controller_comes(number)
            self.target_comes(number)
            self.start(number)

    @rule(number=WHICH)
    def controller_comes(self, number: int) -> None:
        self.controllers.append(self.meeting.controller(f"192.0.2.{number}"))

    @rule(number=WHICH)
    def target_comes(self, number: int) -> None:
        self.targets.append(self.meeting.target(f"198.51.100.{number}"))

    @precondition(lambda self: len(self.controllers) > 2)
    @rule(which=WHICH)
    def controller_goes(self, which: int) -> None:
        self._goes(self.controllers[which % len(self.controllers)])

    @precondition(lambda self: len(self.targets) > 3)
    @rule(which=WHICH)
    def target_goes(self, which: int) -> None:
        self._goes(self.targets[which % len(self.targets)])

    @rule(seconds=SECONDS)
    def time_passes(self, seconds: float) -> None:
        self.meeting.advance(seconds)

    # Codes.

    @precondition(lambda self: self.controllers)
    @rule(which=WHICH)
    def start(self, which: int) -> None:
        message = broker.StartSession(SessionMode.ACTIVE, self.meeting.session_id())
        self._new_code(self._controller(which), message)

    @precondition(lambda self: self.controllers and self.codes)
    @rule(which=WHICH, code=WHICH)
    def replace(self, which: int, code: int) -> None:
        old = self.codes[-1 - code % len(self.codes)]
        message = broker.ReplaceCode(
            old.routing, old.owner_token, SessionMode.ACTIVE, self.meeting.session_id()
        )
        self._new_code(self._controller(which), message)

    @precondition(lambda self: self.controllers and self.codes)
    @rule(which=WHICH, code=WHICH, kind=OWNERS, is_owner=MOSTLY)
    def ask_about_code(
        self, which: int, code: int, kind: type[broker.ExtendCode], is_owner: bool
    ) -> None:
        asked = self.codes[-1 - code % len(self.codes)]
        token = asked.owner_token if is_owner else "f" * 32
        self._send(self._controller(which), kind(asked.routing, token))

    # Claims.

    @precondition(lambda self: self.targets and self.codes)
    @rule(which=WHICH, code=WHICH)
    def claim(self, which: int, code: int) -> None:
        computer = self.targets[which % len(self.targets)]
        routings = sorted(self._register.codes) or [self.codes[-1].routing]
        self.meeting.take_all(computer)
        self._send(computer, broker.Claim(routings[code % len(routings)], b"n" * 32))
        answers = self.meeting.inbox[computer]
        self.claims += [one.claim for one in answers if isinstance(one, broker.ClaimQueued)]

    @precondition(lambda self: self._in(ClaimState.ANNOUNCED))
    @rule(which=WHICH)
    def accept(self, which: int) -> None:
        claim = self._pick(which, ClaimState.ANNOUNCED)
        if claim.code.controller is not None:
            self._accept(claim.code.controller, claim.id)

    @precondition(lambda self: self._in(ClaimState.PAIRING))
    @rule(which=WHICH, problem=PROBLEMS)
    def fail(self, which: int, problem: str) -> None:
        claim = self._pick(which, ClaimState.PAIRING)
        assert claim.agreement is not None
        self._fail(claim.agreement.controller_connection, claim.id, problem)

    @precondition(lambda self: self._in(ClaimState.PAIRING))
    @rule(which=WHICH, is_controllers=st.booleans(), is_true=MOSTLY)
    def confirm(self, which: int, is_controllers: bool, is_true: bool) -> None:
        claim = self._pick(which, ClaimState.PAIRING)
        assert claim.agreement is not None
        sides = (claim.agreement.target_connection, claim.agreement.controller_connection)
        self._paired(sides[is_controllers], claim.id, is_true)

    @precondition(lambda self: self._register.codes)
    @rule(which=WHICH, is_right=st.booleans())
    def somebody_types_a_code_to_its_end(self, which: int, is_right: bool) -> None:
        """Take the long way in one step, so that much happens after a session or wrong code."""
        codes = sorted(self._register.codes.items())
        routing, code = codes[which % len(codes)]
        if code.controller is None or code.served:
            return
        self.targets.append(self.meeting.target(f"203.0.113.{len(self.claims) % 250}"))
        claim = self.meeting.claim(self.targets[-1], routing)
        self.claims.append(claim)
        controller = code.controller
        self._accept(controller, claim)
        if is_right:
            self._paired(self.targets[-1], claim, is_true=True)
            self._paired(controller, claim, is_true=True)
        else:
            self._fail(controller, claim, "wrong")

    @precondition(lambda self: self._in(ClaimState.SESSION))
    @rule(which=WHICH, is_controllers=st.booleans())
    def leave_a_session(self, which: int, is_controllers: bool) -> None:
        claim = self._pick(which, ClaimState.SESSION)
        assert claim.agreement is not None
        sides = (claim.agreement.target_connection, claim.agreement.controller_connection)
        self._send(sides[is_controllers], broker.LeaveSession(claim.id))

    @precondition(lambda self: self.claims)
    @rule(which=WHICH, claim=WHICH, kind=WHICH)
    def say_anything_about_a_claim(self, which: int, claim: int, kind: int) -> None:
        everybody = self.controllers + self.targets
        connection = everybody[which % len(everybody)]
        named = self.claims[-1 - claim % len(self.claims)]
        match kind % 4:
            case 0:
                self._accept(connection, named)
            case 1:
                self._fail(connection, named, "wrong")
            case 2:
                self._paired(connection, named, is_true=True)
            case _:
                self._send(connection, broker.LeaveSession(named))

    # What always holds.

    @invariant()
    def no_code_has_more_than_three_tries(self) -> None:
        assert all(tries <= 3 for tries in self.tries.values())
        for code in self._register.codes.values():
            assert code.tries_left == 3 - self.tries[code.owner_token] > 0

    @invariant()
    def one_claim_of_a_code_is_served_at_a_time(self) -> None:
        for code in self._register.codes.values():
            assert code.served is not None or not code.waiting
            served = [claim for claim in self._claims_of(code) if claim not in code.waiting]
            assert served == ([code.served] if code.served else [])
            addresses = [claim.address for claim in self._claims_of(code)]
            assert len(addresses) == len(set(addresses))
            assert len(code.waiting) <= LIMITS.waiting_claims_per_code

    @invariant()
    def no_code_outlives_its_time(self) -> None:
        for code in self._register.codes.values():
            assert self.meeting.now < code.expires_at
            assert self.meeting.now < self.issued_at[code.owner_token] + LONGEST_LIFE_SECONDS

    @invariant()
    def no_served_claim_outlives_its_time(self) -> None:
        for code in self._register.codes.values():
            assert code.served is None or self.meeting.now < code.served.deadline

    @invariant()
    def each_connection_is_joined_to_one_other_that_is_there(self) -> None:
        joined = [connection for pair in self.meeting.joined for connection in pair]
        assert len(joined) == len(set(joined))
        assert set(joined) <= {*self.controllers, *self.targets}
        assert self.meeting.joined == {
            (claim.agreement.controller_connection, claim.agreement.target_connection)
            for claim in self._register.claims.values()
            if claim.agreement
        }

    @invariant()
    def each_claim_is_its_targets(self) -> None:
        held = [one.claim.id for one in self._register.targets.values() if one.claim]
        assert sorted(held) == sorted(self._register.claims)

    @invariant()
    def a_session_is_granted_and_its_controllers_alone(self) -> None:
        sessions = {claim.id for claim in self._in(ClaimState.SESSION)}
        controllers = self._register.controllers.values()
        assert {one.session.id for one in controllers if one.session} == sessions
        assert all(one.code is None for one in controllers if one.session)
        assert sessions <= {grant.agreement.claim for grant in self.meeting.grants}

    @invariant()
    def memory_is_bounded(self) -> None:
        register = self._register
        assert sorted(register.controllers) == sorted(self.controllers)
        assert sorted(register.targets) == sorted(self.targets)
        assert len(register.used_session_ids) <= LIMITS.remembered_session_ids
        assert len(register.addresses) <= LIMITS.remembered_addresses
        waited_for = len(register.codes) + sum(
            code.served is not None for code in register.codes.values()
        )
        assert len(register.deadlines) == waited_for
        assert register.deadlines.entries() <= 2 * waited_for + 70
        assert register.actions == []

    # Steps.

    @property
    def _register(self) -> Register:
        return self.meeting.rendezvous._register

    def _controller(self, which: int) -> int:
        return self.controllers[which % len(self.controllers)]

    def _in(self, state: ClaimState) -> list[Claim]:
        return [claim for claim in self._register.claims.values() if claim.state is state]

    def _pick(self, which: int, state: ClaimState) -> Claim:
        found = self._in(state)
        return found[which % len(found)]

    def _claims_of(self, code: OpenCode) -> list[Claim]:
        return [claim for claim in self._register.claims.values() if claim.code is code]

    def _goes(self, connection: int) -> None:
        side = self.controllers if connection in self.controllers else self.targets
        side.remove(connection)
        self.meeting.leave(connection)

    def _send(self, connection: int, message: FromApp) -> None:
        """Send, and close the connection for a violation, as a node does."""
        try:
            self.meeting.send(connection, message)
        except ProtocolViolation:
            self._goes(connection)

    def _new_code(self, controller: int, message: FromApp) -> None:
        self.meeting.take_all(controller)
        self._send(controller, message)
        for answer in self.meeting.inbox[controller]:
            if isinstance(answer, broker.CodeIssued):
                self.issued_at[answer.owner_token] = self.meeting.now
                self.codes.append(answer)

    def _accept(self, connection: int, claim: str) -> None:
        offers = len(self.meeting.offers)
        self._send(connection, broker.AcceptClaim(claim, b"n" * 32, b"c" * 32))
        if len(self.meeting.offers) > offers:
            assert self.tries[self._register.claims[claim].code.owner_token] < 3

    def _fail(self, connection: int, claim: str, problem: str) -> None:
        found = self._register.claims.get(claim)
        is_try = (
            problem == "wrong"
            and found is not None
            and found.state is ClaimState.PAIRING
            and found.agreement is not None
            and found.agreement.controller_connection == connection
        )
        self._send(connection, broker.ClaimFailed(claim, problem))
        if is_try and found:
            self.tries[found.code.owner_token] += 1

    def _paired(self, connection: int, claim: str, is_true: bool) -> None:
        transcript = TRANSCRIPT if is_true else b"x" * 32
        self.confirmed.setdefault((connection, claim), transcript)
        grants = len(self.meeting.grants)
        self._send(connection, broker.Paired(claim, transcript))
        for grant in self.meeting.grants[grants:]:
            agreement = grant.agreement
            for side in (agreement.controller_connection, agreement.target_connection):
                assert self.confirmed[side, agreement.claim] == grant.transcript_hash


TestRendezvousMachine = RendezvousMachine.TestCase
TestRendezvousMachine.settings = settings(max_examples=150, stateful_step_count=60, deadline=None)


def test_ends_of_codes_are_all_known_to_targets() -> None:
    assert set(PROBLEM_OF_END) == set(CodeEnd)
