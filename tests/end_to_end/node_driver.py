"""A node of its own for a test: started as its command line says, known by its `ready` line."""

import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tests.support.programs import end_program, start_program
from tests.support.waiting import wait_until

COMMANDS = Path(sys.executable).parent
READY_SECONDS = 30.0


@dataclass(slots=True)
class NodeDriver:
    """A running node; `url` is what --server takes."""

    url: str
    port: int
    data_folder: Path
    _process: subprocess.Popen[bytes]

    @classmethod
    def start(cls, folder: Path, environment: dict[str, str], *options: str) -> Self:
        """Start a node for guests on a free port, its files in `folder`, and wait for it."""
        output = folder / "node.out"
        data_folder = folder / "node"
        port = free_port()
        folder.mkdir(parents=True, exist_ok=True)
        own = ("--listen", f"127.0.0.1:{port}", "--allow-guests", "--data-dir", data_folder)
        command: list[str | Path] = [COMMANDS / "farhand-broker", *own, *options]
        with output.open("wb") as opened:
            process = start_program(command, environment, output=opened)
        try:
            url = wait_for_line(output, "ready", READY_SECONDS)
        except BaseException:
            end_program(process)
            raise
        return cls(url, port, data_folder, process)

    @property
    def process_id(self) -> int:
        """The node's number in the system's list of processes."""
        return self._process.pid

    def end(self) -> int:
        """End the node, and return its exit status. May be called again."""
        return end_program(self._process)


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def lines_of(output: Path) -> list[str]:
    """The whole lines that a program has written so far."""
    text = output.read_text(errors="replace") if output.exists() else ""
    return text.split("\n")[:-1]


def wait_for_line(output: Path, word: str, timeout_seconds: float) -> str:
    """Wait for a line that begins with this word, and return the rest of it."""

    def found() -> list[str]:
        return [line[len(word) + 1 :] for line in lines_of(output) if line.startswith(word + " ")]

    try:
        return wait_until(found, timeout_seconds, f"a line “{word} ...”")[-1]
    except AssertionError as error:
        raise AssertionError(f"{error}; it wrote {lines_of(output)[-12:]}") from None
