"""Capture on X11: XDamage says that something changed, XFixes where, MIT-SHM gives pixels.

Damage is reported at the level "non empty": one event when the first pixel changes, and
none more until the changed region is taken away. So a screen that changes while there is no
credit costs nothing, and one that doesn't change costs nothing at all. The region is taken
before the pixels are read: what is drawn in between is reported again rather than missed.
The pointer's shape comes by XFixes events; that it moved comes by raw motion events of
XInput 2, of which a whole row costs one question for the place.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import numpy as np
from Xlib import X, error
from Xlib.display import Display
from Xlib.ext import damage, ge, xfixes, xinput

from common.protocol.session_messages import CursorHidden, CursorShape
from common.screen.encoder import Grab
from common.screen.rectangle import Rectangle, bounding, merged
from target_app.capture import x11_requests as requests
from target_app.capture.contract import CaptureFailed, Changes, ScreenProblem
from target_app.capture.cursor_image import shape_from_premultiplied
from target_app.capture.x11_pixels import open_reader

_PIXELS_WORTH_A_GRAB: Final = 16 * 1024
"""Two changed areas are read as one if that reads at most so many pixels more."""
_MAXIMUM_GRABS: Final = 8
_SUPPORTED_DEPTHS: Final = (24, 32)
_NEEDED_EXTENSIONS: Final = ("DAMAGE", "XFIXES")


class X11Capture:
    """The root window of one X display. Raises CaptureFailed if that can't be captured."""

    def __init__(self, display_name: str | None = None) -> None:
        self._display = _opened(display_name)
        with self._failures_named():
            try:
                self._prepare()
            except BaseException:
                self._display.close()
                raise

    def _prepare(self) -> None:
        self._check_display()
        self._screen = self._display.screen()
        self._root = self._screen.root
        geometry = self._root.get_geometry()
        self._size = (geometry.width, geometry.height)
        self._reader = open_reader(self._display, self._size)
        self._is_whole_due = True
        self._is_closed = False
        self._watch_picture()
        self._watch_pointer()
        self._display.sync()

    def _check_display(self) -> None:
        display = self._display
        if missing := [name for name in _NEEDED_EXTENSIONS if not display.has_extension(name)]:
            raise CaptureFailed(
                ScreenProblem.CAPTURE_FAILED, f"the X server lacks {', '.join(missing)}"
            )
        if is_wayland_in_disguise(display):
            raise CaptureFailed(ScreenProblem.WAYLAND, "the X server is Xwayland")
        depth = display.screen().root_depth
        if depth not in _SUPPORTED_DEPTHS:
            raise CaptureFailed(ScreenProblem.CAPTURE_FAILED, f"the screen has depth {depth}")

    def _watch_picture(self) -> None:
        self._display.damage_query_version()
        self._display.xfixes_query_version()
        self._xfixes_opcode = self._display.display.get_extension_major(requests.XFIXES)
        self._region = self._display.display.allocate_resource_id()
        requests.CreateRegion(
            display=self._display.display, opcode=self._xfixes_opcode, region=self._region
        )
        # python-xlib copies event classes for each connection: only their codes can be compared.
        self._damage_event = self._display.extension_event.DamageNotify
        self._damage = self._root.damage_create(damage.DamageReportNonEmpty)
        # A root that changes its size tells so; RandR itself is not needed for it.
        self._root.change_attributes(event_mask=X.StructureNotifyMask)

    def _watch_pointer(self) -> None:
        self._cursor_event, _ = self._display.extension_event.DisplayCursorNotify
        self._display.xfixes_select_cursor_input(self._root, xfixes.XFixesDisplayCursorNotifyMask)
        self._has_motion_events = self._display.has_extension("XInputExtension")
        if self._has_motion_events:
            self._display.xinput_query_version()
            masks = [(xinput.AllMasterDevices, xinput.RawMotionMask)]
            self._root.xinput_select_events(masks)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the root window."""
        return self._size

    @property
    def wake_fd(self) -> int | None:
        """The connection to the X server."""
        return int(self._display.fileno())

    def poll_seconds(self, now: float) -> float | None:
        """Never: the server tells."""
        return None

    def take_changes(self, now: float) -> Changes:
        """Read the events that have come, without waiting."""
        picture = size = cursor = moved = False
        with self._failures_named():
            for _ in range(self._display.pending_events()):
                event = self._display.next_event()
                if event.type == self._damage_event:
                    picture = True
                elif event.type == self._cursor_event:
                    cursor = True
                elif event.type == ge.GenericEventCode:
                    moved = moved or event.evtype == xinput.RawMotion
                elif event.type == X.ConfigureNotify:
                    size = self._take_size(event) or size
        return Changes(picture, size, cursor, moved)

    def _take_size(self, event: Any) -> bool:
        new_size = (event.width, event.height)
        if event.window != self._root or new_size == self._size:
            return False
        self._size = new_size
        self._reader.close()
        self._reader = open_reader(self._display, new_size)
        self._is_whole_due = True
        return True

    def grab(self) -> Sequence[Grab]:
        """Read what was damaged since the last grab; the whole root window at first."""
        with self._failures_named():
            areas = self._take_damaged()
            if self._is_whole_due:
                areas = [Rectangle(0, 0, *self._size)]
                self._is_whole_due = False
            try:
                return self._reader.read(areas)
            except error.BadMatch:
                # The screen has just become smaller; its event is on the way.
                self._is_whole_due = True
                return []

    def _take_damaged(self) -> list[Rectangle]:
        """Empty the server's damage and give the few areas that it covered."""
        self._display.damage_subtract(self._damage, X.NONE, self._region)
        reply = requests.FetchRegion(
            display=self._display.display, opcode=self._xfixes_opcode, region=self._region
        )
        corners = np.frombuffer(reply.rectangles, np.int16).reshape(-1, 4).tolist()
        width, height = self._size
        inside = [Rectangle(*corner).clipped(width, height) for corner in corners]
        return few_areas([area for area in inside if area.area])

    def cursor(self) -> CursorShape | CursorHidden:
        """Read the pointer's shape."""
        with self._failures_named():
            try:
                image = requests.GetCursorImage(
                    display=self._display.display, opcode=self._xfixes_opcode
                )
            except error.XError:  # BadCursor: the server shows none
                return CursorHidden()
        size = (image.width, image.height)
        return shape_from_premultiplied(image.argb, size, (image.hotspot_x, image.hotspot_y))

    def pointer_position(self) -> tuple[int, int] | None:
        """Ask where the pointer is."""
        with self._failures_named():
            answer = self._root.query_pointer()
        return (answer.root_x, answer.root_y) if answer.same_screen else None

    def close(self) -> None:
        """Close the connection; the server forgets all that belongs to it."""
        if self._is_closed:
            return
        self._is_closed = True
        try:
            self._display.close()
        except (error.ConnectionClosedError, OSError):
            return  # it was gone already

    @contextmanager
    def _failures_named(self) -> Iterator[None]:
        """Turn what python-xlib raises when the server is gone or refuses into CaptureFailed."""
        try:
            yield
        except (error.ConnectionClosedError, error.XError, OSError) as problem:
            raise CaptureFailed(ScreenProblem.CAPTURE_FAILED, str(problem)) from None


