"""A real controller and a real target, joined by a node in memory: all of a session but I/O.

`PeerPair` feeds the machines as the two runners do: computations run at once, messages and
frames go both ways until quiet, time moves only by `advance`. It can hold back what a side
receives, cut its connection and bring it back; what else can go wrong on the way is the
node's (`node_double`). A runner's rule that matters here: what has ended says its last words
first, and hears nothing any more.
"""

from random import Random
from typing import TypeVar

from common.protocol.broker_messages import FromApp
from common.protocol.connection_code import ConnectionCode, Secret
from common.protocol.controller_claim import ControllerIdentity
from common.protocol.controller_pairing import ControllerPairing, ControllerState, Randomness
from common.protocol.controller_session import ControllerSession, ControllerSessionState
from common.protocol.pairing import PairedSession
from common.protocol.policies import NEUTRAL_POLICIES, Policies, SessionMode
from common.protocol.session_events import (
    CodeChanged,
    ControllerEvent,
    PairingEnded,
    SessionEnded,
    TargetEvent,
)
from common.protocol.session_messages import InputMessage
from common.protocol.target_pairing import TargetIdentity, TargetPairing, TargetState
from common.protocol.target_session import TargetDescription, TargetSession, TargetSessionState
from common.reasons import EndReason, PairingProblem
from tests.support.node_double import Delivery, NodeDouble

Event = TypeVar("Event")

TECHNICIAN = "Tess Example"
ORGANISATION = "Example IT"
DEVICE_FINGERPRINT = bytes(range(32))
MAXIMUM_ROUNDS = 5000


class ControllerEnd:
    """What the controller's runner does, without its loop."""

    def __init__(self, node: NodeDouble, mode: SessionMode, random: Random) -> None:
        self._node = node
        self._randomness = Randomness(random.randbytes, random.randrange)
        self.identity = ControllerIdentity(
            root_public_key=node.root_public_key,
            root_fingerprint=node.fingerprint,
            technician=TECHNICIAN,
            organisation=ORGANISATION,
            mode=mode,
        )
        self.pairing: ControllerPairing | None = None
        self.session: ControllerSession | None = None
        self.paired: list[PairedSession] = []
        self.events: list[ControllerEvent] = []
        self.violations: list[str] = []
        self.connection: int | None = None
        self.is_computing = True
        """Whether slow steps are run at once; else `compute` runs one."""
        self._leaving: list[ControllerPairing | ControllerSession] = []

    def start(self, now: float) -> None:
        """Start Broker Session."""
        if self.pairing is None and self.session is None:
            self.pairing = ControllerPairing(self.identity, self._randomness)
            if self.connection is not None:
                self.pairing.start()
            self.carry_out(now)

    def end(self, reason: EndReason, now: float) -> None:
        """End the session or the attempt at one."""
        machine = self.session or self.pairing
        if machine is not None:
            machine.end(reason)
            self.carry_out(now)

    def connect(self, now: float) -> None:
        """Be welcomed by the node."""
        self.connection = self._node.connect_controller(TECHNICIAN, ORGANISATION)
        if self.pairing is not None:
            self.pairing.connection_restored(self.identity)
            self.carry_out(now)

    def lose_connection(self, now: float) -> None:
        """The connection breaks."""
        self.connection = None
        self._leaving.clear()
        if self.session is not None:
            self.session.connection_lost()
        elif self.pairing is not None:
            self.pairing.connection_lost(now)
        self.carry_out(now)

    def receive(self, delivery: Delivery, now: float) -> None:
        """Take what the node delivers."""
        if isinstance(delivery, bytes):
            if self.session is not None:
                self.session.receive_frame(delivery, now)
            elif self.pairing is not None:
                self.pairing.receive_frame(delivery)
        elif self.session is not None:
            self.session.receive_text(delivery)
        elif self.pairing is not None:
            self.pairing.receive_text(delivery, now)
        self.carry_out(now)

    def next_output(self, now: float) -> FromApp | bytes | None:
        """Give what is to be sent next."""
        while self._leaving:
            output = _controller_output(self._leaving[0], now)
            if output is not None:
                return output
            self._leaving.pop(0)
        machine = self.session or self.pairing
        return _controller_output(machine, now) if machine is not None else None

    def next_deadline(self) -> float | None:
        """When to call `advance`."""
        machine = self.session or self.pairing
        return machine.next_deadline() if machine is not None else None

    def advance(self, now: float) -> None:
        """Do what is due."""
        machine = self.session or self.pairing
        if machine is not None:
            machine.advance(now)
            self.carry_out(now)

    def carry_out(self, now: float) -> None:
        """Do what the machines ask for."""
        if self.pairing is not None:
            self._carry_out_pairing(self.pairing, now)
        if self.session is not None:
            self.events += self.session.take_events()
            if self.session.state is ControllerSessionState.ENDED:
                self._leave(self.session, self.session.violation)
                self.session = None

    def compute(self, now: float) -> bool:
        """Run the slow step that waits; tell whether there was one."""
        computation = self.pairing.take_computation() if self.pairing else None
        if computation is None or self.pairing is None:
            return False
        self.pairing.computed(computation.number, computation.function())
        self.carry_out(now)
        return True

    def _carry_out_pairing(self, pairing: ControllerPairing, now: float) -> None:
        if self.is_computing:
            computation = pairing.take_computation()
            if computation is not None:
                pairing.computed(computation.number, computation.function())
        self.events += pairing.take_events()
        if pairing.state is ControllerState.PAIRED and pairing.result is not None:
            self.paired.append(pairing.result)
            self.session = ControllerSession(pairing.result, now)
        if pairing.state in (ControllerState.PAIRED, ControllerState.ENDED):
            self._leave(pairing, pairing.violation)
            self.pairing = None

    def _leave(self, machine: ControllerPairing | ControllerSession, violation: str) -> None:
        self._leaving.append(machine)
        if violation:
            self.violations.append(violation)


