"""Runs a coroutine of a test, and waits for what it expects, both with a bound."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from common.transport.event_loop import new_event_loop

Result = TypeVar("Result")
LoopFactory = Callable[[], asyncio.AbstractEventLoop]

TEST_TIMEOUT_SECONDS = 30.0


def run(
    coroutine: Coroutine[Any, Any, Result], loop_factory: LoopFactory = new_event_loop
) -> Result:
    """Run it on a loop of its own, as the network thread does."""

    async def bounded() -> Result:
        async with asyncio.timeout(TEST_TIMEOUT_SECONDS):
            return await coroutine

    with asyncio.Runner(loop_factory=loop_factory) as runner:
        return runner.run(bounded())


async def until(condition: Callable[[], object], what: str, timeout_seconds: float = 10.0) -> None:
    """Let the loop run until `condition` holds."""
    try:
        async with asyncio.timeout(timeout_seconds):
            while not condition():  # noqa: ASYNC110  any condition, without a hook for it
                await asyncio.sleep(0.002)
    except TimeoutError:
        raise AssertionError(f"waited {timeout_seconds:g} s in vain for {what}") from None
