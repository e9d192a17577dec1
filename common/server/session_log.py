"""The story of a session in a node's log: a dozen lines, and nothing in them that opens a code.

Of a routing number the first digit is shown, of a claim or session id its first eight
characters; tokens, nonces and documents never.
"""

import logging
from typing import Final

from common.broker.parties import Action, MakeGrant, MakeOffer, Send
from common.protocol import broker_messages as broker
from common.protocol.broker_messages import FromApp

_ID_CHARACTERS: Final = 8

log = logging.getLogger(__name__)


def received(name: str, message: FromApp) -> None:
    """Log what somebody wants, where that is part of the story."""
    match message:
        case broker.ClaimFailed():
            log.info("claim %s failed: %s says %s", _short(message.claim), name, message.problem)
        case broker.Claim():
            log.info("claim of code %s by %s", _hidden(message.routing), name)
        case broker.LeaveSession():
            log.info("claim or session %s left by %s", _short(message.claim), name)
        case _:
            log.debug("%s sent %s", name, type(message).__name__)


def decided(action: Action) -> None:
    """Log what the rendezvous decided."""
    match action:
        case Send(connection, message):
            _log_sent(connection, message)
        case MakeOffer(agreement):
            log.info("claim %s offered", _short(agreement.claim))
        case MakeGrant(agreement):
            log.info(
                "session %s granted: %s to %s",
                _short(agreement.claim),
                agreement.controller.technician,
                agreement.target.computer_name,
            )


def _log_sent(connection: int, message: broker.FromNode) -> None:
    match message:
        case broker.CodeIssued():
            log.info("code %s issued to (%d)", _hidden(message.routing), connection)
        case broker.CodeExtended():
            log.info("code %s has %d s", _hidden(message.routing), message.lifetime_seconds)
        case broker.CodeEnded():
            log.info("code %s ended: %s", _hidden(message.routing), message.end.value)
        case broker.CodeRefused():
            log.info("no code for (%d)", connection)
        case broker.ClaimQueued():
            before = message.claims_before
            log.info("claim %s queued, %d before it", _short(message.claim), before)
        case broker.ClaimRefused():
            log.info("claim of (%d) refused: %s", connection, message.problem.value)
        case broker.Released():
            log.info("claim or session %s released to (%d)", _short(message.claim), connection)
        case _:
            pass


def _hidden(routing: str) -> str:
    return routing[:1] + "…"


def _short(identifier: str) -> str:
    return identifier[:_ID_CHARACTERS]
