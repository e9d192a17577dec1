"""Codes and claims, one behaviour a test; time moves only by `meeting.advance`."""

import pytest

from common.broker.limits import Limits
from common.broker.parties import Agreement
from common.errors import ProtocolViolation
from common.protocol import broker_messages as broker
from common.protocol.policies import SessionMode
from common.reasons import CodeEnd, PairingProblem
from tests.broker.meeting import COMMITMENT, NONCE, TRANSCRIPT, Meeting


@pytest.fixture
def meeting() -> Meeting:
    return Meeting()


def problem_of(meeting: Meeting, target: int, routing: str) -> PairingProblem:
    """What a target hears that claims this number now."""
    meeting.send(target, broker.Claim(routing, NONCE))
    return meeting.take(target, broker.ClaimRefused).problem


# The way of a code that is typed rightly.


def test_a_code_is_issued_with_its_life(meeting: Meeting) -> None:
    code = meeting.start(meeting.controller())

    assert len(code.routing) == 4
    assert (code.lifetime_seconds, code.extends_left, code.secret_digit_count) == (900, 3, 7)
    assert len(code.owner_token) == 32


def test_a_claim_is_announced_accepted_and_offered(meeting: Meeting) -> None:
    controller, target = meeting.controller(), meeting.target()
    code = meeting.start(controller)
    claim = meeting.claim(target, code.routing)
    claimed = meeting.take(controller, broker.Claimed)
    assert claimed == broker.Claimed(claim, NONCE, f"computer-{target}", b"f" * 32)
    meeting.advance(4)

    meeting.accept(controller, claim)

    (offer,) = meeting.offers
    agreement = offer.agreement
    assert isinstance(agreement, Agreement)
    assert (agreement.claim, agreement.routing) == (claim, code.routing)
    assert (agreement.target_nonce, agreement.share_commitment) == (NONCE, COMMITMENT)
    assert agreement.target.target_id == f"id-{target}"
    assert agreement.lifetime_seconds == 896
    assert meeting.joined == {(controller, target)}


def test_a_session_is_granted_when_both_report_the_same_transcript(meeting: Meeting) -> None:
    controller, target = meeting.controller(), meeting.target()
    code, claim = meeting.offered(controller, target)

    meeting.send(target, broker.Paired(claim, TRANSCRIPT))
    assert meeting.grants == []
    meeting.send(controller, broker.Paired(claim, TRANSCRIPT))

    (grant,) = meeting.grants
    assert grant.transcript_hash == TRANSCRIPT
    assert meeting.take(controller, broker.CodeEnded) == broker.CodeEnded(
        code.routing, CodeEnd.USED
    )
    assert meeting.joined == {(controller, target)}


def test_different_transcripts_are_granted_nothing_and_use_the_code_up(meeting: Meeting) -> None:
    controller, target = meeting.controller(), meeting.target()
    code, claim = meeting.offered(controller, target)
    meeting.send(target, broker.Paired(claim, b"x" * 32))
    meeting.send(controller, broker.Paired(claim, TRANSCRIPT))

    assert meeting.grants == []
    assert meeting.joined == set()
    assert meeting.take(controller, broker.Released) == broker.Released(claim)
    assert meeting.take(controller, broker.CodeEnded).end is CodeEnd.USED
    meeting.take(target, broker.Released)
    assert problem_of(meeting, meeting.target(), code.routing) is PairingProblem.USED


def test_a_session_outlives_every_deadline(meeting: Meeting) -> None:
    controller, target = meeting.controller(), meeting.target()
    _, claim = meeting.offered(controller, target)
    meeting.pair(controller, target, claim)
    meeting.advance(100_000)

    assert meeting.joined == {(controller, target)}


