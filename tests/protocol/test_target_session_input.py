"""The target's half of a session: input that is allowed, what comes up when, the screen."""

import pytest

from common.protocol import broker_messages as broker
from common.protocol.input_rate import EVENTS_PER_SECOND
from common.protocol.policies import SessionMode
from common.protocol.sealed_link import DEAD_AFTER_SECONDS
from common.protocol.session_events import (
    InputReceived,
    PictureAcknowledged,
    ReleaseHeld,
    SessionEnded,
)
from common.protocol.session_messages import (
    AllReleased,
    ButtonPressed,
    ButtonReleased,
    Goodbye,
    InputMessage,
    KeyPressed,
    KeyReleased,
    PictureShown,
    PictureUpdate,
    PointerMoved,
    WheelTurned,
)
from common.protocol.target_session import (
    MAXIMUM_HELD,
    SILENCE_WHILE_HELD_SECONDS,
    TargetSession,
    TargetSessionState,
)
from common.reasons import EndReason
from tests.protocol.granted_sessions import (
    CLAIM,
    START,
)
from tests.protocol.target_stage import INPUT, LEFT, SCREEN, given_on, in_state, running

State = TargetSessionState
LIVE = (State.ASKING_USER, State.RUNNING)


def is_running(session: TargetSession) -> bool:
    return session.state is State.RUNNING


# Input.


def test_gestures_are_given_on_as_they_are() -> None:
    session, controller = running()
    controller.say(*INPUT)
    assert session.take_events() == [
        *(InputReceived(message) for message in INPUT[:-1]),
        ReleaseHeld(),
    ]


@pytest.mark.parametrize("message", INPUT, ids=lambda message: type(message).__name__)
def test_in_a_monitor_session_gestures_are_counted_and_change_nothing(
    message: InputMessage,
) -> None:
    session, controller = running(SessionMode.MONITOR)
    before = session.next_deadline()
    controller.say(message)
    assert session.take_events() == []
    assert session.refused_inputs == 1
    assert is_running(session)
    assert session.next_deadline() == before


def test_gestures_before_the_acceptance_end_the_session() -> None:
    session, controller = in_state(State.ASKING_USER)
    controller.say(KeyPressed(4, "a"))
    assert given_on(session.take_events()) == []
    assert session.state is State.ENDED


def test_gestures_after_the_end_are_not_given_on() -> None:
    session, controller = running()
    session.end(EndReason.TARGET_ENDED)
    session.take_events()
    controller.say(*INPUT)
    assert session.take_events() == []


def test_a_flood_of_presses_ends_the_session() -> None:
    session, controller = running()
    for _ in range(EVENTS_PER_SECOND):
        controller.say(WheelTurned(0, 1))
    assert is_running(session)
    controller.say(WheelTurned(0, 1))
    assert session.state is State.ENDED
    assert len(given_on(session.take_events())) == EVENTS_PER_SECOND


def test_a_flood_of_moves_is_thinned() -> None:
    session, controller = running()
    for x in range(2 * EVENTS_PER_SECOND):
        controller.say(PointerMoved(x, 0))
    assert is_running(session)
    assert len(given_on(session.take_events())) == EVENTS_PER_SECOND


def test_what_is_held_comes_up_however_much_came_before() -> None:
    session, controller = running()
    controller.say(KeyPressed(4, "a"), ButtonPressed(LEFT, 1, 1))
    for x in range(EVENTS_PER_SECOND):
        controller.say(PointerMoved(x, 0))
    session.take_events()
    controller.say(KeyReleased(4, "a"), ButtonReleased(LEFT, 1, 1))
    assert given_on(session.take_events()) == [KeyReleased(4, "a"), ButtonReleased(LEFT, 1, 1)]
    assert is_running(session)


@pytest.mark.parametrize(
    "message", [KeyReleased(4, "a"), ButtonReleased(LEFT, 1, 1), AllReleased()]
)
def test_a_flood_of_releases_of_nothing_ends_the_session(message: InputMessage) -> None:
    session, controller = running()
    for _ in range(EVENTS_PER_SECOND + 1):
        controller.say(message)
    assert session.state is State.ENDED
    assert len(session.take_events()) <= EVENTS_PER_SECOND + 2


