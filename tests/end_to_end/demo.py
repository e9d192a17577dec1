"""A whole session on this machine, to be seen: `./run demo [PICTURE]`.

On a real display the programs open on it, the code is filled in, and whoever sits there
accepts; it lasts until the windows are closed. Without one, two virtual displays are made, the
session is played with mouse and keyboard, and a picture of the technician's display stays.
The node is the one that the controller carries.
"""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from common.errors import SettingsError
from common.protocol.connection_code import group_digits
from common.qt.display import require_display
from common.settings import save_settings
from common.transport.known_servers import KnownServers
from controller_app.settings import SETTINGS_FILE, ControllerSettings
from tests.end_to_end.controller_driver import ControllerDriver
from tests.end_to_end.node_driver import COMMANDS, wait_for_line
from tests.end_to_end.scene import wait_for_same_picture
from tests.end_to_end.target_driver import TargetDriver
from tests.support.displays import DisplayOptions, VirtualDisplay
from tests.support.import_graph import ROOT
from tests.support.programs import MissingProgram, end_program, start_program
from tests.support.waiting import wait_until
from tests.support.wallpaper import hang_wallpaper

FOLDER = ROOT / ".run"
PICTURE = FOLDER / "demo.png"
TECHNICIAN = ControllerSettings(technician="Maria Sandoval", organisation="Harbour IT")
CONTROLLER_DISPLAY = DisplayOptions(1440, 960, True, False, "#22303c")
TARGET_DISPLAY = DisplayOptions(1280, 800, True, True)
TERMINAL = ("xterm", "-fa", "DejaVu Sans Mono", "-fs", "10", "-bg", "#fbfaf7", "-fg", "#1d2530")
NOTE = """
  Monday
  -------------------------------------------------------------
   9:30   meet Ana and Tom about the new price list
  10:15   the printer in the corridor prints nothing but stripes:
          call Harbour IT
  11:00   send the offer to Lisbon
  14:00   visitors from the port office, room 2
  16:30   order paper, toner, coffee
"""
GREETING = "echo 'Hello! I see your screen. Let me look at the printer.'"
STEP_SECONDS = 30.0


def main(arguments: list[str]) -> int:
    """Play the demo; the exit status is 0 when everything was seen to happen."""
    picture = Path(arguments[0]) if arguments else PICTURE
    try:
        if has_real_display():
            play_on_real_display()
        else:
            play_on_virtual_displays(picture)
    except KeyboardInterrupt:
        say("Ended.")
    except (AssertionError, MissingProgram, SettingsError) as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    return 0


def has_real_display() -> bool:
    """Whether there is a display that a target can show; Wayland's own is closed to programs."""
    if not os.environ.get("DISPLAY") or os.environ.get("XDG_SESSION_TYPE") == "wayland":
        return False
    try:
        require_display({"DISPLAY": os.environ["DISPLAY"]})
    except SettingsError as error:
        say(f"{error}; the demo makes displays of its own.")
        return False
    return True


def play_on_virtual_displays(picture: Path) -> None:
    """Play everything with mouse and keyboard, and save what the technician saw."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="demo-")))
        controller_display = stack.enter_context(VirtualDisplay(CONTROLLER_DISPLAY))
        target_display = stack.enter_context(VirtualDisplay(TARGET_DISPLAY))
        furnish(target_display)
        name_technician(folder / "controller")

        say("Starting the controller, which carries its own node.")
        controller = ControllerDriver(controller_display, folder)
        code = controller.start_session()
        say(f"The technician reads out the code: {group_digits(code)}")

        target = TargetDriver(
            target_display, folder, "--hidden", "--server", embedded_node_url(folder)
        )
        target.enter_code_by_tray()
        target.type_code(code)
        target.confirm_code()
        say("The user chose Enter Connection Code from the tray, typed the code, and is asked.")
        target.accept()
        controller.wait_for("mode active")
        say("The user accepted. The technician sees the desktop.")
        work(controller, target)
        controller_display.save_picture(picture)
        say(f"Picture of the technician's display: {picture}")
        controller.close_session_window()
        say(f"Over: {controller.wait_for_end()}.")


def furnish(display: VirtualDisplay) -> None:
    """Somebody's desktop: a note, and a terminal for the technician."""
    hang_wallpaper(display.name)
    note = ["-T", "Today", "-geometry", "68x13+40+90", "-e"]
    variables = {"NOTE": NOTE, "PS1": "$ ", "ENV": ""}
    command = "printf '%s' \"$NOTE\"; exec sleep 600"
    display.start([*TERMINAL, *note, "sh", "-c", command], variables=variables)
    shell = ["-T", "Terminal", "-geometry", "76x16+560+420", "-e"]
    display.start([*TERMINAL, *shell, "sh"], variables=variables)
    display.wait_for_window("^Today$")
    display.wait_for_window("^Terminal$")


def work(controller: ControllerDriver, target: TargetDriver) -> None:
    """Click into the terminal and type, through the session, until both displays show it."""
    desktop = wait_for_same_picture(controller, target)
    left, top, _, _ = target.display.geometry(target.display.wait_for_window("^Terminal$"))
    before = target.display.picture()
    controller.click_on(desktop, left + 300, top + 200)
    controller.type_in_session(GREETING)
    controller.press_in_session("Return")
    wait_until(
        lambda: (target.display.picture() != before).any(), STEP_SECONDS, "what is typed to appear"
    )
    wait_for_same_picture(controller, target)
    say("The technician clicked into a terminal of the user and typed.")


def play_on_real_display() -> None:
    """Open both programs here; whoever sits here is technician and user in one."""
    folder = FOLDER / "demo"
    shutil.rmtree(folder, ignore_errors=True)
    name_technician(folder / "controller")
    output = folder / "controller.out"
    with contextlib.ExitStack() as stack:
        options = ["--start-session", "--print-events", "--data-dir", str(folder / "controller")]
        controller = start(stack, "farhand-controller", options, output)
        code = wait_for_line(output, "code", STEP_SECONDS)
        say(f"The controller is open; its code is {group_digits(code)}.")
        options = ["--server", embedded_node_url(folder), "--code", code]
        options += ["--data-dir", str(folder / "target")]
        start(stack, "farhand-target", options, folder / "target.out")
        say("The target has typed it. Accept in the window that asks.")
        say("The demo ends when you close the session window.")
        controller.wait()
        say("Over.")


def start(
    stack: contextlib.ExitStack, command: str, options: list[str], output: Path
) -> subprocess.Popen[bytes]:
    """Start a program on the real display; it ends with the stack at the latest."""
    opened = stack.enter_context(output.open("wb"))
    process = start_program([COMMANDS / command, *options], os.environ, output=opened)
    stack.callback(end_program, process)
    return process


def name_technician(folder: Path) -> None:
    """Say in the controller's settings file who the technician is."""
    folder.mkdir(mode=0o700, parents=True)
    save_settings(folder / SETTINGS_FILE, TECHNICIAN)


def embedded_node_url(folder: Path) -> str:
    """What --server takes for the controller's own node, as the controller has kept it."""
    known = wait_until(
        lambda: KnownServers(folder / "controller").all(), STEP_SECONDS, "the node's address"
    )
    return known[0].identity.url()


def say(text: str) -> None:
    """Tell whoever watches what happens."""
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
