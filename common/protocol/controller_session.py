"""The controller's half of a granted session, from the question to goodbye; no I/O.

    AWAITING_TARGET -> AWAITING_ACCEPTANCE -> RUNNING -> ENDED

`ControllerPairing` has made the keys; from here everything is sealed. A target that asks
nobody accepts at once. ENDED is final and comes with exactly one SessionEnded; what is still
to be sent then is the Goodbye, and after it the word to the node that this side has left.
"""

from collections import deque
from enum import Enum, auto
from typing import Final

from common.errors import ProtocolViolation
from common.protocol import broker_messages as broker
from common.protocol.broker_messages import FromController, FromNode
from common.protocol.held_input import HeldInput, is_release
from common.protocol.pairing import PairedSession
from common.protocol.policies import SessionMode
from common.protocol.sealed_link import SealedLink
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
    CursorHidden,
    CursorMoved,
    CursorShape,
    Goodbye,
    InputMessage,
    PictureShown,
    PictureUpdate,
    PointerMoved,
    ScreenLayout,
    ScreenUnavailable,
    SessionAccepted,
)
from common.reasons import EndReason

MAXIMUM_WAITING_INPUT: Final = 150
"""Input that has not left yet (security.md 2.4); beyond it presses are not taken any more."""
ACCEPTANCE_SLACK_SECONDS: Final = 15.0
"""For the target's first word, and over its own count-down for an answer on its way."""


class ControllerSessionState(Enum):
    """Where a granted session stands at the controller."""

    AWAITING_TARGET = auto()
    AWAITING_ACCEPTANCE = auto()
    RUNNING = auto()
    ENDED = auto()


State = ControllerSessionState

NOT_RUNNING_YET: Final = frozenset({State.AWAITING_TARGET, State.AWAITING_ACCEPTANCE})

LEGAL: Final[dict[type, frozenset[State]]] = {
    AwaitingAcceptance: frozenset({State.AWAITING_TARGET}),
    SessionAccepted: NOT_RUNNING_YET,
    Goodbye: NOT_RUNNING_YET | {State.RUNNING},
    ScreenLayout: frozenset({State.RUNNING}),
    PictureUpdate: frozenset({State.RUNNING}),
    ScreenUnavailable: frozenset({State.RUNNING}),
    CursorShape: frozenset({State.RUNNING}),
    CursorMoved: frozenset({State.RUNNING}),
    CursorHidden: frozenset({State.RUNNING}),
}
"""The target's messages and the states in which they are allowed."""


