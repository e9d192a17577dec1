"""Which capture serves this computer and this session of its user.

The one place that looks at the platform and the environment. A file of a platform is
imported only where it is used.
"""

import sys
from collections.abc import Mapping

from target_app.capture.contract import CaptureFailed, ScreenCapture, ScreenProblem


def open_capture(environment: Mapping[str, str]) -> ScreenCapture:
    """Open the capture for this platform. Raises CaptureFailed with what is in the way."""
    if sys.platform != "linux":
        from target_app.capture.generic_capture import GenericCapture

        return GenericCapture()
    if is_wayland_session(environment):
        raise CaptureFailed(ScreenProblem.WAYLAND)
    if not environment.get("DISPLAY"):
        raise CaptureFailed(ScreenProblem.NO_DISPLAY, "DISPLAY is not set")
    from target_app.capture.x11_capture import X11Capture

    return X11Capture(environment["DISPLAY"])


def is_wayland_session(environment: Mapping[str, str]) -> bool:
    """Tell whether the user's session is Wayland's, which lets no program read the screen.

    The session type decides where it is said; a Wayland display alone does only where there
    is no X display. (What looks like X and is Xwayland, `X11Capture` finds out itself.)
    """
    session_type = environment.get("XDG_SESSION_TYPE", "").lower()
    if session_type in ("wayland", "x11"):
        return session_type == "wayland"
    return bool(environment.get("WAYLAND_DISPLAY")) and not environment.get("DISPLAY")
