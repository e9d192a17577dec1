"""Who takes part in the rendezvous, and what it asks of its driver.

A connection is named by a number that the node never uses again. `Action`s are values: the
driver sends messages, has the server sign what is agreed, joins and parts two sockets.
"""

from dataclasses import dataclass

from common.protocol.broker_messages import FromNode
from common.protocol.policies import SessionMode

ConnectionId = int


@dataclass(frozen=True, slots=True)
class ControllerIdentity:
    """A technician as the server has let him in."""

    technician: str
    organisation: str
    is_verified: bool


@dataclass(frozen=True, slots=True)
class TargetIdentity:
    """A target that has proved its device key. The fingerprint is SHA-256 of the key."""

    target_id: str
    computer_name: str
    device_fingerprint: bytes


@dataclass(frozen=True, slots=True)
class Agreement:
    """What controller and target have said before an offer: all of it but the server's part."""

    claim: str
    controller_connection: ConnectionId
    target_connection: ConnectionId
    session_id: bytes
    routing: str
    mode: SessionMode
    controller: ControllerIdentity
    target: TargetIdentity
    target_nonce: bytes
    controller_nonce: bytes
    share_commitment: bytes
    lifetime_seconds: int


@dataclass(frozen=True, slots=True)
class Send:
    """Send a message to a connection."""

    connection: ConnectionId
    message: FromNode


@dataclass(frozen=True, slots=True)
class MakeOffer:
    """Have the offer signed, send it to both, and join the two sockets."""

    agreement: Agreement


@dataclass(frozen=True, slots=True)
class MakeGrant:
    """Both confirmed the same transcript: have the grant signed and send it to both."""

    agreement: Agreement
    transcript_hash: bytes


@dataclass(frozen=True, slots=True)
class Part:
    """Pass nothing more on between the two. Comes before their `Released`."""

    controller_connection: ConnectionId
    target_connection: ConnectionId


Action = Send | MakeOffer | MakeGrant | Part
