"""The code window's state, by gestures and events."""

import pytest

from common.protocol.session_events import (
    ClaimWaiting,
    PairingEnded,
    SessionEnded,
    SessionPaired,
)
from common.reasons import ConnectionProblem, EndReason, PairingProblem
from common.transport.connection_events import BrokerLost
from target_app import sentences
from target_app.code_view_model import CodeStage, CodeViewModel
from tests.target.recorded_commands import RecordedCommands
from tests.target.sample_events import (
    CONNECTED,
    GOOD_CODE,
    GROUPED_CODE,
    LOST,
    WRONG_CHECK_DIGIT,
    asked,
    in_full_width,
    started,
)


@pytest.fixture
def commands() -> RecordedCommands:
    return RecordedCommands()


@pytest.fixture
def code(commands: RecordedCommands) -> CodeViewModel:
    view_model = CodeViewModel(commands)
    view_model.handle(CONNECTED)
    return view_model


def try_code(code: CodeViewModel) -> None:
    code.open()
    code.change_text(GOOD_CODE)
    code.confirm()


def test_a_typed_code_is_grouped_and_can_be_confirmed(code: CodeViewModel) -> None:
    code.open()
    code.change_text(GOOD_CODE)
    assert code.state.text == GROUPED_CODE
    assert code.state.can_confirm
    assert code.state.problem == ""


@pytest.mark.parametrize(
    "text", ["4821 6603-9176", in_full_width(GOOD_CODE), " 4821\u20136603\u20139176 "]
)
def test_spaces_dashes_and_wide_digits_are_the_same_code(
    code: CodeViewModel, commands: RecordedCommands, text: str
) -> None:
    code.open()
    code.change_text(text)
    code.confirm()
    assert commands.calls == [("enter_code", GOOD_CODE)]


@pytest.mark.parametrize(
    "text", ["", "4821", "4821 6603 91", WRONG_CHECK_DIGIT, "48216603917x", "1" * 17]
)
def test_what_is_no_code_is_never_sent_and_is_told(
    code: CodeViewModel, commands: RecordedCommands, text: str
) -> None:
    code.open()
    code.change_text(text)
    assert not code.state.can_confirm
    code.confirm()
    assert commands.calls == []
    assert code.state.stage is CodeStage.ENTRY
    assert code.state.problem


@pytest.mark.parametrize("text", ["4821x", WRONG_CHECK_DIGIT, "1" * 17])
def test_a_mistake_is_told_while_one_types(code: CodeViewModel, text: str) -> None:
    code.open()
    code.change_text(text)
    assert code.state.problem


def test_a_beginning_is_no_mistake(code: CodeViewModel) -> None:
    code.open()
    code.change_text("4821 66")
    assert code.state.problem == ""


def test_an_impatient_user_tries_a_code_once(
    code: CodeViewModel, commands: RecordedCommands
) -> None:
    try_code(code)
    code.confirm()
    code.confirm()
    assert commands.calls == [("enter_code", GOOD_CODE)]
    assert code.state.stage is CodeStage.TRYING


def test_progress_is_told_in_words(code: CodeViewModel) -> None:
    try_code(code)
    seen = [code.state.progress]
    for event in (ClaimWaiting(2), ClaimWaiting(1), ClaimWaiting(0), SessionPaired("", "4821")):
        code.handle(event)
        seen.append(code.state.progress)
    assert len(set(seen)) == len(seen)
    assert all(seen)


@pytest.mark.parametrize("problem", list(PairingProblem))
def test_each_failure_is_told_and_leaves_the_code_to_correct(
    code: CodeViewModel, commands: RecordedCommands, problem: PairingProblem
) -> None:
    try_code(code)
    code.handle(PairingEnded(problem, 60))
    assert code.state.failure is not None
    assert code.state.failure.title
    assert code.state.failure.text
    code.try_again()
    assert (code.state.stage, code.state.text) == (CodeStage.ENTRY, GROUPED_CODE)
    assert commands.calls == [("enter_code", GOOD_CODE)]  # nothing is tried again by itself


def test_too_many_tries_say_how_long_to_wait(code: CodeViewModel) -> None:
    try_code(code)
    code.handle(PairingEnded(PairingProblem.TOO_MANY_CLAIMS, 600))
    assert code.state.failure is not None
    assert "10 minutes" in code.state.failure.text


