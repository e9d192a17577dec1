"""The shared computer's screen and input for the length of one session.

Joins the capture thread and the injection: what was injected is what the capture need not
tell the technician of. Built when a session starts and gone when it ends; the session runner
drives it, after the session's rules have allowed each message.
"""

from collections.abc import Callable

from common.logs import Log
from common.protocol.session_messages import (
    ButtonPressed,
    CursorMessage,
    InputMessage,
    PointerMoved,
    ScreenMessage,
)
from target_app.capture_thread import CaptureThread
from target_app.injection.chooser import open_injector
from target_app.injection.contract import InjectionUnavailable
from target_app.injection.injector import Injector
from target_app.injection.own_window_shapes import OwnWindowsSource

Post = Callable[[ScreenMessage | CursorMessage], None]

_log = Log(__name__)


class ScreenAndInput:
    """One session's capture thread and injector. Implements the runner's SharedDesktop."""

    def __init__(self, post: Post, own_windows: OwnWindowsSource) -> None:
        self._capture = CaptureThread(post)
        self._own_windows = own_windows
        self._injector: Injector | None = None

    def start(self) -> None:
        """Begin to capture; be ready to inject where this system lets us."""
        self._capture.start()
        try:
            self._injector = open_injector(self._own_windows)
        except InjectionUnavailable as unavailable:
            _log.warning("nothing can be injected", reason=str(unavailable))

    def inject(self, message: InputMessage) -> None:
        """Carry out one gesture that mode and policies allow."""
        if self._injector is None:
            return
        if isinstance(message, PointerMoved | ButtonPressed):
            # First, as the motion that the display reports may be quicker than this thread.
            self._capture.note_injected_pointer(message.x, message.y)
        try:
            self._injector.carry_out(message)
        except InjectionUnavailable as unavailable:
            self._give_up(unavailable)

    def release_all(self) -> None:
        """Let go of every key and button."""
        if self._injector is None:
            return
        try:
            self._injector.release_all()
        except InjectionUnavailable as unavailable:
            self._give_up(unavailable)

    def acknowledge(self, frame: int, decode_microseconds: int) -> None:
        """The controller has shown this frame."""
        self._capture.acknowledge(frame, decode_microseconds)

    def stop(self) -> None:
        """Let go of everything; nothing is captured or injected after this."""
        self._capture.stop()
        injector, self._injector = self._injector, None
        if injector is None:
            return
        refused = injector.take_refusals()
        if refused:
            counts = {refusal.value: count for refusal, count in refused.items()}
            _log.info("input kept from our own windows", **counts)
        injector.close()

    def _give_up(self, unavailable: InjectionUnavailable) -> None:
        """The system has gone; its keys and buttons went with it."""
        _log.warning("nothing can be injected any more", reason=str(unavailable))
        injector, self._injector = self._injector, None
        if injector is not None:
            injector.close()
