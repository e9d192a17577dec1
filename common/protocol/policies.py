"""Session policies: names, types, ranges, defaults, and what the stricter of two is.

A policy's field says everything about it: its type holds the range and the merge rule,
the text under it the meaning. The node loads one `Policies` from its policies file, the
offer carries it whole, the target merges it with its own properties and enforces it.
Nothing here decides whether a message is allowed; the target's session does.
"""

import operator
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Annotated, Final, Generic, TypeVar, assert_never, get_type_hints

import msgspec
from msgspec import Meta, Struct

from common.errors import SettingsError

MAXIMUM_POLICIES_FILE_BYTES: Final = 64 * 1024


class SessionMode(Enum):
    """What a session is for, in the order in which one falls back to the next."""

    ACTIVE = "active"
    GUIDANCE = "guidance"
    MONITOR = "monitor"
    CHAT = "chat"
    FILE_TRANSFER = "file_transfer"


class Direction(Enum):
    """Which way files or the clipboard may travel."""

    TO_TARGET = "to_target"
    TO_CONTROLLER = "to_controller"
    BOTH = "both"
    NONE = "none"


class TimeoutAction(Enum):
    """What happens when the acceptance window's time runs out."""

    ABORT = "ABORT"
    PROCEED = "PROCEED"


V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class MergeRule(Generic[V]):
    """How two values of one policy become the stricter one.

    `neutral` is the value that leaves any other as it is: the loosest one.
    """

    name: str
    neutral: V
    merge: Callable[[V, V], V]


def _smaller_limit(first: int, second: int) -> int:
    """Take the smaller of two limits, where 0 means that there is none."""
    return min(first or second, second or first)


_WAYS: Final[Mapping[Direction, frozenset[str]]] = {
    Direction.NONE: frozenset(),
    Direction.TO_TARGET: frozenset({"to_target"}),
    Direction.TO_CONTROLLER: frozenset({"to_controller"}),
    Direction.BOTH: frozenset({"to_target", "to_controller"}),
}


def _shared_ways(first: Direction, second: Direction) -> Direction:
    shared = _WAYS[first] & _WAYS[second]
    return next(direction for direction, ways in _WAYS.items() if ways == shared)


def _abort_wins(first: TimeoutAction, second: TimeoutAction) -> TimeoutAction:
    return first if first is TimeoutAction.ABORT else second


BOTH_MUST_ALLOW: Final = MergeRule("both must allow it", True, operator.and_)
EITHER_MAY_DEMAND: Final = MergeRule("either may demand it", False, operator.or_)
THE_LONGER: Final[MergeRule[int]] = MergeRule("the longer", 0, max)
THE_SMALLER_LIMIT: Final = MergeRule("the smaller; 0 is no limit", 0, _smaller_limit)
SHARED_WAYS: Final = MergeRule("the ways that both allow", Direction.BOTH, _shared_ways)
ABORT_WINS: Final = MergeRule("ABORT wins", TimeoutAction.PROCEED, _abort_wins)

# What a policy allows is stricter off; what it demands for the sake of the target's user
# or of the records is stricter on. Where it could be argued either way, it allows.
Permission = Annotated[bool, BOTH_MUST_ALLOW]
Demand = Annotated[bool, EITHER_MAY_DEMAND]
Directions = Annotated[Direction, SHARED_WAYS]
GraceSeconds = Annotated[int, Meta(ge=0, le=60), THE_LONGER]
LimitSeconds = Annotated[int, Meta(ge=0, le=86_400), THE_SMALLER_LIMIT]
LimitMegabits = Annotated[int, Meta(ge=0, le=100_000), THE_SMALLER_LIMIT]


