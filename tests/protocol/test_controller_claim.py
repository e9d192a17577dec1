"""One claim at the controller: what each word means in each state, and whose fault it is."""

from collections.abc import Callable

import msgspec
import pytest

from common.errors import PairingFailed, ProtocolViolation
from common.protocol import broker_messages as broker
from common.protocol.connection_code import ConnectionCode, Secret
from common.protocol.controller_claim import (
    ClaimBroken,
    ClaimState,
    ControllerClaim,
    ControllerIdentity,
)
from common.protocol.documents import Grant, Offer, SignedDocument, policies_hash, sign
from common.protocol.handshake import ControllerHandshake, TargetHandshake
from common.protocol.pairing import MAXIMUM_EARLY_FRAMES, catching
from common.protocol.policies import Policies, SessionMode
from tests.support.node_double import NodeDouble

State = ClaimState
NODE, STRANGER = NodeDouble(), NodeDouble()
CLAIM, SESSION_ID, NONCE = "0123456789abcdef" * 2, bytes(range(16)), bytes([7]) * 32
CODE = ConnectionCode("4821", Secret("6603917"))
CLAIMED = broker.Claimed(CLAIM, bytes([8]) * 32, "kitchen-pc", bytes([9]) * 32)
IDENTITY = ControllerIdentity(
    root_public_key=NODE.root_public_key,
    root_fingerprint=NODE.fingerprint,
    technician="Tess Example",
    organisation="Example IT",
    mode=SessionMode.ACTIVE,
)


class Stage:
    """A claim, driven by hand through its states, with a real target's handshake."""

    def __init__(self, target_secret: Secret = CODE.secret) -> None:
        self.claim = ControllerClaim(CLAIMED, NONCE, CODE, SESSION_ID)
        self.output: list[object] = []
        self._target_secret = target_secret
        self._offer = b""
        self._target: TargetHandshake | None = None

    def offer(self) -> Offer:
        """The offer that fits what this controller knows."""
        accepted = self.output[0]
        assert isinstance(accepted, broker.AcceptClaim)
        return Offer(
            session_id=SESSION_ID,
            claim=CLAIM,
            routing=CODE.routing,
            root_fingerprint=NODE.fingerprint,
            technician="Tess Example",
            organisation="Example IT",
            is_verified=True,
            mode=SessionMode.ACTIVE,
            target_id="7",
            device_fingerprint=CLAIMED.device_fingerprint,
            policies=Policies(),
            target_nonce=CLAIMED.nonce,
            controller_nonce=NONCE,
            share_commitment=accepted.share_commitment,
            lifetime_seconds=900,
        )

    def grant(self) -> Grant:
        """The grant that fits the keys."""
        paired = self.output[-1]
        assert isinstance(paired, broker.Paired)
        return Grant(
            session_id=SESSION_ID,
            claim=CLAIM,
            transcript_hash=paired.transcript_hash,
            policies_hash=policies_hash(Policies()),
            maximum_duration_seconds=0,
        )

    def take_offer(self, offer: Offer, node: NodeDouble = NODE) -> None:
        signed = sign(offer, node.root)
        self.claim.take_offer(broker.OfferMade(CLAIM, signed), IDENTITY)
        self._offer = signed.body

    def take_grant(self, grant: Grant, node: NodeDouble = NODE) -> None:
        self.claim.take_grant(broker.GrantMade(CLAIM, sign(grant, node.root)), IDENTITY)

    def compute(self) -> None:
        function = self.claim.take_computation()
        assert function is not None
        self.claim.computed(catching(function)())
        self.output += self.claim.take_output()

    def receive_frame(self, frame: bytes) -> None:
        self.claim.receive_frame(frame)
        self.output += self.claim.take_output()

    def target(self) -> TargetHandshake:
        if self._target is None:
            offer = self.offer()
            self._target = TargetHandshake(
                SESSION_ID, self._target_secret, self._offer, offer.share_commitment
            )
        return self._target

    def confirmation(self) -> bytes:
        answer = self.output[-1]
        assert isinstance(answer, bytes)
        return self.target().answer(answer)

    def go_to(self, state: State) -> "Stage":
        steps: dict[State, Callable[[], None]] = {
            State.MAKING_SHARE: self.compute,
            State.AWAITING_OFFER: lambda: self.take_offer(self.offer()),
            State.AWAITING_SHARE: lambda: self.receive_frame(self.target().first_frame),
            State.ANSWERING: self.compute,
            State.AWAITING_CONFIRMATION: lambda: self.receive_frame(self.confirmation()),
            State.AWAITING_GRANT: lambda: self.take_grant(self.grant()),
        }
        while self.claim.state is not state:
            steps[self.claim.state]()
        return self


