"""That the watch over leftovers sees them: without this, a green run would prove nothing."""

import asyncio
import subprocess
import threading
from collections.abc import Callable, Coroutine

import pytest
from PySide6.QtWidgets import QApplication, QWidget

from tests.support import leftovers


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leftovers, "ENDING_SECONDS", 0.05)


def test_running_thread_is_named() -> None:
    before = leftovers.take_stock()
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait, name="straggler")
    thread.start()
    try:
        assert leftovers.left_over(before) == ["thread straggler"]
    finally:
        stop.set()
        thread.join()
    assert leftovers.left_over(before) == []


def test_child_process_is_named() -> None:
    before = leftovers.take_stock()
    with subprocess.Popen(["sleep", "600"]) as child:
        assert leftovers.left_over(before) == [f"process {child.pid} sleep 600"]
        child.kill()
    assert leftovers.left_over(before) == []


def test_shown_window_is_named(qapp: QApplication) -> None:
    before = leftovers.take_stock()
    window = QWidget()
    window.setWindowTitle("Open")
    window.show()
    (left,) = leftovers.left_over(before)
    window.close()

    assert left.startswith("window 'Open' ")
    assert leftovers.left_over(before) == []


async def _forgets_a_task() -> None:
    asyncio.get_running_loop().create_task(asyncio.sleep(600))


async def _upsets_the_loop() -> None:
    asyncio.get_running_loop().call_soon(lambda: 1 / 0)
    await asyncio.sleep(0)
    await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("culprit", "complaint"),
    [
        (_forgets_a_task, "task <coroutine object sleep"),
        (_upsets_the_loop, "asyncio: Exception in"),
    ],
)
def test_loop_complaints_are_collected(
    culprit: Callable[[], Coroutine[None, None, None]],
    complaint: str,
    nothing_left_behind: leftovers.LoopComplaints,
) -> None:
    asyncio.run(culprit())

    assert len(nothing_left_behind.found) == 1
    assert nothing_left_behind.found.pop().startswith(complaint)
