"""Running coroutines against each other, with an owner for every task."""

import asyncio
from collections.abc import Coroutine


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
