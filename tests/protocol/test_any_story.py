"""Any story at all: commands, time, breaks and nonsense in any order, and what always holds.

One Hypothesis machine drives both real sides over an honest node whose lines it cuts, delays
and spoils. The invariants are those that no test of one machine can see.
"""

import itertools

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from common.protocol import broker_messages as broker
from common.protocol.controller_pairing import WRONG_TRIES_PER_CODE
from common.protocol.policies import Policies, TimeoutAction
from common.protocol.session_events import (
    AcceptanceAsked,
    CodeChanged,
    ControllerEvent,
    InputReceived,
    PairingEnded,
    ReleaseHeld,
    ScreenReceived,
    SessionEnded,
    SessionPaired,
    SessionStarted,
    TargetEvent,
    WrongCodeTyped,
)
from common.protocol.session_messages import (
    AllReleased,
    KeyPressed,
    KeyReleased,
    PictureUpdate,
    PointerMoved,
    ScreenLayout,
)
from common.reasons import EndReason
from tests.support.node_double import NodeDouble
from tests.support.paired_ends import PeerPair, with_wrong_secret

POLICIES = (
    Policies(),
    Policies(acceptance_grace_time=5, acceptance_timeout_action=TimeoutAction.PROCEED),
    Policies(enable_user_acceptance_for_incoming_connections=False),
    Policies(active=False),
    Policies(active=False, monitor=False),
)
reasons = st.sampled_from([EndReason.CANCELLED, EndReason.CONTROLLER_ENDED])


