"""One target program for each data folder, and what a second start may ask of it."""

import os
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtNetwork import QLocalSocket
from pytestqt.qtbot import QtBot

from common.errors import SettingsError
from target_app import single_instance
from target_app.single_instance import (
    MAXIMUM_REQUEST_BYTES,
    EnterCodeRequest,
    Request,
    ShowRequest,
    SingleInstance,
    is_private_folder,
    parse_request,
    take_place,
)
from tests.target.sample_events import GOOD_CODE

HAND_OVER = """
import sys
from pathlib import Path
from target_app.single_instance import EnterCodeRequest, hand_over, take_place
folder = Path(sys.argv[1])
assert take_place(folder) is None
sys.exit(0 if hand_over(folder, EnterCodeRequest(sys.argv[2])) else 1)
"""


@pytest.fixture
def runtime(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="farhand-") as made:
        monkeypatch.setenv("XDG_RUNTIME_DIR", made)
        yield Path(made)


@pytest.fixture
def folder(tmp_path: Path, runtime: Path) -> Path:
    data = tmp_path / "data"
    data.mkdir()
    return data


@pytest.fixture
def instance(qtbot: QtBot, folder: Path) -> Iterator[SingleInstance]:
    made = take_place(folder)
    assert made is not None
    yield made
    made.close()


def socket_in(runtime: Path) -> Path:
    (path,) = runtime.iterdir()
    return path


def connected(runtime: Path, qtbot: QtBot) -> QLocalSocket:
    connection = QLocalSocket()
    connection.connectToServer(str(socket_in(runtime)))
    qtbot.waitUntil(lambda: connection.state() == QLocalSocket.LocalSocketState.ConnectedState)
    return connection


def test_the_second_one_hands_its_code_to_the_first(
    instance: SingleInstance, folder: Path, qtbot: QtBot
) -> None:
    asked: list[Request] = []
    instance.asked.connect(asked.append)
    second = subprocess.Popen([sys.executable, "-c", HAND_OVER, str(folder), GOOD_CODE])
    qtbot.waitUntil(lambda: second.poll() is not None, timeout=20_000)
    assert second.returncode == 0
    assert asked == [EnterCodeRequest(GOOD_CODE)]


def test_another_data_folder_is_another_program(
    instance: SingleInstance, folder: Path, tmp_path: Path
) -> None:
    other = take_place(tmp_path)
    assert other is not None
    other.close()


def test_the_place_is_free_again_after_the_end(qtbot: QtBot, folder: Path) -> None:
    for _ in range(2):
        made = take_place(folder)
        assert made is not None
        made.close()


def test_a_socket_that_was_left_behind_does_not_matter(
    qtbot: QtBot, folder: Path, runtime: Path
) -> None:
    first = take_place(folder)
    assert first is not None
    path = socket_in(runtime)
    first.close()
    path.write_bytes(b"")
    second = take_place(folder)
    assert second is not None
    second.close()


def test_the_socket_is_its_users_alone(instance: SingleInstance, runtime: Path) -> None:
    mode = socket_in(runtime).stat().st_mode
    assert stat.S_ISSOCK(mode)
    assert stat.S_IMODE(mode) & 0o077 == 0


@pytest.mark.parametrize(
    "line",
    [
        b"\n",
        b'{"type":"quit"}\n',
        b'{"type":"set","name":"ServerURL","value":"https://evil.example"}\n',
        b'{"type":"enter-code","code":"1","server":"https://evil.example"}\n',
        b"x" * (MAXIMUM_REQUEST_BYTES + 1),
        b'{"type":"enter-code","code":"' + b"1" * MAXIMUM_REQUEST_BYTES + b'"}\n',
    ],
)
def test_anything_else_closes_the_connection_and_is_not_asked(
    instance: SingleInstance, runtime: Path, qtbot: QtBot, line: bytes
) -> None:
    asked: list[Request] = []
    instance.asked.connect(asked.append)
    connection = connected(runtime, qtbot)
    connection.write(line)
    unconnected = QLocalSocket.LocalSocketState.UnconnectedState
    qtbot.waitUntil(lambda: connection.state() == unconnected)
    assert connection.readAll().isEmpty()
    assert asked == []


def test_a_request_may_come_in_pieces(
    instance: SingleInstance, runtime: Path, qtbot: QtBot
) -> None:
    connection = connected(runtime, qtbot)
    line = msgspec.json.encode(ShowRequest()) + b"\n"
    with qtbot.waitSignal(instance.asked) as asked:
        for byte in line:
            connection.write(bytes([byte]))
            connection.flush()
    assert asked.args == [ShowRequest()]
    connection.abort()


def test_somebody_else_is_not_listened_to(
    instance: SingleInstance, runtime: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Request] = []
    instance.asked.connect(asked.append)
    monkeypatch.setattr(single_instance, "_other_user_id", lambda _: os.getuid() + 1)
    connection = connected(runtime, qtbot)
    connection.write(b'{"type":"show"}\n')
    unconnected = QLocalSocket.LocalSocketState.UnconnectedState
    qtbot.waitUntil(lambda: connection.state() == unconnected)
    assert asked == []


def test_who_is_not_known_is_not_the_same_user(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not single_instance.is_same_user(QLocalSocket())


@pytest.mark.parametrize("mode", [0o755, 0o770, 0o701])
def test_a_folder_that_others_can_enter_is_not_private(tmp_path: Path, mode: int) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    folder.chmod(0o700)
    assert is_private_folder(folder)
    folder.chmod(mode)
    assert not is_private_folder(folder)


def test_a_link_to_a_private_folder_is_not_private(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir(mode=0o700)
    link = tmp_path / "link"
    link.symlink_to(folder)
    assert not is_private_folder(link)
    assert not is_private_folder(tmp_path / "none")


def test_no_socket_is_made_in_a_folder_of_everybody(
    qtbot: QtBot, folder: Path, runtime: Path
) -> None:
    runtime.chmod(0o777)
    with pytest.raises(SettingsError, match="belongs to this user alone"):
        take_place(folder)


@given(st.binary(max_size=MAXIMUM_REQUEST_BYTES + 10))
def test_random_bytes_are_no_request(line: bytes) -> None:
    request = parse_request(line)
    assert request is None or isinstance(request, ShowRequest | EnterCodeRequest)


def test_a_code_does_not_show_in_a_request() -> None:
    assert GOOD_CODE not in repr(EnterCodeRequest(GOOD_CODE))


@pytest.mark.parametrize("runtime_folder", ["", "/" + "long" * 20])
def test_without_a_runtime_folder_a_private_one_is_made(
    qtbot: QtBot, folder: Path, runtime: Path, monkeypatch: pytest.MonkeyPatch, runtime_folder: str
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", runtime_folder)
    monkeypatch.setattr(tempfile, "tempdir", str(runtime))
    made = take_place(folder)
    assert made is not None
    assert is_private_folder(runtime / f"farhand-{os.getuid()}")
    made.close()