class Policies(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Every policy of a session; what is not said keeps its default."""

    active: Permission = True
    """The mode Active: see, point and type."""
    guidance: Permission = True
    """The mode Guidance: see and point things out."""
    monitor: Permission = True
    """The mode Monitor: see."""
    chat: Permission = True
    """The mode Chat: write to each other, no screen."""
    file_transfer: Permission = True
    """The mode File transfer: exchange files, no screen."""
    reboot: Permission = True
    """The controller may offer to restart the target, and reconnect."""

    enable_user_acceptance_for_incoming_connections: Demand = True
    """The target's user is asked before a session starts."""
    enable_user_acceptance_for_mode_changes: Demand = True
    """The target's user is asked before the mode changes."""
    enable_user_acceptance_for_file_transfers: Demand = True
    """The target's user is asked before files travel."""
    enable_user_acceptance_for_system_information: Demand = True
    """The target's user is asked before system information is shown."""
    enable_user_acceptance_for_local_recording: Demand = True
    """The target's user is asked before the controller records."""
    enable_user_acceptance_for_collaboration_requests: Demand = True
    """The target's user is asked before another controller joins."""
    acceptance_grace_time: GraceSeconds = 45
    """Seconds in which the user can answer; 0 starts without asking."""
    acceptance_timeout_action: Annotated[TimeoutAction, ABORT_WINS] = TimeoutAction.ABORT
    """What no answer means."""
    reconfirm_after: LimitSeconds = 1800
    """Seconds until the user is asked whether to go on; 0 never asks."""
    hide_windows: Demand = False
    """The acceptance window offers to hide windows."""

    allow_chat: Permission = True
    """Chat beside another mode."""
    save_chat_messages: Permission = False
    """The controller keeps what was written."""
    file_transfer_direction: Directions = Direction.BOTH
    """Which way files may travel."""
    allow_clipboard_transfer: Permission = True
    """The clipboard may travel."""
    clipboard_direction: Directions = Direction.BOTH
    """Which way the clipboard may travel."""
    allow_input_lock: Permission = True
    """The controller may lock the target's own keyboard and mouse."""
    allow_input_lock_with_visible_screen: Permission = True
    """It may do so while the target's screen stays visible there."""
    set_target_locked: Permission = False
    """The target's own input is locked in every session."""
    display_screen_on_locked_target: Demand = True
    """A locked target still shows its screen to who sits before it."""
    enable_privacy: Permission = True
    """The controller may cover the target's own screen."""
    allow_local_recording: Permission = True
    """The controller may record the session."""
    force_session_recording: Demand = False
    """Every session is recorded."""
    record_in_target: Demand = False
    """The forced recording is made on the target, not on the technician's computer."""
    keep_recording_in_target: Permission = False
    """The target keeps a copy of it after it was handed over."""
    allow_multiple_controllers: Permission = True
    """Other controllers may join."""
    allow_session_handover: Permission = True
    """The controller may hand the session to another one."""
    allow_requests_to_join_session: Permission = True
    """Other controllers may ask to join."""
    connect_at_logon: Permission = False
    """A session may start when nobody is logged on."""

    enable_on_screen_session_notification: Demand = True
    """A sign on the target's screen says that a session runs."""
    disable_panic_key: Permission = False
    """The key that ends the session at the target does not."""
    inactivity_timeout: LimitSeconds = 360
    """Seconds without input until the session ends, Active only; 0 off, below 60 counts as 60."""
    lock_target_on_disconnect: Demand = False
    """The target's desktop is locked at the end."""
    remove_desktop_background: Permission = False
    """The wallpaper is hidden during a session."""
    stop_screen_updates_when_screen_saver_is_active: Demand = False
    """No pictures while the screen saver runs."""
    run_pre_session_script: Permission = False
    """The target runs its configured script before a session."""
    run_post_session_script: Permission = False
    """The target runs its configured script after a session."""
    proceed_on_script_failure: Permission = False
    """A session starts although the script failed."""

    local_audit: Demand = True
    """The target writes what happened into its own event log."""
    force_session_audit: Demand = True
    """The server keeps what happened."""

    maximum_bandwidth: LimitMegabits = 0
    """Mbit/s that pictures may use; 0 no limit."""

    def allows(self, mode: SessionMode) -> bool:
        """Tell whether a session may be in that mode."""
        match mode:
            case SessionMode.ACTIVE:
                return self.active
            case SessionMode.GUIDANCE:
                return self.guidance
            case SessionMode.MONITOR:
                return self.monitor
            case SessionMode.CHAT:
                return self.chat
            case SessionMode.FILE_TRANSFER:
                return self.file_transfer
        assert_never(mode)


_HINTS: Final = get_type_hints(Policies, include_extras=True)
MERGE_RULES: Final = {
    name: next(extra for extra in hint.__metadata__ if isinstance(extra, MergeRule))
    for name, hint in _HINTS.items()
}
"""Policy name to its merge rule."""

NEUTRAL_POLICIES: Final = msgspec.structs.replace(
    Policies(), **{name: rule.neutral for name, rule in MERGE_RULES.items()}
)
"""Restricts nothing: what a side that sets no policy brings to `stricter`. Never enforce it
alone."""


def stricter(first: Policies, second: Policies) -> Policies:
    """Merge two sets of policies field by field, each by the rule in its type."""
    merged = {
        name: rule.merge(getattr(first, name), getattr(second, name))
        for name, rule in MERGE_RULES.items()
    }
    return msgspec.structs.replace(first, **merged)


def load_policies(path: Path) -> Policies:
    """Read a policies file, TOML with the field names above.

    Raises SettingsError that names the file, or the policy and what it takes.
    """
    values = _read_toml(path)
    for name, value in values.items():
        _check_policy(name, value)
    return msgspec.convert(values, Policies)


def _read_toml(path: Path) -> Mapping[str, object]:
    try:
        with path.open("rb") as file:
            content = file.read(MAXIMUM_POLICIES_FILE_BYTES + 1)
    except OSError as error:
        raise SettingsError(str(path), error.strerror or "it can't be read") from None
    if len(content) > MAXIMUM_POLICIES_FILE_BYTES:
        raise SettingsError(str(path), "it is too long for a policies file")
    try:
        return tomllib.loads(content.decode())
    except (ValueError, RecursionError) as error:  # not TOML, not UTF-8, a number too long
        raise SettingsError(str(path), f"it is not TOML: {error}") from None


def _check_policy(name: str, value: object) -> None:
    if name not in _HINTS:
        raise SettingsError(name, "there is no such policy")
    try:
        msgspec.convert(value, _HINTS[name])
    except msgspec.ValidationError:
        raise SettingsError(name, f"it must be {_what_fits(name)}") from None


def _what_fits(name: str) -> str:
    kind = msgspec.inspect.type_info(_HINTS[name])
    if isinstance(kind, msgspec.inspect.EnumType):
        return "one of " + ", ".join(f'"{member.value}"' for member in kind.cls)
    if isinstance(kind, msgspec.inspect.IntType):
        return f"a whole number from {kind.ge} to {kind.le}"
    return "true or false"
