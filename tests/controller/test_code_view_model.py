"""The Connection code window's state, event by event, with QtCore alone."""

import pytest
from pytestqt.qtbot import QtBot

from common.protocol.session_events import (
    ClaimantLeft,
    CodeChanged,
    CodeDied,
    CodeNotIssued,
    SessionEnded,
    SessionPaired,
    TargetClaims,
    WrongCodeTyped,
)
from common.qt.status_kind import StatusKind
from common.reasons import CodeEnd, ConnectionProblem, EndReason
from common.transport.connection_events import EMBEDDED_NAME, BrokerConnecting, BrokerLost
from controller_app.code_view_model import CodePhase, CodeState, CodeViewModel
from tests.controller.recorded_commands import Clock, RecordedCommands
from tests.controller.session_samples import (
    CODE,
    GROUPS,
    OTHER_CODE,
    acceptance_asked,
    code_changed,
    connected,
    started,
)


class Window:
    """A view-model with its recorder and clock."""

    def __init__(self) -> None:
        self.commands = RecordedCommands()
        self.clock = Clock()
        self.view_model = CodeViewModel(self.commands, self.clock)
        self.view_model.handle(connected())

    @property
    def state(self) -> CodeState:
        return self.view_model.state

    def open_with_code(self, lifetime: float = 900.0, extends_left: int = 3) -> None:
        self.view_model.start()
        self.view_model.handle(code_changed(self.clock.now + lifetime, extends_left))

    def pass_time(self, seconds: float) -> None:
        self.clock.now += seconds
        self.view_model.tick()


@pytest.fixture
def window(qtbot: QtBot) -> Window:
    return Window()


def test_start_asks_for_a_code_and_shows_none_yet(window: Window) -> None:
    window.view_model.start()

    assert window.commands.asked == ["start"]
    assert window.state.is_open
    assert not window.state.is_usable
    assert window.state.status.words == "Connecting to broker"


def test_an_issued_code_is_shown_in_groups_with_its_whole_time(window: Window) -> None:
    window.open_with_code()

    assert window.state.groups == GROUPS
    assert window.state.time_left == "15:00"
    assert window.state.status.words == "Waiting for target"
    assert window.state.can_extend
    assert window.state.can_request_new
    assert not window.state.is_request_new_next


def test_the_timer_counts_down_by_the_second(window: Window) -> None:
    window.open_with_code()
    window.pass_time(1.0)
    assert window.state.time_left == "14:59"
    window.pass_time(838.5)
    assert window.state.time_left == "1:01"


def test_the_timer_ticks_by_itself(qtbot: QtBot) -> None:
    commands = RecordedCommands()
    clock = Clock()
    view_model = CodeViewModel(commands, clock)
    view_model.start()
    view_model.handle(code_changed(clock.now + 900.0))
    clock.now += 1.0

    with qtbot.waitSignal(view_model.state_changed, timeout=3000):
        pass

    assert view_model.state.time_left == "14:59"


def test_a_code_whose_time_is_over_is_not_shown_any_more(window: Window) -> None:
    window.open_with_code()
    window.pass_time(900.0)

    assert window.state.phase is CodePhase.DEAD
    assert window.state.groups == ()
    assert window.state.status.words == "Code expired"
    assert window.state.is_request_new_next
    assert not window.state.can_extend


def test_extend_is_asked_for_and_shown_when_it_is_granted(window: Window) -> None:
    window.open_with_code()
    window.pass_time(600.0)

    window.view_model.extend()
    assert window.commands.asked == ["start", "extend"]
    assert window.state.time_left == "5:00"

    window.view_model.handle(code_changed(window.clock.now + 900.0, extends_left=2))
    assert window.state.time_left == "15:00"
    assert window.state.extends_left == 2


def test_without_extensions_left_extend_does_nothing(window: Window) -> None:
    window.open_with_code(extends_left=0)
    window.view_model.extend()
    assert not window.state.can_extend
    assert window.commands.asked == ["start"]


def test_a_refused_extension_leaves_the_code_as_it_is(window: Window) -> None:
    window.open_with_code()
    window.view_model.handle(CodeNotIssued(0))
    assert window.state.groups == GROUPS
    assert window.state.extends_left == 0
    assert window.state.notice.words


