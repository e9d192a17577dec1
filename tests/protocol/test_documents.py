"""Signed documents: their exact bytes, every mutation, what a device proves."""

import hashlib
import json
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from common.errors import ProtocolViolation
from common.protocol.documents import (
    MAXIMUM_DOCUMENT_BYTES,
    Grant,
    Offer,
    SignedDocument,
    device_proof_bytes,
    fingerprint_of,
    is_signed_by,
    length_value,
    policies_hash,
    sign,
    sign_device_proof,
    verify_device_proof,
    verify_grant,
    verify_offer,
)
from common.protocol.policies import Policies, SessionMode, TimeoutAction
from tests.protocol import second_statement

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "documents.json").read_text("utf-8"))
ROOT = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(VECTORS["root_private_key"]))
ROOT_PUBLIC = ROOT.public_key().public_bytes_raw()
OTHER_ROOT = Ed25519PrivateKey.from_private_bytes(bytes(32))

OFFER = Offer(
    session_id=bytes(range(16)),
    claim="0123456789abcdef" * 2,
    routing="4821",
    root_fingerprint=fingerprint_of(ROOT_PUBLIC),
    technician="Ada Øst",
    organisation="Example \u0026 Sons",
    is_verified=True,
    mode=SessionMode.ACTIVE,
    target_id="target-7",
    device_fingerprint=b"\x01" * 32,
    policies=Policies(acceptance_timeout_action=TimeoutAction.PROCEED, acceptance_grace_time=30),
    target_nonce=b"\x02" * 32,
    controller_nonce=b"\x03" * 32,
    share_commitment=b"\x04" * 32,
    lifetime_seconds=60,
)
GRANT = Grant(
    session_id=bytes(range(16)),
    claim="0123456789abcdef" * 2,
    transcript_hash=b"\x05" * 32,
    policies_hash=policies_hash(OFFER.policies),
    maximum_duration_seconds=7200,
)
KINDS = {"offer": b"farhand/1 offer", "grant": b"farhand/1 grant"}


def sign_body(kind: str, body: bytes) -> SignedDocument:
    """What a root would sign that does not hold to the one spelling."""
    return SignedDocument(body, ROOT.sign(second_statement.length_value(KINDS[kind], body)))


# Exact bytes.


@pytest.mark.parametrize(("kind", "document"), [("offer", OFFER), ("grant", GRANT)])
def test_a_document_is_the_bytes_of_the_vector(kind: str, document: Offer | Grant) -> None:
    signed = sign(document, ROOT)

    assert signed.body.decode() == VECTORS[kind]["body"]
    assert signed.signature.hex() == VECTORS[kind]["signature"]


def test_the_vectors_verify_to_their_documents() -> None:
    offer, grant = (
        SignedDocument(VECTORS[kind]["body"].encode(), bytes.fromhex(VECTORS[kind]["signature"]))
        for kind in ("offer", "grant")
    )

    assert verify_offer(offer, ROOT_PUBLIC) == OFFER
    assert verify_grant(grant, ROOT_PUBLIC) == GRANT


def test_a_document_begins_with_its_version_and_says_every_policy() -> None:
    body = json.loads(sign(OFFER, ROOT).body)

    assert next(iter(body.items())) == ("version", 1)
    assert list(body["policies"]) == list(Policies.__struct_fields__)


def test_the_hash_of_policies_is_over_all_of_them() -> None:
    text = json.dumps(msgspec.to_builtins(Policies()), separators=(",", ":")).encode()

    assert policies_hash(Policies()) == hashlib.sha256(text).digest()
    assert policies_hash(Policies()).hex() == VECTORS["hash_of_default_policies"]
    for name in Policies.__struct_fields__:
        value = getattr(Policies(), name)
        if isinstance(value, bool):
            changed = msgspec.structs.replace(Policies(), **{name: not value})
            assert policies_hash(changed) != policies_hash(Policies())


def test_a_fingerprint_is_the_hash_of_the_der_public_key_info() -> None:
    # RFC 8410: SEQUENCE { SEQUENCE { OID 1.3.101.112 }, BIT STRING key }
    public_key_info = bytes.fromhex("302a300506032b6570032100") + ROOT_PUBLIC

    assert fingerprint_of(ROOT_PUBLIC) == hashlib.sha256(public_key_info).digest()
    assert fingerprint_of(ROOT_PUBLIC).hex() == VECTORS["root_fingerprint"]


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_no_fingerprint_is_given_of_what_is_no_key(length: int) -> None:
    with pytest.raises(ProtocolViolation):
        fingerprint_of(bytes(length))