class TargetEnd:
    """What the target's runner does, without its loop."""

    def __init__(self, node: NodeDouble, own: Policies, is_pinned: bool, random: Random) -> None:
        self._node = node
        self._own = own
        self._is_pinned = is_pinned
        self._random = random
        self.computer_name = "kitchen-pc"
        self.device_fingerprint = DEVICE_FINGERPRINT
        self.pairing: TargetPairing | None = None
        self.session: TargetSession | None = None
        self.paired: list[PairedSession] = []
        self.events: list[TargetEvent] = []
        self.violations: list[str] = []
        self.connection: int | None = None
        self.is_computing = True
        """Whether slow steps are run at once; else `compute` runs one."""
        self._next_code: ConnectionCode | None = None
        self._leaving: list[TargetPairing | TargetSession] = []

    def enter(self, code: ConnectionCode, now: float) -> None:
        """Type a code and press Enter. It waits until a claim before is left."""
        is_leaving = self.pairing is not None and self.pairing.state is TargetState.LEAVING
        if is_leaving:
            self._next_code = code
        elif self.pairing is None and self.session is None and self.connection is not None:
            identity = TargetIdentity(
                self._node.root_public_key, self._node.fingerprint, self.device_fingerprint
            )
            self.pairing = TargetPairing(identity, code, self._random.randbytes(32), now)
            self.carry_out(now)

    def cancel(self, now: float) -> None:
        """Give the typed code up."""
        self._next_code = None
        if self.pairing is not None:
            self.pairing.cancel()
            self.carry_out(now)

    def answer(self, is_accepted: bool, now: float) -> None:
        """Answer the acceptance window."""
        if self.session is not None:
            self.session.answer(is_accepted, now)
            self.carry_out(now)

    def end(self, reason: EndReason, now: float) -> None:
        """End the session."""
        if self.session is not None:
            self.session.end(reason)
            self.carry_out(now)

    def connect(self, now: float) -> None:
        """Be welcomed by the node."""
        self.connection = self._node.connect_target(self.computer_name, self.device_fingerprint)

    def lose_connection(self, now: float) -> None:
        """The connection breaks."""
        self.connection = None
        self._leaving.clear()
        machine = self.session or self.pairing
        if machine is not None:
            machine.connection_lost()
        if self._next_code is not None:
            self._next_code = None
            self.events.append(PairingEnded(PairingProblem.BROKER_UNREACHABLE))
        self.carry_out(now)

    def receive(self, delivery: Delivery, now: float) -> None:
        """Take what the node delivers."""
        if isinstance(delivery, bytes):
            machine = self.session or self.pairing
            if machine is not None:
                machine.receive_frame(delivery, now)
        elif self.session is not None:
            self.session.receive_text(delivery)
        elif self.pairing is not None:
            self.pairing.receive_text(delivery, now)
        self.carry_out(now)

    def next_output(self, now: float) -> FromApp | bytes | None:
        """Give what is to be sent next."""
        while self._leaving:
            output = _target_output(self._leaving[0], now)
            if output is not None:
                return output
            self._leaving.pop(0)
        machine = self.session or self.pairing
        return _target_output(machine, now) if machine is not None else None

    def next_deadline(self) -> float | None:
        """When to call `advance`."""
        machine = self.session or self.pairing
        return machine.next_deadline() if machine is not None else None

    def advance(self, now: float) -> None:
        """Do what is due."""
        machine = self.session or self.pairing
        if machine is not None:
            machine.advance(now)
            self.carry_out(now)

    def carry_out(self, now: float) -> None:
        """Do what the machines ask for."""
        if self.pairing is not None:
            self._carry_out_pairing(self.pairing, now)
        if self.session is not None:
            self.events += self.session.take_events()
            if self.session.state is TargetSessionState.ENDED:
                self._leave(self.session, self.session.violation)
                self.session = None

    def compute(self, now: float) -> bool:
        """Run the slow step that waits; tell whether there was one."""
        computation = self.pairing.take_computation() if self.pairing else None
        if computation is None or self.pairing is None:
            return False
        self.pairing.computed(computation.function())
        self.carry_out(now)
        return True

    def _carry_out_pairing(self, pairing: TargetPairing, now: float) -> None:
        if self.is_computing:
            computation = pairing.take_computation()
            if computation is not None:
                pairing.computed(computation.function())
        self.events += pairing.take_events()
        if pairing.state is TargetState.PAIRED and pairing.result is not None:
            description = TargetDescription(
                computer_name=self.computer_name,
                user_name="ann",
                operating_system="Debian GNU/Linux 12",
                own_policies=self._own,
                is_server_pinned=self._is_pinned,
            )
            self.paired.append(pairing.result)
            self.session = TargetSession(pairing.result, description, now)
        if pairing.state in (TargetState.PAIRED, TargetState.ENDED):
            self._leave(pairing, pairing.violation)
            self.pairing = None
            code, self._next_code = self._next_code, None
            if code is not None:
                self.enter(code, now)

    def _leave(self, machine: TargetPairing | TargetSession, violation: str) -> None:
        self._leaving.append(machine)
        if violation:
            self.violations.append(violation)


