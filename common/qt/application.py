"""Makes the QApplication, and says in one line where Qt can't: it would end the process itself.

`display.require_display` has found out what can be known before; what is left is a display
that refuses this program, or a Wayland one that is not there. Knows no windows; both programs
call it once, on their main thread.
"""

import os
import sys
from collections.abc import Mapping

from PySide6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler
from PySide6.QtWidgets import QApplication


def make_application(program: str) -> QApplication:
    """Return the application of `program`, a command's name. Where no window can be opened the
    process ends here, with status 1 and one line on standard error: Qt aborts after its last
    message, and there is no way back from it."""
    said: list[str] = []

    def handle(kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
        if kind is not QtMsgType.QtFatalMsg:
            said.append(message)
            return
        print(f"{program}: {_no_window(os.environ)}", file=sys.stderr, flush=True)
        os._exit(1)

    qInstallMessageHandler(handle)
    try:
        application = QApplication([program])
    finally:
        qInstallMessageHandler(None)
    for message in said:
        print(message, file=sys.stderr)
    return application


def _no_window(environment: Mapping[str, str]) -> str:
    """Name the variable that led Qt to where nothing answers."""
    for name in ("QT_QPA_PLATFORM", "WAYLAND_DISPLAY", "DISPLAY"):
        if environment.get(name):
            return f"{name}: no window can be opened on {environment[name]!r}"
    return "DISPLAY: is not set; there is no screen to open a window on"
