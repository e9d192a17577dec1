"""When memory is given back: once, some seconds after the last thing that called for it."""

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from common.protocol.session_events import SessionEnded, TargetClaims
from common.qt import at_rest
from common.qt.at_rest import MemoryAtRest
from common.reasons import EndReason

ENDED = SessionEnded(EndReason.CONTROLLER_ENDED, by_other_side=False)


@pytest.fixture
def times_given_back(monkeypatch: pytest.MonkeyPatch) -> list[None]:
    """Grows by one each time that memory is given back."""
    times: list[None] = []
    monkeypatch.setattr(at_rest, "give_memory_back", lambda: times.append(None))
    monkeypatch.setattr(at_rest, "REST_MILLISECONDS", 50)
    return times


@pytest.fixture
def parent(qtbot: QtBot) -> QObject:
    """Whatever the timer ends with."""
    return QObject()


def test_the_start_is_followed_by_it_once(
    qtbot: QtBot, parent: QObject, times_given_back: list[None]
) -> None:
    memory = MemoryAtRest(parent)
    qtbot.waitUntil(lambda: len(times_given_back) == 1)
    assert not memory.is_due


def test_the_end_of_a_session_calls_for_it_again(
    qtbot: QtBot, parent: QObject, times_given_back: list[None]
) -> None:
    memory = MemoryAtRest(parent)
    qtbot.waitUntil(lambda: len(times_given_back) == 1)
    memory.handle(ENDED)
    qtbot.waitUntil(lambda: len(times_given_back) == 2)


def test_what_builds_nothing_does_not(
    qtbot: QtBot, parent: QObject, times_given_back: list[None]
) -> None:
    memory = MemoryAtRest(parent)
    qtbot.waitUntil(lambda: len(times_given_back) == 1)
    memory.handle(TargetClaims("DESK-7"))
    assert not memory.is_due
