"""The controller's half of a session: what it takes when, and how it ends."""

import pytest

from common.protocol import broker_messages as broker
from common.protocol.broker_messages import FromNode
from common.protocol.controller_session import (
    ACCEPTANCE_SLACK_SECONDS,
    MAXIMUM_WAITING_INPUT,
    ControllerSession,
    ControllerSessionState,
    is_at_most,
)
from common.protocol.documents import SignedDocument
from common.protocol.policies import SessionMode
from common.protocol.sealed_link import DEAD_AFTER_SECONDS
from common.protocol.session_events import (
    AcceptanceAsked,
    CodeDied,
    ControllerEvent,
    RoundTripMeasured,
    ScreenReceived,
    SessionEnded,
    SessionStarted,
)
from common.protocol.session_messages import (
    AllReleased,
    AnySessionMessage,
    AwaitingAcceptance,
    ButtonPressed,
    ButtonReleased,
    CursorHidden,
    CursorMoved,
    CursorShape,
    Goodbye,
    InputMessage,
    KeyPressed,
    KeyReleased,
    PictureShown,
    PictureUpdate,
    Ping,
    PointerButton,
    PointerMoved,
    Pong,
    ScreenLayout,
    ScreenUnavailable,
    SessionAccepted,
    TextTyped,
    WheelTurned,
)
from common.reasons import CodeEnd, ConnectionProblem, EndReason, PairingProblem
from tests.protocol.granted_sessions import CLAIM, OTHER_CLAIM, ROUTING, START, OtherSide, granted

State = ControllerSessionState
ACCEPTED = SessionAccepted(SessionMode.ACTIVE, "kitchen-pc", "ann", "Debian GNU/Linux 12")

LIVE = (State.AWAITING_TARGET, State.AWAITING_ACCEPTANCE, State.RUNNING)
BEFORE = LIVE[:2]
SCREEN = (
    ScreenLayout(640, 480),
    PictureUpdate(1, True, b"x"),
    ScreenUnavailable("wayland"),
    CursorShape(1, 1, 0, 0, bytes(4)),
    CursorMoved(1, 1),
    CursorHidden(),
)
INPUT: tuple[InputMessage, ...] = (
    PointerMoved(1, 1),
    ButtonPressed(PointerButton.LEFT, 1, 1),
    ButtonReleased(PointerButton.LEFT, 1, 1),
    WheelTurned(0, 120),
    KeyPressed(4, "a"),
    KeyReleased(4, "a"),
    TextTyped("a"),
    AllReleased(),
)

# What a message leads to in a state. Every pair that is missing is a violation.
TABLE: dict[tuple[State, type], State] = {
    (State.AWAITING_TARGET, AwaitingAcceptance): State.AWAITING_ACCEPTANCE,
    **{(state, SessionAccepted): State.RUNNING for state in BEFORE},
    **{(state, Goodbye): State.ENDED for state in LIVE},
    **{(state, Ping): state for state in LIVE},
    **{(State.RUNNING, type(message)): State.RUNNING for message in SCREEN},
}
EVERY_MESSAGE: tuple[AnySessionMessage, ...] = (
    AwaitingAcceptance(45),
    ACCEPTED,
    Ping(1),
    Pong(77),
    Goodbye(EndReason.TARGET_ENDED),
    PictureShown(1, 1),
    *SCREEN,
    *INPUT,
)


def in_state(state: State) -> tuple[ControllerSession, OtherSide]:
    session = ControllerSession(granted(), START)
    target = OtherSide(session)
    match state:
        case State.AWAITING_ACCEPTANCE:
            target.say(AwaitingAcceptance(45))
        case State.RUNNING:
            target.say(ACCEPTED)
        case State.ENDED:
            session.end(EndReason.CONTROLLER_ENDED)
        case _:
            pass
    assert session.state is state
    target.hear()
    target.say()
    session.take_events()
    return session, target


