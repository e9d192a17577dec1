"""The target's asyncio half: feeds the session machines and carries out what they ask for.

Owns the pairing that a claimed code is, the session it becomes, and with the session the
capture thread and the injection; which server it is, is the connection's. Events go out
through `publish`. It decides nothing: the rules are in `common.protocol`, the sentences in the
windows. All of it runs on the network thread's loop; the windows reach it through
`NetworkThread.call`.
"""

import asyncio
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from common.errors import ConnectionLost, ProtocolViolation
from common.logs import Log
from common.protocol import session_events as events
from common.protocol.broker_messages import (
    PROTOCOL_VERSION,
    ClaimQueued,
    ControllerWelcome,
    FromApp,
    FromNode,
    LeaveSession,
    OfferMade,
    RegisterTarget,
    ServerHello,
    TargetHello,
    TargetWelcome,
)
from common.protocol.connection_code import ConnectionCode
from common.protocol.documents import device_proof_bytes, fingerprint_of, sign_device_proof
from common.protocol.pairing import Computation
from common.protocol.policies import Policies
from common.protocol.session_messages import CursorMessage, InputMessage, ScreenMessage
from common.protocol.target_pairing import TargetIdentity, TargetPairing, TargetState
from common.protocol.target_session import (
    TargetDescription,
    TargetSession,
    TargetSessionState,
)
from common.reasons import EndReason, PairingProblem
from common.transport.connection_events import BrokerConnected, BrokerLost
from common.transport.known_servers import KnownServers
from common.transport.trust import ServerAddress, ServerIdentity, TrustLevel
from target_app.code_tries import CodeTries
from target_app.connection import NodeSearch, ServerSources, TargetConnection

FAREWELL_SECONDS: Final = 2.0

_log = Log(__name__)


@dataclass(frozen=True, slots=True)
class Computer:
    """What servers and technicians are told of this computer."""

    name: str
    user_name: str
    operating_system: str


class SharedDesktop(Protocol):
    """This computer's screen and input for one session: started once, stopped once."""

    def start(self) -> None:
        """Begin to capture, and be ready to inject."""

    def inject(self, message: InputMessage) -> None:
        """Carry out one gesture that mode and policies allow."""

    def release_all(self) -> None:
        """Let go of every key and button."""

    def acknowledge(self, frame: int, decode_microseconds: int) -> None:
        """The controller has shown this frame."""

    def stop(self) -> None:
        """Let go of everything; nothing is captured or injected after this."""


@dataclass(frozen=True, slots=True)
class RunnerParts:
    """What a runner is built of."""

    computer: Computer
    known_servers: KnownServers
    own_policies: Callable[[], Policies]
    """The target's properties as they are now, as policies."""
    share_desktop: Callable[[Callable[[ScreenMessage | CursorMessage], None]], SharedDesktop]
    search: NodeSearch | None = None
    """Finds servers near by, where none is set by hand."""


