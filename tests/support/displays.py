"""Virtual X displays for tests and the demo: Xvfb, with a window manager and a tray on demand.

Owns the display's processes and those that are started on it; all are ended with it. Takes
pictures of it and makes gestures on it as a user would. Knows nothing of Farhand, and needs
no display from outside. Each display has a home and a runtime folder of its own, so that two
programs which meet by such a folder are two computers when they run on two displays.
"""

import os
import re
import select
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import mss
import mss.tools
import numpy as np
from numpy.typing import NDArray

from tests.support.programs import end_program, start_program
from tests.support.waiting import wait_until

START_SECONDS = 20.0
WINDOW_SECONDS = 20.0

_SERVER_OPTIONS = ("-noreset", "-nolisten", "tcp", "-dpi", "96")
_TRAY_OPTIONS = (
    *("--edge", "bottom", "--align", "right", "--widthtype", "request"),
    *("--height", "28", "--SetDockType", "true"),
)
_GEOMETRY = re.compile(r"(?:Absolute upper-left [XY]|Width|Height): +(-?\d+)")
# In openbox's frame, from the top right corner of what is inside.
_CLOSE_BUTTON_AT = (-9, -10)
_KEPT_VARIABLES = ("PATH", "LANG", "VIRTUAL_ENV", "SSL_CERT_FILE", "CI")


@dataclass(frozen=True, slots=True)
class DisplayOptions:
    """What a virtual display has; sizes in pixels."""

    width_pixels: int = 1280
    height_pixels: int = 800
    window_manager: bool = False
    tray: bool = False
    background: str = "#3b5a70"


