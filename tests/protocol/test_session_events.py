"""What the machines report: values that never change and never tell a secret by accident."""

import dataclasses

import pytest

from common.protocol import session_events
from common.protocol.connection_code import ConnectionCode, Secret
from common.protocol.session_events import CodeChanged, ControllerEvent, TargetEvent

EVENTS = sorted(
    set(ControllerEvent.__args__) | set(TargetEvent.__args__), key=lambda event: event.__name__
)


def test_the_unions_name_every_event() -> None:
    defined = {
        value
        for value in vars(session_events).values()
        if isinstance(value, type) and value.__module__ == session_events.__name__
    }
    assert set(EVENTS) == defined


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.__name__)
def test_every_event_is_a_frozen_value(event: type) -> None:
    assert dataclasses.is_dataclass(event)
    assert hasattr(event, "__slots__")
    assert event.__hash__ is not None  # a value that could change has none


def test_the_code_in_an_event_is_not_in_its_text() -> None:
    event = CodeChanged(ConnectionCode("4821", Secret("6603917")), 1.0, 3, 3)
    assert "6603917" not in repr(event)
    assert "4821" not in repr(event)
