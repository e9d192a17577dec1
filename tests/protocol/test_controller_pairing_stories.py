"""The controller's code in stories: its time, its tries, codes that cross on the way."""

import pytest

from common.protocol import broker_messages as broker
from common.protocol.controller_claim import ClaimState
from common.protocol.controller_pairing import (
    RECONNECT_SECONDS,
    WRONG_TRIES_PER_CODE,
    ControllerPairing,
    ControllerState,
)
from common.protocol.session_events import (
    ClaimantLeft,
    CodeChanged,
    CodeDied,
    CodeNotIssued,
    SessionEnded,
    SessionPaired,
    TargetClaims,
    WrongCodeTyped,
)
from common.reasons import CodeEnd, EndReason
from tests.protocol.controller_stage import in_state, without
from tests.support.paired_ends import PeerPair, every, last, with_wrong_secret

State = ControllerState

# --- stories --------------------------------------------------------------------------------


def test_the_code_is_told_with_its_time() -> None:
    pair = PeerPair()
    pair.open_code()
    (changed,) = pair.controller.events
    assert isinstance(changed, CodeChanged)
    assert changed.expires_at == pair.now + 900
    assert (changed.extends_left, changed.tries_left) == (3, 3)


def test_extend_gives_the_same_code_its_whole_time_three_times() -> None:
    pair = PeerPair()
    code = pair.open_code()
    pairing = pair.controller.pairing
    assert pairing is not None
    for left in (2, 1, 0, 0):
        pair.advance(600)
        pairing.extend()
        pair.settle()
        changed = last(pair.controller.events, CodeChanged)
        assert changed.code == code
        assert changed.extends_left == left
    assert len(every(pair.controller.events, CodeChanged)) == 4
    asked = [said for said in pair.node.seen if isinstance(said, broker.ExtendCode)]
    assert len(asked) == 3
    pair.advance(300)
    assert pair.controller.events[-1] == CodeDied(CodeEnd.EXPIRED)


def test_extend_never_resets_the_tries() -> None:
    pair = PeerPair()
    code = pair.open_code()
    pair.enter(with_wrong_secret(code))
    assert pair.controller.pairing is not None
    pair.controller.pairing.extend()
    pair.settle()
    assert last(pair.controller.events, CodeChanged).tries_left == 2


def test_three_wrong_secrets_are_counted_and_the_third_is_the_end() -> None:
    pair = PeerPair()
    code = pair.open_code()
    for _ in range(WRONG_TRIES_PER_CODE):
        pair.enter(with_wrong_secret(code))
    tries = [event.wrong_tries for event in every(pair.controller.events, WrongCodeTyped)]
    assert tries == [1, 2, 3]
    assert pair.controller.events[-1] == CodeDied(CodeEnd.WRONG_THREE_TIMES)
    assert every(pair.controller.events, SessionEnded) == []


def test_a_dead_code_serves_nobody_though_the_node_goes_on_announcing() -> None:
    pair = PeerPair()
    code = pair.open_code()
    for _ in range(WRONG_TRIES_PER_CODE):
        pair.enter(with_wrong_secret(code))
    pairing = pair.controller.pairing
    assert pairing is not None
    for number in range(20):
        claimed = broker.Claimed(f"{number:032x}", bytes(32), "x", bytes(32))
        pairing.receive_text(claimed, pair.now)
        assert pairing.take_computation() is None
    assert pairing.state is State.CODE_DEAD
    assert pairing.next_output() is None


def test_a_node_that_counts_otherwise_is_told_that_the_code_is_dead() -> None:
    pair = PeerPair()
    code = pair.open_code()
    for _ in range(WRONG_TRIES_PER_CODE):
        pair.enter(with_wrong_secret(code))
    cancels = [said for said in pair.node.seen if isinstance(said, broker.CancelCode)]
    assert [cancel.end for cancel in cancels] == [CodeEnd.WRONG_THREE_TIMES]


def test_tries_outlive_a_lost_connection() -> None:
    pair = PeerPair()
    code = pair.open_code()
    pair.enter(with_wrong_secret(code))
    pair.cut(pair.controller)
    pair.restore(pair.controller)
    assert last(pair.controller.events, CodeChanged).tries_left == 2
    pair.enter(with_wrong_secret(code))
    pair.enter(with_wrong_secret(code))
    assert pair.controller.events[-1] == CodeDied(CodeEnd.WRONG_THREE_TIMES)


