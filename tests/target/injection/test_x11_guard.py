"""Own windows under a real window manager and tray: nothing injected reaches them."""

import subprocess
import sys
from collections.abc import Iterator
from typing import IO

import pytest
from Xlib.display import Display

from tests.support.displays import DisplayOptions, VirtualDisplay
from tests.support.waiting import wait_until
from tests.target.injection.stage import ANSWER_SECONDS, counting_window

INSIDE = (350, 300)
BESIDE = (900, 600)


class GuardedProgram:
    """tests.target.injection.guarded_windows on a display, asked and answering."""

    def __init__(self, display: VirtualDisplay) -> None:
        self.display = display
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.target.injection.guarded_windows"],
            env=display.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert self._stdout.readline() == "ready\n"
        window = display.wait_for_window("^guarded$")
        self.left, self.top, self.width, self.height = display.geometry(window)
        self.window = window

    @property
    def _stdout(self) -> IO[str]:
        assert self._process.stdout is not None
        return self._process.stdout

    def ask(self, command: str, *numbers: int) -> str:
        """Have a command carried out, and tell its answer."""
        assert self._process.stdin is not None
        self._process.stdin.write(" ".join((command, *map(str, numbers))) + "\n")
        self._process.stdin.flush()
        return self._stdout.readline().strip()

    def click(self, x: int, y: int) -> str:
        """Press and release there; what was refused of the press."""
        answer = self.ask("press", x, y)
        self.ask("release", x, y)
        return answer

    def close(self) -> None:
        """End the program as its input ends."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(ANSWER_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._stdout.close()
        assert self._process.returncode == 0


@pytest.fixture(scope="module")
def program() -> Iterator[GuardedProgram]:
    options = DisplayOptions(window_manager=True, tray=True)
    with VirtualDisplay(options) as display:
        made = GuardedProgram(display)
        yield made
        made.close()


@pytest.fixture(autouse=True)
def pointer_away(program: GuardedProgram) -> None:
    """The user's own pointer is beside the window and the window has its place."""
    put_pointer(program, BESIDE)


def put_pointer(program: GuardedProgram, place: tuple[int, int]) -> None:
    program.display.xdotool("mousemove", *place)
    wait_until(lambda: pointer_of(program) == place, ANSWER_SECONDS, "the pointer to be there")


def pointer_of(program: GuardedProgram) -> tuple[int, int]:
    display = Display(program.display.name)
    try:
        pointer = display.screen().root.query_pointer()
        return pointer.root_x, pointer.root_y
    finally:
        display.close()


def inside(program: GuardedProgram) -> tuple[int, int]:
    return program.left + program.width // 2, program.top + program.height // 2


def title_bar(program: GuardedProgram) -> tuple[int, int]:
    return program.left + program.width // 2, program.top - 8


def close_button(program: GuardedProgram) -> tuple[int, int]:
    return program.left + program.width - 8, program.top - 9


def tray_icon(program: GuardedProgram) -> tuple[int, int]:
    tray = wait_until(program.display.tray_windows, ANSWER_SECONDS, "the tray")[-1]
    left, top, width, height = wait_until(
        lambda: place if (place := program.display.geometry(tray))[2] > 4 else None,
        ANSWER_SECONDS,
        "the icon to come into the tray",
    )
    return left + width // 2, top + height // 2


def test_a_click_on_an_own_window_changes_nothing(program: GuardedProgram) -> None:
    assert program.click(*inside(program)) == "button"
    assert program.ask("move", *inside(program)) == "pointer"
    assert pointer_of(program) == BESIDE
    assert program.ask("clicks") == "0"


def test_a_users_own_click_there_arrives(program: GuardedProgram) -> None:
    before = int(program.ask("clicks"))

    program.display.click(*inside(program))

    wait_until(
        lambda: int(program.ask("clicks")) == before + 1, ANSWER_SECONDS, "the user's own click"
    )


@pytest.mark.parametrize("place", [title_bar, close_button])
def test_a_click_on_the_frame_of_an_own_window_changes_nothing(
    program: GuardedProgram, place: object
) -> None:
    assert callable(place)

    assert program.click(*place(program)) == "button"
    assert pointer_of(program) == BESIDE
    assert program.display.windows("^guarded$") == [program.window]


def test_a_click_on_the_own_tray_icon_changes_nothing(program: GuardedProgram) -> None:
    before = program.ask("clicks")

    assert program.click(*tray_icon(program)) == "button"
    assert program.ask("clicks") == before


def test_a_click_beside_arrives(program: GuardedProgram) -> None:
    with counting_window(program.display.name, 850, 550) as window:
        assert program.click(*BESIDE) == "done"
        assert window.presses() == [1]


def test_a_window_of_another_in_front_of_an_own_one_can_be_clicked(
    program: GuardedProgram,
) -> None:
    x, y = inside(program)

    with counting_window(program.display.name, x - 50, y - 50) as window:
        assert program.click(x, y) == "done"
        assert window.presses() == [1]


def test_with_the_users_pointer_on_an_own_window_nothing_is_injected(
    program: GuardedProgram,
) -> None:
    put_pointer(program, inside(program))

    assert program.ask("wheel") == "wheel"
    assert program.ask("key") == "key"


def test_keys_are_refused_while_an_own_window_has_the_focus(program: GuardedProgram) -> None:
    program.display.activate(program.window)
    assert program.ask("key") == "key"

    with counting_window(program.display.name, 850, 550) as window:
        window.take_focus()
        assert program.ask("key") == "done"


def test_everything_is_refused_while_an_own_menu_takes_all(program: GuardedProgram) -> None:
    program.ask("popup")
    wait_until(lambda: "has_popup=True" in program.ask("frames"), ANSWER_SECONDS, "the menu")
    try:
        assert program.click(*BESIDE) == "button"
        assert program.ask("wheel") == "wheel"
        assert program.ask("key") == "key"
    finally:
        program.display.press("Escape")
        wait_until(
            lambda: "has_popup=False" in program.ask("frames"), ANSWER_SECONDS, "the menu to close"
        )


def test_where_an_own_window_was_can_be_clicked_and_again_when_it_is_back_not(
    program: GuardedProgram,
) -> None:
    place = inside(program)
    program.ask("hide")
    program.display.wait_for_no_window("^guarded$")
    assert program.ask("move", *place) == "done"
    put_pointer(program, BESIDE)

    program.ask("show")
    window = program.display.wait_for_window("^guarded$")

    program.left, program.top, program.width, program.height = program.display.geometry(window)
    assert program.click(*inside(program)) == "button"
    assert program.click(*title_bar(program)) == "button"
    program.window = window
