"""The network thread over a real loop and a real Qt event loop."""

import asyncio
import logging
import threading
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QCoreApplication, QObject, QThread, Slot
from pytestqt.qtbot import QtBot

from common.qt.network_thread import NetworkThread


class Recorder(QObject):
    """Keeps what arrives and on which thread."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[object] = []
        self.threads: set[QThread] = set()

    @Slot(object)
    def take(self, event: object) -> None:
        self.events.append(event)
        self.threads.add(QThread.currentThread())


@pytest.fixture
def network(qtbot: QtBot) -> Iterator[NetworkThread]:
    thread = NetworkThread(asyncio.new_event_loop)
    yield thread
    thread.stop()
    qtbot.waitUntil(lambda: thread.join(0.0), timeout=6000)


async def wait_for_ever() -> None:
    await asyncio.Event().wait()


def test_events_arrive_in_order_on_the_qt_thread(network: NetworkThread, qtbot: QtBot) -> None:
    recorder = Recorder()
    network.event_arrived.connect(recorder.take)

    async def main() -> None:
        for number in range(100):
            network.publish(number)

    network.start(main)
    qtbot.waitUntil(lambda: len(recorder.events) == 100)

    assert recorder.events == list(range(100))
    application = QCoreApplication.instance()
    assert application is not None
    assert recorder.threads == {application.thread()}


def test_even_a_plain_function_is_called_on_the_qt_thread(
    network: NetworkThread, qtbot: QtBot
) -> None:
    threads: list[int] = []
    network.event_arrived.connect(lambda event: threads.append(threading.get_ident()))

    async def main() -> None:
        network.publish("event")

    network.start(main)
    qtbot.waitUntil(lambda: len(threads) == 1)

    assert threads == [threading.get_ident()]


def test_calls_run_on_the_network_thread_in_order(network: NetworkThread, qtbot: QtBot) -> None:
    calls: list[tuple[int, int]] = []
    for number in range(10):  # before the start too: they wait for the loop
        network.call(lambda n=number: calls.append((n, threading.get_ident())))
    network.start(wait_for_ever)
    qtbot.waitUntil(lambda: len(calls) == 10)

    assert [number for number, _ in calls] == list(range(10))
    threads = {thread for _, thread in calls}
    assert len(threads) == 1
    assert threading.get_ident() not in threads


def test_stop_asks_first_and_lets_the_coroutine_say_goodbye(
    network: NetworkThread, qtbot: QtBot
) -> None:
    said: list[str] = []
    asked = asyncio.Event()

    async def main() -> None:
        await asked.wait()
        said.append("goodbye")

    network.start(main)
    with qtbot.waitSignal(network.stopped):
        network.stop(asked.set)

    assert said == ["goodbye"]
    assert network.join()


def test_stop_cancels_a_coroutine_that_does_not_return(
    network: NetworkThread, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("common.qt.network_thread.ASK_SECONDS", 0.05)
    cleaned: list[bool] = []

    async def main() -> None:
        try:
            await wait_for_ever()
        finally:
            cleaned.append(True)

    network.start(main)
    with qtbot.waitSignal(network.stopped):
        network.stop(lambda: None)

    assert cleaned == [True]


def test_stop_gives_up_a_loop_that_hangs(
    network: NetworkThread,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr("common.qt.network_thread.ASK_SECONDS", 0.05)
    monkeypatch.setattr("common.qt.network_thread.CANCEL_SECONDS", 0.05)
    released = threading.Event()
    hangs = threading.Event()

    def hang() -> None:
        hangs.set()
        released.wait(10)

    network.start(wait_for_ever)
    network.call(hang)
    assert hangs.wait(5)
    with qtbot.waitSignal(network.stopped):
        network.stop(lambda: None)

    assert "left behind" in caplog.text
    released.set()
    assert network.join()


def test_stop_before_start_is_over_at_once(qtbot: QtBot) -> None:
    network = NetworkThread(asyncio.new_event_loop)
    with qtbot.waitSignal(network.stopped):
        network.stop()
    network.call(lambda: None)
    assert network.join()


def test_an_exception_in_the_coroutine_is_logged_and_ends_the_program(
    network: NetworkThread, qtbot: QtBot, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        raise ZeroDivisionError("a bug")

    with caplog.at_level(logging.ERROR):
        network.start(main)
        status = QCoreApplication.exec()

    assert status == 1
    assert "ZeroDivisionError" in caplog.text


def test_an_exception_in_a_call_is_logged_and_ends_the_program(
    network: NetworkThread, qtbot: QtBot, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise ZeroDivisionError("a bug")

    network.start(wait_for_ever)
    network.call(fail)
    status = QCoreApplication.exec()

    assert status == 1
    assert "ZeroDivisionError" in caplog.text


def test_a_call_after_the_end_does_nothing(network: NetworkThread, qtbot: QtBot) -> None:
    network.start(wait_for_ever)
    with qtbot.waitSignal(network.stopped):
        network.stop()
    network.call(lambda: pytest.fail("called after the end"))