@given(st.lists(st.binary(max_size=40), max_size=6))
def test_length_value_is_as_the_second_statement_has_it(fields: list[bytes]) -> None:
    assert length_value(*fields) == second_statement.length_value(*fields)


@given(st.lists(st.binary(max_size=4), max_size=4), st.lists(st.binary(max_size=4), max_size=4))
def test_two_lists_of_fields_never_give_the_same_bytes(
    first: list[bytes], second: list[bytes]
) -> None:
    assert (length_value(*first) == length_value(*second)) is (first == second)


# Refused.


def test_every_changed_byte_of_a_document_is_refused() -> None:
    signed = sign(OFFER, ROOT)
    for place in range(len(signed.body)):
        body = bytearray(signed.body)
        body[place] ^= 1
        with pytest.raises(ProtocolViolation, match="root did not sign"):
            verify_offer(SignedDocument(bytes(body), signed.signature), ROOT_PUBLIC)


def test_every_changed_byte_of_a_signature_is_refused() -> None:
    signed = sign(GRANT, ROOT)
    for place in range(64):
        signature = bytearray(signed.signature)
        signature[place] ^= 1
        with pytest.raises(ProtocolViolation, match="root did not sign"):
            verify_grant(SignedDocument(signed.body, bytes(signature)), ROOT_PUBLIC)


def test_every_truncation_is_refused() -> None:
    signed = sign(GRANT, ROOT)
    for length in range(len(signed.body)):
        with pytest.raises(ProtocolViolation, match="root did not sign"):
            verify_grant(SignedDocument(signed.body[:length], signed.signature), ROOT_PUBLIC)


@pytest.mark.parametrize("length", [0, 1, 63, 65, 128])
def test_a_signature_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(ProtocolViolation):
        verify_grant(SignedDocument(sign(GRANT, ROOT).body, bytes(length)), ROOT_PUBLIC)


def test_another_root_is_refused() -> None:
    with pytest.raises(ProtocolViolation, match="root did not sign"):
        verify_offer(sign(OFFER, OTHER_ROOT), ROOT_PUBLIC)


@pytest.mark.parametrize("root", [b"", bytes(31), bytes(33), b"\xff" * 32])
def test_a_root_that_is_no_key_verifies_nothing(root: bytes) -> None:
    with pytest.raises(ProtocolViolation, match="root did not sign"):
        verify_offer(sign(OFFER, ROOT), root)


def test_an_offer_is_no_grant_and_a_grant_no_offer() -> None:
    with pytest.raises(ProtocolViolation, match="root did not sign"):
        verify_grant(sign(OFFER, ROOT), ROOT_PUBLIC)
    with pytest.raises(ProtocolViolation, match="root did not sign"):
        verify_offer(sign(GRANT, ROOT), ROOT_PUBLIC)


def test_bytes_are_not_parsed_before_they_are_verified() -> None:
    nonsense = SignedDocument(b"[" * 1000, bytes(64))

    with pytest.raises(ProtocolViolation, match="root did not sign"):
        verify_offer(nonsense, ROOT_PUBLIC)


def altered(kind: str, document: Offer | Grant, **changes: object) -> SignedDocument:
    """Another document, rightly signed; a change to None leaves the field out."""
    fields = {**msgspec.to_builtins(document), **changes}
    body = msgspec.json.encode({name: value for name, value in fields.items() if value is not None})
    return sign_body(kind, body)


@pytest.mark.parametrize(
    "changes",
    [
        {"version": 2},
        {"version": "1"},
        {"version": None},
        {"sequence": None},
        {"sequence": -1},
        {"sequence": 2**32},
        {"extra": 1},
        {"claim": "0123456789ABCDEF" * 2},
        {"claim": "0" * 31},
        {"claim": "0" * 32 + "\n"},
        {"transcript_hash": "AAAA"},
        {"session_id": None},
        {"maximum_duration_seconds": 86_401},
        {"maximum_duration_seconds": 1.0},
    ],
    ids=str,
)
def test_a_signed_grant_that_makes_no_sense_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ProtocolViolation, match="a signed document"):
        verify_grant(altered("grant", GRANT, **changes), ROOT_PUBLIC)


POLICIES = msgspec.to_builtins(OFFER.policies)


@pytest.mark.parametrize(
    "changes",
    [
        {"version": 2},
        {"mode": "everything"},
        {"mode": None},
        {"routing": "482"},
        {"routing": "4821\n"},
        {"technician": ""},
        {"technician": "x" * 65},
        {"is_verified": 1},
        {"target_nonce": ""},
        {"policies": None},
        {"policies": {}},
        {"policies": {**POLICIES, "unattended": True}},
        {"policies": {**POLICIES, "active": "yes"}},
        {"policies": {**POLICIES, "acceptance_grace_time": 61}},
        {"policies": {name: value for name, value in POLICIES.items() if name != "active"}},
    ],
    ids=str,
)
def test_a_signed_offer_that_makes_no_sense_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ProtocolViolation, match="a signed document"):
        verify_offer(altered("offer", OFFER, **changes), ROOT_PUBLIC)


