"""What a controller may do with a code: get one, replace, extend, resume and cancel it.

The node's part of "Life" in protocol.md 2. A controller's connection has one code or one
session at a time: a request for a new code ends what there was. Only the owner token gives a
right to a code; a message about a code that is not open is answered with how it ended.
"""

import math
from typing import Final, assert_never

from common.broker.address_limits import Act
from common.broker.claims import ClaimState, Side
from common.broker.codes import OpenCode
from common.broker.register import Controller, Register
from common.broker.routing_numbers import FEWEST_DIGITS
from common.broker.serving import Ending, Serving
from common.errors import ProtocolViolation
from common.protocol.broker_messages import (
    CancelCode,
    CodeEnded,
    CodeExtended,
    CodeIssued,
    CodeRefused,
    ExtendCode,
    ReplaceCode,
    ResumeCode,
    StartSession,
)
from common.reasons import CodeEnd

LONG_SECRET_DIGITS: Final = 9
LONG_SECRET_ROUTING_DIGITS: Final = 5
"""A nine-digit secret has at least so many routing digits (protocol.md 2)."""
NO_NUMBER_RETRY_SECONDS: Final = 60

Request = StartSession | ReplaceCode
OwnerMessage = ExtendCode | ResumeCode | CancelCode
CodeMessage = Request | OwnerMessage


