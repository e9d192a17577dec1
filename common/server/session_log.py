"""The story of a session in a node's log: a dozen lines, and nothing in them that opens a code.

Of a routing number the first digit is shown, of a claim's id its first characters; tokens,
nonces and documents never.
"""

from typing import Final

from common.broker.parties import Action, MakeGrant, MakeOffer, Part, Send
from common.logs import Log
from common.protocol import broker_messages as broker
from common.protocol.broker_messages import FromApp, FromNode

_ID_CHARACTERS: Final = 6
"""Enough to follow a session by, and too short for the log to take it for a code."""

_log = Log(__name__)


def received(name: str, message: FromApp) -> None:
    """Log what somebody wants, where that is part of the story."""
    match message:
        case broker.Claim():
            _log.info("code claimed", code=_hidden(message.routing), by=name)
        case broker.ClaimFailed():
            _log.info("claim failed", claim=_short(message.claim), problem=message.problem)
        case broker.LeaveSession():
            _log.info("claim or session left", claim=_short(message.claim), by=name)
        case _:
            _log.debug("message", kind=type(message).__name__, by=name)


def decided(action: Action) -> None:
    """Log what the rendezvous decided."""
    match action:
        case Send(connection, message):
            _log_sent(connection, message)
        case MakeOffer(agreement):
            _log.info("offer made", claim=_short(agreement.claim))
        case MakeGrant(agreement):
            _log.info(
                "session granted",
                claim=_short(agreement.claim),
                technician=agreement.controller.technician,
                target=agreement.target.computer_name,
                mode=agreement.mode,
            )
        case Part():
            pass  # `Released` tells it


def _log_sent(connection: int, message: FromNode) -> None:
    match message:
        case broker.CodeIssued():
            _log.info("code issued", code=_hidden(message.routing), to=connection)
        case broker.CodeExtended():
            left = message.lifetime_seconds
            _log.info("code extended", code=_hidden(message.routing), seconds=left)
        case broker.CodeEnded():
            _log.info("code ended", code=_hidden(message.routing), end=message.end)
        case broker.CodeRefused():
            _log.info("no code given", to=connection, retry_after=message.retry_after_seconds)
        case broker.ClaimQueued():
            before = message.claims_before
            _log.info("claim queued", claim=_short(message.claim), before=before)
        case broker.ClaimRefused():
            _log.info("claim refused", to=connection, problem=message.problem)
        case broker.Released():
            _log.info("released", claim=_short(message.claim), to=connection)
        case _:
            pass


def _hidden(routing: str) -> str:
    return routing[:1] + "..."


def _short(identifier: str) -> str:
    return identifier[:_ID_CHARACTERS]
