"""Whole stories of a real controller and a real target, joined by an honest node in memory."""

from random import Random

import msgspec
import pytest

from common.protocol import broker_messages as broker
from common.protocol.policies import NEUTRAL_POLICIES, Policies, SessionMode, TimeoutAction
from common.protocol.session_events import (
    AcceptanceAsked,
    CodeChanged,
    CodeDied,
    InputReceived,
    PairingEnded,
    PictureAcknowledged,
    ReleaseHeld,
    ScreenReceived,
    SessionEnded,
    SessionPaired,
    SessionStarted,
)
from common.protocol.session_messages import (
    AllReleased,
    KeyPressed,
    KeyReleased,
    PictureUpdate,
    ScreenLayout,
)
from common.reasons import CodeEnd, EndReason, PairingProblem
from tests.support.node_double import Delivery, NodeDouble, deliver
from tests.support.paired_ends import (
    PeerPair,
    TargetEnd,
    every,
    final,
    last,
    with_wrong_secret,
)

NOT_ASKING = Policies(enable_user_acceptance_for_incoming_connections=False)


def ended(pair: PeerPair) -> tuple[SessionEnded, SessionEnded]:
    """The one end that each side has told."""
    (controller,) = final(pair.controller.events)
    (target,) = final(pair.target.events)
    assert isinstance(controller, SessionEnded)
    assert isinstance(target, SessionEnded)
    return controller, target


def running_pair(policies: Policies = NOT_ASKING) -> PeerPair:
    pair = PeerPair(NodeDouble(policies))
    pair.pair()
    assert pair.target.session is not None
    return pair


# From the code to goodbye.


def test_a_session_goes_from_the_code_to_goodbye() -> None:
    pair = PeerPair()
    pair.run()
    started = last(pair.controller.events, SessionStarted)
    assert (started.computer_name, started.mode) == ("kitchen-pc", SessionMode.ACTIVE)
    assert started.security_number == last(pair.target.events, AcceptanceAsked).security_number

    pair.send_input(KeyPressed(4, "a"), KeyReleased(4, "a"))
    given = [event.message for event in every(pair.target.events, InputReceived)]
    assert given == [KeyPressed(4, "a"), KeyReleased(4, "a")]

    assert pair.target.session is not None
    screen: list[ScreenLayout | PictureUpdate] = [
        ScreenLayout(64, 48),
        PictureUpdate(1, True, bytes(200_000)),
    ]
    for message in screen:
        pair.target.session.send_screen(message)
    pair.settle()
    received = [event.message for event in every(pair.controller.events, ScreenReceived)]
    assert received == screen
    assert pair.controller.session is not None
    pair.controller.session.acknowledge(1, 500)
    pair.settle()
    assert pair.target.events[-1] == PictureAcknowledged(1, 500)

    pair.controller.end(EndReason.CONTROLLER_ENDED, pair.now)
    pair.settle()
    reason = EndReason.CONTROLLER_ENDED
    assert ended(pair) == (SessionEnded(reason, False), SessionEnded(reason, True))
    assert pair.target.events[-2] == ReleaseHeld()


def test_another_session_follows_on_the_same_connections() -> None:
    pair = PeerPair()
    numbers = set()
    for _ in range(3):
        pair.run()
        numbers.add(pair.code.digits())
        pair.target.end(EndReason.TARGET_ENDED, pair.now)
        pair.settle()
    assert len(numbers) == 3
    assert len(final(pair.controller.events)) == len(final(pair.target.events)) == 3
    assert not pair.controller.violations
    assert not pair.target.violations


def test_an_hour_of_session_rekeys_and_goes_on() -> None:
    pair = running_pair()
    for minute in range(60):
        pair.advance(60)
        pair.send_input(KeyPressed(4, "a"), KeyReleased(4, "a"))
        assert len(every(pair.target.events, InputReceived)) == 2 * (minute + 1)
    assert pair.controller.session is not None


def test_the_node_never_sees_the_secret() -> None:
    pair = PeerPair()
    pair.run()
    pair.send_input(KeyPressed(4, "a"))
    secret = pair.code.secret.reveal().encode()
    seen = [said if isinstance(said, bytes) else repr(said).encode() for said in pair.node.seen]
    assert not any(secret in said for said in seen)