class CodeRules:
    """Rules over a shared register."""

    def __init__(self, register: Register, serving: Serving) -> None:
        self._register = register
        self._serving = serving

    def receive(self, controller: Controller, message: CodeMessage, now: float) -> None:
        """Take a controller's message about a code. Raises ProtocolViolation."""
        match message:
            case StartSession() | ReplaceCode():
                self._new_code(controller, message, now)
            case ExtendCode():
                self._extend(controller, message, now)
            case ResumeCode():
                self._resume(controller, message, now)
            case CancelCode():
                self._cancel(controller, message, now)
            case _:
                assert_never(message)

    def controller_is_gone(self, controller: Controller, now: float) -> None:
        """Keep the code of a lost connection for a while; end its claim or session."""
        if controller.session:
            self._serving.leave(controller.session, Side.CONTROLLER, now, is_lost=True)
        code = controller.code
        if code is None:
            return
        code.controller = None
        gone_until = now + self._register.limits.controller_gone_seconds
        self._register.deadlines.set(code, min(code.expires_at, gone_until))
        self._break_handshake(code, now)

    def is_due(self, code: OpenCode, now: float) -> None:
        """End a code whose deadline has come: its life is over, or its controller too long gone."""
        end = CodeEnd.EXPIRED if now >= code.expires_at else CodeEnd.CONTROLLER_GONE
        self._serving.end_code(code, end, now)

    def _new_code(self, controller: Controller, message: Request, now: float) -> None:
        if message.session_id in self._register.used_session_ids:
            self._register.send(controller.connection, CodeRefused(0))
            return
        wait = self._register.addresses.try_act(controller.address, Act.NEW_CODE, now)
        if wait > 0:
            self._register.send(controller.connection, CodeRefused(math.ceil(wait)))
            return
        self._end_what_there_was(controller, message, now)
        self._register.remember_session_id(message.session_id)
        routing = self._register.numbers.draw(now, self._fewest_routing_digits(now))
        if routing is None:
            self._register.send(controller.connection, CodeRefused(NO_NUMBER_RETRY_SECONDS))
            return
        code = self._open(controller, routing, message, now)
        self._register.send(controller.connection, self._issued(code, now))

    def _end_what_there_was(self, controller: Controller, message: Request, now: float) -> None:
        if controller.session:
            self._serving.leave(controller.session, Side.CONTROLLER, now)
        if controller.code:
            self._serving.end_code(controller.code, CodeEnd.REPLACED, now, is_told=False)
        if isinstance(message, ReplaceCode):  # it may name one of an earlier connection
            old = self._register.codes.get(message.routing)
            if old and old.is_owned_by(message.owner_token):
                self._serving.end_code(old, CodeEnd.REPLACED, now, is_told=False)

    def _open(self, controller: Controller, routing: str, message: Request, now: float) -> OpenCode:
        limits = self._register.limits
        code = OpenCode(
            routing=routing,
            owner_token=f"{self._register.randomness.getrandbits(128):032x}",
            session_id=message.session_id,
            mode=message.mode,
            controller=controller.connection,
            expires_at=now + limits.code_lifetime_seconds,
            extends_left=limits.extends_per_code,
            tries_left=limits.wrong_secrets_per_code,
        )
        self._register.codes[routing] = controller.code = code
        self._register.deadlines.set(code, code.expires_at)
        return code

    def _issued(self, code: OpenCode, now: float) -> CodeIssued:
        return CodeIssued(
            session_id=code.session_id,
            routing=code.routing,
            owner_token=code.owner_token,
            secret_digit_count=self._secret_digits(now),
            lifetime_seconds=self._register.limits.code_lifetime_seconds,
            extends_left=code.extends_left,
        )

    def _secret_digits(self, now: float) -> int:
        if self._register.alarm.is_on(now):
            return LONG_SECRET_DIGITS
        return self._register.limits.secret_digit_count

    def _fewest_routing_digits(self, now: float) -> int:
        if self._secret_digits(now) == LONG_SECRET_DIGITS:
            return LONG_SECRET_ROUTING_DIGITS
        return FEWEST_DIGITS

    def _owned(self, controller: Controller, message: OwnerMessage, now: float) -> OpenCode | None:
        """Find the open code of this owner, or tell how it ended.

        A wrong token learns no more than a late one: a number can belong to somebody else
        by the time that a computer wakes up.
        """
        code = self._register.codes.get(message.routing)
        if code and code.is_owned_by(message.owner_token):
            return code
        end = self._register.numbers.end_of(message.routing, now) or CodeEnd.EXPIRED
        self._register.send(controller.connection, CodeEnded(message.routing, end))
        return None

    def _extend(self, controller: Controller, message: ExtendCode, now: float) -> None:
        code = self._owned(controller, message, now)
        if code is None:
            return
        if code.controller != controller.connection:
            raise ProtocolViolation("ExtendCode before ResumeCode")
        if code.extends_left == 0:
            self._register.send(controller.connection, CodeRefused(0))
            return
        code.extends_left -= 1
        code.expires_at = now + self._register.limits.code_lifetime_seconds
        self._register.deadlines.set(code, code.expires_at)
        self._send_time_left(controller, code, now)

    def _resume(self, controller: Controller, message: ResumeCode, now: float) -> None:
        code = self._owned(controller, message, now)
        if code is None:
            return
        if controller.session or controller.code not in (None, code):
            raise ProtocolViolation("ResumeCode beside another code or session")
        is_new_connection = code.controller != controller.connection
        if is_new_connection:
            self._take_over(controller, code, now)
        self._send_time_left(controller, code, now)
        if is_new_connection and code.served:
            self._serving.announce(code.served)

    def _take_over(self, controller: Controller, code: OpenCode, now: float) -> None:
        """Give a code to its owner's new connection; the old one may only seem to be alive."""
        old = self._register.owner_of(code)
        if old is not None:
            old.code = None
        code.controller = None  # the next claim is announced by the caller, after the answer
        self._break_handshake(code, now)
        code.controller = controller.connection
        controller.code = code
        self._register.deadlines.set(code, code.expires_at)

    def _break_handshake(self, code: OpenCode, now: float) -> None:
        """End the handshake that a lost connection took part in; the queue goes on."""
        if code.served and code.served.state is ClaimState.PAIRING:
            self._serving.end_claim(code.served, Ending(is_lost=True))
            self._serving.serve_next(code, now)

    def _send_time_left(self, controller: Controller, code: OpenCode, now: float) -> None:
        left = max(0, math.floor(code.expires_at - now))
        message = CodeExtended(code.routing, left, code.extends_left)
        self._register.send(controller.connection, message)

    def _cancel(self, controller: Controller, message: CancelCode, now: float) -> None:
        session = controller.session
        if session and session.code.is_owned_by(message.owner_token):
            # It was cancelled while the grant was on its way.
            self._serving.leave(session, Side.CONTROLLER, now)
        code = self._owned(controller, message, now)
        if code is None:
            return
        end = CodeEnd.EXPIRED if message.end is CodeEnd.EXPIRED else CodeEnd.CANCELLED
        self._serving.end_code(code, end, now, is_told=False)
        self._register.send(controller.connection, CodeEnded(code.routing, end))
