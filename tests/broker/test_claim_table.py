"""Every message in every state of a claim, of a controller and of a target: what is allowed
leads on, what is late changes nothing, and all else is a violation."""

import copy
import itertools
from collections.abc import Callable

import pytest

from common.broker.claims import ALLOWED, ClaimState, Side
from common.errors import ProtocolViolation
from common.protocol import broker_messages as broker
from common.protocol.broker_messages import FromApp
from common.protocol.policies import SessionMode
from tests.broker.meeting import COMMITMENT, NONCE, TRANSCRIPT, Meeting

SIGNATURE = b"s" * 64
SESSION_ID = b"\xff" * 16
NO_CLAIM = "0" * 32

ABOUT_A_CLAIM: dict[str, Callable[[str], FromApp]] = {
    "AcceptClaim": lambda claim: broker.AcceptClaim(claim, NONCE, COMMITMENT),
    "ClaimFailed wrong": lambda claim: broker.ClaimFailed(claim, "wrong"),
    "ClaimFailed left": lambda claim: broker.ClaimFailed(claim, "left"),
    "ClaimFailed malformed": lambda claim: broker.ClaimFailed(claim, "malformed"),
    "Paired": lambda claim: broker.Paired(claim, TRANSCRIPT),
    "LeaveSession": lambda claim: broker.LeaveSession(claim),
}
CONTROLLERS_OWN: tuple[FromApp, ...] = (
    broker.StartSession(SessionMode.ACTIVE, SESSION_ID),
    broker.ReplaceCode("0000", "0" * 32, SessionMode.ACTIVE, SESSION_ID),
    broker.ExtendCode("0000", "0" * 32),
    broker.ResumeCode("0000", "0" * 32),
    broker.CancelCode("0000", "0" * 32),
)
TARGETS_OWN: tuple[FromApp, ...] = (broker.Claim("0000", NONCE),)
HELLOS: tuple[FromApp, ...] = (
    broker.ControllerHello(1, "Ada", "", "ada-laptop"),
    broker.RegisterTarget(1, "reception", "", b"k" * 32, NONCE, SIGNATURE),
    broker.TargetHello(1, "reception", b"k" * 32, NONCE, SIGNATURE),
)


class Scene:
    """A claim in one state."""

    def __init__(self, state: ClaimState) -> None:
        self.meeting = Meeting()
        self.controller, self.target = self.meeting.controller(), self.meeting.target()
        code = self.meeting.start(self.controller)
        if state is ClaimState.WAITING:
            self.meeting.claim(self.meeting.target(), code.routing)
        self.claim = self.meeting.claim(self.target, code.routing)
        if state in (ClaimState.PAIRING, ClaimState.SESSION):
            self.meeting.accept(self.controller, self.claim)
        if state is ClaimState.SESSION:
            self.meeting.pair(self.controller, self.target, self.claim)
        if state is ClaimState.ENDED:
            self.meeting.send(self.target, broker.LeaveSession(self.claim))

    def connection(self, side: Side) -> int:
        return self.controller if side is Side.CONTROLLER else self.target

    def claim_state(self) -> ClaimState:
        claim = self.meeting.rendezvous._register.claims.get(self.claim)
        return claim.state if claim else ClaimState.ENDED


def is_allowed(state: ClaimState, side: Side, name: str) -> bool:
    if name == "ClaimFailed wrong" and state is ClaimState.ANNOUNCED:
        return False
    return name.split()[0] in [kind.__name__ for kind in ALLOWED.get((state, side), ())]


def is_hidden(state: ClaimState, side: Side) -> bool:
    """Whether this side can't know the claim: it is over, or was not announced to it."""
    return state is ClaimState.ENDED or (state is ClaimState.WAITING and side is Side.CONTROLLER)


CASES = list(itertools.product(ClaimState, Side, ABOUT_A_CLAIM))


