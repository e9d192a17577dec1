"""A program with windows of its own and an injector, for the guard's tests on a display.

    python -m tests.target.injection.guarded_windows

It shows a window with one button that fills it, and a tray icon. Each line of standard input
is a command and is answered by one line: what was refused of it, or what was asked for.
Commands: press X Y, release X Y, move X Y, wheel, key, popup, hide, show, clicks, frames, close.
"""

import os
import sys

from PySide6.QtCore import QPoint, QSocketNotifier, Qt
from PySide6.QtGui import QColor, QIcon, QPixmap
from PySide6.QtWidgets import QApplication, QMenu, QPushButton, QSystemTrayIcon

from common.protocol.session_messages import (
    ButtonPressed,
    ButtonReleased,
    InputMessage,
    KeyPressed,
    KeyReleased,
    PointerButton,
    PointerMoved,
    WheelTurned,
)
from target_app.injection.chooser import open_injector
from target_app.own_windows import OwnWindowWatch


class GuardedWindows:
    """The windows, and what is done to them by injection."""

    def __init__(self, application: QApplication) -> None:
        self._watch = OwnWindowWatch(application)
        self._clicks = 0
        self._button = QPushButton("guarded")
        self._button.setWindowTitle("guarded")
        self._button.setGeometry(200, 200, 300, 200)
        self._button.clicked.connect(self._count)
        self._button.show()
        self._menu = QMenu()
        self._menu.addAction("entry", self._count)
        picture = QPixmap(24, 24)
        picture.fill(QColor(Qt.GlobalColor.red))
        self._tray = QSystemTrayIcon(QIcon(picture))
        self._tray.activated.connect(self._count)
        self._tray.show()
        self._injector = open_injector(self._watch.latest)

    def _count(self) -> None:
        self._clicks += 1

    def answer(self, line: str) -> str:
        """Carry out one command."""
        name, *numbers = line.split()
        match name:
            case "popup":
                self._menu.popup(QPoint(700, 300))
            case "hide":
                self._button.hide()
            case "show":
                self._button.show()
            case "clicks":
                return str(self._clicks)
            case "frames":
                return repr(self._watch.latest())
            case "close":
                self._injector.close()
            case "key":
                self._injector.carry_out(KeyPressed(0, "k"))
                refusal = self._injector.carry_out(KeyPressed(0, "k"))
                self._injector.carry_out(KeyReleased(0, "k"))
                return refusal.value if refusal else "done"
            case _:
                refusal = self._injector.carry_out(message_of(name, *map(int, numbers)))
                return refusal.value if refusal else "done"
        return "done"


def message_of(name: str, x: int = 0, y: int = 0) -> InputMessage:
    match name:
        case "move":
            return PointerMoved(x, y)
        case "press":
            return ButtonPressed(PointerButton.LEFT, x, y)
        case "release":
            return ButtonReleased(PointerButton.LEFT, x, y)
        case "wheel":
            return WheelTurned(0, 120)
        case _:
            raise ValueError(name)


def main() -> int:
    application = QApplication(sys.argv)
    application.setQuitOnLastWindowClosed(False)
    windows = GuardedWindows(application)
    left = b""

    def read() -> None:
        nonlocal left
        received = os.read(0, 4096)
        *lines, left = (left + received).split(b"\n")
        for line in lines:
            print(windows.answer(line.decode()), flush=True)
        if not received:
            windows.answer("close")
            application.quit()

    notifier = QSocketNotifier(0, QSocketNotifier.Type.Read)
    notifier.activated.connect(read)
    print("ready", flush=True)
    return application.exec()


if __name__ == "__main__":
    raise SystemExit(main())
