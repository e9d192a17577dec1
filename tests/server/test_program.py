"""farhand-broker as a process: its ready line, its one line of trouble, its ends."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from common.protocol import broker_messages as broker
from tests.server.node_driver import (
    RunningNode,
    connected,
    controller,
    controller_hello,
    fetch_root,
    join,
    run,
    running_node,
    target,
)
from tests.support.waiting import wait_until

NODE = [sys.executable, "-m", "common.server"]
SECONDS = 20
TOKEN = "the-token-of-the-parent"
HERE = ("--listen", "127.0.0.1:0")


@contextlib.contextmanager
def started(*arguments: str, first_line: str | None = None) -> Iterator["subprocess.Popen[str]"]:
    """A node process, ended at the end in any case."""
    process = subprocess.Popen(
        [*NODE, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    if first_line is not None:
        process.stdin.write(first_line + "\n")
        process.stdin.flush()
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def ready_url(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line.startswith("ready https://"), (line, process.communicate())
    return line.removeprefix("ready ").strip()


def failure_of(*arguments: str, first_line: str = "") -> str:
    """The one line on standard error of a node that can't start."""
    done = subprocess.run(
        [*NODE, *arguments], input=first_line, capture_output=True, text=True, timeout=SECONDS
    )
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    return line


def is_running(process_id: int) -> bool:
    with contextlib.suppress(OSError):
        state = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0]
        return state != "Z"
    return False


@pytest.mark.parametrize("signal_number", [signal.SIGTERM, signal.SIGINT])
def test_a_node_says_where_it_is_and_stops_in_order(
    tmp_path: Path, signal_number: signal.Signals
) -> None:
    with started("--data-dir", str(tmp_path), *HERE) as process:
        url = ready_url(process)
        assert len(url.partition("#")[2]) == 64
        run(fetch_root(url))

        process.send_signal(signal_number)

        assert process.wait(SECONDS) == 0


def test_the_fingerprint_stays_when_the_node_starts_again(tmp_path: Path) -> None:
    urls = []
    for _ in range(2):
        with started("--data-dir", str(tmp_path), *HERE) as process:
            urls.append(ready_url(process))

    assert urls[0].partition("#")[2] == urls[1].partition("#")[2]


def test_the_ready_line_names_the_public_url(tmp_path: Path) -> None:
    public = ("--public-url", "https://support.example.org")
    with started("--data-dir", str(tmp_path), *HERE, *public) as process:
        assert ready_url(process).startswith("https://support.example.org#")


def test_connected_apps_do_not_hold_up_a_stop(tmp_path: Path) -> None:
    with started("--data-dir", str(tmp_path), "--allow-guests", *HERE) as process:
        url = ready_url(process)

        async def main() -> None:
            node = RunningNode(url, await fetch_root(url))
            async with connected(node) as app:
                await app.send(controller_hello())
                await app.expect(broker.ControllerWelcome)
                process.send_signal(signal.SIGTERM)
                await app.expect(broker.NodeStopping)
                assert await app.expect_close() == 1001

        run(main())
        assert process.wait(SECONDS) == 0


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_node_with_a_session_stays_below_80_mib(tmp_path: Path) -> None:
    with started("--data-dir", str(tmp_path), "--allow-guests", *HERE) as process:
        url = ready_url(process)

        async def main() -> None:
            node = RunningNode(url, await fetch_root(url))
            async with controller(node) as technician, target(node) as computer:
                await join(technician, computer)
                for _ in range(500):
                    await computer.send_frame(bytes(64 * 1024))
                    await technician.expect_frame()

        run(main())
        assert resident_mebibytes(process.pid) < 80


def resident_mebibytes(process_id: int) -> float:
    lines = Path(f"/proc/{process_id}/status").read_text().splitlines()
    (line,) = [line for line in lines if line.startswith("VmRSS:")]
    return int(line.split()[1]) / 1024


# One line that names it.


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        line = failure_of("--data-dir", str(tmp_path), "--listen", f"127.0.0.1:{port}")

    assert line == f"farhand-broker: --listen: 127.0.0.1:{port} is taken by another program"


def test_a_data_folder_that_can_not_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    line = failure_of("--data-dir", str(tmp_path / "file" / "folder"), *HERE)

    assert "--data-dir" in line
    assert str(tmp_path / "file") in line


@pytest.mark.parametrize(
    ("content", "named"),
    [("actve = true", "actve"), ("active = 3", "active"), ("active", "policies.toml")],
)
def test_a_wrong_policies_file_is_named(tmp_path: Path, content: str, named: str) -> None:
    policies = tmp_path / "policies.toml"
    policies.write_text(content)

    line = failure_of("--data-dir", str(tmp_path), "--policies", str(policies), *HERE)

    assert line.startswith("farhand-broker: ")
    assert named in line


