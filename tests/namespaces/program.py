"""One program without windows, in a process of its own: `... program ROLE FOLDER [NAME]`.

Roles: `controller` with its embedded node, `target`; neither is told of any server. Lines on
standard input say what its user does; each event goes to standard output as a line of JSON.
It ends with its standard input.
"""

import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path

from common.protocol.connection_code import parse
from common.protocol.policies import NEUTRAL_POLICIES, SessionMode
from common.protocol.session_events import CodeChanged
from common.reasons import EndReason
from common.transport.discovery import Discovery
from common.transport.event_loop import new_event_loop
from common.transport.known_servers import KnownServers
from controller_app.connection import NodeChoice
from controller_app.embedded_node import EmbeddedNodeOptions
from controller_app.picture_patches import PicturePatches
from controller_app.session_runner import ControllerRunner, RunnerSettings, Technician
from target_app.session_runner import TargetRunner
from tests.sessions.programs import SharedComputer


def tell(event: object) -> None:
    """Write an event: its type's name, and its fields as text."""
    fields = {name: str(getattr(event, name)) for name in getattr(event, "__slots__", ())}
    if isinstance(event, CodeChanged):
        fields["code"] = event.code.digits()
    print(json.dumps({"event": type(event).__name__, **fields}), flush=True)


def controller(folder: Path, technician: str) -> ControllerRunner:
    """Make a controller as it is without any configuration."""
    (folder / "node").mkdir(parents=True, exist_ok=True)
    settings = RunnerSettings(
        technician=Technician(technician, "Example IT", "desk-7"),
        mode=SessionMode.ACTIVE,
        node=NodeChoice("", EmbeddedNodeOptions(folder / "node"), "Example IT", "desk-7"),
        data_folder=folder,
    )
    return ControllerRunner(settings, tell, PicturePatches())


def do_in_controller(runner: ControllerRunner, word: str, argument: str) -> None:
    """Do what the technician does."""
    if word == "start":
        runner.start_session()
    elif word == "end":
        runner.end_session(EndReason.CONTROLLER_ENDED)


def do_in_target(runner: TargetRunner, word: str, argument: str) -> None:
    """Do what the target's user does."""
    if word == "enter":
        runner.enter_code(parse(argument))
    elif word == "accept":
        runner.answer(True)
    elif word == "end":
        runner.end_session(EndReason.TARGET_ENDED)


async def take_lines(do: Callable[[str, str], None]) -> None:
    """Do what each line says until there are no more."""
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(lines), sys.stdin
    )
    while line := (await lines.readline()).decode():
        word, _, argument = line.strip().partition(" ")
        do(word, argument)


async def run(role: str, folder: Path, name: str) -> None:
    """Be that program until standard input ends."""
    runner: ControllerRunner | TargetRunner
    if role == "controller":
        runner = made = controller(folder, name)
        lines = take_lines(lambda word, argument: do_in_controller(made, word, argument))
    else:
        discovery = Discovery(KnownServers(folder).fingerprints)
        shared = SharedComputer(folder, "", NEUTRAL_POLICIES, discovery)
        shared.story.listener = tell
        runner = shared.runner
        lines = take_lines(lambda word, argument: do_in_target(shared.runner, word, argument))
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(runner.run())
        await lines
        runner.quit()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=new_event_loop) as loop:
        loop.run(run(sys.argv[1], Path(sys.argv[2]), *(sys.argv[3:] or ["Tess Example"])))
