"""The certificates as strict verifiers want them; that TLS accepts them is test_node.py's."""

import datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from common.server.certificates import make_node_certificate, make_root_certificate

NOW = datetime.datetime(2026, 11, 22, tzinfo=datetime.UTC)
MONTH = datetime.timedelta(days=30)


@pytest.fixture(scope="module")
def root_key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


@pytest.fixture(scope="module")
def root(root_key: Ed25519PrivateKey) -> x509.Certificate:
    return x509.load_der_x509_certificate(make_root_certificate(root_key, NOW))


@pytest.fixture(scope="module")
def node(root_key: Ed25519PrivateKey) -> x509.Certificate:
    return x509.load_pem_x509_certificate(make_node_certificate(root_key, NOW).chain_pem)


def test_the_root_signs_itself_and_the_node(root: x509.Certificate, node: x509.Certificate) -> None:
    root.verify_directly_issued_by(root)
    node.verify_directly_issued_by(root)


def test_both_begin_a_month_back(root: x509.Certificate, node: x509.Certificate) -> None:
    for certificate in (root, node):
        assert certificate.not_valid_before_utc == NOW - MONTH
        assert certificate.not_valid_after_utc > NOW + 12 * MONTH


def test_basic_constraints_and_key_usage_are_critical(
    root: x509.Certificate, node: x509.Certificate
) -> None:
    for certificate, is_root in ((root, True), (node, False)):
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage)
        assert constraints.critical
        assert usage.critical
        assert constraints.value.ca is is_root
        assert usage.value.key_cert_sign is is_root
        assert usage.value.digital_signature is not is_root


def test_the_key_identifiers_fit_together(root: x509.Certificate, node: x509.Certificate) -> None:
    subject = root.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    for certificate in (root, node):
        issuer = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
        assert issuer.key_identifier == subject.digest


def test_the_root_fits_into_what_a_first_contact_reads(root_key: Ed25519PrivateKey) -> None:
    assert len(make_root_certificate(root_key, NOW)) < 4096


def test_each_node_has_a_key_of_its_own(root_key: Ed25519PrivateKey) -> None:
    one, other = (make_node_certificate(root_key, NOW) for _ in range(2))

    assert one.private_key_pem != other.private_key_pem
