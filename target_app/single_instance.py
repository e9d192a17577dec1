"""One target program for each data folder: a second one hands its wish over and ends.

The lock file in the data folder says who runs; a local socket that belongs to the user alone
takes the wish. Who asks is checked by the kernel's word for the other end's user id, where
there is one, and two things can be asked: `show` and `enter-code` (security.md 5). Nothing
that comes this way sets a server, a property or a policy. The code never gets into a log.
"""

import contextlib
import hashlib
import os
import socket
import stat
import struct
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
from PySide6.QtCore import QLockFile, QObject, Signal, Slot
from PySide6.QtNetwork import QLocalServer, QLocalSocket

from common.errors import SettingsError

MAXIMUM_REQUEST_BYTES: Final = 512
MAXIMUM_OPEN_REQUESTS: Final = 8
HAND_OVER_MILLISECONDS: Final = 3000
LONGEST_FOLDER_CHARACTERS: Final = 48
"""A socket's whole path has at most 107 bytes (unix(7)), 103 on macOS, and Qt makes it under
a longer name first."""
_TAKEN: Final = b"ok\n"


class ShowRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="show"):
    """Second program to the running one: come to the front."""


class EnterCodeRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="enter-code"):
    """Second program to the running one: try this code, as if it had been typed."""

    code: str

    def __repr__(self) -> str:
        return "EnterCodeRequest(hidden)"


Request = ShowRequest | EnterCodeRequest

_decoder: msgspec.json.Decoder[Request] = msgspec.json.Decoder(Request)


def parse_request(line: bytes) -> Request | None:
    """Read one request; None for anything that is not one."""
    if len(line) > MAXIMUM_REQUEST_BYTES:
        return None
    try:
        return _decoder.decode(line)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None


class SingleInstance(QObject):
    """The running program's end. Invariant: while it exists no other holds the same lock."""

    asked = Signal(object)
    """A Request from a program of the same user."""

    def __init__(self, lock: QLockFile, server: QLocalServer) -> None:
        super().__init__()
        self._lock = lock
        self._server = server
        self._open: set[QLocalSocket] = set()
        server.setParent(self)
        server.newConnection.connect(self._take_connections)

    def close(self) -> None:
        """Give the place to the next one."""
        for connection in tuple(self._open):
            connection.abort()
        self._server.close()
        self._lock.unlock()

    @Slot()
    def _take_connections(self) -> None:
        while (connection := self._server.nextPendingConnection()) is not None:
            if len(self._open) >= MAXIMUM_OPEN_REQUESTS or not is_same_user(connection):
                connection.abort()
                connection.deleteLater()
                continue
            self._open.add(connection)
            connection.readyRead.connect(self._read)
            connection.disconnected.connect(self._forget)
            self._read_from(connection)

    @Slot()
    def _read(self) -> None:
        sender = self.sender()
        if isinstance(sender, QLocalSocket):
            self._read_from(sender)

    def _read_from(self, connection: QLocalSocket) -> None:
        if not connection.canReadLine():
            if connection.bytesAvailable() > MAXIMUM_REQUEST_BYTES:
                connection.abort()
            return
        request = parse_request(bytes(connection.readLine(MAXIMUM_REQUEST_BYTES + 1).data()))
        if request is None:
            connection.abort()
            return
        connection.write(_TAKEN)
        connection.disconnectFromServer()
        self.asked.emit(request)

    @Slot()
    def _forget(self) -> None:
        sender = self.sender()
        if isinstance(sender, QLocalSocket):
            self._open.discard(sender)
            sender.deleteLater()


def take_place(data_folder: Path) -> SingleInstance | None:
    """Become the one target program of this data folder; None when another one is.

    Raises SettingsError when neither can be told.
    """
    lock = QLockFile(str(data_folder / "instance.lock"))
    lock.setStaleLockTime(0)  # only the end of the process makes a lock stale, never its age
    if not lock.tryLock(0):
        if lock.error() == QLockFile.LockError.LockFailedError:
            return None
        raise SettingsError("--data-dir", f"{data_folder}: can't be locked")
    address = _socket_address(data_folder)
    server = QLocalServer()
    server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
    QLocalServer.removeServer(address)  # left by one that was killed: the lock is ours
    if not server.listen(address):
        lock.unlock()
        raise SettingsError(address, f"can't be listened on: {server.errorString()}")
    return SingleInstance(lock, server)


def hand_over(data_folder: Path, request: Request) -> bool:
    """Give the running program a request; True when it has taken it. Blocks 3 s at most:
    it is called before there are any windows."""
    connection = QLocalSocket()
    connection.connectToServer(_socket_address(data_folder))
    try:
        if not connection.waitForConnected(HAND_OVER_MILLISECONDS):
            return False
        if not is_same_user(connection):
            return False
        connection.write(msgspec.json.encode(request) + b"\n")
        while not connection.canReadLine():
            if not connection.waitForReadyRead(HAND_OVER_MILLISECONDS):
                return False
        return connection.readLine(len(_TAKEN) + 1).data() == _TAKEN
    finally:
        connection.abort()


@dataclass(frozen=True, slots=True)
class _Descriptor:
    """A connection's descriptor as Python's socket, without taking it from Qt."""

    number: int

    def option(self, level: int, name: int, length: int) -> bytes:
        with socket.socket(fileno=os.dup(self.number)) as duplicate:
            return duplicate.getsockopt(level, name, length)


def is_same_user(connection: QLocalSocket) -> bool:
    """Tell whether the other end belongs to our own user; doubt means no.

    Linux: SO_PEERCRED, unix(7). macOS: LOCAL_PEERCRED, xucred of sys/ucred.h. On Windows the
    pipe's access list admits nobody else (QLocalServer's UserAccessOption).
    """
    if sys.platform == "win32":
        return True
    descriptor = _Descriptor(int(connection.socketDescriptor()))
    if descriptor.number < 0:
        return False
    try:
        user_id = _other_user_id(descriptor)
    except (OSError, struct.error):
        return False
    return user_id == os.getuid()


def _other_user_id(descriptor: _Descriptor) -> int | None:
    if sys.platform == "linux":
        _, user_id, _ = struct.unpack(
            "3i", descriptor.option(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
        )
        return int(user_id)
    elif sys.platform == "darwin":
        version, user_id = struct.unpack_from("II", descriptor.option(0, 1, 76))
        return int(user_id) if version == 0 else None
    else:
        return None


def _socket_address(data_folder: Path) -> str:
    """One address for each data folder; short, as the name of a socket must be."""
    folder_hash = hashlib.sha256(str(data_folder.resolve()).encode()).hexdigest()[:16]
    name = f"farhand-target-{folder_hash}"
    if sys.platform == "win32":
        return name
    return str(_private_folder() / f"{name}.sock")


def _private_folder() -> Path:
    """A folder that nobody else can look into. Raises SettingsError if there is none."""
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    if runtime and len(runtime) <= LONGEST_FOLDER_CHARACTERS:
        folder = Path(runtime)
    else:
        folder = Path(tempfile.gettempdir()) / f"farhand-{os.getuid()}"
        with contextlib.suppress(FileExistsError):
            folder.mkdir(mode=0o700)
    if not is_private_folder(folder):
        raise SettingsError(str(folder), "is not a folder that belongs to this user alone")
    return folder


def is_private_folder(folder: Path) -> bool:
    """Tell whether this is a real folder, ours, closed to all others."""
    try:
        status = folder.lstat()
    except OSError:
        return False
    is_ours = status.st_uid == os.getuid() and status.st_mode & 0o077 == 0
    return stat.S_ISDIR(status.st_mode) and is_ours
