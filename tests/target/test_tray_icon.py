"""Tray, windows and hot key on a real display with a window manager and a tray host."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.displays import DisplayOptions, VirtualDisplay
from tests.support.programs import end_program
from tests.support.waiting import wait_until
from tests.target.sample_events import GOOD_CODE

SECONDS = 10.0
ICON_DEVIATION = 15.0
"""Of the brightness of the tray's pixels with an icon in it; the empty one is even."""
MAIN = "^Farhand$"
CODE = "^Enter Connection Code$"
QUESTION = "^Accept a session"
SIGN = "somebody is connected"


class ShownDesktop:
    """The program of `shown_desktop` on a display: what it is told, what it prints."""

    def __init__(self, display: VirtualDisplay, folder: Path) -> None:
        self.display = display
        self._output = folder / "output"
        with self._output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.target.shown_desktop", str(folder)],
                env={**display.environment, "PYTHONPATH": os.pathsep.join(sys.path)},
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.wait_for_line("shown")

    def tell(self, word: str) -> None:
        """Publish the event of that name."""
        assert self.process.stdin is not None
        self.process.stdin.write(word.encode() + b"\n")
        self.process.stdin.flush()

    def lines(self) -> list[str]:
        return self._output.read_text().splitlines()

    def wait_for_line(self, line: str) -> None:
        wait_until(lambda: line in self.lines(), SECONDS, f"the line {line!r}: {self.lines()}")

    def open_tray_menu(self) -> None:
        """Right-click on the icon and wait for its menu."""
        before = self.menus()
        self.click_tray(button=3)
        wait_until(lambda: self.menus() != before, SECONDS, "the tray's menu")

    def menus(self) -> list[int]:
        """The windows of menus: they have no name of their own."""
        names = "popup|shown_desktop"
        try:
            found = self.display.xdotool("search", "--onlyvisible", "--class", names)
        except subprocess.CalledProcessError:
            return []
        return sorted(int(line) for line in found.split())

    def click_tray(self, button: int) -> None:
        """Click on the icon, once it is drawn where the tray has put it."""
        x, y, width, height = wait_until(self._drawn_icon, SECONDS, "an icon in the tray")
        self.display.click(x + width // 2, y + height // 2, button)

    def _drawn_icon(self) -> tuple[int, int, int, int] | None:
        """Where the tray is, if there is more in it than its own even ground."""
        (tray,) = self.display.tray_windows()
        x, y, width, height = self.display.geometry(tray)
        part = self.display.picture()[y : y + height, x : x + width]
        return (x, y, width, height) if width > 4 and part.std() > ICON_DEVIATION else None

    def close(self) -> None:
        if self.process.stdin is not None:
            self.process.stdin.close()
        end_program(self.process)


@pytest.fixture
def shown(desktop: VirtualDisplay, tmp_path: Path) -> Iterator[ShownDesktop]:
    made = ShownDesktop(desktop, tmp_path)
    yield made
    made.close()


def test_the_code_is_entered_from_the_trays_menu(shown: ShownDesktop) -> None:
    shown.tell("connected")
    shown.display.wait_for_window(MAIN)
    shown.open_tray_menu()
    shown.display.press("Down", "Return")
    shown.display.activate(shown.display.wait_for_window(CODE))
    shown.display.type_text(GOOD_CODE)
    shown.display.press("Return")
    shown.wait_for_line(f"enter_code {GOOD_CODE}")


def test_before_contact_the_trays_first_item_does_nothing(shown: ShownDesktop) -> None:
    shown.display.wait_for_window(MAIN)
    shown.open_tray_menu()
    (tray,) = shown.display.tray_windows()
    x, y, width, _ = shown.display.geometry(tray)
    shown.display.click(x + width - 60, y - 130)  # where the item stands, greyed
    shown.display.press("Escape")
    shown.tell("connected")
    shown.open_tray_menu()
    shown.display.press("Down", "Return")  # now it works
    shown.display.wait_for_window(CODE)


def test_the_window_goes_to_the_tray_and_comes_back(shown: ShownDesktop) -> None:
    window = shown.display.wait_for_window(MAIN)
    shown.display.activate(window)
    shown.display.press("alt+F4")
    shown.display.wait_for_no_window(MAIN)
    assert shown.process.poll() is None
    shown.click_tray(button=1)
    shown.display.wait_for_window(MAIN)


def test_quit_in_the_trays_menu_ends_the_program(shown: ShownDesktop) -> None:
    shown.tell("started")
    shown.display.wait_for_window(SIGN)
    shown.open_tray_menu()
    shown.display.press("Up", "Return")
    assert shown.process.wait(SECONDS) == 0
    assert shown.lines()[-1] == "end_session target_quit"


def test_the_question_comes_to_the_front_and_a_stray_enter_is_no_answer(
    shown: ShownDesktop,
) -> None:
    shown.display.activate(shown.display.wait_for_window(MAIN))
    shown.tell("asked")
    question = shown.display.wait_for_window(QUESTION)
    wait_until(
        lambda: shown.display.xdotool("getactivewindow") == str(question), SECONDS, "the front"
    )
    shown.display.press("Return", "Return", "space")
    x, y, width, height = shown.display.geometry(question)

    def accepted() -> bool:
        # Clicks before the guard is over count for nothing; the first one after it does.
        if shown.display.windows(QUESTION):
            shown.display.click(x + width * 3 // 4, y + height - 50)
        return "answer True" in shown.lines()

    wait_until(accepted, SECONDS, "the answer")
    assert "answer False" not in shown.lines()


@pytest.mark.parametrize("way", ["key", "sign", "tray"])
def test_a_session_is_ended_by_key_sign_and_tray(shown: ShownDesktop, way: str) -> None:
    shown.tell("connected")
    shown.display.wait_for_window(MAIN)
    shown.tell("started")
    sign = shown.display.wait_for_window(SIGN)
    shown.display.wait_for_no_window(MAIN)
    if way == "key":
        shown.display.press("Pause")
    elif way == "sign":
        x, y, width, height = shown.display.geometry(sign)
        shown.display.click(x + width - 60, y + height // 2)
    else:
        shown.open_tray_menu()
        shown.display.press("Down", "Down", "Return")  # Open Window, End Session
    shown.wait_for_line("end_session target_ended")
    shown.tell("ended")
    shown.display.wait_for_no_window(SIGN)
    shown.display.wait_for_window(MAIN)  # it was open before


def test_a_tray_that_appears_later_is_taken_up(tmp_path: Path) -> None:
    with VirtualDisplay(DisplayOptions(window_manager=True)) as display:
        shown = ShownDesktop(display, tmp_path)
        display.wait_for_window(MAIN)
        display.start(["trayer", "--edge", "bottom", "--align", "right", "--widthtype", "request"])
        wait_until(display.tray_windows, SECONDS, "the tray")
        shown.click_tray(button=3)
        shown.display.press("Up", "Return")
        assert shown.process.wait(SECONDS) == 0
        shown.close()


def test_without_a_tray_closing_asks_and_quits(tmp_path: Path) -> None:
    with VirtualDisplay(DisplayOptions(window_manager=True)) as display:
        shown = ShownDesktop(display, tmp_path)
        display.activate(display.wait_for_window(MAIN))
        display.press("alt+F4")
        display.activate(display.wait_for_window("^Quit Farhand"))
        display.press("Tab", "Return")
        assert shown.process.wait(SECONDS) == 0
        shown.close()
