"""The target's way to a session: what each word of the node means in each state."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from common.protocol import broker_messages as broker
from common.protocol.broker_messages import FromNode
from common.protocol.documents import SignedDocument
from common.protocol.pairing import MAXIMUM_EARLY_FRAMES
from common.protocol.session_events import ClaimWaiting, PairingEnded, SessionPaired
from common.protocol.target_pairing import (
    PROGRESS_SECONDS,
    SECONDS_PER_WAITING_CLAIM,
    TargetPairing,
    TargetState,
)
from common.reasons import CodeEnd, ConnectionProblem, PairingProblem
from tests.support.paired_ends import PeerPair, with_wrong_secret

State = TargetState
LATE_CLAIM = "e" * 32
UNSIGNED = SignedDocument(b"x", bytes(64))

FINAL = (State.PAIRED, State.ENDED)
LIVE = tuple(state for state in State if state not in FINAL)
UNNAMED = (State.CLAIMING, State.LEAVING)
WITH_CLAIM = tuple(state for state in LIVE if state not in UNNAMED)
BEFORE_OFFER = (State.CLAIMING, State.AWAITING_OFFER)


@dataclass
class Stage:
    """A target in a state, its claim, and what the node would send it next."""

    pair: PeerPair
    pairing: TargetPairing
    claim: str


def in_state(state: State) -> Stage:
    pair = PeerPair()
    code = pair.open_code()
    pair.slow_down(pair.target)
    pair.enter(code)
    pairing = pair.target.pairing
    assert pairing is not None
    if state is State.ENDED:
        pairing.connection_lost()
    elif state is State.LEAVING:
        pairing.cancel()
    while pairing.state is not state:
        pair.step(pair.target)
    pairing.take_events()
    claims = [said.claim for said in pair.node.seen if isinstance(said, broker.AcceptClaim)]
    return Stage(pair, pairing, claims[0])


def outputs(pairing: TargetPairing) -> list[object]:
    found: list[object] = []
    while (output := pairing.next_output()) is not None:
        found.append(output)
    return found


# The table.

Make = Callable[[str], FromNode]
MESSAGES: dict[type, Make] = {
    broker.ServerHello: lambda claim: broker.ServerHello(1, bytes(32), ""),
    broker.ControllerWelcome: lambda claim: broker.ControllerWelcome("T", "", False, None),
    broker.TargetWelcome: lambda claim: broker.TargetWelcome("T", "", ()),
    broker.HelloRefused: lambda claim: broker.HelloRefused(ConnectionProblem.TOO_MANY),
    broker.CodeIssued: lambda claim: broker.CodeIssued(bytes(16), "4821", "t" * 32, 7, 900, 3),
    broker.CodeExtended: lambda claim: broker.CodeExtended("4821", 900, 2),
    broker.CodeEnded: lambda claim: broker.CodeEnded("4821", CodeEnd.USED),
    broker.CodeRefused: lambda claim: broker.CodeRefused(1),
    broker.ClaimQueued: lambda claim: broker.ClaimQueued(claim, 2),
    broker.ClaimRefused: lambda claim: broker.ClaimRefused(PairingProblem.EXPIRED, 9),
    broker.Claimed: lambda claim: broker.Claimed(claim, bytes(32), "x", bytes(32)),
    broker.OfferMade: lambda claim: broker.OfferMade(claim, UNSIGNED),
    broker.GrantMade: lambda claim: broker.GrantMade(claim, UNSIGNED),
    broker.Released: lambda claim: broker.Released(claim),
    broker.NodeStopping: lambda claim: broker.NodeStopping(),
}

UNTRUSTED, LEFT = PairingProblem.UNTRUSTED, PairingProblem.CONTROLLER_LEFT

# What a word about this attempt leads to: another state, or the end for this reason. The
# documents here are forged. Every pair that is missing is a violation, which is UNTRUSTED.
TABLE: dict[tuple[State, type], State | PairingProblem] = {
    **{(state, broker.NodeStopping): state for state in LIVE},
    **{(state, broker.ClaimQueued): State.AWAITING_OFFER for state in BEFORE_OFFER},
    **{(state, broker.ClaimRefused): PairingProblem.EXPIRED for state in BEFORE_OFFER},
    **{(state, broker.Released): LEFT for state in WITH_CLAIM},
    (State.AWAITING_CONFIRMATION, broker.Released): PairingProblem.WRONG_SECRET,
    # Nothing that names a claim can mean this attempt before ClaimQueued has named it.
    **{
        (state, kind): state
        for state in UNNAMED
        for kind in (broker.OfferMade, broker.GrantMade, broker.Released)
    },
}
LEAVING_ENDS_BY = (broker.ClaimQueued, broker.ClaimRefused)
"""What a cancelled claim waits for; nobody hears of it any more."""


def test_the_table_names_every_message() -> None:
    assert set(MESSAGES) == set(FromNode.__args__)


@pytest.mark.parametrize("kind", MESSAGES, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("state", State)
def test_every_message_in_every_state(state: State, kind: type) -> None:
    stage = in_state(state)
    pairing = stage.pairing
    outputs(pairing)

    pairing.receive_text(MESSAGES[kind](stage.claim), stage.pair.now)

    expected = TABLE.get((state, kind), UNTRUSTED)
    ends = [event for event in pairing.take_events() if isinstance(event, PairingEnded)]
    if state in FINAL:
        assert pairing.state is state
        assert ends == []
    elif state is State.LEAVING:
        is_over = kind in LEAVING_ENDS_BY or (state, kind) not in TABLE
        assert pairing.state is (State.ENDED if is_over else State.LEAVING)
        assert ends == []
        left = [broker.LeaveSession(stage.claim)] if kind is broker.ClaimQueued else []
        assert outputs(pairing) == left
    elif isinstance(expected, State):
        assert pairing.state is expected
        assert ends == []
    else:
        assert pairing.state is State.ENDED
        assert [end.problem for end in ends] == [expected]
        assert bool(pairing.violation) is (expected is UNTRUSTED)
        assert pairing.take_computation() is None
    if expected is UNTRUSTED and state in WITH_CLAIM:
        assert outputs(pairing) == [broker.LeaveSession(stage.claim)]


@pytest.mark.parametrize("kind", [broker.OfferMade, broker.GrantMade, broker.Released])
@pytest.mark.parametrize("state", State)
def test_a_word_about_a_claim_that_was_left_before_is_late(state: State, kind: type) -> None:
    stage = in_state(state)
    deadline = stage.pairing.next_deadline()
    stage.pairing.receive_text(MESSAGES[kind](LATE_CLAIM), stage.pair.now + 5)
    assert stage.pairing.state is state
    assert stage.pairing.take_events() == []
    assert stage.pairing.next_deadline() == deadline


# A frame: the state that it leads to; the missing ones are violations.
FRAMES: dict[State, State] = {
    State.CLAIMING: State.CLAIMING,  # one of an earlier session, passed over
    State.LEAVING: State.LEAVING,
    State.AWAITING_SHARE: State.ANSWERING,
    State.AWAITING_GRANT: State.AWAITING_GRANT,
    State.PAIRED: State.PAIRED,
}


@pytest.mark.parametrize("state", State)
def test_a_frame_in_every_state(state: State) -> None:
    stage = in_state(state)
    stage.pairing.receive_frame(b"x", stage.pair.now)
    assert stage.pairing.state is FRAMES.get(state, State.ENDED)
    assert bool(stage.pairing.violation) is (state not in FRAMES and state is not State.ENDED)


@pytest.mark.parametrize("state", State)
def test_a_lost_connection_is_the_end_and_leaves_nothing_for_another(state: State) -> None:
    stage = in_state(state)
    stage.pairing.connection_lost()
    ended = [PairingEnded(PairingProblem.BROKER_UNREACHABLE)]
    assert stage.pairing.state is (State.PAIRED if state is State.PAIRED else State.ENDED)
    assert stage.pairing.take_events() == ([] if state in (*FINAL, State.LEAVING) else ended)
    assert outputs(stage.pairing) == []


def test_a_claim_that_had_not_left_is_not_made_over_another_connection() -> None:
    pair = PeerPair()
    code = pair.open_code()
    pair.target.enter(code, pair.now)
    pairing = pair.target.pairing
    assert pairing is not None
    pairing.connection_lost()
    assert outputs(pairing) == []


@pytest.mark.parametrize("state", State)
def test_who_cancels_hears_nothing_more(state: State) -> None:
    stage = in_state(state)
    outputs(stage.pairing)
    stage.pairing.cancel()
    if state in UNNAMED:
        assert stage.pairing.state is State.LEAVING
    else:
        assert stage.pairing.state is (state if state in FINAL else State.ENDED)
    left = [broker.LeaveSession(stage.claim)] if state in WITH_CLAIM else []
    assert outputs(stage.pairing) == left
    stage.pairing.receive_text(broker.Released(stage.claim), stage.pair.now)
    stage.pairing.receive_frame(b"x", stage.pair.now)
    if state not in UNNAMED:
        stage.pairing.computed(b"x")
    stage.pairing.advance(stage.pair.now + 9999)
    assert stage.pairing.take_events() == []
    assert stage.pairing.next_deadline() is None


def test_a_claim_that_has_not_left_yet_is_cancelled_without_a_word() -> None:
    pair = PeerPair()
    code = pair.open_code()
    pair.target.enter(code, pair.now)
    pairing = pair.target.pairing
    assert pairing is not None
    pairing.cancel()
    assert pairing.state is State.ENDED
    assert outputs(pairing) == []


# The way.


def test_a_code_goes_through_all_states_to_a_session() -> None:
    pair = PeerPair()
    code = pair.open_code()
    pair.slow_down(pair.target)
    pair.enter(code)
    pairing = pair.target.pairing
    assert pairing is not None
    states = [pairing.state]
    while pairing.state is not State.PAIRED:
        pair.step(pair.target)
        if pairing.state is not states[-1]:
            states.append(pairing.state)
    left_out = (State.LEAVING, State.ENDED)
    assert states == [state for state in State if state not in left_out]
    assert pairing.next_deadline() is None
    assert pairing.result is not None
    assert pairing.result.offer.technician == "Tess Example"
    kinds = [type(event) for event in pair.target.events]
    assert kinds[:2] == [ClaimWaiting, SessionPaired]


def test_the_claim_says_the_routing_digits_and_a_nonce_and_nothing_else() -> None:
    stage = in_state(State.AWAITING_OFFER)
    (claim,) = [said for said in stage.pair.node.seen if isinstance(said, broker.Claim)]
    assert claim.routing == stage.pair.code.routing


def test_nothing_that_is_said_holds_the_secret() -> None:
    pair = PeerPair()
    pair.pair()
    secret = pair.code.secret.reveal()
    for said in pair.node.seen:
        text = repr(said).encode() if not isinstance(said, bytes) else said
        assert secret.encode() not in text


@pytest.mark.parametrize("state", WITH_CLAIM)
def test_a_broker_that_says_nothing_more_is_unreachable(state: State) -> None:
    stage = in_state(state)
    outputs(stage.pairing)
    now, deadline = stage.pair.now, stage.pairing.next_deadline()
    assert deadline == now + PROGRESS_SECONDS
    stage.pairing.advance(now + PROGRESS_SECONDS - 0.01)
    assert stage.pairing.state is state
    stage.pairing.advance(now + PROGRESS_SECONDS)
    assert stage.pairing.take_events() == [PairingEnded(PairingProblem.BROKER_UNREACHABLE)]
    assert outputs(stage.pairing) == [broker.LeaveSession(stage.claim)]


def test_who_waits_behind_others_waits_for_them() -> None:
    stage = in_state(State.CLAIMING)
    later = stage.pair.now + 15
    stage.pairing.receive_text(broker.ClaimQueued(stage.claim, 3), later)
    waits = PROGRESS_SECONDS + 3 * SECONDS_PER_WAITING_CLAIM
    assert stage.pairing.next_deadline() == later + waits
    assert stage.pairing.take_events() == [ClaimWaiting(3)]


@pytest.mark.parametrize("problem", PairingProblem)
def test_what_the_server_says_of_the_code_is_told(problem: PairingProblem) -> None:
    stage = in_state(State.CLAIMING)
    stage.pairing.receive_text(broker.ClaimRefused(problem, 600), stage.pair.now)
    assert stage.pairing.take_events() == [PairingEnded(problem, 600)]


def test_an_offer_ends_with_its_code() -> None:
    pair = PeerPair()
    code = pair.open_code()
    pair.advance(890.5)
    pair.slow_down(pair.target)
    pair.enter(code)
    pairing = pair.target.pairing
    assert pairing is not None
    while pairing.state is not State.AWAITING_SHARE:
        pair.step(pair.target)
    pairing.take_events()
    assert pairing.next_deadline() == pair.now + math.floor(9.5)
    pairing.advance(pair.now + 9)
    assert pairing.take_events() == [PairingEnded(PairingProblem.EXPIRED)]


def test_a_wrong_secret_is_told_as_one() -> None:
    pair = PeerPair()
    pair.enter(with_wrong_secret(pair.open_code()))
    assert pair.target.events[-1] == PairingEnded(PairingProblem.WRONG_SECRET)


def test_a_controller_that_is_lost_is_no_wrong_secret() -> None:
    stage = in_state(State.AWAITING_CONFIRMATION)
    stage.pairing.receive_text(broker.Released(stage.claim, other_is_lost=True), stage.pair.now)
    assert stage.pairing.take_events() == [PairingEnded(LEFT)]


def test_a_controller_that_does_not_know_the_secret_is_told_as_a_wrong_one() -> None:
    stage = in_state(State.AWAITING_CONFIRMATION)
    outputs(stage.pairing)
    stage.pairing.receive_frame(bytes(32), stage.pair.now)
    assert stage.pairing.take_events() == [PairingEnded(PairingProblem.WRONG_SECRET)]
    assert outputs(stage.pairing) == [broker.LeaveSession(stage.claim)]


def test_a_confirmation_of_another_length_is_not_trusted() -> None:
    stage = in_state(State.AWAITING_CONFIRMATION)
    stage.pairing.receive_frame(bytes(31), stage.pair.now)
    assert stage.pairing.take_events() == [PairingEnded(UNTRUSTED)]


def test_a_share_that_makes_no_sense_is_not_trusted() -> None:
    stage = in_state(State.AWAITING_SHARE)
    stage.pairing.receive_frame(b"x", stage.pair.now)
    stage.pair.target.compute(stage.pair.now)
    assert stage.pairing.state is State.ENDED
    assert stage.pair.target.events[-1] == PairingEnded(UNTRUSTED)


def test_records_that_overtake_the_grant_are_kept_in_order_up_to_a_few() -> None:
    stage = in_state(State.AWAITING_GRANT)
    frames = [bytes([number]) for number in range(MAXIMUM_EARLY_FRAMES)]
    for frame in frames:
        stage.pairing.receive_frame(frame, stage.pair.now)
    stage.pair.step(stage.pair.target)  # the grant
    assert stage.pairing.result is not None
    assert list(stage.pairing.result.early_frames) == frames


def test_more_records_before_the_grant_are_not_trusted() -> None:
    stage = in_state(State.AWAITING_GRANT)
    for _ in range(MAXIMUM_EARLY_FRAMES + 1):
        stage.pairing.receive_frame(b"x", stage.pair.now)
    assert stage.pairing.take_events() == [PairingEnded(UNTRUSTED)]


def test_a_step_that_nobody_asked_for_is_a_bug() -> None:
    stage = in_state(State.AWAITING_SHARE)
    with pytest.raises(RuntimeError):
        stage.pairing.computed("what")


@pytest.mark.parametrize("state", [State.CLAIMING, *WITH_CLAIM])
def test_the_next_attempt_is_not_disturbed_by_the_last_one(state: State) -> None:
    stage = in_state(state)
    pair = stage.pair
    pair.target.is_computing = True
    pair.target.cancel(pair.now)
    pair.target.enter(pair.code, pair.now)  # while the words about the first are under way
    pair.held_back.clear()
    pair.settle()
    assert not pair.target.violations
    if state is State.AWAITING_GRANT:  # both had confirmed, so the code is used
        assert pair.target.events[-1] == PairingEnded(PairingProblem.USED)
    else:
        assert pair.target.session is not None
