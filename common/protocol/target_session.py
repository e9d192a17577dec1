"""The target's half of a granted session, from the question to goodbye; no I/O.

    ASKING_USER -> RUNNING -> ENDED

This is where the session's rules are enforced: nothing is captured before RUNNING, input is
given on only in Active mode, and what mode or policy forbids is refused here, whatever the
controller shows or greys out. ENDED is final and comes with exactly one ReleaseHeld and one
SessionEnded, whatever the cause.
"""

from collections import deque
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from common.errors import ProtocolViolation
from common.protocol import broker_messages as broker
from common.protocol.broker_messages import FromNode, FromTarget
from common.protocol.held_input import HeldInput
from common.protocol.input_rate import InputRate
from common.protocol.pairing import PairedSession
from common.protocol.policies import (
    Policies,
    SessionMode,
    TimeoutAction,
    stricter,
)
from common.protocol.sealed_link import SealedLink
from common.protocol.session_events import (
    AcceptanceAsked,
    InputReceived,
    PictureAcknowledged,
    ReleaseHeld,
    RoundTripMeasured,
    SessionEnded,
    SessionStarted,
    TargetEvent,
)
from common.protocol.session_messages import (
    AllReleased,
    AnySessionMessage,
    AwaitingAcceptance,
    ButtonPressed,
    ButtonReleased,
    CursorMessage,
    Goodbye,
    InputMessage,
    KeyPressed,
    KeyReleased,
    PictureShown,
    PointerMoved,
    ScreenMessage,
    SessionAccepted,
    TextTyped,
    WheelTurned,
)
from common.protocol.unpinned_servers import forced
from common.reasons import EndReason

SILENCE_WHILE_HELD_SECONDS: Final = 3.0
"""Keys and buttons come up when the controller is silent for this long while any is down."""
MAXIMUM_HELD: Final = 64
"""Keys and buttons down at once; two hands and a mouse hold fewer."""
MODES_BUILT: Final = frozenset({SessionMode.ACTIVE, SessionMode.MONITOR})
"""The other modes have no feature yet, so no session can run in them."""


class TargetSessionState(Enum):
    """Where a granted session stands at the target."""

    ASKING_USER = auto()
    RUNNING = auto()
    ENDED = auto()


State = TargetSessionState

_INPUT: Final = (
    PointerMoved,
    ButtonPressed,
    ButtonReleased,
    WheelTurned,
    KeyPressed,
    KeyReleased,
    TextTyped,
    AllReleased,
)
LEGAL: Final[dict[type, frozenset[State]]] = {
    **dict.fromkeys(_INPUT, frozenset({State.RUNNING})),
    PictureShown: frozenset({State.RUNNING}),
    Goodbye: frozenset({State.ASKING_USER, State.RUNNING}),
}
"""The controller's messages and the states in which they are allowed."""


@dataclass(frozen=True, slots=True)
class TargetDescription:
    """What the technician is told of this computer, and this computer's own rules."""

    computer_name: str
    user_name: str
    operating_system: str
    own_policies: Policies
    is_server_pinned: bool
    """Only a pinned server can vouch for a technician or loosen anything."""


