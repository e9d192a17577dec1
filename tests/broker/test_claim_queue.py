"""The queue of claims, the limits of addresses, and the alarm; one behaviour a test."""

import pytest

from common.broker.limits import Limits
from common.protocol import broker_messages as broker
from common.protocol.policies import SessionMode
from common.reasons import CodeEnd, PairingProblem
from tests.broker.meeting import NONCE, Meeting, problem_of


@pytest.fixture
def meeting() -> Meeting:
    return Meeting()


# The queue.


def test_claims_are_served_one_after_the_other(meeting: Meeting) -> None:
    controller = meeting.controller()
    targets = [meeting.target() for _ in range(3)]
    code = meeting.start(controller)
    for before, target in enumerate(targets):
        meeting.send(target, broker.Claim(code.routing, NONCE))
        assert meeting.take(target, broker.ClaimQueued).claims_before == before

    for target in targets:
        claimed = meeting.take(controller, broker.Claimed)
        assert claimed.computer_name == f"computer-{target}"
        assert meeting.take_all(controller) == []
        meeting.accept(controller, claimed.claim)
        meeting.fail(controller, claimed.claim, "malformed")
        assert meeting.take(controller, broker.Released).claim == claimed.claim


def test_a_claim_alone_has_ten_seconds(meeting: Meeting) -> None:
    controller, target = meeting.controller(), meeting.target()
    _, claim = meeting.offered(controller, target)
    meeting.advance(9.9)
    assert meeting.take_all(target) == []

    meeting.advance(0.1)

    assert meeting.take(target, broker.Released) == broker.Released(claim)
    assert meeting.joined == set()


def test_a_claim_has_three_seconds_once_another_waits(meeting: Meeting) -> None:
    controller, first, second = meeting.controller(), meeting.target(), meeting.target()
    code, claim = meeting.offered(controller, first)
    meeting.advance(2)
    waiting = meeting.claim(second, code.routing)
    meeting.advance(2.9)
    assert meeting.take_all(first) == []

    meeting.advance(0.1)

    assert meeting.take(first, broker.Released) == broker.Released(claim)
    meeting.take(controller, broker.Released)
    assert meeting.take(controller, broker.Claimed).claim == waiting


def test_those_who_come_and_go_in_the_queue_do_not_lengthen_a_turn(meeting: Meeting) -> None:
    controller, first = meeting.controller(), meeting.target()
    code, _ = meeting.offered(controller, first)
    for _ in range(3):
        visitor = meeting.target()
        meeting.claim(visitor, code.routing)
        meeting.advance(1)
        meeting.leave(visitor)

    assert meeting.take_all(first) != []


def test_the_claim_of_a_second_computer_at_one_address_is_refused(meeting: Meeting) -> None:
    controller = meeting.controller()
    code = meeting.start(controller)
    meeting.claim(meeting.target("203.0.113.9"), code.routing)
    second = meeting.target("203.0.113.9")

    assert problem_of(meeting, second, code.routing) is PairingProblem.TOO_MANY_CLAIMS


def test_the_queue_is_bounded() -> None:
    meeting = Meeting(Limits(waiting_claims_per_code=5))
    code = meeting.start(meeting.controller())
    for _ in range(6):
        meeting.claim(meeting.target(), code.routing)

    assert problem_of(meeting, meeting.target(), code.routing) is PairingProblem.TOO_MANY_CLAIMS


def test_those_queued_at_success_hear_used_and_the_controller_how_many(meeting: Meeting) -> None:
    controller, target = meeting.controller(), meeting.target()
    code, claim = meeting.offered(controller, target)
    others = [meeting.target() for _ in range(3)]
    for other in others:
        meeting.claim(other, code.routing)
    meeting.pair(controller, target, claim)

    for other in others:
        assert meeting.take(other, broker.ClaimRefused).problem is PairingProblem.USED
    assert meeting.take(controller, broker.CodeEnded) == broker.CodeEnded(
        code.routing, CodeEnd.USED, waiting_claims=3
    )


@pytest.mark.parametrize(
    ("end", "problem"),
    [
        (CodeEnd.CANCELLED, PairingProblem.CANCELLED),
        (CodeEnd.EXPIRED, PairingProblem.EXPIRED),
    ],
)
def test_those_queued_hear_how_the_code_ended(
    meeting: Meeting, end: CodeEnd, problem: PairingProblem
) -> None:
    controller, first, second = meeting.controller(), meeting.target(), meeting.target()
    code = meeting.start(controller)
    for target in (first, second):
        meeting.claim(target, code.routing)
    meeting.send(controller, broker.CancelCode(code.routing, code.owner_token, end))

    for target in (first, second):
        assert meeting.take(target, broker.ClaimRefused).problem is problem


