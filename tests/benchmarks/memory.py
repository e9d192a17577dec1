"""How much memory a long session takes, and whether it grows: a table, once a minute.

Runs the three real programs on two virtual displays of 1920 x 1080. The target's screen is
flooded by one xterm; into another the technician types through the session window, and turns
the wheel over the first. Resident memory is VmRSS, in MiB; in brackets what of it is no file's
(RssAnon), which is where a leak shows. The target's watchdog process counts as the target's.

    python -m tests.benchmarks.memory --minutes 10
"""

import argparse
import itertools
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import psutil

from tests.end_to_end.controller_driver import ControllerDriver
from tests.end_to_end.node_driver import NodeDriver, wait_for_line
from tests.end_to_end.target_driver import TargetDriver
from tests.support.displays import DisplayOptions, VirtualDisplay

SCREEN = DisplayOptions(1920, 1080, window_manager=True, tray=True)
CODE_SECONDS = 30.0
FLOOD = "while :; do seq 1000 1400; sleep 0.25; done"
FLOODED_AT = (400, 300)
TYPED = "The quick brown fox jumps over the lazy dog. "
NO_QUESTION = "enable_user_acceptance_for_incoming_connections = false\n"


class Memory(NamedTuple):
    """What a program and its children hold in memory, in bytes."""

    resident: int
    anonymous: int


@dataclass(frozen=True, slots=True)
class Programs:
    """A running session."""

    controller: ControllerDriver
    target: TargetDriver
    node: NodeDriver

    def memory(self) -> tuple[Memory, Memory, Memory]:
        """Measure the controller, the target and the node."""
        numbers = (self.controller.process.pid, self.target.process.pid, self.node.process_id)
        first, second, third = (memory_of(number) for number in numbers)
        return first, second, third


def main() -> None:
    """Print the table, a line a minute, while the session goes on."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=int, default=10, metavar="N")
    minutes = parser.parse_args().minutes
    print("| minute | controller | target | node |\n|---|---|---|---|")
    with a_session() as programs:
        print(row("start", programs.memory()), flush=True)
        for minute in range(1, minutes + 1):
            work(programs, until=time.monotonic() + 60.0)
            print(row(str(minute), programs.memory()), flush=True)


def row(name: str, memory: tuple[Memory, Memory, Memory]) -> str:
    """Format one line of the table."""
    cells = [f"{one.resident / 2**20:.1f} ({one.anonymous / 2**20:.1f})" for one in memory]
    return f"| {name} | {' | '.join(cells)} |"


def memory_of(process_id: int) -> Memory:
    """Add up a process and its children. The pages that they share count for each."""
    process = psutil.Process(process_id)
    return Memory(
        *map(sum, zip(*map(_status, [process, *process.children(recursive=True)]), strict=True))
    )


def _status(process: psutil.Process) -> Memory:
    lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    kibibytes = {line.split()[0]: int(line.split()[1]) for line in lines if line.endswith(" kB")}
    return Memory(kibibytes["VmRSS:"] * 1024, kibibytes["RssAnon:"] * 1024)


@contextmanager
def a_session() -> Iterator[Programs]:
    """Set up displays and programs, and end them afterwards."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        displays = [stack.enter_context(VirtualDisplay(SCREEN)) for _ in range(2)]
        policies = folder / "policies.toml"
        policies.write_text(NO_QUESTION)
        node = NodeDriver.start(folder, displays[1].environment, "--policies", str(policies))
        stack.callback(node.end)
        yield _joined(displays[0], displays[1], folder, node)


def _joined(
    technicians: VirtualDisplay, users: VirtualDisplay, folder: Path, node: NodeDriver
) -> Programs:
    """Start both programs and the work on the target's screen, and wait for the session."""
    server = ("--server", node.url)
    controller = ControllerDriver(technicians, folder, *server, "--start-session", "--fullscreen")
    code = wait_for_line(controller.output, "code", CODE_SECONDS)
    users.start(["xterm", "-geometry", "150x60+0+0", "-T", "flooded", "-e", "sh", "-c", FLOOD])
    users.start(["xterm", "-geometry", "80x30-0-40", "-T", "typed", "-e", "cat"])
    typed = users.wait_for_window("^typed$")
    target = TargetDriver(users, folder, *server, "--set", "ConfirmTakeOver=no", "--code", code)
    controller.wait_for("mode active")
    users.activate(typed)
    technicians.activate(controller.session_window())
    return Programs(controller, target, node)


def work(programs: Programs, until: float) -> None:
    """Type, and turn the wheel over the flooded window, until this moment (monotonic)."""
    display = programs.controller.display
    for count in itertools.count():
        display.type_text(f"{count} {TYPED}")
        display.press("Return")
        display.xdotool("mousemove", *FLOODED_AT, "click", "--repeat", 5, 4)
        display.xdotool("mousemove", *FLOODED_AT, "click", "--repeat", 5, 5)
        if time.monotonic() >= until:
            return


if __name__ == "__main__":
    main()