class AnyStory(RuleBasedStateMachine):
    """Two users, a technician and a broken network, with no plan."""

    @initialize(
        policies=st.sampled_from(POLICIES),
        is_pinned=st.booleans(),
        duration=st.sampled_from([0, 0, 30]),
    )
    def begin(self, policies: Policies, is_pinned: bool, duration: int) -> None:
        node = NodeDouble(policies, maximum_duration_seconds=duration)
        self.pair = PeerPair(node, is_pinned=is_pinned)

    # The technician.

    @rule()
    def start(self) -> None:
        self.pair.controller.start(self.pair.now)
        self.pair.settle()

    @precondition(lambda self: self.pair.controller.pairing is not None)
    @rule()
    def request_new(self) -> None:
        assert self.pair.controller.pairing is not None
        self.pair.controller.pairing.request_new()
        self.pair.settle()

    @precondition(lambda self: self.pair.controller.pairing is not None)
    @rule()
    def extend(self) -> None:
        assert self.pair.controller.pairing is not None
        self.pair.controller.pairing.extend()
        self.pair.settle()

    @rule(reason=reasons)
    def end_at_controller(self, reason: EndReason) -> None:
        self.pair.controller.end(reason, self.pair.now)
        self.pair.settle()

    @precondition(lambda self: self.pair.controller.session is not None)
    @rule(key=st.integers(4, 8), is_press=st.booleans(), x=st.integers(0, 9))
    def gesture(self, key: int, is_press: bool, x: int) -> None:
        press = KeyPressed(key, "") if is_press else KeyReleased(key, "")
        self.pair.send_input(PointerMoved(x, x), press)

    @precondition(lambda self: self.pair.controller.session is not None)
    @rule()
    def lose_focus(self) -> None:
        self.pair.send_input(AllReleased())

    # The target's user.

    @rule()
    def hurry_to_a_session(self) -> None:
        """What most stories are about is a long way off for one that has no plan."""
        codes = [e.code for e in self.pair.controller.events if isinstance(e, CodeChanged)]
        if self.pair.controller.pairing is None:
            self.start()
        elif codes:
            self.pair.enter(codes[-1])
            self.pair.answer(True)

    @rule(is_right=st.booleans(), age=st.integers(0, 2))
    def enter(self, is_right: bool, age: int) -> None:
        codes = [e.code for e in self.pair.controller.events if isinstance(e, CodeChanged)]
        if codes:
            code = codes[-1 - age % len(codes)]
            self.pair.enter(code if is_right else with_wrong_secret(code))

    @rule(is_accepted=st.sampled_from([True, True, False]))
    def answer(self, is_accepted: bool) -> None:
        self.pair.answer(is_accepted)

    @rule()
    def cancel_attempt(self) -> None:
        self.pair.target.cancel(self.pair.now)
        self.pair.settle()

    @precondition(lambda self: self.pair.target.session is not None)
    @rule()
    def end_at_target(self) -> None:
        self.pair.target.end(EndReason.TARGET_ENDED, self.pair.now)
        self.pair.settle()

    @precondition(lambda self: self.pair.target.session is not None)
    @rule(size=st.sampled_from([10, 200_000]))
    def show(self, size: int) -> None:
        assert self.pair.target.session is not None
        self.pair.target.session.send_screen(ScreenLayout(8, 8))
        self.pair.target.session.send_screen(PictureUpdate(1, True, bytes(size)))
        self.pair.settle()

    # The world.

    @rule(seconds=st.sampled_from([0.5, 2.0, 4.0, 14.0, 46.0, 121.0, 901.0]))
    def let_time_pass(self, seconds: float) -> None:
        self.pair.advance(seconds)

    @rule(is_controller=st.booleans())
    def cut(self, is_controller: bool) -> None:
        self.pair.cut(self.pair.controller if is_controller else self.pair.target)

    @rule()
    def restore(self) -> None:
        self.pair.restore(self.pair.controller)
        self.pair.restore(self.pair.target)

    @rule(is_controller=st.booleans())
    def delay(self, is_controller: bool) -> None:
        end = self.pair.controller if is_controller else self.pair.target
        self.pair.held_back.add(end)

    @rule()
    def deliver(self) -> None:
        self.pair.held_back.clear()
        self.pair.settle()

    @rule(is_controller=st.booleans(), frame=st.binary(max_size=40))
    def nonsense(self, is_controller: bool, frame: bytes) -> None:
        end = self.pair.controller if is_controller else self.pair.target
        if end.connection is not None:
            self.pair.node.inject(end.connection, frame)
        self.pair.settle()

    @rule()
    def announce_the_stop(self) -> None:
        self.pair.node.stop()
        self.pair.settle()

    # What always holds.

    @invariant()
    def every_session_and_attempt_has_one_end(self) -> None:
        target, controller = self.pair.target, self.pair.controller
        paired, ends = count(target.events, SessionPaired), count(target.events, SessionEnded)
        assert ends == paired - (target.session is not None)
        started = count(controller.events, SessionPaired)
        sessions_over = started - (controller.session is not None)
        assert count(controller.events, SessionEnded) >= sessions_over
        assert paired == len(target.paired)
        assert started == len(controller.paired)

    @invariant()
    def nothing_happens_outside_a_running_session(self) -> None:
        is_running = False
        for event in self.pair.target.events:
            match event:
                case SessionStarted():
                    is_running = True
                case SessionEnded() | PairingEnded() | AcceptanceAsked():
                    is_running = False
                case InputReceived():
                    assert is_running
                case _:
                    pass

    @invariant()
    def the_controller_sees_a_screen_only_after_the_start(self) -> None:
        is_running = False
        for event in self.pair.controller.events:
            match event:
                case SessionStarted():
                    is_running = True
                case SessionEnded():
                    is_running = False
                case ScreenReceived():
                    assert is_running
                case _:
                    pass

    @invariant()
    def all_keys_come_up_before_every_end(self) -> None:
        events = self.pair.target.events
        for before, event in itertools.pairwise(events):
            if isinstance(event, SessionEnded):
                assert before == ReleaseHeld()

    @invariant()
    def no_code_is_tried_more_than_three_times(self) -> None:
        tries = 0
        code = None
        for event in self.pair.controller.events:
            match event:
                case CodeChanged() if event.code != code:
                    code, tries = event.code, 0
                case WrongCodeTyped():
                    tries += 1
                    assert event.wrong_tries == tries <= WRONG_TRIES_PER_CODE
                case _:
                    pass

    @invariant()
    def both_sides_have_the_same_sessions(self) -> None:
        controllers = {paired.keys.transcript_hash for paired in self.pair.controller.paired}
        targets = {paired.keys.transcript_hash for paired in self.pair.target.paired}
        granted = {
            said.transcript_hash for said in self.pair.node.seen if isinstance(said, broker.Paired)
        }
        assert controllers | targets <= granted

    def teardown(self) -> None:
        """However it went: when both are back, a new code leads to a new session."""
        if not hasattr(self, "pair"):
            return
        pair = self.pair
        pair.held_back.clear()
        pair.settle()
        pair.restore(pair.controller)
        pair.restore(pair.target)
        pair.controller.end(EndReason.CONTROLLER_QUIT, pair.now)
        pair.target.cancel(pair.now)
        pair.target.end(EndReason.TARGET_QUIT, pair.now)
        pair.settle()
        before = len(pair.target.paired)
        pair.pair()
        assert len(pair.target.paired) == before + 1


def count(events: list[ControllerEvent] | list[TargetEvent], kind: type) -> int:
    return sum(isinstance(event, kind) for event in events)


AnyStory.TestCase.settings = settings(max_examples=80, stateful_step_count=40)
TestAnyStory = AnyStory.TestCase
