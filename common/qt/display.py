"""Whether there is a display at all. Asked before Qt starts, which ends the process without one."""

import os
import re
import socket
import sys
from collections.abc import Mapping
from typing import Final

from common.errors import SettingsError

CONNECT_SECONDS: Final = 5.0
_LOCAL_DISPLAY: Final = re.compile(r"^(?:unix)?:(\d+)(?:\.\d+)?$")


def require_display(environment: Mapping[str, str] = os.environ) -> None:
    """Raise SettingsError, in words, where no window could be opened."""
    if sys.platform in ("win32", "darwin"):
        return
    if environment.get("QT_QPA_PLATFORM") or environment.get("WAYLAND_DISPLAY"):
        return
    display = environment.get("DISPLAY", "")
    if not display:
        raise SettingsError("DISPLAY", "is not set; there is no screen to open a window on")
    local = _LOCAL_DISPLAY.match(display)
    if local and not _answers(local[1]):
        raise SettingsError("DISPLAY", f"no display answers at {display}")


def _answers(number: str) -> bool:
    """Try the X server's local sockets, the abstract one first as Xlib does."""
    path = f"/tmp/.X11-unix/X{number}"  # noqa: S108  the X server's own fixed place
    for address in (f"\0{path}", path):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(CONNECT_SECONDS)
            try:
                connection.connect(address)
            except OSError:
                continue
            return True
    return False
