"""Tries that run against each other, each with a head start."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import pytest

from common.errors import ConnectionLost
from common.reasons import ConnectionProblem
from common.transport.tasks import HEAD_START_SECONDS, first_of
from tests.transport.running import run


def fails(problem: ConnectionProblem) -> Callable[[], Awaitable[str]]:
    async def attempt() -> str:
        raise ConnectionLost(problem)

    return attempt


def succeeds(name: str) -> Callable[[], Awaitable[str]]:
    async def attempt() -> str:
        return name

    return attempt


async def hangs() -> str:
    await asyncio.Event().wait()
    return "never"


def test_the_first_try_that_succeeds_counts_and_later_ones_do_not_run() -> None:
    assert run(first_of([succeeds("a"), hangs])) == "a"


def test_a_try_that_fails_gives_way_at_once_and_one_that_hangs_after_the_head_start() -> None:
    began = time.monotonic()
    assert run(first_of([fails(ConnectionProblem.REFUSED), succeeds("b")])) == "b"
    assert time.monotonic() - began < HEAD_START_SECONDS
    assert run(first_of([hangs, succeeds("c")])) == "c"
    assert time.monotonic() - began >= HEAD_START_SECONDS


def test_when_all_fail_the_last_problem_is_told() -> None:
    tries = [fails(ConnectionProblem.REFUSED), fails(ConnectionProblem.NOT_A_NODE)]
    with pytest.raises(ConnectionLost) as caught:
        run(first_of(tries))
    assert caught.value.problem is ConnectionProblem.NOT_A_NODE


def test_cancelling_leaves_no_try_behind() -> None:
    async def story() -> None:
        task = asyncio.create_task(first_of([hangs, hangs]))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()
        assert len(asyncio.all_tasks()) == 1

    run(story())
