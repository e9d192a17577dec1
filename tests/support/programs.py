"""Child programs of a test: each in a process group of its own, ended by that group's id.

Linux ends a child by itself when the thread that started it dies, so that a test run which is
killed leaves no X server behind either (`setpriv`, part of util-linux).
"""

import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

TERMINATION_SECONDS = 5.0


class MissingProgram(RuntimeError):
    """A program that the tests need is not installed."""

    def __init__(self, program: str) -> None:
        super().__init__(f"{program} is not installed; ./run test installs what the tests need")


def start_program(
    arguments: Sequence[str | Path],
    environment: Mapping[str, str],
    *,
    output: IO[bytes] | int = subprocess.DEVNULL,
    inherited: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Start a program without standard input, its output and errors going to `output`.

    `inherited` are the file descriptors that it gets beside the standard ones. Raises
    MissingProgram.
    """
    program = shutil.which(arguments[0], path=environment.get("PATH"))
    if program is None:
        raise MissingProgram(str(arguments[0]))
    return subprocess.Popen(
        [*_ended_with_its_parent(), program, *arguments[1:]],
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT if output is subprocess.PIPE else output,
        start_new_session=True,
        pass_fds=tuple(inherited),
    )


def end_program(process: subprocess.Popen[bytes]) -> int:
    """Ask the program's group to end, insist after a while, and return the exit status."""
    _signal_group(process, signal.SIGTERM)
    try:
        status = process.wait(TERMINATION_SECONDS)
    except subprocess.TimeoutExpired:
        _signal_group(process, signal.SIGKILL)
        status = process.wait(TERMINATION_SECONDS)
    # Whatever it had started and left behind: the group outlives its first process.
    _signal_group(process, signal.SIGKILL)
    if process.stdout is not None:
        process.stdout.close()
    return status


def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def _ended_with_its_parent() -> list[str]:
    return ["setpriv", "--pdeathsig", "TERM", "--"] if shutil.which("setpriv") else []