class TargetRunner:
    """One shared computer on the network thread. Implements TargetCommands there."""

    def __init__(
        self,
        parts: RunnerParts,
        addresses: Sequence[ServerAddress],
        publish: Callable[[object], None],
    ) -> None:
        self._parts = parts
        self._publish = publish
        sources = ServerSources(parts.known_servers, parts.search)
        self._connection = TargetConnection(sources, addresses, self, publish)
        self._tries = CodeTries(self._connection, self._claim, self._report)
        self._server: ServerIdentity | None = None
        self._organisation = ""
        self._pairing: TargetPairing | None = None
        self._session: TargetSession | None = None
        self._leaving: list[TargetPairing | TargetSession] = []
        self._next_code: ConnectionCode | None = None
        self._refusals: list[FromApp] = []
        self._desktop: SharedDesktop | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._stop = asyncio.Event()
        self._drained = asyncio.Event()

    async def run(self) -> None:
        """Be connected until `quit` is called; then say goodbye and return."""
        async with asyncio.TaskGroup() as tasks:
            connection = tasks.create_task(self._connection.run())
            await self._stop.wait()
            await self._say_goodbye()
            connection.cancel()
        self._tries.stop()
        if self._timer is not None:
            self._timer.cancel()

    # Commands, by way of NetworkThread.call.

    def enter_code(self, code: ConnectionCode) -> None:
        """Claim the code, as soon as the server is there that has it."""
        is_free = self._pairing is None or self._pairing.state is TargetState.LEAVING
        if self._session is None and is_free:
            _log.info("code entered")
            self._tries.start(code)

    def cancel_attempt(self) -> None:
        """Give up the code that is being tried."""
        self._tries.stop()
        self._next_code = None
        if self._pairing is not None:
            self._pairing.cancel()
        elif self._session is not None:
            self._session.end(EndReason.CANCELLED)
        self._carry_out()

    def answer(self, is_accepted: bool) -> None:
        """Accept or refuse the session that is being asked for."""
        if self._session is not None:
            self._session.answer(is_accepted, time.monotonic())
            self._carry_out()

    def end_session(self, reason: EndReason) -> None:
        """End the session now."""
        if self._session is not None:
            self._session.end(reason)
            self._carry_out()

    def use_servers(self, addresses: Sequence[ServerAddress]) -> None:
        """Contact these from now on, in their order; without any, those known and found."""
        self._connection.use_servers(addresses)

    def quit(self) -> None:
        """End everything and let `run` return."""
        self._stop.set()

    # BrokerHandler.

    def server_met(self, identity: ServerIdentity) -> None:
        """Remember who the server is: its root checks every document."""
        self._server = identity

    def hello(self, server_hello: ServerHello) -> FromApp:
        """Prove the device key; at first contact register it."""
        server, computer = self._met_server(), self._parts.computer
        device_key = self._parts.known_servers.device_key(server.fingerprint)
        private_key, nonce = device_key.load(), secrets.token_bytes(32)
        proof = device_proof_bytes(server.fingerprint, server_hello.nonce, nonce)
        signature = sign_device_proof(private_key, proof)
        public_key = private_key.public_key().public_bytes_raw()
        if device_key.is_registered:
            return TargetHello(PROTOCOL_VERSION, computer.name, public_key, nonce, signature)
        return RegisterTarget(
            PROTOCOL_VERSION,
            computer.name,
            computer.operating_system,
            public_key,
            nonce,
            signature,
        )

    def connected(self, welcome: ControllerWelcome | TargetWelcome) -> None:
        """Keep what the server said of itself; go on with a code that waited."""
        if not isinstance(welcome, TargetWelcome):
            raise ProtocolViolation("the node took this target for a controller")
        server = self._met_server()
        self._parts.known_servers.mark_registered(server.fingerprint)
        self._parts.known_servers.set_brokers(server.fingerprint, welcome.brokers)
        self._organisation = welcome.organisation
        self._publish(BrokerConnected(server.address, welcome.organisation, trust=server.trust))
        self._tries.welcomed()

    def text_received(self, message: FromNode) -> None:
        """Give the node's message to whom it concerns; a claim that was given up is left."""
        if self._session is not None:
            self._session.receive_text(message)
        elif self._pairing is not None:
            self._pairing.receive_text(message, time.monotonic())
        elif isinstance(message, ClaimQueued | OfferMade):
            self._refusals.append(LeaveSession(message.claim))
        self._carry_out()

    def frame_received(self, frame: bytes) -> None:
        """Give the controller's frame to whom it concerns."""
        if self._session is not None:
            self._session.receive_frame(frame, time.monotonic())
        elif self._pairing is not None:
            self._pairing.receive_frame(frame, time.monotonic())
        self._carry_out()

    def next_output(self) -> FromApp | bytes | None:
        """Give the most urgent output: what ended says its last words first."""
        while self._leaving:
            output = _output_of(self._leaving[0])
            if output is not None:
                return output
            self._leaving.pop(0)
        if self._refusals:
            return self._refusals.pop(0)
        machine = self._session or self._pairing
        output = _output_of(machine) if machine is not None else None
        if output is None:
            self._drained.set()
        return output

    def disconnected(self, lost: ConnectionLost, retry_in_seconds: float | None) -> None:
        """Tell the machines and the windows."""
        self._leaving.clear()
        self._refusals.clear()
        self._drained.set()
        self._publish(BrokerLost(self._met_server().address, lost.problem, retry_in_seconds))
        if self._session is not None:
            self._session.connection_lost()
        elif self._pairing is not None:
            self._pairing.connection_lost()
        if self._next_code is not None:
            self._next_code = None
            self._tries.refused(events.PairingEnded(PairingProblem.BROKER_UNREACHABLE), False)
        self._carry_out()

    def _met_server(self) -> ServerIdentity:
        if self._server is None:
            raise RuntimeError("a connection without a server that was met")
        return self._server

    def _claim(self, code: ConnectionCode) -> None:
        if self._pairing is not None:  # the claim before has still to be left
            self._next_code = code
            return
        server = self._met_server()
        device_key = self._parts.known_servers.device_key(server.fingerprint)
        identity = TargetIdentity(
            root_public_key=server.root_public_key,
            root_fingerprint=server.fingerprint,
            device_fingerprint=fingerprint_of(device_key.load().public_key().public_bytes_raw()),
        )
        nonce = secrets.token_bytes(32)
        self._pairing = TargetPairing(identity, code, nonce, time.monotonic())
        self._carry_out()

    def _claim_next(self) -> None:
        code, self._next_code = self._next_code, None
        if code is not None:
            self._claim(code)

    def _confirm_server(self) -> None:
        """A session by a spoken code runs through it: it is the speaker's (protocol.md 1)."""
        server = self._met_server()
        if server.trust is not TrustLevel.PROVISIONAL:
            return
        known = self._parts.known_servers.raise_trust(server.fingerprint, TrustLevel.CONFIRMED)
        self._server = known.identity
        _log.info("server confirmed", address=server.address)
        trust = known.identity.trust
        self._publish(BrokerConnected(server.address, self._organisation, trust=trust))

    # Carrying out.

    def _carry_out(self) -> None:
        """Do what the machines ask for, until they ask for nothing more."""
        if self._pairing is not None:
            self._carry_out_pairing(self._pairing)
        if self._session is not None:
            self._carry_out_session(self._session)
        self._connection.wake()
        self._set_timer()

    def _carry_out_pairing(self, pairing: TargetPairing) -> None:
        refusal = None
        for event in pairing.take_events():
            if isinstance(event, events.PairingEnded):
                refusal = event
            else:
                self._report(event)
        computation = pairing.take_computation()
        if computation is not None:
            self._compute(pairing, computation)
        if pairing.state is TargetState.PAIRED and pairing.result is not None:
            self._leave(pairing)
            self._tries.stop()
            description = self._description()
            self._session = TargetSession(pairing.result, description, time.monotonic())
        elif pairing.state is TargetState.ENDED:
            if pairing.violation:
                _log.warning("pairing ended", violation=pairing.violation)
            self._leave(pairing)
            self._claim_next()
        if refusal is not None:
            self._tries.refused(refusal, pairing.is_known_there)

    def _carry_out_session(self, session: TargetSession) -> None:
        for event in session.take_events():
            match event:
                case events.InputReceived(message):
                    if self._desktop is not None:
                        self._desktop.inject(message)
                case events.ReleaseHeld():
                    if self._desktop is not None:
                        self._desktop.release_all()
                case events.PictureAcknowledged(frame, decode_microseconds):
                    if self._desktop is not None:
                        self._desktop.acknowledge(frame, decode_microseconds)
                case events.SessionStarted():
                    self._start_desktop()
                    self._report(event)
                    self._confirm_server()
                case _:
                    self._report(event)
        if session.state is TargetSessionState.ENDED:
            self._log_end(session)
            self._stop_desktop()
            self._leave(session)

    def _description(self) -> TargetDescription:
        computer = self._parts.computer
        return TargetDescription(
            computer_name=computer.name,
            user_name=computer.user_name,
            operating_system=computer.operating_system,
            own_policies=self._parts.own_policies(),
            is_server_pinned=self._met_server().trust is TrustLevel.PINNED,
        )

    def _leave(self, machine: TargetPairing | TargetSession) -> None:
        """Keep a machine that is over only for what it has still to send."""
        self._leaving.append(machine)
        if machine is self._pairing:
            self._pairing = None
        else:
            self._session = None

    def _start_desktop(self) -> None:
        loop = asyncio.get_running_loop()

        def post(message: ScreenMessage | CursorMessage) -> None:
            loop.call_soon_threadsafe(self._captured, message)

        self._desktop = self._parts.share_desktop(post)
        self._desktop.start()

    def _stop_desktop(self) -> None:
        stopping, self._desktop = self._desktop, None
        if stopping is not None:
            stopping.stop()

    def _captured(self, message: ScreenMessage | CursorMessage) -> None:
        if self._session is not None:
            self._session.send_screen(message)
            self._connection.wake()

    def _report(self, event: events.TargetEvent) -> None:
        log_event(event)
        self._publish(event)

    def _log_end(self, session: TargetSession) -> None:
        if session.violation:
            _log.warning("session ended", violation=session.violation)
        if session.refused_inputs:
            _log.warning("input refused by the mode", messages=session.refused_inputs)

    def _compute(self, pairing: TargetPairing, computation: Computation) -> None:
        future = asyncio.get_running_loop().run_in_executor(None, computation.function)

        def done(finished: asyncio.Future[object]) -> None:
            if not finished.cancelled():
                pairing.computed(finished.result())
                self._carry_out()

        future.add_done_callback(done)

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        machine = self._session or self._pairing
        deadline = machine.next_deadline() if machine is not None else None
        if deadline is not None:
            delay = max(0.0, deadline - time.monotonic())
            self._timer = asyncio.get_running_loop().call_later(delay, self._advance)

    def _advance(self) -> None:
        self._timer = None
        machine = self._session or self._pairing
        if machine is not None:
            machine.advance(time.monotonic())
        self._carry_out()

    async def _say_goodbye(self) -> None:
        self._tries.stop()
        if self._pairing is not None:
            self._pairing.cancel()
        self.end_session(EndReason.TARGET_QUIT)
        self._carry_out()
        if not self._connection.is_connected:
            return
        self._drained.clear()
        self._connection.wake()
        try:
            async with asyncio.timeout(FAREWELL_SECONDS):
                await self._drained.wait()
        except TimeoutError:
            _log.warning("the goodbye did not leave in time")


def _output_of(machine: TargetPairing | TargetSession) -> FromApp | bytes | None:
    if isinstance(machine, TargetSession):
        return machine.next_output(time.monotonic())
    return machine.next_output()


def log_event(event: events.TargetEvent) -> None:
    """Tell the story of a session in the log: what happened, never a code."""
    match event:
        case events.ClaimWaiting():
            _log.info("code claimed", claims_before=event.claims_before)
        case events.PairingEnded():
            _log.info("code led to no session", problem=event.problem)
        case events.SessionPaired():
            _log.info("paired")
        case events.AcceptanceAsked():
            _log.info("user is asked", mode=event.mode, is_verified=event.is_verified)
        case events.SessionStarted():
            _log.info("session started", mode=event.mode)
        case events.SessionEnded():
            _log.info("session ended", reason=event.reason, by_other_side=event.by_other_side)
        case _:
            pass
