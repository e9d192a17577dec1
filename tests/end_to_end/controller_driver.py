"""The technician at work: starts the controller on a display and does what a person does there.

What happened is read where the technician reads it, on the display, and from the lines that
`--print-events` writes for scripts.
"""

import re
from pathlib import Path

from tests.end_to_end.node_driver import COMMANDS, lines_of, wait_for_line
from tests.end_to_end.pictures import Box, Picture, box_of_colour
from tests.support.displays import VirtualDisplay
from tests.support.waiting import wait_until

MAIN_WINDOW = "^Farhand$"
CODE_WINDOW = "^Connection code$"
SESSION_WINDOW = "^.+ on .+ \N{EM DASH} .+$"
STEP_SECONDS = 20.0


class ControllerDriver:
    """A controller on a display. Ends with the display, or by `quit`."""

    def __init__(self, display: VirtualDisplay, folder: Path, *options: str) -> None:
        self.display = display
        self.data_folder = folder / "controller"
        self.output = folder / "controller.out"
        command = COMMANDS / "farhand-controller"
        self.process = display.start(
            [command, "--print-events", "--data-dir", self.data_folder, *options],
            output=self.output,
        )

    # What the technician does

    def start_session(self) -> str:
        """Press Start Broker Session, and read the code from the Connection code window."""
        main_window = self.display.wait_for_window(MAIN_WINDOW)
        self.display.activate(main_window)

        def is_code_window_open() -> bool:
            self.display.press("ctrl+n")  # takes no effect before the broker is connected
            return bool(self.display.windows(CODE_WINDOW))

        wait_until(is_code_window_open, STEP_SECONDS, "the Connection code window")
        return self.read_code()

    def read_code(self) -> str:
        """Copy the message for the user out of the code window; its digits are the code."""
        window = self.display.wait_for_window(CODE_WINDOW)
        self.wait_for("status waiting for target")
        self.display.activate(window)
        self._click_in(window, 0.5, 0.72)
        self.display.press("ctrl+a", "ctrl+c")
        found = wait_until(self._code_in_clipboard, STEP_SECONDS, "the code in the clipboard")
        return found.replace(" ", "")

    def cancel_code(self) -> None:
        """Close the code window, which cancels the code."""
        self.display.close_window(self.display.wait_for_window(CODE_WINDOW))

    def press_in_session(self, *keys: str) -> None:
        """Press keys while the session window has the focus."""
        self._press_in(SESSION_WINDOW, *keys)

    def type_in_session(self, text: str) -> None:
        """Type through the session window to the target."""
        self.display.activate(self.session_window())
        self.display.type_text(text)

    def click_on(self, desktop: Box, x: int, y: int) -> None:
        """Click on a pixel of the target's screen, which is to be seen in that box."""
        self.display.click(desktop.left + x, desktop.top + y)

    def close_session_window(self) -> None:
        """Close the session window by its frame's button."""
        self.display.close_window(self.session_window())

    # What the technician sees

    def session_window(self) -> int:
        """The session window, once it is there."""
        return self.display.wait_for_window(SESSION_WINDOW)

    def desktop_box(self, background: str) -> Box:
        """Where on the display the target's desktop is to be seen, by its background colour."""
        self.session_window()
        return wait_until(
            lambda: box_of_colour(self.display.picture(), background),
            STEP_SECONDS,
            f"the colour {background} of the target's desktop on the controller's display",
        )

    def seen_desktop(self, background: str) -> Picture:
        """The target's desktop as the controller's display shows it."""
        box = self.desktop_box(background)
        return box.cut(self.display.picture())

    def events(self) -> list[str]:
        """The lines that the controller has printed."""
        return lines_of(self.output)

    def wait_for(self, line: str, count: int = 1) -> None:
        """Wait until this line has been printed so many times."""
        try:
            wait_until(
                lambda: self.events().count(line) >= count, STEP_SECONDS, f"the line “{line}”"
            )
        except AssertionError as error:
            raise AssertionError(f"{error}; it printed {self.events()}") from None

    def wait_for_status(self, status: str) -> None:
        """Wait for one of the lines `status ...`."""
        self.wait_for(f"status {status}")

    def wait_for_end(self) -> str:
        """Wait for the session's end, and return its reason in words."""
        return wait_for_line(self.output, "ended", STEP_SECONDS)

    def _code_in_clipboard(self) -> str | None:
        found = re.search(r"\b\d{4}(?: \d{3,5}){2,3}\b", self.display.clipboard())
        return found[0] if found else None

    def _press_in(self, title: str, *keys: str) -> None:
        self.display.activate(self.display.wait_for_window(title))
        self.display.press(*keys)

    def _click_in(self, window: int, across: float, down: float) -> None:
        left, top, width, height = self.display.geometry(window)
        self.display.click(left + round(width * across), top + round(height * down))
