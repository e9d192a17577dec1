"""A node in memory: the real rendezvous and a real root key, without sockets; honest, or not.

It lets connections in without a hello, signs offers and grants, joins two connections and
passes frames on, as `common.server.node` does. What a hostile one does is set from outside:
`edit` sees every delivery and says what is delivered instead, `change_offer` and `change_grant`
see every document before the root signs it (a server that lies, not only a broker).
"""

import contextlib
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from random import Random

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from common.broker.limits import Limits
from common.broker.parties import (
    Agreement,
    ControllerIdentity,
    MakeGrant,
    MakeOffer,
    Part,
    Send,
    TargetIdentity,
)
from common.broker.rendezvous import Rendezvous
from common.errors import ProtocolViolation
from common.protocol import broker_messages as broker
from common.protocol.broker_messages import FromApp, FromNode
from common.protocol.documents import Grant, Offer, fingerprint_of, policies_hash, sign
from common.protocol.policies import Policies

Delivery = FromNode | bytes
Edit = Callable[[int, Delivery], Iterable[Delivery]]
"""Takes the connection and what is to be delivered to it; gives what is delivered."""

# A load of attempts in one minute is what a test makes, not what it is about.
NO_LIMITS = Limits(
    claims_per_minute=10_000,
    claims_per_hour=10_000,
    codes_per_minute=10_000,
    left_claims_per_minute=10_000,
)


def deliver(connection: int, delivery: Delivery) -> Iterable[Delivery]:
    """What an honest node does."""
    return (delivery,)


@dataclass
class NodeDouble:
    """One node. Connections are numbers that are never used again."""

    policies: Policies = field(default_factory=Policies)
    limits: Limits = NO_LIMITS
    maximum_duration_seconds: int = 0
    root: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    edit: Edit = deliver
    is_hostile: bool = False
    """A hostile node makes apps break its rules, so it does not complain of it."""
    change_offer: Callable[[Offer], Offer] = lambda offer: offer
    change_grant: Callable[[Grant], Grant] = lambda grant: grant

    def __post_init__(self) -> None:
        self._rendezvous = Rendezvous(self.limits, Random(1))
        self._joined: dict[int, int] = {}
        self._were_joined: set[int] = set()
        self._outboxes: dict[int, deque[Delivery]] = {}
        self._connections = 0
        self.seen: list[FromApp | bytes] = []
        """Everything that any app has sent: what a broker could read."""

    @property
    def root_public_key(self) -> bytes:
        """The 32 raw bytes that both sides hold."""
        return self.root.public_key().public_bytes_raw()

    @property
    def fingerprint(self) -> bytes:
        """The server's fingerprint."""
        return fingerprint_of(self.root_public_key)

    def connect_controller(self, technician: str, organisation: str) -> int:
        """Let a controller in."""
        identity = ControllerIdentity(technician, organisation, is_verified=True)
        connection = self._connect()
        self._rendezvous.add_controller(connection, identity, f"address {connection}")
        return connection

    def connect_target(self, computer_name: str, device_fingerprint: bytes) -> int:
        """Let a target in that has proved its device key."""
        identity = TargetIdentity(f"id of {computer_name}", computer_name, device_fingerprint)
        connection = self._connect()
        self._rendezvous.add_target(connection, identity, f"address {connection}")
        return connection

    def disconnect(self, connection: int, now: float) -> None:
        """A connection has broken."""
        del self._outboxes[connection]
        self._part(connection)
        self._rendezvous.remove(connection, now)
        self._carry_out()

    def stop(self) -> None:
        """Say that this node is about to stop."""
        for connection in self._outboxes:
            self.send(connection, broker.NodeStopping())

    def receive(self, connection: int, output: FromApp | bytes, now: float) -> None:
        """Take what an app sends. A rule that the app broke is the test's failure."""
        self.seen.append(output)
        if isinstance(output, bytes):
            was_joined = connection in self._were_joined
            assert was_joined or self.is_hostile, "a binary frame before the offer"
            if connection in self._joined:
                self.send(self._joined[connection], output)
        else:
            with contextlib.suppress(*((ProtocolViolation,) if self.is_hostile else ())):
                self._rendezvous.receive(connection, output, now)
            self._carry_out()

    def inject(self, connection: int, delivery: Delivery) -> None:
        """Deliver something as it is."""
        if connection in self._outboxes:
            self._outboxes[connection].append(delivery)

    def send(self, connection: int, delivery: Delivery) -> None:
        """Deliver something, or what `edit` makes of it."""
        if connection in self._outboxes:
            self._outboxes[connection].extend(self.edit(connection, delivery))

    def take(self, connection: int) -> Delivery | None:
        """Hand out what the connection receives next."""
        outbox = self._outboxes.get(connection)
        return outbox.popleft() if outbox else None

    def next_deadline(self) -> float | None:
        """When to call `advance`."""
        return self._rendezvous.next_deadline()

    def advance(self, now: float) -> None:
        """Do what is due."""
        self._rendezvous.advance(now)
        self._carry_out()

    def join(self, one: int, other: int) -> None:
        """Pass frames between two connections: those of a claim, or strangers."""
        self._joined[one], self._joined[other] = other, one
        self._were_joined |= {one, other}

    def _connect(self) -> int:
        self._connections += 1
        self._outboxes[self._connections] = deque()
        return self._connections

    def _part(self, connection: int) -> None:
        other = self._joined.pop(connection, None)
        if other is not None:
            self._joined.pop(other, None)

    def _carry_out(self) -> None:
        for action in self._rendezvous.take_actions():
            match action:
                case Send(connection, message):
                    self.send(connection, message)
                case MakeOffer(agreement):
                    self._offer(agreement)
                case MakeGrant(agreement, transcript_hash):
                    self._grant(agreement, transcript_hash)
                case Part():
                    self._part(action.controller_connection)

    def _offer(self, agreement: Agreement) -> None:
        offer = Offer(
            session_id=agreement.session_id,
            claim=agreement.claim,
            routing=agreement.routing,
            root_fingerprint=self.fingerprint,
            technician=agreement.controller.technician,
            organisation=agreement.controller.organisation,
            is_verified=agreement.controller.is_verified,
            mode=agreement.mode,
            target_id=agreement.target.target_id,
            device_fingerprint=agreement.target.device_fingerprint,
            policies=self.policies,
            target_nonce=agreement.target_nonce,
            controller_nonce=agreement.controller_nonce,
            share_commitment=agreement.share_commitment,
            lifetime_seconds=agreement.lifetime_seconds,
        )
        signed = sign(self.change_offer(offer), self.root)
        self._send_both(agreement, broker.OfferMade(agreement.claim, signed))
        self.join(agreement.controller_connection, agreement.target_connection)

    def _grant(self, agreement: Agreement, transcript_hash: bytes) -> None:
        grant = Grant(
            session_id=agreement.session_id,
            claim=agreement.claim,
            transcript_hash=transcript_hash,
            policies_hash=policies_hash(self.policies),
            maximum_duration_seconds=self.maximum_duration_seconds,
        )
        signed = sign(self.change_grant(grant), self.root)
        self._send_both(agreement, broker.GrantMade(agreement.claim, signed))

    def _send_both(self, agreement: Agreement, message: FromNode) -> None:
        self.send(agreement.controller_connection, message)
        self.send(agreement.target_connection, message)
