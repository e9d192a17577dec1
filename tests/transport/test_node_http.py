"""Which of our words an error of the network becomes, and what a proxy may be."""

import asyncio
import base64
import contextlib
import errno
import socket
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from common.errors import ConnectionLost
from common.reasons import ConnectionProblem
from common.transport import node_http
from common.transport.server_address import ServerAddress
from common.transport.trust import ServerIdentity, first_contact
from tests.transport.certificates import make_root
from tests.transport.local_node import LocalNode
from tests.transport.running import run

ROOT = make_root()
ELSEWHERE = ServerAddress("help.example", 443)


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        (TimeoutError(), ConnectionProblem.UNREACHABLE),
        (ConnectionRefusedError(), ConnectionProblem.REFUSED),
        (ConnectionResetError(), ConnectionProblem.NOT_A_NODE),
        (BrokenPipeError(), ConnectionProblem.NOT_A_NODE),
        (socket.gaierror(socket.EAI_NONAME, "no"), ConnectionProblem.NAME_NOT_FOUND),
        (OSError(errno.EHOSTUNREACH, "no route"), ConnectionProblem.UNREACHABLE),
        (OSError(errno.ENETUNREACH, "no network"), ConnectionProblem.UNREACHABLE),
        (ssl.SSLCertVerificationError("no"), ConnectionProblem.CERTIFICATE_NOT_TRUSTED),
        (ssl.SSLError("no"), ConnectionProblem.NOT_A_NODE),
    ],
)
def test_an_error_of_the_network_is_one_of_our_problems(
    error: Exception, problem: ConnectionProblem
) -> None:
    assert node_http.problem_of(error) is problem


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost", "a.localhost"])
def test_this_computer_is_never_reached_through_a_proxy(
    host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    assert node_http.proxy_for(ServerAddress(host, 47111)) == {}


def test_the_proxy_of_the_environment_is_taken_with_its_password_apart(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://ada:pass%20word@proxy.example:3128")
    options = node_http.proxy_for(ELSEWHERE)
    assert str(options["proxy"]) == "http://proxy.example:3128"
    credentials = options["proxy_headers"]["Proxy-Authorization"]
    assert base64.b64decode(credentials.removeprefix("Basic ")) == b"ada:pass word"


def test_a_proxy_without_a_scheme_is_an_http_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "proxy.example:3128")
    assert str(node_http.proxy_for(ELSEWHERE)["proxy"]) == "http://proxy.example:3128"


def test_no_proxy_names_who_is_reached_directly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("NO_PROXY", "help.example")
    assert node_http.proxy_for(ELSEWHERE) == {}


@pytest.mark.parametrize("proxy", ["https://proxy.example", "socks5://proxy.example:1080"])
def test_a_proxy_of_another_kind_is_refused(proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    with pytest.raises(ConnectionLost) as caught:
        node_http.proxy_for(ELSEWHERE)
    assert caught.value.problem is ConnectionProblem.UNREACHABLE
    assert "HTTPS_PROXY" in caught.value.detail


@contextlib.asynccontextmanager
async def connect_proxy(heard: list[bytes], is_willing: bool) -> AsyncIterator[int]:
    """An HTTP proxy on the loopback that knows CONNECT."""

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        heard.append(request)
        if not is_willing:
            writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
            writer.close()
            return
        host, _, port = request.split()[1].decode().rpartition(":")
        there_reader, there_writer = await asyncio.open_connection(host, int(port))
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        await asyncio.gather(pass_on(reader, there_writer), pass_on(there_reader, writer))

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()


async def meet_through_proxy(
    folder: Path, monkeypatch: pytest.MonkeyPatch, heard: list[bytes], is_willing: bool = True
) -> ServerIdentity:
    monkeypatch.setattr(node_http, "is_this_computer", lambda _host: False)
    node = LocalNode(ROOT, ROOT)
    async with node.serving(folder), connect_proxy(heard, is_willing) as port:
        monkeypatch.setenv("HTTPS_PROXY", f"http://ada:secret@127.0.0.1:{port}")
        return await first_contact(node.address(ROOT.fingerprint))


def test_a_node_is_met_through_a_proxy_and_verified_as_without_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[bytes] = []
    identity = run(meet_through_proxy(tmp_path, monkeypatch, heard))
    assert identity.fingerprint == ROOT.fingerprint
    assert heard
    assert all(b"Proxy-Authorization: Basic " in request for request in heard)


def test_a_proxy_that_refuses_makes_the_node_unreachable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ConnectionLost) as caught:
        run(meet_through_proxy(tmp_path, monkeypatch, [], is_willing=False))
    assert caught.value.problem is ConnectionProblem.UNREACHABLE
