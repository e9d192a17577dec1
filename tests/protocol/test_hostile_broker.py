"""A broker in the middle that does what it likes: nobody believes it, nobody falls over it."""

from collections.abc import Callable
from dataclasses import replace

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.protocol import broker_messages as broker
from common.protocol.controller_pairing import ControllerState
from common.protocol.documents import Grant, Offer, SignedDocument, sign
from common.protocol.policies import Policies, SessionMode
from common.protocol.session_events import (
    InputReceived,
    PairingEnded,
    ReleaseHeld,
    ScreenReceived,
    SessionEnded,
    SessionStarted,
    WrongCodeTyped,
)
from common.protocol.session_messages import (
    InputMessage,
    KeyPressed,
    KeyReleased,
    PictureUpdate,
    ScreenLayout,
)
from common.reasons import EndReason, PairingProblem
from tests.support.hostile_broker import Attack, HostileBroker, Move, flipped
from tests.support.node_double import Delivery, NodeDouble
from tests.support.paired_ends import PeerPair, every, final

NOT_ASKING = Policies(enable_user_acceptance_for_incoming_connections=False)
CONTROLLER, TARGET = 1, 2
GESTURES: list[InputMessage] = [
    message for key in range(4, 10) for message in (KeyPressed(key, ""), KeyReleased(key, ""))
]
SCREEN: list[ScreenLayout | PictureUpdate] = [
    ScreenLayout(64, 48),
    *(PictureUpdate(n, True, bytes(n * 30_000)) for n in range(5)),
]


def use_the_session(pair: PeerPair) -> None:
    """Type and show a little, if there is a session."""
    for gesture, shown in zip(GESTURES, SCREEN * 2, strict=True):
        if pair.controller.session is not None:
            pair.controller.session.send_input(gesture, pair.now)
        if pair.target.session is not None:
            pair.target.session.send_screen(shown)
        pair.settle()


def assert_nobody_was_fooled(pair: PeerPair) -> None:
    """Whatever was received is what was sent, from its beginning and in its order; whoever
    has paired has paired with the other one, under the documents that the server made."""
    given = [event.message for event in every(pair.target.events, InputReceived)]
    assert given == GESTURES[: len(given)]
    shown = [event.message for event in every(pair.controller.events, ScreenReceived)]
    assert shown == (SCREEN * 2)[: len(shown)]
    for controllers, targets in zip(pair.controller.paired, pair.target.paired, strict=False):
        assert controllers.keys.transcript_hash == targets.keys.transcript_hash
        assert controllers.keys.controller_to_target == targets.keys.controller_to_target
        assert controllers.offer == targets.offer
        assert controllers.offer.policies == pair.node.policies


def assert_there_was_one_end(pair: PeerPair) -> None:
    """In the end nobody is left in a session, and each was ended once."""
    assert pair.controller.session is None
    assert pair.target.session is None
    assert pair.target.pairing is None
    assert len(final(pair.target.events)) == 1
    ends = [event for event in final(pair.controller.events) if isinstance(event, SessionEnded)]
    if pair.controller.pairing is None:
        assert len(ends) == 1
    else:  # the code is dead, and another can be asked for
        assert pair.controller.pairing.state is ControllerState.CODE_DEAD
        assert ends == []
    if pair.target.paired:
        assert ReleaseHeld() in pair.target.events


# --- anything, anywhere ---------------------------------------------------------------------

moves = st.builds(Move, st.sampled_from(Attack), st.integers(0, 100_000))


@settings(max_examples=150)
@given(st.dictionaries(st.integers(0, 45), moves, min_size=1, max_size=4))
def test_whatever_is_done_to_what_is_delivered_nobody_is_fooled(plan: dict[int, Move]) -> None:
    pair = PeerPair(NodeDouble(NOT_ASKING))
    HostileBroker(pair.node, plan)
    pair.controller.start(pair.now)
    pair.settle()
    if pair.controller.events:
        pair.enter(pair.code)
        use_the_session(pair)
        pair.advance(1)
        pair.advance(1000)
        assert_nobody_was_fooled(pair)
        is_left_alone = (pair.controller.session is None) != (pair.target.session is None)
        assert not is_left_alone


