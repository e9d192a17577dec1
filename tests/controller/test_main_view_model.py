"""The main window's state, event by event, with QtCore alone."""

import pytest

from common.qt.status_kind import StatusKind
from common.reasons import ConnectionProblem
from common.transport.connection_events import BrokerConnected, BrokerConnecting, BrokerLost
from controller_app.main_view_model import MainViewModel
from controller_app.settings import ControllerSettings
from tests.controller.recorded_commands import RecordedCommands
from tests.controller.session_samples import connected

SERVER = "https://support.example.com:47111#" + "4f" * 32
EMBEDDED = ControllerSettings(technician="Jana Weber", organisation="Acme Support")
AT_SERVER = ControllerSettings(technician="Jana Weber", server=SERVER)


def made(settings: ControllerSettings = EMBEDDED) -> tuple[MainViewModel, RecordedCommands]:
    commands = RecordedCommands()
    return MainViewModel(commands, settings), commands


def test_before_a_connection_nothing_can_be_started() -> None:
    view_model, _ = made()
    assert view_model.state.kind is StatusKind.WORKING
    assert not view_model.state.can_start


def test_connected_it_says_where_and_can_start() -> None:
    view_model, _ = made()
    view_model.handle(connected())
    assert view_model.state.can_start
    assert view_model.state.status.words == "Ready"
    assert "this computer" in view_model.state.status.detail


def test_at_a_server_its_name_is_told() -> None:
    view_model, _ = made(AT_SERVER)
    view_model.handle(BrokerConnected("support.example.com:47111", "Acme", technician="J. Weber"))
    assert "support.example.com:47111 of Acme" in view_model.state.status.detail
    assert view_model.state.shown_technician == "J. Weber"


@pytest.mark.parametrize("problem", list(ConnectionProblem))
def test_every_problem_is_told_in_words_with_the_address(problem: ConnectionProblem) -> None:
    view_model, _ = made(AT_SERVER)
    view_model.handle(BrokerLost("support.example.com:47111", problem, 5.0))
    assert view_model.state.kind is StatusKind.ERROR
    assert "support.example.com:47111" in view_model.state.status.detail
    assert "keeps trying" in view_model.state.status.detail
    assert not view_model.state.can_start


def test_the_words_about_a_problem_stay_while_it_is_tried_again() -> None:
    view_model, _ = made(AT_SERVER)
    view_model.handle(BrokerLost("a:1", ConnectionProblem.REFUSED, 1.0))
    before = view_model.state.status
    view_model.handle(BrokerConnecting("a:1"))
    assert view_model.state.status == before
    view_model.handle(connected())
    assert view_model.state.can_start


def test_a_problem_that_nobody_tries_again_does_not_say_so() -> None:
    view_model, _ = made(AT_SERVER)
    view_model.handle(BrokerLost("a:1", ConnectionProblem.WRONG_FINGERPRINT, None))
    assert "keeps trying" not in view_model.state.status.detail


def test_one_session_at_a_time() -> None:
    view_model, _ = made()
    view_model.handle(connected())
    view_model.set_session_open(True)
    assert not view_model.state.can_start
    view_model.set_session_open(False)
    assert view_model.state.can_start


def test_other_settings_are_asked_for_only_where_they_changed() -> None:
    view_model, commands = made()
    view_model.use_settings(ControllerSettings(technician="J. Weber", organisation="Acme Support"))
    assert commands.asked == [("names", "J. Weber", "Acme Support")]
    commands.asked.clear()
    view_model.use_settings(
        ControllerSettings(technician="J. Weber", organisation="Acme Support", server=SERVER)
    )
    assert commands.asked == [("server", SERVER)]
    assert view_model.state.kind is StatusKind.WORKING


def test_a_verified_technician_is_shown_as_such() -> None:
    view_model, _ = made()
    view_model.handle(connected(is_verified=True))
    assert "verified" in view_model.state.shown_organisation


def test_names_of_nodes_are_made_safe() -> None:
    view_model, _ = made(AT_SERVER)
    view_model.handle(BrokerConnected("a:1", "\u202eAcme\n", technician="\x07Jana"))
    assert view_model.state.shown_technician == "Jana"
    assert view_model.state.status.detail.isprintable()
