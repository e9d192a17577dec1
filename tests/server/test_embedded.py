"""The embedded node's token, its parent and its port."""

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import pytest

from common.errors import SettingsError
from common.server import embedded

HERE = "127.0.0.1"
TOKEN = b"a-token-of-some-length"


@contextmanager
def pipe(*writes: bytes) -> Iterator[int]:
    """The reading end of a pipe that holds these bytes and is closed."""
    reading, writing = os.pipe()
    for data in writes:
        os.write(writing, data)
    os.close(writing)
    try:
        yield reading
    finally:
        os.close(reading)


def test_the_first_line_is_the_token() -> None:
    with pipe(TOKEN + b"\nand more") as file:
        assert embedded.read_token_hash(file) == sha256(TOKEN).digest()
        assert os.read(file, 100) == b"and more"


@pytest.mark.parametrize("data", [b"", b"a token without an end", b"\n", b"short\n", b"x" * 400])
def test_what_is_no_token_is_refused_and_not_shown(data: bytes) -> None:
    with pipe(data) as file, pytest.raises(SettingsError) as refused:
        embedded.read_token_hash(file)

    assert "standard input" in str(refused.value)
    assert "a token without" not in str(refused.value)


def test_the_parents_end_is_noticed_when_its_pipe_closes() -> None:
    reading, writing = os.pipe()
    gone = threading.Event()
    embedded.watch_parent(gone.set, reading)
    os.write(writing, b"still here\n")
    assert not gone.is_set()

    os.close(writing)

    assert gone.wait(5)
    os.close(reading)


@pytest.fixture
def first_free_port(monkeypatch: pytest.MonkeyPatch) -> int:
    """Let the ports begin where two are free, not at 47111, which a program may have."""
    while True:
        with socket.create_server((HERE, 0)) as one:
            port: int = one.getsockname()[1]
            if port > 65_000:
                continue
            try:
                socket.create_server((HERE, port + 1)).close()
            except OSError:
                continue
        monkeypatch.setattr(embedded, "FIRST_PORT", port)
        return port


def test_the_first_free_port_is_taken_and_kept(tmp_path: Path, first_free_port: int) -> None:
    with embedded.listen_on_kept_port(HERE, tmp_path) as first:
        assert first.getsockname()[1] == first_free_port
    with embedded.listen_on_kept_port(HERE, tmp_path) as again:
        assert again.getsockname()[1] == first_free_port


def test_the_next_port_is_taken_and_kept_when_the_first_is_not_free(
    tmp_path: Path, first_free_port: int
) -> None:
    with (
        socket.create_server((HERE, first_free_port)),
        embedded.listen_on_kept_port(HERE, tmp_path) as next_one,
    ):
        port = next_one.getsockname()[1]
        assert port > first_free_port
    with embedded.listen_on_kept_port(HERE, tmp_path) as again:
        assert again.getsockname()[1] == port


@pytest.mark.parametrize("content", ["", "no port", "0", "70000", "-5", "47111 47112"])
def test_what_was_kept_and_is_no_port_is_passed_over(
    tmp_path: Path, first_free_port: int, content: str
) -> None:
    (tmp_path / "port").write_text(content)

    with embedded.listen_on_kept_port(HERE, tmp_path) as listening:
        assert listening.getsockname()[1] == first_free_port


def test_an_address_that_is_not_this_computers_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"192\.0\.2\.1"):
        embedded.listen_on_kept_port("192.0.2.1", tmp_path)