@settings(max_examples=60)
@given(st.integers(0, 3), st.integers(0, 100_000))
def test_no_bit_of_the_handshake_can_be_another_one(number: int, bit: int) -> None:
    pair = PeerPair(NodeDouble(NOT_ASKING))
    frames = 0

    def flip(connection: int, delivery: Delivery) -> list[Delivery]:
        nonlocal frames
        if not isinstance(delivery, bytes):
            return [delivery]
        frames += 1
        return [flipped(delivery, bit) if frames == number + 1 else delivery]

    pair.node.edit = flip
    pair.enter(pair.open_code())
    assert frames > number
    use_the_session(pair)
    assert every(pair.target.events, InputReceived) == []
    assert every(pair.target.events, SessionStarted) == []
    assert every(pair.controller.events, SessionStarted) == []
    (end,) = final(pair.target.events)
    assert isinstance(end, PairingEnded)


@settings(max_examples=60)
@given(st.integers(0, 25), st.integers(0, 100_000))
def test_no_bit_of_a_record_can_be_another_one(number: int, bit: int) -> None:
    pair = PeerPair(NodeDouble(NOT_ASKING))
    pair.pair()
    frames = 0

    def flip(connection: int, delivery: Delivery) -> list[Delivery]:
        nonlocal frames
        frames += isinstance(delivery, bytes)
        is_it = isinstance(delivery, bytes) and frames == number + 1
        return [flipped(delivery, bit) if is_it and isinstance(delivery, bytes) else delivery]

    pair.node.edit = flip
    use_the_session(pair)
    assert frames > number
    assert_nobody_was_fooled(pair)
    reasons = {end.reason for end in every(pair.target.events, SessionEnded)}
    assert reasons == {EndReason.PROTOCOL_VIOLATION}
    assert_there_was_one_end(pair)


# --- records --------------------------------------------------------------------------------


def recorded_session() -> tuple[PeerPair, list[tuple[int, bytes]]]:
    """A running session whose frames a broker has kept."""
    pair = PeerPair(NodeDouble(NOT_ASKING))
    kept: list[tuple[int, bytes]] = []

    def keep(connection: int, delivery: Delivery) -> list[Delivery]:
        if isinstance(delivery, bytes):
            kept.append((connection, delivery))
        return [delivery]

    pair.node.edit = keep
    pair.pair()
    use_the_session(pair)
    return pair, kept


@pytest.mark.parametrize("connection", [CONTROLLER, TARGET])
def test_a_record_of_this_session_is_not_taken_twice(connection: int) -> None:
    pair, kept = recorded_session()
    before = len(every(pair.target.events, InputReceived))
    last_of_it = [frame for receiver, frame in kept if receiver == connection][-1]
    pair.node.inject(connection, last_of_it)
    pair.settle()
    assert len(every(pair.target.events, InputReceived)) == before
    assert_there_was_one_end(pair)


def test_a_record_is_not_taken_by_the_side_that_sealed_it() -> None:
    pair, kept = recorded_session()
    pair.node.inject(CONTROLLER, [frame for receiver, frame in kept if receiver == TARGET][-1])
    pair.settle()
    assert_there_was_one_end(pair)


@pytest.mark.parametrize("connection", [CONTROLLER, TARGET])
def test_records_of_an_earlier_session_are_not_taken_in_this_one(connection: int) -> None:
    pair, kept = recorded_session()
    pair.target.end(EndReason.TARGET_ENDED, pair.now)
    pair.settle()
    pair.controller.events.clear()
    pair.target.events.clear()
    pair.pair()
    for receiver, frame in kept:
        if receiver == connection:
            pair.node.inject(connection, frame)
    pair.settle()
    assert every(pair.target.events, InputReceived) == []
    assert every(pair.controller.events, ScreenReceived) == []
    assert_there_was_one_end(pair)


@pytest.mark.parametrize("missing", range(3))
def test_no_record_can_be_left_out(missing: int) -> None:
    pair = PeerPair(NodeDouble(NOT_ASKING))
    pair.pair()
    inputs = 0

    def leave_out(connection: int, delivery: Delivery) -> list[Delivery]:
        nonlocal inputs
        inputs += connection == TARGET
        return [] if connection == TARGET and inputs == missing + 1 else [delivery]

    pair.node.edit = leave_out
    use_the_session(pair)
    assert_nobody_was_fooled(pair)
    assert len(every(pair.target.events, InputReceived)) == missing
    assert_there_was_one_end(pair)