# The table.

OFFER = broker.OfferMade(CLAIM, SignedDocument(b"x", bytes(64)))
GRANT = broker.GrantMade(CLAIM, SignedDocument(b"x", bytes(64)))


@pytest.mark.parametrize("state", State)
def test_a_forged_offer_is_a_violation_in_every_state(state: State) -> None:
    claim = Stage().go_to(state).claim
    with pytest.raises(ProtocolViolation):
        claim.take_offer(OFFER, IDENTITY)
    assert claim.state is state


@pytest.mark.parametrize("state", State)
def test_a_forged_grant_is_a_violation_in_every_state(state: State) -> None:
    claim = Stage().go_to(state).claim
    with pytest.raises(ProtocolViolation):
        claim.take_grant(GRANT, IDENTITY)
    assert claim.state is state


@pytest.mark.parametrize("state", [state for state in State if state is not State.AWAITING_OFFER])
def test_a_true_offer_at_another_time_is_a_violation(state: State) -> None:
    stage = Stage().go_to(State.AWAITING_OFFER)
    offer = broker.OfferMade(CLAIM, sign(stage.offer(), NODE.root))
    with pytest.raises(ProtocolViolation, match="an offer in"):
        (Stage() if state is State.MAKING_SHARE else stage).go_to(state).claim.take_offer(
            offer, IDENTITY
        )


# A frame: the state that it leads to; in the others it is the target's fault.
FRAMES = {
    State.AWAITING_SHARE: State.ANSWERING,
    State.AWAITING_GRANT: State.AWAITING_GRANT,
}


@pytest.mark.parametrize("state", State)
def test_a_frame_in_every_state(state: State) -> None:
    claim = Stage().go_to(state).claim
    if state in FRAMES:
        claim.receive_frame(b"x")
        assert claim.state is FRAMES[state]
    else:
        with pytest.raises(ClaimBroken):
            claim.receive_frame(b"x")


@pytest.mark.parametrize("outcome", [ControllerHandshake(SESSION_ID, CODE.secret), b"answer"])
@pytest.mark.parametrize("state", State)
def test_a_result_that_nobody_awaits_is_a_bug(state: State, outcome: object) -> None:
    is_awaited = state is (State.ANSWERING if isinstance(outcome, bytes) else State.MAKING_SHARE)
    claim = Stage().go_to(state).claim
    if is_awaited:
        claim.computed(outcome)
        assert claim.state is not state
    else:
        with pytest.raises(RuntimeError):
            claim.computed(outcome)


@pytest.mark.parametrize("state", State)
def test_a_broken_claim_is_reported_until_it_may_be_a_session(state: State) -> None:
    claim = Stage().go_to(state).claim
    is_reported = state is State.AWAITING_GRANT
    expected = broker.LeaveSession(CLAIM) if is_reported else broker.ClaimFailed(CLAIM, "malformed")
    if state is not State.GRANTED:
        assert claim.broken() == expected


# The documents.

