"""Main window and tray as one state, by events."""

from dataclasses import replace
from datetime import datetime

import pytest

from common.protocol.policies import Policies
from common.protocol.session_events import ClaimWaiting, PairingEnded, SessionEnded
from common.reasons import ConnectionProblem, EndReason, PairingProblem
from common.transport.connection_events import BrokerConnecting, BrokerLost
from common.transport.trust_level import TrustLevel
from target_app import sentences
from target_app.status_view_model import Phase, StatusOptions, StatusViewModel
from tests.target.recorded_commands import RecordedCommands
from tests.target.sample_events import CONNECTED, LOST, asked, started

AFTERNOON = datetime(2026, 11, 22, 14, 3)


@pytest.fixture
def commands() -> RecordedCommands:
    return RecordedCommands()


@pytest.fixture
def status(commands: RecordedCommands) -> StatusViewModel:
    return StatusViewModel(commands, StatusOptions(local_time=lambda: AFTERNOON))


def test_before_first_contact_the_code_is_unavailable_and_says_why(status: StatusViewModel) -> None:
    assert not status.state.can_enter_code
    assert status.state.code_hint == sentences.NO_CONTACT_HINT
    assert status.state.phase is Phase.NOT_CONNECTED


@pytest.mark.parametrize(
    "options", [StatusOptions(is_address_set=True), StatusOptions(is_server_known=True)]
)
def test_a_set_address_or_a_known_server_makes_it_available(
    commands: RecordedCommands, options: StatusOptions
) -> None:
    assert StatusViewModel(commands, options).state.can_enter_code


def test_it_becomes_available_the_moment_contact_succeeds(status: StatusViewModel) -> None:
    seen = [status.state.can_enter_code]
    for event in (BrokerConnecting("192.0.2.7:47111"), CONNECTED):
        status.handle(event)
        seen.append(status.state.can_enter_code)
    assert seen == [False, False, True]
    assert status.state.message.title == "Ready. Connected to Example IT."


def test_it_stays_available_when_the_connection_is_lost_later(status: StatusViewModel) -> None:
    status.handle(CONNECTED)
    status.handle(LOST)
    assert status.state.can_enter_code
    assert status.state.phase is Phase.NOT_CONNECTED


def test_setting_an_address_by_hand_makes_it_available(status: StatusViewModel) -> None:
    seen = []
    for is_set in (True, False):
        status.set_address_is_set(is_set)
        seen.append(status.state.can_enter_code)
    assert seen == [True, False]


@pytest.mark.parametrize("problem", list(ConnectionProblem))
def test_each_problem_of_the_connection_has_its_sentence(
    status: StatusViewModel, problem: ConnectionProblem
) -> None:
    status.handle(BrokerLost("help.example.org:443", problem, None))
    assert len(status.state.message.text) > 20


def test_the_problem_stays_in_sight_while_the_same_address_is_tried_again(
    status: StatusViewModel,
) -> None:
    status.handle(LOST)
    told = status.state.message
    status.handle(BrokerConnecting(LOST.address))
    assert status.state.message == told
    status.handle(BrokerConnecting("198.51.100.1:443"))
    assert status.state.message != told


def test_in_session_the_window_says_who_and_since_when(status: StatusViewModel) -> None:
    status.handle(CONNECTED)
    status.handle(started())
    assert status.state.is_in_session
    expected = "Anna Berg of Example IT sees and controls this computer since 14:03."
    assert status.state.message.title == expected
    assert not status.state.can_enter_code


def test_the_pause_key_is_promised_only_where_it_works(status: StatusViewModel) -> None:
    status.handle(started())
    assert "Pause" not in status.state.message.text
    status.handle(SessionEnded(EndReason.TARGET_ENDED, False))
    status.set_hot_key(True)
    status.handle(started())
    assert "Pause" in status.state.message.text


@pytest.mark.parametrize("is_demanded", [True, False])
def test_the_sign_is_shown_where_the_policies_demand_it(
    status: StatusViewModel, is_demanded: bool
) -> None:
    status.handle(started(Policies(enable_on_screen_session_notification=is_demanded)))
    assert status.state.shows_sign is is_demanded


