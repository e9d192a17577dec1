"""The secret file: the one key outside the database that opens what is sealed in it.

Made at a deployment's first start, 64 hexadecimal digits and mode 0600; the nodes of one
deployment share it. Without it a stolen database lets nobody in (protocol.md 1). Sealing is
AES-256-GCM with the name of the sealed thing as associated data.
"""

import os
import re
import secrets
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from common.errors import SettingsError, reason_of

OPTION: Final = "--secret-file"
SECRET_BYTES: Final = 32
_FILE_MODE: Final = 0o600
_MAXIMUM_FILE_BYTES: Final = 1024
_CONTENT: Final = re.compile(rb"\s*([0-9a-f]{64})\s*", re.IGNORECASE)
_NONCE_BYTES: Final = 12
_LABEL: Final = b"farhand/1 seal"


class Seal:
    """Seals and opens server secrets with the key that a secret file stands for."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) != SECRET_BYTES:
            raise TypeError(f"a secret has {SECRET_BYTES} bytes")
        key = HKDF(SHA256(), 32, salt=None, info=_LABEL).derive(secret)
        self._cipher = AESGCM(key)

    def seal(self, name: str, plain: bytes) -> bytes:
        """Seal `plain` under `name`; nothing else is opened by that name."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, plain, name.encode())

    def open(self, name: str, sealed: bytes) -> bytes:
        """Open what was sealed under `name`. Raises SettingsError: another secret file's."""
        nonce, text = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        try:
            return self._cipher.decrypt(nonce, text, name.encode())
        except (InvalidTag, ValueError):
            raise SettingsError(OPTION, "does not belong to this database") from None


def make_secret_file(path: Path) -> Seal:
    """Make a new secret, readable by its owner alone. An existing file is used, not replaced.

    Raises SettingsError.
    """
    secret = secrets.token_bytes(SECRET_BYTES)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _FILE_MODE)
    except FileExistsError:
        return read_secret_file(path)
    except OSError as error:
        raise SettingsError(OPTION, f"{path} can't be written: {reason_of(error)}") from error
    with os.fdopen(handle, "wb") as file:
        file.write(secret.hex().encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())
    return Seal(secret)


def read_secret_file(path: Path) -> Seal:
    """Read a secret. Raises SettingsError when it is missing or no secret."""
    try:
        with path.open("rb") as file:
            content = file.read(_MAXIMUM_FILE_BYTES)
    except FileNotFoundError as error:
        raise SettingsError(OPTION, f"{path} is missing; the database is sealed by it") from error
    except OSError as error:
        raise SettingsError(OPTION, f"{path} can't be read: {reason_of(error)}") from error
    match = _CONTENT.fullmatch(content)
    if match is None:
        raise SettingsError(OPTION, f"{path} is not a secret of 64 hexadecimal digits")
    return Seal(bytes.fromhex(match[1].decode()))
