"""Keeps input off Farhand's own windows on X11, by asking the server what is where.

A window is ours if its id is of the same X connection as any window of our Qt; a frame is
ours if the window manager put a window of ours into it. The server is asked at every gesture
and what is deduced from its answers is kept only until it reports a change, so a window of
ours that lies behind another does not block that place, and one that opens blocks at once.
"""

from collections.abc import Iterator
from typing import Any, Final

import Xlib.error
from Xlib import X
from Xlib.protocol import event

from target_app.injection.own_window_shapes import OwnWindowsSource
from target_app.injection.x11_connection import X11Connection, noticing_the_loss

_MAXIMUM_DEPTH: Final = 32
_MAXIMUM_SEARCH: Final = 500
_STATE_PROPERTY: Final = "WM_STATE"
"""Set by window managers on the windows they manage (ICCCM 4.1.3.1); icons in trays lack it."""


class X11Guard:
    """An OwnWindowGuard that shares the sink's connection, so that it sees the sink's moves."""

    def __init__(self, connection: X11Connection, own_windows: OwnWindowsSource) -> None:
        self._connection = connection
        self._display = connection.display
        self._root = connection.root
        self._own_windows = own_windows
        self._connection_mask: int = ~self._display.display.info.resource_id_mask
        self._state_atom = self._display.intern_atom(_STATE_PROPERTY)
        self._seen: set[int] = set()
        self._frames: frozenset[int] | None = None
        self._holds_ours: dict[int, bool] = {}
        self._resolved_for: frozenset[int] = frozenset()
        self._root.change_attributes(event_mask=X.SubstructureNotifyMask)
        connection.listeners.append(self._take_event)

    # The contract.

    @noticing_the_loss()
    def forbids_pointer_at(self, x: int, y: int) -> bool:
        """Tell whether what is seen at this place of the root window is ours."""
        try:
            return self._is_ours_at(x, y)
        except Xlib.error.XError:
            return True  # a window went while it was asked for: doubt

    @noticing_the_loss()
    def forbids_buttons(self) -> bool:
        """Tell whether the pointer is on one of our windows, or a menu of ours takes all."""
        if self._own_windows().has_popup:
            return True
        pointer = self._root.query_pointer()
        return self.forbids_pointer_at(pointer.root_x, pointer.root_y)

    @noticing_the_loss()
    def forbids_keys(self) -> bool:
        """Tell whether the pointer or the focus is on one of our windows."""
        if self.forbids_buttons():
            return True
        try:
            return self._has_focus()
        except Xlib.error.XError:
            return True

    # Asking the server.

    def _is_ours_at(self, x: int, y: int) -> bool:
        outermost = self._child_at(self._root, x, y)
        self._connection.note_events()
        if outermost is None:
            return False
        if self._is_ours(outermost.id):
            return True
        if outermost.id in self._find_frames():
            return True
        return self._holds_own_part(outermost) and self._is_own_part_at(outermost, x, y)

    def _is_own_part_at(self, window: Any, x: int, y: int) -> bool:
        """Tell whether one of ours, such as the tray icon, is inside a window at this place."""
        for _ in range(_MAXIMUM_DEPTH):
            inner = self._child_at(window, x, y)
            if inner is None:
                return False
            if self._is_ours(inner.id):
                return True
            window = inner
        return True

    def _holds_own_part(self, outermost: Any) -> bool:
        """Tell whether a window of ours is somewhere in another's, as an icon is in a tray.

        Looked for once: what comes later comes with an event. Too many windows to look at
        count as yes, which costs time and nothing else.
        """
        known = self._holds_ours.get(outermost.id)
        if known is None:
            known = self._search(outermost)
            self._holds_ours[outermost.id] = known
        return known

    def _search(self, outermost: Any) -> bool:
        waiting = [outermost]
        for count, window in enumerate(iter(waiting.pop, None)):
            if count > _MAXIMUM_SEARCH or self._is_ours(window.id):
                return True
            waiting += window.query_tree().children
            if not waiting:
                return False
        return True

    def _child_at(self, window: Any, x: int, y: int) -> Any:
        """Ask for the topmost child that shows, or takes clicks, at this place of the root."""
        child = window.translate_coords(self._root, x, y).child
        return child or None

    def _has_focus(self) -> bool:
        focus = self._display.get_input_focus().focus
        if isinstance(focus, int):
            return False  # none at all, or the window under the pointer
        if self._is_ours(focus.id):
            return True
        frames = self._find_frames()
        return any(ancestor in frames for ancestor in self._line_of(focus.id))

    # Which windows are ours.

    def _is_ours(self, window_id: int) -> bool:
        """Tell whether a window was made by the connection of our Qt."""
        some_own = next(iter(self._own_windows().identifiers), None)
        if some_own is None:
            return False
        return window_id & self._connection_mask == some_own & self._connection_mask

    def _take_event(self, arrived: Any) -> None:
        """Forget what was deduced when the tree changes; remember our own windows in it."""
        if isinstance(arrived, event.ReparentNotify):
            self._frames = None
            if self._is_ours(arrived.window.id):
                self._seen.add(arrived.window.id)
                self._holds_ours.clear()
        elif isinstance(arrived, event.DestroyNotify):
            self._frames = None
            self._seen.discard(arrived.window.id)
            self._holds_ours.pop(arrived.window.id, None)
        elif isinstance(arrived, event.PropertyNotify) and arrived.atom == self._state_atom:
            self._frames = None

    def _find_frames(self) -> frozenset[int]:
        """Find the outermost windows that a window manager put around ours."""
        identifiers = self._own_windows().identifiers | self._seen
        if self._frames is None or identifiers != self._resolved_for:
            found = (self._frame_of(identifier) for identifier in identifiers)
            self._frames = frozenset(frame for frame in found if frame is not None)
            self._resolved_for = identifiers
        return self._frames

    def _frame_of(self, identifier: int) -> int | None:
        """Find the frame of one of our windows; None without one, or if the window is gone."""
        try:
            *_, outermost = self._line_of(identifier)
            is_framed = outermost != identifier and self._is_managed(identifier)
        except Xlib.error.XError:
            return None
        return outermost if is_framed else None

    def _line_of(self, window_id: int) -> Iterator[int]:
        """Give a window and what it lies in, from the inside out, without the root."""
        window = self._display.create_resource_object("window", window_id)
        for _ in range(_MAXIMUM_DEPTH):
            yield window.id
            parent = window.query_tree().parent
            if isinstance(parent, int) or parent.id == self._root.id:
                return
            window = parent

    def _is_managed(self, window_id: int) -> bool:
        """Tell whether a window manager has put its mark on a window of ours.

        It comes a moment after the frame, so its coming is listened for before it is read.
        """
        window = self._display.create_resource_object("window", window_id)
        window.change_attributes(event_mask=X.PropertyChangeMask)
        return window.get_property(self._state_atom, X.AnyPropertyType, 0, 1) is not None