def test_a_name_can_not_rearrange_the_sentence(status: StatusViewModel) -> None:
    status.handle(asked(45.0, technician="A\u202eB\nC\x1b[0m" + "\u0301" * 50))
    status.handle(started())
    assert status.state.message.title.isprintable()


@pytest.mark.parametrize("reason", list(EndReason))
@pytest.mark.parametrize("by_other_side", [True, False])
def test_the_end_is_told_in_words_and_the_window_is_ready_again(
    status: StatusViewModel, reason: EndReason, by_other_side: bool
) -> None:
    told: list[object] = []
    status.session_ended.connect(told.append)
    status.handle(CONNECTED)
    status.handle(started())
    status.handle(SessionEnded(reason, by_other_side))
    assert status.state.phase is Phase.READY
    assert status.state.notice is not None
    assert status.state.notice.text.endswith(sentences.ALONE)
    assert told == [status.state.notice]


def test_the_technician_is_named_when_he_ends_it(status: StatusViewModel) -> None:
    status.handle(started())
    status.handle(SessionEnded(EndReason.CONTROLLER_ENDED, True))
    assert status.state.notice is not None
    assert status.state.notice.text.startswith("Anna Berg of Example IT ended it.")


def test_what_was_refused_was_never_seen(status: StatusViewModel) -> None:
    status.handle(asked(45.0))
    assert status.state.phase is Phase.ASKED
    status.handle(SessionEnded(EndReason.NOT_ANSWERED, False))
    assert status.state.notice is not None
    assert "Nobody has seen" in status.state.notice.text


def test_the_notice_goes_when_it_is_read_and_with_the_next_attempt(
    status: StatusViewModel,
) -> None:
    for forget in (status.dismiss_notice, lambda: status.handle(ClaimWaiting(0))):
        status.handle(started())
        status.handle(SessionEnded(EndReason.TARGET_ENDED, False))
        assert status.state.notice is not None
        forget()
        assert status.state.notice is None


def test_a_failed_attempt_leaves_the_window_ready(status: StatusViewModel) -> None:
    phases = []
    for event in (CONNECTED, ClaimWaiting(0), PairingEnded(PairingProblem.WRONG_SECRET)):
        status.handle(event)
        phases.append(status.state.phase)
    assert phases == [Phase.READY, Phase.CONNECTING, Phase.READY]


def test_a_lost_connection_does_not_hide_the_session(status: StatusViewModel) -> None:
    status.handle(started())
    status.handle(LOST)
    assert status.state.is_in_session
    status.handle(SessionEnded(EndReason.CONNECTION_LOST, False))
    assert status.state.phase is Phase.NOT_CONNECTED


def test_the_session_is_ended_by_the_user(
    status: StatusViewModel, commands: RecordedCommands
) -> None:
    status.end_session()
    assert commands.calls == []
    status.handle(started())
    status.end_session()
    assert commands.calls == [("end_session", EndReason.TARGET_ENDED)]


@pytest.mark.parametrize("event", [ClaimWaiting(0), asked(45.0), started()])
def test_quitting_ends_what_is_under_way(
    status: StatusViewModel, commands: RecordedCommands, event: ClaimWaiting
) -> None:
    status.leave()
    assert commands.calls == []
    status.handle(event)
    status.leave()
    assert commands.calls == [("end_session", EndReason.TARGET_QUIT)]


def test_nothing_is_announced_that_has_not_changed(status: StatusViewModel) -> None:
    status.handle(CONNECTED)
    changes: list[None] = []
    status.state_changed.connect(lambda: changes.append(None))
    status.handle(CONNECTED)
    assert changes == []


def test_a_server_that_was_only_found_is_not_vouched_for_until_a_session_confirms_it(
    status: StatusViewModel,
) -> None:
    status.handle(replace(CONNECTED, trust=TrustLevel.PROVISIONAL))
    assert status.state.can_enter_code
    assert "nobody vouches" in status.state.message.text
    status.handle(replace(CONNECTED, trust=TrustLevel.CONFIRMED))
    assert "nobody vouches" not in status.state.message.text
