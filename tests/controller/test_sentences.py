"""Every reason has a sentence, and none has a hole in it."""

import pytest

from common.protocol.policies import SessionMode
from common.reasons import CodeEnd, EndReason
from controller_app import sentences
from controller_app.sentences import Sentence


def is_whole(sentence: Sentence) -> bool:
    text = sentence.words + sentence.detail
    return bool(sentence.words) and "{" not in text and "}" not in text


@pytest.mark.parametrize("by_other_side", [True, False])
@pytest.mark.parametrize("reason", list(EndReason))
def test_every_end_of_a_session_has_a_sentence(reason: EndReason, by_other_side: bool) -> None:
    assert is_whole(sentences.session_ended(reason, by_other_side, "ANNA-LAPTOP"))


@pytest.mark.parametrize("reason", list(EndReason))
def test_an_end_without_a_known_computer_has_one_too(reason: EndReason) -> None:
    assert is_whole(sentences.session_ended(reason, True, ""))


@pytest.mark.parametrize("end", list(CodeEnd))
def test_every_end_of_a_code_has_a_sentence(end: CodeEnd) -> None:
    assert is_whole(sentences.code_dead(end))


@pytest.mark.parametrize("cause", ["no_display", "wayland", "capture_failed"])
def test_every_cause_of_a_missing_screen_has_a_sentence(cause: str) -> None:
    assert is_whole(sentences.screen_unavailable(cause))


@pytest.mark.parametrize("mode", list(SessionMode))
def test_every_mode_has_a_name(mode: SessionMode) -> None:
    assert sentences.mode_name(mode) in sentences.session_title("Anna", "ANNA-LAPTOP", mode)


def test_a_title_without_a_user_names_the_computer() -> None:
    title = sentences.session_title("", "ANNA-LAPTOP", SessionMode.ACTIVE)
    assert title.startswith("ANNA-LAPTOP")


@pytest.mark.parametrize("is_long", [True, False])
def test_both_messages_hold_the_code(is_long: bool) -> None:
    message = sentences.message_for_user("4821 6603 9176", "Jana", "Acme", is_long)
    assert "4821 6603 9176" in message
    assert ("Enter Connection Code" in message) is is_long
    assert ("Jana, Acme" in message) is is_long


def test_a_code_is_read_out_digit_by_digit() -> None:
    assert sentences.spoken_code(("4821", "6603")) == "4 8 2 1, 6 6 0 3"
