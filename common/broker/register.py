"""What a rendezvous remembers: who is connected, which codes are open, which claims run.

Data and look-ups alone; the rules are in `serving.py`, `code_rules.py` and `claim_rules.py`,
which share one register.
"""

import math
from collections import OrderedDict
from dataclasses import dataclass, field
from random import Random

from common.broker.address_limits import AddressLimits
from common.broker.claims import Claim, ClaimState
from common.broker.codes import OpenCode
from common.broker.deadlines import Deadlines
from common.broker.guessing_alarm import GuessingAlarm
from common.broker.limits import Limits
from common.broker.parties import (
    Action,
    ConnectionId,
    ControllerIdentity,
    Send,
    TargetIdentity,
)
from common.broker.routing_numbers import RoutingNumbers
from common.protocol.broker_messages import ClaimRefused, FromNode
from common.reasons import PairingProblem


@dataclass(slots=True, eq=False)
class Controller:
    """A controller's connection. It has one code or one session at a time."""

    connection: ConnectionId
    identity: ControllerIdentity
    address: str
    code: OpenCode | None = None
    session: Claim | None = None


@dataclass(slots=True, eq=False)
class Target:
    """A target's connection, with its claim or the session that it became."""

    connection: ConnectionId
    identity: TargetIdentity
    address: str
    claim: Claim | None = None


@dataclass(slots=True, eq=False)
class Register:
    """Everything that the rules share. Bounded by connections, numbers and `limits`."""

    limits: Limits
    randomness: Random
    addresses: AddressLimits
    numbers: RoutingNumbers
    alarm: GuessingAlarm
    controllers: dict[ConnectionId, Controller] = field(default_factory=dict)
    targets: dict[ConnectionId, Target] = field(default_factory=dict)
    codes: dict[str, OpenCode] = field(default_factory=dict)
    claims: dict[str, Claim] = field(default_factory=dict)
    used_session_ids: OrderedDict[bytes, None] = field(default_factory=OrderedDict)
    deadlines: Deadlines[OpenCode | Claim] = field(default_factory=Deadlines)
    actions: list[Action] = field(default_factory=list)

    def send(self, connection: ConnectionId, message: FromNode) -> None:
        """Have a message sent."""
        self.actions.append(Send(connection, message))

    def refuse(self, target: Target, problem: PairingProblem, wait_seconds: float = 0) -> None:
        """Tell a target that its code leads nowhere."""
        self.send(target.connection, ClaimRefused(problem, math.ceil(wait_seconds)))

    def remember_session_id(self, session_id: bytes) -> None:
        """Never take this one again, as far as memory goes."""
        self.used_session_ids[session_id] = None
        if len(self.used_session_ids) > self.limits.remembered_session_ids:
            self.used_session_ids.popitem(last=False)

    def owner_of(self, code: OpenCode) -> Controller | None:
        """Find the controller of a code, None while its connection is lost."""
        return None if code.controller is None else self.controllers.get(code.controller)

    def controller_of(self, claim: Claim) -> Controller | None:
        """Find the controller that a claim has been shown to."""
        if claim.agreement:
            return self.controllers.get(claim.agreement.controller_connection)
        return self.owner_of(claim.code) if claim.state is ClaimState.ANNOUNCED else None