def test_request_new_replaces_the_code(window: Window) -> None:
    window.open_with_code()

    window.view_model.request_new()
    assert window.commands.asked == ["start", "request new"]
    assert not window.state.is_usable

    window.view_model.handle(CodeDied(CodeEnd.REPLACED))
    window.view_model.handle(CodeChanged(OTHER_CODE, window.clock.now + 900.0, 3, 3))
    assert window.state.groups == tuple(OTHER_CODE.grouped().split())
    assert window.state.time_left == "15:00"
    assert window.state.phase is CodePhase.OPEN


def test_cancel_ends_the_attempt_and_closes(window: Window) -> None:
    window.open_with_code()
    window.view_model.cancel()
    assert window.commands.asked == ["start", EndReason.CANCELLED]
    assert not window.state.is_open
    assert window.state.groups == ()


def test_the_end_of_a_cancelled_attempt_does_not_touch_the_next_one(window: Window) -> None:
    window.open_with_code()
    window.view_model.cancel()
    window.view_model.start()

    window.view_model.handle(SessionEnded(EndReason.CANCELLED, by_other_side=False))

    assert window.state.phase is CodePhase.ASKING_BROKER


def test_the_end_of_the_session_before_does_not_touch_a_new_code(window: Window) -> None:
    window.view_model.start()
    window.view_model.handle(SessionEnded(EndReason.CONTROLLER_ENDED, by_other_side=False))
    assert window.state.phase is CodePhase.ASKING_BROKER


def test_a_code_under_which_the_server_is_changed_is_closed(window: Window) -> None:
    window.open_with_code()
    window.view_model.handle(SessionEnded(EndReason.CANCELLED, by_other_side=False))
    assert not window.state.is_open


def test_wrong_codes_are_told_one_by_one(window: Window) -> None:
    window.open_with_code()
    window.view_model.handle(TargetClaims("ANNA-LAPTOP"))
    assert window.state.status.words == "Target connected"

    window.view_model.handle(WrongCodeTyped(1, "ANNA-LAPTOP"))

    assert window.state.notice.words == "Someone typed a wrong code (1 of 3)"
    assert window.state.status.words == "Waiting for target"
    assert window.state.groups == GROUPS


def test_the_third_wrong_code_kills_it(window: Window) -> None:
    window.open_with_code()
    window.view_model.handle(WrongCodeTyped(3, "ANNA-LAPTOP"))
    window.view_model.handle(CodeDied(CodeEnd.WRONG_THREE_TIMES))

    assert window.state.groups == ()
    assert window.state.kind is StatusKind.ERROR
    assert "Three wrong tries" in window.state.status.words
    assert window.state.is_request_new_next


def test_a_claimant_that_leaves_costs_nothing(window: Window) -> None:
    window.open_with_code()
    window.view_model.handle(TargetClaims("ANNA-LAPTOP"))
    window.view_model.handle(ClaimantLeft())
    assert window.state.phase is CodePhase.OPEN
    assert window.state.status.words == "Waiting for target"


def test_the_user_who_is_asked_has_so_many_seconds(window: Window) -> None:
    window.open_with_code()
    window.view_model.handle(SessionPaired("ANNA-LAPTOP", "4821"))
    assert window.state.groups == ()
    assert window.state.computer == "ANNA-LAPTOP"
    assert window.state.security_number == "Security number 4821"

    window.view_model.handle(acceptance_asked(window.clock.now + 45.0))
    assert window.state.status.words == "Waiting for the user to accept"
    assert window.state.time_left == "0:45"
    window.pass_time(10.0)
    assert window.state.time_left == "0:35"
    assert "35 s" in window.state.status.detail
    assert not window.state.can_request_new


def test_the_window_closes_when_the_session_starts(window: Window) -> None:
    window.open_with_code()
    window.view_model.handle(SessionPaired("ANNA-LAPTOP", "4821"))
    window.view_model.handle(started())
    assert not window.state.is_open


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (EndReason.REFUSED_BY_USER, "The user refused"),
        (EndReason.NOT_ANSWERED, "The user did not answer"),
        (EndReason.REFUSED_BY_POLICY, "Not allowed"),
        (EndReason.OTHER_SIDE_LEFT, "The target is gone"),
    ],
)
def test_an_attempt_that_fails_says_why_and_request_new_starts_another(
    window: Window, reason: EndReason, words: str
) -> None:
    window.open_with_code()
    window.view_model.handle(SessionPaired("ANNA-LAPTOP", "4821"))
    window.view_model.handle(SessionEnded(reason, by_other_side=True))
    assert window.state.status.words == words
    assert window.state.is_request_new_next

    window.view_model.request_new()
    assert window.commands.asked == ["start", "start"]


