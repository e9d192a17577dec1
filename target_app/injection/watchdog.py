"""Releases what is held when the target's process dies, even by a kill that it can't see.

A small process is told over a pipe what is held; when the pipe closes, it lets go of what is
left and ends. This is the target's end, and it never waits; `watchdog_process.py` is the
other end. What a code means is known to the sink, whose module lets go of it.
"""

import contextlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

from target_app.injection.contract import HoldKind
from target_app.injection.watchdog_process import HOLD, LET_GO, RECORD

X11_MODULE: Final = "target_app.injection.x11_sink"
GENERIC_MODULE: Final = "target_app.injection.generic_sink"
_PROGRAM: Final = Path(__file__).with_name("watchdog_process.py")
_LEAN_OPTIONS: Final = ("-I", "-S", "-B")
_KEPT_VARIABLES: Final = ("HOME", "LANG", "PATH", "SYSTEMROOT", "XAUTHORITY")
_END_SECONDS: Final = 3.0


class Watchdog:
    """A HoldRecorder with a process behind it, which is started anew if it is gone.

    `module` is the one whose `release_left_behind` lets go on this system.
    """

    def __init__(self, module: str, display_name: str) -> None:
        self._arguments = (module, display_name, os.pathsep.join(filter(None, sys.path)))
        self._held: dict[tuple[HoldKind, int], None] = {}
        self._unsent = b""
        self._process, self._pipe = self._start()

    @property
    def process_id(self) -> int:
        """The id of the process that waits."""
        return self._process.pid

    def _start(self) -> tuple[subprocess.Popen[bytes], int]:
        """Start the process; the pipe is all that it shares with this one."""
        reading_end, writing_end = os.pipe()
        if sys.platform != "win32":  # there six bytes always fit, and pipes have no such mode
            os.set_blocking(writing_end, False)
        try:
            process = subprocess.Popen(
                [sys.executable, *_LEAN_OPTIONS, str(_PROGRAM), *self._arguments],
                stdin=reading_end,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ},
                start_new_session=True,
            )
        except OSError:
            os.close(writing_end)
            raise
        finally:
            os.close(reading_end)
        return process, writing_end

    def hold(self, kind: HoldKind, code: int) -> None:
        """Note what is about to be held."""
        self._held[kind, code] = None
        self._send(RECORD.pack(HOLD, kind.value, code))

    def let_go(self, kind: HoldKind, code: int) -> None:
        """Note what is held no longer."""
        if self._held.pop((kind, code), 0) is None:
            self._send(RECORD.pack(LET_GO, kind.value, code))

    def _send(self, record: bytes) -> None:
        """Write without waiting; what does not fit goes with the next record."""
        self._unsent += record
        try:
            written = os.write(self._pipe, self._unsent)
        except BlockingIOError:
            return
        except OSError:
            self._start_anew()
            return
        self._unsent = self._unsent[written:]

    def _start_anew(self) -> None:
        """The process is gone, which nothing does but a kill: start another, and tell it all."""
        self._end()
        self._process, self._pipe = self._start()
        self._unsent = b"".join(RECORD.pack(HOLD, kind.value, code) for kind, code in self._held)
        with contextlib.suppress(OSError):
            self._unsent = self._unsent[os.write(self._pipe, self._unsent) :]

    def close(self) -> None:
        """End the process; it lets go of what is still on record first."""
        self._end()

    def _end(self) -> None:
        os.close(self._pipe)
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
