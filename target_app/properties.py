"""The target's properties: what whoever sets up this computer decides about its sessions.

A property whose feature does not exist yet is not there, rather than accepted and ignored.
They come from a TOML file in the data folder, from the settings page, which writes that file,
and from `--set NAME=VALUE`, which holds for one run and is never written. Knows nothing of
windows or sessions; what a session may do is this and the server's grant combined to the
stricter (`as_policies`).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path
from typing import Annotated, Final, Literal, get_args

import msgspec
from msgspec import Meta, Struct

from common.errors import SettingsError
from common.protocol.policies import NEUTRAL_POLICIES, Policies, TimeoutAction
from common.settings import changed, load_settings, nearest, save_settings
from common.transport.server_address import parse_server_url

PROPERTIES_FILE_NAME: Final = "target.toml"
MAXIMUM_BROKERS: Final = 16
MAXIMUM_GRACE_SECONDS: Final = 60

LogLevel = Literal["error", "warning", "info", "debug"]
LOG_LEVELS: Final[tuple[LogLevel, ...]] = get_args(LogLevel)

_NAMES: Final = {
    "server_url": "ServerURL",
    "broker_list": "BrokerList",
    "allow_active": "AllowActive",
    "allow_guidance": "AllowGuidance",
    "allow_monitor": "AllowMonitor",
    "confirm_take_over": "ConfirmTakeOver",
    "acceptance_grace_seconds": "AcceptanceGraceTime",
    "acceptance_proceed": "AcceptanceProceed",
    "disable_panic_key": "DisablePanicKey",
    "enable_sign": "EnableOSSN",
    "log_level": "LogLevel",
}


class TargetProperties(Struct, frozen=True, forbid_unknown_fields=True, rename=_NAMES):
    """One value for each property; the defaults are those of a fresh installation."""

    server_url: str = ""
    broker_list: str = ""
    allow_active: bool = True
    allow_guidance: bool = True
    allow_monitor: bool = True
    confirm_take_over: bool = True
    acceptance_grace_seconds: Annotated[int, Meta(ge=0, le=MAXIMUM_GRACE_SECONDS)] = 45
    acceptance_proceed: bool = False
    disable_panic_key: bool = False
    enable_sign: bool = False
    log_level: LogLevel = "info"

    def __post_init__(self) -> None:
        check_server_url(self.server_url)
        broker_addresses(self.broker_list)


class PropertyKind(Enum):
    """How a property is written and which control the settings page gives it."""

    TEXT = "text"
    YES_NO = "yes or no"
    SECONDS = f"a whole number of seconds from 0 to {MAXIMUM_GRACE_SECONDS}"
    LOG_LEVEL = "one of " + ", ".join(LOG_LEVELS)


@dataclass(frozen=True, slots=True)
class Property:
    """A property as people meet it: its name in files, and plain words for the page."""

    name: str
    field: str
    kind: PropertyKind
    label: str
    help: str
    is_on_page: bool = True


PROPERTIES: Final = (
    Property(
        "ServerURL",
        "server_url",
        PropertyKind.TEXT,
        "Support server",
        "The address that your support organisation gave you, beginning with https://. "
        "Leave it empty to find a server on your own network.",
    ),
    Property(
        "ConfirmTakeOver",
        "confirm_take_over",
        PropertyKind.YES_NO,
        "Ask me before a session starts",
        "If you switch this off, you are still asked unless the server's address was set by hand "
        "and your support organisation allows it too.",
    ),
    Property(
        "AcceptanceGraceTime",
        "acceptance_grace_seconds",
        PropertyKind.SECONDS,
        "Time to answer",
        "How many seconds you have to accept or refuse a session, 60 at most.",
    ),
    Property(
        "AcceptanceProceed",
        "acceptance_proceed",
        PropertyKind.YES_NO,
        "Start the session when nobody answers",
        "Otherwise a session that nobody accepts in time is refused. "
        "Takes effect only where your support organisation allows it too.",
    ),
    Property(
        "AllowActive",
        "allow_active",
        PropertyKind.YES_NO,
        "A technician may control this computer",
        "Sees the screen and uses mouse and keyboard.",
    ),
    Property(
        "AllowGuidance",
        "allow_guidance",
        PropertyKind.YES_NO,
        "A technician may guide me",
        "Sees the screen and points things out; you do the work.",
        is_on_page=False,  # taken into account, but no session is in that mode yet
    ),
    Property(
        "AllowMonitor",
        "allow_monitor",
        PropertyKind.YES_NO,
        "A technician may watch",
        "Sees the screen and can't do anything.",
    ),
    Property(
        "DisablePanicKey",
        "disable_panic_key",
        PropertyKind.YES_NO,
        "Switch off the Pause key",
        "Normally the Pause key ends a session at once, wherever you are.",
    ),
    Property(
        "EnableOSSN",
        "enable_sign",
        PropertyKind.YES_NO,
        "Always show a sign on the screen during a session",
        "Otherwise only where your support organisation demands it.",
    ),
    Property(
        "BrokerList",
        "broker_list",
        PropertyKind.TEXT,
        "Brokers",
        "Where codes are looked up first, as NAME:PORT, separated by commas. "
        "Leave it empty to use the support server's own.",
    ),
    Property(
        "LogLevel",
        "log_level",
        PropertyKind.LOG_LEVEL,
        "Detail of the log",
        "How much is written down for troubleshooting. Codes and keys never are.",
    ),
)
"""In the order of the settings page."""


@dataclass(frozen=True, slots=True)
class PropertySources:
    """The file's values and, apart from them, what `--set` and `--server` put over them.

    Invariant: `stored` is what the file holds or will hold; nothing of `overrides` gets there.
    """

    stored: TargetProperties
    overrides: Mapping[str, object] = field(default_factory=dict)

    @property
    def effective(self) -> TargetProperties:
        """What holds now."""
        return msgspec.structs.replace(self.stored, **self.overrides)

    def with_override(self, assignment: str) -> "PropertySources":
        """Put NAME=VALUE over the file's value. Raises SettingsError."""
        name, separator, text = assignment.partition("=")
        if not separator:
            raise SettingsError(assignment, "expected NAME=VALUE")
        known = property_named(name)
        value = getattr(changed(self.effective, known.name, text.strip()), known.field)
        return replace(self, overrides={**self.overrides, known.field: value})

    def with_stored(self, stored: TargetProperties) -> "PropertySources":
        """Take over what the settings page has saved."""
        return replace(self, stored=stored)

    def is_overridden(self, known: Property) -> bool:
        """Whether the command line decides this property for this run."""
        return known.field in self.overrides


