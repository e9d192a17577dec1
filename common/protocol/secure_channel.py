"""Sealed records: AES-256-GCM under a key for one direction, and the ratchet of that key.

    version (1), epoch (4), sequence (8), length of the plain text (4)    clear, authenticated
    sealed plain text (length), tag (16)

Numbers are big-endian. The nonce is four zero bytes and the sequence, which is strictly
+1 from 0 in each epoch. Each epoch's key comes from the one before by HKDF. What is inside
a record, and in which order records are sent, is known to the driver, `sealed_link`, alone.
"""

from struct import Struct
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from common.errors import ProtocolViolation

RECORD_VERSION: Final = 1
MAXIMUM_PLAIN_BYTES: Final = 64 * 1024
TAG_BYTES: Final = 16
HEADER_BYTES: Final = 17
RECORD_OVERHEAD_BYTES: Final = HEADER_BYTES + TAG_BYTES
RECORDS_PER_EPOCH: Final = 2**20
EPOCH_SECONDS: Final = 15 * 60
LATEST_EPOCH_SECONDS: Final = 2 * EPOCH_SECONDS
"""The opener's bound on an epoch's age: the sealer's, and room for delays and clocks."""

_HEADER: Final = Struct(">BIQI")
_NONCE_ZEROS: Final = bytes(4)
_NONCE_SEQUENCE: Final = slice(5, 13)
"""Where the sequence stands in the header, ready made for the nonce."""


class _EpochKey:
    """The key of the current epoch, ready for use. The ones before are dropped."""

    __slots__ = ("_key", "cipher")

    def __init__(self, key: bytes) -> None:
        self._key = key
        self.cipher = AESGCM(key)

    def next(self) -> "_EpochKey":
        """Derive the next epoch's key; there is no way back from it (RFC 5869)."""
        return _EpochKey(HKDFExpand(SHA256(), 32, b"ratchet").derive(self._key))


class RecordSealer:
    """The sending end of one direction. Decides when a new epoch begins."""

    def __init__(self, key: bytes, now: float) -> None:
        self._key = _EpochKey(key)
        self._epoch = 0
        self._epoch_ends_at = now + EPOCH_SECONDS
        self._sequence = 0

    def seal(self, plain: bytes | bytearray | memoryview, now: float) -> bytes:
        """Seal up to 64 KiB. The records must arrive in the order in which they were sealed."""
        length = len(plain)
        if length > MAXIMUM_PLAIN_BYTES:
            raise RuntimeError(f"{length} bytes do not fit into a record")
        if self._sequence == RECORDS_PER_EPOCH or now >= self._epoch_ends_at:
            self._begin_next_epoch(now)
        header = _HEADER.pack(RECORD_VERSION, self._epoch, self._sequence, length)
        self._sequence += 1
        nonce = _NONCE_ZEROS + header[_NONCE_SEQUENCE]
        return header + self._key.cipher.encrypt(nonce, plain, header)

    def _begin_next_epoch(self, now: float) -> None:
        self._key = self._key.next()
        self._epoch += 1
        self._epoch_ends_at = now + EPOCH_SECONDS
        self._sequence = 0


class RecordOpener:
    """The receiving end of one direction. After one bad record it opens nothing more."""

    def __init__(self, key: bytes, now: float) -> None:
        self._key: _EpochKey | None = _EpochKey(key)
        self._epoch = 0
        self._epoch_ends_at = now + LATEST_EPOCH_SECONDS
        self._sequence = 0

    def open(self, record: bytes | bytearray | memoryview, now: float) -> bytes:
        """Open the next record. Raises ProtocolViolation, whatever the bytes."""
        key, self._key = self._key, None  # given back only where all went well
        if key is None:
            raise ProtocolViolation("a record after a bad one")
        view = memoryview(record)
        header = bytes(view[:HEADER_BYTES])
        begins_epoch = self._check_header(header, len(view), now)
        if begins_epoch:
            key = key.next()
        nonce = _NONCE_ZEROS + header[_NONCE_SEQUENCE]
        try:
            plain = key.cipher.decrypt(nonce, view[HEADER_BYTES:], header)
        except InvalidTag:
            raise ProtocolViolation("a record that was not sealed by the other side") from None
        self._advance(begins_epoch, now)
        self._key = key
        return plain

    def _check_header(self, header: bytes, record_bytes: int, now: float) -> bool:
        """Tell whether this is the first record of the next epoch; refuse all but that and
        the next record of this epoch."""
        if len(header) != HEADER_BYTES:
            raise ProtocolViolation(f"a record of {record_bytes} bytes")
        version, epoch, sequence, length = _HEADER.unpack(header)
        if version != RECORD_VERSION:
            raise ProtocolViolation(f"a record of version {version}")
        if length > MAXIMUM_PLAIN_BYTES or record_bytes != length + RECORD_OVERHEAD_BYTES:
            raise ProtocolViolation(f"a record of {record_bytes} bytes for {length} of text")
        if (epoch, sequence) == (self._epoch + 1, 0):
            return True
        if (epoch, sequence) != (self._epoch, self._sequence):
            raise ProtocolViolation(
                f"record {epoch}/{sequence} instead of {self._epoch}/{self._sequence}"
            )
        if sequence >= RECORDS_PER_EPOCH or now > self._epoch_ends_at:
            raise ProtocolViolation("a key that should have been changed")
        return False

    def _advance(self, begins_epoch: bool, now: float) -> None:
        if begins_epoch:
            self._epoch += 1
            self._epoch_ends_at = now + LATEST_EPOCH_SECONDS
            self._sequence = 0
        self._sequence += 1
