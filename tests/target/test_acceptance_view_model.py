"""The acceptance window's state: the countdown, and when an answer counts."""

from dataclasses import dataclass

import pytest
from pytestqt.qtbot import QtBot

from common.protocol.session_events import SessionEnded
from common.reasons import EndReason
from common.transport.trust_level import TrustLevel
from target_app.acceptance_view_model import ARMING_SECONDS, AcceptanceViewModel
from tests.target.recorded_commands import RecordedCommands
from tests.target.sample_events import asked, started

GRACE_SECONDS = 45.0


@dataclass
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def commands() -> RecordedCommands:
    return RecordedCommands()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def model(qtbot: QtBot, commands: RecordedCommands, clock: Clock) -> AcceptanceViewModel:
    return AcceptanceViewModel(commands, clock)


def ask(model: AcceptanceViewModel, clock: Clock, is_verified: bool = False) -> None:
    model.handle(asked(clock.now + GRACE_SECONDS, is_verified))
    model.shown()


def let_pass(model: AcceptanceViewModel, clock: Clock, seconds: float) -> None:
    clock.now += seconds
    model.advance()


def test_it_says_who_asks_and_for_what(model: AcceptanceViewModel, clock: Clock) -> None:
    ask(model, clock)
    assert model.state.is_open
    assert model.state.technician == "Anna Berg"
    assert model.state.organisation == "says they are from Example IT"
    assert "Not verified" in model.state.verification
    assert "mouse and keyboard" in model.state.mode
    assert model.state.security_number == "4821"


def test_a_verified_technician_is_said_to_be_verified(
    model: AcceptanceViewModel, clock: Clock
) -> None:
    ask(model, clock, is_verified=True)
    assert model.state.is_verified
    assert model.state.organisation == "of Example IT"
    assert "Not" not in model.state.verification


@pytest.mark.parametrize("name", ["", "\u3164\u3164", "\u202e\u200b", "\n\t"])
def test_a_name_of_nothing_is_no_name(model: AcceptanceViewModel, clock: Clock, name: str) -> None:
    model.handle(asked(clock.now + GRACE_SECONDS, technician=name))
    assert model.state.technician == "Somebody without a name"


def test_an_answer_counts_only_after_the_guard(
    model: AcceptanceViewModel, commands: RecordedCommands, clock: Clock
) -> None:
    ask(model, clock)
    clock.now += ARMING_SECONDS - 0.001
    model.accept()
    model.refuse()
    assert commands.calls == []
    assert model.state.is_open
    clock.now += 0.001
    model.accept()
    assert commands.calls == [("answer", True)]


def test_the_guard_runs_from_the_moment_the_window_shows(
    model: AcceptanceViewModel, commands: RecordedCommands, clock: Clock
) -> None:
    model.handle(asked(clock.now + GRACE_SECONDS))
    clock.now += 10
    model.accept()
    assert commands.calls == []
    model.shown()
    model.accept()
    assert commands.calls == []


def test_a_window_that_shows_again_is_guarded_again(
    model: AcceptanceViewModel, commands: RecordedCommands, clock: Clock
) -> None:
    ask(model, clock)
    let_pass(model, clock, 1)
    assert model.state.is_armed
    model.shown()
    model.accept()
    assert commands.calls == []


def test_refusing_refuses_once(
    model: AcceptanceViewModel, commands: RecordedCommands, clock: Clock
) -> None:
    ask(model, clock)
    let_pass(model, clock, 1)
    model.refuse()
    model.accept()
    model.refuse()
    assert commands.calls == [("answer", False)]
    assert not model.state.is_open


def test_the_countdown_is_a_number_and_a_part(model: AcceptanceViewModel, clock: Clock) -> None:
    ask(model, clock)
    assert (model.state.seconds_left, model.state.fraction_left) == (45, 1.0)
    let_pass(model, clock, 15)
    assert model.state.seconds_left == 30
    assert model.state.fraction_left == pytest.approx(2 / 3)
    assert model.state.countdown == "30 seconds left. If you don't answer, it is refused."
    let_pass(model, clock, 29)
    assert model.state.countdown.startswith("1 second left.")


def test_at_zero_no_answer_is_taken_and_the_session_decides(
    model: AcceptanceViewModel, commands: RecordedCommands, clock: Clock
) -> None:
    ask(model, clock)
    let_pass(model, clock, GRACE_SECONDS)
    model.accept()
    assert commands.calls == []
    assert not model.state.is_armed
    assert model.state.seconds_left == 0
    model.handle(SessionEnded(EndReason.NOT_ANSWERED, False))
    assert not model.state.is_open


def test_it_warns_where_silence_may_start_the_session(
    model: AcceptanceViewModel, clock: Clock
) -> None:
    model.set_may_proceed(True)
    ask(model, clock)
    assert "may start by itself" in model.state.countdown


def test_it_closes_when_the_session_starts_or_is_given_up(
    model: AcceptanceViewModel, clock: Clock
) -> None:
    for event in (started(), SessionEnded(EndReason.CANCELLED, True)):
        ask(model, clock)
        model.handle(event)
        assert not model.state.is_open


def test_its_timer_runs_only_while_it_asks(
    model: AcceptanceViewModel, clock: Clock, qtbot: QtBot
) -> None:
    ask(model, clock)
    clock.now += 5
    qtbot.waitUntil(lambda: model.state.seconds_left == 40, timeout=2000)
    model.handle(started())
    changes: list[None] = []
    model.state_changed.connect(lambda: changes.append(None))
    model.advance()
    assert changes == []


def test_through_a_server_that_was_only_found_the_warning_says_so(
    model: AcceptanceViewModel, clock: Clock
) -> None:
    model.set_server_trust(TrustLevel.PROVISIONAL)
    ask(model, clock)
    assert "nor is the server" in model.state.verification
    model.handle(SessionEnded(EndReason.NOT_ANSWERED, by_other_side=False))
    model.set_server_trust(TrustLevel.CONFIRMED)
    ask(model, clock)
    assert "server" not in model.state.verification
