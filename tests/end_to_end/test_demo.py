"""The demo itself, with a display and without one, as `./run demo` starts it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.end_to_end import demo
from tests.end_to_end.controller_driver import SESSION_WINDOW
from tests.end_to_end.target_driver import answer
from tests.support.displays import VirtualDisplay
from tests.support.import_graph import ROOT

pytestmark = pytest.mark.end_to_end

COMMAND = (sys.executable, "-m", "tests.end_to_end.demo")


def test_demo_without_a_display_leaves_a_picture_and_ends(tmp_path: Path) -> None:
    picture = tmp_path / "seen.png"

    done = subprocess.run(
        [*COMMAND, str(picture)],
        cwd=ROOT,
        env={name: os.environ[name] for name in ("PATH", "HOME")},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert f"Picture of the technician's display: {picture}" in done.stdout
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_demo_on_a_display_lasts_until_the_session_is_closed(
    desktop: VirtualDisplay, tmp_path: Path
) -> None:
    said = tmp_path / "said"
    process = desktop.start(COMMAND, output=said, variables={"PYTHONPATH": str(ROOT)})

    answer(desktop, is_accepted=True)
    desktop.close_window(desktop.wait_for_window(SESSION_WINDOW))

    assert process.wait(30) == 0
    assert said.read_text().splitlines()[-1] == "Over."


@pytest.mark.parametrize(
    "environment",
    [{}, {"DISPLAY": ":987"}, {"DISPLAY": ":0", "XDG_SESSION_TYPE": "wayland"}],
    ids=["none", "nobody answers there", "Wayland"],
)
def test_demo_makes_displays_where_there_is_none_to_show(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    assert not demo.has_real_display()
