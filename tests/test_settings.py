"""Settings files and NAME=VALUE options, right and wrong."""

import stat
from enum import Enum
from pathlib import Path
from typing import Annotated

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import SettingsError
from common.settings import changed, load_settings, save_settings, setting_names


class Action(Enum):
    """What a choice looks like."""

    ABORT = "ABORT"
    PROCEED = "PROCEED"


class Example(msgspec.Struct, frozen=True, rename={"server_url": "ServerURL"}):
    """Settings of every kind."""

    server_url: str = ""
    grace_time_seconds: Annotated[int, msgspec.Meta(ge=0, le=300)] = 45
    quality: float = 1.0
    is_enabled: bool = True
    brokers: tuple[str, ...] = ()
    note: str | None = None
    action: Action = Action.ABORT


printable = st.text(st.characters(codec="utf-8"), max_size=40)
examples = st.builds(
    Example,
    server_url=printable,
    grace_time_seconds=st.integers(0, 300),
    quality=st.floats(allow_nan=False, allow_infinity=False),
    is_enabled=st.booleans(),
    brokers=st.lists(printable, max_size=4).map(tuple),
    note=st.none() | printable,
    action=st.sampled_from(Action),
)


@given(examples)
def test_what_is_saved_is_loaded(
    tmp_path_factory: pytest.TempPathFactory, settings: Example
) -> None:
    file = tmp_path_factory.mktemp("settings") / "settings.toml"
    save_settings(file, settings)
    assert load_settings(file, Example) == settings


def test_a_missing_file_means_the_defaults(tmp_path: Path) -> None:
    assert load_settings(tmp_path / "none.toml", Example) == Example()


def test_a_key_that_is_not_in_the_file_has_its_default(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text('ServerURL = "https://help.example"\n')
    assert load_settings(file, Example) == Example(server_url="https://help.example")


def test_a_saved_file_is_its_owners_alone_and_nothing_lies_beside_it(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    save_settings(file, Example())
    save_settings(file, Example(is_enabled=False))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"is_enbled = true", "is_enbled: there is no such setting; did you mean is_enabled?"),
        (b"zzzzzzz = 1", "zzzzzzz: there is no such setting"),
        (b"server_url = 'x'", "server_url: there is no such setting; did you mean ServerURL?"),
        (b"is_enabled = 1", "is_enabled: must be yes or no (true or false in a file)"),
        (b"grace_time_seconds = 301", "grace_time_seconds: must be a whole number <= 300"),
        (b"brokers = [1]", "brokers[0]: must be text"),
        (b"action = 'WAIT'", "action: must be one of ABORT, PROCEED"),
        (b"note = 1", "note: must be text"),
        (b"brokers = 'x'", "brokers: must be a list"),
        (b"ServerURL = x", "is not TOML: "),
        (b"ServerURL = '\xff'", "is not UTF-8 text"),
        (b"# " + b"x" * 300_000, "is larger than 256 KiB"),
    ],
)
def test_a_wrong_file_is_told_in_one_line_with_file_and_key(
    tmp_path: Path, content: bytes, problem: str
) -> None:
    file = tmp_path / "settings.toml"
    file.write_bytes(content)
    with pytest.raises(SettingsError) as caught:
        load_settings(file, Example)
    assert str(caught.value).startswith(f"{file}: {problem}")
    assert len(str(caught.value).splitlines()) == 1


@given(st.binary(max_size=200))
def test_any_bytes_are_settings_or_a_settings_error(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    file = tmp_path_factory.mktemp("settings") / "settings.toml"
    file.write_bytes(content)
    try:
        settings = load_settings(file, Example)
    except SettingsError as error:
        message = str(error)
    else:
        message = str(settings)
    assert len(message.splitlines()) == 1


def test_a_folder_in_the_place_of_the_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="can't be read: is a directory"):
        load_settings(tmp_path, Example)


def test_a_file_that_cant_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="can't be written"):
        save_settings(tmp_path / "missing" / "settings.toml", Example())


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("is_enabled", "no", Example(is_enabled=False)),
        ("is_enabled", "False", Example(is_enabled=False)),
        ("IsEnabled", " off ", Example(is_enabled=False)),
        ("is-enabled", "yes", Example()),
        ("grace_time_seconds", "60", Example(grace_time_seconds=60)),
        ("GraceTimeSeconds", "0", Example(grace_time_seconds=0)),
        ("quality", "2", Example(quality=2.0)),
        ("quality", "0.25", Example(quality=0.25)),
        ("ServerURL", "yes", Example(server_url="yes")),
        ("serverurl", "4821", Example(server_url="4821")),
        ("brokers", "a:1, b:2", Example(brokers=("a:1", "b:2"))),
        ("brokers", "a:1", Example(brokers=("a:1",))),
        ("brokers", "", Example()),
        ("action", "PROCEED", Example(action=Action.PROCEED)),
        ("note", "", Example(note="")),
    ],
)
def test_an_option_changes_one_setting(name: str, text: str, expected: Example) -> None:
    assert changed(Example(), name, text) == expected


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("is_enabled", "maybe", "is_enabled: 'maybe' can't be used: must be yes or no"),
        ("is_enabled", "1", "is_enabled: '1' can't be used: must be yes or no"),
        (
            "grace_time_seconds",
            "301",
            "grace_time_seconds: '301' can't be used: must be a whole number <=",
        ),
        (
            "grace_time_seconds",
            "soon",
            "grace_time_seconds: 'soon' can't be used: must be a whole number",
        ),
        ("GraceTime", "1", "GraceTime: there is no such setting; did you mean grace_time_seconds?"),
        ("zzzzz", "1", "zzzzz: there is no such setting"),
    ],
)
def test_a_wrong_option_is_told_with_the_nearest_right_name(
    name: str, text: str, message: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        changed(Example(), name, text)
    assert str(caught.value).startswith(message)


def test_the_names_are_those_of_the_file() -> None:
    assert setting_names(Example)[0] == "ServerURL"
