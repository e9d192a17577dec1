"""The servers that a program has met, kept in a file of the data folder.

By fingerprint: who the server is, where its nodes are, and for a target the device key that
is this server's alone. The file is for its owner only and written whole or not at all. A file
that can't be read is said to be damaged and left alone: what is in it may be the only proof
of who this target is. Connects to nothing.
"""

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import Meta, Struct

from common.errors import ConnectionLost, SettingsError, reason_of
from common.private_files import write_privately
from common.transport.server_address import ServerAddress
from common.transport.trust import ServerIdentity, TrustLevel, identity_from_root

FILE_NAME: Final = "servers.json"
FORMAT: Final = 1
MAXIMUM_FILE_BYTES: Final = 4 * 1024 * 1024
MAXIMUM_BROKERS: Final = 16
MAXIMUM_PROVISIONAL: Final = 64
"""Servers that were only discovered; who announces ever new ones fills no disk with them."""

_Key = Annotated[bytes, Meta(min_length=32, max_length=32)]


class DeviceKey(Struct, frozen=True, forbid_unknown_fields=True):
    """A target's key at one server. Its text holds nothing of it."""

    private: _Key
    is_registered: bool = False

    def __repr__(self) -> str:
        return f"DeviceKey(is_registered={self.is_registered})"

    def load(self) -> Ed25519PrivateKey:
        """Make the key that signs."""
        return Ed25519PrivateKey.from_private_bytes(self.private)


class KnownServer(Struct, frozen=True):
    """One server: `brokers` are its nodes, HOST:PORT, in the order the server gave them."""

    identity: ServerIdentity
    brokers: tuple[str, ...] = ()
    device_key: DeviceKey | None = None


class _Entry(Struct, frozen=True, forbid_unknown_fields=True):
    """A server as the file has it."""

    host: str
    port: Annotated[int, Meta(ge=1, le=65535)]
    root_certificate: bytes
    is_verified_by_root: bool
    trust: TrustLevel
    brokers: Annotated[tuple[str, ...], Meta(max_length=MAXIMUM_BROKERS)] = ()
    device_key: DeviceKey | None = None


class _File(Struct, frozen=True, forbid_unknown_fields=True):
    format: int
    servers: tuple[_Entry, ...]


class KnownServers:
    """The list of one program. Every change is on the disk when the method returns."""

    def __init__(self, folder: Path) -> None:
        """Read the list in `folder`, empty without a file. Raises SettingsError."""
        self._path = folder / FILE_NAME
        self._servers = _read(self._path)

    def all(self) -> tuple[KnownServer, ...]:
        """List the servers, pinned before confirmed before provisional."""
        return tuple(
            sorted(self._servers.values(), key=lambda known: known.identity.trust, reverse=True)
        )

    def fingerprints(self) -> frozenset[bytes]:
        """Give what the servers are told by."""
        return frozenset(self._servers)

    def find(self, fingerprint: bytes) -> KnownServer | None:
        """Return the server with this fingerprint."""
        return self._servers.get(fingerprint)

    def find_address(self, address: ServerAddress) -> KnownServer | None:
        """Return the server that this address means: by fingerprint if it names one, else the
        one that was last met there and that a public CA vouched for."""
        if address.fingerprint is not None:
            return self.find(address.fingerprint)
        for known in self.all():
            identity = known.identity
            is_there = (identity.host, identity.port) == (address.host, address.port)
            if is_there and not identity.is_verified_by_root:
                return known
        return None

    def remember(self, identity: ServerIdentity) -> KnownServer:
        """Keep a server that was met, with the brokers and the device key it had.

        Being met again never lowers a server's trust. Raises SettingsError.
        """
        known = self.find(identity.fingerprint)
        merged = identity if known is None else _merged(known.identity, identity)
        return self._keep(
            KnownServer(merged)
            if known is None
            else msgspec.structs.replace(known, identity=merged)
        )

    def raise_trust(self, fingerprint: bytes, trust: TrustLevel) -> KnownServer:
        """Believe a known server more than before; never less. Raises SettingsError."""
        known = self._servers[fingerprint]
        level = max(known.identity.trust, trust)
        return self._keep(
            msgspec.structs.replace(known, identity=replace(known.identity, trust=level))
        )

    def set_brokers(self, fingerprint: bytes, brokers: tuple[str, ...]) -> KnownServer:
        """Keep the nodes' addresses that the server gave. Raises SettingsError."""
        known = self._servers[fingerprint]
        return self._keep(msgspec.structs.replace(known, brokers=brokers[:MAXIMUM_BROKERS]))

    def device_key(self, fingerprint: bytes) -> DeviceKey:
        """Return the target's key at this server, made and kept at the first call."""
        known = self._servers[fingerprint]
        if known.device_key is not None:
            return known.device_key
        key = DeviceKey(Ed25519PrivateKey.generate().private_bytes_raw())
        self._keep(msgspec.structs.replace(known, device_key=key))
        return key

    def mark_registered(self, fingerprint: bytes) -> None:
        """Keep that the server knows the device key: it has welcomed it. Raises SettingsError."""
        self._set_registered(fingerprint, True)

    def mark_unregistered(self, fingerprint: bytes) -> None:
        """Keep that the device key must be registered again. Raises SettingsError."""
        self._set_registered(fingerprint, False)

    def forget(self, fingerprint: bytes) -> None:
        """Drop a server and the device key for it. Raises SettingsError."""
        remaining = {key: one for key, one in self._servers.items() if key != fingerprint}
        self._write(remaining)

    def _set_registered(self, fingerprint: bytes, is_registered: bool) -> None:
        key = self.device_key(fingerprint)
        if key.is_registered == is_registered:
            return
        known = self._servers[fingerprint]
        key = msgspec.structs.replace(key, is_registered=is_registered)
        self._keep(msgspec.structs.replace(known, device_key=key))

    def _keep(self, known: KnownServer) -> KnownServer:
        fingerprint = known.identity.fingerprint
        is_new = self._servers.get(fingerprint) != known
        others = {key: one for key, one in self._servers.items() if key != fingerprint}
        servers = {**others, fingerprint: known}  # the latest is the last
        if is_new:
            self._write(servers)
        else:
            self._servers = servers
        return known

    def _write(self, servers: dict[bytes, KnownServer]) -> None:
        servers = _without_oldest_strangers(servers)
        file = _File(FORMAT, tuple(_entry(known) for known in servers.values()))
        content = msgspec.json.format(msgspec.json.encode(file), indent=1)
        try:
            write_privately(self._path, content)
        except OSError as error:
            problem = f"can't be written: {reason_of(error)}"
            raise SettingsError(str(self._path), problem) from error
        self._servers = servers


