"""A target's half of a session in every state, for the tests of what it takes and gives."""

from common.protocol.policies import Policies, SessionMode
from common.protocol.session_events import (
    InputReceived,
    SessionEnded,
    TargetEvent,
)
from common.protocol.session_messages import (
    AllReleased,
    ButtonPressed,
    ButtonReleased,
    CursorHidden,
    CursorMoved,
    CursorShape,
    InputMessage,
    KeyPressed,
    KeyReleased,
    PictureUpdate,
    PointerButton,
    PointerMoved,
    ScreenLayout,
    ScreenUnavailable,
    TextTyped,
    WheelTurned,
)
from common.protocol.target_session import (
    TargetSession,
    TargetSessionState,
)
from common.reasons import EndReason
from tests.protocol.granted_sessions import (
    START,
    OtherSide,
    granted,
    target_session,
)

State = TargetSessionState
NOT_ASKING = Policies(enable_user_acceptance_for_incoming_connections=False)
LEFT = PointerButton.LEFT

INPUT: tuple[InputMessage, ...] = (
    PointerMoved(1, 1),
    ButtonPressed(LEFT, 1, 1),
    ButtonReleased(LEFT, 1, 1),
    WheelTurned(0, 120),
    KeyPressed(4, "a"),
    KeyReleased(4, "a"),
    TextTyped("a"),
    AllReleased(),
)
SCREEN = (
    ScreenLayout(640, 480),
    PictureUpdate(1, True, b"x"),
    ScreenUnavailable("wayland"),
    CursorShape(1, 1, 0, 0, bytes(4)),
    CursorMoved(1, 1),
    CursorHidden(),
)


def in_state(state: State) -> tuple[TargetSession, OtherSide]:
    session = target_session()
    controller = OtherSide(session)
    match state:
        case State.RUNNING:
            session.answer(True, START)
        case State.ENDED:
            session.end(EndReason.TARGET_ENDED)
        case _:
            pass
    assert session.state is state
    controller.hear()
    controller.say()
    session.take_events()
    return session, controller


def running(mode: SessionMode = SessionMode.ACTIVE) -> tuple[TargetSession, OtherSide]:
    session = target_session(granted(NOT_ASKING, mode))
    controller = OtherSide(session)
    controller.hear()
    controller.say()
    session.take_events()
    return session, controller


def ends(events: list[TargetEvent]) -> list[SessionEnded]:
    return [event for event in events if isinstance(event, SessionEnded)]


def given_on(events: list[TargetEvent]) -> list[InputMessage]:
    return [event.message for event in events if isinstance(event, InputReceived)]
