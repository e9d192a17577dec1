"""Certificates for the tests: roots as a server makes them, leaves, and a made-up public CA."""

import datetime
import ipaddress
import ssl
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.types import (
    CertificateIssuerPrivateKeyTypes,
    CertificatePublicKeyTypes,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from cryptography.x509.oid import NameOID

CLOCK_SLACK = datetime.timedelta(days=30)


@dataclass(frozen=True)
class Authority:
    """A root: its key and its certificate."""

    key: CertificateIssuerPrivateKeyTypes
    certificate: x509.Certificate

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def fingerprint(self) -> bytes:
        key = self.certificate.public_key()
        return sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()


def make_root(key: CertificateIssuerPrivateKeyTypes | None = None) -> Authority:
    """A root, Ed25519 unless told otherwise."""
    key = key or Ed25519PrivateKey.generate()
    name = _name("Test root")
    builder = _builder(name, name, key.public_key()).add_extension(
        x509.BasicConstraints(ca=True, path_length=0), critical=True
    )
    builder = builder.add_extension(_usage(is_authority=True), critical=True)
    return Authority(key, builder.sign(key, _digest(key)))


def make_public_authority() -> Authority:
    """A CA as the public ones are, with an elliptic curve key."""
    return make_root(generate_private_key(SECP256R1()))


def server_tls(authority: Authority, folder: Path, address: str = "127.0.0.1") -> ssl.SSLContext:
    """TLS 1.3 for a server at this address, whose certificate the authority signed."""
    key = generate_private_key(SECP256R1())
    builder = _builder(_name("Test node"), authority.certificate.subject, key.public_key())
    identifier = authority.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    builder = builder.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier.value),
        critical=False,
    )
    builder = builder.add_extension(
        x509.BasicConstraints(ca=False, path_length=None), critical=True
    )
    builder = builder.add_extension(_usage(is_authority=False), critical=True)
    names = x509.SubjectAlternativeName([_general_name(address)])
    leaf = builder.add_extension(names, critical=False).sign(authority.key, _digest(authority.key))
    file = folder / f"{leaf.serial_number}.pem"
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(secret + leaf.public_bytes(Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(file)
    return context


def _builder(
    subject: x509.Name, issuer: x509.Name, key: CertificatePublicKeyTypes
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCK_SLACK)
        .not_valid_after(now + CLOCK_SLACK)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _usage(is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        encipher_only=False,
        decipher_only=False,
    )


def _general_name(address: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(address))
    except ValueError:
        return x509.DNSName(address)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _digest(key: CertificateIssuerPrivateKeyTypes) -> SHA256 | None:
    return None if isinstance(key, Ed25519PrivateKey) else SHA256()
