"""Times the target's screen path on a virtual display: from drawing to payloads, and idle.

    python -m tests.benchmarks.screen_path [--frames 100]

Starts Xvfb at 1920 x 1080, draws on it from this process, and lets the capture thread work
as in a session whose controller acknowledges at once. Prints, for each workload, p50 and p95
of the milliseconds from asking the server to draw until the first and the last payload of
the frame are posted, how long the controller's decoder takes for it, and KiB; then the
processor time of ten idle seconds and of the first picture.
"""

import argparse
import os
import queue
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import psutil
from Xlib import X
from Xlib.display import Display

from common.protocol.session_messages import (
    CursorMessage,
    PictureUpdate,
    ScreenLayout,
    ScreenMessage,
)
from common.screen.decoder import ScreenDecoder
from target_app.capture.chooser import open_capture
from target_app.capture_thread import CaptureThread
from tests.benchmarks.screen_content import Pixels, page, photograph
from tests.support.displays import DisplayOptions, VirtualDisplay

WIDTH, HEIGHT = 1920, 1080
PAUSE_SECONDS = 0.03
IDLE_SECONDS = 10
WAIT_SECONDS = 5.0
_ROWS_PER_REQUEST = 30


@dataclass(frozen=True, slots=True)
class Frame:
    """When the payloads of one frame were posted, and what they are."""

    first_at: float
    last_at: float
    payloads: tuple[bytes, ...]


@dataclass(slots=True)
class Session:
    """A capture thread, and what it posts, frame by frame."""

    environment: dict[str, str]
    frames: "queue.SimpleQueue[Frame]" = field(default_factory=queue.SimpleQueue)
    _first_at: float = 0.0
    _payloads: list[bytes] = field(default_factory=list)
    thread: CaptureThread = field(init=False)

    def __post_init__(self) -> None:
        self.thread = CaptureThread(self._post, lambda: open_capture(self.environment))

    def _post(self, message: ScreenMessage | CursorMessage) -> None:
        if isinstance(message, ScreenLayout):
            self._payloads = []
        if not isinstance(message, PictureUpdate):
            return
        now = time.perf_counter()
        if not self._payloads:
            self._first_at = now
        self._payloads.append(message.payload)
        if message.is_last:
            self.frames.put(Frame(self._first_at, now, tuple(self._payloads)))
            self._payloads = []
            self.thread.acknowledge(message.frame, 0)


