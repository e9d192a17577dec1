"""The key schedule and the record layout, said a second time with other tools.

HKDF from the standard library's HMAC, AES-GCM from the block cipher and its mode, lengths
and labels written out. Nothing of `common.protocol` is used: where the two disagree, one of
them has left the protocol.
"""

import hashlib
import hmac
import struct

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import GCM


def length_value(*fields: bytes) -> bytes:
    return b"".join(struct.pack(">I", len(field)) + field for field in fields)


def hkdf_extract(salt: bytes, material: bytes) -> bytes:
    """RFC 5869, section 2.2."""
    return hmac.new(salt, material, hashlib.sha256).digest()


def hkdf_expand_32(key: bytes, label: bytes) -> bytes:
    """RFC 5869, section 2.3, for the one block that 32 bytes are."""
    return hmac.new(key, label + b"\x01", hashlib.sha256).digest()


def transcript_hash(offer_body: bytes, target_frame: bytes, controller_frame: bytes) -> bytes:
    fields = (target_frame[:33], target_frame[33:], controller_frame[:33], controller_frame[33:])
    return hashlib.sha256(length_value(b"farhand/1", offer_body, *fields)).digest()


def confirmation(extracted: bytes, label: bytes, transcript: bytes) -> bytes:
    return hmac.new(hkdf_expand_32(extracted, label), transcript, hashlib.sha256).digest()


def seal(key: bytes, epoch: int, sequence: int, plain: bytes) -> bytes:
    """One record under the key of epoch 0."""
    for _ in range(epoch):
        key = hkdf_expand_32(key, b"ratchet")
    header = (
        b"\x01"
        + epoch.to_bytes(4, "big")
        + sequence.to_bytes(8, "big")
        + len(plain).to_bytes(4, "big")
    )
    encryptor = Cipher(AES(key), GCM(bytes(4) + sequence.to_bytes(8, "big"))).encryptor()
    encryptor.authenticate_additional_data(header)
    return header + encryptor.update(plain) + encryptor.finalize() + encryptor.tag
