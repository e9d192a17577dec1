"""One node: it carries out what the rendezvous decides, between connections, relay and server.

Everything that a message leads to happens in the call that brought it, so what is sent to one
connection leaves in the order in which it was decided. Only a target's hello waits, for the
database. It does not know what is in a binary frame.
"""

import asyncio
import itertools
import secrets
from dataclasses import dataclass
from random import SystemRandom
from typing import Final, assert_never

from common.broker.address_limits import SlidingWindow
from common.broker.limits import Limits
from common.broker.parties import (
    Action,
    ConnectionId,
    MakeGrant,
    MakeOffer,
    Part,
    Send,
    TargetIdentity,
)
from common.broker.relay import Relay
from common.broker.rendezvous import Rendezvous
from common.errors import ProtocolViolation
from common.logs import Log
from common.protocol import broker_messages as broker
from common.protocol.broker_messages import FromNode, decode_from_app, encode
from common.reasons import ConnectionProblem
from common.server import session_log
from common.server.admission import Admission, Ticket
from common.server.connection import Connection, Entry, RemoteAddress
from common.server.hellos import (
    Challenge,
    Refusal,
    ServerFacts,
    TargetMessage,
    check_controller,
    check_target,
    controller_welcome,
    target_welcome,
)
from common.server.signing import Signer
from common.server.targets import TargetStore
from common.server.websocket_frames import CloseCode

TICK_SECONDS: Final = 1.0
PINGS_BEFORE_DEAD: Final = 3
STOP_SECONDS: Final = 1.5
RATE_SECONDS: Final = 10

_log = Log(__name__)


@dataclass(slots=True, eq=False)
class _Member:
    """A connection with what the node counts for it."""

    connection: Connection
    ticket: Ticket
    challenge: Challenge
    messages: SlidingWindow


