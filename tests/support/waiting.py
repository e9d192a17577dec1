"""Waiting for what a test expects, with a bound, instead of sleeping and hoping."""

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")

POLL_INTERVAL_SECONDS = 0.02


def wait_until(condition: Callable[[], Found | None], timeout_seconds: float, what: str) -> Found:
    """Ask `condition` until its answer is true, and return that answer.

    Raises AssertionError that names `what` was waited for when the time is over. The
    condition is asked at least once, and once more at the very end, so that a machine under
    load loses no answer that came in time.
    """
    give_up_at = time.monotonic() + timeout_seconds
    while True:
        is_last_try = time.monotonic() >= give_up_at
        answer = condition()
        if answer:
            return answer
        if is_last_try:
            raise AssertionError(f"waited {timeout_seconds:g} s in vain for {what}")
        time.sleep(POLL_INTERVAL_SECONDS)