class TargetSession:
    """A session that the server has granted, enforced by the shared computer's side."""

    def __init__(self, paired: PairedSession, description: TargetDescription, now: float) -> None:
        self._paired = paired
        self._description = description
        combined = stricter(paired.offer.policies, description.own_policies)
        self._policies = combined if description.is_server_pinned else forced(combined)
        self._is_verified = paired.offer.is_verified and description.is_server_pinned
        self._mode = first_built_mode(paired.offer.mode, self._policies)
        self._state = State.ASKING_USER
        keys = paired.keys
        self._link = SealedLink(keys.target_to_controller, keys.controller_to_target, now)
        self._held = HeldInput()
        self._input_rate = InputRate(now)
        self._refused_inputs = 0
        self._texts: deque[FromTarget] = deque()
        self._events: list[TargetEvent] = []
        self._violation = ""
        self._answer_by: float | None = None
        self._ends_at: float | None = None
        self._begin(now)
        for frame in paired.early_frames:
            self.receive_frame(frame, now)

    # What a runner takes.

    @property
    def state(self) -> TargetSessionState:
        """Where the session stands."""
        return self._state

    @property
    def policies(self) -> Policies:
        """The grant's policies and this computer's own, combined to the stricter."""
        return self._policies

    @property
    def violation(self) -> str:
        """What rule was broken, for the log, after an end by PROTOCOL_VIOLATION."""
        return self._violation

    @property
    def refused_inputs(self) -> int:
        """Number of input messages that the mode forbade, for the log."""
        return self._refused_inputs

    def take_events(self) -> list[TargetEvent]:
        """Hand out what has happened since the last call."""
        events, self._events = self._events, []
        return events

    def next_output(self, now: float) -> FromTarget | bytes | None:
        """Hand out what is to be sent next: sealed records, and last the word to the node."""
        record = self._link.take_record(now)
        if record is not None:
            return record
        return self._texts.popleft() if self._texts else None

    def next_deadline(self) -> float | None:
        """Tell when to call `advance`, monotonic seconds."""
        if self._state is State.ENDED:
            return None
        deadlines = [self._link.next_deadline(), self._answer_by, self._ends_at]
        if self._held.is_holding:
            deadlines.append(self._link.heard_at + SILENCE_WHILE_HELD_SECONDS)
        return min(deadline for deadline in deadlines if deadline is not None)

    # What the target's user and programs do.

    def answer(self, is_accepted: bool, now: float) -> None:
        """The user has answered the acceptance window. A yes after its time is none."""
        if self._state is not State.ASKING_USER or self._answer_by is None:
            return
        if not is_accepted:
            self.end(EndReason.REFUSED_BY_USER)
        elif now >= self._answer_by:
            self._not_answered(now)
        else:
            self._start(now)

    def send_screen(self, message: ScreenMessage | CursorMessage) -> None:
        """Send what the capture has made; nothing leaves unless the session runs."""
        if self._state is State.RUNNING:
            self._link.send(message)

    def end(self, reason: EndReason) -> None:
        """Say goodbye and be done."""
        if self._state is not State.ENDED:
            self._finish(reason, by_other_side=False, goodbye=Goodbye(reason))

    # What comes in.

    def receive_text(self, message: FromNode) -> None:
        """Take a message of the node; only the end of the joining means something now."""
        if self._state is State.ENDED:
            return
        match message:
            case broker.Released(claim) if claim == self._paired.claim:
                self._finish(EndReason.OTHER_SIDE_LEFT, by_other_side=True)
            case broker.NodeStopping():
                self._finish(EndReason.BROKER_STOPPED, by_other_side=True)
            case _:
                pass

    def receive_frame(self, frame: bytes, now: float) -> None:
        """Take a sealed record of the controller."""
        if self._state is State.ENDED:
            return
        try:
            message = self._link.receive(frame, now)
            if message is not None:
                self._take(message, now)
        except ProtocolViolation as violation:
            self._violation = violation.detail
            self.end(EndReason.PROTOCOL_VIOLATION)
            return
        round_trip = self._link.take_round_trip()
        if round_trip is not None:
            self._events.append(RoundTripMeasured(round_trip))

    def connection_lost(self) -> None:
        """This side's connection to the node broke; nothing of this is for another one."""
        if self._state is not State.ENDED:
            self._finish(EndReason.CONNECTION_LOST, by_other_side=False)
        self._link.close(None)
        self._texts.clear()

    def advance(self, now: float) -> None:
        """Do what is due: signs of life, the end of the question, of a silence, of the grant."""
        if self._state is State.ENDED:
            return
        if self._link.is_dead(now):
            self._finish(EndReason.OTHER_SIDE_SILENT, by_other_side=True)
        elif self._ends_at is not None and now >= self._ends_at:
            self.end(EndReason.TIME_OVER)
        elif self._answer_by is not None and now >= self._answer_by:
            self._not_answered(now)
        else:
            if self._held.is_holding and now >= self._link.heard_at + SILENCE_WHILE_HELD_SECONDS:
                self._release_held()
            self._link.advance(now)

    # Steps.

    def _begin(self, now: float) -> None:
        duration = self._paired.grant.maximum_duration_seconds
        self._ends_at = now + duration if duration else None
        if self._mode is None:
            self.end(EndReason.REFUSED_BY_POLICY)
        elif must_ask(self._policies):
            self._ask(self._mode, self._policies.acceptance_grace_time, now)
        else:
            self._start(now)

    def _ask(self, mode: SessionMode, seconds: int, now: float) -> None:
        offer = self._paired.offer
        self._answer_by = now + seconds
        self._link.send(AwaitingAcceptance(seconds))
        self._events.append(
            AcceptanceAsked(
                technician=offer.technician,
                organisation=offer.organisation,
                is_verified=self._is_verified,
                mode=mode,
                expires_at=self._answer_by,
                security_number=self._paired.keys.security_number,
            )
        )

    def _not_answered(self, now: float) -> None:
        if self._policies.acceptance_timeout_action is TimeoutAction.PROCEED:
            self._start(now)
        else:
            self.end(EndReason.NOT_ANSWERED)

    def _start(self, now: float) -> None:
        if self._mode is None:
            raise RuntimeError("a session without a mode does not start")
        self._answer_by = None
        self._state = State.RUNNING
        here, offer = self._description, self._paired.offer
        self._link.send(
            SessionAccepted(self._mode, here.computer_name, here.user_name, here.operating_system)
        )
        self._link.advance(now)
        self._events.append(
            SessionStarted(
                mode=self._mode,
                computer_name=here.computer_name,
                user_name=here.user_name,
                operating_system=here.operating_system,
                technician=offer.technician,
                organisation=offer.organisation,
                is_verified=self._is_verified,
                security_number=self._paired.keys.security_number,
                policies=self._policies,
            )
        )

    def _take(self, message: AnySessionMessage, now: float) -> None:
        if self._state not in LEGAL.get(type(message), frozenset()):
            name = type(message).__name__
            raise ProtocolViolation(f"{name} is not allowed in {self._state.name}")
        match message:
            case Goodbye(reason):
                self._finish(reason, by_other_side=True)
            case PictureShown(frame, decode_microseconds):
                self._events.append(PictureAcknowledged(frame, decode_microseconds))
            case (
                PointerMoved()
                | ButtonPressed()
                | ButtonReleased()
                | WheelTurned()
                | KeyPressed()
                | KeyReleased()
                | TextTyped()
                | AllReleased()
            ):
                self._take_input(message, now)
            case _:
                raise RuntimeError(f"{type(message).__name__} is legal in no state")

    def _take_input(self, message: InputMessage, now: float) -> None:
        if self._mode is not SessionMode.ACTIVE:
            self._refused_inputs += 1
        elif not self._is_admitted(message, now):
            if not isinstance(message, PointerMoved):
                raise ProtocolViolation("more input in a second than any hand makes")
        elif isinstance(message, AllReleased):
            self._release_held()
        else:
            self._held.note(message)
            if self._held.count > MAXIMUM_HELD:
                raise ProtocolViolation("more keys and buttons down than any hand holds")
            self._events.append(InputReceived(message))

    def _is_admitted(self, message: InputMessage, now: float) -> bool:
        """What brings a key or button up always passes; of moves another one follows."""
        return self._held.would_let_go(message) or self._input_rate.admits(message, now)

    def _release_held(self) -> None:
        self._held.clear()
        self._events.append(ReleaseHeld())

    def _finish(
        self, reason: EndReason, by_other_side: bool, goodbye: Goodbye | None = None
    ) -> None:
        self._release_held()
        self._link.close(goodbye)
        self._texts.append(broker.LeaveSession(self._paired.claim))
        self._state = State.ENDED
        self._events.append(SessionEnded(reason, by_other_side))


def must_ask(policies: Policies) -> bool:
    """Tell whether the target's user is asked before a session starts. A grace time of no
    seconds starts without asking: the policy says so."""
    return (
        policies.enable_user_acceptance_for_incoming_connections
        and policies.acceptance_grace_time > 0
    )


def first_built_mode(asked: SessionMode, policies: Policies) -> SessionMode | None:
    """Give the mode a session starts in: the one asked for, or the next that is allowed.

    The order is SessionMode's own, so a session never gets more than was asked for; None
    refuses it.
    """
    order: list[SessionMode] = list(SessionMode)
    for mode in order[order.index(asked) :]:
        if mode in MODES_BUILT and policies.allows(mode):
            return mode
    return None
