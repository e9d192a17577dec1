"""The wake pipe: a wake is never lost, never doubled, and harmless after the end."""

import os
import threading
import time

from target_app.capture.wake_pipe import WakePipe

WAIT_SECONDS = 10.0


def sleep_seconds(pipe: WakePipe, timeout_seconds: float) -> float:
    started_at = time.monotonic()
    pipe.sleep((), timeout_seconds)
    return time.monotonic() - started_at


def test_a_wake_before_the_sleep_ends_it_at_once() -> None:
    pipe = WakePipe()
    pipe.wake()
    pipe.wake()

    assert sleep_seconds(pipe, WAIT_SECONDS) < WAIT_SECONDS

    assert sleep_seconds(pipe, 0.01) >= 0.01  # both wakes were one
    pipe.close()


def test_a_wake_from_another_thread_ends_the_sleep() -> None:
    pipe = WakePipe()
    waker = threading.Timer(0.01, pipe.wake)
    waker.start()

    assert sleep_seconds(pipe, WAIT_SECONDS) < WAIT_SECONDS

    waker.join()
    pipe.close()


def test_a_descriptor_that_becomes_readable_ends_the_sleep() -> None:
    pipe = WakePipe()
    reading, writing = os.pipe()
    os.write(writing, b"!")

    pipe.sleep((reading,), WAIT_SECONDS)

    os.close(reading)
    os.close(writing)
    pipe.close()


def test_waking_and_closing_after_the_end_do_nothing() -> None:
    pipe = WakePipe()
    pipe.close()

    pipe.wake()
    pipe.close()