class Node:
    """Drives one rendezvous and one relay. `run` owns every task."""

    def __init__(
        self, facts: ServerFacts, limits: Limits, signer: Signer, targets: TargetStore
    ) -> None:
        self.admission = Admission(limits)
        self._facts = facts
        self._limits = limits
        self._signer = signer
        self._targets = targets
        self._rendezvous = Rendezvous(limits, SystemRandom())
        self._relay = Relay(limits)
        self._members: dict[ConnectionId, _Member] = {}
        self._numbers = itertools.count(1)
        self._loop = asyncio.get_running_loop()
        self._watched_at = self._loop.time()
        self._timer: asyncio.TimerHandle | None = None
        self._tasks = asyncio.TaskGroup()
        self._all_gone = asyncio.Event()

    async def run(self) -> None:
        """Watch over connections until cancelled."""
        async with self._tasks:
            while True:
                await asyncio.sleep(TICK_SECONDS)
                self._watch()

    async def stop(self) -> None:
        """Say goodbye to everybody, and cut who has not gone within STOP_SECONDS."""
        for member in list(self._members.values()):
            self._send(member.connection.number, broker.NodeStopping())
            member.connection.close(CloseCode.GOING_AWAY, "the node stops")
        if self._timer:
            self._timer.cancel()
        if self._members:
            self._all_gone.clear()
            try:
                async with asyncio.timeout(STOP_SECONDS):
                    await self._all_gone.wait()
            except TimeoutError:
                for member in list(self._members.values()):
                    member.connection.abort()

    def most_held_bytes(self) -> int:
        """Tell the most that waits in this process for any one connection."""
        connections = [member.connection for member in self._members.values()]
        return max((connection.held_bytes() for connection in connections), default=0)

    def add_connection(
        self, transport: asyncio.Transport, ticket: Ticket, address: RemoteAddress
    ) -> Connection:
        """Take a WebSocket over from HTTP."""
        connection = Connection(
            next(self._numbers), transport, address, secrets.token_bytes(32), self
        )
        own = transport.get_extra_info("sockname") or ("", 0)
        challenge = Challenge(connection.nonce, address.is_loopback, _joined(own[0], own[1]))
        rate = SlidingWindow(self._limits.messages_per_second * RATE_SECONDS, RATE_SECONDS)
        self._members[connection.number] = _Member(connection, ticket, challenge, rate)
        self._relay.add(connection.number, connection)
        return connection

    def on_open(self, connection: Connection) -> None:
        """Speak first."""
        hello = broker.ServerHello(
            broker.PROTOCOL_VERSION, connection.nonce, self._facts.organisation
        )
        connection.send_text(encode(hello))

    def on_text(self, connection: Connection, text: bytes) -> None:
        """Take a message: the hello first, then the conversation."""
        member = self._members[connection.number]
        try:
            self._check_rate(member)
            message = decode_from_app(text)
            if connection.entry is Entry.AWAITING_HELLO:
                self._receive_hello(member, message)
            elif connection.entry is Entry.LET_IN:
                session_log.received(connection.name, message)
                self._rendezvous.receive(connection.number, message, self._loop.time())
            else:
                raise ProtocolViolation("a message before the welcome")
        except ProtocolViolation as violation:
            self.on_violation(connection, violation)
        self._carry_out()

    def on_frame(self, connection: Connection, frame: bytearray) -> None:
        """Pass a binary frame on."""
        try:
            self._relay.pass_on(connection.number, frame)
        except ProtocolViolation as violation:
            self.on_violation(connection, violation)

    def on_violation(self, connection: Connection, violation: ProtocolViolation) -> None:
        """Close a connection that broke a rule; the others are served on."""
        self._drop(connection, CloseCode.PROTOCOL_ERROR, violation.detail)

    def on_full(self, connection: Connection) -> None:
        """Stop reading from who sends to it."""
        self._relay.is_full(connection.number, self._loop.time())

    def on_room(self, connection: Connection) -> None:
        """Read on from who sends to it."""
        self._relay.has_room(connection.number)

    def on_lost(self, connection: Connection) -> None:
        """Forget a connection that is gone."""
        member = self._members.pop(connection.number, None)
        if member is None:
            return
        self.admission.give_back(member.ticket)
        _log.info("gone", who=connection.name)
        self._forget(connection)
        if not self._members:
            self._all_gone.set()

    # Hellos.

    def _receive_hello(self, member: _Member, message: broker.FromApp) -> None:
        match message:
            case broker.ControllerHello():
                self._let_controller_in(member, message)
            case broker.RegisterTarget() | broker.TargetHello():
                member.connection.entry = Entry.CHECKING_HELLO
                self._tasks.create_task(self._let_target_in(member, message))
            case _:
                raise ProtocolViolation(f"{type(message).__name__} before a hello")

    def _let_controller_in(self, member: _Member, hello: broker.ControllerHello) -> None:
        identity = check_controller(hello, member.challenge, self._facts)
        if isinstance(identity, Refusal):
            self._refuse(member.connection, identity)
            return
        self._let_in(member, f"controller {hello.computer_name!r}")
        connection = member.connection
        self._rendezvous.add_controller(connection.number, identity, connection.address.key)
        self._send(connection.number, controller_welcome(identity, self._facts))

    async def _let_target_in(self, member: _Member, hello: TargetMessage) -> None:
        connection = member.connection
        try:
            identity = await self._check_target(member, hello)
        except Exception:  # the database failed: this connection's trouble, nobody else's
            _log.exception("a target could not be checked")
            self._drop(connection, CloseCode.INTERNAL_ERROR, "the node has a problem")
            return
        if connection.entry is not Entry.CHECKING_HELLO:
            return  # it has gone or misbehaved meanwhile
        if isinstance(identity, Refusal):
            self._refuse(connection, identity)
            return
        self._let_in(member, f"target {hello.computer_name!r}")
        self._rendezvous.add_target(connection.number, identity, connection.address.key)
        self._send(connection.number, target_welcome(identity, member.challenge, self._facts))

    async def _check_target(
        self, member: _Member, hello: TargetMessage
    ) -> TargetIdentity | Refusal:
        address = member.connection.address.key
        if isinstance(hello, broker.RegisterTarget) and not self._rendezvous.may_register(
            address, self._loop.time()
        ):
            return Refusal(ConnectionProblem.TOO_MANY, "too many registrations")
        return await check_target(hello, member.challenge, self._facts, self._targets)

    def _let_in(self, member: _Member, name: str) -> None:
        self.admission.authenticated(member.ticket)
        member.connection.let_in()
        member.connection.name = f"{name} ({member.connection.number})"
        _log.info("let in", who=member.connection.name, address=member.connection.address.text)

    def _refuse(self, connection: Connection, refusal: Refusal) -> None:
        self._send(connection.number, broker.HelloRefused(refusal.problem))
        self._drop(connection, CloseCode.POLICY, refusal.detail)

    # Steps.

    def _check_rate(self, member: _Member) -> None:
        now = self._loop.time()
        if member.messages.is_full(now):
            raise ProtocolViolation("too many messages")
        member.messages.add(now)

    def _carry_out(self) -> None:
        """Do what the rendezvous asks for, and set one timer."""
        for action in self._rendezvous.take_actions():
            self._do(action)
        if self._timer:
            self._timer.cancel()
        deadline = self._rendezvous.next_deadline()
        self._timer = None if deadline is None else self._loop.call_at(deadline, self._advance)

    def _do(self, action: Action) -> None:
        session_log.decided(action)
        match action:
            case Send():
                self._send(action.connection, action.message)
            case MakeOffer(agreement):
                offer = broker.OfferMade(agreement.claim, self._signer.offer(agreement))
                self._send_both(agreement.controller_connection, agreement.target_connection, offer)
                self._relay.join(agreement.controller_connection, agreement.target_connection)
            case MakeGrant(agreement, transcript_hash):
                grant = self._signer.grant(agreement, transcript_hash)
                self._send_both(
                    agreement.controller_connection,
                    agreement.target_connection,
                    broker.GrantMade(agreement.claim, grant),
                )
            case Part():
                self._relay.part(action.controller_connection, action.target_connection)
            case _:
                assert_never(action)

    def _send(self, number: ConnectionId, message: FromNode) -> None:
        member = self._members.get(number)
        if member:
            member.connection.send_text(encode(message))

    def _send_both(self, one: ConnectionId, other: ConnectionId, message: FromNode) -> None:
        self._send(one, message)
        self._send(other, message)

    def _advance(self) -> None:
        self._rendezvous.advance(self._loop.time())
        self._carry_out()

    def _drop(self, connection: Connection, code: CloseCode, reason: str) -> None:
        """Close a connection with a reason, and let the others go on at once."""
        if connection.entry is Entry.CLOSING:
            return
        _log.warning("closed", who=connection.name, address=connection.address.text, reason=reason)
        connection.close(code, reason)
        self._forget(connection)

    def _forget(self, connection: Connection) -> None:
        self._relay.remove(connection.number)
        self._rendezvous.remove(connection.number, self._loop.time())
        self._carry_out()

    def _watch(self) -> None:
        """Cut who is dead, stalled or late. Called once a second."""
        now = self._loop.time()
        self._forgive_own_absence(now)
        for reader in self._relay.stalled_readers(now):
            member = self._members.get(reader)
            if member:
                self._drop(member.connection, CloseCode.POLICY, "it takes nothing any more")
        for member in list(self._members.values()):
            self._watch_one(member, now)

    def _forgive_own_absence(self, now: float) -> None:
        """Take the time in which this process itself did not run for nobody's silence: the
        computer slept or was too busy, and what was sent meanwhile is yet to be read."""
        absent_seconds = now - self._watched_at - TICK_SECONDS
        self._watched_at = now
        if absent_seconds > TICK_SECONDS / 4:
            for member in self._members.values():
                member.connection.heard_at += absent_seconds

    def _watch_one(self, member: _Member, now: float) -> None:
        connection = member.connection
        silent_seconds = now - connection.heard_at
        if connection.entry is Entry.CLOSING or connection.is_reading_paused:
            return
        if not member.ticket.is_authenticated and now >= member.ticket.deadline:
            self._drop(connection, CloseCode.POLICY, "no hello in time")
        elif silent_seconds >= self._limits.silent_seconds - TICK_SECONDS:
            _log.warning("dead", who=connection.name)
            connection.abort()
        elif silent_seconds >= self._limits.silent_seconds / PINGS_BEFORE_DEAD:
            connection.ping()


def _joined(address: str, port: int) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
