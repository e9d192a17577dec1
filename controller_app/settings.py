"""What the technician sets: names and server. A frozen value, kept as TOML.

Knows where none of it is shown. `common.settings` reads and writes the file and names the
key that is wrong; `name_problem` and `server_problem` do the same for what is typed into a field.
"""

import getpass
import sys
from enum import Enum
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from common.errors import SettingsError
from common.qt.display_text import MAXIMUM_NAME_CHARACTERS, display_name
from common.transport.server_address import parse_server_url

SETTINGS_FILE: Final = "controller.toml"
"""In the data folder."""

Name = Annotated[str, Meta(max_length=MAXIMUM_NAME_CHARACTERS)]
Url = Annotated[str, Meta(max_length=512)]


def login_name() -> str:
    """Name the person at this computer: the full name, else the login, else nobody."""
    try:
        login = getpass.getuser()
    except (KeyError, OSError):  # no such user in the system's list
        return ""
    return display_name(_full_name(login) or login)


def _full_name(login: str) -> str:
    if sys.platform == "win32":
        return ""
    import pwd

    try:
        return pwd.getpwnam(login).pw_gecos.partition(",")[0].strip()
    except KeyError:
        return ""


class ControllerSettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the settings file holds; each key may be missing."""

    technician: Name = msgspec.field(default_factory=login_name)
    """Shown to the target's user, who is asked whether to let this person in."""
    organisation: Name = ""
    server: Url = ""
    """https://HOST:PORT#FINGERPRINT; empty: the broker on this computer."""


class SettingsProblem(Enum):
    """What is wrong with a field."""

    EMPTY = "empty"
    TOO_LONG = "too_long"
    NOT_PRINTABLE = "not_printable"


def name_problem(text: str, is_required: bool) -> SettingsProblem | None:
    """Say what is wrong with a name, or None."""
    shown = text.strip()
    if is_required and not shown:
        return SettingsProblem.EMPTY
    if len(shown) > MAXIMUM_NAME_CHARACTERS:
        return SettingsProblem.TOO_LONG
    if display_name(shown) != " ".join(shown.split()):
        return SettingsProblem.NOT_PRINTABLE
    return None


def server_problem(text: str) -> str:
    """Say what is wrong with a server's address, in words; empty: nothing."""
    if not text.strip():
        return ""
    try:
        parse_server_url(text)
    except SettingsError as error:
        return error.problem
    return ""