class PeerPair:
    """Controller, target and node on one clock."""

    def __init__(
        self,
        node: NodeDouble | None = None,
        mode: SessionMode = SessionMode.ACTIVE,
        own: Policies = NEUTRAL_POLICIES,
        is_pinned: bool = True,
        seed: int = 7,
    ) -> None:
        random = Random(seed)
        self.now = 1000.0
        self.node = node or NodeDouble()
        self.controller = ControllerEnd(self.node, mode, random)
        self.target = TargetEnd(self.node, own, is_pinned, random)
        self.others: list[TargetEnd] = []
        """Further targets that take part."""
        self.held_back: set[ControllerEnd | TargetEnd] = set()
        """Ends that receive nothing for now; it waits for them, in order."""
        self.controller.connect(self.now)
        self.target.connect(self.now)

    # Stories.

    def open_code(self) -> ConnectionCode:
        """Start a session and give its code."""
        self.controller.start(self.now)
        self.settle()
        return self.code

    def pair(self) -> None:
        """Go from nothing to a granted session."""
        self.enter(self.open_code())

    def run(self) -> None:
        """Go from nothing to a running session."""
        self.pair()
        self.answer(True)

    @property
    def code(self) -> ConnectionCode:
        """The newest code that the controller's window shows."""
        return last(self.controller.events, CodeChanged).code

    def enter(self, code: ConnectionCode) -> None:
        """Type a code at the target."""
        self.target.enter(code, self.now)
        self.settle()

    def answer(self, is_accepted: bool) -> None:
        """Answer the target's acceptance window."""
        self.target.answer(is_accepted, self.now)
        self.settle()

    def send_input(self, *messages: InputMessage) -> None:
        """Have the technician make gestures."""
        assert self.controller.session is not None
        for message in messages:
            self.controller.session.send_input(message, self.now)
        self.settle()

    def cut(self, end: ControllerEnd | TargetEnd) -> None:
        """Break an end's connection; what is under way to it is lost."""
        if end.connection is not None:
            self.node.disconnect(end.connection, self.now)
            end.lose_connection(self.now)
        self.settle()

    def restore(self, end: ControllerEnd | TargetEnd) -> None:
        """Let an end find the node again."""
        if end.connection is None:
            end.connect(self.now)
        self.settle()

    # Step by step, for an end that is held back and does not compute by itself.

    def slow_down(self, end: ControllerEnd | TargetEnd) -> None:
        """From now on this end does something only by `step`."""
        self.held_back.add(end)
        end.is_computing = False

    def step(self, end: ControllerEnd | TargetEnd) -> None:
        """Run one slow step of an end, or deliver one thing to it."""
        assert end.connection is not None
        if not end.compute(self.now):
            delivery = self.node.take(end.connection)
            assert delivery is not None, "nothing more comes"
            end.receive(delivery, self.now)
        self.settle()

    # Time and motion.

    def advance(self, seconds: float) -> None:
        """Let time pass, with everything done at its time."""
        until = self.now + seconds
        while (due := self._next_deadline()) is not None and due <= until:
            self.now = max(self.now, due)
            self.node.advance(self.now)
            self.controller.advance(self.now)
            for target in (self.target, *self.others):
                target.advance(self.now)
            self.settle()
        self.now = until

    def settle(self) -> None:
        """Move everything that waits until nothing does."""
        ends: tuple[ControllerEnd | TargetEnd, ...]
        ends = (self.controller, self.target, *self.others)
        for end in ends:
            end.carry_out(self.now)
        for _ in range(MAXIMUM_ROUNDS):
            if not any([self._move(end) for end in ends]):
                return
        raise AssertionError("the two never come to rest")

    def _next_deadline(self) -> float | None:
        deadlines = (
            self.node.next_deadline(),
            self.controller.next_deadline(),
            *(target.next_deadline() for target in (self.target, *self.others)),
        )
        return min((due for due in deadlines if due is not None), default=None)

    def _move(self, end: ControllerEnd | TargetEnd) -> bool:
        """Send one output of an end, and deliver one thing to it."""
        if end.connection is None:
            return False
        output = end.next_output(self.now)
        if output is not None:
            self.node.receive(end.connection, output, self.now)
        delivery = None if end in self.held_back else self.node.take(end.connection)
        if delivery is not None:
            end.receive(delivery, self.now)
        return output is not None or delivery is not None