@pytest.mark.parametrize(("state", "side", "name"), CASES)
def test_each_message_about_a_claim_in_each_state(state: ClaimState, side: Side, name: str) -> None:
    scene = Scene(state)
    assert scene.claim_state() is state
    message = ABOUT_A_CLAIM[name](scene.claim)
    targets_may_send = name in ("Paired", "LeaveSession")

    if side is Side.TARGET and not targets_may_send:
        with pytest.raises(ProtocolViolation):
            scene.meeting.send(scene.connection(side), message)
    elif is_hidden(state, side):
        before = copy.deepcopy(scene.meeting.inbox)
        scene.meeting.send(scene.connection(side), message)
        assert scene.meeting.inbox == before
        assert scene.claim_state() is state
    elif is_allowed(state, side, name):
        scene.meeting.send(scene.connection(side), message)
        keeps_on = name in ("AcceptClaim", "Paired")
        assert (scene.claim_state() is not ClaimState.ENDED) == keeps_on
    else:
        with pytest.raises(ProtocolViolation):
            scene.meeting.send(scene.connection(side), message)
        assert scene.claim_state() is state


@pytest.mark.parametrize("side", Side)
def test_a_second_paired_of_one_side_is_a_violation(side: Side) -> None:
    scene = Scene(ClaimState.PAIRING)
    scene.meeting.send(scene.connection(side), broker.Paired(scene.claim, TRANSCRIPT))

    with pytest.raises(ProtocolViolation):
        scene.meeting.send(scene.connection(side), broker.Paired(scene.claim, b"x" * 32))


@pytest.mark.parametrize("state", ClaimState)
@pytest.mark.parametrize("message", [*HELLOS, *TARGETS_OWN], ids=lambda one: type(one).__name__)
def test_what_a_controller_never_sends_is_a_violation_in_every_state(
    state: ClaimState, message: FromApp
) -> None:
    scene = Scene(state)

    with pytest.raises(ProtocolViolation):
        scene.meeting.send(scene.controller, message)


@pytest.mark.parametrize("state", ClaimState)
@pytest.mark.parametrize("message", [*HELLOS, *CONTROLLERS_OWN], ids=lambda one: type(one).__name__)
def test_what_a_target_never_sends_is_a_violation_in_every_state(
    state: ClaimState, message: FromApp
) -> None:
    scene = Scene(state)

    with pytest.raises(ProtocolViolation):
        scene.meeting.send(scene.target, message)


@pytest.mark.parametrize("state", ClaimState)
@pytest.mark.parametrize("message", CONTROLLERS_OWN, ids=lambda one: type(one).__name__)
def test_a_controller_is_answered_about_codes_in_every_state(
    state: ClaimState, message: FromApp
) -> None:
    scene = Scene(state)
    scene.meeting.take_all(scene.controller)
    scene.meeting.send(scene.controller, message)

    assert scene.meeting.take_all(scene.controller) != []


@pytest.mark.parametrize("state", [ClaimState.PAIRING, ClaimState.SESSION])
def test_a_target_with_a_handshake_or_session_claims_nothing_else(state: ClaimState) -> None:
    scene = Scene(state)

    with pytest.raises(ProtocolViolation):
        scene.meeting.send(scene.target, broker.Claim("0000", NONCE))


@pytest.mark.parametrize("name", ABOUT_A_CLAIM)
def test_the_claim_of_others_is_passed_over(name: str) -> None:
    scene = Scene(ClaimState.PAIRING)
    stranger = scene.meeting.controller()
    scene.meeting.send(stranger, ABOUT_A_CLAIM[name](scene.claim))
    scene.meeting.send(stranger, ABOUT_A_CLAIM[name](NO_CLAIM))

    assert scene.claim_state() is ClaimState.PAIRING
    assert scene.meeting.take_all(stranger) == []


def test_a_connection_that_was_never_let_in_is_a_bug() -> None:
    with pytest.raises(RuntimeError):
        Meeting().send(99, broker.Claim("0000", NONCE))
