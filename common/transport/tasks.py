"""Running coroutines against each other, with an owner for every task."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Final, TypeVar

from common.errors import ConnectionLost

HEAD_START_SECONDS: Final = 0.3
"""How long an earlier try runs alone; RFC 8305 recommends 0.25 s."""

Result = TypeVar("Result")


async def until_one_ends(*coroutines: Coroutine[None, None, object]) -> None:
    """Run coroutines side by side until the first of them ends; cancel the others and wait
    for them. Raises what one of them raised."""
    tasks = [asyncio.ensure_future(coroutine) for coroutine in coroutines]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, BaseException) and not isinstance(outcome, asyncio.CancelledError):
            raise outcome


async def first_of(tries: Sequence[Callable[[], Awaitable[Result]]]) -> Result:
    """Run tries, each with a head start before the next, until one succeeds; cancel the
    others and wait for them. At least one try. Raises the last ConnectionLost if all fail."""
    waiting = list(tries)
    running: set[asyncio.Future[Result]] = set()
    problem: ConnectionLost | None = None
    try:
        while waiting or running:
            if waiting:
                running.add(asyncio.ensure_future(waiting.pop(0)()))
            patience = HEAD_START_SECONDS if waiting else None
            done, running = await asyncio.wait(
                running, timeout=patience, return_when=asyncio.FIRST_COMPLETED
            )
            for finished in done:
                try:
                    return finished.result()
                except ConnectionLost as lost:
                    problem = lost
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
    raise problem or RuntimeError("nothing to try")