class VirtualDisplay:
    """One X server in memory. Use it in a with statement, or call `close`.

    `name` is what DISPLAY must say; `environment` is a whole environment for programs that
    shall run on it, with nothing of an outer display or session bus left in it.
    """

    def __init__(self, options: DisplayOptions = DisplayOptions()) -> None:
        self.options = options
        self._folder = tempfile.TemporaryDirectory(prefix="display-")
        self._processes: list[subprocess.Popen[bytes]] = []
        self._opened: list[IO[bytes]] = []
        try:
            self.name = self._start_server()
            self.environment = self._make_environment()
            self._furnish()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def home(self) -> Path:
        """HOME of the programs on this display; gone with it."""
        return Path(self._folder.name) / "home"

    def close(self) -> None:
        """End every program on the display, the last one first, then the server."""
        while self._processes:
            end_program(self._processes.pop())
        while self._opened:
            self._opened.pop().close()
        self._folder.cleanup()

    # Programs

    def start(
        self,
        arguments: Sequence[str | Path],
        *,
        output: Path | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> subprocess.Popen[bytes]:
        """Start a program on the display; its output goes to the file `output`, if given."""
        to = subprocess.DEVNULL if output is None else self._open(output)
        process = start_program(arguments, {**self.environment, **(variables or {})}, output=to)
        self._processes.append(process)
        return process

    def end(self, process: subprocess.Popen[bytes]) -> int:
        """End one program of this display before the display ends; its exit status."""
        self._processes.remove(process)
        return end_program(process)

    def resize(self, width_pixels: int, height_pixels: int) -> None:
        """Give the screen another size, no larger than the one that it was made with."""
        name = f"{width_pixels}x{height_pixels}"
        across, down = [str(width_pixels)] * 4, [str(height_pixels)] * 4
        self.run(["xrandr", "--newmode", name, "0", *across, *down])
        self.run(["xrandr", "--addmode", "screen", name])
        self.run(["xrandr", "--output", "screen", "--mode", name])

    # Pictures

    def picture(self) -> NDArray[np.uint8]:
        """What the display shows: height x width x 3, red, green, blue."""
        with mss.MSS(display=self.name) as screen:
            shot = screen.grab(screen.monitors[0])
            rgb = np.frombuffer(shot.rgb, dtype=np.uint8)
            return rgb.reshape(shot.height, shot.width, 3)

    def save_picture(self, path: Path) -> Path:
        """Write what the display shows to a PNG file, and return its path."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with mss.MSS(display=self.name) as screen:
            shot = screen.grab(screen.monitors[0])
            mss.tools.to_png(shot.rgb, shot.size, output=str(path))
        return path

    # Gestures

    def xdotool(self, *arguments: str | int) -> str:
        """Run one xdotool command and return what it printed. Raises CalledProcessError."""
        return self.run(["xdotool", *(str(argument) for argument in arguments)])

    def run(self, arguments: Sequence[str]) -> str:
        """Run a short program on the display to its end and return what it printed."""
        return subprocess.run(
            arguments,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=True,
            text=True,
            timeout=START_SECONDS,
        ).stdout.strip()

    def type_text(self, text: str) -> None:
        """Type on the display's keyboard, to whatever has the focus."""
        self.xdotool("type", "--delay", 15, "--", text)

    def press(self, *keys: str) -> None:
        """Press and release keys by their X names, such as `Return` or `ctrl+a`."""
        self.xdotool("key", "--delay", 15, *keys)

    def click(self, x: int, y: int, button: int = 1) -> None:
        """Move the pointer there and click; 1 is the left button, 3 the right one."""
        self.xdotool("mousemove", x, y, "click", button)

    def clipboard(self) -> str:
        """The text in the clipboard, empty while nobody has copied any."""
        try:
            return self.run(["xclip", "-selection", "clipboard", "-out"])
        except subprocess.CalledProcessError:
            return ""

    def pointer(self) -> tuple[int, int]:
        """Where the pointer is: x and y in pixels."""
        values = dict(
            line.split("=", 1) for line in self.xdotool("getmouselocation", "--shell").splitlines()
        )
        return int(values["X"]), int(values["Y"])

    # Windows

    def windows(self, title: str) -> list[int]:
        """The visible windows whose title matches this regular expression."""
        try:
            found = self.xdotool("search", "--onlyvisible", "--name", title)
        except subprocess.CalledProcessError:
            return []  # xdotool's way to say none
        return [int(line) for line in found.split()]

    def wait_for_window(self, title: str, timeout_seconds: float = WINDOW_SECONDS) -> int:
        """Wait for a visible window with a matching title and return its number."""
        found = wait_until(
            lambda: self.windows(title), timeout_seconds, f"a window “{title}” on {self.name}"
        )
        return found[-1]

    def wait_for_no_window(self, title: str, timeout_seconds: float = WINDOW_SECONDS) -> None:
        """Wait until no visible window has a matching title."""
        wait_until(
            lambda: not self.windows(title), timeout_seconds, f"“{title}” to go from {self.name}"
        )

    def geometry(self, window: int) -> tuple[int, int, int, int]:
        """A window's x, y, width and height on the display, without its frame, in pixels."""
        # xdotool's getwindowgeometry counts the window manager's frame twice.
        told = self.run(["xwininfo", "-id", str(window)])
        x, y, width, height = (int(number) for number in _GEOMETRY.findall(told))
        return x, y, width, height

    def is_popup(self, window: int) -> bool:
        """Whether the window manager lets a window be, as it does with menus and tool tips."""
        try:
            told = self.run(["xwininfo", "-id", str(window)])
        except subprocess.CalledProcessError:
            return False  # it has gone
        return "Override Redirect State: yes" in told

    def close_window(self, window: int) -> None:
        """Click on the close button in the window's frame; needs the window manager."""
        self.activate(window)
        left, top, width, _ = self.geometry(window)
        self.click(left + width + _CLOSE_BUTTON_AT[0], top + _CLOSE_BUTTON_AT[1])

    def activate(self, window: int) -> None:
        """Bring a window to the front and give it the focus; needs the window manager."""
        wait_until(
            lambda: self._is_active_after_asking(window), WINDOW_SECONDS, f"{window} to be active"
        )

    def _is_active_after_asking(self, window: int) -> bool:
        """Asked once for all (xdotool's --sync), a window that is just being mapped never is."""
        try:
            if self.xdotool("getactivewindow") == str(window):
                return True
            self.xdotool("windowactivate", window)
        except subprocess.CalledProcessError:
            pass  # no window is active yet, or this one has gone
        return False

    # Starting

    def _start_server(self) -> str:
        reading, writing = os.pipe()
        size = f"{self.options.width_pixels}x{self.options.height_pixels}x24"
        try:
            server = start_program(
                ["Xvfb", "-displayfd", str(writing), "-screen", "0", size, *_SERVER_OPTIONS],
                {"PATH": os.environ["PATH"]},
                inherited=(writing,),
            )
        except BaseException:
            os.close(reading)
            raise
        finally:
            os.close(writing)
        self._processes.append(server)
        with open(reading, "rb", buffering=0) as pipe:
            return ":" + _read_line(pipe, START_SECONDS, "Xvfb to name its display")

    def _make_environment(self) -> dict[str, str]:
        runtime = Path(self._folder.name) / "runtime"
        runtime.mkdir(mode=0o700)
        self.home.mkdir()
        kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
        return {
            "LANG": "C.UTF-8",
            **kept,
            "DISPLAY": self.name,
            "HOME": str(self.home),
            "XDG_RUNTIME_DIR": str(runtime),
            "XDG_SESSION_TYPE": "x11",
            # No session bus: Qt shows its tray icon by the X tray protocol, as trayer wants it,
            # and nothing starts a bus of its own that would outlive the test.
            "DBUS_SESSION_BUS_ADDRESS": "disabled:",
            "QT_QPA_PLATFORM": "xcb",
        }

    def _furnish(self) -> None:
        self.run(["xsetroot", "-solid", self.options.background])
        if self.options.window_manager:
            self.start(["openbox", "--sm-disable"])
            wait_until(self._has_window_manager, START_SECONDS, "openbox to take over")
        if self.options.tray:
            self.start(["trayer", *_TRAY_OPTIONS])
            wait_until(self._has_tray, START_SECONDS, "trayer to take over the tray")

    def _has_window_manager(self) -> bool:
        # The last that openbox says of itself before it manages windows. A window that comes
        # between the first and this one waits five seconds for an answer (Xt's wmTimeout).
        root = self.run(["xprop", "-root", "-notype", "_NET_CLIENT_LIST"])
        return "window id" in root

    def _has_tray(self) -> bool:
        return bool(self.tray_windows())

    def tray_windows(self) -> list[int]:
        """The windows of the tray host, empty while there is none."""
        try:
            found = self.xdotool("search", "--onlyvisible", "--class", "^trayer$")
        except subprocess.CalledProcessError:
            return []
        return [int(line) for line in found.split()]

    def _open(self, path: Path) -> IO[bytes]:
        path.parent.mkdir(parents=True, exist_ok=True)
        opened = path.open("ab", buffering=0)
        self._opened.append(opened)
        return opened


def _read_line(pipe: IO[bytes], timeout_seconds: float, what: str) -> str:
    """Read one short line from a pipe that nobody else reads."""
    line = b""
    while not line.endswith(b"\n"):
        ready, _, _ = select.select([pipe], [], [], timeout_seconds)
        read = pipe.read(64) if ready else b""
        if not read:
            raise RuntimeError(f"waited in vain for {what}")
        line += read
    return line.decode("ascii").strip()