def test_each_failed_try_to_reconnect_does_not_begin_the_two_minutes_anew() -> None:
    stage = in_state(State.RECONNECTING)
    stage.pairing.connection_lost(stage.now + 60)
    assert stage.pairing.next_deadline() == stage.now + RECONNECT_SECONDS


def test_a_code_that_expires_while_its_controller_is_away_is_no_lost_session() -> None:
    pair = PeerPair()
    pair.open_code()
    pair.advance(850)
    pair.cut(pair.controller)
    pair.advance(300)
    assert pair.controller.events[-1] == CodeDied(CodeEnd.EXPIRED)
    assert pair.controller.pairing is not None


def test_a_new_code_that_was_wanted_while_away_is_asked_for_once() -> None:
    pair = PeerPair()
    pair.open_code()
    pair.advance(900)
    pair.cut(pair.controller)
    assert pair.controller.pairing is not None
    pair.controller.pairing.request_new()
    pair.restore(pair.controller)
    asked = [said for said in pair.node.seen if isinstance(said, broker.StartSession)]
    assert len(asked) == 2
    assert pair.controller.pairing.state is State.WAITING_FOR_TARGET


def test_a_slow_step_of_a_claim_that_is_gone_is_not_taken_for_the_next_one_s() -> None:
    stage = in_state(State.WAITING_FOR_TARGET)
    claims = [broker.Claimed(f"{number:032x}", bytes(32), "x", bytes(32)) for number in (1, 2)]
    steps = []
    for claimed in claims:
        stage.pairing.receive_text(claimed, stage.now)
        step = stage.pairing.take_computation()
        assert step is not None
        steps.append(step)
        if claimed is claims[0]:
            stage.pairing.receive_text(broker.Released(claimed.claim), stage.now)
    for step in steps:
        stage.pairing.computed(step.number, step.function())
    (accepted,) = stage.outputs()
    assert isinstance(accepted, broker.AcceptClaim)
    assert accepted.claim == claims[1].claim


def test_a_target_that_sends_nonsense_costs_no_try() -> None:
    stage = in_state(State.SERVING_CLAIM)
    stage.pairing.receive_frame(b"x")  # before the offer: nobody is joined yet
    assert stage.events() == [ClaimantLeft()]
    assert stage.outputs() == [broker.ClaimFailed(stage.claim, "malformed")]
    stage.pairing.receive_text(broker.Released(stage.claim), stage.now)
    assert stage.pairing.state is State.WAITING_FOR_TARGET


def test_a_target_that_floods_after_pairing_does_not_break_the_controller_s_connection() -> None:
    pair = PeerPair()
    code = pair.open_code()
    pair.node.edit = without(broker.GrantMade)
    pair.enter(code)
    pairing = pair.controller.pairing
    assert pairing is not None
    for _ in range(9):
        pairing.receive_frame(b"x")
    pair.settle()  # the real node has granted: to it this is a session, which is left
    assert pairing.state is State.CODE_DEAD
    assert pair.controller.events[-1] == CodeDied(CodeEnd.USED)


def test_a_right_code_is_told_with_the_target_s_name() -> None:
    pair = PeerPair()
    pair.pair()
    claims, paired = pair.controller.events[1:3]
    assert claims == TargetClaims("kitchen-pc")
    assert isinstance(paired, SessionPaired)
    assert paired.other_computer == "kitchen-pc"
    assert paired.security_number == last(pair.target.events, SessionPaired).security_number


# --- codes that cross on the way ------------------------------------------------------------


def test_the_new_code_s_claims_are_not_those_of_the_old_one() -> None:
    pair = PeerPair()
    old = pair.open_code()
    pair.slow_down(pair.controller)
    pair.enter(old)
    assert pair.controller.pairing is not None
    pair.controller.pairing.request_new()
    pair.controller.is_computing = True
    pair.held_back.clear()
    pair.settle()
    assert pair.code != old
    assert not pair.controller.violations
    pair.enter(pair.code)
    assert pair.target.session is not None


