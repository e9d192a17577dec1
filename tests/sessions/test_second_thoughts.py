"""A target's user who cancels and types again faster than the node answers."""

import asyncio
from pathlib import Path

from common.protocol import session_events as events
from common.transport.connection_events import BrokerLost
from tests.sessions.programs import running_programs
from tests.transport.running import run


def test_a_code_that_is_cancelled_and_typed_again_at_once_leads_to_a_session(
    tmp_path: Path,
) -> None:
    async def story() -> None:
        async with running_programs(tmp_path) as programs:
            target = await programs.add_target()
            code = await programs.open_code()
            for turns in range(6):  # of the loop: before the claim has left, and after
                target.runner.enter_code(code)
                for _ in range(turns):
                    await asyncio.sleep(0)
                target.runner.cancel_attempt()
            target.runner.enter_code(code)
            await target.story.next(events.AcceptanceAsked)
            assert target.story.all(events.PairingEnded) == []
            assert target.story.all(BrokerLost) == []

    run(story())
