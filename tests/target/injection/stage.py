"""What the injection tests look through: an xterm that is read back, a window that counts.

Both run on a VirtualDisplay and tell only what a program there really got.
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import Xlib.error
from Xlib import X
from Xlib.display import Display

from common.protocol.physical_keys import usage_of
from target_app.injection.contract import HoldKind
from target_app.injection.x11_connection import X11Connection
from target_app.injection.x11_sink import X11Sink
from tests.support.displays import VirtualDisplay
from tests.support.waiting import wait_until

ANSWER_SECONDS = 10.0
_BUTTONS: Final[int] = X.Button1Mask | X.Button2Mask | X.Button3Mask | X.Button4Mask | X.Button5Mask


class Recorder:
    """A HoldRecorder that keeps what is on record."""

    def __init__(self) -> None:
        self.held: set[tuple[HoldKind, int]] = set()
        self.noted: list[tuple[HoldKind, int]] = []

    def hold(self, kind: HoldKind, code: int) -> None:
        self.held.add((kind, code))
        self.noted.append((kind, code))

    def let_go(self, kind: HoldKind, code: int) -> None:
        self.held.discard((kind, code))


class ReadBackTerminal:
    """An xterm at the top left of a display, with the focus; what is typed goes to a file."""

    def __init__(self, display: VirtualDisplay, file: Path) -> None:
        self._file = file
        file.touch()
        shell = f"stty raw -echo; printf ready; exec cat > '{file}'"
        arguments = ["-u8", "-geometry", "80x24+0+0", "-title", "typed", "-e", "sh", "-c", shell]
        display.start(["xterm", *arguments])
        self._display = display
        self._window = display.wait_for_window("^typed$")
        self.take_focus()
        self._start = 0
        # The shell is at work once a first character comes back; typed again until it does.
        wait_until(self._is_awake, ANSWER_SECONDS, "the terminal to read")

    def _is_awake(self) -> bool:
        self._display.press("x")
        return bool(self.text())

    def take_focus(self) -> None:
        """Let keys come here."""
        self._display.xdotool("windowfocus", "--sync", self._window)

    def text(self) -> str:
        """All that was typed since `clear`."""
        return self._file.read_bytes()[self._start :].decode("utf-8", errors="replace")

    def clear(self) -> None:
        """Forget what was typed so far."""
        self._start = len(self._file.read_bytes())

    def expect(self, text: str) -> None:
        """Wait until exactly this was typed since `clear`."""
        try:
            wait_until(lambda: self.text() == text, ANSWER_SECONDS, "the text")
        except AssertionError:
            pytest.fail(f"typed {self.text()!r} instead of {text!r}")


class CountingWindow:
    """A window without a frame, at a place of the display, that keeps the events it gets."""

    def __init__(self, display_name: str, left: int, top: int, side: int = 100) -> None:
        self.display = Display(display_name)
        self.root = self.display.screen().root
        mask = X.KeyPressMask | X.KeyReleaseMask | X.ButtonPressMask | X.ButtonReleaseMask
        self.window = self.root.create_window(
            *(left, top, side, side, 0, X.CopyFromParent),
            override_redirect=True,
            event_mask=mask | X.PointerMotionMask | X.StructureNotifyMask,
        )
        self.window.map()
        self._events: list[Any] = []
        wait_until(lambda: self.events(X.MapNotify), ANSWER_SECONDS, "the window to show")

    def events(self, *kinds: int) -> list[Any]:
        """The events of these kinds that came so far."""
        self.display.sync()
        while self.display.pending_events():
            self._events.append(self.display.next_event())
        return [arrived for arrived in self._events if arrived.type in kinds]

    def presses(self) -> list[int]:
        """The buttons that were pressed, in order."""
        return [arrived.detail for arrived in self.events(X.ButtonPress)]

    def take_focus(self) -> None:
        """Let keys come here."""
        self.window.set_input_focus(X.RevertToParent, X.CurrentTime)
        self.display.sync()

    def close(self) -> None:
        """Take the window away."""
        with contextlib.suppress(Xlib.error.ConnectionClosedError):
            self.display.close()


@contextlib.contextmanager
def counting_window(display_name: str, left: int, top: int) -> Iterator[CountingWindow]:
    """A CountingWindow for as long as the context is open."""
    window = CountingWindow(display_name, left, top)
    try:
        yield window
    finally:
        window.close()


def keys_down(display: Display) -> set[int]:
    """The keycodes that are down on a display."""
    answer = display.query_keymap()
    return {
        8 * byte + bit for byte, bits in enumerate(answer) for bit in range(8) if bits >> bit & 1
    }


def buttons_down(display: Display) -> int:
    """The pointer's mask of buttons that are down."""
    mask: int = display.screen().root.query_pointer().mask
    return mask & _BUTTONS


def set_layout(display: VirtualDisplay, *arguments: str) -> None:
    """Give a display a keyboard layout, in setxkbmap's words."""
    display.run(["setxkbmap", "-option", "", *arguments])


def keys_down_on(display: VirtualDisplay) -> set[int]:
    """The keycodes that are down, asked by a connection of its own."""
    connection = X11Connection(display.name)
    try:
        return keys_down(connection.display)
    finally:
        connection.close()


def free_keycodes(display: VirtualDisplay) -> tuple[int, ...]:
    """The keycodes without a meaning, asked by a connection of its own."""
    connection = X11Connection(display.name)
    try:
        return connection.keymap().free_keycodes()
    finally:
        connection.close()


def toggle(sink: X11Sink, lock: str) -> None:
    """Press and release a lock key."""
    sink.press_key(usage_of(lock), "")
    sink.release_key(usage_of(lock), "")
