"""Draws on an X display as a program of the target would: for the tests of capturing it."""

from types import TracebackType
from typing import Any, Self

from Xlib import X
from Xlib.display import Display


class Painter:
    """A window over the whole display, white at first; colours are 0xRRGGBB."""

    def __init__(self, display_name: str) -> None:
        self._display = Display(display_name)
        root = self._display.screen().root
        size = root.get_geometry()
        self._window: Any = root.create_window(
            *(0, 0, size.width, size.height, 0, self._display.screen().root_depth),
            override_redirect=1,
            background_pixel=0xFFFFFF,
        )
        self._window.map()
        self._context = self._window.create_gc(graphics_exposures=0)
        self._display.sync()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._display.close()

    def fill(self, left: int, top: int, width: int, height: int, colour: int) -> None:
        """Fill a rectangle; it is on the display when this returns."""
        self._context.change(foreground=colour)
        self._window.fill_rectangle(self._context, left, top, width, height)
        self._display.sync()

    def shape_pointer(self, shape: int) -> None:
        """Give the pointer a shape of the standard cursor font while it is over the window."""
        font = self._display.open_font("cursor")
        cursor = font.create_glyph_cursor(font, shape, shape + 1, (0, 0, 0), (65535, 0, 0))
        self._window.change_attributes(cursor=cursor)
        self._display.sync()

    def move_pointer(self, x: int, y: int) -> None:
        """Put the pointer there, as a program may."""
        self._display.screen().root.warp_pointer(x, y)
        self._display.sync()

    def grab_server(self, *, is_grabbed: bool) -> None:
        """Keep all others from the server, or let them in again."""
        (self._display.grab_server if is_grabbed else self._display.ungrab_server)()
        self._display.sync()


PENCIL = X.NONE + 86
"""XC_pencil of X11/cursorfont.h."""
