"""Where the pointer is, on systems that the generic capture serves: asked of the system itself.

Windows: GetCursorPos of user32. macOS: the location of an event made by CoreGraphics'
CGEventCreate, in points. Elsewhere nothing is known. Only reads; nothing is injected here.
"""

import ctypes
import sys
from collections.abc import Callable

Position = tuple[int, int]


def position_asker() -> Callable[[], Position | None]:
    """Find what tells the pointer's place on the system's desktop on this platform."""
    if sys.platform == "win32":
        return _ask_windows
    if sys.platform == "darwin":
        return _ask_macos
    return _ask_nobody


def _ask_nobody() -> Position | None:
    return None


if sys.platform == "win32":

    class _Point(ctypes.Structure):
        _fields_ = [("x", ctypes.c_long), ("y", ctypes.c_long)]

    def _ask_windows() -> Position | None:
        point = _Point()
        if not ctypes.windll.user32.GetCursorPos(ctypes.byref(point)):
            return None  # the secure desktop is shown
        return point.x, point.y


if sys.platform == "darwin":

    class _Point(ctypes.Structure):
        _fields_ = [("x", ctypes.c_double), ("y", ctypes.c_double)]

    def _ask_macos() -> Position | None:
        framework = "/System/Library/Frameworks/{0}.framework/{0}"
        graphics = ctypes.CDLL(framework.format("CoreGraphics"))
        foundation = ctypes.CDLL(framework.format("CoreFoundation"))
        graphics.CGEventCreate.restype = ctypes.c_void_p
        graphics.CGEventGetLocation.restype = _Point
        graphics.CGEventGetLocation.argtypes = (ctypes.c_void_p,)
        foundation.CFRelease.argtypes = (ctypes.c_void_p,)
        event = graphics.CGEventCreate(None)
        if not event:
            return None
        point = graphics.CGEventGetLocation(event)
        foundation.CFRelease(event)
        return int(point.x), int(point.y)
