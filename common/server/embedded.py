"""What is different in a node that a controller carries as its child process.

The first line of standard input is the parent's technician token; when standard input
closes, the parent is gone, also by a kill, and the node stops at once. The port is the first
free one from 47111 on, and kept in the data folder from then on.
"""

import os
import socket
import threading
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Final

from common.errors import SettingsError, reason_of
from common.server.listener import open_listening_socket

OPTION: Final = "--embedded"
FIRST_PORT: Final = 47111
PORTS_TRIED: Final = 200
PORT_FILE_NAME: Final = "port"
STANDARD_INPUT: Final = 0
MAXIMUM_TOKEN_BYTES: Final = 256
FEWEST_TOKEN_BYTES: Final = 16
_MAXIMUM_PORT: Final = 65535


def read_token_hash(file: int = STANDARD_INPUT) -> bytes:
    """Read the token's line and return its SHA-256; the token itself is not kept.

    Raises SettingsError when the input closes before, or the line is no token.
    """
    line = b""
    while not line.endswith(b"\n") and len(line) <= MAXIMUM_TOKEN_BYTES:
        byte = os.read(file, 1)
        if not byte:
            raise SettingsError(OPTION, "standard input closed before the parent's token came")
        line += byte
    token = line.strip()
    if not FEWEST_TOKEN_BYTES <= len(token) <= MAXIMUM_TOKEN_BYTES:
        raise SettingsError(OPTION, "the first line of standard input is no token")
    return sha256(token).digest()


def watch_parent(on_gone: Callable[[], object], file: int = STANDARD_INPUT) -> None:
    """Call `on_gone`, in a thread of its own, once standard input closes."""

    def wait() -> None:
        while True:
            try:
                if not os.read(file, 4096):
                    break
            except OSError:
                break
        on_gone()

    threading.Thread(target=wait, name="parent watch", daemon=True).start()


def listen_on_kept_port(address: str, folder: Path) -> socket.socket:
    """Listen on the port that was kept, or on the next free one, and keep that.

    Raises SettingsError when none is free.
    """
    kept = _read_port(folder / PORT_FILE_NAME)
    first = kept or FIRST_PORT
    problem: SettingsError | None = None
    for port in range(first, min(first + PORTS_TRIED, _MAXIMUM_PORT + 1)):
        try:
            listening = open_listening_socket(address, port)
        except SettingsError as error:
            problem = error
            continue
        if port != kept:
            _keep_port(folder / PORT_FILE_NAME, port)
        return listening
    raise problem or SettingsError(OPTION, "no port is free")


def _read_port(path: Path) -> int | None:
    try:
        text = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeError):
        return None
    is_port = text.isdigit() and len(text) < 6 and 0 < int(text) <= _MAXIMUM_PORT
    return int(text) if is_port else None


def _keep_port(path: Path, port: int) -> None:
    try:
        path.write_text(f"{port}\n", encoding="ascii")
    except OSError as error:
        raise SettingsError(str(path), f"can't be written: {reason_of(error)}") from error