def _merged(known: ServerIdentity, met: ServerIdentity) -> ServerIdentity:
    """Join what was known with what was met; the fingerprints are equal.

    How TLS is verified was decided once and stays, unless a higher trust decides anew. An
    address from less trusted lips is followed only where the root itself vouches for TLS:
    with a public CA the name is the proof, and a stranger may own another name.
    """
    if met.trust >= known.trust:
        return met
    if known.is_verified_by_root:
        return replace(known, host=met.host, port=met.port)
    return known


def _without_oldest_strangers(servers: dict[bytes, KnownServer]) -> dict[bytes, KnownServer]:
    strangers = [
        fingerprint
        for fingerprint, known in servers.items()
        if known.identity.trust is TrustLevel.PROVISIONAL
    ]
    dropped = set(strangers[:-MAXIMUM_PROVISIONAL])
    return {key: known for key, known in servers.items() if key not in dropped}


def _entry(known: KnownServer) -> _Entry:
    identity = known.identity
    return _Entry(
        host=identity.host,
        port=identity.port,
        root_certificate=identity.root_certificate_der,
        is_verified_by_root=identity.is_verified_by_root,
        trust=identity.trust,
        brokers=known.brokers,
        device_key=known.device_key,
    )


def _read(path: Path) -> dict[bytes, KnownServer]:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise SettingsError(str(path), f"can't be read: {reason_of(error)}") from error
    try:
        return _parse(content)
    except (msgspec.MsgspecError, UnicodeError, ConnectionLost, ValueError) as error:
        raise SettingsError(
            str(path),
            f"is damaged ({error}); put back a copy, or move it away to meet the servers anew",
        ) from None


def _parse(content: bytes) -> dict[bytes, KnownServer]:
    if len(content) > MAXIMUM_FILE_BYTES:
        raise ValueError("too large")
    file = msgspec.json.decode(content, type=_File)
    if file.format != FORMAT:
        raise ValueError(f"format {file.format} is not known here")
    servers = (_known(entry) for entry in file.servers)
    return {known.identity.fingerprint: known for known in servers}


def _known(entry: _Entry) -> KnownServer:
    address = ServerAddress(entry.host, entry.port)
    identity = identity_from_root(
        address, entry.root_certificate, entry.is_verified_by_root, entry.trust
    )
    return KnownServer(identity, entry.brokers, entry.device_key)
