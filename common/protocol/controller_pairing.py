"""The controller's code, from the request for it to a granted session; no I/O.

    ISSUING -> WAITING_FOR_TARGET -> SERVING_CLAIM -> PAIRED

A claim that fails leads through RELEASING back to WAITING_FOR_TARGET; the third wrong secret,
counted here and nowhere else, to CODE_DEAD, from where Request New begins again. RECONNECTING
keeps an open code while the connection to the node is away. PAIRED and ENDED are final.

A runner feeds it (`receive_*`, `computed`, `advance`, the commands) and carries out what it
asks for (`take_events`, `take_computation`, `next_output`). `LEGAL` says which message means
something when. Messages for a code or a claim that this side has left are late, not wrong.
"""

import hmac
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, assert_never

from common.errors import PairingFailed, ProtocolViolation
from common.protocol import broker_messages as broker
from common.protocol.broker_messages import FromController, FromNode
from common.protocol.connection_code import ConnectionCode, draw_secret
from common.protocol.controller_claim import ClaimBroken, ControllerClaim, ControllerIdentity
from common.protocol.pairing import Computation, PairedSession, catching
from common.protocol.session_events import (
    ClaimantLeft,
    CodeChanged,
    CodeDied,
    CodeNotIssued,
    ControllerEvent,
    SessionEnded,
    SessionPaired,
    TargetClaims,
    WrongCodeTyped,
)
from common.reasons import CodeEnd, EndReason

WRONG_TRIES_PER_CODE: Final = 3
RECONNECT_SECONDS: Final = 120.0
"""An open code outlives its controller's connection for this long."""


class ControllerState(Enum):
    """Where a code stands, as its technician would say it."""

    ISSUING = auto()
    WAITING_FOR_TARGET = auto()
    SERVING_CLAIM = auto()
    RELEASING = auto()
    CODE_DEAD = auto()
    RECONNECTING = auto()
    PAIRED = auto()
    ENDED = auto()


State = ControllerState

WITH_CLAIM: Final = frozenset({State.SERVING_CLAIM, State.RELEASING})
FINAL: Final = frozenset({State.PAIRED, State.ENDED})
ALL: Final = frozenset(State)

LEGAL: Final[dict[type, frozenset[State]]] = {
    broker.CodeIssued: frozenset({State.ISSUING, State.CODE_DEAD}),
    broker.CodeRefused: ALL - FINAL,
    broker.CodeExtended: WITH_CLAIM | {State.WAITING_FOR_TARGET, State.RECONNECTING},
    broker.CodeEnded: WITH_CLAIM | {State.WAITING_FOR_TARGET, State.RECONNECTING},
    broker.Claimed: ALL - FINAL - WITH_CLAIM,
    broker.OfferMade: WITH_CLAIM,
    broker.GrantMade: WITH_CLAIM,
    broker.Released: WITH_CLAIM,
    broker.NodeStopping: ALL - FINAL,
}
"""The node's messages and the states in which they mean something, or come late. A
CodeRefused does not say what it refuses: one for an Extend can come while a new code is on its
way, so that the code arrives at CODE_DEAD."""


@dataclass(frozen=True, slots=True)
class Randomness:
    """Where random bytes and numbers come from: the system, or a test."""

    draw_bytes: Callable[[int], bytes]
    draw_below: Callable[[int], int]


@dataclass(slots=True)
class _OpenCode:
    """The code that is out, with what the node said of it. Wrong tries are counted here."""

    code: ConnectionCode
    session_id: bytes
    owner_token: str
    expires_at: float
    extends_left: int
    wrong_tries: int = 0


