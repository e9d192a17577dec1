"""Makes the root's certificate and the node's, as strict verifiers want them.

RFC 5280 and Python 3.13's VERIFY_X509_STRICT ask for subject and authority key identifiers
and for critical basicConstraints and keyUsage. Both begin 30 days back, for wrong clocks
(protocol.md 1). Imported when a certificate is made, and by nothing else.
"""

import datetime
import ipaddress
import socket
from dataclasses import dataclass
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

BEGINS_BEFORE: Final = datetime.timedelta(days=30)
ROOT_LIFETIME: Final = datetime.timedelta(days=30 * 365)
NODE_LIFETIME: Final = datetime.timedelta(days=5 * 365)
_ROOT_NAME: Final = "Farhand root"
_NODE_NAME: Final = "Farhand node"


@dataclass(frozen=True, slots=True)
class NodeCertificate:
    """What a TLS server shows and proves: PEM, the chain without the root."""

    chain_pem: bytes
    private_key_pem: bytes


def make_root_certificate(root: Ed25519PrivateKey, now: datetime.datetime) -> bytes:
    """Make the self-signed CA certificate of a root key: DER."""
    key = root.public_key()
    name = _name(_ROOT_NAME)
    builder = _builder(key, key, now, ROOT_LIFETIME).subject_name(name).issuer_name(name)
    certificate = (
        builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(is_root=True), critical=True)
        .sign(root, algorithm=None)
    )
    return certificate.public_bytes(Encoding.DER)


def make_node_certificate(root: Ed25519PrivateKey, now: datetime.datetime) -> NodeCertificate:
    """Make a fresh TLS key and have the root vouch for it."""
    node_key = Ed25519PrivateKey.generate()
    builder = _builder(node_key.public_key(), root.public_key(), now, NODE_LIFETIME)
    certificate = (
        builder.subject_name(_name(_NODE_NAME))
        .issuer_name(_name(_ROOT_NAME))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(is_root=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(_own_names()), critical=False)
        .sign(root, algorithm=None)
    )
    return NodeCertificate(
        chain_pem=certificate.public_bytes(Encoding.PEM),
        private_key_pem=node_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
    )


def _builder(
    subject_key: Ed25519PublicKey,
    issuer_key: Ed25519PublicKey,
    now: datetime.datetime,
    lifetime: datetime.timedelta,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .public_key(subject_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BEGINS_BEFORE)
        .not_valid_after(now + lifetime)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(subject_key), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key), critical=False
        )
    )


def _key_usage(is_root: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_root,
        key_cert_sign=is_root,
        crl_sign=is_root,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _own_names() -> list[x509.GeneralName]:
    """Names for tools that insist on one; Farhand's own programs trust the root alone."""
    names: list[x509.GeneralName] = [
        x509.DNSName("localhost"),
        x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
    ]
    own = socket.gethostname()
    if own.isascii() and own not in ("", "localhost"):
        names.append(x509.DNSName(own))
    return names