class Painting:
    """A window over the whole display, and a page of text and a photograph to copy from."""

    def __init__(self, display_name: str) -> None:
        self._display = Display(display_name)
        root = self._display.screen().root
        self._window: Any = root.create_window(
            0, 0, WIDTH, HEIGHT, 0, 24, override_redirect=1, background_pixel=0xFFFFFF
        )
        self._window.map()
        self._context = self._window.create_gc(graphics_exposures=0)
        self._page = self._upload(page(WIDTH, 3 * HEIGHT, seed=7))
        self._photograph = self._upload(photograph(WIDTH, HEIGHT, seed=7))

    def _upload(self, picture: Pixels) -> Any:
        height = picture.shape[0]
        pixmap = self._window.create_pixmap(WIDTH, height, 24)
        for top in range(0, height, _ROWS_PER_REQUEST):
            rows = picture[top : top + _ROWS_PER_REQUEST]
            pixmap.put_image(
                *(self._context, 0, top, WIDTH, len(rows), X.ZPixmap, 24, 0, rows.tobytes())
            )
        self._display.sync()
        return pixmap

    def show_photograph(self) -> None:
        """Cover the display with the photograph."""
        self._window.copy_area(self._context, self._photograph, 0, 0, WIDTH, HEIGHT, 0, 0)
        self._display.sync()

    def click(self, step: int) -> None:
        """Flip the colour of 64 x 64 pixels."""
        self._fill(0, 32, 64, 64, (0x00A000, 0xFF00FF)[step % 2])

    def type_letter(self, step: int) -> None:
        """Draw something of the size of a letter at the end of a line."""
        self._fill(60 + step % 100 * 9, 300 + step // 100 % 20 * 20, 7, 14, step + 1)

    def type_and_blink(self, step: int) -> None:
        """Draw a letter here and change something far away."""
        self.click(step)
        self.type_letter(step)

    def scroll(self, step: int) -> None:
        """Show the page 24 rows further down, 1920 x 980 pixels of it."""
        top = step % 80 * 24
        self._window.copy_area(self._context, self._page, 0, top, WIDTH, 980, 0, 100)
        self._display.flush()

    def _fill(self, left: int, top: int, width: int, height: int, colour: int) -> None:
        self._context.change(foreground=colour)
        self._window.fill_rectangle(self._context, left, top, width, height)
        self._display.flush()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--frames", type=int, default=100)
    frame_count: int = parser.parse_args().frames
    options = DisplayOptions(width_pixels=WIDTH, height_pixels=HEIGHT)
    with VirtualDisplay(options) as display:
        painting = Painting(display.name)
        painting.show_photograph()
        session = Session(display.environment)
        try:
            print_first_picture(session)
            measure_all(painting, session, frame_count)
            print_idle()
        finally:
            session.thread.stop()


def print_first_picture(session: Session) -> None:
    """Start the capture and print how long the first picture takes, a photograph."""
    started_at = time.perf_counter()
    session.thread.start()
    frame = session.frames.get(timeout=WAIT_SECONDS)
    size = sum(map(len, frame.payloads)) / 1024
    print(
        f"first picture, a photograph: first payload {(frame.first_at - started_at) * 1e3:.0f} ms, "
        f"last {(frame.last_at - started_at) * 1e3:.0f} ms, {size:.0f} KiB"
    )


def measure_all(painting: Painting, session: Session, frame_count: int) -> None:
    """Print every workload."""
    decoder = ScreenDecoder(WIDTH, HEIGHT)
    workloads: dict[str, Callable[[int], None]] = {
        "click, 64 x 64": painting.click,
        "typing": painting.type_letter,
        "typing and blinking": painting.type_and_blink,
        "scrolling": painting.scroll,
    }
    for name, draw in workloads.items():
        warm_up = measure(draw, session, decoder, range(10))
        rows = measure(draw, session, decoder, range(len(warm_up), len(warm_up) + frame_count))
        first, last, decode, size = (np.percentile(row, (50, 95)) for row in np.transpose(rows))
        print(
            f"{name:20} first {first[0]:5.2f} / {first[1]:5.2f} ms   "
            f"last {last[0]:5.2f} / {last[1]:5.2f} ms   "
            f"decode {decode[0]:5.2f} / {decode[1]:5.2f} ms   {size[0] / 1024:7.2f} KiB"
        )


def measure(
    draw: Callable[[int], None], session: Session, decoder: ScreenDecoder, steps: range
) -> list[tuple[float, float, float, int]]:
    """For each frame: milliseconds to the first and the last payload, to decode; bytes."""
    rows = []
    for step in steps:
        time.sleep(PAUSE_SECONDS)
        while not session.frames.empty():
            session.frames.get()
        drawn_at = time.perf_counter()
        draw(step)
        frame = session.frames.get(timeout=WAIT_SECONDS)
        decode_at = time.perf_counter()
        for payload in frame.payloads:
            decoder.apply(payload)
        decode_ms = (time.perf_counter() - decode_at) * 1e3
        first_ms, last_ms = (frame.first_at - drawn_at) * 1e3, (frame.last_at - drawn_at) * 1e3
        rows.append((first_ms, last_ms, decode_ms, sum(map(len, frame.payloads))))
    return rows


def print_idle() -> None:
    """Print the processor time and the switches of this process while nothing changes."""
    process = psutil.Process(os.getpid())
    before, switches_before = time.process_time(), process.num_ctx_switches().voluntary
    time.sleep(IDLE_SECONDS)
    percent = (time.process_time() - before) / IDLE_SECONDS * 100
    wakes = process.num_ctx_switches().voluntary - switches_before
    memory = process.memory_info().rss / 2**20
    print(
        f"idle for {IDLE_SECONDS} s: {percent:.2f} % of a core, {wakes} switches, "
        f"{memory:.0f} MiB resident"
    )


if __name__ == "__main__":
    main()
