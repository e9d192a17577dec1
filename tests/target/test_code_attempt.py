"""A typed code goes from server to server, and one sentence comes of it."""

import pytest

from common.protocol.connection_code import ConnectionCode, Secret
from common.reasons import ConnectionProblem, PairingProblem
from common.transport.candidates import Candidate
from common.transport.server_address import ServerAddress
from common.transport.trust_level import TrustLevel
from target_app.code_attempt import CodeAttempt, Disappointments, problem_of_connection

CODE = ConnectionCode("4821", Secret("6603917"))


def candidate(number: int) -> Candidate:
    place = ServerAddress("10.0.0.1", 47111, number.to_bytes(32))
    return Candidate((place,), TrustLevel.PROVISIONAL)


def test_each_server_is_tried_once_also_when_others_turn_up() -> None:
    attempt = CodeAttempt(CODE)
    first, second, third = candidate(1), candidate(2), candidate(3)
    assert attempt.next_server([first, second]) is first
    assert attempt.has_more([first, second])
    assert attempt.next_server([third, first, second]) is third
    assert attempt.next_server([third, first, second]) is second
    assert not attempt.has_more([third, first, second])
    assert attempt.next_server([third, first, second]) is None
    assert attempt.server is None


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ([], PairingProblem.BROKER_UNREACHABLE),
        (["unknown", "broker_unreachable"], PairingProblem.UNKNOWN),
        (["broker_unreachable", "unknown"], PairingProblem.UNKNOWN),
        (["unknown", "not_authenticated"], PairingProblem.NOT_AUTHENTICATED),
        (["unknown", "expired", "unknown"], PairingProblem.EXPIRED),
        (["used", "cancelled"], PairingProblem.USED),
    ],
)
def test_what_says_most_is_what_the_user_reads(said: list[str], read: PairingProblem) -> None:
    attempt = CodeAttempt(CODE)
    for problem in said:
        attempt.failed(PairingProblem(problem))
    assert attempt.problem is read


def test_the_time_to_wait_belongs_to_the_problem_that_is_read() -> None:
    attempt = CodeAttempt(CODE)
    attempt.failed(PairingProblem.TOO_MANY_CLAIMS, 40)
    attempt.failed(PairingProblem.UNKNOWN, 0)
    assert attempt.retry_after_seconds == 40


def test_the_code_is_not_shown() -> None:
    assert "4821" not in repr(CodeAttempt(CODE))


def test_only_a_refused_hello_means_that_the_server_does_not_know_this_computer() -> None:
    for problem in ConnectionProblem:
        is_refused = problem is ConnectionProblem.NOT_AUTHENTICATED
        said = problem_of_connection(problem)
        assert (said is PairingProblem.NOT_AUTHENTICATED) == is_refused


def test_who_disappointed_is_remembered_for_one_number() -> None:
    disappointments = Disappointments()
    disappointments.add("4821", b"a")
    disappointments.add("4821", b"b")
    assert disappointments.with_number("4821") == {b"a", b"b"}
    assert disappointments.with_number("1234") == frozenset()
    disappointments.add("1234", b"c")
    assert disappointments.with_number("1234") == {b"c"}
    assert disappointments.with_number("4821") == frozenset()
