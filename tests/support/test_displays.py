"""The virtual displays themselves: what stands on them, and that nothing of them is left."""

import os
import subprocess
from pathlib import Path

import numpy as np
import psutil
import pytest

from tests.support.displays import DisplayOptions, VirtualDisplay
from tests.support.waiting import wait_until


def test_display_shows_its_background_in_the_size_asked_for() -> None:
    with VirtualDisplay(DisplayOptions(320, 200, background="#123456")) as display:
        picture = display.picture()

    assert picture.shape == (200, 320, 3)
    assert np.unique(picture.reshape(-1, 3), axis=0).tolist() == [[0x12, 0x34, 0x56]]


def test_screen_can_be_given_another_size(display: VirtualDisplay) -> None:
    display.resize(800, 600)

    assert display.picture().shape == (600, 800, 3)


def test_typed_text_reaches_the_terminal_on_the_display(tmp_path: Path) -> None:
    written = tmp_path / "written"
    with VirtualDisplay(DisplayOptions(window_manager=True)) as display:
        display.start(
            ["xterm", "-T", "Notes", "-e", "sh", "-c", f"read line; echo $line > {written}"]
        )
        display.activate(display.wait_for_window("^Notes$"))
        display.type_text("a word or two")
        display.press("Return")
        wait_until(lambda: written.exists() and written.read_text(), 10, "the typed line")

    assert written.read_text() == "a word or two\n"


def test_tray_host_is_there_when_asked_for() -> None:
    with VirtualDisplay(DisplayOptions(window_manager=True, tray=True)) as display:
        assert display.tray_windows()


def test_closing_ends_every_process_and_removes_the_folder(tmp_path: Path) -> None:
    display = VirtualDisplay(DisplayOptions(window_manager=True))
    # A shell that goes when asked, and its child that would not.
    number = tmp_path / "number"
    stubborn = f"(trap '' TERM; echo $$ > {number}.own; exec sleep 600) & echo $! > {number}; wait"
    display.start(["sh", "-c", stubborn])
    wait_until(lambda: Path(f"{number}.own").exists(), 10, "the shell's child")
    home = display.home

    display.close()

    assert psutil.Process().children(recursive=True) == []
    wait_until(lambda: _is_gone(int(number.read_text())), 5, "the shell's child to end")
    assert not home.exists()


def test_environment_keeps_nothing_of_an_outer_session(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    monkeypatch.setenv("DISPLAY", ":999")
    with VirtualDisplay() as display:
        assert "WAYLAND_DISPLAY" not in display.environment
        assert display.environment["DISPLAY"] == display.name != ":999"


def test_waiting_in_vain_names_what_was_waited_for() -> None:
    with pytest.raises(AssertionError, match=r"waited 0\.05 s in vain for rain"):
        wait_until(lambda: False, 0.05, "rain")


def test_other_users_may_not_connect_to_the_display() -> None:
    with VirtualDisplay() as display:
        names = subprocess.run(
            ["xhost"], env=display.environment, capture_output=True, text=True, check=True
        ).stdout.splitlines()

    assert "access control enabled" in names[0]
    assert all(name.startswith("SI:localuser:") for name in names[1:]), (names, os.getuid())


def _is_gone(process_id: int) -> bool:
    """Also true of one that ended and that nobody has waited for yet."""
    try:
        return bool(psutil.Process(process_id).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True