def ends(events: list[ControllerEvent]) -> list[SessionEnded]:
    return [event for event in events if isinstance(event, SessionEnded)]


# The table.


def test_the_table_below_names_every_message() -> None:
    union = AnySessionMessage.__args__
    assert {type(message) for message in EVERY_MESSAGE} == set(union)


@pytest.mark.parametrize("message", EVERY_MESSAGE, ids=lambda message: type(message).__name__)
@pytest.mark.parametrize("state", State)
def test_every_message_in_every_state(state: State, message: AnySessionMessage) -> None:
    session, target = in_state(state)

    target.say(message)

    if state is State.ENDED:
        assert session.take_events() == []
        assert target.hear() == ([], [])
    elif (state, type(message)) in TABLE:
        assert session.state is TABLE[state, type(message)]
        assert not session.violation
    else:
        assert session.state is State.ENDED
        assert session.violation
        assert ends(session.take_events()) == [SessionEnded(EndReason.PROTOCOL_VIOLATION, False)]
        assert target.hear()[0] == [Goodbye(EndReason.PROTOCOL_VIOLATION)]


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
    session, target = in_state(state)

    session.receive_text(message)

    reason = END_OF_SESSION.get(type(message))
    if state is State.ENDED:
        assert session.take_events() == []
    elif reason is not None:
        assert ends(session.take_events()) == [SessionEnded(reason, by_other_side=True)]
        assert target.hear() == ([], [broker.LeaveSession(CLAIM)])
    else:
        assert session.state is state


def test_a_release_of_another_claim_is_late() -> None:
    session, _ = in_state(State.RUNNING)
    session.receive_text(broker.Released(OTHER_CLAIM))
    assert session.state is State.RUNNING


def test_the_technician_hears_how_many_others_had_typed_the_code() -> None:
    session, _ = in_state(State.AWAITING_TARGET)
    session.receive_text(broker.CodeEnded("9999", CodeEnd.USED, 5))
    session.receive_text(broker.CodeEnded(ROUTING, CodeEnd.USED, 2))
    assert session.take_events() == [CodeDied(CodeEnd.USED, 2)]


# The question.


def test_the_question_is_told_with_its_time() -> None:
    session, target = in_state(State.AWAITING_TARGET)
    target.say(AwaitingAcceptance(45), now=START + 2)
    (asked,) = session.take_events()
    assert isinstance(asked, AcceptanceAsked)
    assert asked.expires_at == START + 47
    assert asked.security_number == "0042"
    assert asked.is_verified


def test_the_start_is_told_with_the_target_s_names() -> None:
    session, target = in_state(State.AWAITING_ACCEPTANCE)
    target.say(SessionAccepted(SessionMode.MONITOR, "kitchen-pc", "ann", "Debian"))
    (started,) = session.take_events()
    assert isinstance(started, SessionStarted)
    assert (started.mode, started.computer_name) == (SessionMode.MONITOR, "kitchen-pc")
    assert (started.user_name, started.operating_system) == ("ann", "Debian")
    assert (started.technician, started.security_number) == ("Tess Example", "0042")


@pytest.mark.parametrize("seconds", [0, 45, 255])
def test_a_target_that_never_answers_is_given_up_a_little_after_its_own_time(seconds: int) -> None:
    session, target = in_state(State.AWAITING_TARGET)
    target.say(AwaitingAcceptance(seconds))
    session.take_events()
    end = START + seconds + ACCEPTANCE_SLACK_SECONDS
    now = START
    while session.state is not State.ENDED:
        target.stay_alive(now)
        deadline = session.next_deadline()
        assert deadline is not None
        now = deadline
        session.advance(now)
        target.hear(now)
    assert now == end
    assert ends(session.take_events()) == [SessionEnded(EndReason.NOT_ANSWERED, False)]