@pytest.mark.parametrize("connection", [CONTROLLER, TARGET])
def test_what_is_withheld_is_missed_within_fifteen_seconds(connection: int) -> None:
    pair, _ = recorded_session()
    pair.node.edit = lambda to, delivery: [] if to == connection else [delivery]
    pair.advance(16)
    assert_there_was_one_end(pair)


# --- documents of a lying server ------------------------------------------------------------

OTHER_VALUES: dict[str, object] = {
    "session_id": bytes(16),
    "claim": "f" * 32,
    "routing": "000000",
    "root_fingerprint": bytes(32),
    "technician": "Somebody Else",
    "organisation": "Another Organisation",
    "is_verified": False,
    "mode": SessionMode.MONITOR,
    "target_id": "another",
    "device_fingerprint": bytes([1]) * 32,
    "policies": Policies(inactivity_timeout=77),
    "target_nonce": bytes(32),
    "controller_nonce": bytes(32),
    "share_commitment": bytes(32),
    "lifetime_seconds": 17,
}


def other_offer_to(connection: int, name: str, pair: PeerPair) -> None:
    """Have the server sign another offer for one side than for the other."""

    def replaced(to: int, delivery: Delivery) -> list[Delivery]:
        if to != connection or not isinstance(delivery, broker.OfferMade):
            return [delivery]
        offer = msgspec.json.decode(delivery.offer.body, type=Offer)
        other = msgspec.structs.replace(offer, **{name: OTHER_VALUES[name]})
        return [broker.OfferMade(delivery.claim, sign(other, pair.node.root))]

    pair.node.edit = replaced
    pair.node.is_hostile = True


def test_every_field_of_an_offer_is_tried() -> None:
    fields = {field.name for field in msgspec.structs.fields(Offer)}
    assert fields == set(OTHER_VALUES) | {"version"}


@pytest.mark.parametrize("connection", [CONTROLLER, TARGET])
@pytest.mark.parametrize("name", OTHER_VALUES)
def test_two_sides_with_different_offers_never_have_a_session(connection: int, name: str) -> None:
    pair = PeerPair(NodeDouble(NOT_ASKING))
    other_offer_to(connection, name, pair)
    pair.enter(pair.open_code())
    pair.advance(1000)
    assert pair.controller.paired == []
    assert pair.target.paired == []
    assert_there_was_one_end(pair)


GRANT_CHANGES: dict[str, Callable[[Grant], Grant]] = {
    "another session": lambda grant: msgspec.structs.replace(grant, session_id=bytes(16)),
    "another claim": lambda grant: msgspec.structs.replace(grant, claim="f" * 32),
    "other keys": lambda grant: msgspec.structs.replace(grant, transcript_hash=bytes(32)),
    "other policies": lambda grant: msgspec.structs.replace(grant, policies_hash=bytes(32)),
    "a later change": lambda grant: msgspec.structs.replace(grant, sequence=1),
}


@pytest.mark.parametrize("change", GRANT_CHANGES)
def test_a_grant_for_anything_else_starts_no_session(change: str) -> None:
    pair = PeerPair(NodeDouble(NOT_ASKING))
    pair.node.change_grant = GRANT_CHANGES[change]
    pair.node.is_hostile = True
    pair.enter(pair.open_code())
    assert pair.controller.paired == []
    assert pair.target.paired == []
    assert pair.target.events[-1] == PairingEnded(PairingProblem.UNTRUSTED)
    assert pair.controller.events[-1] == SessionEnded(EndReason.PROTOCOL_VIOLATION, False)


def forged(document: SignedDocument, how: str, node: NodeDouble) -> SignedDocument:
    match how:
        case "another root":
            offer = msgspec.json.decode(document.body, type=Offer)
            return sign(offer, NodeDouble().root)
        case "another body":
            body = document.body.replace(b'"is_verified":true', b'"is_verified":false')
            return SignedDocument(body, document.signature)
        case "a grant's signature":
            return sign(
                Grant(
                    session_id=bytes(16),
                    claim="f" * 32,
                    transcript_hash=bytes(32),
                    policies_hash=bytes(32),
                    maximum_duration_seconds=0,
                ),
                node.root,
            )
        case _:
            return SignedDocument(document.body, bytes(64))


