"""The watchdog: what a killed target held is let go of, and it leaves with the target."""

import contextlib
import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from target_app.injection.contract import HoldKind
from target_app.injection.watchdog import X11_MODULE, Watchdog
from target_app.injection.watchdog_process import HOLD, LET_GO, RECORD, read_what_is_left
from target_app.injection.x11_connection import X11Connection
from tests.support.displays import VirtualDisplay
from tests.support.waiting import wait_until
from tests.target.injection.stage import ANSWER_SECONDS, buttons_down, keys_down

RELEASE_SECONDS = 1.0
WATCHDOG_MEBIBYTES = 16
KEY, BUTTON = HoldKind.KEY.value, HoldKind.BUTTON.value


def is_running(process_id: int) -> bool:
    """Whether a process is there and has not ended, waited for or not."""
    with contextlib.suppress(OSError):
        stat = Path(f"/proc/{process_id}/stat").read_text(encoding="ascii", errors="replace")
        return stat.rpartition(")")[2].split()[0] != "Z"
    return False


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_all_that_a_killed_target_held_is_up_within_a_second(
    display: VirtualDisplay, how: signal.Signals
) -> None:
    connection = X11Connection(display.name)
    free = connection.keymap().free_keycodes()
    target = subprocess.Popen(
        [sys.executable, "-m", "tests.target.injection.held_and_killed"],
        env=display.environment,
        stdout=subprocess.PIPE,
    )
    try:
        assert target.stdout is not None
        watchdog = int(target.stdout.readline())
        assert len(keys_down(connection.display)) >= 3
        assert buttons_down(connection.display) != 0

        target.send_signal(how)
        killed_at = time.monotonic()
        wait_until(
            lambda: not keys_down(connection.display) and not buttons_down(connection.display),
            RELEASE_SECONDS,
            "all keys and buttons to be up",
        )

        assert time.monotonic() - killed_at < RELEASE_SECONDS
        wait_until(lambda: not is_running(watchdog), ANSWER_SECONDS, "the watchdog to leave")
        connection.keyboard_state()
        assert connection.keymap().free_keycodes() == free
        assert target.stdout.read() == b""  # the watchdog holds no other pipe of the target
    finally:
        target.kill()
        target.wait()
        if target.stdout is not None:
            target.stdout.close()
        connection.close()


def test_a_signal_to_all_does_not_end_the_watchdog_before_the_target() -> None:
    watchdog = Watchdog(X11_MODULE, ":0")
    try:
        wait_until(lambda: _ignores_signals(watchdog.process_id), ANSWER_SECONDS, "the watchdog")
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            os.kill(watchdog.process_id, number)
        assert is_running(watchdog.process_id)
    finally:
        watchdog.close()


def _ignores_signals(process_id: int) -> bool:
    """Read the mask of ignored signals (proc_pid_status(5): SigIgn)."""
    status = Path(f"/proc/{process_id}/status").read_text(encoding="ascii")
    mask = int(status.partition("SigIgn:")[2].split()[0], 16)
    return all(mask >> (number - 1) & 1 for number in (signal.SIGTERM, signal.SIGHUP))


def test_the_watchdog_stays_small_while_it_waits() -> None:
    watchdog = Watchdog(X11_MODULE, ":0")
    try:
        wait_until(lambda: _ignores_signals(watchdog.process_id), ANSWER_SECONDS, "the watchdog")
        status = Path(f"/proc/{watchdog.process_id}/status").read_text(encoding="ascii")
        resident_kibibytes = int(status.partition("VmRSS:")[2].split()[0])
        assert resident_kibibytes < WATCHDOG_MEBIBYTES * 1024
    finally:
        watchdog.close()


def test_closing_ends_the_process() -> None:
    watchdog = Watchdog(X11_MODULE, ":0")
    process_id = watchdog.process_id
    watchdog.hold(HoldKind.KEY, 38)
    watchdog.let_go(HoldKind.KEY, 38)

    watchdog.close()

    assert not is_running(process_id)


def test_a_watchdog_that_was_killed_is_replaced_and_told_all(display: VirtualDisplay) -> None:
    connection = X11Connection(display.name)
    watchdog = Watchdog(X11_MODULE, display.name)
    try:
        connection.display.xtest_fake_input(2, 38)
        connection.synchronise()
        watchdog.hold(HoldKind.KEY, 38)
        first = watchdog.process_id
        os.kill(first, signal.SIGKILL)
        wait_until(lambda: not is_running(first), ANSWER_SECONDS, "the watchdog to die")

        watchdog.hold(HoldKind.BUTTON, 1)

        assert watchdog.process_id != first
        assert keys_down(connection.display) == {38}
        watchdog.close()  # 38 is still on record
        assert keys_down(connection.display) == set()
    finally:
        connection.close()


def test_telling_a_watchdog_that_does_not_read_never_waits() -> None:
    watchdog = Watchdog(X11_MODULE, ":0")
    os.kill(watchdog.process_id, signal.SIGSTOP)
    try:
        started_at = time.monotonic()
        for _ in range(40_000):  # far more than a pipe holds
            watchdog.hold(HoldKind.KEY, 38)
            watchdog.let_go(HoldKind.KEY, 38)
        assert time.monotonic() - started_at < ANSWER_SECONDS
    finally:
        os.kill(watchdog.process_id, signal.SIGCONT)
        watchdog.close()


def test_what_is_left_is_what_was_held_and_not_let_go() -> None:
    records = [
        *((HOLD, KEY, 38), (HOLD, BUTTON, 1), (LET_GO, KEY, 38), (HOLD, KEY, 50)),
        *((LET_GO, KEY, 99), (HOLD, KEY, 38)),
    ]
    pipe = io.BytesIO(b"".join(RECORD.pack(*record) for record in records))

    assert read_what_is_left(pipe) == [(BUTTON, 1), (KEY, 50), (KEY, 38)]


def test_half_a_record_at_the_end_is_no_record() -> None:
    pipe = io.BytesIO(RECORD.pack(HOLD, KEY, 38) + RECORD.pack(HOLD, KEY, 50)[:3])

    assert read_what_is_left(pipe) == [(KEY, 38)]
