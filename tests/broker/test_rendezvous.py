"""Codes and claims, one behaviour a test; time moves only by `meeting.advance`."""

import pytest

from common.broker.parties import Agreement
from common.errors import ProtocolViolation
from common.protocol import broker_messages as broker
from common.protocol.policies import SessionMode
from common.reasons import CodeEnd, PairingProblem
from tests.broker.meeting import COMMITMENT, NONCE, TRANSCRIPT, Meeting, problem_of


@pytest.fixture
def meeting() -> Meeting:
    return Meeting()


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
