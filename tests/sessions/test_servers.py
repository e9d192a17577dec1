"""A code is taken to the server that has it: set by hand, or found near by."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from common.protocol import session_events as events
from common.protocol.policies import NEUTRAL_POLICIES
from common.reasons import EndReason, PairingProblem
from common.transport.address_changes import Networks
from common.transport.connection_events import BrokerConnected
from common.transport.server_address import parse_server_url
from common.transport.service_records import FoundServer
from common.transport.trust_level import TrustLevel
from tests.sessions.programs import Programs, SharedComputer, running_programs, with_wrong_secret
from tests.transport.running import run


class NearBy:
    """Stands where discovery is: these servers are near by."""

    def __init__(self, *programs: Programs) -> None:
        self.networks: Networks = ()
        self.servers = tuple(_found(one.server_url) for one in programs)
        self.questions = 0

    def ask_again(self) -> None:
        self.questions += 1

    async def run(self, on_change: Callable[[], None]) -> None:
        on_change()
        await asyncio.Event().wait()


def _found(url: str) -> FoundServer:
    address = parse_server_url(url)
    assert address.fingerprint is not None
    return FoundServer(address.fingerprint, (address,), "Example IT", "desk-7")


def stranger(programs: Programs, near_by: NearBy) -> SharedComputer:
    """Start a target that nobody has set up."""
    target = SharedComputer(programs.folder / "stranger", "", NEUTRAL_POLICIES, near_by)
    programs.targets.append(target)
    programs.tasks.create_task(target.runner.run())
    return target


async def answer_and_end(programs: Programs, target: SharedComputer) -> events.AcceptanceAsked:
    """Accept what is asked, see the session start, and end it."""
    asked = await target.story.next(events.AcceptanceAsked)
    target.runner.answer(True)
    await target.story.next(events.SessionStarted)
    await programs.story.next(events.SessionStarted)
    return asked


def test_a_code_is_tried_at_the_next_server_where_the_first_does_not_know_it(
    tmp_path: Path,
) -> None:
    async def story() -> None:
        async with (
            running_programs(_folder(tmp_path, "one")) as one,
            running_programs(_folder(tmp_path, "other")) as other,
        ):
            target = await one.add_target()
            urls = [one.server_url, other.server_url]
            target.runner.use_servers([parse_server_url(url) for url in urls])
            target.runner.enter_code(await other.open_code())
            asked = await answer_and_end(other, target)
            assert asked.is_verified
            assert target.story.all(events.PairingEnded) == []

    run(story())


def test_a_code_that_no_server_has_is_unknown_once(tmp_path: Path) -> None:
    async def story() -> None:
        async with (
            running_programs(_folder(tmp_path, "one")) as one,
            running_programs(_folder(tmp_path, "other")) as other,
        ):
            target = await one.add_target()
            urls = [one.server_url, other.server_url]
            target.runner.use_servers([parse_server_url(url) for url in urls])
            code = await one.open_code()
            one.controller.end_session(EndReason.CANCELLED)
            await one.story.next(events.SessionEnded)
            assert await target.fail_with(code) is PairingProblem.CANCELLED
            assert len(target.story.all(events.PairingEnded)) == 1

    run(story())


def test_the_word_of_a_server_that_knows_the_number_is_final_for_one_press_of_enter(
    tmp_path: Path,
) -> None:
    async def story() -> None:
        async with (
            running_programs(_folder(tmp_path, "one")) as one,
            running_programs(_folder(tmp_path, "other")) as other,
        ):
            near_by = NearBy(one, other)
            target = stranger(one, near_by)
            await target.story.next(BrokerConnected)
            code = await one.open_code()
            assert await target.fail_with(with_wrong_secret(code)) is PairingProblem.WRONG_SECRET
            assert addresses_of(target) == [address_of(one)]
            # The next press asks the other one first, and then the one that has the code.
            target.runner.enter_code(code)
            asked = await answer_and_end(one, target)
            assert not asked.is_verified
            assert addresses_of(target)[:3] == [
                address_of(one),
                address_of(other),
                address_of(one),
            ]

    run(story())


def test_a_session_that_the_user_accepts_confirms_a_server_that_was_only_found(
    tmp_path: Path,
) -> None:
    async def story() -> None:
        async with running_programs(tmp_path) as programs:
            target = stranger(programs, NearBy(programs))
            connected = await target.story.next(BrokerConnected)
            assert connected.trust is TrustLevel.PROVISIONAL
            target.runner.enter_code(await programs.open_code())
            asked = await target.story.next(events.AcceptanceAsked)
            assert not asked.is_verified  # the node says so, but nobody vouches for the node
            (known,) = target.known_servers.all()
            assert known.identity.trust is TrustLevel.PROVISIONAL
            await answer_and_end(programs, target)
            (known,) = target.known_servers.all()
            assert known.identity.trust is TrustLevel.CONFIRMED
            assert target.story.all(BrokerConnected)[-1].trust is TrustLevel.CONFIRMED

    run(story())


def test_the_network_is_asked_once_more_before_a_code_is_unknown(tmp_path: Path) -> None:
    async def story() -> None:
        async with running_programs(tmp_path) as programs:
            near_by = NearBy(programs)
            target = stranger(programs, near_by)
            await target.story.next(BrokerConnected)
            code = await programs.open_code()
            other = type(code)(f"{(int(code.routing) + 1) % 10000:04}", code.secret)
            assert await target.fail_with(other) is PairingProblem.UNKNOWN
            assert near_by.questions == 1

    run(story())


def addresses_of(target: SharedComputer) -> list[str]:
    return [event.address for event in target.story.all(BrokerConnected)]


def address_of(programs: Programs) -> str:
    return str(parse_server_url(programs.server_url))


def _folder(parent: Path, name: str) -> Path:
    folder = parent / name
    folder.mkdir()
    return folder