def other_spellings(body: bytes) -> list[bytes]:
    fields = json.loads(body)
    return [
        b" " + body,
        body + b"\n",
        json.dumps(fields).encode(),
        json.dumps(dict(reversed(fields.items())), separators=(",", ":")).encode(),
        body[:-1] + b',"sequence":0}',
        body.replace(b'"version"', b'"\\u0076ersion"'),
        b"",
        b"null",
        b"{}",
        b"[" * 15_000,
        b"\xff" + body,
    ]


@pytest.mark.parametrize("number", range(11))
def test_a_document_has_one_spelling(number: int) -> None:
    spelling = other_spellings(sign(GRANT, ROOT).body)[number]

    with pytest.raises(ProtocolViolation, match="a signed document"):
        verify_grant(sign_body("grant", spelling), ROOT_PUBLIC)


def test_a_document_above_its_cap_is_not_even_verified() -> None:
    body = b" " * (MAXIMUM_DOCUMENT_BYTES + 1)

    with pytest.raises(ProtocolViolation, match="bytes"):
        verify_grant(sign_body("grant", body), ROOT_PUBLIC)


def test_the_longest_offer_is_below_the_cap() -> None:
    longest = msgspec.structs.replace(
        OFFER, technician="\u0001" * 64, organisation="\u0001" * 64, target_id="\u0001" * 64
    )

    assert verify_offer(sign(longest, ROOT), ROOT_PUBLIC) == longest


@given(st.binary(max_size=300), st.binary(max_size=80))
def test_random_bytes_raise_nothing_but_a_protocol_violation(body: bytes, signature: bytes) -> None:
    for verify in (verify_offer, verify_grant):
        with pytest.raises(ProtocolViolation):
            verify(SignedDocument(body, signature), ROOT_PUBLIC)
    with pytest.raises(ProtocolViolation):
        verify_grant(sign_body("grant", body), ROOT_PUBLIC)


# The device proof.

DEVICE = Ed25519PrivateKey.from_private_bytes(b"\x09" * 32)
DEVICE_PUBLIC = DEVICE.public_key().public_bytes_raw()
PROOF = device_proof_bytes(b"\x01" * 32, b"\x02" * 32, b"\x03" * 32)


def test_a_device_proof_is_over_label_fingerprint_and_both_nonces() -> None:
    stated = second_statement.length_value(
        b"farhand/1 device", b"\x01" * 32, b"\x02" * 32, b"\x03" * 32
    )

    assert stated == PROOF
    assert sign_device_proof(DEVICE, PROOF).hex() == VECTORS["device_proof_signature"]


def test_a_device_proof_holds_for_its_key_server_and_nonces_alone() -> None:
    signature = sign_device_proof(DEVICE, PROOF)
    other_server = device_proof_bytes(b"\x00" * 32, b"\x02" * 32, b"\x03" * 32)
    older_challenge = device_proof_bytes(b"\x01" * 32, b"\x00" * 32, b"\x03" * 32)
    other_nonce = device_proof_bytes(b"\x01" * 32, b"\x02" * 32, b"\x00" * 32)

    assert verify_device_proof(DEVICE_PUBLIC, PROOF, signature) is True
    assert verify_device_proof(ROOT_PUBLIC, PROOF, signature) is False
    for other in (other_server, older_challenge, other_nonce):
        assert verify_device_proof(DEVICE_PUBLIC, other, signature) is False


def test_a_device_key_can_not_be_made_to_sign_a_document() -> None:
    signed = sign(GRANT, ROOT)

    assert not is_signed_by(ROOT_PUBLIC, PROOF, signed.signature)
    assert not PROOF.startswith(second_statement.length_value(KINDS["grant"]))


@given(st.binary(max_size=70), st.binary(max_size=200))
def test_random_bytes_prove_nothing(signature: bytes, proof: bytes) -> None:
    assert verify_device_proof(DEVICE_PUBLIC, proof, signature) is False
    assert verify_device_proof(DEVICE_PUBLIC, PROOF, signature) is False


@pytest.mark.parametrize("length", [0, 1, 31, 33, 64])
def test_a_device_key_of_another_length_proves_nothing(length: int) -> None:
    signature = sign_device_proof(DEVICE, PROOF)

    assert verify_device_proof((DEVICE_PUBLIC * 2)[:length], PROOF, signature) is False