def test_the_code_waits_on_after_a_claimant_has_left(meeting: Meeting) -> None:
    controller, first, second = meeting.controller(), meeting.target(), meeting.target()
    code, claim = meeting.offered(controller, first)
    waiting = meeting.claim(second, code.routing)
    meeting.leave(first)

    assert meeting.take(controller, broker.Released) == broker.Released(claim, True)
    assert meeting.take(controller, broker.Claimed).claim == waiting


def test_a_target_can_leave_the_queue(meeting: Meeting) -> None:
    controller, first, second = meeting.controller(), meeting.target(), meeting.target()
    code, _ = meeting.offered(controller, first)
    waiting = meeting.claim(second, code.routing)
    meeting.send(second, broker.LeaveSession(waiting))

    assert meeting.take(second, broker.Released) == broker.Released(waiting)
    assert meeting.take_all(controller) == []


def test_a_second_claim_of_a_target_gives_its_first_one_up(meeting: Meeting) -> None:
    controller, target = meeting.controller(), meeting.target()
    code = meeting.start(controller)
    first = meeting.claim(target, code.routing)
    meeting.take(controller, broker.Claimed)
    second = meeting.claim(target, code.routing)

    assert second != first
    assert meeting.take_all(target) == []
    assert meeting.take(controller, broker.Released) == broker.Released(first)
    assert meeting.take(controller, broker.Claimed).claim == second


def test_a_number_that_nobody_has_is_unknown(meeting: Meeting) -> None:
    code = meeting.start(meeting.controller())
    other = f"{(int(code.routing) + 1) % 10_000:04d}"

    assert problem_of(meeting, meeting.target(), other) is PairingProblem.UNKNOWN


# Limits and alarm.


def test_an_address_that_claims_too_often_is_told_how_long_to_wait(meeting: Meeting) -> None:
    target = meeting.target()
    for _ in range(10):
        assert problem_of(meeting, target, "123456") is PairingProblem.UNKNOWN
    meeting.advance(20)
    meeting.send(target, broker.Claim("123456", NONCE))

    refused = meeting.take(target, broker.ClaimRefused)
    assert refused == broker.ClaimRefused(PairingProblem.TOO_MANY_CLAIMS, 40)
    meeting.advance(40)
    assert problem_of(meeting, target, "123456") is PairingProblem.UNKNOWN


def test_an_address_gets_thirty_new_codes_a_minute(meeting: Meeting) -> None:
    controller = meeting.controller()
    for _ in range(30):
        code = meeting.start(controller)
    replace = broker.ReplaceCode(
        code.routing, code.owner_token, SessionMode.ACTIVE, meeting.session_id()
    )
    meeting.send(controller, replace)

    assert meeting.take(controller, broker.CodeRefused) == broker.CodeRefused(60)
    assert code.routing in meeting.rendezvous._register.codes


def test_an_address_that_leaves_ten_claims_pauses() -> None:
    meeting = Meeting(Limits(claims_per_minute=100))
    code = meeting.start(meeting.controller())
    for _ in range(10):
        target = meeting.target("203.0.113.9")
        meeting.claim(target, code.routing)
        meeting.leave(target)
    target = meeting.target("203.0.113.9")
    meeting.send(target, broker.Claim(code.routing, NONCE))

    refused = meeting.take(target, broker.ClaimRefused)
    assert refused == broker.ClaimRefused(PairingProblem.TOO_MANY_CLAIMS, 600)
    meeting.claim(meeting.target(), code.routing)


def test_twenty_wrong_codes_in_an_hour_make_new_codes_longer_for_a_day() -> None:
    meeting = Meeting(Limits(codes_per_minute=1000))
    controller = meeting.controller()
    for _ in range(20):
        code, claim = meeting.offered(controller, meeting.target())
        assert (len(code.routing), code.secret_digit_count) == (4, 7)
        meeting.fail(controller, claim)
        meeting.take_all(controller)

    code = meeting.start(controller)
    assert (len(code.routing), code.secret_digit_count) == (5, 9)
    meeting.advance(24 * 3600)
    meeting.take_all(controller)
    code = meeting.start(controller)
    assert (len(code.routing), code.secret_digit_count) == (4, 7)


def test_nine_secret_digits_by_settings_come_with_five_routing_digits() -> None:
    meeting = Meeting(Limits(secret_digit_count=9))
    code = meeting.start(meeting.controller())

    assert (len(code.routing), code.secret_digit_count) == (5, 9)


def test_a_controller_is_told_when_there_are_no_numbers_left() -> None:
    meeting = Meeting(Limits(busy_numbers_percent=1, codes_per_minute=1_000_000))
    controller = meeting.controller()
    for _ in range(101 + 1001 + 10_001):
        meeting.start(controller)
    meeting.send(controller, broker.StartSession(SessionMode.ACTIVE, meeting.session_id()))

    assert meeting.take(controller, broker.CodeRefused).retry_after_seconds > 0
