"""The node that the controller carries: started, told its token, ended, and never orphaned."""

import asyncio
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from common.errors import SettingsError
from common.logs import LineFormatter
from common.transport.server_address import parse_server_url
from common.transport.trust import first_contact
from controller_app import embedded_node
from controller_app.embedded_node import EmbeddedNode, EmbeddedNodeOptions, RunningNode
from tests.support.waiting import wait_until
from tests.transport.running import run

FINGERPRINT = "ab" * 32
URL = f"https://127.0.0.1:47111#{FINGERPRINT}"

OBEDIENT = f"""
import sys
token = sys.stdin.readline().strip()
print("getting up", file=sys.stderr, flush=True)
print("something else", flush=True)
print("ready {URL}", flush=True)
print("heard", len(token), file=sys.stderr, flush=True)
sys.stdin.read()
print("good night", file=sys.stderr, flush=True)
"""
FAILING = """
import sys
sys.stdin.readline()
print("farhand-broker: --listen: port 47111 is taken", file=sys.stderr)
sys.exit(1)
"""
SILENT = "import sys; sys.stdin.readline(); sys.stdin.read()"
STUBBORN = f"""
import signal, sys, time
sys.stdin.readline()
print("ready {URL}", flush=True)
while True:
    time.sleep(60)
"""
FLEETING = f"""
import sys
sys.stdin.readline()
print("ready {URL}", flush=True)
print("out of memory", file=sys.stderr)
"""


def stand_in(text: str, folder: Path) -> EmbeddedNode:
    """A node whose program is this text."""
    options = EmbeddedNodeOptions(data_folder=folder, port=0, listen_address="127.0.0.1")
    return EmbeddedNode(options, (sys.executable, "-c", text))


@pytest.fixture
def real_node(tmp_path: Path) -> EmbeddedNode:
    """The node itself, on a free port."""
    return EmbeddedNode(EmbeddedNodeOptions(tmp_path, port=0, listen_address="127.0.0.1"))


def test_the_ready_line_gives_the_url_and_the_token_went_in(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def whole() -> RunningNode:
        node = stand_in(OBEDIENT, tmp_path)
        running = await node.start()
        await node.stop()
        return running

    caplog.handler.setFormatter(LineFormatter())
    with caplog.at_level("INFO", "controller_app.embedded_node"):
        running = run(whole())
    assert running.url == URL
    assert len(running.token) >= 32
    lines = [line.partition(" line=")[2] for line in caplog.text.splitlines()]
    assert lines == [
        "getting up",
        f"heard {len(running.token)}",
        "good night",
    ]


def test_the_token_is_another_each_time_and_shows_nowhere(tmp_path: Path) -> None:
    async def whole() -> list[RunningNode]:
        found = []
        for _ in range(2):
            node = stand_in(OBEDIENT, tmp_path)
            found.append(await node.start())
            await node.stop()
        return found

    one, other = run(whole())
    assert one.token != other.token
    assert one.token not in repr(one)


def test_a_node_that_fails_is_told_in_its_own_words(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        run(stand_in(FAILING, tmp_path).start())
    assert caught.value.key == "embedded node"
    assert caught.value.problem == "farhand-broker: --listen: port 47111 is taken"


def test_a_program_that_is_not_there_is_told(tmp_path: Path) -> None:
    node = EmbeddedNode(EmbeddedNodeOptions(tmp_path), ("/nowhere/farhand-broker",))
    with pytest.raises(SettingsError, match="can't be started: no such file"):
        run(node.start())


def test_a_node_that_is_not_ready_in_time_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded_node, "READY_TIMEOUT_SECONDS", 0.3)
    with pytest.raises(SettingsError, match="was not ready within"):
        run(stand_in(SILENT, tmp_path).start())


def test_a_node_that_does_not_end_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded_node, "STOP_TIMEOUT_SECONDS", 0.2)

    async def whole() -> None:
        node = stand_in(STUBBORN, tmp_path)
        await node.start()
        await node.stop()
        await node.stop()

    run(whole())


def test_a_cancelled_start_leaves_no_process(tmp_path: Path) -> None:
    async def whole() -> None:
        starting = asyncio.create_task(stand_in(SILENT, tmp_path).start())
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await starting

    run(whole())


def test_the_end_of_a_node_is_noticed_with_its_last_words(tmp_path: Path) -> None:
    async def whole() -> str:
        node = stand_in(FLEETING, tmp_path)
        await node.start()
        last_words = await node.ended()
        await node.stop()
        return last_words

    assert run(whole()) == "out of memory"


def test_the_options_become_a_command_line() -> None:
    folder = Path("data")
    assert EmbeddedNodeOptions(folder).arguments() == [
        "--embedded",
        "--data-dir",
        "data",
        "--log-level",
        "info",
    ]
    options = EmbeddedNodeOptions(folder, 47112, policies_file=Path("policies.toml"))
    assert options.arguments()[-4:] == [
        "--listen",
        "0.0.0.0:47112",
        "--policies",
        "policies.toml",
    ]


def test_the_real_node_is_met_under_the_url_that_it_says(real_node: EmbeddedNode) -> None:
    async def whole() -> None:
        running = await real_node.start()
        try:
            address = parse_server_url(running.url)
            identity = await first_contact(address)
            assert identity.fingerprint == address.fingerprint
            assert identity.is_verified_by_root
        finally:
            await real_node.stop()

    run(whole())


def test_the_real_node_says_in_one_line_what_is_wrong(tmp_path: Path) -> None:
    policies = tmp_path / "policies.toml"
    policies.write_text("no_such_policy = 1\n")
    options = EmbeddedNodeOptions(
        tmp_path, port=0, listen_address="127.0.0.1", policies_file=policies
    )
    with pytest.raises(SettingsError, match="no_such_policy"):
        run(EmbeddedNode(options).start())


PARENT = """
import asyncio, sys
from pathlib import Path
from controller_app.embedded_node import EmbeddedNode, EmbeddedNodeOptions

async def main():
    node = EmbeddedNode(EmbeddedNodeOptions(Path(sys.argv[1]), port=0, listen_address="127.0.0.1"))
    await node.start()
    # A later child of the controller must not keep the node's standard input open.
    sleeper = await asyncio.create_subprocess_exec("sleep", "600", close_fds=True)
    print("started", sleeper.pid, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


def has_ended(process: psutil.Process) -> bool:
    """Whether it is gone, or waits for somebody to notice."""
    try:
        return bool(process.status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


@pytest.fixture
def parent(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that has the real node as its child, and another child beside it."""
    process = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    with process:
        yield process
        process.kill()


def test_the_real_node_ends_when_its_parent_is_killed(parent: subprocess.Popen[str]) -> None:
    assert parent.stdout is not None
    sleeper = next(
        int(started[1])
        for line in parent.stdout
        if (started := re.fullmatch(r"started (\d+)\n", line))
    )
    children = psutil.Process(parent.pid).children()
    (node,) = [child for child in children if child.pid != sleeper]
    parent.kill()
    try:
        wait_until(lambda: has_ended(node), 10, "the node to end")
    finally:
        os.kill(sleeper, signal.SIGKILL)
