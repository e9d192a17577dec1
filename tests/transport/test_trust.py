"""First contact and TLS settings, over real sockets, with friendly and hostile servers."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Coroutine
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from common.errors import ConnectionLost
from common.reasons import ConnectionProblem
from common.transport import node_http
from common.transport.server_address import ServerAddress
from common.transport.trust import (
    MAXIMUM_ROOT_BYTES,
    ServerIdentity,
    TrustLevel,
    fingerprints_match,
    first_contact,
    identity_from_root,
    is_signed_by_root,
    parse_broker,
    parse_server_url,
    tls_context,
)
from tests.transport.certificates import (
    Authority,
    make_public_authority,
    make_root,
    server_tls,
)
from tests.transport.local_node import LocalNode
from tests.transport.running import run

ROOT = make_root()
PUBLIC = make_public_authority()


@pytest.fixture
def trusted_public_authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    """Make the system trust the made-up public CA: OpenSSL reads SSL_CERT_FILE."""
    file = tmp_path / "public.pem"
    file.write_bytes(PUBLIC.certificate.public_bytes(Encoding.PEM))
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    return PUBLIC


def problem_of(contact: Coroutine[Any, Any, Any]) -> ConnectionProblem:
    with pytest.raises(ConnectionLost) as caught:
        run(contact)
    return caught.value.problem


async def contact(
    node: LocalNode, folder: Path, fingerprint: bytes | None, name: str = "127.0.0.1"
) -> ServerIdentity:
    async with node.serving(folder, name):
        return await first_contact(node.address(fingerprint))


@contextlib.asynccontextmanager
async def raw_server(
    answer: bytes | None, tls: ssl.SSLContext | None = None
) -> AsyncIterator[ServerAddress]:
    """Answer whoever connects with these bytes, or say nothing at all."""
    connections: list[asyncio.StreamWriter] = []

    async def serve(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(writer)
        if answer is not None:
            writer.write(answer)
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    try:
        yield ServerAddress("127.0.0.1", server.sockets[0].getsockname()[1], ROOT.fingerprint)
    finally:
        server.close()
        for writer in connections:
            writer.transport.abort()
        await server.wait_closed()


def test_a_server_is_met_by_its_fingerprint(tmp_path: Path) -> None:
    node = LocalNode(ROOT, ROOT)
    identity = run(contact(node, tmp_path, ROOT.fingerprint))
    assert identity.fingerprint == ROOT.fingerprint
    assert identity.root_certificate_der == ROOT.der
    assert isinstance(ROOT.key, Ed25519PrivateKey)
    assert identity.root_public_key == ROOT.key.public_key().public_bytes(
        Encoding.Raw, PublicFormat.Raw
    )
    assert identity.is_verified_by_root
    assert identity.trust is TrustLevel.PINNED
    assert identity.address == f"127.0.0.1:{node.port}"
    assert parse_server_url(identity.url()) == node.address(ROOT.fingerprint)


def test_the_trust_of_a_first_contact_is_what_the_caller_says(tmp_path: Path) -> None:
    async def meet() -> ServerIdentity:
        node = LocalNode(ROOT, ROOT)
        async with node.serving(tmp_path):
            return await first_contact(node.address(ROOT.fingerprint), TrustLevel.PROVISIONAL)

    assert run(meet()).trust is TrustLevel.PROVISIONAL


def test_nothing_is_sent_but_the_request(tmp_path: Path) -> None:
    node = LocalNode(ROOT, ROOT)
    run(contact(node, tmp_path, ROOT.fingerprint))
    assert set(node.request_headers) <= {"host", "connection"}


def test_a_root_signed_node_may_have_any_address(tmp_path: Path) -> None:
    node = LocalNode(ROOT, ROOT)
    assert run(contact(node, tmp_path, ROOT.fingerprint, "elsewhere.example")).is_verified_by_root


def test_another_root_is_a_wrong_fingerprint_after_one_request(tmp_path: Path) -> None:
    node = LocalNode(ROOT, ROOT)
    wanted = make_root().fingerprint
    assert problem_of(contact(node, tmp_path, wanted)) is ConnectionProblem.WRONG_FINGERPRINT
    assert node.root_requests == 1


def test_the_true_root_beside_a_strangers_certificate_is_not_trusted(tmp_path: Path) -> None:
    node = LocalNode(ROOT, make_root())
    problem = problem_of(contact(node, tmp_path, ROOT.fingerprint))
    assert problem is ConnectionProblem.CERTIFICATE_NOT_TRUSTED
    assert node.root_requests == 1


def test_without_a_fingerprint_no_request_runs_unverified(tmp_path: Path) -> None:
    node = LocalNode(ROOT, ROOT)
    problem = problem_of(contact(node, tmp_path, None))
    assert problem is ConnectionProblem.CERTIFICATE_NOT_TRUSTED
    assert node.root_requests == 0


@pytest.mark.parametrize("fingerprint", [None, ROOT.fingerprint])
@pytest.mark.usefixtures("trusted_public_authority")
def test_a_public_certificate_is_verified_by_the_system(
    tmp_path: Path, fingerprint: bytes | None
) -> None:
    identity = run(contact(LocalNode(ROOT, PUBLIC), tmp_path, fingerprint))
    assert not identity.is_verified_by_root
    assert identity.fingerprint == ROOT.fingerprint


@pytest.mark.parametrize("fingerprint", [None, ROOT.fingerprint])
@pytest.mark.usefixtures("trusted_public_authority")
def test_a_public_certificate_for_another_name_is_not_trusted(
    tmp_path: Path, fingerprint: bytes | None
) -> None:
    node = LocalNode(ROOT, PUBLIC)
    problem = problem_of(contact(node, tmp_path, fingerprint, "elsewhere.example"))
    assert problem is ConnectionProblem.CERTIFICATE_NOT_TRUSTED


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"<html>hello</html>", id="a web page"),
        pytest.param(ROOT.der[:-1], id="cut short"),
        pytest.param(ROOT.der + b"\0", id="bytes after it"),
        pytest.param(b"\0" * (MAXIMUM_ROOT_BYTES + 1), id="too large"),
        pytest.param(PUBLIC.der, id="another kind of key"),
        pytest.param(make_root(generate_private_key(SECP256R1())).der, id="and another"),
    ],
)
def test_what_is_no_root_is_not_a_node(tmp_path: Path, body: bytes) -> None:
    node = LocalNode(ROOT, ROOT, root_body=body)
    problem = problem_of(contact(node, tmp_path, ROOT.fingerprint))
    assert problem is ConnectionProblem.NOT_A_NODE


def test_a_web_server_without_a_root_is_not_a_node(tmp_path: Path) -> None:
    node = LocalNode(ROOT, ROOT, root_status=404)
    problem = problem_of(contact(node, tmp_path, ROOT.fingerprint))
    assert problem is ConnectionProblem.NOT_A_NODE


def test_a_redirect_is_not_followed(tmp_path: Path) -> None:
    node = LocalNode(ROOT, ROOT, redirect_to="/farhand/connect")
    problem = problem_of(contact(node, tmp_path, ROOT.fingerprint))
    assert problem is ConnectionProblem.NOT_A_NODE


@pytest.mark.parametrize(
    "answer", [b"HTTP/1.1 200 OK\r\n\r\nhello", b"SSH-2.0-OpenSSH_9.2\r\n", b"\0" * 100, b""]
)
def test_a_server_that_speaks_something_else_is_not_a_node(answer: bytes) -> None:
    async def meet() -> None:
        async with raw_server(answer) as address:
            await first_contact(address)

    assert problem_of(meet()) is ConnectionProblem.NOT_A_NODE


def test_a_server_of_older_tls_is_not_a_node(tmp_path: Path) -> None:
    async def meet() -> None:
        tls = server_tls(ROOT, tmp_path)
        tls.minimum_version = tls.maximum_version = ssl.TLSVersion.TLSv1_2
        async with raw_server(b"", tls) as address:
            await first_contact(address)

    assert problem_of(meet()) is ConnectionProblem.NOT_A_NODE


def test_a_silent_server_is_given_up_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    assert node_http.CONNECT_TIMEOUT_SECONDS < 10
    monkeypatch.setattr(node_http, "CONNECT_TIMEOUT_SECONDS", 0.2)

    async def meet() -> None:
        async with raw_server(None) as address:
            await first_contact(address)

    assert problem_of(meet()) is ConnectionProblem.UNREACHABLE


def test_a_port_where_nothing_listens_refuses() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = ServerAddress("127.0.0.1", unused.getsockname()[1], ROOT.fingerprint)
        assert problem_of(first_contact(address)) is ConnectionProblem.REFUSED


def test_a_name_that_nobody_has_is_not_found() -> None:
    address = ServerAddress("farhand-test.invalid", 47111, ROOT.fingerprint)
    assert problem_of(first_contact(address)) is ConnectionProblem.NAME_NOT_FOUND


def test_tls_by_the_root_takes_that_root_alone() -> None:
    identity = identity_from_root(ServerAddress("h", 1), ROOT.der, True, TrustLevel.PINNED)
    context = tls_context(identity)
    assert context.get_ca_certs(binary_form=True) == [ROOT.der]
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert not context.check_hostname
    assert context.verify_flags & ssl.VERIFY_X509_STRICT
    assert context.minimum_version is ssl.TLSVersion.TLSv1_3


def test_tls_by_the_system_checks_the_name_and_does_not_take_the_root() -> None:
    identity = identity_from_root(ServerAddress("h", 1), ROOT.der, False, TrustLevel.PINNED)
    context = tls_context(identity)
    assert ROOT.der not in context.get_ca_certs(binary_form=True)
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.minimum_version is ssl.TLSVersion.TLSv1_3


def test_fingerprints_match_only_when_equal() -> None:
    assert fingerprints_match(b"a" * 32, b"a" * 32)
    assert not fingerprints_match(b"a" * 32, b"a" * 31 + b"b")
    assert not fingerprints_match(b"a" * 32, b"a" * 31)


def test_a_certificate_of_another_key_is_not_signed_by_the_root() -> None:
    assert is_signed_by_root(ROOT.der, ROOT.certificate)
    assert not is_signed_by_root(make_root().der, ROOT.certificate)
    assert not is_signed_by_root(PUBLIC.der, ROOT.certificate)
    assert not is_signed_by_root(b"", ROOT.certificate)


def test_a_broker_list_entry_keeps_the_fingerprint_of_its_server() -> None:
    assert parse_broker("[::1]:5", b"f" * 32) == ServerAddress("::1", 5, b"f" * 32)
    assert parse_broker("http://x/", b"f" * 32) is None
