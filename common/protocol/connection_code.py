"""The connection code: routing digits, secret digits, check digit; drawn, shown, typed.

    4821 6603 9176
    RRRR SSSS SSSC      R routing: the node knows them. S secret: never leaves the two
                        computers. C check digit over all others, tested before anything
                        is sent.

The total length alone decides the split. This module knows neither lifetimes nor tries;
the controller's session draws codes here, the target's code window and session parse them.
"""

import hmac
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NoReturn

from common.errors import InvalidCode, ProtocolViolation
from common.reasons import CodeTypingProblem as CodeTypingProblem

MAXIMUM_TYPED_CHARACTERS: Final = 256
"""More than this is not looked at: a paste of something else."""

_SPLITS: Final = {12: (4, 7), 13: (5, 7), 14: (6, 7), 15: (5, 9), 16: (6, 9)}
"""Total digits to (routing digits, secret digits); the check digit is the last one."""

SECRET_DIGIT_COUNTS: Final = frozenset(secret for _, secret in _SPLITS.values())

# A totally anti-symmetric quasigroup of order 10 with a zero diagonal: H. M. Damm,
# "Total anti-symmetrische Quasigruppen", Marburg 2004.
_DAMM_TABLE: Final = (
    (0, 3, 1, 7, 5, 9, 8, 6, 4, 2),
    (7, 0, 9, 2, 1, 5, 4, 8, 6, 3),
    (4, 2, 0, 6, 8, 7, 1, 3, 5, 9),
    (1, 7, 5, 0, 9, 8, 3, 4, 2, 6),
    (6, 1, 2, 3, 0, 4, 5, 9, 7, 8),
    (3, 6, 7, 4, 2, 0, 9, 5, 8, 1),
    (5, 8, 6, 9, 7, 2, 0, 1, 3, 4),
    (8, 9, 4, 5, 3, 6, 2, 0, 1, 7),
    (9, 4, 3, 8, 6, 1, 7, 2, 0, 5),
    (2, 5, 8, 1, 4, 3, 6, 7, 9, 0),
)

# Beyond Unicode's dashes (category Pd): minus, soft hyphen, hyphen bullet, and the two
# long-vowel marks that Japanese input methods give for the key with the dash.
_FURTHER_DASHES: Final = frozenset("\u2212\u00ad\u2043\u30fc\uff70")


class Secret:
    """The secret digits. Shows them to nobody who does not ask with `reveal`."""

    __slots__ = ("_digits",)

    def __init__(self, digits: str) -> None:
        if not (digits.isascii() and digits.isdecimal()):
            raise RuntimeError("a secret is made of digits alone")
        self._digits = digits

    def reveal(self) -> str:
        """Give the digits, for the screen, the clipboard and the handshake alone."""
        return self._digits

    def __len__(self) -> int:
        return len(self._digits)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._digits, other._digits)

    def __hash__(self) -> int:
        return hash((Secret, self._digits))

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not stored")

    def __repr__(self) -> str:
        return "Secret(hidden)"


@dataclass(frozen=True, slots=True, repr=False)
class ConnectionCode:
    """A whole connection code. One that exists has a length that a target can split.

    Raises ProtocolViolation where the node gave routing digits that fit no code.
    """

    routing: str
    secret: Secret

    def __post_init__(self) -> None:
        if not (self.routing.isascii() and self.routing.isdecimal()):
            raise ProtocolViolation("routing digits that are not digits")
        lengths = (len(self.routing), len(self.secret))
        if lengths not in _SPLITS.values():
            raise ProtocolViolation(
                f"no code has {lengths[0]} routing digits and {lengths[1]} secret ones"
            )

    def digits(self) -> str:
        """Give the whole code, check digit included, without spaces."""
        others = self.routing + self.secret.reveal()
        return others + damm_check_digit(others)

    def grouped(self) -> str:
        """Give the whole code as people read it out: groups of four."""
        return group_digits(self.digits())

    def __repr__(self) -> str:
        return f"ConnectionCode({self.routing[0]}..., hidden)"


def draw_secret(digit_count: int, random_below: Callable[[int], int]) -> Secret:
    """Draw a secret of that many digits; `random_below` is `secrets.randbelow` in the programs.

    Raises ProtocolViolation for a count that no code has: it is the node that says it.
    """
    if digit_count not in SECRET_DIGIT_COUNTS:
        raise ProtocolViolation(f"no code has {digit_count} secret digits")
    return Secret(f"{random_below(10**digit_count):0{digit_count}d}")


def damm_check_digit(digits: str) -> str:
    """Compute the check digit of decimal digits (Damm 2004).

    It finds every single wrong digit and every swap of two neighbours.
    """
    interim = 0
    for digit in digits:
        interim = _DAMM_TABLE[interim][int(digit)]
    return str(interim)


def group_digits(digits: str) -> str:
    """Put a space after each four characters; also of a code that is still being typed."""
    return " ".join(digits[start : start + 4] for start in range(0, len(digits), 4))


def normalise(text: str) -> str:
    """Take spaces, dashes and invisible characters out; make every decimal digit ASCII.

    Other characters stay, so that nobody's typing error is silently another code.
    """
    return "".join(map(_normalise_character, text.strip()[:MAXIMUM_TYPED_CHARACTERS]))


def _normalise_character(character: str) -> str:
    value = unicodedata.decimal(character, None)
    if value is not None:
        return str(value)
    if character.isspace() or character in _FURTHER_DASHES:
        return ""
    return "" if unicodedata.category(character) in ("Pd", "Cf", "Cc") else character


def typing_problem(text: str) -> CodeTypingProblem | None:
    """Say what is wrong with typed text, or None where it is a well-formed code."""
    digits = normalise(text)
    if not digits:
        return CodeTypingProblem.EMPTY
    if not digits.isdecimal():
        return CodeTypingProblem.LETTERS
    if len(digits) < min(_SPLITS):
        return CodeTypingProblem.TOO_SHORT
    if len(digits) > max(_SPLITS):
        return CodeTypingProblem.TOO_LONG
    if damm_check_digit(digits[:-1]) != digits[-1]:
        return CodeTypingProblem.WRONG_CHECK_DIGIT
    return None


def parse(text: str) -> ConnectionCode:
    """Read a typed code. Raises InvalidCode, which says what `typing_problem` says."""
    problem = typing_problem(text)
    if problem is not None:
        raise InvalidCode(problem)
    digits = normalise(text)
    routing_digit_count, _ = _SPLITS[len(digits)]
    return ConnectionCode(digits[:routing_digit_count], Secret(digits[routing_digit_count:-1]))