class ControllerSession:
    """A session that the server has granted, seen by the technician's side."""

    def __init__(self, paired: PairedSession, now: float) -> None:
        self._paired = paired
        self._state = State.AWAITING_TARGET
        self._mode = SessionMode.MONITOR
        keys = paired.keys
        self._link = SealedLink(keys.controller_to_target, keys.target_to_controller, now)
        self._held = HeldInput()
        self._texts: deque[FromController] = deque()
        self._events: list[ControllerEvent] = []
        self._violation = ""
        self._acceptance_by = now + ACCEPTANCE_SLACK_SECONDS
        for frame in paired.early_frames:
            self.receive_frame(frame, now)

    # What a runner takes.

    @property
    def state(self) -> ControllerSessionState:
        """Where the session stands."""
        return self._state

    @property
    def violation(self) -> str:
        """What rule was broken, for the log, after an end by PROTOCOL_VIOLATION."""
        return self._violation

    def take_events(self) -> list[ControllerEvent]:
        """Hand out what has happened since the last call."""
        events, self._events = self._events, []
        return events

    def next_output(self, now: float) -> FromController | bytes | None:
        """Hand out what is to be sent next: sealed records, and last the word to the node."""
        record = self._link.take_record(now)
        if record is not None:
            return record
        return self._texts.popleft() if self._texts else None

    def next_deadline(self) -> float | None:
        """Tell when to call `advance`, monotonic seconds."""
        if self._state is State.ENDED:
            return None
        deadline = self._link.next_deadline()
        if self._state in NOT_RUNNING_YET:
            return min(deadline, self._acceptance_by)
        return deadline

    # What the technician does.

    def send_input(self, message: InputMessage, now: float) -> None:
        """Send a gesture, where the mode has input. When too much waits to be sent, presses
        are not taken: better a lost press than one that comes a minute later."""
        if self._state is not State.RUNNING or self._mode is not SessionMode.ACTIVE:
            return
        is_full = self._link.waiting_input >= MAXIMUM_WAITING_INPUT
        if is_full and not is_release(message) and not isinstance(message, PointerMoved):
            return
        if isinstance(message, AllReleased) and not self._held.is_holding:
            return
        self._held.note(message)
        self._link.hold(self._held.is_holding, now)
        self._link.send(message)

    def acknowledge(self, frame: int, decode_microseconds: int) -> None:
        """Tell the target that a frame is decoded: its credit for the next."""
        if self._state is State.RUNNING:
            self._link.send(PictureShown(frame, decode_microseconds))

    def end(self, reason: EndReason) -> None:
        """Say goodbye and be done."""
        if self._state is not State.ENDED:
            self._finish(reason, by_other_side=False, goodbye=Goodbye(reason))

    # What comes in.

    def receive_text(self, message: FromNode) -> None:
        """Take a message of the node; only what concerns this session means something now."""
        if self._state is State.ENDED:
            return
        match message:
            case broker.Released(claim) if claim == self._paired.claim:
                self._finish(EndReason.OTHER_SIDE_LEFT, by_other_side=True)
            case broker.NodeStopping():
                self._finish(EndReason.BROKER_STOPPED, by_other_side=True)
            case broker.CodeEnded(routing, end) if routing == self._paired.offer.routing:
                self._events.append(CodeDied(end, message.waiting_claims))
            case _:
                pass

    def receive_frame(self, frame: bytes, now: float) -> None:
        """Take a sealed record of the target."""
        if self._state is State.ENDED:
            return
        try:
            message = self._link.receive(frame, now)
            if message is not None:
                self._take(message, now)
        except ProtocolViolation as violation:
            self._violate(violation.detail)
            return
        round_trip = self._link.take_round_trip()
        if round_trip is not None:
            self._events.append(RoundTripMeasured(round_trip))

    def reject_picture(self, detail: str) -> None:
        """End the session, because a picture's payload broke the rules of its format."""
        if self._state is not State.ENDED:
            self._violate(detail)

    def connection_lost(self) -> None:
        """This side's connection to the node broke; nothing of this is for another one."""
        if self._state is not State.ENDED:
            self._finish(EndReason.CONNECTION_LOST, by_other_side=False)
        self._link.close(None)
        self._texts.clear()

    def advance(self, now: float) -> None:
        """Do what is due: signs of life, and the ends that come of their absence."""
        if self._state is State.ENDED:
            return
        if self._link.is_dead(now):
            self._finish(EndReason.OTHER_SIDE_SILENT, by_other_side=True)
        elif self._state in NOT_RUNNING_YET and now >= self._acceptance_by:
            self.end(EndReason.NOT_ANSWERED)
        else:
            self._link.advance(now)

    # Steps.

    def _take(self, message: AnySessionMessage, now: float) -> None:
        if self._state not in LEGAL.get(type(message), frozenset()):
            name = type(message).__name__
            raise ProtocolViolation(f"{name} is not allowed in {self._state.name}")
        match message:
            case AwaitingAcceptance(seconds):
                self._ask(seconds, now)
            case SessionAccepted():
                self._start(message)
            case Goodbye(reason):
                self._finish(reason, by_other_side=True)
            case (
                ScreenLayout()
                | PictureUpdate()
                | ScreenUnavailable()
                | CursorShape()
                | CursorMoved()
                | CursorHidden()
            ):
                self._events.append(ScreenReceived(message))
            case _:
                raise RuntimeError(f"{type(message).__name__} is legal in no state")

    def _ask(self, seconds: int, now: float) -> None:
        offer = self._paired.offer
        self._state = State.AWAITING_ACCEPTANCE
        self._acceptance_by = now + seconds + ACCEPTANCE_SLACK_SECONDS
        self._events.append(
            AcceptanceAsked(
                technician=offer.technician,
                organisation=offer.organisation,
                is_verified=offer.is_verified,
                mode=offer.mode,
                expires_at=now + seconds,
                security_number=self._paired.keys.security_number,
            )
        )

    def _start(self, accepted: SessionAccepted) -> None:
        offer = self._paired.offer
        if not is_at_most(accepted.mode, offer.mode):
            raise ProtocolViolation("the session would be more than was asked for")
        self._mode = accepted.mode
        self._state = State.RUNNING
        self._events.append(
            SessionStarted(
                mode=accepted.mode,
                computer_name=accepted.computer_name,
                user_name=accepted.user_name,
                operating_system=accepted.operating_system,
                technician=offer.technician,
                organisation=offer.organisation,
                is_verified=offer.is_verified,
                security_number=self._paired.keys.security_number,
                policies=offer.policies,
            )
        )

    def _violate(self, detail: str) -> None:
        self._violation = detail
        self.end(EndReason.PROTOCOL_VIOLATION)

    def _finish(
        self, reason: EndReason, by_other_side: bool, goodbye: Goodbye | None = None
    ) -> None:
        self._held.clear()
        self._link.close(goodbye)
        self._texts.append(broker.LeaveSession(self._paired.claim))
        self._state = State.ENDED
        self._events.append(SessionEnded(reason, by_other_side))


def is_at_most(mode: SessionMode, asked: SessionMode) -> bool:
    """Tell whether a mode is the one asked for or one after it in the order of precedence."""
    order: list[SessionMode] = list(SessionMode)
    return order.index(mode) >= order.index(asked)
