"""The controller's code: what each word and each command means in each state."""

from collections.abc import Callable

import pytest

from common.protocol import broker_messages as broker
from common.protocol.broker_messages import FromNode
from common.protocol.controller_pairing import (
    RECONNECT_SECONDS,
    ControllerState,
)
from common.protocol.documents import SignedDocument
from common.protocol.session_events import (
    CodeDied,
    SessionEnded,
)
from common.reasons import CodeEnd, ConnectionProblem, EndReason, PairingProblem
from tests.protocol.controller_stage import Stage, in_state

State = ControllerState
FINAL = (State.PAIRED, State.ENDED)
LIVE = tuple(state for state in State if state not in FINAL)
WITH_CODE = (
    State.WAITING_FOR_TARGET,
    State.SERVING_CLAIM,
    State.RELEASING,
    State.RECONNECTING,
)
LATE_CLAIM, LATE_ROUTING = "e" * 32, "0000"
UNSIGNED = SignedDocument(b"x", bytes(64))


# The table.

Make = Callable[[Stage], FromNode]
MESSAGES: dict[type, Make] = {
    broker.ServerHello: lambda stage: broker.ServerHello(1, bytes(32), ""),
    broker.ControllerWelcome: lambda stage: broker.ControllerWelcome("T", "", False, None),
    broker.TargetWelcome: lambda stage: broker.TargetWelcome("T", "", ()),
    broker.HelloRefused: lambda stage: broker.HelloRefused(ConnectionProblem.TOO_MANY),
    broker.CodeIssued: lambda stage: broker.CodeIssued(
        stage.session_id, "4821", "t" * 32, 7, 900, 3
    ),
    broker.CodeExtended: lambda stage: broker.CodeExtended(stage.routing, 900, 2),
    broker.CodeEnded: lambda stage: broker.CodeEnded(stage.routing, CodeEnd.CANCELLED, 1),
    broker.CodeRefused: lambda stage: broker.CodeRefused(7),
    broker.ClaimQueued: lambda stage: broker.ClaimQueued(stage.claim, 2),
    broker.ClaimRefused: lambda stage: broker.ClaimRefused(PairingProblem.EXPIRED),
    broker.Claimed: lambda stage: broker.Claimed(LATE_CLAIM, bytes(32), "den-pc", bytes(32)),
    broker.OfferMade: lambda stage: broker.OfferMade(stage.claim, UNSIGNED),
    broker.GrantMade: lambda stage: broker.GrantMade(stage.claim, UNSIGNED),
    broker.Released: lambda stage: broker.Released(stage.claim),
    broker.NodeStopping: lambda stage: broker.NodeStopping(),
}

# What a word about this code and claim leads to; documents are forged here. Every pair that is
# missing is a violation. Where there is no code or claim, what names one is late.
TABLE: dict[tuple[State, type], State] = {
    **{(state, broker.NodeStopping): state for state in LIVE},
    **{(state, broker.CodeRefused): state for state in LIVE},
    (State.ISSUING, broker.CodeRefused): State.CODE_DEAD,
    (State.ISSUING, broker.CodeIssued): State.WAITING_FOR_TARGET,
    **{(state, broker.CodeIssued): state for state in LIVE if state is not State.ISSUING},
    **{(state, broker.CodeExtended): state for state in LIVE},
    (State.RECONNECTING, broker.CodeExtended): State.WAITING_FOR_TARGET,
    **{(state, broker.CodeEnded): State.CODE_DEAD for state in WITH_CODE},
    **{(state, broker.CodeEnded): state for state in (State.ISSUING, State.CODE_DEAD)},
    (State.WAITING_FOR_TARGET, broker.Claimed): State.SERVING_CLAIM,
    # The node has not yet heard that this code is not wanted, or is not there.
    **{
        (state, broker.Claimed): state
        for state in (State.ISSUING, State.CODE_DEAD, State.RECONNECTING)
    },
    **{
        (state, kind): state
        for kind in (broker.OfferMade, broker.GrantMade, broker.Released)
        for state in LIVE
        if state not in (State.SERVING_CLAIM, State.RELEASING)
    },
    (State.SERVING_CLAIM, broker.Released): State.WAITING_FOR_TARGET,
    (State.RELEASING, broker.Released): State.WAITING_FOR_TARGET,
    (State.RELEASING, broker.OfferMade): State.RELEASING,
    (State.RELEASING, broker.GrantMade): State.RELEASING,
}


def test_the_table_names_every_message() -> None:
    assert set(MESSAGES) == set(FromNode.__args__)