OTHER_OFFERS: dict[str, object] = {
    "session_id": bytes(16),
    "claim": "f" * 32,
    "routing": "4822",
    "root_fingerprint": bytes(32),
    "technician": "Somebody Else",
    "organisation": "Another Organisation",
    "mode": SessionMode.MONITOR,
    "device_fingerprint": bytes(32),
    "target_nonce": bytes(32),
    "controller_nonce": bytes(32),
    "share_commitment": bytes(32),
}
UNKNOWN_TO_THE_CONTROLLER = {
    "version",
    "is_verified",
    "target_id",
    "policies",
    "lifetime_seconds",
}


def test_every_field_of_an_offer_is_compared_or_unknown_here() -> None:
    fields = {field.name for field in msgspec.structs.fields(Offer)}
    assert fields == set(OTHER_OFFERS) | UNKNOWN_TO_THE_CONTROLLER


@pytest.mark.parametrize("name", OTHER_OFFERS)
def test_an_offer_that_differs_in_one_field_is_refused(name: str) -> None:
    stage = Stage().go_to(State.AWAITING_OFFER)
    offer = msgspec.structs.replace(stage.offer(), **{name: OTHER_OFFERS[name]})
    with pytest.raises(ProtocolViolation, match="not what this controller asked for"):
        stage.take_offer(offer)


def test_another_root_s_offer_is_refused() -> None:
    stage = Stage().go_to(State.AWAITING_OFFER)
    with pytest.raises(ProtocolViolation, match="did not sign"):
        stage.take_offer(stage.offer(), STRANGER)


def test_another_root_s_grant_is_refused() -> None:
    stage = Stage().go_to(State.AWAITING_GRANT)
    with pytest.raises(ProtocolViolation, match="did not sign"):
        stage.take_grant(stage.grant(), STRANGER)


# The way.


def test_a_claim_becomes_a_session_with_its_early_frames() -> None:
    stage = Stage().go_to(State.AWAITING_GRANT)
    frames = [bytes([number]) for number in range(MAXIMUM_EARLY_FRAMES)]
    for frame in frames:
        stage.receive_frame(frame)
    signed = sign(stage.grant(), NODE.root)
    paired = stage.claim.take_grant(broker.GrantMade(CLAIM, signed), IDENTITY)
    assert list(paired.early_frames) == frames
    assert paired.other_computer == "kitchen-pc"
    assert paired.offer == stage.offer()
    assert paired.claim == CLAIM


def test_more_early_frames_are_the_target_s_fault() -> None:
    stage = Stage().go_to(State.AWAITING_GRANT)
    for _ in range(MAXIMUM_EARLY_FRAMES):
        stage.receive_frame(b"x")
    with pytest.raises(ClaimBroken):
        stage.receive_frame(b"x")


def test_the_controller_says_its_steps_in_order() -> None:
    stage = Stage().go_to(State.GRANTED)
    kinds = [type(said) for said in stage.output]
    assert kinds == [broker.AcceptClaim, bytes, bytes, broker.Paired]


def test_a_wrong_secret_is_found_and_nothing_is_confirmed() -> None:
    stage = Stage(target_secret=Secret("0000000")).go_to(State.AWAITING_CONFIRMATION)
    before = list(stage.output)
    with pytest.raises(PairingFailed):
        stage.receive_frame(stage.confirmation())
    assert stage.claim.take_output() == []
    assert stage.output == before


@pytest.mark.parametrize("frame", [b"", bytes(31), bytes(33)])
def test_a_confirmation_of_another_length_costs_no_try(frame: bytes) -> None:
    stage = Stage().go_to(State.AWAITING_CONFIRMATION)
    with pytest.raises(ClaimBroken):
        stage.receive_frame(frame)


def test_a_share_that_makes_no_sense_costs_no_try() -> None:
    stage = Stage().go_to(State.AWAITING_SHARE)
    stage.receive_frame(bytes(1217))
    with pytest.raises(ClaimBroken):
        stage.compute()


def test_a_slow_step_is_handed_out_once() -> None:
    claim = Stage().claim
    assert claim.take_computation() is not None
    assert claim.take_computation() is None
