"""The text frames between an app and a node: JSON, one message a frame.

The conversation, in order (C controller, T target, S node; protocol.md 2 and 3):

    S -> C,T  ServerHello                       first, to whoever connects
    C -> S    ControllerHello                   S -> C  ControllerWelcome
    T -> S    RegisterTarget at first contact, TargetHello after; S -> T  TargetWelcome
    C -> S    StartSession, ReplaceCode, ExtendCode, CancelCode, ResumeCode
    S -> C    CodeIssued, CodeExtended, CodeEnded, CodeRefused
    T -> S    Claim                             S -> T  ClaimQueued or ClaimRefused
    S -> C    Claimed                           C -> S  AcceptClaim
    S -> C,T  OfferMade; from here binary frames pass unread between the two
    C -> S    ClaimFailed, or both: Paired      S -> C,T  Released, or GrantMade
    C,T -> S  LeaveSession                      S -> C,T  Released

Binary frames are never for the node. A message that exists is valid: ranges and lengths
are in its field types, unknown fields are refused, and nothing longer than the caps below
is parsed at all.
"""

from typing import Annotated, Final, TypeVar

import msgspec
from msgspec import Meta, Struct

from common.errors import ProtocolViolation
from common.protocol.documents import (
    ClaimId,
    Name,
    Nonce,
    OptionalName,
    PublicKey,
    Routing,
    Seconds,
    SessionId,
    Sha256,
    Signature,
    SignedDocument,
)
from common.protocol.policies import SessionMode
from common.reasons import CodeEnd, ConnectionProblem, PairingProblem

PROTOCOL_VERSION: Final = 1
MAXIMUM_HELLO_BYTES: Final = 4096
"""Before a connection has said who it is (security.md 2.4, pre-auth message)."""
MAXIMUM_TEXT_BYTES: Final = 64 * 1024
MAXIMUM_BINARY_BYTES: Final = 128 * 1024
"""A sealed record is 64 KiB of plain text and its header; the node reads no more than this."""

CODE_LIFETIME_SECONDS: Final = 900
EXTENDS_PER_CODE: Final = 3

Url = Annotated[str, Meta(max_length=512)]
OwnerToken = Annotated[str, Meta(min_length=32, max_length=64)]
Version = Annotated[int, Meta(ge=1, le=65535)]
ClaimCount = Annotated[int, Meta(ge=0, le=10_000)]


class Message(Struct, frozen=True, forbid_unknown_fields=True, tag_field="type"):
    """What the text frames have in common."""


class ServerHello(Message, frozen=True, tag="server_hello"):
    """Node to app, first on every connection. `nonce` is what a target signs."""

    version: Version
    nonce: Nonce
    organisation: OptionalName


class ControllerHello(Message, frozen=True, tag="controller_hello"):
    """Controller to node. `token` is the signed-in technician's, or the embedded node's
    parent's; without one the technician is a guest, where the node allows guests."""

    version: Version
    technician: Name
    organisation: OptionalName
    computer_name: Name
    token: Annotated[str, Meta(max_length=256)] | None = None


class ControllerWelcome(Message, frozen=True, tag="controller_welcome"):
    """Node to controller: known, and how the node will name this technician."""

    technician: Name
    organisation: OptionalName
    is_verified: bool
    public_url: Url | None


class RegisterTarget(Message, frozen=True, tag="register_target"):
    """Target to node at first contact. `signature` is over the same bytes as TargetHello's:
    only who holds the device key can register it."""

    version: Version
    computer_name: Name
    operating_system: OptionalName
    device_key: PublicKey
    nonce: Nonce
    signature: Signature


class TargetHello(Message, frozen=True, tag="target_hello"):
    """Target to node at each later connection: proof of the device key.

    `signature` is over LV("farhand/1 device", server fingerprint, node's nonce, `nonce`).
    """

    version: Version
    computer_name: Name
    device_key: PublicKey
    nonce: Nonce
    signature: Signature


class TargetWelcome(Message, frozen=True, tag="target_welcome"):
    """Node to target: authenticated. `brokers` are node addresses, HOST:PORT, to keep."""

    target_id: Name
    organisation: OptionalName
    brokers: Annotated[tuple[Url, ...], Meta(max_length=16)]


class HelloRefused(Message, frozen=True, tag="hello_refused"):
    """Node to app instead of a welcome; the node closes the connection after it."""

    problem: ConnectionProblem


class StartSession(Message, frozen=True, tag="start_session"):
    """Controller to node: a new code, please. A session id that was used is refused."""

    mode: SessionMode
    session_id: SessionId


class ReplaceCode(Message, frozen=True, tag="replace_code"):
    """Controller to node, Request New: this code dies as replaced, another is issued."""

    routing: Routing
    owner_token: OwnerToken
    mode: SessionMode
    session_id: SessionId


class CodeIssued(Message, frozen=True, tag="code_issued"):
    """Node to controller. The lifetime starts now on the clock of each side."""

    session_id: SessionId
    routing: Routing
    owner_token: OwnerToken
    secret_digit_count: Annotated[int, Meta(ge=7, le=9)]
    lifetime_seconds: Seconds
    extends_left: Annotated[int, Meta(ge=0, le=EXTENDS_PER_CODE)]


class ExtendCode(Message, frozen=True, tag="extend_code"):
    """Controller to node: the same code, its whole lifetime again."""

    routing: Routing
    owner_token: OwnerToken


class ResumeCode(Message, frozen=True, tag="resume_code"):
    """Controller to node after a reconnect: this open code is mine. Answer: CodeExtended,
    with what is left of its life, or CodeEnded."""

    routing: Routing
    owner_token: OwnerToken


