"""The node that the controller carries: a child process that lives as long as it does.

Owns starting it, its token, its ready line and its end. The child holds the other end of its
standard input's pipe and ends when that closes, so it also ends when this process is killed.
What the node says on standard error goes to this program's log. Knows nothing of what a node
does; the session runner drives it.
"""

import asyncio
import contextlib
import secrets
import sys
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from common.errors import SettingsError, reason_of
from common.logs import Log
from common.transport.server_address import joined

READY_TIMEOUT_SECONDS: Final = 20.0
"""A first start makes keys and a database; on a slow disk that takes its time."""
STOP_TIMEOUT_SECONDS: Final = 5.0
MAXIMUM_LINE_BYTES: Final = 16 * 1024
READY: Final = "ready "
NODE_PROGRAM: Final = (sys.executable, "-P", "-m", "common.server")
"""With -P the folder that the user happens to be in can't put its own `common` in the way."""

_NO_CONSOLE_WINDOW: Final = 0x08000000 if sys.platform == "win32" else 0
"""CREATE_NO_WINDOW: a program with windows alone starts one with none, on Windows."""

_log = Log(__name__)


@dataclass(frozen=True, slots=True)
class EmbeddedNodeOptions:
    """How to start it. Without a port the node takes the one that it kept in its data folder,
    or the first free one, and keeps that; with one it listens there or fails."""

    data_folder: Path
    port: int | None = None
    listen_address: str = "0.0.0.0"  # noqa: S104  it is there for the LAN; TLS and the code guard it
    policies_file: Path | None = None
    organisation: str = ""
    log_level: str = "info"

    def arguments(self) -> list[str]:
        """Return the node's command line, without the program."""
        arguments = ["--embedded", "--data-dir", str(self.data_folder)]
        arguments += ["--log-level", self.log_level]
        if self.port is not None:
            arguments += ["--listen", joined(self.listen_address, self.port)]
        if self.organisation:
            arguments += ["--organisation", self.organisation]
        if self.policies_file is not None:
            arguments += ["--policies", str(self.policies_file)]
        return arguments


@dataclass(frozen=True, slots=True)
class RunningNode:
    """Where the node is, with its fingerprint, and the token that makes this process its
    technician."""

    url: str
    token: str = field(repr=False)


class EmbeddedNode:
    """One child process. `start` once, then `stop`; `ended` in between waits for its end."""

    def __init__(self, options: EmbeddedNodeOptions, program: Sequence[str] = NODE_PROGRAM) -> None:
        self._options = options
        self._program = tuple(program)
        self._process: asyncio.subprocess.Process | None = None
        self._logging: asyncio.Task[None] | None = None
        self._last_words: deque[str] = deque(maxlen=1)

    async def start(self) -> RunningNode:
        """Start it and wait until it serves. Raises SettingsError with what it said."""
        token = secrets.token_urlsafe(32)
        process = await self._spawn()
        self._process = process
        self._logging = asyncio.create_task(self._pass_on_log(process), name="embedded node's log")
        try:
            async with asyncio.timeout(READY_TIMEOUT_SECONDS):
                await _write_line(process, token)
                url = await _read_ready_line(process)
        except TimeoutError:
            await self.stop()
            raise _failure(f"was not ready within {READY_TIMEOUT_SECONDS:.0f} seconds") from None
        except BaseException:
            await self.stop()
            raise
        if url is None:
            await self.stop()
            raise _failure(" ".join(self._last_words) or "ended without a word")
        return RunningNode(url, token)

    async def ended(self) -> str:
        """Wait until it ends by itself, and return its last line on standard error."""
        process, logging = self._process, self._logging
        if process is None or logging is None:
            raise RuntimeError("the embedded node was not started")
        await asyncio.shield(logging)
        await process.wait()
        return " ".join(self._last_words)

    async def stop(self) -> None:
        """Close its standard input and wait; end it by force when it takes too long."""
        process, logging = self._process, self._logging
        if process is None or logging is None:
            return
        self._process = self._logging = None
        _close_input(process)
        try:
            async with asyncio.timeout(STOP_TIMEOUT_SECONDS):
                await process.wait()
        except TimeoutError:
            _log.warning("the embedded node does not end and is killed", pid=process.pid)
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
            await logging

    async def _spawn(self) -> asyncio.subprocess.Process:
        # Python makes its pipes close-on-exec and closes all other files in children, so no
        # other child of this program can keep this one's standard input open.
        try:
            return await asyncio.create_subprocess_exec(
                *self._program,
                *self._options.arguments(),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                limit=MAXIMUM_LINE_BYTES,
                creationflags=_NO_CONSOLE_WINDOW,
            )
        except OSError as error:
            raise _failure(f"can't be started: {reason_of(error)}") from error

    async def _pass_on_log(self, process: asyncio.subprocess.Process) -> None:
        """Log what it says on standard error until it closes that."""
        if process.stderr is None:
            return
        while True:
            try:
                line = await process.stderr.readline()
            except ValueError:  # longer than the limit; what is left of it comes next
                continue
            if not line:
                return
            text = line.decode(errors="replace").rstrip()
            if text:
                self._last_words.append(text)
                _log.info("embedded node", line=text)


async def _write_line(process: asyncio.subprocess.Process, token: str) -> None:
    if process.stdin is None:
        return
    with contextlib.suppress(ConnectionError):  # it ended already; its last words say why
        process.stdin.write(f"{token}\n".encode())
        await process.stdin.drain()


async def _read_ready_line(process: asyncio.subprocess.Process) -> str | None:
    """Return the URL of the ready line, None when the output ends without one."""
    if process.stdout is None:
        return None
    while line := await process.stdout.readline():
        text = line.decode(errors="replace").strip()
        if text.startswith(READY):
            return text.removeprefix(READY).strip()
    await process.wait()
    return None


def _close_input(process: asyncio.subprocess.Process) -> None:
    if process.stdin is not None:
        process.stdin.close()


def _failure(problem: str) -> SettingsError:
    return SettingsError("embedded node", problem)
