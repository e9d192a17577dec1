"""The controller's asyncio half: feeds the session machines and carries out what they ask for.

Owns the pairing, the session and the decode thread of one session at a time, and the timer
that wakes the machines. Events go out through `publish`, pictures through `PicturePatches`.
It decides nothing: the rules are in `common.protocol`, the sentences in the windows. All of it
runs on the network thread's loop; the windows reach it through `NetworkThread.call`.
"""

import asyncio
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from common.errors import ConnectionLost, ProtocolViolation
from common.logs import Log
from common.protocol import session_events as events
from common.protocol.broker_messages import (
    PROTOCOL_VERSION,
    ControllerHello,
    ControllerWelcome,
    FromApp,
    FromNode,
    ServerHello,
    TargetWelcome,
)
from common.protocol.controller_claim import ControllerIdentity
from common.protocol.controller_pairing import ControllerPairing, ControllerState, Randomness
from common.protocol.controller_session import ControllerSession, ControllerSessionState
from common.protocol.pairing import Computation
from common.protocol.policies import SessionMode
from common.protocol.session_messages import InputMessage, PictureUpdate, ScreenLayout
from common.reasons import EndReason
from common.transport.connection_events import BrokerConnected, BrokerLost
from common.transport.trust import ServerIdentity
from controller_app.connection import NodeChoice, NodeConnection
from controller_app.decode_thread import DecodeThread
from controller_app.picture_patches import PicturePatches
from controller_app.traffic import Traffic

FAREWELL_SECONDS: Final = 2.0
"""How long the goodbye of a program that is closing may take."""
_RANDOMNESS: Final = Randomness(secrets.token_bytes, secrets.randbelow)

_log = Log(__name__)


@dataclass(frozen=True, slots=True)
class Technician:
    """Who asks, as the node and the target's user are told."""

    name: str
    organisation: str
    computer_name: str


@dataclass(frozen=True, slots=True)
class RunnerSettings:
    """What a runner is started with."""

    technician: Technician
    mode: SessionMode
    node: NodeChoice
    data_folder: Path


