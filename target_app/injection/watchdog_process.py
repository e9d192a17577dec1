"""The watchdog's own process: reads what is held, and lets go of it when the pipe closes.

Started as a script by `watchdog.py`, with neither site-packages nor this program's packages,
so that it stays small while it waits; both come in when there is something to let go. It ends
with the target, whatever ends that, and by nothing else.

Arguments: the module that can let go, the display's name, the folders to import from.
"""

import importlib
import os
import signal
import struct
import sys
from collections.abc import Iterable
from typing import BinaryIO, Final

RECORD: Final = struct.Struct("<cBI")
"""HOLD or LET_GO, the kind, the code. Smaller than PIPE_BUF, so that none is ever split."""
HOLD: Final = b"+"
LET_GO: Final = b"-"


def read_what_is_left(pipe: BinaryIO) -> list[tuple[int, int]]:
    """Read records until the other end is gone; gives what is still held, as (kind, code)."""
    held: dict[tuple[int, int], None] = {}
    while len(record := pipe.read(RECORD.size)) == RECORD.size:
        change, kind, code = RECORD.unpack(record)
        if change == HOLD:
            held[kind, code] = None
        else:
            held.pop((kind, code), None)
    return list(held)


def _ignore_signals(names: Iterable[str]) -> None:
    """A signal to the whole program must not end this process before the target."""
    for name in names:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)


def main(arguments: list[str]) -> None:
    """Wait for the end of standard input, then let go."""
    module_name, display_name, folders = arguments
    _ignore_signals(("SIGINT", "SIGTERM", "SIGHUP"))
    held = read_what_is_left(sys.stdin.buffer)
    if held:
        sys.path[:0] = folders.split(os.pathsep)
        importlib.import_module(module_name).release_left_behind(display_name, held)


if __name__ == "__main__":
    main(sys.argv[1:])