@pytest.mark.parametrize("leaver", ["controller", "target"])
def test_either_can_leave_a_session_and_both_are_told(meeting: Meeting, leaver: str) -> None:
    controller, target = meeting.controller(), meeting.target()
    _, claim = meeting.offered(controller, target)
    meeting.pair(controller, target, claim)
    meeting.take_all(controller)

    meeting.send({"controller": controller, "target": target}[leaver], broker.LeaveSession(claim))

    assert meeting.joined == set()
    assert meeting.take_all(controller) == [broker.Released(claim)]
    assert meeting.take_all(target) == [broker.Released(claim)]


@pytest.mark.parametrize("lost", ["controller", "target"])
def test_a_lost_connection_ends_the_session_of_the_other(meeting: Meeting, lost: str) -> None:
    controller, target = meeting.controller(), meeting.target()
    _, claim = meeting.offered(controller, target)
    meeting.pair(controller, target, claim)
    meeting.take_all(controller)
    gone, stays = {"controller": (controller, target), "target": (target, controller)}[lost]

    meeting.leave(gone)

    assert meeting.joined == set()
    assert meeting.take_all(stays) == [broker.Released(claim, other_is_lost=True)]


# The life of a code.


def test_a_code_expires_after_fifteen_minutes_everywhere(meeting: Meeting) -> None:
    controller, target = meeting.controller(), meeting.target()
    code = meeting.start(controller)
    meeting.advance(899.9)
    assert meeting.take_all(controller) == []

    meeting.advance(0.1)

    assert meeting.take(controller, broker.CodeEnded).end is CodeEnd.EXPIRED
    assert problem_of(meeting, target, code.routing) is PairingProblem.EXPIRED


def test_extend_gives_the_whole_time_again_three_times(meeting: Meeting) -> None:
    controller = meeting.controller()
    code = meeting.start(controller)
    extend = broker.ExtendCode(code.routing, code.owner_token)
    for left in (2, 1, 0):
        meeting.advance(800)
        meeting.send(controller, extend)
        assert meeting.take(controller, broker.CodeExtended) == broker.CodeExtended(
            code.routing, 900, left
        )

    meeting.send(controller, extend)

    assert meeting.take(controller, broker.CodeRefused) == broker.CodeRefused(0)
    meeting.advance(900)
    assert meeting.take(controller, broker.CodeEnded).end is CodeEnd.EXPIRED


def test_extend_does_not_give_tries_back(meeting: Meeting) -> None:
    controller = meeting.controller()
    code = meeting.start(controller)
    for _ in range(3):
        target = meeting.target()
        claim = meeting.claim(target, code.routing)
        meeting.accept(controller, claim)
        meeting.fail(controller, claim)
        meeting.send(controller, broker.ExtendCode(code.routing, code.owner_token))

    assert problem_of(meeting, meeting.target(), code.routing) is PairingProblem.WRONG_THREE_TIMES


def test_the_third_wrong_secret_kills_the_code(meeting: Meeting) -> None:
    controller = meeting.controller()
    code = meeting.start(controller)
    for attempt in range(3):
        target = meeting.target()
        claim = meeting.claim(target, code.routing)
        meeting.take(controller, broker.Claimed)
        meeting.accept(controller, claim)
        meeting.fail(controller, claim)
        assert meeting.take(target, broker.Released) == broker.Released(claim)
        meeting.take(controller, broker.Released)
        assert (code.routing in meeting.rendezvous._register.codes) == (attempt < 2)

    assert meeting.take(controller, broker.CodeEnded).end is CodeEnd.WRONG_THREE_TIMES
    assert problem_of(meeting, meeting.target(), code.routing) is PairingProblem.WRONG_THREE_TIMES


@pytest.mark.parametrize("problem", ["left", "malformed"])
def test_a_claimant_that_leaves_or_sends_nonsense_costs_no_try(
    meeting: Meeting, problem: str
) -> None:
    controller = meeting.controller()
    code = meeting.start(controller)
    for _ in range(20):
        claim = meeting.claim(meeting.target(), code.routing)
        meeting.accept(controller, claim)
        meeting.fail(controller, claim, problem)

    assert code.routing in meeting.rendezvous._register.codes