def _opened(display_name: str | None) -> Display:
    try:
        return Display(display_name)
    except (error.DisplayError, error.XauthError, OSError, OverflowError) as problem:
        detail = str(problem)
    # Raised out here, so that nothing keeps python-xlib's frames and the sockets left in them.
    raise CaptureFailed(ScreenProblem.NO_DISPLAY, detail)


def is_wayland_in_disguise(display: Display) -> bool:
    """Tell whether an X server is Xwayland, whose root window shows nothing of the desktop.

    It says so by an extension (since 23.1) and by the names of its outputs (before that).
    """
    if display.query_extension("XWAYLAND") is not None:
        return True
    if not display.has_extension("RANDR"):
        return False
    resources = display.screen().root.xrandr_get_screen_resources_current()
    names = (
        display.xrandr_get_output_info(output, resources.config_timestamp).name
        for output in resources.outputs
    )
    return any(str(name).startswith("XWAYLAND") for name in names)


def few_areas(areas: Sequence[Rectangle]) -> list[Rectangle]:
    """Unite areas until there are few, and together no more pixels than a box round all."""
    united = merged(areas, _PIXELS_WORTH_A_GRAB)
    if len(united) > _MAXIMUM_GRABS or sum(area.area for area in united) > _box_area(united):
        return [bounding(united)]
    return united


def _box_area(areas: Sequence[Rectangle]) -> int:
    return bounding(areas).area if areas else 0
