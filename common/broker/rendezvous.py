"""Where controller and target find each other: all codes and claims of a node; no I/O.

Messages and `now` (monotonic seconds) go in, `take_actions()` hands out what is to be sent,
signed, joined and parted, `next_deadline()` says when to call `advance`. It does not know
what secret digits are, what a record looks like, or how a document is signed; the node drives
it. Messages about a code or claim that has ended are late, and answered or passed over; a
message that its sender or the claim's state has no place for raises ProtocolViolation, and
the driver closes that connection.
"""

from random import Random
from typing import assert_never

from common.broker.address_limits import Act, AddressLimits
from common.broker.claim_rules import ClaimRules
from common.broker.claims import Claim, Side
from common.broker.code_rules import CodeRules
from common.broker.guessing_alarm import GuessingAlarm
from common.broker.limits import Limits
from common.broker.parties import Action, ConnectionId, ControllerIdentity, TargetIdentity
from common.broker.register import Controller, Register, Target
from common.broker.routing_numbers import RoutingNumbers
from common.broker.serving import Serving
from common.errors import ProtocolViolation
from common.protocol import broker_messages as broker
from common.protocol.broker_messages import FromApp


class Rendezvous:
    """All codes and claims. One claim of a code is served at a time."""

    def __init__(self, limits: Limits, randomness: Random) -> None:
        self._register = Register(
            limits=limits,
            randomness=randomness,
            addresses=AddressLimits(limits),
            numbers=RoutingNumbers(limits, randomness),
            alarm=GuessingAlarm(limits),
        )
        self._serving = Serving(self._register)
        self._code_rules = CodeRules(self._register, self._serving)
        self._claim_rules = ClaimRules(self._register, self._serving)

    def take_actions(self) -> list[Action]:
        """Hand out what is to be done, in this order."""
        actions, self._register.actions = self._register.actions, []
        return actions

    def next_deadline(self) -> float | None:
        """Tell when to call `advance`."""
        return self._register.deadlines.next()

    def advance(self, now: float) -> None:
        """Do what is due: codes expire, claims have had their time."""
        while (due := self._register.deadlines.take_due(now)) is not None:
            if isinstance(due, Claim):
                self._claim_rules.is_due(due, now)
            else:
                self._code_rules.is_due(due, now)

    def add_controller(
        self, connection: ConnectionId, identity: ControllerIdentity, address: str
    ) -> None:
        """Let a controller in that the server has welcomed. `address` is an address key."""
        self._register.controllers[connection] = Controller(connection, identity, address)

    def add_target(self, connection: ConnectionId, identity: TargetIdentity, address: str) -> None:
        """Let a target in that has proved its device key."""
        self._register.targets[connection] = Target(connection, identity, address)

    def may_register(self, address: str, now: float) -> bool:
        """Count a registration of a new target, if its address may make one now."""
        return self._register.addresses.try_act(address, Act.REGISTRATION, now) == 0

    def remove(self, connection: ConnectionId, now: float) -> None:
        """Take note that a connection is gone: its code waits, its claim or session ends."""
        if (controller := self._register.controllers.pop(connection, None)) is not None:
            self._code_rules.controller_is_gone(controller, now)
        elif (target := self._register.targets.pop(connection, None)) and target.claim:
            self._serving.leave(target.claim, Side.TARGET, now, is_lost=True)

    def receive(self, connection: ConnectionId, message: FromApp, now: float) -> None:
        """Take a message of a connection that was let in. Raises ProtocolViolation."""
        if (controller := self._register.controllers.get(connection)) is not None:
            self._receive_from_controller(controller, message, now)
        elif (target := self._register.targets.get(connection)) is not None:
            self._receive_from_target(target, message, now)
        else:
            raise RuntimeError("a message of a connection that was never let in")

    def _receive_from_controller(
        self, controller: Controller, message: FromApp, now: float
    ) -> None:
        match message:
            case (
                broker.StartSession()
                | broker.ReplaceCode()
                | broker.ExtendCode()
                | broker.ResumeCode()
                | broker.CancelCode()
            ):
                self._code_rules.receive(controller, message, now)
            case (
                broker.AcceptClaim()
                | broker.ClaimFailed()
                | broker.Paired()
                | broker.LeaveSession()
            ):
                claim = self._register.claims.get(message.claim)
                if claim and self._register.controller_of(claim) is controller:
                    self._claim_rules.receive(claim, Side.CONTROLLER, message, now)
            case (
                broker.ControllerHello()
                | broker.RegisterTarget()
                | broker.TargetHello()
                | broker.Claim()
            ):
                raise ProtocolViolation(f"a controller sent {type(message).__name__}")
            case _:
                assert_never(message)

    def _receive_from_target(self, target: Target, message: FromApp, now: float) -> None:
        match message:
            case broker.Claim():
                self._claim_rules.claim(target, message, now)
            case broker.Paired() | broker.LeaveSession():
                if target.claim and target.claim.id == message.claim:
                    self._claim_rules.receive(target.claim, Side.TARGET, message, now)
            case _:
                raise ProtocolViolation(f"a target sent {type(message).__name__}")