def test_a_target_that_says_nothing_at_all_is_given_up() -> None:
    session, _ = in_state(State.AWAITING_TARGET)
    session.advance(START + 20)
    assert session.state is State.ENDED


ORDER = list(SessionMode)


@pytest.mark.parametrize("asked", ORDER)
@pytest.mark.parametrize("accepted", ORDER)
def test_the_target_may_give_less_than_was_asked_for_and_never_more(
    asked: SessionMode, accepted: SessionMode
) -> None:
    session = ControllerSession(granted(mode=asked), START)
    OtherSide(session).say(SessionAccepted(accepted, "x", "y", "z"))
    is_less = ORDER.index(accepted) >= ORDER.index(asked)
    assert is_at_most(accepted, asked) is is_less
    assert (session.state is State.RUNNING) is is_less
    assert bool(session.violation) is not is_less


# Gestures.


def test_gestures_go_to_the_target_in_a_running_active_session() -> None:
    session, target = in_state(State.RUNNING)
    sent: list[InputMessage] = [KeyPressed(4, "a"), KeyReleased(4, "a"), TextTyped("ü")]
    for message in sent:
        session.send_input(message, START)
    assert target.hear()[0] == sent


@pytest.mark.parametrize("state", [state for state in State if state is not State.RUNNING])
def test_no_gesture_leaves_before_the_start_or_after_the_end(state: State) -> None:
    session, target = in_state(state)
    for message in INPUT:
        session.send_input(message, START)
    session.acknowledge(1, 1)
    assert target.hear()[0] == []


def test_no_gesture_leaves_in_a_monitor_session() -> None:
    session = ControllerSession(granted(mode=SessionMode.MONITOR), START)
    target = OtherSide(session)
    target.say(SessionAccepted(SessionMode.MONITOR, "x", "y", "z"))
    for message in INPUT:
        session.send_input(message, START)
    assert target.hear()[0] == []


def test_when_too_much_input_waits_presses_are_lost_and_releases_never() -> None:
    session, target = in_state(State.RUNNING)
    keys = [KeyPressed(key, "") for key in range(MAXIMUM_WAITING_INPUT)]
    for key in keys:
        session.send_input(key, START)
    session.send_input(KeyPressed(999, ""), START)
    session.send_input(KeyReleased(1, ""), START)
    session.send_input(PointerMoved(1, 1), START)
    session.send_input(PointerMoved(2, 2), START)
    session.send_input(AllReleased(), START)
    heard = target.hear()[0]
    assert heard == [*keys, KeyReleased(1, ""), PointerMoved(2, 2), AllReleased()]


def test_all_released_is_said_only_while_something_is_held() -> None:
    session, target = in_state(State.RUNNING)
    session.send_input(AllReleased(), START)
    assert target.hear()[0] == []
    session.send_input(KeyPressed(4, "a"), START)
    session.send_input(AllReleased(), START)
    assert target.hear()[0] == [KeyPressed(4, "a"), AllReleased()]


def test_while_a_key_is_held_the_next_ping_is_due_within_a_second() -> None:
    session, _ = in_state(State.RUNNING)
    session.advance(START)
    session.send_input(KeyPressed(4, "a"), START + 1)
    assert session.next_deadline() == START + 2
    session.advance(START + 2)
    session.send_input(KeyReleased(4, "a"), START + 2.5)
    session.advance(START + 3)
    assert session.next_deadline() == START + 8


# The screen.


def test_the_screen_s_messages_are_given_on_as_they_are() -> None:
    session, target = in_state(State.RUNNING)
    target.say(*SCREEN)
    received = [
        event.message for event in session.take_events() if isinstance(event, ScreenReceived)
    ]
    assert received == list(SCREEN)


def test_a_frame_s_credit_is_sent() -> None:
    session, target = in_state(State.RUNNING)
    session.acknowledge(7, 1500)
    assert target.hear()[0] == [PictureShown(7, 1500)]


