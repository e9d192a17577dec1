"""What a guard is told of Farhand's own windows: an immutable snapshot, without Qt.

Made by `target_app.own_windows` on the Qt thread, read by the guards on another.
"""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rectangle:
    """A part of the shared screen in its pixels; right and bottom lie outside."""

    left: int
    top: int
    right: int
    bottom: int

    def contains(self, x: int, y: int) -> bool:
        """Tell whether a pixel lies inside."""
        return self.left <= x < self.right and self.top <= y < self.bottom


@dataclass(frozen=True, slots=True)
class OwnWindows:
    """Farhand's visible top-level windows, with their frames.

    `identifiers` are the system's ids of them, and one of a window that is gone: on X11 any
    id tells which others are ours.
    """

    identifiers: frozenset[int] = frozenset()
    frames: tuple[Rectangle, ...] = ()
    is_active: bool = False
    has_popup: bool = False


OwnWindowsSource = Callable[[], OwnWindows]
"""Gives the latest snapshot; safe on any thread."""