def test_cancel_ends_the_attempt(code: CodeViewModel, commands: RecordedCommands) -> None:
    try_code(code)
    code.cancel()
    assert commands.calls[-1] == ("cancel_attempt",)
    assert code.state.stage is CodeStage.CLOSED
    code.handle(PairingEnded(PairingProblem.UNKNOWN))
    assert code.state.stage is CodeStage.CLOSED


def test_cancel_while_typing_sends_nothing(code: CodeViewModel, commands: RecordedCommands) -> None:
    code.open()
    code.change_text("4821")
    code.cancel()
    assert commands.calls == []


def test_the_code_is_forgotten_when_the_window_closes(code: CodeViewModel) -> None:
    try_code(code)
    code.handle(asked(45.0))
    assert code.state.stage is CodeStage.CLOSED
    assert code.state.text == ""
    code.open()
    assert code.state.text == ""


def test_a_session_that_starts_without_a_question_closes_the_window(code: CodeViewModel) -> None:
    try_code(code)
    code.handle(started())
    assert not code.state.is_shown


def test_an_end_before_the_question_is_a_failure(code: CodeViewModel) -> None:
    try_code(code)
    code.handle(SessionPaired("", "4821"))
    code.handle(SessionEnded(EndReason.REFUSED_BY_POLICY, by_other_side=False))
    assert code.state.stage is CodeStage.FAILED


def test_opening_again_shows_the_attempt_that_runs(code: CodeViewModel) -> None:
    try_code(code)
    code.open()
    assert code.state.stage is CodeStage.TRYING


def test_a_given_code_waits_for_first_contact(commands: RecordedCommands) -> None:
    code = CodeViewModel(commands)
    code.enter_given_code(GOOD_CODE, is_quiet=False)
    assert code.state.stage is CodeStage.TRYING
    assert code.state.progress == sentences.WAITING_FOR_CONTACT
    code.handle(LOST)
    assert commands.calls == []
    code.handle(CONNECTED)
    code.handle(CONNECTED)
    assert commands.calls == [("enter_code", GOOD_CODE)]


def test_a_given_code_that_waits_says_what_is_wrong_and_goes_on(
    commands: RecordedCommands,
) -> None:
    code = CodeViewModel(commands)
    code.enter_given_code(GOOD_CODE, is_quiet=False)
    code.handle(BrokerLost("desk:1", ConnectionProblem.UNREACHABLE, 5.0))
    assert "desk:1 does not answer" in code.state.progress
    code.handle(CONNECTED)
    assert code.state.progress == sentences.LOOKING_UP
    assert commands.calls == [("enter_code", GOOD_CODE)]


def test_a_given_code_that_waits_can_be_given_up(commands: RecordedCommands) -> None:
    code = CodeViewModel(commands)
    code.enter_given_code(GOOD_CODE, is_quiet=False)
    code.cancel()
    code.handle(CONNECTED)
    assert commands.calls == []


def test_a_given_code_that_is_none_is_shown_with_its_mistake(
    code: CodeViewModel, commands: RecordedCommands
) -> None:
    for text in (WRONG_CHECK_DIGIT, "4821"):
        code.enter_given_code(text, is_quiet=True)
        assert code.state.is_shown
        assert code.state.problem
        code.cancel()
    assert commands.calls == []


def test_a_second_code_does_not_disturb_the_one_that_is_tried(
    code: CodeViewModel, commands: RecordedCommands
) -> None:
    try_code(code)
    code.enter_given_code("000000000000", is_quiet=False)
    assert commands.calls == [("enter_code", GOOD_CODE)]


def test_a_hidden_attempt_opens_no_window_and_fails_in_words(code: CodeViewModel) -> None:
    told: list[object] = []
    code.failed_quietly.connect(told.append)
    code.enter_given_code(GOOD_CODE, is_quiet=True)
    assert not code.state.is_shown
    code.handle(PairingEnded(PairingProblem.EXPIRED))
    assert not code.state.is_shown
    assert told == [sentences.pairing_problem(PairingProblem.EXPIRED, 0)]


def test_no_state_shows_its_code_by_accident(code: CodeViewModel) -> None:
    try_code(code)
    assert "4821" not in repr(code.state)
