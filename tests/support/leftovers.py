"""What a test may not leave behind: threads, child processes, windows, asyncio tasks, loop errors.

The fixture in tests/conftest.py takes stock before each test and asks `left_over` after it.
"""

import asyncio
import asyncio.runners
import contextlib
import logging
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ENDING_SECONDS = 2.0
"""Threads and processes that were told to end get this long, since ending takes its time."""


@dataclass(frozen=True, slots=True)
class Stock:
    """The threads, child processes and shown windows that were there before a test."""

    threads: frozenset[threading.Thread]
    children: frozenset[int]
    windows: frozenset[str]


def take_stock() -> Stock:
    """What runs now."""
    threads, children = frozenset(threading.enumerate()), frozenset(child_processes())
    return Stock(threads, children, frozenset(shown_windows()))


def left_over(before: Stock) -> list[str]:
    """Wait a little for what is ending, then name what runs now and did not before."""
    give_up_at = time.monotonic() + ENDING_SECONDS
    while (found := _difference(before)) and time.monotonic() < give_up_at:
        time.sleep(0.01)
    return found


def _difference(before: Stock) -> list[str]:
    now = take_stock()
    threads = [f"thread {thread.name}" for thread in now.threads - before.threads]
    children = [f"process {_command_of(child)}" for child in now.children - before.children]
    windows = [f"window {window}" for window in now.windows - before.windows]
    return threads + children + windows


def shown_windows() -> list[str]:
    """The windows that a Qt application of this process shows, by title and number."""
    qt = sys.modules.get("PySide6.QtGui")
    if qt is None or qt.QGuiApplication.instance() is None:
        return []
    windows = qt.QGuiApplication.topLevelWindows()
    return [f"{each.title()!r} {int(each.winId())}" for each in windows if each.isVisible()]


def child_processes() -> list[int]:
    """The ids of this process's own children, read from /proc; none where there is no /proc.

    proc_pid_task(5): `children` lists those that the thread started, zombies too.
    """
    found: list[int] = []
    for task in Path("/proc/self/task").glob("*/children"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            found += [int(number) for number in task.read_text().split()]
    return found


def _command_of(process_id: int) -> str:
    with contextlib.suppress(OSError):
        words = Path(f"/proc/{process_id}/cmdline").read_bytes().split(b"\0")
        return (
            f"{process_id} {b' '.join(words).decode(errors='replace').strip() or 'not waited for'}"
        )
    return str(process_id)


@dataclass(slots=True)
class LoopComplaints:
    """Tasks that were still there when a loop was closed, and what loops logged as errors."""

    found: list[str] = field(default_factory=list)


class _ComplaintHandler(logging.Handler):
    def __init__(self, complaints: LoopComplaints) -> None:
        super().__init__(logging.ERROR)
        self._complaints = complaints

    def emit(self, record: logging.LogRecord) -> None:
        self._complaints.found.append(f"asyncio: {record.getMessage()}")


@contextlib.contextmanager
def watch_loops() -> Iterator[LoopComplaints]:
    """Collect stray tasks and unhandled errors of every asyncio loop that runs meanwhile.

    asyncio.run cancels in silence what its main coroutine left behind, so the function by
    which it does so is asked first (private, the same in Python 3.11 to 3.13).
    """
    complaints = LoopComplaints()
    handler = _ComplaintHandler(complaints)
    logger = logging.getLogger("asyncio")
    runners: Any = asyncio.runners
    cancel_all = runners._cancel_all_tasks

    def note_and_cancel_all(loop: asyncio.AbstractEventLoop) -> None:
        complaints.found += [f"task {task.get_coro()}" for task in asyncio.all_tasks(loop)]
        cancel_all(loop)

    runners._cancel_all_tasks = note_and_cancel_all
    logger.addHandler(handler)
    try:
        yield complaints
    finally:
        logger.removeHandler(handler)
        runners._cancel_all_tasks = cancel_all