def test_closing_after_the_end_asks_for_nothing_more(window: Window) -> None:
    window.open_with_code()
    window.view_model.handle(SessionEnded(EndReason.CONNECTION_LOST, by_other_side=False))
    window.view_model.cancel()
    assert window.commands.asked == ["start"]


def test_others_who_had_typed_the_code_are_told_of(window: Window) -> None:
    window.open_with_code()
    window.view_model.handle(CodeDied(CodeEnd.USED, waiting_claims=2))
    assert "(2)" in window.state.notice.words


def test_a_node_that_gives_no_code_is_told_with_its_time(window: Window) -> None:
    window.view_model.start()
    window.view_model.handle(CodeNotIssued(40))
    assert "40 s" in window.state.status.detail
    assert window.state.is_request_new_next


def test_an_earlier_wrong_code_is_no_news_once_the_right_one_was_typed(window: Window) -> None:
    window.open_with_code()
    window.view_model.handle(WrongCodeTyped(1, "desk-7"))
    window.view_model.handle(SessionPaired("desk-7", "4821"))
    assert window.state.notice.words == ""


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        (ConnectionProblem.UNREACHABLE, "broker:1 does not answer"),
        (ConnectionProblem.WRONG_FINGERPRINT, "the fingerprint is another"),
        (ConnectionProblem.NOT_A_NODE, "not a Farhand server"),
    ],
)
def test_without_a_connection_the_window_says_why_until_there_is_one(
    window: Window, problem: ConnectionProblem, words: str
) -> None:
    window.view_model.start()
    window.view_model.handle(BrokerLost("broker:1", problem, 1.0))
    window.view_model.handle(BrokerConnecting("broker:1"))  # a retry
    told = window.state
    assert (told.kind, words in told.status.detail) == (StatusKind.ERROR, True)

    window.view_model.handle(connected())
    after = window.state
    assert (after.kind, after.status.words) == (StatusKind.WORKING, "Connecting to broker")


def test_a_start_without_a_connection_says_why_at_once(window: Window) -> None:
    window.view_model.handle(BrokerLost(EMBEDDED_NAME, ConnectionProblem.UNREACHABLE, 5.0))
    window.view_model.start()
    assert window.state.status.words == "The broker on this computer is not running"


def test_a_lost_connection_is_told_and_the_code_kept(window: Window) -> None:
    window.open_with_code()
    window.view_model.handle(BrokerLost("broker:1", ConnectionProblem.CLOSED, 1.0))
    assert window.state.status.words == "Connecting to broker"
    assert window.state.groups == GROUPS

    window.view_model.handle(connected())
    assert window.state.status.words == "Waiting for target"


def test_the_public_url_is_shown_where_there_is_one(window: Window) -> None:
    window.open_with_code()
    assert window.state.url == ""
    window.view_model.handle(connected("https://support.example.com"))
    assert window.state.url == "https://support.example.com"


def test_events_of_sessions_leave_a_closed_window_closed(window: Window) -> None:
    for event in (started(), SessionEnded(EndReason.TARGET_ENDED, True), code_changed(2000.0)):
        window.view_model.handle(event)
    assert not window.state.is_open


def test_the_code_is_in_no_repr(window: Window) -> None:
    window.open_with_code()
    for part in (*GROUPS, CODE.digits()):
        assert part not in repr(window.state)


@pytest.mark.parametrize("name", ["\u202eANNA\nLAPTOP\x1b[0m", "<b>ANNA</b>"])
def test_the_names_of_computers_are_made_safe(window: Window, name: str) -> None:
    window.open_with_code()
    window.view_model.handle(WrongCodeTyped(1, name))
    window.view_model.handle(SessionPaired(name, "4821"))
    for text in (window.state.notice.detail, window.state.status.detail, window.state.computer):
        assert text.isprintable()