def test_more_keys_down_than_hands_hold_end_the_session() -> None:
    session, controller = running()
    for key in range(MAXIMUM_HELD):
        controller.say(KeyPressed(key, ""))
    assert is_running(session)
    controller.say(KeyPressed(MAXIMUM_HELD, ""))
    assert session.state is State.ENDED


# Letting go.


def test_three_seconds_of_silence_while_a_key_is_down_let_go_once() -> None:
    session, controller = running()
    controller.say(KeyPressed(4, "a"))
    session.take_events()
    session.advance(START + SILENCE_WHILE_HELD_SECONDS - 0.01)
    assert session.take_events() == []
    assert session.next_deadline() == START + SILENCE_WHILE_HELD_SECONDS
    session.advance(START + SILENCE_WHILE_HELD_SECONDS)
    assert session.take_events() == [ReleaseHeld()]
    session.advance(START + SILENCE_WHILE_HELD_SECONDS + 1)
    assert session.take_events() == []
    assert is_running(session)


def test_a_controller_that_is_heard_keeps_its_key_down() -> None:
    session, controller = running()
    controller.say(KeyPressed(4, "a"))
    session.take_events()
    for second in range(1, 20):
        controller.stay_alive(START + second)
        controller.say(PointerMoved(second, 0), now=START + second)
        session.advance(START + second)
    assert ReleaseHeld() not in session.take_events()


def test_silence_with_nothing_down_lets_go_of_nothing() -> None:
    session, controller = running()
    controller.say(KeyPressed(4, "a"), KeyReleased(4, "a"))
    session.take_events()
    session.advance(START + 4)
    assert session.take_events() == []


def test_fifteen_seconds_of_silence_are_the_end() -> None:
    session, controller = running()
    session.advance(START + DEAD_AFTER_SECONDS - 0.01)
    assert is_running(session)
    session.advance(START + DEAD_AFTER_SECONDS)
    assert session.take_events() == [
        ReleaseHeld(),
        SessionEnded(EndReason.OTHER_SIDE_SILENT, True),
    ]
    assert controller.hear() == ([], [broker.LeaveSession(CLAIM)])


# The screen.


@pytest.mark.parametrize("state", [State.ASKING_USER, State.ENDED])
def test_nothing_of_the_screen_leaves_unless_the_session_runs(state: State) -> None:
    session, controller = in_state(state)
    for message in SCREEN:
        session.send_screen(message)
    assert controller.hear() == ([], [])


def test_the_screen_s_messages_leave_in_a_running_session() -> None:
    session, controller = running()
    for message in SCREEN:
        session.send_screen(message)
    heard = controller.hear()[0]
    assert sorted(map(repr, heard)) == sorted(map(repr, SCREEN))


def test_no_picture_that_waited_leaves_after_the_end() -> None:
    session, _ = running()
    session.send_screen(PictureUpdate(1, True, bytes(500_000)))
    begun = session.next_output(START)
    assert isinstance(begun, bytes)
    session.end(EndReason.TARGET_ENDED)
    outputs = []
    while (output := session.next_output(START)) is not None:
        outputs.append(output)
    assert len(outputs) == 2
    assert isinstance(outputs[0], bytes)
    assert len(outputs[0]) < 100
    assert outputs[1] == broker.LeaveSession(CLAIM)


@pytest.mark.parametrize("state", LIVE)
def test_no_picture_leaves_after_the_controller_s_goodbye(state: State) -> None:
    session, controller = in_state(state)
    session.send_screen(PictureUpdate(1, True, bytes(500_000)))
    controller.say(Goodbye(EndReason.CONTROLLER_ENDED))
    assert session.next_output(START) == broker.LeaveSession(CLAIM)
    assert session.next_output(START) is None


def test_the_controller_s_credit_is_given_on() -> None:
    session, controller = running()
    controller.say(PictureShown(7, 1500))
    assert session.take_events() == [PictureAcknowledged(7, 1500)]
