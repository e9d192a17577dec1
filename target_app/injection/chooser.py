"""Chooses sink and guard for this computer and puts the injector together.

The runner calls it on the network thread when a session begins; all imports of a system's
library happen here, at that moment.
"""

import os
import sys
from collections.abc import Mapping

from target_app.injection.contract import InjectionProblem, InjectionUnavailable
from target_app.injection.injector import Injector
from target_app.injection.own_window_shapes import OwnWindowsSource
from target_app.injection.watchdog import GENERIC_MODULE, X11_MODULE, Watchdog


def is_wayland(environment: Mapping[str, str]) -> bool:
    """Tell whether this is a Wayland session; XWayland's display reaches its own windows alone."""
    session_type = environment.get("XDG_SESSION_TYPE", "")
    if session_type == "x11":
        return False
    return session_type == "wayland" or bool(environment.get("WAYLAND_DISPLAY"))


def open_injector(
    own_windows: OwnWindowsSource, environment: Mapping[str, str] | None = None
) -> Injector:
    """Make an injector for this session's display; close it on the same thread.

    Raises InjectionUnavailable, which says what is in the way.
    """
    if sys.platform in ("win32", "darwin"):
        return _open_generic(own_windows)
    else:
        return _open_x11(own_windows, os.environ if environment is None else environment)


def _open_x11(own_windows: OwnWindowsSource, environment: Mapping[str, str]) -> Injector:
    from target_app.injection.x11_connection import X11Connection
    from target_app.injection.x11_guard import X11Guard
    from target_app.injection.x11_sink import X11Sink

    if is_wayland(environment):
        raise InjectionUnavailable(InjectionProblem.WAYLAND)
    display_name = environment.get("DISPLAY", "")
    if not display_name:
        raise InjectionUnavailable(InjectionProblem.NO_DISPLAY)
    connection = X11Connection(display_name)
    watchdog = Watchdog(X11_MODULE, display_name)
    guard = X11Guard(connection, own_windows)
    return Injector(X11Sink(connection, watchdog), guard, watchdog)


def _open_generic(own_windows: OwnWindowsSource) -> Injector:
    from target_app.injection.generic_guard import GenericGuard
    from target_app.injection.generic_sink import GenericSink, check_permission

    check_permission()
    watchdog = Watchdog(GENERIC_MODULE, "")
    sink = GenericSink(watchdog)
    return Injector(sink, GenericGuard(own_windows, sink.pointer_position), watchdog)