def test_a_cancelled_code_is_dead(meeting: Meeting) -> None:
    controller = meeting.controller()
    code = meeting.start(controller)
    meeting.send(controller, broker.CancelCode(code.routing, code.owner_token))

    assert meeting.take(controller, broker.CodeEnded).end is CodeEnd.CANCELLED
    assert problem_of(meeting, meeting.target(), code.routing) is PairingProblem.CANCELLED


def test_a_code_that_its_owner_saw_expire_has_expired(meeting: Meeting) -> None:
    controller = meeting.controller()
    code = meeting.start(controller)
    cancel = broker.CancelCode(code.routing, code.owner_token, CodeEnd.EXPIRED)
    meeting.send(controller, cancel)

    assert problem_of(meeting, meeting.target(), code.routing) is PairingProblem.EXPIRED


def test_request_new_gives_another_code_and_the_old_one_is_replaced(meeting: Meeting) -> None:
    controller = meeting.controller()
    old = meeting.start(controller)
    session_id = meeting.session_id()
    replace = broker.ReplaceCode(old.routing, old.owner_token, SessionMode.CHAT, session_id)
    meeting.advance(500)
    meeting.send(controller, replace)

    new = meeting.take(controller, broker.CodeIssued)
    assert new.session_id == session_id
    assert new.routing != old.routing
    assert new.lifetime_seconds == 900
    assert meeting.take_all(controller) == []
    assert problem_of(meeting, meeting.target(), old.routing) is PairingProblem.REPLACED


def test_request_new_after_the_end_of_a_code_gives_a_code(meeting: Meeting) -> None:
    controller = meeting.controller()
    old = meeting.start(controller)
    meeting.advance(900)
    meeting.take(controller, broker.CodeEnded)
    replace = broker.ReplaceCode(
        old.routing, old.owner_token, SessionMode.ACTIVE, meeting.session_id()
    )
    meeting.send(controller, replace)

    meeting.take(controller, broker.CodeIssued)


def test_a_second_start_replaces_the_first_code(meeting: Meeting) -> None:
    controller = meeting.controller()
    first = meeting.start(controller)
    meeting.start(controller)

    assert problem_of(meeting, meeting.target(), first.routing) is PairingProblem.REPLACED


def test_a_new_code_ends_a_running_session(meeting: Meeting) -> None:
    controller, target = meeting.controller(), meeting.target()
    _, claim = meeting.offered(controller, target)
    meeting.pair(controller, target, claim)
    meeting.take_all(controller)
    meeting.send(controller, broker.StartSession(SessionMode.ACTIVE, meeting.session_id()))

    assert meeting.joined == set()
    assert meeting.take(target, broker.Released) == broker.Released(claim)


def test_a_cancel_that_crosses_the_grant_ends_the_session(meeting: Meeting) -> None:
    controller, target = meeting.controller(), meeting.target()
    code, claim = meeting.offered(controller, target)
    meeting.pair(controller, target, claim)
    meeting.send(controller, broker.CancelCode(code.routing, code.owner_token))

    assert meeting.joined == set()
    assert meeting.take(target, broker.Released) == broker.Released(claim)


def test_a_used_session_id_is_refused(meeting: Meeting) -> None:
    controller = meeting.controller()
    code = meeting.start(controller)
    for connection in (controller, meeting.controller()):
        meeting.send(connection, broker.StartSession(SessionMode.ACTIVE, code.session_id))
        assert meeting.take(connection, broker.CodeRefused) == broker.CodeRefused(0)
    assert code.routing in meeting.rendezvous._register.codes


# Who owns a code.


def test_a_code_outlives_its_controllers_connection_for_two_minutes(meeting: Meeting) -> None:
    controller = meeting.controller()
    code = meeting.start(controller)
    meeting.leave(controller)
    meeting.advance(119)
    again = meeting.controller()
    meeting.send(again, broker.ResumeCode(code.routing, code.owner_token))

    assert meeting.take(again, broker.CodeExtended) == broker.CodeExtended(code.routing, 781, 3)
    meeting.advance(700)
    assert code.routing in meeting.rendezvous._register.codes


