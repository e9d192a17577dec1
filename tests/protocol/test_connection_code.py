"""The connection code: every typing, every split, every error that the check digit finds."""

import pickle
import secrets
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import InvalidCode, ProtocolViolation
from common.protocol.connection_code import (
    MAXIMUM_TYPED_CHARACTERS,
    CodeTypingProblem,
    ConnectionCode,
    Secret,
    damm_check_digit,
    draw_secret,
    group_digits,
    normalise,
    parse,
    typing_problem,
)

SPLITS = [(4, 7), (5, 7), (6, 7), (5, 9), (6, 9)]
EXAMPLE = ConnectionCode("4821", Secret("6603917"))

digit_strings = st.text("0123456789", min_size=1, max_size=20)


@st.composite
def codes(draw: st.DrawFn) -> ConnectionCode:
    routing, secret = draw(st.sampled_from(SPLITS))
    digits = draw(st.text("0123456789", min_size=routing + secret, max_size=routing + secret))
    return ConnectionCode(digits[:routing], Secret(digits[routing:]))


# The check digit.


def test_the_check_digit_of_damms_example_is_4() -> None:
    assert damm_check_digit("572") == "4"


@given(digit_strings)
def test_a_number_with_its_check_digit_has_the_check_digit_0(digits: str) -> None:
    assert damm_check_digit(digits + damm_check_digit(digits)) == "0"


@given(codes())
def test_every_single_wrong_digit_is_found(code: ConnectionCode) -> None:
    digits = code.digits()
    for place, right in enumerate(digits):
        for wrong in set("0123456789") - {right}:
            typed = digits[:place] + wrong + digits[place + 1 :]
            assert typing_problem(typed) is CodeTypingProblem.WRONG_CHECK_DIGIT


@given(codes())
def test_every_swap_of_two_neighbours_is_found(code: ConnectionCode) -> None:
    digits = code.digits()
    for place in range(len(digits) - 1):
        first, second = digits[place], digits[place + 1]
        if first != second:
            typed = digits[:place] + second + first + digits[place + 2 :]
            assert typing_problem(typed) is CodeTypingProblem.WRONG_CHECK_DIGIT


# Drawing and showing.


@pytest.mark.parametrize("digit_count", [7, 9])
def test_a_drawn_secret_keeps_its_leading_zeros(digit_count: int) -> None:
    assert draw_secret(digit_count, lambda below: 42).reveal() == "42".zfill(digit_count)


@pytest.mark.parametrize("digit_count", [7, 9])
def test_a_secret_is_drawn_once_from_all_its_numbers(digit_count: int) -> None:
    asked: list[int] = []

    def random_below(below: int) -> int:
        asked.append(below)
        return below - 1

    assert draw_secret(digit_count, random_below).reveal() == "9" * digit_count
    assert asked == [10**digit_count]


@pytest.mark.parametrize("digit_count", [-1, 0, 6, 8, 10, 2**31])
def test_a_secret_of_another_length_is_not_drawn(digit_count: int) -> None:
    with pytest.raises(ProtocolViolation):
        draw_secret(digit_count, secrets.randbelow)


@pytest.mark.parametrize(
    ("routing", "secret", "grouped"),
    [
        ("4821", "6603917", "4821 6603 9176"),
        ("48216", "6039172", "4821 6603 9172 6"),
        ("482166", "0391721", "4821 6603 9172 18"),
        ("48216", "603917210", "4821 6603 9172 109"),
        ("482166", "039172105", "4821 6603 9172 1053"),
    ],
)
def test_a_code_is_shown_in_groups_of_four(routing: str, secret: str, grouped: str) -> None:
    code = ConnectionCode(routing, Secret(secret))

    assert code.grouped() == grouped
    assert code.digits() == grouped.replace(" ", "")


def test_a_code_that_is_still_being_typed_is_grouped_too() -> None:
    assert [group_digits("48216"[:length]) for length in range(6)] == [
        "",
        "4",
        "48",
        "482",
        "4821",
        "4821 6",
    ]


# What a code may be.


@pytest.mark.parametrize("routing_digits", range(9))
@pytest.mark.parametrize("secret_digits", range(1, 12))
def test_only_lengths_that_a_target_can_split_make_a_code(
    routing_digits: int, secret_digits: int
) -> None:
    routing, secret = "1" * routing_digits, Secret("2" * secret_digits)

    if (routing_digits, secret_digits) in SPLITS:
        assert parse(ConnectionCode(routing, secret).digits()).routing == routing
    else:
        with pytest.raises(ProtocolViolation):
            ConnectionCode(routing, secret)


def test_each_total_length_has_one_split() -> None:
    assert len({routing + secret for routing, secret in SPLITS}) == len(SPLITS)


@pytest.mark.parametrize("routing", ["48a1", "48 1", "\uff14\uff18\uff12\uff11", "48²1", "-482"])
def test_routing_digits_are_ascii_digits(routing: str) -> None:
    with pytest.raises(ProtocolViolation):
        ConnectionCode(routing, Secret("6603917"))


