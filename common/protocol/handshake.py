"""From a connection code to keys: SPAKE2 and ML-KEM-768 in one transcript, both confirmed.

    T -> C   Yt (33), Ek (1184)         Ek: a fresh ML-KEM-768 public key
    C -> T   Yc (33), Ct (1088)         Ct: its encapsulation; T checks the commitment to Yc
    T -> C   HMAC(confirm_t, th) (32)   C checks; a wrong one is a try
    C -> T   HMAC(confirm_c, th) (32)   only after T's was right; T checks

    th  = SHA-256(LV("farhand/1", offer bytes, Yt, Ek, Yc, Ct))
    PRK = HKDF-Extract(salt = th, SPAKE2 key + ML-KEM secret); 32 bytes for each label

Knows neither clock nor connection, nor what the offer says. The pairing machines drive it;
a share takes about 4 ms and its finish 6 ms, so they run it off the event loop. spake2 is
not constant in time; a secret is used for one exchange only, so one sample tells nothing.
"""

import hashlib
import hmac
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

from cryptography.hazmat.primitives.asymmetric.mlkem import (
    MLKEM768PrivateKey,
    MLKEM768PublicKey,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand
from spake2 import SPAKE2_A, SPAKE2_B

from common.errors import PairingFailed, ProtocolViolation
from common.protocol.connection_code import Secret
from common.protocol.documents import length_value
from common.reasons import PairingProblem

SHARE_BYTES: Final = 33
"""A share of spake2 0.9: the side's byte and a point of Ed25519."""
KEM_PUBLIC_KEY_BYTES: Final = 1184
KEM_CIPHERTEXT_BYTES: Final = 1088
KEM_SEED_BYTES: Final = 64
CONFIRMATION_BYTES: Final = 32
TARGET_FRAME_BYTES: Final = SHARE_BYTES + KEM_PUBLIC_KEY_BYTES
CONTROLLER_FRAME_BYTES: Final = SHARE_BYTES + KEM_CIPHERTEXT_BYTES

MaybeT = TypeVar("MaybeT")
Entropy = Callable[[int], bytes]
Encapsulate = Callable[[bytes], tuple[bytes, bytes]]
"""ML-KEM public key in, (shared secret, ciphertext) out."""


@dataclass(frozen=True, slots=True, repr=False)
class SessionKeys:
    """What both ends hold after the confirmations. Keys are 32 bytes."""

    controller_to_target: bytes
    target_to_controller: bytes
    resume: bytes
    transcript_hash: bytes
    """Not secret: both ends report it to the server, which grants it."""
    security_number: str
    """4 digits that both windows show, for those who want to compare them."""

    def __repr__(self) -> str:
        return "SessionKeys(hidden)"


@dataclass(frozen=True, slots=True, repr=False)
class _Agreement:
    """The whole key schedule of one exchange, before anybody has confirmed it."""

    controller_confirmation: bytes
    target_confirmation: bytes
    keys: SessionKeys


class _Spake(Protocol):
    """What is used of spake2, which has no types."""

    def start(self) -> bytes: ...
    def finish(self, other_share: bytes) -> bytes: ...


class ControllerHandshake:
    """The controller's side of one claim. Each step once and in order, else RuntimeError;
    a step that failed ends it."""

    def __init__(
        self,
        session_id: bytes,
        secret: Secret,
        *,
        entropy: Entropy = os.urandom,
        encapsulate: Encapsulate | None = None,
    ) -> None:
        """Make the share (4 ms). `entropy` and `encapsulate` are given by vectors alone."""
        spake: _Spake = SPAKE2_A(_password(secret), *_identities(session_id), entropy_f=entropy)
        self._share = spake.start()
        self._encapsulate = encapsulate or _encapsulate
        self._spake: _Spake | None = spake
        self._unconfirmed: _Agreement | None = None
        self._keys: SessionKeys | None = None

    @property
    def commitment(self) -> bytes:
        """SHA-256 of the share, sent before the target's share is seen: without it somebody
        in the middle could search for shares that give equal security numbers."""
        return hashlib.sha256(self._share).digest()

    def answer(self, frame: bytes, offer_body: bytes) -> bytes:
        """Take (Yt, Ek), give (Yc, Ct). Raises ProtocolViolation for a malformed frame."""
        spake, self._spake = _required(self._spake), None
        target_share, kem_public_key = _split(frame, KEM_PUBLIC_KEY_BYTES)
        kem_secret, ciphertext = self._encapsulate(kem_public_key)
        shared_secret = _finish(spake, target_share) + kem_secret
        answer = self._share + ciphertext
        self._unconfirmed = _agree(_transcript_hash(offer_body, frame, answer), shared_secret)
        return answer

    def check(self, frame: bytes) -> bytes:
        """Take the target's confirmation, give the controller's.

        Raises PairingFailed(WRONG_SECRET), which is a try, and ProtocolViolation, which is
        none, for a frame of another length.
        """
        agreement, self._unconfirmed = _required(self._unconfirmed), None
        _check_confirmation(frame, agreement.target_confirmation)
        self._keys = agreement.keys
        return agreement.controller_confirmation

    @property
    def keys(self) -> SessionKeys:
        """The keys, once the target's confirmation was right."""
        return _required(self._keys)


class TargetHandshake:
    """The target's side of one press of Enter. Each step once and in order, else
    RuntimeError; a step that failed ends it."""

    def __init__(
        self,
        session_id: bytes,
        secret: Secret,
        offer_body: bytes,
        share_commitment: bytes,
        *,
        entropy: Entropy = os.urandom,
    ) -> None:
        """Make share and ML-KEM key (4 ms). `entropy` is given by vectors alone."""
        spake: _Spake = SPAKE2_B(_password(secret), *_identities(session_id), entropy_f=entropy)
        share = spake.start()
        self._offer_body = offer_body
        self._share_commitment = share_commitment
        kem_key = MLKEM768PrivateKey.from_seed_bytes(entropy(KEM_SEED_BYTES))
        self._first_frame = share + kem_key.public_key().public_bytes_raw()
        self._private: tuple[_Spake, MLKEM768PrivateKey] | None = (spake, kem_key)
        self._unconfirmed: _Agreement | None = None
        self._keys: SessionKeys | None = None

    @property
    def first_frame(self) -> bytes:
        """(Yt, Ek)."""
        return self._first_frame

    def answer(self, frame: bytes) -> bytes:
        """Take (Yc, Ct), give the target's confirmation.

        Raises ProtocolViolation for a malformed frame, and for a share that is not the one
        that the offer commits the controller to.
        """
        (spake, kem_key), self._private = _required(self._private), None
        controller_share, ciphertext = _split(frame, KEM_CIPHERTEXT_BYTES)
        if not is_committed_to(controller_share, self._share_commitment):
            raise ProtocolViolation("another share than the controller is committed to")
        shared_secret = _finish(spake, controller_share) + kem_key.decapsulate(ciphertext)
        transcript_hash = _transcript_hash(self._offer_body, self._first_frame, frame)
        self._unconfirmed = _agree(transcript_hash, shared_secret)
        return self._unconfirmed.target_confirmation

    def check(self, frame: bytes) -> None:
        """Take the controller's confirmation.

        Raises PairingFailed(WRONG_SECRET) where it is wrong, and ProtocolViolation for a
        frame of another length.
        """
        agreement, self._unconfirmed = _required(self._unconfirmed), None
        _check_confirmation(frame, agreement.controller_confirmation)
        self._keys = agreement.keys

    @property
    def keys(self) -> SessionKeys:
        """The keys, once the controller's confirmation was right."""
        return _required(self._keys)


def is_committed_to(share: bytes, commitment: bytes) -> bool:
    """Tell whether a share is the one whose SHA-256 was sent before."""
    return hmac.compare_digest(hashlib.sha256(share).digest(), commitment)


def confirmations_match(received: bytes, expected: bytes) -> bool:
    """Compare two confirmations in constant time."""
    return hmac.compare_digest(received, expected)


def _required(value: MaybeT | None) -> MaybeT:
    if value is None:
        raise RuntimeError("a step of the handshake out of order, or twice")
    return value


def _password(secret: Secret) -> bytes:
    return b"farhand/1:" + secret.reveal().encode()


def _identities(session_id: bytes) -> tuple[bytes, bytes]:
    return b"controller" + session_id, b"target" + session_id


def _split(frame: bytes, rest_bytes: int) -> tuple[bytes, bytes]:
    """Split a frame into the share and what follows. spake2 0.9 itself would take a share
    with bytes behind it, so the length is checked here."""
    if len(frame) != SHARE_BYTES + rest_bytes:
        raise ProtocolViolation(f"a handshake frame of {len(frame)} bytes")
    return frame[:SHARE_BYTES], frame[SHARE_BYTES:]


def _finish(spake: _Spake, other_share: bytes) -> bytes:
    try:
        return spake.finish(other_share)
    except Exception as error:
        # spake2 documents none of what it raises for bytes that are no point, for a point
        # of another group, for the wrong side, for its own share sent back.
        raise ProtocolViolation(f"not a share of SPAKE2: {type(error).__name__}") from None


def _encapsulate(kem_public_key: bytes) -> tuple[bytes, bytes]:
    try:
        return MLKEM768PublicKey.from_public_bytes(kem_public_key).encapsulate()
    except ValueError:
        raise ProtocolViolation("not a public key of ML-KEM-768") from None


def _transcript_hash(offer_body: bytes, target_frame: bytes, controller_frame: bytes) -> bytes:
    target_share, kem_public_key = _split(target_frame, KEM_PUBLIC_KEY_BYTES)
    controller_share, ciphertext = _split(controller_frame, KEM_CIPHERTEXT_BYTES)
    transcript = length_value(
        b"farhand/1", offer_body, target_share, kem_public_key, controller_share, ciphertext
    )
    return hashlib.sha256(transcript).digest()


def _agree(transcript_hash: bytes, shared_secret: bytes) -> _Agreement:
    """Derive all keys of the exchange (HKDF of RFC 5869, with SHA-256)."""
    extracted = HKDF.extract(SHA256(), transcript_hash, shared_secret)

    def derive(label: bytes) -> bytes:
        return HKDFExpand(SHA256(), 32, label).derive(extracted)

    return _Agreement(
        controller_confirmation=hmac.digest(derive(b"confirm_c"), transcript_hash, "sha256"),
        target_confirmation=hmac.digest(derive(b"confirm_t"), transcript_hash, "sha256"),
        keys=SessionKeys(
            controller_to_target=derive(b"key_ct"),
            target_to_controller=derive(b"key_tc"),
            resume=derive(b"resume"),
            transcript_hash=transcript_hash,
            security_number=_security_number(derive(b"sas")),
        ),
    )


def _security_number(authentication_string: bytes) -> str:
    """Make 4 digits of 32 bytes: no number is likelier than another by more than 2**-242."""
    return f"{int.from_bytes(authentication_string, 'big') % 10_000:04d}"


def _check_confirmation(received: bytes, expected: bytes) -> None:
    if len(received) != CONFIRMATION_BYTES:
        raise ProtocolViolation(f"a confirmation of {len(received)} bytes")
    if not confirmations_match(received, expected):
        raise PairingFailed(PairingProblem.WRONG_SECRET)
