"""The relay over real TLS sockets: order, back-pressure, what it holds, who is cut."""

import asyncio
import secrets
from pathlib import Path

import pytest

from common.protocol import broker_messages as broker
from common.protocol.broker_messages import MAXIMUM_BINARY_BYTES
from common.server.connection import HELD_BYTES_PER_DIRECTION
from tests.server.node_driver import App, RunningNode, controller, join, run, running_node, target

FRAME_BYTES = 64 * 1024
BYTES_BELOW_TLS = 64 * 1024
"""asyncio's own bound of a TCP transport, which its TLS transport does not count."""


def held_by(node: RunningNode) -> int:
    assert node.node is not None
    return node.node.most_held_bytes()


async def push_until_blocked(sender: App, node: RunningNode) -> int:
    """Send numbered frames until the node takes no more; check what it holds all the while."""
    count = 0
    while True:
        frame = count.to_bytes(4, "big") + bytes(FRAME_BYTES - 4)
        try:
            async with asyncio.timeout(0.5):
                await sender.send_frame(frame)
        except TimeoutError:
            return count + 1  # it is in the socket's own buffer, and not lost
        count += 1
        assert held_by(node) + BYTES_BELOW_TLS <= HELD_BYTES_PER_DIRECTION
        assert count < 4000, "the sender is never stopped"


@pytest.mark.parametrize("is_to_target", [True, False])
def test_a_stopped_reader_stops_the_sender_and_loses_nothing(
    tmp_path: Path, is_to_target: bool
) -> None:
    async def main() -> None:
        async with (
            running_node(tmp_path, "--allow-guests", "--limit", "stalled_seconds=60") as node,
            controller(node) as technician,
            target(node) as computer,
        ):
            await join(technician, computer)
            sender, reader = (technician, computer) if is_to_target else (computer, technician)
            count = await push_until_blocked(sender, node)
            assert held_by(node) > HELD_BYTES_PER_DIRECTION / 4

            for number in range(count):
                frame = await reader.expect_frame()
                assert int.from_bytes(frame[:4], "big") == number
                assert len(frame) == FRAME_BYTES

            await reader.send_frame(b"and back")
            assert await sender.expect_frame() == b"and back"

    run(main())


def test_a_reader_that_takes_nothing_is_cut_and_the_sender_told(tmp_path: Path) -> None:
    async def main() -> None:
        async with (
            running_node(tmp_path, "--allow-guests", "--limit", "stalled_seconds=1") as node,
            controller(node) as technician,
            target(node) as computer,
            controller(node) as bystander,
        ):
            claim = await join(technician, computer)
            await push_until_blocked(computer, node)

            assert await computer.expect(broker.Released) == broker.Released(claim, True)

            await bystander.send(broker.CancelCode("1234", "0" * 32))
            await bystander.expect(broker.CodeEnded)

    run(main())


def test_a_frozen_reader_does_not_hold_up_other_sessions(tmp_path: Path) -> None:
    async def main() -> None:
        async with (
            running_node(tmp_path, "--allow-guests", "--limit", "stalled_seconds=60") as node,
            controller(node) as frozen,
            target(node) as pushing,
            controller(node) as technician,
        ):
            await join(frozen, pushing)
            await push_until_blocked(pushing, node)
            async with target(node) as computer:
                await join(technician, computer)
                for number in range(200):
                    await computer.send_frame(bytes([number]))
                    assert await technician.expect_frame() == bytes([number])

    run(main())


def test_frames_of_every_length_pass_unchanged(tmp_path: Path) -> None:
    async def main() -> None:
        async with (
            running_node(tmp_path, "--allow-guests") as node,
            controller(node) as technician,
            target(node) as computer,
        ):
            await join(technician, computer)
            for length in (
                0,
                1,
                125,
                126,
                127,
                16_384,
                16_385,
                65_535,
                65_536,
                MAXIMUM_BINARY_BYTES,
            ):
                frame = secrets.token_bytes(length)
                await computer.send_frame(frame)
                assert await technician.expect_frame() == frame

    run(main())


def test_a_frame_before_the_offer_closes_the_connection(tmp_path: Path) -> None:
    async def main() -> None:
        async with running_node(tmp_path, "--allow-guests") as node, controller(node) as app:
            await app.send_frame(b"early")
            assert await app.expect_close() == 1002

    run(main())
