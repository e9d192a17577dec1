"""The controller's own thread for decoding: messages of the screen in, patches out.

Owns the decoder and a queue. The network thread puts messages in and never waits; frames
are decoded in their order, handed over when they are whole, and acknowledged, which is the
target's credit for more. Knows no window and no network: it is given the slot and two
callables, which it calls on its own thread.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Final

from common.errors import ProtocolViolation
from common.protocol.session_messages import PictureUpdate, ScreenLayout
from common.screen.decoder import ScreenDecoder
from controller_app.picture_patches import PicturePatches

MAXIMUM_WAITING_BYTES: Final = 64 * 1024 * 1024
"""Waiting to be decoded: more than twice a photograph on a screen of 3840 x 2160. A target
that keeps to its credit never gets there on a computer that decodes at all."""


class DecodeThread:
    """Decodes what is put in, on a thread of its own, from `start` to `stop`.

    `shown(frame, decode_microseconds)` is called for each whole frame; `failed(violation)`
    once, when the target broke a rule, after which nothing is decoded any more.
    """

    def __init__(
        self,
        shown: Callable[[int, int], None],
        patches: PicturePatches,
        failed: Callable[[ProtocolViolation], None],
    ) -> None:
        self._shown = shown
        self._patches = patches
        self._failed = failed
        self._condition = threading.Condition()
        self._waiting: deque[ScreenLayout | PictureUpdate] = deque()
        self._waiting_bytes = 0
        self._is_overfull = False
        self._is_stopping = False
        self._thread = threading.Thread(target=self._run, name="decode", daemon=True)
        self._decoder: ScreenDecoder | None = None
        self._decode_seconds = 0.0

    def start(self) -> None:
        """Begin. What was put in before is decoded first."""
        self._thread.start()

    def put(self, message: ScreenLayout | PictureUpdate) -> None:
        """Queue one message; never waits. From any one thread."""
        with self._condition:
            if self._is_stopping or self._is_overfull:
                return
            self._waiting_bytes += _size(message)
            if self._waiting_bytes > MAXIMUM_WAITING_BYTES:
                self._is_overfull = True
                self._waiting.clear()
            else:
                self._waiting.append(message)
            self._condition.notify()

    def stop(self) -> None:
        """End and wait for the thread; what was not decoded yet is dropped."""
        with self._condition:
            self._is_stopping = True
            self._condition.notify()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join()

    def _run(self) -> None:
        try:
            while (message := self._next()) is not None:
                self._handle(message)
        except ProtocolViolation as violation:
            with self._condition:
                self._is_stopping = True
                self._waiting.clear()
            self._failed(violation)

    def _next(self) -> ScreenLayout | PictureUpdate | None:
        """Wait for a message. Raises ProtocolViolation when too much waited."""
        with self._condition:
            self._condition.wait_for(
                lambda: self._waiting or self._is_stopping or self._is_overfull
            )
            if self._is_stopping:
                return None
            if self._is_overfull:
                raise ProtocolViolation(f"{self._waiting_bytes} bytes of pictures wait")
            message = self._waiting.popleft()
            self._waiting_bytes -= _size(message)
            return message

    def _handle(self, message: ScreenLayout | PictureUpdate) -> None:
        if isinstance(message, ScreenLayout):
            self._begin_layout(message)
        else:
            self._update(message)

    def _begin_layout(self, layout: ScreenLayout) -> None:
        self._decoder = None  # the old picture goes before the new one comes
        self._decode_seconds = 0.0
        self._decoder = ScreenDecoder(layout.width_pixels, layout.height_pixels)
        self._patches.begin_layout(layout.width_pixels, layout.height_pixels)

    def _update(self, update: PictureUpdate) -> None:
        if self._decoder is None:
            raise ProtocolViolation("a picture came before the layout of the screen")
        started_at = time.perf_counter()
        changed = self._decoder.apply(update.payload)
        hand_over = self._patches.publish if update.is_last else self._patches.gather
        hand_over(self._decoder.pixels, changed)
        self._decode_seconds += time.perf_counter() - started_at
        if update.is_last:
            microseconds = min(int(self._decode_seconds * 1e6), 0xFFFFFFFF)
            self._decode_seconds = 0.0
            self._shown(update.frame, microseconds)


def _size(message: ScreenLayout | PictureUpdate) -> int:
    return len(message.payload) if isinstance(message, PictureUpdate) else 0
