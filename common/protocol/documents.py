"""What the server signs: offers and grants; and what a target signs: its device proof.

A document travels as the exact bytes that were signed. They are verified before they are
parsed, and bytes that are not the one spelling of a document are refused. The server's
node makes documents; controller and target verify them against the root that each holds.
Comparing a document's fields with what a side knows is the session machines' work. The types
of fields here are those of the broker's messages, too.
"""

import hashlib
from typing import Annotated, Final, Literal, TypeVar

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from msgspec import Meta, Struct

from common.errors import ProtocolViolation
from common.protocol.policies import Policies, SessionMode

DOCUMENT_VERSION: Final = 1
MAXIMUM_DOCUMENT_BYTES: Final = 16 * 1024

_DEVICE_PROOF_LABEL: Final = b"farhand/1 device"

Name = Annotated[str, Meta(min_length=1, max_length=64)]
"""A name that people read. Control and direction characters are stripped where it is shown."""
OptionalName = Annotated[str, Meta(max_length=64)]
Nonce = Annotated[bytes, Meta(min_length=32, max_length=32)]
PublicKey = Annotated[bytes, Meta(min_length=32, max_length=32)]
Sha256 = Annotated[bytes, Meta(min_length=32, max_length=32)]
Signature = Annotated[bytes, Meta(min_length=64, max_length=64)]
SessionId = Annotated[bytes, Meta(min_length=16, max_length=16)]
ClaimId = Annotated[str, Meta(pattern=r"^[0-9a-f]{32}\Z")]
Routing = Annotated[str, Meta(pattern=r"^[0-9]{4,6}\Z")]
Seconds = Annotated[int, Meta(ge=0, le=86_400)]
_Sequence = Annotated[int, Meta(ge=0, le=0xFFFFFFFF)]


class SignedDocument(Struct, frozen=True, forbid_unknown_fields=True):
    """A document's exact bytes and the root's signature over LV(kind, body)."""

    body: Annotated[bytes, Meta(min_length=1, max_length=MAXIMUM_DOCUMENT_BYTES)]
    signature: Signature


class Offer(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Before the handshake: the server says who asks whom for what, under which policies.

    Each side compares every field that it knows; the bytes go into the transcript.
    """

    version: Literal[1] = DOCUMENT_VERSION
    session_id: SessionId
    claim: ClaimId
    routing: Routing
    root_fingerprint: Sha256
    technician: Name
    organisation: OptionalName
    is_verified: bool
    mode: SessionMode
    target_id: Name
    device_fingerprint: Sha256
    policies: Policies
    target_nonce: Nonce
    controller_nonce: Nonce
    share_commitment: Sha256
    """SHA-256 of the controller's SPAKE2 share."""
    lifetime_seconds: Seconds
    """From its arrival, on each side's monotonic clock."""


class Grant(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """After both confirmations: the session with this transcript may start."""

    version: Literal[1] = DOCUMENT_VERSION
    session_id: SessionId
    claim: ClaimId
    transcript_hash: Sha256
    policies_hash: Sha256
    """`policies_hash` of the offer's policies."""
    sequence: _Sequence = 0
    """Rises with each later change of policies."""
    maximum_duration_seconds: Seconds
    """The session ends after this long; 0 sets no end."""


Document = Offer | Grant

_KINDS: Final[dict[type[Document], bytes]] = {
    Offer: b"farhand/1 offer",
    Grant: b"farhand/1 grant",
}
_encoder = msgspec.json.Encoder()
_offer_decoder = msgspec.json.Decoder(Offer)
_grant_decoder = msgspec.json.Decoder(Grant)

T = TypeVar("T", Offer, Grant)


def length_value(*fields: bytes) -> bytes:
    """Join fields so that no two lists give the same bytes: u32 big-endian length, value."""
    return b"".join(len(field).to_bytes(4, "big") + field for field in fields)


def sign(document: Document, private_key: Ed25519PrivateKey) -> SignedDocument:
    """Sign an offer or a grant with the root key."""
    body = _encoder.encode(document)
    return SignedDocument(body, private_key.sign(length_value(_KINDS[type(document)], body)))


def verify_offer(signed: SignedDocument, root_public_key: bytes) -> Offer:
    """Verify, then parse. `root_public_key` is the 32 raw bytes that this side holds.

    Raises ProtocolViolation for a wrong signature and for anything that is not an offer.
    """
    return _verify(signed, root_public_key, _offer_decoder)


def verify_grant(signed: SignedDocument, root_public_key: bytes) -> Grant:
    """Verify, then parse, like `verify_offer`. Raises ProtocolViolation."""
    return _verify(signed, root_public_key, _grant_decoder)


def _verify(
    signed: SignedDocument, root_public_key: bytes, decoder: "msgspec.json.Decoder[T]"
) -> T:
    kind = _KINDS[decoder.type]
    if len(signed.body) > MAXIMUM_DOCUMENT_BYTES:
        raise ProtocolViolation(f"a document of {len(signed.body)} bytes")
    if not is_signed_by(root_public_key, length_value(kind, signed.body), signed.signature):
        raise ProtocolViolation("a document that the server's root did not sign")
    try:
        document = decoder.decode(signed.body)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise ProtocolViolation(f"a signed document that makes no sense: {error}") from None
    if _encoder.encode(document) != signed.body:
        raise ProtocolViolation("a signed document in another spelling than the one allowed")
    return document


def is_signed_by(public_key: bytes, content: bytes, signature: bytes) -> bool:
    """Check an Ed25519 signature; False too for a key or signature of a wrong size."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, content)
    except (InvalidSignature, ValueError):
        return False
    return True


def policies_hash(policies: Policies) -> bytes:
    """Hash all policies, defaults included, as a grant names them: SHA-256, 32 bytes."""
    return hashlib.sha256(_encoder.encode(policies)).digest()


def fingerprint_of(root_public_key: bytes) -> bytes:
    """Give a server's fingerprint: SHA-256 of the root's DER SubjectPublicKeyInfo.

    Raises ProtocolViolation for what is not the 32 bytes of an Ed25519 key.
    """
    try:
        key = Ed25519PublicKey.from_public_bytes(root_public_key)
    except ValueError:
        raise ProtocolViolation("not an Ed25519 key") from None
    return hashlib.sha256(
        key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    ).digest()


def device_proof_bytes(fingerprint: bytes, server_nonce: bytes, device_nonce: bytes) -> bytes:
    """Give what a target signs to prove its device key.

    `fingerprint` is the one that this TLS connection was verified with, so that no other
    server can forward the challenge; both nonces are 32 bytes.
    """
    return length_value(_DEVICE_PROOF_LABEL, fingerprint, server_nonce, device_nonce)


def sign_device_proof(device_key: Ed25519PrivateKey, proof: bytes) -> bytes:
    """Sign `device_proof_bytes` with the device key: 64 bytes."""
    return device_key.sign(proof)


def verify_device_proof(device_key: bytes, proof: bytes, signature: bytes) -> bool:
    """Tell whether who holds the device key (32 raw bytes) signed `device_proof_bytes`."""
    return is_signed_by(device_key, proof, signature)