def test_a_rejected_picture_ends_the_session_once() -> None:
    session, target = in_state(State.RUNNING)
    session.reject_picture("no picture at all")
    session.reject_picture("another one")
    assert session.violation == "no picture at all"
    assert ends(session.take_events()) == [SessionEnded(EndReason.PROTOCOL_VIOLATION, False)]
    assert target.hear()[0] == [Goodbye(EndReason.PROTOCOL_VIOLATION)]


# The end.


@pytest.mark.parametrize("state", LIVE)
def test_goodbye_is_sealed_before_the_word_to_the_node_and_nothing_follows(state: State) -> None:
    session, target = in_state(state)
    session.advance(START)  # a Ping waits
    session.send_input(KeyPressed(4, "a"), START)
    session.end(EndReason.CONTROLLER_ENDED)
    session.end(EndReason.CONTROLLER_QUIT)
    assert target.hear() == (
        [Goodbye(EndReason.CONTROLLER_ENDED)],
        [broker.LeaveSession(CLAIM)],
    )
    assert ends(session.take_events()) == [SessionEnded(EndReason.CONTROLLER_ENDED, False)]
    assert session.next_deadline() is None


@pytest.mark.parametrize("state", LIVE)
def test_the_target_s_goodbye_ends_it_with_its_reason(state: State) -> None:
    session, target = in_state(state)
    target.say(Goodbye(EndReason.REFUSED_BY_USER))
    assert ends(session.take_events()) == [SessionEnded(EndReason.REFUSED_BY_USER, True)]
    assert target.hear() == ([], [broker.LeaveSession(CLAIM)])


@pytest.mark.parametrize("state", LIVE)
def test_nothing_of_a_lost_connection_goes_into_another(state: State) -> None:
    session, _ = in_state(state)
    session.send_input(KeyPressed(4, "a"), START)
    session.connection_lost()
    assert ends(session.take_events()) == [SessionEnded(EndReason.CONNECTION_LOST, False)]
    assert session.next_output(START) is None


def test_a_goodbye_that_could_not_leave_stays_here_when_the_connection_is_lost() -> None:
    session, _ = in_state(State.RUNNING)
    session.end(EndReason.CONTROLLER_ENDED)
    session.connection_lost()
    assert session.next_output(START) is None
    assert len(ends(session.take_events())) == 1


@pytest.mark.parametrize("state", [State.AWAITING_ACCEPTANCE, State.RUNNING])
def test_fifteen_seconds_of_silence_are_the_end(state: State) -> None:
    session, target = in_state(state)
    session.advance(START + DEAD_AFTER_SECONDS - 0.01)
    assert session.state is state
    session.advance(START + DEAD_AFTER_SECONDS)
    assert ends(session.take_events()) == [SessionEnded(EndReason.OTHER_SIDE_SILENT, True)]
    assert target.hear() == ([], [broker.LeaveSession(CLAIM)])


def test_the_round_trip_is_measured() -> None:
    session, target = in_state(State.RUNNING)
    session.advance(START)
    target.hear()
    for record in target.seal(now=START + 0.5):
        session.receive_frame(record, START + 0.5)
    assert session.take_events() == [RoundTripMeasured(0.5)]


def test_early_frames_are_taken_first_and_in_order() -> None:
    target = OtherSide(ControllerSession(granted(), START))
    frames = tuple(target.seal(AwaitingAcceptance(45), ACCEPTED, ScreenLayout(8, 8)))
    session = ControllerSession(granted(early_frames=frames), START)
    kinds = [type(event) for event in session.take_events()]
    assert kinds == [AcceptanceAsked, SessionStarted, ScreenReceived]


def test_early_frames_that_are_none_end_the_session_at_once() -> None:
    session = ControllerSession(granted(early_frames=(b"x", b"y")), START)
    assert ends(session.take_events()) == [SessionEnded(EndReason.PROTOCOL_VIOLATION, False)]
