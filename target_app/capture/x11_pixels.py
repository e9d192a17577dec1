"""Pixels of the X11 root window: through shared memory, or over the wire where there is none.

Both ways read into memory that is used again and again. They share a contract of three
methods. `x11_capture` drives them and knows which areas to read.
"""

from collections.abc import Sequence
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray
from Xlib import X, error
from Xlib.display import Display

from common.logs import Log
from common.screen.encoder import Grab
from common.screen.rectangle import Rectangle
from target_app.capture import x11_requests as requests
from target_app.capture.shared_memory import SharedMemory

_ALL_PLANES: Final = 0xFFFFFFFF
_BYTES_PER_PIXEL: Final = 4

_log = Log(__name__)


class PixelReader(Protocol):
    """Reads areas of the root window. Raises Xlib's errors, BadMatch for what lies outside."""

    def read(self, areas: Sequence[Rectangle]) -> list[Grab]:
        """Read areas that together are no larger than the screen; overwrites the last ones."""

    def close(self) -> None:
        """Let go of the memory."""


class SharedMemoryReader:
    """Has the server write all areas into one segment, side by side, in one round trip."""

    def __init__(self, display: Display, opcode: int, size: tuple[int, int]) -> None:
        """Raises OSError or an X error where shared memory does not work."""
        self._display = display
        self._root = display.screen().root
        self._opcode = opcode
        self._memory = SharedMemory(size[0] * size[1] * _BYTES_PER_PIXEL)
        self._segment = display.display.allocate_resource_id()
        catcher = error.CatchError()
        try:
            requests.ShmAttach(
                display=display.display,
                opcode=self._opcode,
                onerror=catcher,
                segment=self._segment,
                shmid=self._memory.identifier,
                is_read_only=False,
            )
            display.sync()
        finally:
            self._memory.remove()
        if (problem := catcher.get_error()) is not None:
            raise problem

    def read(self, areas: Sequence[Rectangle]) -> list[Grab]:
        """Read areas into the segment; the grabs are views of it."""
        replies, grabs, offset = [], [], 0
        for area in areas:
            replies.append(self._ask_for(area, offset))
            end = offset + area.area * _BYTES_PER_PIXEL
            pixels = self._memory.bytes[offset:end].reshape(area.height, area.width, 4)
            grabs.append(Grab(area.left, area.top, pixels))
            offset = end
        for reply in replies:
            reply.reply()
        return grabs

    def _ask_for(self, area: Rectangle, offset: int) -> requests.ShmGetImage:
        return requests.ShmGetImage(
            display=self._display.display,
            opcode=self._opcode,
            defer=True,
            drawable=self._root,
            x=area.left,
            y=area.top,
            width=area.width,
            height=area.height,
            plane_mask=_ALL_PLANES,
            format=requests.Z_PIXMAP,
            segment=self._segment,
            offset=offset,
        )

    def close(self) -> None:
        """Have the server let go of the segment."""
        requests.ShmDetach(
            display=self._display.display, opcode=self._opcode, segment=self._segment
        )
        self._display.flush()


class WireReader:
    """Reads pixels over the connection: for a server on another machine or in a container."""

    def __init__(self, display: Display) -> None:
        self._root = display.screen().root

    def read(self, areas: Sequence[Rectangle]) -> list[Grab]:
        """Read areas one after the other."""
        return [Grab(area.left, area.top, self._read_one(area)) for area in areas]

    def _read_one(self, area: Rectangle) -> NDArray[np.uint8]:
        left, top, width, height = area
        reply = self._root.get_image(left, top, width, height, X.ZPixmap, _ALL_PLANES)
        return np.frombuffer(reply.data, np.uint8).reshape(height, width, 4)

    def close(self) -> None:
        """Nothing to let go of."""


def open_reader(display: Display, size: tuple[int, int]) -> PixelReader:
    """Make the quickest reader that works with this server."""
    extension = display.query_extension(requests.SHARED_MEMORY)
    if extension is not None:
        try:
            return SharedMemoryReader(display, extension.major_opcode, size)
        except (OSError, error.XError) as problem:
            _log.info("no shared memory with the X server, reads will be slow", reason=problem)
    return WireReader(display)
