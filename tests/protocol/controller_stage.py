"""A controller in every state of its code, for the tests of what it takes and gives."""

from collections.abc import Callable
from dataclasses import dataclass

from common.protocol import broker_messages as broker
from common.protocol.controller_pairing import (
    ControllerPairing,
    ControllerState,
)
from common.protocol.session_events import (
    ControllerEvent,
)
from common.reasons import EndReason
from tests.support.node_double import Delivery
from tests.support.paired_ends import PeerPair, with_wrong_secret

State = ControllerState


@dataclass
class Stage:
    """A controller in a state, and what the node would name to mean this code and claim."""

    pair: PeerPair
    pairing: ControllerPairing
    session_id: bytes = bytes(16)
    routing: str = "9999"
    claim: str = "d" * 32

    @property
    def now(self) -> float:
        return self.pair.now

    def events(self) -> list[ControllerEvent]:
        return self.pairing.take_events()

    def outputs(self) -> list[object]:
        found: list[object] = []
        while (output := self.pairing.next_output()) is not None:
            found.append(output)
        return found


def without(kind: type) -> Callable[[int, Delivery], list[Delivery]]:
    """A node that swallows one kind of message."""
    return lambda connection, delivery: [] if isinstance(delivery, kind) else [delivery]


def in_state(state: State) -> Stage:
    """Bring a controller there by a story, the node's part of which is real."""
    pair = PeerPair()
    pair.controller.start(pair.now)
    assert pair.controller.pairing is not None
    stage = Stage(pair, pair.controller.pairing)
    match state:
        case State.ISSUING:
            (request,) = stage.outputs()
            assert isinstance(request, broker.StartSession)
            stage.session_id = request.session_id
            return stage
        case State.SERVING_CLAIM:
            pair.node.edit = without(broker.OfferMade)
        case State.RELEASING:
            pair.node.edit = without(broker.Released)
        case _:
            pass
    code = pair.open_code()
    stage.routing = code.routing
    match state:
        case State.SERVING_CLAIM | State.PAIRED:
            pair.enter(code)
        case State.RELEASING:
            pair.enter(with_wrong_secret(code))
        case State.CODE_DEAD:
            pair.advance(900)
        case State.RECONNECTING:
            pair.cut(pair.controller)
        case State.ENDED:
            pair.controller.end(EndReason.CANCELLED, pair.now)
            pair.settle()
        case _:
            pass
    for said in pair.node.seen:
        if isinstance(said, broker.StartSession):
            stage.session_id = said.session_id
        elif isinstance(said, broker.AcceptClaim):
            stage.claim = said.claim
    assert stage.pairing.state is state
    stage.events()
    return stage