def test_a_refused_extend_does_not_end_the_code_that_is_on_its_way() -> None:
    stage = in_state(State.WAITING_FOR_TARGET)
    stage.pairing.extend()
    stage.pairing.request_new()
    request = stage.outputs()[-1]
    assert isinstance(request, broker.ReplaceCode)
    stage.pairing.receive_text(broker.CodeRefused(0), stage.now)
    issued = broker.CodeIssued(request.session_id, "4822", "t" * 32, 7, 900, 3)
    stage.pairing.receive_text(issued, stage.now)
    stage.pairing.receive_text(issued, stage.now)  # twice changes nothing
    assert stage.pairing.state is State.WAITING_FOR_TARGET
    kinds = [type(event) for event in stage.events()]
    assert kinds == [CodeDied, CodeNotIssued, CodeChanged]


def test_when_no_other_code_is_issued_the_old_one_is_cancelled() -> None:
    stage = in_state(State.WAITING_FOR_TARGET)
    stage.pairing.request_new()
    stage.outputs()
    stage.pairing.receive_text(broker.CodeRefused(30), stage.now)
    assert stage.pairing.state is State.CODE_DEAD
    assert stage.events() == [CodeDied(CodeEnd.REPLACED), CodeNotIssued(30)]
    (cancel,) = stage.outputs()
    assert isinstance(cancel, broker.CancelCode)
    assert cancel.routing == stage.routing


def test_who_cancels_while_a_code_is_being_replaced_cancels_the_old_one() -> None:
    stage = in_state(State.WAITING_FOR_TARGET)
    stage.pairing.request_new()
    stage.pairing.end(EndReason.CANCELLED)
    (cancel,) = stage.outputs()  # and the request that has not left is not wanted any more
    assert isinstance(cancel, broker.CancelCode)
    assert cancel.routing == stage.routing


def test_a_replacement_that_was_lost_on_the_way_is_asked_for_again() -> None:
    pair = PeerPair()
    old = pair.open_code()
    assert pair.controller.pairing is not None
    pair.controller.pairing.request_new()
    pair.node.disconnect(pair.controller.connection or 0, pair.now)
    pair.controller.lose_connection(pair.now)
    pair.restore(pair.controller)
    assert pair.code.routing != old.routing
    replaced = [said for said in pair.node.seen if isinstance(said, broker.ReplaceCode)]
    assert [request.routing for request in replaced] == [old.routing]


@pytest.mark.parametrize("claim_state", list(ClaimState)[:-1])
def test_request_new_at_every_moment_of_a_claim(claim_state: ClaimState) -> None:
    pair = PeerPair()
    old = pair.open_code()
    pair.slow_down(pair.controller)
    pair.enter(old)
    pairing = pair.controller.pairing
    assert pairing is not None
    while pairing.state is not State.SERVING_CLAIM or claim_of(pairing) is not claim_state:
        pair.step(pair.controller)
    pairing.request_new()
    pair.controller.is_computing = True
    pair.held_back.clear()
    pair.settle()
    assert not pair.controller.violations
    assert pair.target.session is None
    assert pair.code.routing != old.routing
    pair.enter(pair.code)
    assert pair.target.session is not None


def claim_of(pairing: ControllerPairing) -> ClaimState | None:
    claim = pairing._claim
    return claim.state if claim else None


@pytest.mark.parametrize(
    "routing", ["000", "1234567", "12a4", ""], ids=["short", "long", "letter", "empty"]
)
def test_routing_digits_that_fit_no_code_are_a_violation(routing: str) -> None:
    stage = in_state(State.ISSUING)
    issued = broker.CodeIssued(stage.session_id, routing, "t" * 32, 7, 900, 3)
    stage.pairing.receive_text(issued, stage.now)
    assert stage.pairing.violation
    assert stage.pairing.state is State.ENDED


def test_eight_secret_digits_are_a_violation() -> None:
    stage = in_state(State.ISSUING)
    issued = broker.CodeIssued(stage.session_id, "4821", "t" * 32, 8, 900, 3)
    stage.pairing.receive_text(issued, stage.now)
    assert stage.pairing.violation
