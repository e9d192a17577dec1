"""The keys of a deployment: its root, made once, and the TLS key of this node, made afresh.

The root lies sealed in the database; the nodes that share the database and the secret file
have the same one. A node's TLS key lives as long as its process and is never kept anywhere.
"""

import datetime
import os
import ssl
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from common.protocol.documents import fingerprint_of
from common.server.database import utc_now
from common.server.models import ServerKeyRow
from common.server.secret_file import Seal, make_secret_file, read_secret_file

ROOT_NAME: Final = "root"


@dataclass(frozen=True, slots=True, repr=False)
class RootKey:
    """The root: what signs offers and grants, and what apps know a server by."""

    private_key: Ed25519PrivateKey
    certificate_der: bytes
    fingerprint: bytes
    """SHA-256 of the DER SubjectPublicKeyInfo, 32 bytes."""


async def load_or_make_root(engine: AsyncEngine, secret_path: Path) -> RootKey:
    """Open the deployment's root, or make it with its secret file at the first start.

    Raises SettingsError, also when the database has a root and the secret file is gone.
    """
    row = await _read_row(engine)
    if row is None:
        await _store_new_root(engine, make_secret_file(secret_path))
        row = await _read_row(engine)
    if row is None:
        raise RuntimeError("the root that was just stored is not there")
    private_key = read_secret_file(secret_path).open(ROOT_NAME, row.sealed_private_key)
    return _root_from(private_key, row.certificate)


def node_tls_context(root: RootKey, folder: Path) -> ssl.SSLContext:
    """Make this node's TLS: a fresh key that the root vouches for, version 1.3 alone."""
    from common.server.certificates import make_node_certificate  # needed at start alone

    certificate = make_node_certificate(root.private_key, datetime.datetime.now(datetime.UTC))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.num_tickets = 0  # connections live long; nothing is resumed
    context.set_alpn_protocols(["http/1.1"])
    # The ssl module takes keys from files alone.
    handle, name = tempfile.mkstemp(prefix=".node-", dir=folder)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(certificate.private_key_pem + certificate.chain_pem)
        context.load_cert_chain(name)
    finally:
        Path(name).unlink()
    return context


async def _read_row(engine: AsyncEngine) -> ServerKeyRow | None:
    async with AsyncSession(engine) as session:
        return await session.get(ServerKeyRow, ROOT_NAME)


async def _store_new_root(engine: AsyncEngine, seal: Seal) -> None:
    from common.server.certificates import make_root_certificate  # needed once

    private_key = Ed25519PrivateKey.generate()
    row = ServerKeyRow(
        name=ROOT_NAME,
        sealed_private_key=seal.seal(ROOT_NAME, private_key.private_bytes_raw()),
        certificate=make_root_certificate(private_key, datetime.datetime.now(datetime.UTC)),
        made_at=utc_now(),
    )
    try:
        async with AsyncSession(engine) as session, session.begin():
            session.add(row)
    except IntegrityError:
        return  # another node of the deployment was quicker; its root is the one


def _root_from(private_bytes: bytes, certificate_der: bytes) -> RootKey:
    private_key = Ed25519PrivateKey.from_private_bytes(private_bytes)
    fingerprint = fingerprint_of(private_key.public_key().public_bytes_raw())
    return RootKey(private_key, certificate_der, fingerprint)