# The question.


@pytest.mark.parametrize("user", ["refuses", "is silent"])
def test_a_session_that_is_not_accepted_shows_and_does_nothing(user: str) -> None:
    pair = PeerPair()
    pair.pair()
    pair.advance(10)
    if user == "refuses":
        pair.answer(False)
    pair.advance(40)
    reason = EndReason.REFUSED_BY_USER if user == "refuses" else EndReason.NOT_ANSWERED
    assert ended(pair) == (SessionEnded(reason, True), SessionEnded(reason, False))
    assert every(pair.target.events, SessionStarted) == []
    assert every(pair.controller.events, SessionStarted) == []


def test_the_controller_s_count_down_is_the_target_s() -> None:
    pair = PeerPair()
    pair.pair()
    at_controller = last(pair.controller.events, AcceptanceAsked).expires_at
    assert at_controller == last(pair.target.events, AcceptanceAsked).expires_at == pair.now + 45


def test_silence_starts_the_session_where_both_sides_say_so() -> None:
    node = NodeDouble(Policies(acceptance_timeout_action=TimeoutAction.PROCEED))
    pair = PeerPair(node)
    pair.pair()
    pair.advance(46)
    assert pair.target.session is not None
    assert len(every(pair.controller.events, SessionStarted)) == 1


@pytest.mark.parametrize("policies", [NOT_ASKING, Policies(acceptance_grace_time=0)])
def test_without_a_question_the_session_starts_at_once(policies: Policies) -> None:
    pair = running_pair(policies)
    assert every(pair.target.events, AcceptanceAsked) == []
    assert every(pair.controller.events, AcceptanceAsked) == []
    assert len(every(pair.controller.events, SessionStarted)) == 1


def test_a_server_that_nobody_pinned_can_not_take_the_question_away() -> None:
    pair = PeerPair(NodeDouble(NOT_ASKING), is_pinned=False)
    pair.pair()
    asked = last(pair.target.events, AcceptanceAsked)
    assert not asked.is_verified
    assert every(pair.controller.events, SessionStarted) == []


def test_the_controller_can_go_while_the_user_is_asked() -> None:
    pair = PeerPair()
    pair.pair()
    pair.controller.end(EndReason.CANCELLED, pair.now)
    pair.settle()
    reason = EndReason.CANCELLED
    assert ended(pair) == (SessionEnded(reason, False), SessionEnded(reason, True))


# Policies.


def test_a_session_that_no_mode_is_allowed_for_is_refused() -> None:
    own = msgspec.structs.replace(NEUTRAL_POLICIES, active=False, monitor=False)
    pair = PeerPair(own=own)
    pair.pair()
    reason = EndReason.REFUSED_BY_POLICY
    assert ended(pair) == (SessionEnded(reason, True), SessionEnded(reason, False))
    assert every(pair.target.events, AcceptanceAsked) == []


def test_a_monitor_session_takes_no_input() -> None:
    pair = PeerPair(mode=SessionMode.MONITOR)
    pair.run()
    pair.send_input(KeyPressed(4, "a"), AllReleased())
    assert every(pair.target.events, InputReceived) == []
    assert pair.target.session is not None
    assert pair.target.session.refused_inputs == 0  # an honest controller does not even ask


def test_the_target_may_allow_less_than_was_asked_for() -> None:
    own = msgspec.structs.replace(NEUTRAL_POLICIES, active=False)
    pair = PeerPair(own=own)
    pair.run()
    assert last(pair.controller.events, SessionStarted).mode is SessionMode.MONITOR


# Dead codes.