@pytest.mark.parametrize("how", ["another root", "another body", "a grant's signature", "none"])
@pytest.mark.parametrize("connection", [CONTROLLER, TARGET])
def test_a_forged_offer_is_the_end(connection: int, how: str) -> None:
    pair = PeerPair()
    pair.node.is_hostile = True

    def forge(to: int, delivery: Delivery) -> list[Delivery]:
        if to != connection or not isinstance(delivery, broker.OfferMade):
            return [delivery]
        return [broker.OfferMade(delivery.claim, forged(delivery.offer, how, pair.node))]

    pair.node.edit = forge
    pair.enter(pair.open_code())
    if connection == TARGET:
        assert pair.target.events[-1] == PairingEnded(PairingProblem.UNTRUSTED)
    else:
        assert pair.controller.events[-1] == SessionEnded(EndReason.PROTOCOL_VIOLATION, False)
    assert pair.target.paired == pair.controller.paired == []


def test_an_offer_and_a_grant_of_an_earlier_session_start_nothing() -> None:
    pair = PeerPair(NodeDouble(NOT_ASKING))
    kept: dict[tuple[int, type], broker.OfferMade | broker.GrantMade] = {}

    def keep(connection: int, delivery: Delivery) -> list[Delivery]:
        if isinstance(delivery, broker.OfferMade | broker.GrantMade):
            kept[connection, type(delivery)] = delivery
        return [delivery]

    pair.node.edit = keep
    pair.pair()
    pair.target.end(EndReason.TARGET_ENDED, pair.now)
    pair.settle()

    def replay(connection: int, delivery: Delivery) -> list[Delivery]:
        old = kept.get((connection, type(delivery)))
        if old is None or not isinstance(delivery, broker.OfferMade | broker.GrantMade):
            return [delivery]
        return [msgspec.structs.replace(old, claim=delivery.claim)]

    pair.node.edit = replay
    pair.node.is_hostile = True
    pair.enter(pair.open_code())
    assert len(pair.target.paired) == len(pair.controller.paired) == 1
    assert pair.target.events[-1] == PairingEnded(PairingProblem.UNTRUSTED)
    assert pair.controller.events[-1] == SessionEnded(EndReason.PROTOCOL_VIOLATION, False)


# --- strangers ------------------------------------------------------------------------------


def test_a_controller_that_the_code_is_not_of_gets_no_session() -> None:
    """The broker serves the claim of one code to the controller of another."""
    pair, stranger = PeerPair(), PeerPair(seed=8)
    code = pair.open_code()
    stranger.open_code()
    wrong = replace(code, routing=stranger.code.routing)
    stranger.node.is_hostile = True
    stranger.enter(wrong)  # all of it is right but the secret
    assert stranger.target.paired == stranger.controller.paired == []
    assert len(every(stranger.controller.events, WrongCodeTyped)) == 1


def test_two_targets_that_are_joined_learn_nothing_and_end() -> None:
    one, other = PeerPair(), PeerPair()
    for pair in (one, other):
        pair.node.is_hostile = True
        code = pair.open_code()
        pair.slow_down(pair.target)
        pair.enter(code)
        assert pair.target.pairing is not None
        while pair.target.pairing.state.name != "AWAITING_SHARE":
            pair.step(pair.target)
    frame = next(said for said in one.node.seen if isinstance(said, bytes))
    other.target.receive(frame, other.now)  # a target's first frame, to another target
    other.target.compute(other.now)
    assert other.target.events[-1] == PairingEnded(PairingProblem.UNTRUSTED)


def test_a_wrong_guess_of_the_broker_is_a_try_and_three_are_the_end() -> None:
    pair = PeerPair()
    code = pair.open_code()

    def guess(connection: int, delivery: Delivery) -> list[Delivery]:
        is_confirmation = isinstance(delivery, bytes) and len(delivery) == 32
        return [bytes(32) if is_confirmation and connection == CONTROLLER else delivery]

    pair.node.edit = guess
    for _ in range(5):
        pair.enter(code)
    assert len(every(pair.controller.events, WrongCodeTyped)) == 3
    assert pair.target.paired == pair.controller.paired == []
    assert pair.controller.pairing is not None
    assert pair.controller.pairing.state is ControllerState.CODE_DEAD