def property_named(name: str) -> Property:
    """Find a property; letters' case, dashes and underscores do not count, as in
    `common.settings.changed`. Raises SettingsError."""
    for known in PROPERTIES:
        if _plain(known.name) == _plain(name):
            return known
    problem = "there is no such target property"
    raise SettingsError(name, problem + nearest(name, tuple(known.name for known in PROPERTIES)))


def with_value(properties: TargetProperties, known: Property, value: object) -> TargetProperties:
    """Give the same properties with one other value. Raises SettingsError if it does not fit."""
    plain = msgspec.to_builtins(properties)
    plain[known.name] = value
    try:
        return msgspec.convert(plain, TargetProperties)
    except msgspec.ValidationError:
        raise SettingsError(known.name, f"expected {known.kind.value}") from None


def as_policies(properties: TargetProperties) -> Policies:
    """Say the properties as policies, for `stricter(grant, own)`.

    What no property speaks of is neutral, so the grant decides it. ConfirmTakeOver=no takes
    the target's own demand away and no more: where the grant demands the question, or the
    server is not pinned and the target forces it, the user is asked all the same.
    """
    action = TimeoutAction.PROCEED if properties.acceptance_proceed else TimeoutAction.ABORT
    return msgspec.structs.replace(
        NEUTRAL_POLICIES,
        active=properties.allow_active,
        guidance=properties.allow_guidance,
        monitor=properties.allow_monitor,
        enable_user_acceptance_for_incoming_connections=properties.confirm_take_over,
        acceptance_grace_time=properties.acceptance_grace_seconds,
        acceptance_timeout_action=action,
        disable_panic_key=properties.disable_panic_key,
        enable_on_screen_session_notification=properties.enable_sign,
    )


def _plain(name: str) -> str:
    return re.sub(r"[-_ .]", "", name).lower()


def check_server_url(url: str) -> None:
    """Accept an empty text, or a server's address. Raises SettingsError with the key."""
    if url:
        _check_address("ServerURL", url)


def broker_addresses(broker_list: str) -> tuple[str, ...]:
    """Split HOST:PORT,HOST:PORT, in its order. Raises SettingsError with the key."""
    addresses = tuple(part.strip() for part in broker_list.split(",") if part.strip())
    if len(addresses) > MAXIMUM_BROKERS:
        raise SettingsError("BrokerList", f"more than {MAXIMUM_BROKERS} brokers")
    for address in addresses:
        _check_address("BrokerList", address)
    return addresses


def _check_address(key: str, text: str) -> None:
    try:
        parse_server_url(text)
    except SettingsError as error:
        raise SettingsError(key, error.problem) from None


def load_properties(data_folder: Path, assignments: Iterable[str] = ()) -> PropertySources:
    """Read the file, if there is one, and put the command line's NAME=VALUE over it, the
    later over the earlier. Raises SettingsError."""
    sources = PropertySources(load_settings(properties_path(data_folder), TargetProperties))
    for assignment in assignments:
        sources = sources.with_override(assignment)
    return sources


def save_properties(data_folder: Path, stored: TargetProperties) -> None:
    """Write the file. Raises SettingsError."""
    save_settings(properties_path(data_folder), stored)


def properties_path(data_folder: Path) -> Path:
    """Where the properties' file lies."""
    return data_folder / PROPERTIES_FILE_NAME
