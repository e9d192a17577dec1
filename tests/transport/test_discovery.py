"""A node announced and heard of over real multicast, on this computer's own networks."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator

from common.transport.discovery import Announcement, Discovery
from common.transport.service_records import DiscoveredNode, FoundServer
from tests.transport.running import run, until


class Ear:
    """A discovery that runs, and what it hears of one fingerprint."""

    def __init__(self) -> None:
        self.discovery = Discovery(frozenset)
        self.changes = 0

    def changed(self) -> None:
        self.changes += 1

    def heard(self, node: DiscoveredNode) -> FoundServer | None:
        servers = self.discovery.servers
        return next((one for one in servers if one.fingerprint == node.fingerprint), None)

    def heard_as(self, node: DiscoveredNode, organisation: str) -> bool:
        server = self.heard(node)
        return server is not None and server.organisation == organisation


@contextlib.asynccontextmanager
async def listening() -> AsyncIterator[Ear]:
    ear = Ear()
    task = asyncio.create_task(ear.discovery.run(ear.changed))
    try:
        yield ear
    finally:
        task.cancel()
        await asyncio.wait([task])


@contextlib.asynccontextmanager
async def announced(node: DiscoveredNode) -> AsyncIterator[Announcement]:
    announcement = Announcement(node)
    task = asyncio.create_task(announcement.run())
    try:
        yield announcement
    finally:
        task.cancel()
        await asyncio.wait([task])


def new_node(computer_name: str = "desk-7") -> DiscoveredNode:
    return DiscoveredNode((), 47999, secrets.token_bytes(32), "Example IT", computer_name)


def test_a_node_is_heard_of_renamed_and_gone() -> None:
    async def story() -> None:
        node = new_node()
        async with listening() as ear:
            async with announced(node) as announcement:
                await until(lambda: ear.heard(node), "the node")
                server = ear.heard(node)
                assert server is not None
                assert (server.organisation, server.computer_name) == ("Example IT", "desk-7")
                own = {str(network.ip) for network in ear.discovery.networks}
                assert {place.host for place in server.places} <= own
                assert {place.port for place in server.places} == {47999}
                announcement.rename("Other IT")
                await until(lambda: ear.heard_as(node, "Other IT"), "the new name")
            await until(lambda: ear.heard(node) is None, "the goodbye")
            assert ear.changes >= 3

    run(story())


def test_two_nodes_of_one_name_are_two_and_a_late_listener_hears_both() -> None:
    async def story() -> None:
        one, other = new_node(), new_node()
        async with announced(one), announced(other), listening() as first:
            await until(lambda: first.heard(one) and first.heard(other), "both nodes")
            async with listening() as late:
                await until(lambda: late.heard(one) and late.heard(other), "both nodes, late")

    run(story())


def test_who_asks_again_still_hears() -> None:
    async def story() -> None:
        node = new_node()
        async with announced(node), listening() as ear:
            await until(lambda: ear.heard(node), "the node")
            ear.discovery.ask_again()
            changes = ear.changes
            await until(lambda: ear.changes > changes, "the question")
            assert ear.heard(node)

    run(story())
