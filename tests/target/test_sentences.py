"""The sentences that the target's user reads."""

from datetime import datetime

import pytest

from common.protocol.policies import SessionMode
from common.reasons import CodeTypingProblem, EndReason, PairingProblem
from target_app import sentences

AFTERNOON = datetime(2026, 11, 22, 14, 3)


def test_each_way_a_code_fails_has_a_sentence_of_its_own() -> None:
    made = [sentences.pairing_problem(problem, 60) for problem in PairingProblem]
    assert len(set(made)) == len(PairingProblem)


def test_each_end_has_a_sentence() -> None:
    for reason in EndReason:
        for by_other_side in (True, False):
            said = sentences.session_over(reason, by_other_side, "Anna Berg")
            assert said.text[0].isupper()


def test_only_what_is_wrong_is_told_while_one_types() -> None:
    silent = {problem for problem in CodeTypingProblem if not sentences.typing_problem(problem)}
    assert silent == {CodeTypingProblem.EMPTY, CodeTypingProblem.TOO_SHORT}


@pytest.mark.parametrize("mode", list(SessionMode))
def test_each_mode_is_told_before_and_while_it_runs(mode: SessionMode) -> None:
    assert sentences.mode_asked(mode).startswith("They will")
    assert "Anna" in sentences.session_running("Anna", mode, AFTERNOON, False).title


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "a little"),
        (1, "1 second"),
        (89, "89 seconds"),
        (90, "2 minutes"),
        (600, "10 minutes"),
        (601, "11 minutes"),
        (3600, "60 minutes"),
        (7200, "2 hours"),
    ],
)
def test_a_time_to_wait_is_said_in_words(seconds: int, words: str) -> None:
    assert sentences.duration(seconds) == words


def test_a_name_is_one_visible_line() -> None:
    assert sentences.shown_name("Anna\u202e\nBerg") == "Anna Berg"
    assert sentences.shown_name("\u3164", "nobody") == "nobody"
    assert len(sentences.shown_name("x" * 500)) <= 64