@pytest.mark.parametrize(
    ("end", "problem"),
    [
        (CodeEnd.EXPIRED, PairingProblem.EXPIRED),
        (CodeEnd.CANCELLED, PairingProblem.CANCELLED),
        (CodeEnd.REPLACED, PairingProblem.REPLACED),
        (CodeEnd.WRONG_THREE_TIMES, PairingProblem.WRONG_THREE_TIMES),
        (CodeEnd.CONTROLLER_GONE, PairingProblem.CONTROLLER_LEFT),
        (CodeEnd.USED, PairingProblem.USED),
    ],
)
def test_a_dead_code_has_its_reason(end: CodeEnd, problem: PairingProblem) -> None:
    pair = PeerPair()
    code = pair.open_code()
    match end:
        case CodeEnd.EXPIRED:
            pair.advance(900)
        case CodeEnd.CANCELLED:
            pair.controller.end(EndReason.CANCELLED, pair.now)
        case CodeEnd.REPLACED:
            assert pair.controller.pairing is not None
            pair.controller.pairing.request_new()
        case CodeEnd.WRONG_THREE_TIMES:
            for _ in range(3):
                pair.enter(with_wrong_secret(code))
        case CodeEnd.CONTROLLER_GONE:
            pair.cut(pair.controller)
            pair.advance(121)
        case CodeEnd.USED:
            pair.enter(code)
            pair.answer(False)
    pair.settle()
    pair.enter(code)
    assert pair.target.events[-1] == PairingEnded(problem)


def test_a_code_that_nobody_has_leaves_the_controller_untouched() -> None:
    pair = PeerPair()
    code = pair.open_code()
    told = list(pair.controller.events)
    other = type(code)(f"{(int(code.routing) + 1) % 10_000:04}", code.secret)
    pair.enter(other)
    assert pair.target.events[-1] == PairingEnded(PairingProblem.UNKNOWN)
    assert pair.controller.events == told


def test_each_wrong_secret_is_told_and_the_right_one_still_works() -> None:
    pair = PeerPair()
    code = pair.open_code()
    for _ in range(2):
        pair.enter(with_wrong_secret(code))
        assert pair.target.events[-1] == PairingEnded(PairingProblem.WRONG_SECRET)
    pair.enter(code)
    assert pair.target.session is not None


# Who waits, who leaves.


def second_target(pair: PeerPair) -> TargetEnd:
    other = TargetEnd(pair.node, NEUTRAL_POLICIES, True, Random(8))
    other.computer_name, other.device_fingerprint = "den-pc", bytes([5]) * 32
    other.connect(pair.now)
    return other


def test_who_waited_hears_used_and_the_technician_how_many_there_were() -> None:
    pair = PeerPair()
    code = pair.open_code()
    pair.slow_down(pair.target)
    pair.enter(code)
    waiting = second_target(pair)
    waiting.enter(code, pair.now)
    pair.others.append(waiting)
    pair.settle()
    pair.target.is_computing = True
    pair.held_back.clear()
    pair.settle()
    assert waiting.events[-1] == PairingEnded(PairingProblem.USED)
    assert CodeDied(CodeEnd.USED, 1) in pair.controller.events
    assert pair.controller.session is not None


@pytest.mark.parametrize("leaver", ["controller", "target"])
def test_a_side_whose_connection_breaks_ends_the_session_on_both(leaver: str) -> None:
    pair = running_pair()
    pair.send_input(KeyPressed(4, "a"))
    here, there = pair.controller, pair.target
    if leaver == "target":
        pair.cut(there)
    else:
        pair.cut(here)
    lost, left = EndReason.CONNECTION_LOST, EndReason.OTHER_SIDE_LEFT
    reasons = [end.reason for end in ended(pair)]
    assert reasons == ([left, lost] if leaver == "target" else [lost, left])
    assert pair.target.events[-2] == ReleaseHeld()


def test_after_a_break_both_begin_again_with_nothing_left_over() -> None:
    pair = running_pair()
    assert pair.target.session is not None
    pair.held_back.add(pair.controller)
    pair.target.session.send_screen(PictureUpdate(1, True, bytes(300_000)))
    pair.cut(pair.target)
    pair.held_back.clear()
    pair.restore(pair.target)
    pair.pair()  # a record of the old session would be refused by the node
    assert pair.target.session is not None
    assert not pair.controller.violations


def test_a_node_that_stops_ends_the_session_on_both_sides() -> None:
    pair = running_pair()
    pair.node.stop()
    pair.settle()
    assert [end.reason for end in ended(pair)] == [EndReason.BROKER_STOPPED] * 2


