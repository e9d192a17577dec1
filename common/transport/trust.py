"""Who a server is, and how a connection to it is proved to be to that server.

Owns the first contact (protocol.md 1) and the TLS settings that follow from it. There is no
fallback: what the first contact decides, whether the server's own root or the system's CAs
vouch for its TLS, is kept with the identity and never tried the other way. Knows no files;
known_servers.py keeps what is found here.
"""

import hmac
import ssl
from dataclasses import dataclass, replace
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from common.errors import ConnectionLost, SettingsError
from common.protocol.documents import fingerprint_of
from common.reasons import ConnectionProblem
from common.transport import node_http
from common.transport.server_address import ServerAddress, joined, parse_server_url
from common.transport.trust_level import TrustLevel

__all__ = [
    "ServerAddress",
    "ServerIdentity",
    "TrustLevel",
    "first_contact",
    "identity_from_root",
    "meet_again",
    "parse_server_url",
    "tls_context",
]

ROOT_PATH: Final = "/farhand/root"
MAXIMUM_ROOT_BYTES: Final = 4096


@dataclass(frozen=True, slots=True)
class ServerIdentity:
    """A server that was met: its root, and whether that root vouches for its TLS.

    `fingerprint` is the SHA-256 of the root's DER SubjectPublicKeyInfo, 32 bytes: the root's
    certificate can be reissued, it stays.
    """

    host: str
    port: int
    root_public_key: bytes
    fingerprint: bytes
    root_certificate_der: bytes
    is_verified_by_root: bool
    trust: TrustLevel

    @property
    def address(self) -> str:
        """HOST:PORT, as windows show it."""
        return joined(self.host, self.port)

    def url(self) -> str:
        """What `--server` takes."""
        return f"https://{self.address}#{self.fingerprint.hex()}"


async def first_contact(
    address: ServerAddress, trust: TrustLevel = TrustLevel.PINNED
) -> ServerIdentity:
    """Meet a server, and return who it is once a verified connection has proved it.

    With a fingerprint one request runs unverified; without one none does. Raises
    ConnectionLost within node_http.CONNECT_TIMEOUT_SECONDS.
    """
    async with node_http.problems_in_time():
        if address.fingerprint is None:
            met = await node_http.get(address, ROOT_PATH, _system_context(), MAXIMUM_ROOT_BYTES)
            return identity_from_root(address, met.body, False, trust)
        met = await node_http.get(address, ROOT_PATH, _blind_context(), MAXIMUM_ROOT_BYTES)
        root = _parse_certificate(met.body)
        _require_fingerprint(root, address.fingerprint)
        is_by_root = is_signed_by_root(met.leaf_certificate_der, root)
        identity = identity_from_root(address, met.body, is_by_root, trust)
        await _require_verified(address, identity)
        return identity


async def meet_again(identity: ServerIdentity, address: ServerAddress) -> ServerIdentity:
    """Look whether a server that is known is at another address now, and return it as it is
    there. Nothing runs unverified. Raises ConnectionLost."""
    async with node_http.problems_in_time():
        moved = replace(identity, host=address.host, port=address.port)
        await _require_verified(address, moved)
        return moved


def identity_from_root(
    address: ServerAddress, root_der: bytes, is_verified_by_root: bool, trust: TrustLevel
) -> ServerIdentity:
    """Make the identity that a root certificate stands for. Raises ConnectionLost."""
    root = _parse_certificate(root_der)
    public_key = _ed25519_key(root)
    return ServerIdentity(
        host=address.host,
        port=address.port,
        root_public_key=public_key,
        fingerprint=fingerprint_of(public_key),
        root_certificate_der=root_der,
        is_verified_by_root=is_verified_by_root,
        trust=trust,
    )


def fingerprints_match(one: bytes, other: bytes) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(one, other)


def is_signed_by_root(leaf_certificate_der: bytes, root: x509.Certificate) -> bool:
    """Tell whether the root's key made this certificate; doubt means no."""
    try:
        x509.load_der_x509_certificate(leaf_certificate_der).verify_directly_issued_by(root)
    except (ValueError, TypeError, InvalidSignature, x509.InvalidVersion):
        return False
    return True


def tls_context(identity: ServerIdentity) -> ssl.SSLContext:
    """Make the TLS settings for every connection to this server after the first contact."""
    if not identity.is_verified_by_root:
        return _system_context()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False  # an address may change, the root may not
    context.verify_mode = ssl.CERT_REQUIRED
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    context.load_verify_locations(cadata=identity.root_certificate_der)
    return context


def _system_context() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    return context


def _blind_context() -> ssl.SSLContext:
    """For the one request whose answer is proved by the fingerprint and not by TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


async def _require_verified(address: ServerAddress, identity: ServerIdentity) -> None:
    """Ask again, verified. Somebody in the middle could show the true root beside a
    certificate of his own; what he made us decide must not be kept."""
    met = await node_http.get(address, ROOT_PATH, tls_context(identity), MAXIMUM_ROOT_BYTES)
    _require_fingerprint(_parse_certificate(met.body), identity.fingerprint)


def _require_fingerprint(root: x509.Certificate, fingerprint: bytes) -> None:
    if not fingerprints_match(fingerprint_of(_ed25519_key(root)), fingerprint):
        raise ConnectionLost(ConnectionProblem.WRONG_FINGERPRINT)


def _parse_certificate(der: bytes) -> x509.Certificate:
    """Take a self-signed certificate alone, whole, with nothing after it."""
    try:
        certificate = x509.load_der_x509_certificate(der)
        certificate.verify_directly_issued_by(certificate)
    except (ValueError, TypeError, InvalidSignature, x509.InvalidVersion) as error:
        raise _not_a_node(f"its root is no certificate: {type(error).__name__}") from None
    return certificate


def _ed25519_key(certificate: x509.Certificate) -> bytes:
    """Give the certificate's key as its 32 bytes. Raises ConnectionLost for another kind."""
    key = certificate.public_key()
    if not isinstance(key, Ed25519PublicKey):
        raise _not_a_node("its root's key is not Ed25519")
    return key.public_bytes_raw()


def _not_a_node(detail: str) -> ConnectionLost:
    return ConnectionLost(ConnectionProblem.NOT_A_NODE, detail)


def address_of(identity: ServerIdentity) -> ServerAddress:
    """Return where the server was last met, with its fingerprint."""
    return ServerAddress(identity.host, identity.port, identity.fingerprint)


def parse_broker(text: str, fingerprint: bytes) -> ServerAddress | None:
    """Read an entry of a node's broker list, HOST:PORT; None if it is not one."""
    try:
        address = parse_server_url(text)
    except SettingsError:
        return None
    return ServerAddress(address.host, address.port, fingerprint)
