"""Picks the hot key for this platform; the one place that knows which there are."""

import sys
from collections.abc import Mapping

from target_app.hot_key.contract import HotKey, NoHotKey


def choose_hot_key(environment: Mapping[str, str]) -> HotKey:
    """Make the Pause key's watcher for this platform and session; imports only what fits."""
    if sys.platform in ("win32", "darwin"):
        from target_app.hot_key.generic_hot_key import GenericHotKey

        return GenericHotKey()
    display = environment.get("DISPLAY")
    if not display or environment.get("XDG_SESSION_TYPE") == "wayland":
        return NoHotKey()  # XWayland gives a key to its own windows alone
    from target_app.hot_key.x11_hot_key import X11HotKey

    return X11HotKey(display)
