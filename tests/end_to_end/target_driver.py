"""The user at the shared computer: starts the target on a display and works it as a person does.

The tray icon is clicked in the tray host, the menu in the menu, the answer on its button.
"""

import subprocess
from collections.abc import Sequence
from pathlib import Path

from target_app import sentences
from tests.end_to_end.node_driver import COMMANDS
from tests.support.displays import VirtualDisplay
from tests.support.waiting import wait_until

MAIN_WINDOW = f"^{sentences.PROGRAM}$"
CODE_WINDOW = f"^{sentences.ENTER_CODE}$"
ACCEPTANCE_WINDOW = "^Accept a session"
SIGN_WINDOW = f"^{sentences.SIGN_WINDOW}$"
STEP_SECONDS = 20.0
FIRST_ITEM_AT = (60, 20)
END_SESSION_AT = (60, 79)
ANSWERS_ABOVE_BOTTOM = 44
ACTIONS_MENU_AT = (45, 15)


class TargetDriver:
    """A target on a display with a window manager and a tray. Ends with the display."""

    def __init__(
        self, display: VirtualDisplay, folder: Path, *options: str, prefix: Sequence[str] = ()
    ) -> None:
        self.display = display
        self.data_folder = folder / "target"
        self.output = folder / "target.out"
        self.process = display.start(
            [*prefix, COMMANDS / "farhand-target", "--data-dir", self.data_folder, *options],
            output=self.output,
        )

    # What the user does

    def open_tray_menu(self) -> int:
        """Right-click the tray icon; returns the window of the menu."""
        wait_until(self._has_tray_icon, STEP_SECONDS, "the icon in the tray")
        before = set(self._program_windows())
        left, top, width, height = self.display.geometry(self.display.tray_windows()[0])
        self.display.click(left + width // 2, top + height // 2, button=3)
        return self._wait_for_menu(before, "the menu of the tray icon")

    def choose_first_in_tray_menu(self) -> None:
        """Right-click the tray icon and click on Enter Connection Code, its first item."""
        self._choose(self.open_tray_menu(), FIRST_ITEM_AT)

    def enter_code_by_tray(self) -> None:
        """Open the code window by the tray icon, as soon as the item there is available."""
        self.choose_first_in_tray_menu()
        self.display.wait_for_window(CODE_WINDOW)

    def enter_code_by_actions_menu(self) -> None:
        """Choose Actions > Enter Connection Code in the window."""
        window = self.display.wait_for_window(MAIN_WINDOW)
        self.display.activate(window)
        before = set(self._program_windows())
        left, top, _, _ = self.display.geometry(window)
        self.display.click(left + ACTIONS_MENU_AT[0], top + ACTIONS_MENU_AT[1])
        menu = self._wait_for_menu(before, "the menu Actions")
        self._choose(menu, FIRST_ITEM_AT)
        self.display.wait_for_window(CODE_WINDOW)

    def type_code(self, code: str) -> None:
        """Type into the code window, without confirming."""
        self.display.activate(self.display.wait_for_window(CODE_WINDOW))
        self.display.type_text(code)

    def confirm_code(self) -> None:
        """Press OK, by Enter."""
        self.display.activate(self.display.wait_for_window(CODE_WINDOW))
        self.display.press("Return")

    def accept(self) -> None:
        """Press Accept, as soon as the window takes it."""
        answer(self.display, is_accepted=True)

    def refuse(self) -> None:
        """Press Refuse, as soon as the window takes it."""
        answer(self.display, is_accepted=False)

    def try_again(self) -> None:
        """Press Try Again, by Enter, in the window that says why a code failed."""
        self.confirm_code()

    def replace_code(self, code: str) -> None:
        """Type another code over the one in the field."""
        self.display.activate(self.display.wait_for_window(CODE_WINDOW))
        self.display.press("ctrl+a")
        self.display.type_text(code)

    def code_in_field(self) -> str:
        """The digits in the code window's field, by way of the clipboard."""
        self.display.activate(self.display.wait_for_window(CODE_WINDOW))
        self.display.press("ctrl+a", "ctrl+c")
        return wait_until(self.display.clipboard, STEP_SECONDS, "the field to be copied").replace(
            " ", ""
        )

    def end_session_by_tray(self) -> None:
        """Right-click the tray icon and choose End Session."""
        self._choose(self.open_tray_menu(), END_SESSION_AT)

    # Looking

    def wait_for_question(self) -> int:
        """Wait for the acceptance window."""
        return self.display.wait_for_window(ACCEPTANCE_WINDOW)

    def wait_for_problem(self, problem: str, count: int = 1) -> None:
        """Wait until so many typed codes have led to no session for this reason."""
        words = f"code led to no session problem={problem}"
        wait_until(lambda: self.log().count(words) >= count, STEP_SECONDS, f"“{words}”")

    def log(self) -> str:
        """What the target has logged."""
        path = self.data_folder / "target.log"
        return path.read_text() if path.exists() else ""

    def _choose(self, menu: int, item_at: tuple[int, int]) -> None:
        left, top, _, _ = self.display.geometry(menu)
        self.display.click(left + item_at[0], top + item_at[1])

    def _wait_for_menu(self, before: set[int], what: str) -> int:
        def new_menus() -> list[int]:
            new = set(self._program_windows()) - before
            return [window for window in new if self.display.is_popup(window)]

        return wait_until(new_menus, STEP_SECONDS, what)[0]

    def _has_tray_icon(self) -> bool:
        """An empty tray host is a line of a few pixels."""
        return any(self.display.geometry(window)[2] >= 16 for window in self.display.tray_windows())

    def _program_windows(self) -> list[int]:
        try:
            found = self.display.xdotool("search", "--onlyvisible", "--class", "farhand-target")
        except subprocess.CalledProcessError:
            return []
        return [int(line) for line in found.split()]


def answer(display: VirtualDisplay, is_accepted: bool) -> None:
    """Click Accept or Refuse until the window has gone: it takes no click in its first moments."""
    left, top, width, height = display.geometry(display.wait_for_window(ACCEPTANCE_WINDOW))
    x = left + round(width * (0.75 if is_accepted else 0.25))

    def has_gone() -> bool:
        if not display.windows(ACCEPTANCE_WINDOW):
            return True
        display.click(x, top + height - ANSWERS_ABOVE_BOTTOM)
        return False

    wait_until(has_gone, STEP_SECONDS, "the acceptance window to take the answer")
