"""That `pip install .` gives working programs with all that they need, and nothing of the tests.

The wheel is built without a network, as ./run installs the project, and installed into an empty
environment that sees the locked dependencies but not the project's own folder.
"""

import os
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("common", "controller_app", "target_app", "resources")
COMMANDS = ("farhand-controller", "farhand-target", "farhand-broker")
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]


def run(*arguments: str | Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a program to its end in a folder, without a display and with nothing inherited."""
    return subprocess.run(
        arguments,
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )


def pip(*arguments: str | Path, folder: Path) -> None:
    done = run(sys.executable, "-m", "pip", *arguments, folder=folder)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    options = ("--no-deps", "--no-index", "--no-build-isolation", "--quiet")
    pip("wheel", *options, "--wheel-dir", folder, ROOT, folder=folder)
    (built,) = folder.glob("farhand-*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the programs of an environment with the wheel in it."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin" / "python"
    packages = Path(sysconfig.get_path("purelib", "venv", {"base": str(folder)}))
    # Path files named in here are not read in turn, so the editable project stays unseen.
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    options = ("--no-deps", "--no-index", "--ignore-installed", "--quiet")
    pip("--python", python, "install", *options, wheel, folder=folder)
    return folder / "bin"


def shipped_files() -> set[str]:
    return {
        str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_wheel_holds_the_programs_and_their_resources_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as opened:
        names = {name for name in opened.namelist() if ".dist-info/" not in name}

    assert names == shipped_files()
    assert any(name.endswith(".svg") for name in names)


def test_wheel_carries_its_licence(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as opened:
        (licence,) = (name for name in opened.namelist() if name.endswith("LICENSE"))
        assert opened.read(licence) == (ROOT / "LICENSE").read_bytes()


def test_installed_programs_are_those_of_the_wheel(installed: Path) -> None:
    done = run(
        installed / "python",
        "-c",
        "import common, controller_app, target_app, resources as r; print(common.__file__)",
        folder=installed,
    )

    assert done.stderr == ""
    assert Path(done.stdout.strip()).is_relative_to(installed.parent)


@pytest.mark.parametrize("command", COMMANDS)
def test_installed_command_says_its_version(installed: Path, command: str) -> None:
    done = run(installed / command, "--version", folder=installed)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split() == [command, VERSION]


@pytest.mark.parametrize("command", COMMANDS)
def test_installed_command_helps(installed: Path, command: str) -> None:
    done = run(installed / command, "--help", folder=installed)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"usage: {command}")


@pytest.mark.parametrize("command", COMMANDS)
def test_installed_command_refuses_an_unknown_option(installed: Path, command: str) -> None:
    done = run(installed / command, "--no-such-option", folder=installed)

    assert done.returncode == 2
    assert "--no-such-option" in done.stderr
    assert done.stdout == ""
