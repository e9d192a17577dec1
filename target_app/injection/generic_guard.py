"""Keeps input off Farhand's own windows where the system can't be asked what is where.

Knows their rectangles and no others: a window of ours that lies behind another blocks that
place too. Doubt means no.
"""

from collections.abc import Callable

from target_app.injection.own_window_shapes import OwnWindowsSource


class GenericGuard:
    """An OwnWindowGuard by geometry. `pointer_position` tells where the pointer is now."""

    def __init__(
        self, own_windows: OwnWindowsSource, pointer_position: Callable[[], tuple[int, int]]
    ) -> None:
        self._own_windows = own_windows
        self._pointer_position = pointer_position

    def forbids_pointer_at(self, x: int, y: int) -> bool:
        """Tell whether one of our frames covers this place."""
        return any(frame.contains(x, y) for frame in self._own_windows().frames)

    def forbids_buttons(self) -> bool:
        """Tell whether the pointer is on one of our frames, or a menu of ours takes all."""
        return self._own_windows().has_popup or self.forbids_pointer_at(*self._pointer_position())

    def forbids_keys(self) -> bool:
        """Tell whether the pointer or the focus is on one of our windows."""
        return self._own_windows().is_active or self.forbids_buttons()