@pytest.mark.parametrize(
    "digits", ["", "660391x", "\uff16\uff16\uff10\uff13\uff19\uff11\uff17", "660 391"]
)
def test_a_secret_is_made_of_ascii_digits(digits: str) -> None:
    with pytest.raises(RuntimeError):
        Secret(digits)


# Nobody sees it by accident.


def test_neither_repr_nor_text_nor_format_shows_a_secret() -> None:
    for shown in (repr(EXAMPLE), str(EXAMPLE), f"{EXAMPLE}", repr(EXAMPLE.secret)):
        assert "6603917" not in shown
        assert "821" not in shown
    assert "6603917" not in f"{EXAMPLE.secret} {EXAMPLE.secret!s} {[EXAMPLE.secret]}"


def test_the_secret_has_no_dictionary_to_look_into() -> None:
    with pytest.raises(TypeError):
        vars(EXAMPLE.secret)


def test_a_secret_can_not_be_pickled() -> None:
    with pytest.raises(TypeError):
        pickle.dumps(EXAMPLE)


def test_an_invalid_code_keeps_nothing_of_what_was_typed() -> None:
    with pytest.raises(InvalidCode) as raised:
        parse("4821 6603 9177")

    assert raised.value.problem is CodeTypingProblem.WRONG_CHECK_DIGIT
    assert not any(character.isdigit() for character in repr(raised.value))


def test_codes_are_equal_when_all_digits_are() -> None:
    same = parse("482166039176")

    assert same == EXAMPLE
    assert hash(same) == hash(EXAMPLE)
    assert same != ConnectionCode("4821", Secret("6603918"))
    assert Secret("1234567") != "1234567"


# Typing.


@given(codes())
def test_a_code_typed_as_it_is_shown_is_the_code(code: ConnectionCode) -> None:
    assert parse(code.grouped()) == code
    assert parse(code.digits()) == code


ALL_DIGITS = [chr(point) for point in range(0x110000) if unicodedata.category(chr(point)) == "Nd"]


@given(codes(), st.data())
def test_decimal_digits_of_every_script_are_taken(
    code: ConnectionCode, data: st.DataObject
) -> None:
    zeros = [digit for digit in ALL_DIGITS if unicodedata.decimal(digit) == 0]
    zero = data.draw(st.sampled_from(zeros))
    typed = "".join(chr(ord(zero) + int(digit)) for digit in code.digits())

    assert parse(typed) == code


SEPARATORS = [" ", "\t", "\n", "\u00a0", "\u2009", "\u3000", "-", "\u2010", "\u2011", "\u2013"]
SEPARATORS += ["\u2014", "\u2212", "\ufe63", "\uff0d", "\u30fc", "\uff70", "\u00ad", "\u200b"]
SEPARATORS += ["\x00", "\ufeff", "\u200e", "\u2066", "\u2069", "\r\n", " - "]


@given(codes(), st.lists(st.sampled_from(SEPARATORS), min_size=17, max_size=17))
def test_spaces_dashes_and_invisible_marks_are_not_counted(
    code: ConnectionCode, separators: list[str]
) -> None:
    typed = separators[0]
    for digit, separator in zip(code.digits(), separators[1:], strict=False):
        typed += digit + separator

    assert parse(typed) == code


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("", CodeTypingProblem.EMPTY),
        (" -\u200b ", CodeTypingProblem.EMPTY),
        ("4821 66O3 9176", CodeTypingProblem.LETTERS),
        ("x", CodeTypingProblem.LETTERS),
        ("48²1 6603 9176", CodeTypingProblem.LETTERS),
        ("4821.6603.9176", CodeTypingProblem.LETTERS),
        ("+482166039176", CodeTypingProblem.LETTERS),
        ("Ⅳ821 6603 9176", CodeTypingProblem.LETTERS),
        ("4", CodeTypingProblem.TOO_SHORT),
        ("4821 6603 917", CodeTypingProblem.TOO_SHORT),
        ("4" * 17, CodeTypingProblem.TOO_LONG),
        ("4" * 10_000_000, CodeTypingProblem.TOO_LONG),
        ("4821 6603 9177", CodeTypingProblem.WRONG_CHECK_DIGIT),
        ("4821 6603 9176", None),
    ],
)
def test_each_mistake_has_its_name(typed: str, problem: CodeTypingProblem | None) -> None:
    assert typing_problem(typed) is problem


@given(st.text() | st.text(alphabet="0123456789 -o", max_size=30))
def test_no_typing_does_anything_but_parse_or_raise_invalid_code(typed: str) -> None:
    problem = typing_problem(typed)
    if problem is None:
        assert typing_problem(parse(typed).grouped()) is None
    else:
        with pytest.raises(InvalidCode) as raised:
            parse(typed)
        assert raised.value.problem is problem


@given(st.text(max_size=60))
def test_normalising_twice_changes_nothing_more(typed: str) -> None:
    assert normalise(normalise(typed)) == normalise(typed)


def test_a_pasted_book_is_not_read_to_the_end() -> None:
    assert len(normalise("12345 " * 1_000_000)) <= MAXIMUM_TYPED_CHARACTERS
