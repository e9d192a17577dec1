"""The target's half of a session: what it takes when, who is asked, and how it ends."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.protocol import broker_messages as broker
from common.protocol.broker_messages import FromNode
from common.protocol.documents import SignedDocument
from common.protocol.policies import NEUTRAL_POLICIES, Policies, SessionMode, TimeoutAction
from common.protocol.session_events import (
    AcceptanceAsked,
    InputReceived,
    ReleaseHeld,
    RoundTripMeasured,
    SessionEnded,
    SessionStarted,
    TargetEvent,
)
from common.protocol.session_messages import (
    AnySessionMessage,
    AwaitingAcceptance,
    Goodbye,
    KeyPressed,
    PictureShown,
    Ping,
    Pong,
    ScreenLayout,
    SessionAccepted,
)
from common.protocol.target_session import (
    MODES_BUILT,
    TargetSession,
    TargetSessionState,
    first_built_mode,
    must_ask,
)
from common.reasons import CodeEnd, ConnectionProblem, EndReason, PairingProblem
from tests.protocol.granted_sessions import (
    CLAIM,
    OTHER_CLAIM,
    ROUTING,
    START,
    OtherSide,
    granted,
    target_session,
)
from tests.protocol.target_stage import (
    INPUT,
    NOT_ASKING,
    SCREEN,
    ends,
    given_on,
    in_state,
    running,
)

State = TargetSessionState
LIVE = (State.ASKING_USER, State.RUNNING)
ACCEPTED = SessionAccepted(SessionMode.ACTIVE, "kitchen-pc", "ann", "Debian GNU/Linux 12")
ASKED = AwaitingAcceptance(45)

# What a message leads to in a state. Every pair that is missing is a violation.
TABLE: dict[tuple[State, type], State] = {
    **{(state, Goodbye): State.ENDED for state in LIVE},
    **{(state, Ping): state for state in LIVE},
    (State.RUNNING, PictureShown): State.RUNNING,
    **{(State.RUNNING, type(message)): State.RUNNING for message in INPUT},
}
EVERY_MESSAGE: tuple[AnySessionMessage, ...] = (
    ASKED,
    ACCEPTED,
    Ping(1),
    Pong(77),
    Goodbye(EndReason.CONTROLLER_ENDED),
    PictureShown(1, 1),
    *SCREEN,
    *INPUT,
)


# The table.


def test_the_table_names_every_message() -> None:
    assert {type(message) for message in EVERY_MESSAGE} == set(AnySessionMessage.__args__)


@pytest.mark.parametrize("message", EVERY_MESSAGE, ids=lambda message: type(message).__name__)
@pytest.mark.parametrize("state", State)
def test_every_message_in_every_state(state: State, message: AnySessionMessage) -> None:
    session, controller = in_state(state)

    controller.say(message)

    if state is State.ENDED:
        assert session.take_events() == []
        assert controller.hear() == ([], [])
    elif (state, type(message)) in TABLE:
        assert session.state is TABLE[state, type(message)]
        assert not session.violation
    else:
        assert session.violation
        assert session.take_events() == [
            ReleaseHeld(),
            SessionEnded(EndReason.PROTOCOL_VIOLATION, False),
        ]
        assert controller.hear() == (
            [Goodbye(EndReason.PROTOCOL_VIOLATION)],
            [broker.LeaveSession(CLAIM)],
        )


NODE_MESSAGES: tuple[FromNode, ...] = (
    broker.ServerHello(1, bytes(32), ""),
    broker.ControllerWelcome("T", "", False, None),
    broker.TargetWelcome("T", "", ()),
    broker.HelloRefused(ConnectionProblem.TOO_MANY),
    broker.CodeIssued(bytes(16), ROUTING, "t" * 32, 7, 900, 3),
    broker.CodeExtended(ROUTING, 900, 2),
    broker.CodeEnded(ROUTING, CodeEnd.USED, 2),
    broker.CodeRefused(1),
    broker.ClaimQueued(CLAIM, 0),
    broker.ClaimRefused(PairingProblem.USED),
    broker.Claimed(CLAIM, bytes(32), "x", bytes(32)),
    broker.OfferMade(CLAIM, SignedDocument(b"x", bytes(64))),
    broker.GrantMade(CLAIM, SignedDocument(b"x", bytes(64))),
    broker.Released(CLAIM),
    broker.NodeStopping(),
)
END_OF_SESSION = {
    broker.Released: EndReason.OTHER_SIDE_LEFT,
    broker.NodeStopping: EndReason.BROKER_STOPPED,
}


def test_the_table_of_the_node_s_messages_names_every_one() -> None:
    assert {type(message) for message in NODE_MESSAGES} == set(FromNode.__args__)


@pytest.mark.parametrize("message", NODE_MESSAGES, ids=lambda message: type(message).__name__)
@pytest.mark.parametrize("state", State)
def test_every_message_of_the_node_in_every_state(state: State, message: FromNode) -> None:
    session, controller = in_state(state)

    session.receive_text(message)

    reason = END_OF_SESSION.get(type(message))
    if state is State.ENDED:
        assert session.take_events() == []
    elif reason is not None:
        assert session.take_events() == [ReleaseHeld(), SessionEnded(reason, by_other_side=True)]
        assert controller.hear() == ([], [broker.LeaveSession(CLAIM)])
    else:
        assert session.state is state
        assert session.take_events() == []


def test_a_release_of_another_claim_is_late() -> None:
    session, _ = in_state(State.RUNNING)
    session.receive_text(broker.Released(OTHER_CLAIM))
    assert session.state is State.RUNNING


# The question.


def test_the_user_is_asked_first_and_the_controller_told_so() -> None:
    session = target_session()
    controller = OtherSide(session)
    (asked,) = session.take_events()
    assert isinstance(asked, AcceptanceAsked)
    assert (asked.technician, asked.organisation) == ("Tess Example", "Example IT")
    assert (asked.is_verified, asked.mode) == (True, SessionMode.ACTIVE)
    assert (asked.expires_at, asked.security_number) == (START + 45, "0042")
    assert controller.hear() == ([ASKED], [])
    assert session.state is State.ASKING_USER


def test_a_yes_starts_the_session() -> None:
    session, controller = in_state(State.ASKING_USER)
    session.answer(True, START + 44)
    (started,) = session.take_events()
    assert isinstance(started, SessionStarted)
    assert started.mode is SessionMode.ACTIVE
    assert started.policies == session.policies
    assert controller.hear()[0] == [ACCEPTED]


def test_a_no_ends_it() -> None:
    session, controller = in_state(State.ASKING_USER)
    session.answer(False, START)
    assert ends(session.take_events()) == [SessionEnded(EndReason.REFUSED_BY_USER, False)]
    assert controller.hear()[0] == [Goodbye(EndReason.REFUSED_BY_USER)]


def asking(action: TimeoutAction) -> tuple[TargetSession, OtherSide]:
    session = target_session(granted(Policies(acceptance_timeout_action=action)))
    controller = OtherSide(session)
    controller.hear()
    session.take_events()
    controller.stay_alive(START + 40)
    return session, controller


def test_no_answer_is_a_no() -> None:
    session, controller = asking(TimeoutAction.ABORT)
    session.advance(START + 44.9)
    assert session.state is State.ASKING_USER
    session.advance(START + 45)
    assert ends(session.take_events()) == [SessionEnded(EndReason.NOT_ANSWERED, False)]
    assert controller.hear()[0] == [Goodbye(EndReason.NOT_ANSWERED)]


def test_no_answer_starts_the_session_where_the_policy_says_so() -> None:
    session, _ = asking(TimeoutAction.PROCEED)
    session.advance(START + 45)
    assert session.state is State.RUNNING


@pytest.mark.parametrize(
    ("action", "is_accepted", "state"),
    [
        (TimeoutAction.ABORT, True, State.ENDED),
        (TimeoutAction.ABORT, False, State.ENDED),
        (TimeoutAction.PROCEED, True, State.RUNNING),
        (TimeoutAction.PROCEED, False, State.ENDED),
    ],
)
def test_a_yes_that_comes_too_late_is_no_answer_and_a_no_always_is_one(
    action: TimeoutAction, is_accepted: bool, state: State
) -> None:
    session, _ = asking(action)
    session.answer(is_accepted, START + 45)
    assert session.state is state


def test_an_answer_counts_once() -> None:
    session, controller = in_state(State.RUNNING)
    session.answer(False, START)
    session.answer(True, START)
    assert session.state is State.RUNNING
    assert controller.hear() == ([], [])


@pytest.mark.parametrize("is_accepted", [True, False])
def test_an_answer_after_the_end_changes_nothing(is_accepted: bool) -> None:
    session, controller = in_state(State.ENDED)
    session.answer(is_accepted, START)
    assert session.take_events() == []
    assert controller.hear() == ([], [])


@pytest.mark.parametrize(
    ("demands_question", "grace_seconds", "asks"),
    [(True, 45, True), (True, 1, True), (True, 0, False), (False, 45, False), (False, 0, False)],
)
def test_the_question_is_asked_where_it_is_demanded_and_has_time(
    demands_question: bool, grace_seconds: int, asks: bool
) -> None:
    policies = Policies(
        enable_user_acceptance_for_incoming_connections=demands_question,
        acceptance_grace_time=grace_seconds,
    )
    assert must_ask(policies) is asks
    session = target_session(granted(policies))
    assert session.state is (State.ASKING_USER if asks else State.RUNNING)


OWN_DEMAND = msgspec.structs.replace(
    NEUTRAL_POLICIES,
    enable_user_acceptance_for_incoming_connections=True,
    acceptance_grace_time=45,
)


def test_the_target_s_own_demand_holds_against_a_grant_that_would_not_ask() -> None:
    grant = msgspec.structs.replace(NOT_ASKING, acceptance_grace_time=0)
    session = target_session(granted(grant), own_policies=OWN_DEMAND)
    assert session.state is State.ASKING_USER


def test_through_a_server_that_nobody_pinned_the_user_is_always_asked() -> None:
    grant = msgspec.structs.replace(NOT_ASKING, acceptance_grace_time=0)
    session = target_session(granted(grant), is_server_pinned=False)
    (asked,) = session.take_events()
    assert isinstance(asked, AcceptanceAsked)
    assert not asked.is_verified
    assert asked.expires_at == START + 15
    session.advance(START + 14)
    assert session.state is State.ASKING_USER


# The mode.


@pytest.mark.parametrize(
    ("asked", "forbidden", "mode"),
    [
        (SessionMode.ACTIVE, (), SessionMode.ACTIVE),
        (SessionMode.ACTIVE, ("active",), SessionMode.MONITOR),
        (SessionMode.ACTIVE, ("active", "monitor"), None),
        (SessionMode.GUIDANCE, (), SessionMode.MONITOR),
        (SessionMode.MONITOR, (), SessionMode.MONITOR),
        (SessionMode.MONITOR, ("active",), SessionMode.MONITOR),
        (SessionMode.MONITOR, ("monitor",), None),
        (SessionMode.CHAT, (), None),
        (SessionMode.FILE_TRANSFER, (), None),
    ],
)
def test_the_mode_is_the_first_that_is_allowed_and_built(
    asked: SessionMode, forbidden: tuple[str, ...], mode: SessionMode | None
) -> None:
    policies = msgspec.structs.replace(NOT_ASKING, **dict.fromkeys(forbidden, False))
    assert first_built_mode(asked, policies) is mode
    session = target_session(granted(policies, asked))
    if mode is None:
        assert session.state is State.ENDED
        assert ends(session.take_events()) == [SessionEnded(EndReason.REFUSED_BY_POLICY, False)]
        assert OtherSide(session).hear()[0] == [Goodbye(EndReason.REFUSED_BY_POLICY)]
    else:
        started = session.take_events()[0]
        assert isinstance(started, SessionStarted)
        assert started.mode is mode


def test_a_refused_session_asks_nobody() -> None:
    session = target_session(granted(Policies(active=False, monitor=False)))
    assert session.take_events() == [
        ReleaseHeld(),
        SessionEnded(EndReason.REFUSED_BY_POLICY, False),
    ]


def test_the_modes_that_are_built_can_be_had() -> None:
    for mode in MODES_BUILT:
        assert first_built_mode(mode, Policies()) is mode


# The end.


@pytest.mark.parametrize("state", LIVE)
def test_goodbye_is_sealed_before_the_word_to_the_node_and_nothing_follows(state: State) -> None:
    session, controller = in_state(state)
    session.advance(START)  # a Ping waits
    session.end(EndReason.TARGET_ENDED)
    session.end(EndReason.TARGET_QUIT)
    assert controller.hear() == (
        [Goodbye(EndReason.TARGET_ENDED)],
        [broker.LeaveSession(CLAIM)],
    )
    assert session.take_events() == [ReleaseHeld(), SessionEnded(EndReason.TARGET_ENDED, False)]
    assert session.next_deadline() is None


@pytest.mark.parametrize("state", LIVE)
def test_nothing_of_a_lost_connection_goes_into_another(state: State) -> None:
    session, _ = in_state(state)
    session.send_screen(ScreenLayout(8, 8))
    session.connection_lost()
    assert session.take_events() == [
        ReleaseHeld(),
        SessionEnded(EndReason.CONNECTION_LOST, False),
    ]
    assert session.next_output(START) is None


def test_a_goodbye_that_could_not_leave_stays_here_when_the_connection_is_lost() -> None:
    session, _ = in_state(State.RUNNING)
    session.end(EndReason.TARGET_ENDED)
    session.connection_lost()
    assert session.next_output(START) is None
    assert len(ends(session.take_events())) == 1


@pytest.mark.parametrize("policies", [NOT_ASKING, Policies()])
def test_the_grant_s_longest_duration_is_the_end(policies: Policies) -> None:
    session = target_session(granted(policies, maximum_duration_seconds=10))
    controller = OtherSide(session)
    assert session.next_deadline() is not None
    session.advance(START + 9.9)
    assert session.state is not State.ENDED
    session.advance(START + 10)
    assert ends(session.take_events()) == [SessionEnded(EndReason.TIME_OVER, False)]
    assert controller.hear()[0][-1] == Goodbye(EndReason.TIME_OVER)


def test_without_a_longest_duration_there_is_no_end() -> None:
    session, controller = running()
    now = START
    while now < START + 86_400:
        now += 600
        controller.stay_alive(now)
        session.advance(now)
        controller.hear(now)
    assert session.state is State.RUNNING


def test_the_round_trip_is_measured() -> None:
    session, controller = in_state(State.RUNNING)
    session.advance(START + 5)
    controller.hear(START + 5)
    for record in controller.seal(now=START + 5.5):
        session.receive_frame(record, START + 5.5)
    assert RoundTripMeasured(0.5) in session.take_events()


def test_early_frames_are_taken_after_the_question_is_asked() -> None:
    frames = tuple(OtherSide().seal(Ping(1), Goodbye(EndReason.CONTROLLER_ENDED)))
    session = target_session(granted(early_frames=frames))
    kinds = [type(event) for event in session.take_events()]
    assert kinds == [AcceptanceAsked, ReleaseHeld, SessionEnded]


def test_early_gestures_do_not_pass_the_question() -> None:
    frames = tuple(OtherSide().seal(KeyPressed(4, "a")))
    session = target_session(granted(early_frames=frames))
    assert given_on(session.take_events()) == []
    assert session.state is State.ENDED


# Whatever comes.

any_message = st.sampled_from(EVERY_MESSAGE)


@given(
    st.booleans(),
    st.lists(st.tuples(st.floats(0, 4), any_message | st.binary(max_size=80) | st.booleans())),
)
def test_whatever_comes_there_is_one_end_with_everything_let_go(
    is_asked: bool, steps: list[tuple[float, AnySessionMessage | bytes | bool]]
) -> None:
    session = target_session(granted(Policies() if is_asked else NOT_ASKING))
    controller, now = OtherSide(session), START
    events: list[TargetEvent] = []
    for pause, step in steps:
        now += pause
        session.advance(now)
        if isinstance(step, bool):
            session.answer(step, now)
        elif isinstance(step, bytes):
            session.receive_frame(step, now)
        else:
            controller.say(step, now=now)
        events += session.take_events()
    session.end(EndReason.TARGET_ENDED)
    events += session.take_events()

    assert len(ends(events)) == 1
    assert isinstance(events[-1], SessionEnded)
    assert events[-2] == ReleaseHeld()
    kinds = [type(event) for event in events]
    if InputReceived in kinds:
        assert SessionStarted in kinds[: kinds.index(InputReceived)]
