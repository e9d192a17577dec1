"""What a node asks of its process: a quick loop, many open files, no more memory than it uses."""

import asyncio
import contextlib
import ctypes
import gc
import sys
from pathlib import Path
from typing import Final

_MADV_DONTNEED: Final = 4


def new_event_loop() -> asyncio.AbstractEventLoop:
    """Make the loop that the node runs on: uvloop, whose wake-ups and TLS cost half of
    asyncio's own; asyncio's on Windows, where there is no uvloop."""
    if sys.platform == "win32":
        return asyncio.new_event_loop()
    import uvloop

    return uvloop.new_event_loop()


def allow_many_files() -> None:
    """Raise the soft limit of open files to the hard one, where there are such limits."""
    if sys.platform == "win32":
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def give_memory_back() -> None:
    """Return to the system what the start needed and the service does not."""
    gc.collect()
    gc.freeze()  # what lives now lives as long as the node; later collections pass it over
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            libc = ctypes.CDLL(None)
            libc.malloc_trim(0)  # glibc keeps freed memory unless asked (malloc_trim(3))
            _unmap_unused_files(libc)


def _unmap_unused_files(libc: ctypes.CDLL) -> None:
    """Let go of the pages of program files; those that are needed again come back.

    Some 20 MiB of libraries are touched by the imports and never after. They stay in the
    kernel's cache, so that bringing one back is a page fault and no read (madvise(2)). Only
    private mappings that can't be written and hold nothing changed (smaps: Anonymous is 0;
    relocated tables are) may be let go, because what was changed would be lost.
    """
    libc.madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    for start, end in _unchanged_file_mappings(Path("/proc/self/smaps").read_text()):
        libc.madvise(start, end - start, _MADV_DONTNEED)


def _unchanged_file_mappings(smaps: str) -> list[tuple[int, int]]:
    """Find private, unwritable, unchanged mappings of files in the text of proc_pid_smaps(5)."""
    found = []
    candidate: tuple[int, int] | None = None
    for line in smaps.splitlines():
        words = line.split(maxsplit=5)
        if not words[0].endswith(":"):
            start, end = (int(number, 16) for number in words[0].split("-"))
            is_file = len(words) == 6 and words[5].startswith("/")
            is_fit = is_file and words[1].endswith("p") and "w" not in words[1]
            candidate = (start, end) if is_fit else None
        elif candidate and words[0] == "Anonymous:" and words[1] == "0":
            found.append(candidate)
    return found