@pytest.mark.parametrize("kind", MESSAGES, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("state", State)
def test_every_message_in_every_state(state: State, kind: type) -> None:
    stage = in_state(state)

    stage.pairing.receive_text(MESSAGES[kind](stage), stage.now)

    ends = [event for event in stage.events() if isinstance(event, SessionEnded)]
    if state in FINAL:
        assert stage.pairing.state is state
        assert ends == []
    elif (state, kind) in TABLE:
        assert stage.pairing.state is TABLE[state, kind]
        assert ends == []
    else:
        assert stage.pairing.state is State.ENDED
        assert stage.pairing.violation
        assert ends == [SessionEnded(EndReason.PROTOCOL_VIOLATION, by_other_side=False)]
        cancels = [said for said in stage.outputs() if isinstance(said, broker.CancelCode)]
        assert len(cancels) == (state in WITH_CODE)


LATE: tuple[FromNode, ...] = (
    broker.CodeIssued(bytes(16), "4821", "t" * 32, 7, 900, 3),
    broker.CodeExtended(LATE_ROUTING, 900, 2),
    broker.CodeEnded(LATE_ROUTING, CodeEnd.CANCELLED),
    broker.OfferMade(LATE_CLAIM, UNSIGNED),
    broker.GrantMade(LATE_CLAIM, UNSIGNED),
    broker.Released(LATE_CLAIM),
)


@pytest.mark.parametrize("message", LATE, ids=lambda message: type(message).__name__)
@pytest.mark.parametrize("state", State)
def test_a_word_about_an_earlier_code_or_claim_is_late(state: State, message: FromNode) -> None:
    stage = in_state(state)
    before = stage.pairing.next_deadline()
    stage.pairing.receive_text(message, stage.now)
    assert stage.pairing.state is state
    assert stage.events() == []
    assert stage.outputs() == []
    assert stage.pairing.next_deadline() == before


@pytest.mark.parametrize("state", [state for state in State if state is not State.SERVING_CLAIM])
def test_a_frame_without_a_claim_is_late(state: State) -> None:
    stage = in_state(state)
    stage.pairing.receive_frame(b"x")
    assert stage.pairing.state is state
    assert stage.events() == []
    assert stage.outputs() == []


@pytest.mark.parametrize("state", State)
def test_a_result_of_an_earlier_claim_is_passed_over(state: State) -> None:
    stage = in_state(state)
    stage.pairing.computed(0, b"x")
    assert stage.pairing.state is state
    assert stage.outputs() == []


# The commands in every state.


@pytest.mark.parametrize("state", LIVE)
def test_cancel_in_every_state_is_one_end_and_the_code_is_cancelled(state: State) -> None:
    stage = in_state(state)
    stage.pairing.end(EndReason.CANCELLED)
    stage.pairing.end(EndReason.CONTROLLER_QUIT)
    assert stage.events() == [SessionEnded(EndReason.CANCELLED, by_other_side=False)]
    kinds = [type(said) for said in stage.outputs()]
    assert kinds == ([broker.CancelCode] if state in WITH_CODE else [])
    assert stage.pairing.next_deadline() is None


@pytest.mark.parametrize("state", FINAL)
def test_nothing_can_be_commanded_after_the_end(state: State) -> None:
    stage = in_state(state)
    stage.pairing.end(EndReason.CANCELLED)
    stage.pairing.request_new()
    stage.pairing.extend()
    stage.pairing.advance(stage.now + 9999)
    assert stage.pairing.state is state
    assert stage.events() == []
    assert stage.outputs() == []


@pytest.mark.parametrize("state", LIVE)
def test_request_new_in_every_state(state: State) -> None:
    stage = in_state(state)
    stage.pairing.request_new()
    kinds = [type(said) for said in stage.outputs()]
    match state:
        case State.ISSUING | State.RECONNECTING:
            assert stage.pairing.state is state
            assert kinds == []
            assert stage.events() == []
        case State.CODE_DEAD:
            assert stage.pairing.state is State.ISSUING
            assert kinds == [broker.StartSession]
            assert stage.events() == []
        case _:
            assert stage.pairing.state is State.ISSUING
            assert kinds == [broker.ReplaceCode]
            assert stage.events() == [CodeDied(CodeEnd.REPLACED)]


@pytest.mark.parametrize("state", LIVE)
def test_extend_in_every_state(state: State) -> None:
    stage = in_state(state)
    stage.pairing.extend()
    is_asked = state in WITH_CODE and state is not State.RECONNECTING
    kinds = [type(said) for said in stage.outputs()]
    assert kinds == ([broker.ExtendCode] if is_asked else [])
    assert stage.pairing.state is state


@pytest.mark.parametrize("state", LIVE)
def test_a_code_whose_time_is_over_is_dead_in_every_state(state: State) -> None:
    stage = in_state(state)
    # The connection came back, and the node has not answered yet.
    if state is State.RECONNECTING:
        stage.pairing.connection_restored(stage.pair.controller.identity)
        stage.outputs()
    stage.pairing.advance(stage.now + 900)
    if state in WITH_CODE:
        assert stage.pairing.state is State.CODE_DEAD
        assert stage.events() == [CodeDied(CodeEnd.EXPIRED)]
        (said,) = stage.outputs()
        assert isinstance(said, broker.CancelCode)
        assert said.end is CodeEnd.EXPIRED
    else:
        assert stage.pairing.state is state
        assert stage.events() == []


@pytest.mark.parametrize("state", LIVE)
def test_a_lost_connection_in_every_state(state: State) -> None:
    stage = in_state(state)
    stage.pairing.extend()  # something to be sent, and never to be sent over another connection
    stage.pairing.connection_lost(stage.now)
    assert stage.outputs() == []
    assert stage.events() == []
    if state in WITH_CODE:
        assert stage.pairing.state is State.RECONNECTING
    else:
        assert stage.pairing.state is state
    stage.pairing.advance(stage.now + RECONNECT_SECONDS - 0.01)
    assert stage.events() == []
    stage.pairing.advance(stage.now + RECONNECT_SECONDS)
    is_over = state is not State.CODE_DEAD
    ended = [SessionEnded(EndReason.CONNECTION_LOST, by_other_side=False)]
    assert stage.events() == (ended if is_over else [])


@pytest.mark.parametrize("state", LIVE)
def test_a_connection_that_comes_back_in_every_state(state: State) -> None:
    stage = in_state(state)
    stage.pairing.connection_lost(stage.now)
    stage.pairing.connection_restored(stage.pair.controller.identity)
    kinds = [type(said) for said in stage.outputs()]
    if state in WITH_CODE:
        assert kinds == [broker.ResumeCode]
    else:
        assert kinds == ([broker.StartSession] if state is State.ISSUING else [])
    stage.pairing.advance(stage.now + RECONNECT_SECONDS)
    assert stage.events() == []
