"""Both programs' asyncio halves on one loop, with a real node as child process between them.

Everything is real but the screen and the input, whose place a recorder takes; there are no
windows, so a test reads events. `Programs` is the stage of a story: a controller with its
embedded node, and any number of targets.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from common.protocol import session_events as events
from common.protocol.connection_code import ConnectionCode, Secret
from common.protocol.policies import NEUTRAL_POLICIES, Policies, SessionMode
from common.protocol.session_messages import InputMessage
from common.reasons import PairingProblem
from common.transport.connection_events import BrokerConnected
from common.transport.known_servers import KnownServers
from common.transport.server_address import parse_server_url
from controller_app.connection import NodeChoice
from controller_app.embedded_node import EmbeddedNodeOptions
from controller_app.picture_patches import PicturePatches
from controller_app.session_runner import ControllerRunner, RunnerSettings, Technician
from target_app.connection import NodeSearch
from target_app.screen_and_input import Post
from target_app.session_runner import Computer, RunnerParts, TargetRunner
from tests.transport.running import until

Event = TypeVar("Event")


@dataclass
class Story:
    """The events of one program, in their order."""

    told: list[object] = field(default_factory=list)
    listener: Callable[[object], None] | None = None

    def hear(self, event: object) -> None:
        """Take the next event."""
        self.told.append(event)
        if self.listener is not None:
            self.listener(event)

    def all(self, kind: type[Event]) -> list[Event]:
        """List the events of one kind."""
        return [event for event in self.told if isinstance(event, kind)]

    async def next(self, kind: type[Event], after: int = 0) -> Event:
        """Wait until more than `after` events of this kind were told; give the newest."""
        await until(lambda: len(self.all(kind)) > after, kind.__name__)
        return self.all(kind)[-1]


class RecordedScreen:
    """Stands where the capture and the injection are."""

    def __init__(self, post: Post) -> None:
        self.post = post
        self.injected: list[InputMessage] = []
        self.acknowledged: list[int] = []
        self.releases = 0
        self.is_running = False

    def start(self) -> None:
        """Note the start."""
        self.is_running = True

    def inject(self, message: InputMessage) -> None:
        """Note the gesture."""
        self.injected.append(message)

    def release_all(self) -> None:
        """Note the release."""
        self.releases += 1

    def acknowledge(self, frame: int, decode_microseconds: int) -> None:
        """Note the credit."""
        self.acknowledged.append(frame)

    def stop(self) -> None:
        """Note the stop."""
        self.is_running = False


class SharedComputer:
    """One target and what it tells."""

    def __init__(
        self,
        folder: Path,
        server_url: str,
        own_policies: Policies,
        search: NodeSearch | None = None,
    ) -> None:
        """Without a URL servers are found by `search`."""
        self.folder = folder
        folder.mkdir(exist_ok=True)
        self.story = Story()
        self.screens: list[RecordedScreen] = []
        self.known_servers = KnownServers(folder)
        self.runner = TargetRunner(
            RunnerParts(
                computer=Computer("kitchen-pc", "ann", "Debian GNU/Linux 12"),
                known_servers=self.known_servers,
                own_policies=lambda: own_policies,
                share_desktop=self._share_desktop,
                search=search,
            ),
            [parse_server_url(server_url)] if server_url else [],
            self.story.hear,
        )

    def _share_desktop(self, post: Post) -> RecordedScreen:
        self.screens.append(RecordedScreen(post))
        return self.screens[-1]

    async def fail_with(self, code: ConnectionCode) -> PairingProblem:
        """Type a code that leads to no session; tell what the user reads."""
        failures = len(self.story.all(events.PairingEnded))
        self.runner.enter_code(code)
        return (await self.story.next(events.PairingEnded, failures)).problem


@dataclass
class Programs:
    """A controller with its node, and the targets that came."""

    folder: Path
    controller: ControllerRunner
    story: Story
    tasks: asyncio.TaskGroup
    targets: list[SharedComputer] = field(default_factory=list)

    @property
    def server_url(self) -> str:
        """What a target is given."""
        server = self.controller.server
        assert server is not None
        return server.url()

    async def add_target(self, own_policies: Policies = NEUTRAL_POLICIES) -> SharedComputer:
        """Start a target and wait until the server has registered it."""
        folder = self.folder / f"target{len(self.targets)}"
        target = SharedComputer(folder, self.server_url, own_policies)
        self.targets.append(target)
        self.tasks.create_task(target.runner.run())
        await target.story.next(BrokerConnected)
        return target

    def restarted(self, target: SharedComputer) -> SharedComputer:
        """Start a target again with the folder of one that has quit."""
        again = SharedComputer(target.folder, self.server_url, NEUTRAL_POLICIES)
        self.targets.append(again)
        self.tasks.create_task(again.runner.run())
        return again

    async def open_code(self) -> ConnectionCode:
        """Start a session and wait for its code."""
        codes = len(self.story.all(events.CodeChanged))
        self.controller.start_session()
        return (await self.story.next(events.CodeChanged, codes)).code

    async def start_session(self, target: SharedComputer) -> None:
        """Go the whole way, with the target's user accepting."""
        sessions = len(self.story.all(events.SessionStarted))
        target.runner.enter_code(await self.open_code())
        await target.story.next(events.AcceptanceAsked, sessions)
        target.runner.answer(True)
        await self.story.next(events.SessionStarted, sessions)


def with_wrong_secret(code: ConnectionCode) -> ConnectionCode:
    """Give a well-formed code with the same routing digits and another secret."""
    digits = code.secret.reveal()
    other = (int(digits) + 1) % 10 ** len(digits)
    return ConnectionCode(code.routing, Secret(f"{other:0{len(digits)}}"))


@asynccontextmanager
async def running_programs(
    folder: Path, mode: SessionMode = SessionMode.ACTIVE, policies: str = ""
) -> AsyncIterator[Programs]:
    """Start a controller with its embedded node; end everything in order afterwards.

    `policies` is the text of the node's policies file.
    """
    policies_file = folder / "policies.toml"
    policies_file.write_text(policies)
    for name in ("controller", "node"):
        (folder / name).mkdir()
    story = Story()
    node_options = EmbeddedNodeOptions(
        folder / "node", listen_address="127.0.0.1", policies_file=policies_file
    )
    settings = RunnerSettings(
        technician=Technician("Tess Example", "Example IT", "desk-7"),
        mode=mode,
        node=NodeChoice("", node_options),
        data_folder=folder / "controller",
    )
    controller = ControllerRunner(settings, story.hear, PicturePatches())
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(controller.run())
        programs = Programs(folder, controller, story, tasks)
        try:
            await story.next(BrokerConnected)
            yield programs
        finally:
            for target in programs.targets:
                target.runner.quit()
            controller.quit()
