"""What the three commands say to whoever starts them wrongly: one line that names it, status 1."""

import os
import socket
import subprocess
from pathlib import Path

import pytest

from tests.end_to_end.node_driver import COMMANDS
from tests.support.displays import VirtualDisplay

PROGRAMS = ("farhand-controller", "farhand-target", "farhand-broker")
WINDOWS = PROGRAMS[:2]


def failure(command: str, *options: str | Path, display: str | None = None) -> str:
    """Run a program that is to fail, and return its one line without its own name."""
    environment = {name: os.environ[name] for name in ("PATH", "HOME")}
    if display is not None:
        environment["DISPLAY"] = display
    done = subprocess.run(
        [COMMANDS / command, *options],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == 1, done.stderr
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"{command}: ")
    return line.removeprefix(f"{command}: ")


@pytest.mark.parametrize("command", PROGRAMS)
def test_data_folder_that_can_not_be_made_is_named(command: str, tmp_path: Path) -> None:
    occupied = tmp_path / "occupied"
    occupied.write_text("a file")

    assert str(occupied / "data") in failure(command, "--data-dir", occupied / "data")


@pytest.mark.parametrize("command", WINDOWS)
def test_missing_display_is_named(command: str, tmp_path: Path) -> None:
    assert "DISPLAY" in failure(command, "--data-dir", tmp_path)


@pytest.mark.parametrize("command", WINDOWS)
def test_display_that_does_not_answer_is_named(command: str, tmp_path: Path) -> None:
    assert ":987" in failure(command, "--data-dir", tmp_path, display=":987")


@pytest.mark.parametrize("command", WINDOWS)
def test_display_that_only_qt_can_try_is_named_in_one_line(command: str, tmp_path: Path) -> None:
    assert "'no display'" in failure(command, "--data-dir", tmp_path, display="no display")


@pytest.mark.parametrize(
    ("command", "file", "key"),
    [
        ("farhand-controller", "controller.toml", "technicain"),
        ("farhand-target", "target.toml", "ConfirmTakeOvr"),
    ],
)
def test_wrong_key_in_a_settings_file_is_named(
    command: str, file: str, key: str, tmp_path: Path
) -> None:
    (tmp_path / file).write_text(f'{key} = "x"\n')

    said = failure(command, "--data-dir", tmp_path)

    assert key in said
    assert file in said


@pytest.mark.parametrize(
    ("command", "file", "line"),
    [
        ("farhand-controller", "controller.toml", "server = 7"),
        ("farhand-target", "target.toml", "AcceptanceGraceTime = 6000"),
    ],
)
def test_wrong_value_in_a_settings_file_is_named(
    command: str, file: str, line: str, tmp_path: Path
) -> None:
    (tmp_path / file).write_text(line + "\n")

    said = failure(command, "--data-dir", tmp_path)

    assert line.split()[0] in said
    assert file in said


@pytest.mark.parametrize("assignment", ["AcceptanceGraceTime=soon", "NoSuchThing=1", "Nothing"])
def test_wrong_property_on_the_command_line_is_named(assignment: str, tmp_path: Path) -> None:
    said = failure("farhand-target", "--data-dir", tmp_path, "--set", assignment)

    assert assignment.partition("=")[0] in said


@pytest.mark.parametrize("url", ["http://example.org", "https://", "https://h:99999#00"])
@pytest.mark.parametrize("command", WINDOWS)
def test_wrong_server_address_is_named(
    command: str, url: str, tmp_path: Path, display: VirtualDisplay
) -> None:
    assert failure(command, "--data-dir", tmp_path, "--server", url, display=display.name)


@pytest.mark.parametrize("command", ["farhand-controller", "farhand-broker"])
def test_wrong_policy_is_named(command: str, tmp_path: Path) -> None:
    policies = tmp_path / "policies.toml"
    policies.write_text("acceptance_grace_tme = 45\n")

    said = failure(command, "--data-dir", tmp_path, "--policies", policies)

    assert "acceptance_grace_tme" in said


def test_taken_port_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        said = failure("farhand-broker", "--data-dir", tmp_path, "--listen", f"127.0.0.1:{port}")

    assert str(port) in said
