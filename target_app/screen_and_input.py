"""The shared computer's screen and input for the length of one session.

Joins the capture thread and the injection: what was injected is what the capture need not
tell the technician of. Built when a session starts and gone when it ends; the session runner
drives it, after the session's rules have allowed each message.
"""

from collections.abc import Callable

import structlog

from common.protocol.session_messages import (
    ButtonPressed,
    CursorMessage,
    InputMessage,
    PointerMoved,
    ScreenMessage,
)
from target_app.capture_thread import CaptureThread
from target_app.injection.contract import InjectionUnavailable
from target_app.injection.injector import Injector

Post = Callable[[ScreenMessage | CursorMessage], None]

_log = structlog.get_logger(__name__)


class ScreenAndInput:
    """One session's capture thread and injector. Start once, stop once."""

    def __init__(
        self,
        post: Post,
        make_injector: Callable[[], Injector],
    ) -> None:
        self._capture = CaptureThread(post)
        self._make_injector = make_injector
        self._injector: Injector | None = None

    def start(self) -> None:
        """Begin to capture; be ready to inject where this system lets us."""
        self._capture.start()
        try:
            self._injector = self._make_injector()
        except InjectionUnavailable as unavailable:
            _log.warning("nothing can be injected", reason=str(unavailable))

    def inject(self, message: InputMessage) -> None:
        """Carry out one gesture that mode and policies allow."""
        if self._injector is None:
            return
        self._injector.carry_out(message)
        if isinstance(message, PointerMoved | ButtonPressed):
            self._capture.note_injected_pointer(message.x, message.y)

    def release_all(self) -> None:
        """Let go of every key and button."""
        if self._injector is not None:
            self._injector.release_all()

    def acknowledge(self, frame: int, decode_microseconds: int) -> None:
        """The controller has shown this frame."""
        self._capture.acknowledge(frame, decode_microseconds)

    def stop(self) -> None:
        """Let go of everything; nothing is captured or injected after this."""
        self._capture.stop()
        injector, self._injector = self._injector, None
        if injector is not None:
            injector.close()
