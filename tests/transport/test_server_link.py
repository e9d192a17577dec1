"""Which of several servers a connection is made to, and what is believed of a new address."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web

from common.reasons import ConnectionProblem
from common.transport.candidates import Candidate, set_by_hand
from common.transport.connection_events import BrokerLost, ConnectionEvent
from common.transport.known_servers import MAXIMUM_PROVISIONAL, KnownServers
from common.transport.server_address import ServerAddress
from common.transport.server_link import ServerLink
from common.transport.trust import ServerIdentity, TrustLevel, first_contact, identity_from_root
from tests.transport.certificates import Authority, make_root
from tests.transport.lines import Recorder
from tests.transport.local_node import LocalNode, welcome
from tests.transport.running import run, until

ROOT, OTHER_ROOT = make_root(), make_root()


@dataclass
class MeetingRecorder(Recorder):
    """A handler that also keeps which servers it was told of."""

    met: list[ServerIdentity] = field(default_factory=list)

    def server_met(self, identity: ServerIdentity) -> None:
        self.met.append(identity)


class Stage:
    """A link with its list of servers, and what it tells."""

    def __init__(self, folder: Path) -> None:
        self.known_servers = KnownServers(folder)
        self.handler = MeetingRecorder()
        self.told: list[ConnectionEvent] = []
        self.failures: list[ConnectionProblem] = []
        self.candidates: Sequence[Candidate] = ()
        self.link = ServerLink(self.known_servers, self.handler, self.told.append)

    @contextlib.asynccontextmanager
    async def running(self, *candidates: Candidate) -> AsyncIterator["Stage"]:
        self.candidates = candidates
        task = asyncio.create_task(self.link.run(lambda: self.candidates, self.failures.append))
        try:
            yield self
        finally:
            task.cancel()
            await asyncio.wait([task])

    async def welcomed(self, times: int = 1) -> ServerIdentity:
        await until(lambda: len(self.handler.welcomes) >= times, "a welcome")
        return self.handler.met[-1]


@contextlib.asynccontextmanager
async def serving(folder: Path, root: Authority = ROOT, port: int = 0) -> AsyncIterator[LocalNode]:
    async def conversation(socket: web.WebSocketResponse) -> None:
        await welcome(socket)
        await socket.receive()

    node = LocalNode(root, root, conversation, port=port)
    async with node.serving(folder):
        yield node


def found(*places: ServerAddress) -> Candidate:
    return Candidate(places, TrustLevel.PROVISIONAL, is_announced=True)


def nowhere(fingerprint: bytes) -> ServerAddress:
    return ServerAddress("127.0.0.1", 9, fingerprint)


def test_a_server_that_was_only_found_is_kept_as_provisional(tmp_path: Path) -> None:
    async def story() -> None:
        async with serving(tmp_path) as node:
            stage = Stage(tmp_path)
            async with stage.running(found(node.address(ROOT.fingerprint))):
                assert (await stage.welcomed()).trust is TrustLevel.PROVISIONAL
            (known,) = KnownServers(tmp_path).all()
            assert known.identity.trust is TrustLevel.PROVISIONAL

    run(story())


def test_when_the_first_broker_is_down_the_next_one_serves(tmp_path: Path) -> None:
    async def story() -> None:
        async with serving(tmp_path) as node:
            stage = Stage(tmp_path)
            addresses = [nowhere(OTHER_ROOT.fingerprint), node.address(ROOT.fingerprint)]
            async with stage.running(*set_by_hand(addresses)):
                assert (await stage.welcomed()).port == node.port
                assert stage.link.connected_to == ROOT.fingerprint
                assert stage.link.is_out_of_reach(stage.candidates[0])
                assert not stage.link.is_out_of_reach(stage.candidates[1])
            lost = [event for event in stage.told if isinstance(event, BrokerLost)]
            assert [event.problem for event in lost] == [ConnectionProblem.REFUSED]

    run(story())


def test_when_a_broker_goes_down_the_other_one_takes_over(tmp_path: Path) -> None:
    async def story() -> None:
        stage = Stage(tmp_path)
        async with serving(tmp_path, OTHER_ROOT) as second:
            async with contextlib.AsyncExitStack() as first_runs:
                first = await first_runs.enter_async_context(serving(tmp_path))
                addresses = [
                    first.address(ROOT.fingerprint),
                    second.address(OTHER_ROOT.fingerprint),
                ]
                running = stage.running(*set_by_hand(addresses))
                await running.__aenter__()
                assert (await stage.welcomed()).port == first.port
            assert (await stage.welcomed(2)).port == second.port
            await running.__aexit__(None, None, None)

    run(story())


def test_a_known_server_is_followed_to_an_address_where_it_proves_itself(tmp_path: Path) -> None:
    async def story() -> None:
        stage = Stage(tmp_path)
        async with serving(tmp_path) as node, serving(tmp_path, OTHER_ROOT) as rogue:
            contact = await first_contact(node.address(ROOT.fingerprint), TrustLevel.CONFIRMED)
            earlier = identity_from_root(
                nowhere(ROOT.fingerprint), contact.root_certificate_der, True, TrustLevel.CONFIRMED
            )
            stage.known_servers.remember(earlier)
            told = found(
                rogue.address(ROOT.fingerprint),  # somebody says that it is there
                nowhere(ROOT.fingerprint),
                node.address(ROOT.fingerprint),
            )
            async with stage.running(told):
                met = await stage.welcomed()
            assert (met.port, met.trust) == (node.port, TrustLevel.CONFIRMED)
            (known,) = stage.known_servers.all()
            assert known.identity == met
            assert rogue.root_requests == 0  # its TLS was not the root's, so nothing was asked

    run(story())


def test_a_known_server_that_is_nowhere_keeps_the_address_it_had(tmp_path: Path) -> None:
    async def story() -> None:
        stage = Stage(tmp_path)
        async with serving(tmp_path) as node, serving(tmp_path, OTHER_ROOT) as rogue:
            contact = await first_contact(node.address(ROOT.fingerprint), TrustLevel.PINNED)
            stage.known_servers.remember(contact)
        async with serving(tmp_path, OTHER_ROOT, rogue.port):
            told = found(rogue.address(ROOT.fingerprint), node.address(ROOT.fingerprint))
            async with stage.running(told):
                await until(lambda: stage.failures, "a round in vain")
            assert stage.handler.met == []
            (known,) = stage.known_servers.all()
            assert known.identity == contact

    run(story())


def test_without_candidates_nothing_happens_until_there_are_some(tmp_path: Path) -> None:
    async def story() -> None:
        stage = Stage(tmp_path)
        async with serving(tmp_path) as node, stage.running():
            await asyncio.sleep(0)
            assert (stage.told, stage.failures) == ([], [])
            stage.candidates = [found(node.address(ROOT.fingerprint))]
            stage.link.look_again()
            await stage.welcomed()

    run(story())


def test_who_announces_ever_new_servers_fills_no_list(tmp_path: Path) -> None:
    servers = KnownServers(tmp_path)
    pinned = identity_from_root(ServerAddress("a", 1), ROOT.der, True, TrustLevel.PINNED)
    servers.remember(pinned)
    for number in range(MAXIMUM_PROVISIONAL + 3):
        place = ServerAddress("10.0.0.1", 1 + number)
        servers.remember(identity_from_root(place, make_root().der, True, TrustLevel.PROVISIONAL))
    kept = [known.identity for known in KnownServers(tmp_path).all()]
    assert kept[0] == pinned
    assert [one.port for one in kept[1:]] == list(range(4, MAXIMUM_PROVISIONAL + 4))