def last(events: list[ControllerEvent] | list[TargetEvent], kind: type[Event]) -> Event:
    """Give the newest event of one kind."""
    return every(events, kind)[-1]


def every(events: list[ControllerEvent] | list[TargetEvent], kind: type[Event]) -> list[Event]:
    """List the events of one kind."""
    return [event for event in events if isinstance(event, kind)]


def final(events: list[ControllerEvent] | list[TargetEvent]) -> list[SessionEnded | PairingEnded]:
    """List the events that end an attempt or a session."""
    return [event for event in events if isinstance(event, SessionEnded | PairingEnded)]


def with_wrong_secret(code: ConnectionCode) -> ConnectionCode:
    """Give a well-formed code with the same routing digits and another secret."""
    digits = code.secret.reveal()
    other = (int(digits) + 1) % 10 ** len(digits)
    return ConnectionCode(code.routing, Secret(f"{other:0{len(digits)}}"))


def _controller_output(
    machine: ControllerPairing | ControllerSession, now: float
) -> FromApp | bytes | None:
    if isinstance(machine, ControllerSession):
        return machine.next_output(now)
    return machine.next_output()


def _target_output(machine: TargetPairing | TargetSession, now: float) -> FromApp | bytes | None:
    if isinstance(machine, TargetSession):
        return machine.next_output(now)
    return machine.next_output()