class CodeExtended(Message, frozen=True, tag="code_extended"):
    """Node to controller: the code lives this long from now."""

    routing: Routing
    lifetime_seconds: Seconds
    extends_left: Annotated[int, Meta(ge=0, le=EXTENDS_PER_CODE)]


class CancelCode(Message, frozen=True, tag="cancel_code"):
    """Controller to node: the code dies now, as cancelled, or as expired by its own clock."""

    routing: Routing
    owner_token: OwnerToken
    end: CodeEnd = CodeEnd.CANCELLED


class CodeEnded(Message, frozen=True, tag="code_ended"):
    """Node to controller: this code is dead. `waiting_claims` others had typed it, too."""

    routing: Routing
    end: CodeEnd
    waiting_claims: ClaimCount = 0


class CodeRefused(Message, frozen=True, tag="code_refused"):
    """Node to controller instead of CodeIssued or CodeExtended: too many new codes from this
    address, no extension left, or a session id that was used before."""

    retry_after_seconds: Seconds


class Claim(Message, frozen=True, tag="claim"):
    """Target to node: somebody typed a code with these routing digits."""

    routing: Routing
    nonce: Nonce


class ClaimQueued(Message, frozen=True, tag="claim_queued"):
    """Node to target: the code is there; this many claims are before this one."""

    claim: ClaimId
    claims_before: ClaimCount


class ClaimRefused(Message, frozen=True, tag="claim_refused"):
    """Node to target instead of an offer, or while it waits for one."""

    problem: PairingProblem
    retry_after_seconds: Seconds = 0


class Claimed(Message, frozen=True, tag="claimed"):
    """Node to controller: this target has typed the routing digits."""

    claim: ClaimId
    nonce: Nonce
    computer_name: Name
    device_fingerprint: Sha256


class AcceptClaim(Message, frozen=True, tag="accept_claim"):
    """Controller to node: try this claim. `share_commitment` is SHA-256 of its SPAKE2 share."""

    claim: ClaimId
    nonce: Nonce
    share_commitment: Sha256


class OfferMade(Message, frozen=True, tag="offer_made"):
    """Node to both, root-signed; from here it joins the two sockets."""

    claim: ClaimId
    offer: SignedDocument


class ClaimFailed(Message, frozen=True, tag="claim_failed"):
    """Controller to node: the confirmation was wrong (a try), or the target left or sent
    bytes that make no sense (no try)."""

    claim: ClaimId
    problem: Annotated[str, Meta(pattern=r"^(wrong|left|malformed)\Z")]


class Paired(Message, frozen=True, tag="paired"):
    """Both to node: the confirmations were right, this is the transcript's hash."""

    claim: ClaimId
    transcript_hash: Sha256


class GrantMade(Message, frozen=True, tag="grant_made"):
    """Node to both, root-signed: the session may start, with the offer's policies."""

    claim: ClaimId
    grant: SignedDocument


class LeaveSession(Message, frozen=True, tag="leave_session"):
    """Either to node: this side is done with the claim or the session it became."""

    claim: ClaimId


class Released(Message, frozen=True, tag="released"):
    """Node to both: the two sockets are no longer joined. `other_is_lost` tells a broken
    connection from an orderly leave."""

    claim: ClaimId
    other_is_lost: bool = False


class NodeStopping(Message, frozen=True, tag="node_stopping"):
    """Node to everybody before an orderly stop."""


FromController = (
    ControllerHello
    | StartSession
    | ReplaceCode
    | ExtendCode
    | ResumeCode
    | CancelCode
    | AcceptClaim
    | ClaimFailed
    | Paired
    | LeaveSession
)
FromTarget = RegisterTarget | TargetHello | Claim | Paired | LeaveSession
FromApp = (
    ControllerHello
    | RegisterTarget
    | TargetHello
    | StartSession
    | ReplaceCode
    | ExtendCode
    | ResumeCode
    | CancelCode
    | Claim
    | AcceptClaim
    | ClaimFailed
    | Paired
    | LeaveSession
)
FromNode = (
    ServerHello
    | ControllerWelcome
    | TargetWelcome
    | HelloRefused
    | CodeIssued
    | CodeExtended
    | CodeEnded
    | CodeRefused
    | ClaimQueued
    | ClaimRefused
    | Claimed
    | OfferMade
    | GrantMade
    | Released
    | NodeStopping
)

T = TypeVar("T")

_encoder = msgspec.json.Encoder()
_from_app: "msgspec.json.Decoder[FromApp]" = msgspec.json.Decoder(FromApp)
_from_node: "msgspec.json.Decoder[FromNode]" = msgspec.json.Decoder(FromNode)


def encode(message: FromApp | FromNode) -> str:
    """Turn a message into the text of one frame."""
    return _encoder.encode(message).decode()


def decode_from_app(text: str | bytes, maximum_bytes: int = MAXIMUM_TEXT_BYTES) -> FromApp:
    """Parse a frame that an app sent. Raises ProtocolViolation, whatever the bytes."""
    return _decode(_from_app, text, maximum_bytes)


def decode_from_node(text: str | bytes) -> FromNode:
    """Parse a frame that the node sent. Raises ProtocolViolation, whatever the bytes."""
    return _decode(_from_node, text, MAXIMUM_TEXT_BYTES)


def _decode(decoder: "msgspec.json.Decoder[T]", text: str | bytes, maximum_bytes: int) -> T:
    if len(text) > maximum_bytes:  # characters or bytes: never fewer bytes than this
        raise ProtocolViolation(f"a text frame of more than {maximum_bytes} bytes")
    try:
        data = text.encode() if isinstance(text, str) else text
        if len(data) > maximum_bytes:
            raise ProtocolViolation(f"a text frame of more than {maximum_bytes} bytes")
        return decoder.decode(data)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise ProtocolViolation(f"not a message: {error}") from None