def test_a_code_dies_when_its_controller_is_gone_for_too_long(meeting: Meeting) -> None:
    controller = meeting.controller()
    code = meeting.start(controller)
    meeting.leave(controller)
    meeting.advance(120)

    assert problem_of(meeting, meeting.target(), code.routing) is PairingProblem.CONTROLLER_LEFT
    again = meeting.controller()
    meeting.send(again, broker.ResumeCode(code.routing, code.owner_token))
    assert meeting.take(again, broker.CodeEnded).end is CodeEnd.CONTROLLER_GONE


def test_a_claim_made_while_the_controller_was_away_is_announced_when_it_is_back(
    meeting: Meeting,
) -> None:
    controller, target = meeting.controller(), meeting.target()
    code = meeting.start(controller)
    meeting.leave(controller)
    claim = meeting.claim(target, code.routing)
    meeting.advance(5)
    again = meeting.controller()
    meeting.send(again, broker.ResumeCode(code.routing, code.owner_token))

    meeting.take(again, broker.CodeExtended)
    assert meeting.take(again, broker.Claimed).claim == claim
    meeting.accept(again, claim)
    assert meeting.joined == {(again, target)}


def test_a_claim_waits_for_an_absent_controller_no_longer_than_for_another(
    meeting: Meeting,
) -> None:
    controller, target = meeting.controller(), meeting.target()
    code = meeting.start(controller)
    meeting.leave(controller)
    meeting.claim(target, code.routing)
    meeting.advance(10)

    assert meeting.take(target, broker.ClaimRefused).problem is PairingProblem.CONTROLLER_LEFT


def test_resume_takes_the_code_from_a_connection_that_only_seems_alive(meeting: Meeting) -> None:
    old, target = meeting.controller(), meeting.target()
    code, claim = meeting.offered(old, target)
    new = meeting.controller()
    meeting.send(new, broker.ResumeCode(code.routing, code.owner_token))

    assert meeting.joined == set()
    assert meeting.take(target, broker.Released) == broker.Released(claim, other_is_lost=True)
    meeting.take(new, broker.CodeExtended)
    meeting.leave(old)
    meeting.advance(300)
    assert code.routing in meeting.rendezvous._register.codes


@pytest.mark.parametrize("kind", [broker.ExtendCode, broker.ResumeCode, broker.CancelCode])
def test_a_wrong_owner_token_gives_no_right_and_no_hint(
    meeting: Meeting,
    kind: type[broker.ExtendCode] | type[broker.ResumeCode] | type[broker.CancelCode],
) -> None:
    owner, other = meeting.controller(), meeting.controller()
    code = meeting.start(owner)
    for routing in (code.routing, "9999"):
        meeting.send(other, kind(routing, "0" * 32))
        answer = broker.CodeEnded(routing, CodeEnd.EXPIRED)
        assert meeting.take(other, broker.CodeEnded) == answer

    assert meeting.take_all(owner) == []
    assert code.routing in meeting.rendezvous._register.codes


def test_a_wrong_owner_token_replaces_nobodys_code(meeting: Meeting) -> None:
    owner, other = meeting.controller(), meeting.controller()
    code = meeting.start(owner)
    meeting.send(
        other,
        broker.ReplaceCode(code.routing, "0" * 32, SessionMode.ACTIVE, meeting.session_id()),
    )

    meeting.take(other, broker.CodeIssued)
    assert code.routing in meeting.rendezvous._register.codes


def test_extending_from_another_connection_needs_a_resume_first(meeting: Meeting) -> None:
    owner, other = meeting.controller(), meeting.controller()
    code = meeting.start(owner)

    with pytest.raises(ProtocolViolation):
        meeting.send(other, broker.ExtendCode(code.routing, code.owner_token))


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
