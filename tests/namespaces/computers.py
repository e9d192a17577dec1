"""Starts programs on the computers of a `Network`, and waits for what they tell."""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType

from common.transport.known_servers import KnownServers
from tests.namespaces.network import Network
from tests.support.waiting import wait_until

Event = dict[str, str]

STEP_SECONDS = 20.0
END_SECONDS = 10.0


class Program:
    """A program on one computer. A context manager; the program ends with it."""

    def __init__(self, network: Network, computer: str, output: Path, *arguments: str) -> None:
        module, *rest = arguments
        self._output = output
        with output.open("wb") as told, output.with_suffix(".log").open("wb") as log:
            self._process = subprocess.Popen(
                [
                    *("ip", "netns", "exec", network.namespace(computer)),
                    *(sys.executable, "-m", f"tests.namespaces.{module}", *rest),
                ],
                stdin=subprocess.PIPE,
                stdout=told,
                stderr=log,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )

    def __enter__(self) -> "Program":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.quit()

    def say(self, line: str) -> None:
        """Have the program's user do something."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n".encode())
        self._process.stdin.flush()

    def all(self, event: str) -> list[Event]:
        """List the events of a kind so far."""
        lines = self._output.read_text().splitlines(keepends=True)
        told = [json.loads(line) for line in lines if line.endswith("\n")]
        return [one for one in told if one["event"] == event]

    def next(self, event: str, after: int = 0, seconds: float = STEP_SECONDS) -> Event:
        """Wait until more than `after` events of a kind were told; give the newest."""

        def found() -> list[Event] | None:
            assert self._process.poll() is None, self._output.with_suffix(".log").read_text()
            events = self.all(event)
            return events if len(events) > after else None

        return wait_until(found, seconds, f"{event} of {self._output.stem}")[-1]

    def quit(self) -> None:
        """End the program in order; by force if it takes too long, which is a failure."""
        if self._process.stdin is not None and not self._process.stdin.closed:
            self._process.stdin.close()
        try:
            self._process.wait(END_SECONDS)
        finally:
            self._process.kill()
            self._process.wait()


class Technicians:
    """Makes programs on a network, each with a folder of its own name."""

    def __init__(self, network: Network, folder: Path) -> None:
        self.network = network
        self.folder = folder

    def controller(self, computer: str, technician: str = "Tess Example") -> Program:
        """Start a controller that was never set up, unless its folder is there already."""
        folder = self._folder(computer, "controller")
        return self._start(computer, "controller", "program", "controller", str(folder), technician)

    def target(self, computer: str) -> Program:
        """Start a target that was never set up, unless its folder is there already."""
        folder = self._folder(computer, "target")
        return self._start(computer, "target", "program", "target", str(folder))

    def liar(self, computer: str, *lie: str) -> Program:
        """Announce what is not true."""
        program = self._start(computer, "liar", "liar", *lie)
        program.next("Announced")
        return program

    def servers(self, computer: str) -> list[dict[str, object]]:
        """Give the servers that a target keeps."""
        path = self.folder / f"{computer}-target" / "servers.json"
        servers: list[dict[str, object]] = json.loads(path.read_text())["servers"]
        return servers

    def known_servers(self, computer: str) -> KnownServers:
        """Read the servers that a target keeps, as it does itself."""
        return KnownServers(self.folder / f"{computer}-target")

    def _folder(self, computer: str, role: str) -> Path:
        folder = self.folder / f"{computer}-{role}"
        folder.mkdir(exist_ok=True)
        return folder

    def _start(self, computer: str, role: str, *arguments: str) -> Program:
        output = self.folder / f"{computer}-{role}.json"
        return Program(self.network, computer, output, *arguments)
