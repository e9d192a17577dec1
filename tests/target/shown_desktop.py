"""The target's windows as a program, for the tests on a display.

    python -m tests.target.shown_desktop DATA_FOLDER

Each line of standard input is an event's name: connected, asked, started, ended. Each
command that the windows give is one line on standard output. No network is behind it.
"""

import os
import sys
import time
from pathlib import Path

from PySide6.QtCore import QSocketNotifier
from PySide6.QtWidgets import QApplication

from common.protocol.connection_code import ConnectionCode
from common.protocol.session_events import SessionEnded
from common.qt.theme import apply_theme
from common.reasons import EndReason
from target_app.desktop import DesktopOptions, TargetDesktop
from target_app.hot_key.chooser import choose_hot_key
from target_app.properties import load_properties
from tests.target.sample_events import CONNECTED, asked, started


class PrintedCommands:
    """A TargetCommands that prints."""

    def enter_code(self, code: ConnectionCode) -> None:
        print("enter_code", code.digits(), flush=True)

    def cancel_attempt(self) -> None:
        print("cancel_attempt", flush=True)

    def answer(self, is_accepted: bool) -> None:
        print("answer", is_accepted, flush=True)

    def end_session(self, reason: EndReason) -> None:
        print("end_session", reason.value, flush=True)


def feed(desktop: TargetDesktop, word: str) -> None:
    match word:
        case "connected":
            desktop.handle(CONNECTED)
        case "asked":
            desktop.handle(asked(time.monotonic() + 45))
        case "started":
            desktop.handle(started())
        case "ended":
            desktop.handle(SessionEnded(EndReason.CONTROLLER_ENDED, True))
        case _:
            raise ValueError(word)


def main() -> int:
    application = QApplication(sys.argv[:1])
    apply_theme(application)
    folder = Path(sys.argv[1])
    options = DesktopOptions(
        data_folder=folder,
        sources=load_properties(folder),
        environment=dict(os.environ),
        hot_key=choose_hot_key(os.environ),
    )
    desktop = TargetDesktop(application, PrintedCommands(), options)
    desktop.quit_asked.connect(desktop.close)
    desktop.quit_asked.connect(application.quit)
    desktop.start()
    notifier = QSocketNotifier(0, QSocketNotifier.Type.Read)
    notifier.activated.connect(lambda: feed(desktop, os.read(0, 64).decode().strip()))
    print("shown", flush=True)
    return application.exec()


if __name__ == "__main__":
    sys.exit(main())