def test_a_code_outlives_a_break_of_its_controller_s_connection() -> None:
    pair = PeerPair()
    code = pair.open_code()
    pair.cut(pair.controller)
    pair.advance(100)
    pair.restore(pair.controller)
    again = last(pair.controller.events, CodeChanged)
    assert again.code == code
    assert again.expires_at == pair.now + 800
    pair.enter(code)
    assert pair.target.session is not None


def test_a_code_whose_controller_is_gone_for_too_long_is_dead_on_both_sides() -> None:
    pair = PeerPair()
    code = pair.open_code()
    pair.cut(pair.controller)
    pair.advance(121)
    assert final(pair.controller.events) == [SessionEnded(EndReason.CONNECTION_LOST, False)]
    pair.restore(pair.controller)
    pair.enter(code)
    assert pair.target.events[-1] == PairingEnded(PairingProblem.CONTROLLER_LEFT)


def test_a_claim_that_waited_for_its_controller_is_served_when_it_is_back() -> None:
    pair = PeerPair()
    code = pair.open_code()
    pair.cut(pair.controller)
    pair.enter(code)
    pair.advance(5)
    pair.restore(pair.controller)
    assert pair.target.session is not None


@pytest.mark.parametrize("steps", range(9))
def test_a_break_at_any_step_of_the_handshake_leaves_a_code_that_works(steps: int) -> None:
    pair = PeerPair()
    code = pair.open_code()
    pair.slow_down(pair.target)
    pair.enter(code)
    assert pair.target.pairing is not None
    for _ in range(min(steps, 5)):
        pair.step(pair.target)
    pair.cut(pair.target if steps % 2 else pair.controller)
    pair.target.is_computing = True
    pair.held_back.clear()
    pair.settle()
    pair.restore(pair.target)
    pair.restore(pair.controller)
    assert len(final(pair.target.events)) == 1
    if pair.controller.pairing is not None:
        pair.enter(code)
        assert pair.target.session is not None
    assert not pair.controller.violations
    assert not pair.target.violations


# Silence.


def test_a_silent_controller_s_keys_come_up_after_three_seconds_and_it_ends_after_fifteen() -> None:
    pair = running_pair()
    pair.send_input(KeyPressed(4, "a"))
    pair.target.events.clear()
    pair.held_back.add(pair.target)
    pair.advance(2.9)
    assert pair.target.events == []
    pair.advance(0.2)
    assert pair.target.events == [ReleaseHeld()]
    pair.advance(12)
    assert pair.target.events == [
        ReleaseHeld(),
        ReleaseHeld(),
        SessionEnded(EndReason.OTHER_SIDE_SILENT, True),
    ]


def test_a_key_that_is_held_stays_down_while_both_are_there() -> None:
    pair = running_pair()
    pair.send_input(KeyPressed(4, "a"))
    pair.advance(120)
    assert every(pair.target.events, ReleaseHeld) == []


def test_the_longest_duration_ends_the_session_on_both_sides() -> None:
    pair = PeerPair(NodeDouble(NOT_ASKING, maximum_duration_seconds=3600))
    pair.pair()
    pair.advance(3599)
    assert pair.controller.session is not None
    pair.advance(1)
    reason = EndReason.TIME_OVER
    assert ended(pair) == (SessionEnded(reason, True), SessionEnded(reason, False))


# The grant on its way.


@pytest.mark.parametrize("slow", ["controller", "target"])
def test_records_that_overtake_the_grant_wait_for_it(slow: str) -> None:
    pair = PeerPair(NodeDouble(NOT_ASKING))
    late: list[tuple[int, Delivery]] = []

    def hold_words(connection: int, delivery: Delivery) -> list[Delivery]:
        is_late = isinstance(delivery, broker.GrantMade | broker.CodeEnded)
        if is_late and connection == (1 if slow == "controller" else 2):
            late.append((connection, delivery))
            return []
        return [delivery]

    pair.node.edit = hold_words
    pair.pair()
    pair.advance(1)
    pair.node.edit = deliver
    for connection, delivery in late:
        pair.node.send(connection, delivery)
    pair.settle()
    assert len(every(pair.controller.events, SessionStarted)) == 1
    assert len(every(pair.target.events, SessionStarted)) == 1
    assert len(every(pair.controller.events, SessionPaired)) == 1