def test_a_missing_policies_file_is_named(tmp_path: Path) -> None:
    line = failure_of("--data-dir", str(tmp_path), "--policies", "/no/such.toml", *HERE)

    assert "/no/such.toml" in line


def test_a_damaged_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "farhand.db").write_bytes(b"x" * 5000)

    line = failure_of("--data-dir", str(tmp_path), *HERE)

    assert "farhand.db is damaged" in line


def test_a_missing_secret_file_of_an_existing_database_is_named(tmp_path: Path) -> None:
    with started("--data-dir", str(tmp_path), *HERE) as process:
        ready_url(process)
    (tmp_path / "secret").unlink()

    line = failure_of("--data-dir", str(tmp_path), *HERE)

    assert "--secret-file" in line
    assert "missing" in line


def test_a_wrong_limit_is_named(tmp_path: Path) -> None:
    assert "claims" in failure_of("--data-dir", str(tmp_path), "--limit", "claims=1", *HERE)


def test_wrong_usage_is_status_2() -> None:
    done = subprocess.run(
        [*NODE, "--listen", "nowhere"], capture_output=True, text=True, timeout=SECONDS
    )

    assert done.returncode == 2


# Embedded.


def test_an_embedded_nodes_parent_is_its_only_technician(tmp_path: Path) -> None:
    arguments = ("--embedded", "--data-dir", str(tmp_path), *HERE)
    with started(*arguments, first_line=TOKEN) as process:
        url = ready_url(process)

        async def main() -> None:
            node = RunningNode(url, await fetch_root(url))
            for token, answer in (
                (TOKEN, broker.ControllerWelcome),
                (TOKEN + "x", broker.HelloRefused),
                (None, broker.HelloRefused),
            ):
                async with connected(node) as app:
                    await app.send(controller_hello(token))
                    await app.expect(answer)

        run(main())


def test_an_embedded_node_without_a_token_is_refused(tmp_path: Path) -> None:
    assert "--embedded" in failure_of("--embedded", "--data-dir", str(tmp_path), *HERE)


def test_an_embedded_node_keeps_the_port_that_it_got(tmp_path: Path) -> None:
    ports = []
    for _ in range(2):
        arguments = ("--embedded", "--data-dir", str(tmp_path))
        with started(*arguments, first_line=TOKEN) as process:
            ports.append(ready_url(process).partition("#")[0].rpartition(":")[2])

    assert ports[0] == ports[1] == (tmp_path / "port").read_text().strip()


def test_an_embedded_node_stops_when_its_parent_lets_go(tmp_path: Path) -> None:
    arguments = ("--embedded", "--data-dir", str(tmp_path), *HERE)
    with started(*arguments, first_line=TOKEN) as process:
        ready_url(process)
        assert process.stdin is not None
        process.stdin.close()

        assert process.wait(SECONDS) == 0
        process.stdin = None


PARENT = f"""
import subprocess, sys
child = subprocess.Popen(
    [sys.executable, "-m", "common.server", "--embedded", *sys.argv[1:]],
    stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
)
child.stdin.write("{TOKEN}\\n")
child.stdin.flush()
print(child.pid, child.stdout.readline(), flush=True)
child.wait()
"""


def test_an_embedded_node_dies_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, "--data-dir", str(tmp_path), *HERE],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert parent.stdout is not None
        node, _, line = parent.stdout.readline().partition(" ")
        assert line.startswith("ready https://")
        assert is_running(int(node))

        os.kill(parent.pid, signal.SIGKILL)

        wait_until(lambda: not is_running(int(node)), SECONDS, "the node's end")
    finally:
        parent.kill()
        parent.communicate()


# What it tells.


def test_the_log_tells_the_story_and_no_secrets(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> tuple[str, str]:
        async with (
            running_node(tmp_path, "--allow-guests") as node,
            controller(node) as technician,
            target(node) as computer,
        ):
            claim = await join(technician, computer)
            register = node.node._rendezvous._register  # type: ignore[union-attr]
            (code,) = register.codes.values()
            await technician.send(broker.LeaveSession(claim))
            await technician.expect(broker.Released)
            return code.routing, code.owner_token

    caplog.set_level("DEBUG")
    routing, owner_token = run(main())
    records = [record for record in caplog.records if record.name.startswith("common.")]
    told = "\n".join(
        f"{record.getMessage()} {getattr(record, 'farhand_fields', '')}" for record in records
    )
    for event in ("serving", "let in", "code issued", "claim queued", "offer made", "released"):
        assert event in told
    assert not re.search(rf"\b{routing}\b", told)
    assert owner_token not in told
