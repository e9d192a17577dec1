"""Who may come in: the first message of a connection, checked by the server.

A target proves its device key over this node's root, this connection's nonce and its own; a
technician is the embedded node's parent, by its token and from this computer, or a guest
where guests are allowed. Doubt means no. Knows no sockets; the node drives it.
"""

import hmac
from dataclasses import dataclass
from hashlib import sha256
from typing import Final
from urllib.parse import urlsplit

from common.broker.parties import ControllerIdentity, TargetIdentity
from common.protocol.broker_messages import (
    PROTOCOL_VERSION,
    ControllerHello,
    ControllerWelcome,
    RegisterTarget,
    TargetHello,
    TargetWelcome,
)
from common.protocol.documents import device_proof_bytes, verify_device_proof
from common.reasons import ConnectionProblem
from common.server.targets import TargetStore

HTTPS_PORT: Final = 443

TargetMessage = RegisterTarget | TargetHello


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """What this server is and whom it lets in."""

    fingerprint: bytes
    organisation: str = ""
    public_url: str | None = None
    are_guests_allowed: bool = False
    parent_token_hash: bytes | None = None
    """SHA-256 of the token that an embedded node's parent has; None for a node of its own."""


@dataclass(frozen=True, slots=True)
class Challenge:
    """What the node knows of the connection that a hello came by."""

    nonce: bytes
    is_loopback: bool
    own_address: str
    """HOST:PORT by which the other computer reached this node."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a hello is refused; `detail` is for the log alone."""

    problem: ConnectionProblem
    detail: str


def check_controller(
    hello: ControllerHello, challenge: Challenge, facts: ServerFacts
) -> ControllerIdentity | Refusal:
    """Decide who a technician is."""
    if hello.version != PROTOCOL_VERSION:
        return _wrong_version(hello.version)
    if hello.token is None:
        is_verified = False
        is_let_in = facts.are_guests_allowed and facts.parent_token_hash is None
    else:
        is_verified = is_let_in = is_parents_token(hello.token, challenge, facts)
    if not is_let_in:
        detail = "a technician without a valid token" if hello.token else "guests are not allowed"
        return Refusal(ConnectionProblem.NOT_AUTHENTICATED, detail)
    return ControllerIdentity(hello.technician, hello.organisation, is_verified)


def is_parents_token(token: str, challenge: Challenge, facts: ServerFacts) -> bool:
    """Tell whether a token is the embedded node's parent's, used on this computer."""
    if facts.parent_token_hash is None or not challenge.is_loopback:
        return False
    return hmac.compare_digest(sha256(token.encode()).digest(), facts.parent_token_hash)


def proves_device_key(hello: TargetMessage, challenge: Challenge, facts: ServerFacts) -> bool:
    """Tell whether a target holds the device key that it names (protocol.md 1)."""
    proof = device_proof_bytes(facts.fingerprint, challenge.nonce, hello.nonce)
    return verify_device_proof(hello.device_key, proof, hello.signature)


async def check_target(
    hello: TargetMessage, challenge: Challenge, facts: ServerFacts, targets: TargetStore
) -> TargetIdentity | Refusal:
    """Decide whether a target is who it says, and take in a new one that registers."""
    if hello.version != PROTOCOL_VERSION:
        return _wrong_version(hello.version)
    if not proves_device_key(hello, challenge, facts):
        return Refusal(ConnectionProblem.NOT_AUTHENTICATED, "the device proof is wrong")
    if isinstance(hello, TargetHello):
        known = await targets.seen(hello.device_key, hello.computer_name)
        return known or Refusal(ConnectionProblem.NOT_AUTHENTICATED, "an unknown target")
    known = await targets.seen(hello.device_key, hello.computer_name, hello.operating_system)
    return known or await targets.register(
        hello.device_key, hello.computer_name, hello.operating_system
    )


def controller_welcome(identity: ControllerIdentity, facts: ServerFacts) -> ControllerWelcome:
    """Say how the node will name this technician."""
    return ControllerWelcome(
        technician=identity.technician,
        organisation=identity.organisation,
        is_verified=identity.is_verified,
        public_url=facts.public_url,
    )


def target_welcome(
    identity: TargetIdentity, challenge: Challenge, facts: ServerFacts
) -> TargetWelcome:
    """Say where the target finds this deployment's nodes."""
    broker = _address_of(facts.public_url) if facts.public_url else challenge.own_address
    return TargetWelcome(identity.target_id, facts.organisation, (broker,))


def _address_of(url: str) -> str:
    parts = urlsplit(url)
    name = parts.hostname or ""
    name = f"[{name}]" if ":" in name else name
    return f"{name}:{parts.port or HTTPS_PORT}"


def _wrong_version(version: int) -> Refusal:
    return Refusal(ConnectionProblem.VERSION_TOO_OLD, f"it speaks version {version}")
