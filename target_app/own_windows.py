"""Keeps an immutable picture of Farhand's own windows for the guard on the network thread.

The Qt side alone: watches the application's window events and makes a new OwnWindows at each
change. Knows nothing of what the guard does with it.
"""

from typing import Final

from PySide6.QtCore import QEvent, QObject, QRect, Qt
from PySide6.QtGui import QGuiApplication, QWindow

from target_app.injection.own_window_shapes import OwnWindows, Rectangle

_CHANGES: Final = frozenset(
    (
        QEvent.Type.PlatformSurface,
        QEvent.Type.Show,
        QEvent.Type.Hide,
        QEvent.Type.Expose,
        QEvent.Type.Move,
        QEvent.Type.Resize,
        QEvent.Type.FocusIn,
        QEvent.Type.FocusOut,
        QEvent.Type.WindowStateChange,
    )
)


class OwnWindowWatch(QObject):
    """Watches the windows of this process. Lives on the Qt thread, like the application.

    `latest` may be called on any thread: it hands out a value that is never changed.
    """

    def __init__(self, application: QGuiApplication) -> None:
        super().__init__(application)
        self._first_identifier = _learn_an_identifier()
        self._latest = OwnWindows()
        self._refresh()
        application.installEventFilter(self)
        application.focusWindowChanged.connect(self._refresh)

    def latest(self) -> OwnWindows:
        """Tell what windows there are."""
        return self._latest

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Look at the window events of the application; none is held up."""
        if event.type() in _CHANGES and isinstance(watched, QWindow):
            self._refresh()
        return False

    def _refresh(self) -> None:
        visible = [window for window in QGuiApplication.topLevelWindows() if _is_shown(window)]
        self._latest = OwnWindows(
            identifiers=frozenset(
                (self._first_identifier, *(int(window.winId()) for window in visible))
            ),
            frames=tuple(_frame_of(window) for window in visible),
            is_active=QGuiApplication.focusWindow() is not None,
            has_popup=any(window.type() == Qt.WindowType.Popup for window in visible),
        )


def _learn_an_identifier() -> int:
    """Make a window for a moment: on X11 its id tells from the start which ids are ours."""
    window = QWindow()
    identifier = int(window.winId())
    window.destroy()
    return identifier


def _is_shown(window: QWindow) -> bool:
    is_minimised = bool(window.windowStates() & Qt.WindowState.WindowMinimized)
    return window.isVisible() and not is_minimised


def _frame_of(window: QWindow) -> Rectangle:
    """Tell where a window and its frame are, in the screen's own pixels.

    Qt scales sizes and distances by the screen's factor, but leaves a screen's top left
    corner where it is (Qt 6, "High DPI", device independent pixels).
    """
    frame: QRect = window.frameGeometry()
    origin = window.screen().geometry().topLeft()
    factor = window.devicePixelRatio()
    return Rectangle(
        left=origin.x() + int((frame.left() - origin.x()) * factor),
        top=origin.y() + int((frame.top() - origin.y()) * factor),
        right=origin.x() + round((frame.left() + frame.width() - origin.x()) * factor),
        bottom=origin.y() + round((frame.top() + frame.height() - origin.y()) * factor),
    )