class ControllerRunner:
    """One technician's program on the network thread. Implements ControllerCommands there."""

    def __init__(
        self,
        settings: RunnerSettings,
        publish: Callable[[object], None],
        patches: PicturePatches,
    ) -> None:
        self._technician = settings.technician
        self._mode = settings.mode
        self._publish = publish
        self._patches = patches
        self._connection = NodeConnection(settings.node, settings.data_folder, self, publish)
        self._server: ServerIdentity | None = None
        self._welcome: ControllerWelcome | None = None
        self._pairing: ControllerPairing | None = None
        self._session: ControllerSession | None = None
        self._leaving: list[ControllerPairing | ControllerSession] = []
        self._decoder: DecodeThread | None = None
        self._traffic = Traffic(publish)
        self._timer: asyncio.TimerHandle | None = None
        self._stop = asyncio.Event()
        self._drained = asyncio.Event()

    @property
    def server(self) -> ServerIdentity | None:
        """The server that is or was connected to, once its identity is known."""
        return self._server

    async def run(self) -> None:
        """Be connected until `quit` is called; then say goodbye and return."""
        async with asyncio.TaskGroup() as tasks:
            connection = tasks.create_task(self._connection.run())
            await self._stop.wait()
            await self._say_goodbye()
            connection.cancel()
        if self._timer is not None:
            self._timer.cancel()

    # Commands, by way of NetworkThread.call.

    def start_session(self) -> None:
        """Ask the node for a code, as soon as the node is there."""
        if self._pairing is not None or self._session is not None:
            return
        self._pairing = ControllerPairing(self._identity(), _RANDOMNESS)
        if self._connection.is_connected:
            self._pairing.start()
        else:
            self._connection.reconnect_now()
        self._carry_out()

    def request_new_code(self) -> None:
        """Replace the code."""
        if self._pairing is not None:
            self._pairing.request_new()
            self._carry_out()

    def extend_code(self) -> None:
        """Give the code its whole lifetime again."""
        if self._pairing is not None:
            self._pairing.extend()
            self._carry_out()

    def end_session(self, reason: EndReason) -> None:
        """End the session or the attempt at one."""
        if self._session is not None:
            self._session.end(reason)
        elif self._pairing is not None:
            self._pairing.end(reason)
        self._carry_out()

    def send_input(self, message: InputMessage) -> None:
        """Send one gesture of the technician."""
        if self._session is not None:
            self._session.send_input(message, time.monotonic())
            self._connection.wake()
            self._set_timer()  # what is held has to be heard of every second

    def use_server(self, url: str) -> None:
        """Use this server from now on; a session at the old one ends."""
        self.end_session(EndReason.CANCELLED)
        self._connection.use(url)

    def name_technician(self, technician: str, organisation: str) -> None:
        """Use these names from now on; a session goes on under the old ones."""
        self._technician = replace(self._technician, name=technician, organisation=organisation)
        if self._session is None and self._pairing is None:
            self._connection.introduce_anew(organisation)

    def quit(self) -> None:
        """End everything and let `run` return."""
        self._stop.set()

    # BrokerHandler.

    def server_met(self, identity: ServerIdentity) -> None:
        """Remember who the server is: its root checks every document."""
        self._server = identity

    def hello(self, server_hello: ServerHello) -> FromApp:
        """Say who the technician is."""
        return ControllerHello(
            version=PROTOCOL_VERSION,
            technician=self._technician.name,
            organisation=self._technician.organisation,
            computer_name=self._technician.computer_name,
            token=self._connection.token,
        )

    def connected(self, welcome: ControllerWelcome | TargetWelcome) -> None:
        """Go on with what waited for the connection."""
        if not isinstance(welcome, ControllerWelcome) or self._server is None:
            raise ProtocolViolation("the node took this controller for a target")
        self._welcome = welcome
        self._publish(
            BrokerConnected(
                address=self._server.address,
                organisation=welcome.organisation,
                is_embedded=self._connection.is_embedded,
                public_url=welcome.public_url,
                technician=welcome.technician,
                is_verified=welcome.is_verified,
            )
        )
        if self._pairing is not None:
            self._pairing.connection_restored(self._identity())
        self._carry_out()

    def text_received(self, message: FromNode) -> None:
        """Give the node's message to whom it concerns."""
        if self._session is not None:
            self._session.receive_text(message)
        elif self._pairing is not None:
            self._pairing.receive_text(message, time.monotonic())
        self._carry_out()

    def frame_received(self, frame: bytes) -> None:
        """Give the target's frame to whom it concerns."""
        if self._session is not None:
            self._traffic.count_received(len(frame))
            self._session.receive_frame(frame, time.monotonic())
        elif self._pairing is not None:
            self._pairing.receive_frame(frame)
        self._carry_out()

    def next_output(self) -> FromApp | bytes | None:
        """Give the most urgent output: what ended says its last words first."""
        while self._leaving:
            output = self._output_of(self._leaving[0])
            if output is not None:
                return output
            self._leaving.pop(0)
        for machine in (self._session, self._pairing):
            if machine is not None:
                return self._output_of(machine)
        self._drained.set()
        return None

    def disconnected(self, lost: ConnectionLost, retry_in_seconds: float | None) -> None:
        """Tell the machines and the windows."""
        self._leaving.clear()
        self._drained.set()
        if self._server is not None:
            self._publish(BrokerLost(self._server.address, lost.problem, retry_in_seconds))
        if self._session is not None:
            self._session.connection_lost()
        elif self._pairing is not None:
            self._pairing.connection_lost(time.monotonic())
        self._carry_out()

    # Carrying out.

    def _identity(self) -> ControllerIdentity:
        """What the pairing may know so far; without a connection the rest comes with it."""
        server, welcome = self._server, self._welcome
        return ControllerIdentity(
            root_public_key=server.root_public_key if server else b"",
            root_fingerprint=server.fingerprint if server else b"",
            technician=welcome.technician if welcome else self._technician.name,
            organisation=welcome.organisation if welcome else self._technician.organisation,
            mode=self._mode,
        )

    def _output_of(self, machine: ControllerPairing | ControllerSession) -> FromApp | bytes | None:
        if isinstance(machine, ControllerSession):
            return machine.next_output(time.monotonic())
        return machine.next_output()

    def _carry_out(self) -> None:
        """Do what the machines ask for, until they ask for nothing more."""
        if self._pairing is not None:
            self._carry_out_pairing(self._pairing)
        if self._session is not None:
            self._carry_out_session(self._session)
        self._connection.wake()
        self._set_timer()

    def _carry_out_pairing(self, pairing: ControllerPairing) -> None:
        for event in pairing.take_events():
            self._report(event)
        computation = pairing.take_computation()
        if computation is not None:
            self._compute(pairing, computation)
        if pairing.state is ControllerState.PAIRED and pairing.result is not None:
            self._leave(pairing)
            self._session = ControllerSession(pairing.result, time.monotonic())
        elif pairing.state is ControllerState.ENDED:
            if pairing.violation:
                _log.warning("pairing ended", violation=pairing.violation)
            self._leave(pairing)

    def _carry_out_session(self, session: ControllerSession) -> None:
        for event in session.take_events():
            match event:
                case events.SessionStarted():
                    self._start_decoder()
                    self._report(event)
                case events.ScreenReceived(message) if isinstance(
                    message, ScreenLayout | PictureUpdate
                ):
                    if self._decoder is not None:
                        self._decoder.put(message)
                case events.RoundTripMeasured(seconds):
                    self._traffic.measured(seconds)
                case _:
                    self._report(event)
        if session.state is ControllerSessionState.ENDED:
            if session.violation:
                _log.warning("session ended", violation=session.violation)
            self._stop_decoder()
            self._leave(session)

    def _leave(self, machine: ControllerPairing | ControllerSession) -> None:
        """Keep a machine that is over only for what it has still to send."""
        self._leaving.append(machine)
        if machine is self._pairing:
            self._pairing = None
        else:
            self._session = None

    def _report(self, event: events.ControllerEvent) -> None:
        log_event(event)
        self._publish(event)

    def _compute(self, pairing: ControllerPairing, computation: Computation) -> None:
        future = asyncio.get_running_loop().run_in_executor(None, computation.function)

        def done(finished: asyncio.Future[object]) -> None:
            if not finished.cancelled():
                pairing.computed(computation.number, finished.result())
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

    # The decode thread, which speaks up on its own thread.

    def _start_decoder(self) -> None:
        loop = asyncio.get_running_loop()

        def shown(frame: int, microseconds: int) -> None:
            loop.call_soon_threadsafe(self._frame_shown, frame, microseconds)

        def failed(violation: ProtocolViolation) -> None:
            loop.call_soon_threadsafe(self._picture_rejected, violation.detail)

        self._decoder = DecodeThread(shown, self._patches, failed)
        self._decoder.start()
        self._traffic.start(loop)

    def _stop_decoder(self) -> None:
        self._traffic.stop()
        decoder, self._decoder = self._decoder, None
        if decoder is not None:
            decoder.stop()

    def _frame_shown(self, frame: int, microseconds: int) -> None:
        self._traffic.count_frame()
        if self._session is not None:
            self._session.acknowledge(frame, microseconds)
            self._connection.wake()

    def _picture_rejected(self, detail: str) -> None:
        if self._session is not None:
            self._session.reject_picture(detail)
            self._carry_out()

    async def _say_goodbye(self) -> None:
        self.end_session(EndReason.CONTROLLER_QUIT)
        if not self._connection.is_connected:
            return
        self._drained.clear()
        self._connection.wake()
        try:
            async with asyncio.timeout(FAREWELL_SECONDS):
                await self._drained.wait()
        except TimeoutError:
            _log.warning("the goodbye did not leave in time")


def log_event(event: events.ControllerEvent) -> None:
    """Tell the story of a session in the log: what happened, never a code."""
    match event:
        case events.CodeChanged():
            _log.info("code open", extends_left=event.extends_left, tries_left=event.tries_left)
        case events.CodeDied():
            _log.info("code dead", end=event.end)
        case events.WrongCodeTyped():
            _log.warning("wrong code", tries=event.wrong_tries)
        case events.TargetClaims():
            _log.info("target claims the code")
        case events.SessionPaired():
            _log.info("paired")
        case events.SessionStarted():
            _log.info("session started", mode=event.mode)
        case events.SessionEnded():
            _log.info("session ended", reason=event.reason, by_other_side=event.by_other_side)
        case _:
            pass
