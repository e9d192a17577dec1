"""A rendezvous with named controllers and targets, time that a test moves, and their inboxes."""

import itertools
from collections import defaultdict
from random import Random
from typing import TypeVar

from common.broker.limits import Limits
from common.broker.parties import (
    Action,
    ControllerIdentity,
    MakeGrant,
    MakeOffer,
    Part,
    Send,
    TargetIdentity,
)
from common.broker.rendezvous import Rendezvous
from common.protocol import broker_messages as broker
from common.protocol.broker_messages import FromApp, FromNode
from common.protocol.policies import SessionMode
from common.reasons import PairingProblem

NONCE = b"n" * 32
COMMITMENT = b"c" * 32
TRANSCRIPT = b"t" * 32

M = TypeVar("M", bound=FromNode)


class Meeting:
    """Feeds a rendezvous and sorts what it asks for by connection."""

    def __init__(self, limits: Limits | None = None, seed: int = 1) -> None:
        self.limits = limits or Limits()
        self.rendezvous = Rendezvous(self.limits, Random(seed))
        self.now = 1000.0
        self.inbox: defaultdict[int, list[FromNode]] = defaultdict(list)
        self.offers: list[MakeOffer] = []
        self.grants: list[MakeGrant] = []
        self.joined: set[tuple[int, int]] = set()
        self._connections = itertools.count(1)
        self._session_ids = itertools.count(1)

    # Who is there.

    def controller(self, address: str = "192.0.2.1") -> int:
        connection = next(self._connections)
        identity = ControllerIdentity("Ada", "Example", is_verified=False)
        self.rendezvous.add_controller(connection, identity, address)
        return connection

    def target(self, address: str | None = None) -> int:
        connection = next(self._connections)
        identity = TargetIdentity(f"id-{connection}", f"computer-{connection}", b"f" * 32)
        chosen = address or f"198.51.100.{connection}"
        self.rendezvous.add_target(connection, identity, chosen)
        return connection

    def leave(self, connection: int) -> None:
        self.rendezvous.remove(connection, self.now)
        self._sort()

    # What they do.

    def send(self, connection: int, message: FromApp) -> None:
        try:
            self.rendezvous.receive(connection, message, self.now)
        finally:
            self._sort()

    def start(self, controller: int) -> broker.CodeIssued:
        self.send(controller, broker.StartSession(SessionMode.ACTIVE, self.session_id()))
        return self.take(controller, broker.CodeIssued)

    def claim(self, target: int, routing: str) -> str:
        self.send(target, broker.Claim(routing, NONCE))
        return self.take(target, broker.ClaimQueued).claim

    def accept(self, controller: int, claim: str) -> None:
        self.send(controller, broker.AcceptClaim(claim, NONCE, COMMITMENT))

    def offered(self, controller: int, target: int) -> tuple[broker.CodeIssued, str]:
        """Go from nothing to an accepted claim."""
        code = self.start(controller)
        claim = self.claim(target, code.routing)
        self.take(controller, broker.Claimed)
        self.accept(controller, claim)
        return code, claim

    def pair(self, controller: int, target: int, claim: str) -> None:
        self.send(target, broker.Paired(claim, TRANSCRIPT))
        self.send(controller, broker.Paired(claim, TRANSCRIPT))

    def fail(self, controller: int, claim: str, problem: str = "wrong") -> None:
        self.send(controller, broker.ClaimFailed(claim, problem))

    def advance(self, seconds: float) -> None:
        """Let time pass, stopping at each deadline on the way."""
        end = self.now + seconds
        while (deadline := self.rendezvous.next_deadline()) is not None and deadline <= end:
            self.now = max(self.now, deadline)
            self.rendezvous.advance(self.now)
            self._sort()
        self.now = end

    # What they get.

    def take(self, connection: int, kind: type[M]) -> M:
        """Take the oldest message of a connection, which must be of this kind."""
        assert self.inbox[connection], f"nothing came for {connection}"
        message = self.inbox[connection].pop(0)
        assert isinstance(message, kind), message
        return message

    def take_all(self, connection: int) -> list[FromNode]:
        messages, self.inbox[connection] = self.inbox[connection], []
        return messages

    def session_id(self) -> bytes:
        return next(self._session_ids).to_bytes(16, "big")

    def _sort(self) -> None:
        for action in self.rendezvous.take_actions():
            self._note(action)

    def _note(self, action: Action) -> None:
        match action:
            case Send(connection, message):
                self.inbox[connection].append(message)
            case MakeOffer(agreement):
                self.offers.append(action)
                self.joined.add((agreement.controller_connection, agreement.target_connection))
            case MakeGrant():
                self.grants.append(action)
            case Part(controller, target):
                self.joined.remove((controller, target))


def problem_of(meeting: Meeting, target: int, routing: str) -> PairingProblem:
    """What a target hears that claims this number now."""
    meeting.send(target, broker.Claim(routing, NONCE))
    return meeting.take(target, broker.ClaimRefused).problem
