"""Settings files: frozen msgspec structs from TOML and back, and NAME=VALUE options.

Knows no setting by name: each program has its own struct, whose field types hold the ranges.
Every mistake of a person ends in a SettingsError that names the file and the key in one line.
A key in a file is the field's encoded name (`rename=` of the struct counts).
"""

import difflib
import re
import tomllib
from enum import Enum, EnumType
from pathlib import Path
from typing import Final, TypeVar

import msgspec
import tomli_w

from common.errors import SettingsError, reason_of
from common.private_files import write_privately

SettingsType = TypeVar("SettingsType", bound=msgspec.Struct)

MAXIMUM_FILE_BYTES: Final = 256 * 1024
_WORDS_OF_TRUTH: Final = {
    "yes": True,
    "true": True,
    "on": True,
    "no": False,
    "false": False,
    "off": False,
}
_MESSAGE_WITH_PATH: Final = re.compile(r"^(?P<problem>.*?)(?: - at `\$\.?(?P<path>.*)`)?$", re.S)
_EXPECTED: Final = re.compile(r"Expected `(?P<kind>[^`]*)`(?P<bound>.*?)(?:, got `.*`)?", re.S)
_KINDS: Final = {
    "bool": "yes or no (true or false in a file)",
    "int": "a whole number",
    "float": "a number",
    "str": "text",
    "array": "a list",
    "object": "a table",
}
_UNKNOWN_FIELD: Final = re.compile(r"unknown field `(?P<name>.*)`")


def load_settings(path: Path, settings_type: type[SettingsType]) -> SettingsType:
    """Read the file; without one, every setting has its default. Raises SettingsError."""
    try:
        with path.open("rb") as file:
            content = file.read(MAXIMUM_FILE_BYTES + 1)
    except FileNotFoundError:
        return settings_type()
    except OSError as error:
        raise SettingsError(str(path), f"can't be read: {reason_of(error)}") from error
    if len(content) > MAXIMUM_FILE_BYTES:
        raise SettingsError(str(path), f"is larger than {MAXIMUM_FILE_BYTES // 1024} KiB")
    return _from_toml(path, content, settings_type)


def save_settings(path: Path, value: msgspec.Struct) -> None:
    """Write the file in one step, mode 0600. A None is left out, its key has the default
    then. Raises SettingsError."""
    document = _without_none(msgspec.to_builtins(value))
    try:
        write_privately(path, tomli_w.dumps(document).encode())
    except OSError as error:
        raise SettingsError(str(path), f"can't be written: {reason_of(error)}") from error


def changed(value: SettingsType, name: str, text: str) -> SettingsType:
    """Return `value` with one setting taken from the text of a NAME=VALUE option.

    Letters' case, dashes and underscores in the name do not count. yes, no, true, false, on
    and off are truth values. Raises SettingsError, with the nearest right name if there is one.
    """
    key = _field_named(type(value), name)
    document = _dictionary(msgspec.to_builtins(value))
    first: msgspec.ValidationError | None = None
    for reading in _readings(text):
        try:
            return msgspec.convert({**document, key: reading}, type(value))
        except msgspec.ValidationError as error:
            first = first or error
    problem, _ = _explain(first, type(value)) if first else ("is not valid", "")
    raise SettingsError(key, f"{text!r} can't be used: {problem}")


def setting_names(settings_type: type[msgspec.Struct]) -> tuple[str, ...]:
    """List the names that a file and an option may use, in the struct's order."""
    return tuple(field.encode_name for field in msgspec.structs.fields(settings_type))


def nearest(name: str, names: tuple[str, ...]) -> str:
    """Say which of `names` was probably meant: "; did you mean X?", or nothing."""
    by_plain = {_plain(known): known for known in names}
    close = difflib.get_close_matches(_plain(name), by_plain, n=1)
    return f"; did you mean {by_plain[close[0]]}?" if close else ""


def _from_toml(path: Path, content: bytes, settings_type: type[SettingsType]) -> SettingsType:
    try:
        document = tomllib.loads(content.decode())
        _refuse_unknown(path, document, setting_names(settings_type))
        return msgspec.convert(document, settings_type)
    except UnicodeDecodeError:
        raise SettingsError(str(path), "is not UTF-8 text") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(str(path), f"is not TOML: {error}") from None
    except msgspec.ValidationError as error:
        problem, key = _explain(error, settings_type)
        raise SettingsError(str(path), f"{key}: {problem}" if key else problem) from None


def _refuse_unknown(path: Path, document: dict[str, object], names: tuple[str, ...]) -> None:
    """Wrong keys are refused here for every struct, whether or not it forbids them itself."""
    for key in document:
        if key not in names:
            raise SettingsError(str(path), f"{key}: there is no such setting{nearest(key, names)}")


def _field_named(settings_type: type[msgspec.Struct], name: str) -> str:
    names = setting_names(settings_type)
    for known in names:
        if _plain(known) == _plain(name):
            return known
    raise SettingsError(name, f"there is no such setting{nearest(name, names)}")


def _plain(name: str) -> str:
    return re.sub(r"[-_ .]", "", name).lower()


def _readings(text: str) -> list[object]:
    """List what a text may mean, most particular first; the setting's type picks one."""
    stripped = text.strip()
    readings: list[object] = []
    if stripped.lower() in _WORDS_OF_TRUTH:
        readings.append(_WORDS_OF_TRUTH[stripped.lower()])
    for number_type in (int, float):
        try:
            readings.append(number_type(stripped))
        except ValueError:
            continue
    readings.append(text)
    readings.append([part.strip() for part in text.split(",") if part.strip()])
    return readings


def _explain(
    error: msgspec.ValidationError, settings_type: type[msgspec.Struct]
) -> tuple[str, str]:
    """Return (problem, key) in a person's words from msgspec's message."""
    parts = _MESSAGE_WITH_PATH.match(str(error))
    if parts is None:
        return str(error), ""
    problem, path = parts["problem"], parts["path"] or ""
    unknown = _UNKNOWN_FIELD.search(problem)
    if unknown:
        return "there is no such setting", ".".join(filter(None, (path, unknown["name"])))
    expected = _EXPECTED.fullmatch(problem)
    if expected:
        return f"must be {_kind(expected['kind'])}{expected['bound']}", path
    if problem.startswith("Invalid enum value"):
        return f"must be one of {_choices(settings_type, path)}", path
    return problem[:1].lower() + problem[1:], path


def _kind(types: str) -> str:
    """Say `int | null` as people do."""
    names = [name.strip() for name in types.split("|")]
    return " or ".join(_KINDS.get(name, name) for name in names if name != "null")


def _choices(settings_type: type[msgspec.Struct], path: str) -> str:
    for field in msgspec.structs.fields(settings_type):
        if field.encode_name == path and isinstance(field.type, EnumType):
            choices: list[Enum] = list(field.type)
            return ", ".join(str(choice.value) for choice in choices)
    return "the values that are allowed there"


def _dictionary(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise TypeError("settings are structs that encode as tables")
    return value


def _without_none(value: object) -> dict[str, object]:
    return {key: one for key, one in _dictionary(value).items() if one is not None}
