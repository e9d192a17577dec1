"""What the two session machines report: immutable values, for view-models and logs.

The machines store them; their drivers take them and publish them to the Qt side. No
event carries a key, and only CodeChanged carries a code, for the window that shows it.
"""

from dataclasses import dataclass

from common.protocol.connection_code import ConnectionCode
from common.protocol.policies import Policies, SessionMode
from common.protocol.session_messages import (
    CursorHidden,
    CursorMoved,
    CursorShape,
    InputMessage,
    PictureUpdate,
    ScreenLayout,
    ScreenUnavailable,
)
from common.reasons import CodeEnd, EndReason, PairingProblem


@dataclass(frozen=True, slots=True)
class CodeChanged:
    """Controller: this code is open until `expires_at`, monotonic seconds."""

    code: ConnectionCode
    expires_at: float
    extends_left: int
    tries_left: int


@dataclass(frozen=True, slots=True)
class CodeDied:
    """Controller: the code is dead; Request New makes another. `waiting_claims` others had
    typed it when it was used."""

    end: CodeEnd
    waiting_claims: int = 0


@dataclass(frozen=True, slots=True)
class CodeNotIssued:
    """Controller: the node gives no code, or no more time, just now."""

    retry_after_seconds: int


@dataclass(frozen=True, slots=True)
class TargetClaims:
    """Controller: somebody typed the routing digits; the handshake runs."""

    computer_name: str


@dataclass(frozen=True, slots=True)
class WrongCodeTyped:
    """Controller: the confirmation failed; this many wrong codes so far."""

    wrong_tries: int
    computer_name: str


@dataclass(frozen=True, slots=True)
class ClaimantLeft:
    """Controller: the claim ended without a try; the code still waits."""


@dataclass(frozen=True, slots=True)
class ClaimWaiting:
    """Target: the code is there, and so many others are being served first."""

    claims_before: int


@dataclass(frozen=True, slots=True)
class PairingEnded:
    """Target: the typed code led to no session. Final."""

    problem: PairingProblem
    retry_after_seconds: int = 0


@dataclass(frozen=True, slots=True)
class SessionPaired:
    """Both: the two ends hold the same keys, and the server has granted the session.

    `security_number` is the 4 digits of the short authentication string.
    """

    other_computer: str
    security_number: str


@dataclass(frozen=True, slots=True)
class AcceptanceAsked:
    """Target: ask the user, until `expires_at` (monotonic seconds). Controller: the user is
    being asked until then; `technician` is then its own name."""

    technician: str
    organisation: str
    is_verified: bool
    mode: SessionMode
    expires_at: float
    security_number: str


@dataclass(frozen=True, slots=True)
class SessionStarted:
    """Both: from here on the screen is shown. At the controller the names are the target's,
    at the target the technician's computer is unknown and the names are its own."""

    mode: SessionMode
    computer_name: str
    user_name: str
    operating_system: str
    technician: str
    organisation: str
    is_verified: bool
    security_number: str
    policies: Policies


@dataclass(frozen=True, slots=True)
class ScreenReceived:
    """Controller: a message of the screen or cursor channel, for the decoder."""

    message: (
        ScreenLayout | PictureUpdate | ScreenUnavailable | CursorShape | CursorMoved | CursorHidden
    )


@dataclass(frozen=True, slots=True)
class InputReceived:
    """Target: input that mode and policies allow. ReleaseHeld stands for all the rules
    by which keys and buttons come up."""

    message: InputMessage


@dataclass(frozen=True, slots=True)
class ReleaseHeld:
    """Target: let go of every key and button that was pressed for the controller."""


@dataclass(frozen=True, slots=True)
class PictureAcknowledged:
    """Target: the controller has shown this frame; capture may go on."""

    frame: int
    decode_microseconds: int


@dataclass(frozen=True, slots=True)
class RoundTripMeasured:
    """Both: a Ping came back."""

    seconds: float


@dataclass(frozen=True, slots=True)
class SessionEnded:
    """Both: the one last event of a session or of the attempt at one.

    `by_other_side` tells who said it, for the sentence that the user reads.
    """

    reason: EndReason
    by_other_side: bool


ControllerEvent = (
    CodeChanged
    | CodeDied
    | CodeNotIssued
    | TargetClaims
    | WrongCodeTyped
    | ClaimantLeft
    | SessionPaired
    | AcceptanceAsked
    | SessionStarted
    | ScreenReceived
    | RoundTripMeasured
    | SessionEnded
)
TargetEvent = (
    ClaimWaiting
    | PairingEnded
    | SessionPaired
    | AcceptanceAsked
    | SessionStarted
    | InputReceived
    | ReleaseHeld
    | PictureAcknowledged
    | RoundTripMeasured
    | SessionEnded
)
