"""Why a thing ended or did not happen: closed lists, shared by wire, log and windows.

The values are what travels and what a log says. No sentence for users is made here: each
program makes its own from (reason, context) in one place.
"""

from enum import Enum


class EndReason(Enum):
    """Why a session, or the attempt at one, is over. Travels in Goodbye."""

    CONTROLLER_ENDED = "controller_ended"
    """The technician pressed Disconnect or closed the session window."""
    CONTROLLER_QUIT = "controller_quit"
    """The technician's program was closed."""
    CANCELLED = "cancelled"
    """The technician pressed Cancel in the Connection code window, or the target's user there."""
    TARGET_ENDED = "target_ended"
    """The target's user ended it by tray, window or hot key."""
    TARGET_QUIT = "target_quit"
    """The target's program was closed."""
    REFUSED_BY_USER = "refused_by_user"
    NOT_ANSWERED = "not_answered"
    """The acceptance window's time ran out and the action is ABORT."""
    REFUSED_BY_POLICY = "refused_by_policy"
    """No session mode that was asked for, or one after it, is allowed."""
    NO_SCREEN = "no_screen"
    """The target can't show its screen: no display, or a Wayland session."""
    TIME_OVER = "time_over"
    """The grant's longest duration has passed."""
    OTHER_SIDE_LEFT = "other_side_left"
    """The other program's connection closed without a goodbye."""
    OTHER_SIDE_SILENT = "other_side_silent"
    """Nothing was heard of the other side for 15 seconds."""
    CONNECTION_LOST = "connection_lost"
    """This side's own connection to the broker was lost."""
    BROKER_STOPPED = "broker_stopped"
    PROTOCOL_VIOLATION = "protocol_violation"
    """A message or record broke a rule; what came over the line can't be trusted."""
    INTERNAL_ERROR = "internal_error"


class CodeEnd(Enum):
    """Why a connection code is dead. The broker says it to the controller."""

    EXPIRED = "expired"
    CANCELLED = "cancelled"
    REPLACED = "replaced"
    USED = "used"
    WRONG_THREE_TIMES = "wrong_three_times"
    CONTROLLER_GONE = "controller_gone"


class PairingProblem(Enum):
    """Why a typed code did not lead to a session. The target's user reads a sentence for it."""

    UNKNOWN = "unknown"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    REPLACED = "replaced"
    USED = "used"
    WRONG_THREE_TIMES = "wrong_three_times"
    """This code was typed wrongly three times, here or elsewhere, and is dead."""
    WRONG_SECRET = "wrong_secret"  # noqa: S105 - a reason's name
    """The confirmation failed: the routing digits exist, the secret ones are not theirs."""
    TOO_MANY_CLAIMS = "too_many_claims"
    """This address tried too often; it is told how long to wait."""
    CONTROLLER_LEFT = "controller_left"
    """The controller went away, or did not answer in time."""
    NOT_AUTHENTICATED = "not_authenticated"
    """The server does not know this target, or it failed to prove its device key."""
    BROKER_UNREACHABLE = "broker_unreachable"
    UNTRUSTED = "untrusted"
    """A signed document does not fit what this side knows: somebody is in the middle."""


class CodeTypingProblem(Enum):
    """What is wrong with a connection code while it is typed. Nothing of it is sent."""

    EMPTY = "empty"
    LETTERS = "letters"
    """Something else than digits, spaces and dashes."""
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    WRONG_CHECK_DIGIT = "wrong_check_digit"


class ConnectionProblem(Enum):
    """Why a node can't be reached, or is not taken for the right one."""

    NAME_NOT_FOUND = "name_not_found"
    UNREACHABLE = "unreachable"
    """Nothing answers at that address and port within the time."""
    REFUSED = "refused"
    """The computer is there; nothing listens on that port."""
    WRONG_FINGERPRINT = "wrong_fingerprint"
    """Its root key is not the one that the address names."""
    CERTIFICATE_NOT_TRUSTED = "certificate_not_trusted"
    NOT_A_NODE = "not_a_node"
    """Something else answers there."""
    VERSION_TOO_OLD = "version_too_old"
    """One of the two speaks a version of the protocol that the other doesn't."""
    NOT_AUTHENTICATED = "not_authenticated"
    TOO_MANY = "too_many"
    """The node is full, or this address has too many connections."""
    CLOSED = "closed"
    """The connection was there and ended."""