class ControllerPairing:
    """One technician's wish for a session, until it is paired or given up."""

    def __init__(self, identity: ControllerIdentity, randomness: Randomness) -> None:
        self._identity = identity
        self._randomness = randomness
        self._state = State.ISSUING
        self._awaited_session_id = b""
        self._code: _OpenCode | None = None
        self._replaced: _OpenCode | None = None
        self._claim: ControllerClaim | None = None
        self._reconnect_by: float | None = None
        self._output: deque[FromController | bytes] = deque()
        self._events: list[ControllerEvent] = []
        self._computation_number = 0
        self._result: PairedSession | None = None
        self._violation = ""

    # What a runner takes.

    @property
    def state(self) -> ControllerState:
        """Where the code stands."""
        return self._state

    @property
    def result(self) -> PairedSession | None:
        """The session, once the state is PAIRED."""
        return self._result

    @property
    def violation(self) -> str:
        """What rule was broken, for the log, after an end by PROTOCOL_VIOLATION."""
        return self._violation

    def take_events(self) -> list[ControllerEvent]:
        """Hand out what has happened since the last call."""
        events, self._events = self._events, []
        return events

    def take_computation(self) -> Computation | None:
        """Hand out the slow step that is to be run now, once."""
        function = self._claim.take_computation() if self._claim else None
        return Computation(self._computation_number, catching(function)) if function else None

    def next_output(self) -> FromController | bytes | None:
        """Hand out what is to be sent next: a message for the node, or a frame for the target."""
        return self._output.popleft() if self._output else None

    def next_deadline(self) -> float | None:
        """Tell when to call `advance`, monotonic seconds."""
        if self._state in FINAL:
            return None
        deadlines = [self._code.expires_at] if self._code else []
        if self._reconnect_by is not None:
            deadlines.append(self._reconnect_by)
        return min(deadlines, default=None)

    # Commands of the technician.

    def start(self) -> None:
        """Ask the node for a code."""
        self._request_code()

    def request_new(self) -> None:
        """Let the code die as replaced and ask for another. Nothing happens while one is on
        its way, or after the end: an impatient second click costs nothing."""
        if self._state not in FINAL | {State.ISSUING, State.RECONNECTING}:
            self._request_code()

    def extend(self) -> None:
        """Ask for the code's whole lifetime again, if one is open and may have it."""
        is_open = self._state in WITH_CLAIM | {State.WAITING_FOR_TARGET}
        if self._code and is_open and self._code.extends_left:
            self._output.append(broker.ExtendCode(self._code.code.routing, self._code.owner_token))

    def end(self, reason: EndReason) -> None:
        """Give up: the code dies, and with it a claim that is being served."""
        if self._state not in FINAL:
            self._give_up(reason)

    # What comes in.

    def receive_text(self, message: FromNode, now: float) -> None:
        """Take a message of the node."""
        if self._state in FINAL or self._is_late(message):
            return
        if self._state not in LEGAL.get(type(message), frozenset()):
            self._violate(f"{type(message).__name__} is not allowed in {self._state.name}")
            return
        try:
            self._handle(message, now)
        except ProtocolViolation as violation:
            self._violate(violation.detail)

    def receive_frame(self, frame: bytes) -> None:
        """Take a binary frame of the target. Outside a claim it is late and passed over."""
        claim = self._claim
        if claim is None or self._state is not State.SERVING_CLAIM:
            return
        try:
            claim.receive_frame(frame)
        except ClaimBroken:
            self._claim_broken(claim)
        except PairingFailed:
            self._wrong_code(claim)
        else:
            self._output.extend(claim.take_output())

    def computed(self, number: int, outcome: object) -> None:
        """Take the result of a slow step. One that is no longer wanted is passed over."""
        claim = self._claim
        is_wanted = self._state is State.SERVING_CLAIM and number == self._computation_number
        if claim is None or not is_wanted:
            return
        try:
            claim.computed(outcome)
        except ClaimBroken:
            self._claim_broken(claim)
        else:
            self._output.extend(claim.take_output())

    def connection_lost(self, now: float) -> None:
        """The connection to the node is away; an open code stays for RECONNECT_SECONDS.
        What was to be sent over this connection is not for another one."""
        self._output.clear()
        if self._state in FINAL or self._state is State.CODE_DEAD:
            return
        self._claim = None
        if self._reconnect_by is None:
            self._reconnect_by = now + RECONNECT_SECONDS
        if self._code:
            self._state = State.RECONNECTING

    def connection_restored(self, identity: ControllerIdentity) -> None:
        """The node has welcomed this controller, for the first time or again."""
        self._identity = identity
        self._reconnect_by = None
        self._output.clear()
        if self._state is State.ISSUING:
            self._request_code()
        elif self._state is State.RECONNECTING and self._code:
            self._output.append(broker.ResumeCode(self._code.code.routing, self._code.owner_token))

    def advance(self, now: float) -> None:
        """Do what is due: a code that has had its time dies, here and at the node."""
        if self._state in FINAL:
            return
        if self._reconnect_by is not None and now >= self._reconnect_by:
            self._finish(EndReason.CONNECTION_LOST)
        elif self._code and now >= self._code.expires_at:
            self._cancel_code(CodeEnd.EXPIRED)
            self._die(CodeEnd.EXPIRED)

    # The node's messages.

    def _is_late(self, message: FromNode) -> bool:
        match message:
            case broker.OfferMade() | broker.GrantMade() | broker.Released():
                return self._claim is None or message.claim != self._claim.claimed.claim
            case broker.CodeExtended() | broker.CodeEnded():
                return self._code is None or message.routing != self._code.code.routing
            case broker.CodeIssued():
                return not hmac.compare_digest(message.session_id, self._awaited_session_id)
            case _:
                return False

    def _handle(self, message: FromNode, now: float) -> None:
        match message:
            case broker.CodeIssued():
                self._take_code(message, now)
            case broker.CodeExtended():
                self._extended(message, now)
            case broker.CodeEnded():
                self._die(message.end, message.waiting_claims)
            case broker.CodeRefused():
                self._code_refused(message.retry_after_seconds)
            case broker.Claimed():
                self._claimed(message)
            case broker.OfferMade():
                if self._claim and self._state is State.SERVING_CLAIM:
                    self._claim.take_offer(message, self._identity)
            case broker.GrantMade():
                self._take_grant(message)
            case broker.Released():
                self._released()
            case broker.NodeStopping():
                pass  # the connection closes next, and that is what counts
            case (
                broker.ServerHello()
                | broker.ControllerWelcome()
                | broker.TargetWelcome()
                | broker.HelloRefused()
                | broker.ClaimQueued()
                | broker.ClaimRefused()
            ):
                raise RuntimeError(f"{type(message).__name__} is legal in no state")
            case _:
                assert_never(message)

    def _take_code(self, message: broker.CodeIssued, now: float) -> None:
        secret = draw_secret(message.secret_digit_count, self._randomness.draw_below)
        code = ConnectionCode(message.routing, secret)
        self._awaited_session_id, self._replaced = b"", None
        self._code = _OpenCode(
            code=code,
            session_id=message.session_id,
            owner_token=message.owner_token,
            expires_at=now + message.lifetime_seconds,
            extends_left=message.extends_left,
        )
        self._state = State.WAITING_FOR_TARGET
        self._report_code(self._code)

    def _extended(self, message: broker.CodeExtended, now: float) -> None:
        if self._code is None:
            return
        self._code.expires_at = now + message.lifetime_seconds
        self._code.extends_left = message.extends_left
        if self._state is State.RECONNECTING:
            self._state = State.WAITING_FOR_TARGET
        self._report_code(self._code)

    def _code_refused(self, retry_after_seconds: int) -> None:
        """No new code now, or no more time. A code that was to be replaced goes all the same:
        its technician does not see it any more."""
        self._events.append(CodeNotIssued(retry_after_seconds))
        if self._state is State.ISSUING:
            self._cancel_code(CodeEnd.CANCELLED)
            self._replaced = None
            self._state = State.CODE_DEAD

    def _claimed(self, message: broker.Claimed) -> None:
        if self._state is not State.WAITING_FOR_TARGET or self._code is None:
            return
        nonce = self._randomness.draw_bytes(32)
        self._computation_number += 1
        self._claim = ControllerClaim(message, nonce, self._code.code, self._code.session_id)
        self._state = State.SERVING_CLAIM
        self._events.append(TargetClaims(message.computer_name))

    def _take_grant(self, message: broker.GrantMade) -> None:
        if self._claim is None or self._state is not State.SERVING_CLAIM:
            return
        paired = self._claim.take_grant(message, self._identity)
        self._result = paired
        self._state = State.PAIRED
        self._events.append(SessionPaired(paired.other_computer, paired.keys.security_number))

    def _released(self) -> None:
        if self._state is State.SERVING_CLAIM:
            self._events.append(ClaimantLeft())
        self._claim = None
        self._state = State.WAITING_FOR_TARGET

    # Steps.

    def _wrong_code(self, claim: ControllerClaim) -> None:
        if self._code is None:
            return
        self._code.wrong_tries += 1
        self._events.append(WrongCodeTyped(self._code.wrong_tries, claim.claimed.computer_name))
        self._output.append(broker.ClaimFailed(claim.claimed.claim, "wrong"))
        self._state = State.RELEASING
        if self._code.wrong_tries >= WRONG_TRIES_PER_CODE:
            self._cancel_code(CodeEnd.WRONG_THREE_TIMES)  # whatever the node has counted
            self._die(CodeEnd.WRONG_THREE_TIMES)

    def _claim_broken(self, claim: ControllerClaim) -> None:
        self._output.append(claim.broken())
        self._events.append(ClaimantLeft())
        self._state = State.RELEASING

    def _request_code(self) -> None:
        self._claim = None
        if self._code is not None:
            self._events.append(CodeDied(CodeEnd.REPLACED))
            self._code, self._replaced = None, self._code
        mode, session_id = self._identity.mode, self._randomness.draw_bytes(16)
        self._awaited_session_id = session_id
        self._state = State.ISSUING
        if self._replaced is None:
            self._output.append(broker.StartSession(mode, session_id))
        else:
            routing, token = self._replaced.code.routing, self._replaced.owner_token
            self._output.append(broker.ReplaceCode(routing, token, mode, session_id))

    def _cancel_code(self, end: CodeEnd) -> None:
        """Tell the node that the code is dead, or the one that it was asked to replace."""
        code = self._code or self._replaced
        if code is not None:
            self._output.append(broker.CancelCode(code.code.routing, code.owner_token, end))

    def _give_up(self, reason: EndReason) -> None:
        self._output.clear()  # what has not been sent is not wanted any more, requests least
        self._cancel_code(CodeEnd.CANCELLED)
        self._finish(reason)

    def _die(self, end: CodeEnd, waiting_claims: int = 0) -> None:
        self._claim = None
        self._code = None
        self._reconnect_by = None
        self._events.append(CodeDied(end, waiting_claims))
        self._state = State.CODE_DEAD

    def _report_code(self, code: _OpenCode) -> None:
        tries_left = WRONG_TRIES_PER_CODE - code.wrong_tries
        self._events.append(CodeChanged(code.code, code.expires_at, code.extends_left, tries_left))

    def _violate(self, detail: str) -> None:
        self._violation = detail
        self._give_up(EndReason.PROTOCOL_VIOLATION)

    def _finish(self, reason: EndReason) -> None:
        self._claim = None
        self._code = None
        self._state = State.ENDED
        self._events.append(SessionEnded(reason, by_other_side=False))
