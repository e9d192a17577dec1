"""What the session window shows, and the technician's gestures on their way to the target.

    CLOSED -> WAITING_FOR_PICTURE -> SHOWING <-> UNAVAILABLE -> ENDED -> CLOSED

Fed with events by `handle`, and by the screen widget with what the picture slot brought.
Gestures become input messages here, in pixels of the target's screen. The cursor has signals
of its own, because it moves more often than the window changes. Knows no widget.
"""

from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Final

from PySide6.QtCore import QObject, Signal

from common.protocol.policies import SessionMode
from common.protocol.session_events import ScreenReceived, SessionEnded, SessionStarted
from common.protocol.session_messages import (
    ButtonPressed,
    ButtonReleased,
    CursorHidden,
    CursorMoved,
    CursorShape,
    InputMessage,
    PointerButton,
    PointerMoved,
    ScreenUnavailable,
    WheelTurned,
)
from common.qt.display_text import display_name
from common.qt.status_kind import StatusKind
from common.reasons import EndReason
from controller_app import sentences
from controller_app.commands import ControllerCommands
from controller_app.sentences import Quality, Sentence
from controller_app.traffic import TrafficMeasured

_WHEEL_LIMIT: Final = 0x7FFF
_MODES_WITH_SCREEN: Final = frozenset(
    {SessionMode.ACTIVE, SessionMode.GUIDANCE, SessionMode.MONITOR}
)


class SessionPhase(Enum):
    """What the session window is about."""

    CLOSED = auto()
    WAITING_FOR_PICTURE = auto()
    SHOWING = auto()
    UNAVAILABLE = auto()
    """No picture for now; the target has said why."""
    NO_SCREEN = auto()
    """The mode shows no screen."""
    ENDED = auto()


_NO_SENTENCE: Final = Sentence("")


@dataclass(frozen=True, slots=True)
class SessionState:
    """Everything that the session window shows, less picture and cursor."""

    phase: SessionPhase = SessionPhase.CLOSED
    title: str = ""
    computer: str = ""
    user: str = ""
    operating_system: str = ""
    mode: SessionMode = SessionMode.MONITOR
    mode_name: str = ""
    security_number: str = ""
    may_control: bool = False
    has_keyboard: bool = False
    """Whether the technician's keys go to the target."""
    kind: StatusKind = StatusKind.WORKING
    message: Sentence = _NO_SENTENCE
    """Shown in the place of the picture where there is none."""
    quality: Quality | None = None

    @property
    def is_open(self) -> bool:
        """Whether the window is shown."""
        return self.phase is not SessionPhase.CLOSED

    @property
    def is_running(self) -> bool:
        """Whether there is a session."""
        return self.phase not in (SessionPhase.CLOSED, SessionPhase.ENDED)


class SessionViewModel(QObject):
    """The state of the session window and the way of input to the target."""

    state_changed = Signal(object)
    cursor_shaped = Signal(object)
    """A CursorShape: the pointer looks like this from now on."""
    cursor_moved = Signal(int, int)
    """The target's user or a program moved the pointer there; pixels of its screen."""
    cursor_hidden = Signal()
    """The target shows no pointer."""

    def __init__(self, commands: ControllerCommands) -> None:
        super().__init__()
        self._commands = commands
        self._state = SessionState()
        self._pointer: tuple[int, int] | None = None

    @property
    def state(self) -> SessionState:
        """What is shown now."""
        return self._state

    # What the network side reports.

    def handle(self, event: object) -> None:
        """Take what the network side reports."""
        if isinstance(event, SessionStarted):
            self._start(event)
            return
        if not self._state.is_running:
            return
        match event:
            case ScreenReceived(message):
                self._handle_screen(message)
            case TrafficMeasured():
                self._set(quality=_quality(event))
            case SessionEnded(reason, by_other_side):
                self._end(reason, by_other_side)

    def layout_received(self) -> None:
        """The picture slot has a new layout: a picture follows."""
        if self._state.phase is SessionPhase.UNAVAILABLE:
            self._set(
                phase=SessionPhase.WAITING_FOR_PICTURE,
                kind=StatusKind.WORKING,
                message=sentences.waiting_for_picture(),
            )

    def picture_received(self) -> None:
        """The picture slot had pixels."""
        if self._state.phase is SessionPhase.WAITING_FOR_PICTURE:
            self._set(phase=SessionPhase.SHOWING, message=_NO_SENTENCE)

    # What the technician does.

    def disconnect_session(self) -> None:
        """End the session."""
        if self._state.is_running:
            self._commands.end_session(EndReason.CONTROLLER_ENDED)

    def close(self) -> None:
        """Close the window; a session that still runs ends."""
        if not self._state.is_open:
            return
        self.disconnect_session()  # what comes of it finds the window closed
        self._state = SessionState()
        self.state_changed.emit(self._state)

    def keyboard_taken(self) -> None:
        """The picture has the focus: keys go to the target, where the mode has input."""
        self._set(has_keyboard=self._state.may_control and self._state.is_running)

    def keyboard_given_back(self) -> None:
        """The picture has lost the focus."""
        self._set(has_keyboard=False)

    def move_pointer(self, x: int, y: int) -> None:
        """The pointer is over this pixel of the target's screen."""
        if (x, y) != self._pointer:
            self._pointer = (x, y)
            self.send(PointerMoved(x, y))

    def press_button(self, button: PointerButton, x: int, y: int) -> None:
        """A button went down there."""
        self._pointer = (x, y)
        self.send(ButtonPressed(button, x, y))

    def release_button(self, button: PointerButton, x: int, y: int) -> None:
        """A button came up there."""
        self._pointer = (x, y)
        self.send(ButtonReleased(button, x, y))

    def turn_wheel(self, horizontal: int, vertical: int) -> None:
        """The wheel turned, in 1/120 of a notch; positive is right and away."""
        if horizontal or vertical:
            limited = (
                max(-_WHEEL_LIMIT, min(_WHEEL_LIMIT, turn)) for turn in (horizontal, vertical)
            )
            self.send(WheelTurned(*limited))

    def send(self, *messages: InputMessage) -> None:
        """Send input where the mode has input."""
        if self._state.may_control and self._state.is_running:
            for message in messages:
                self._commands.send_input(message)

    # Steps.

    def _start(self, event: SessionStarted) -> None:
        self._pointer = None
        has_screen = event.mode in _MODES_WITH_SCREEN
        self._state = SessionState(
            phase=SessionPhase.WAITING_FOR_PICTURE if has_screen else SessionPhase.NO_SCREEN,
            title=sentences.session_title(event.user_name, event.computer_name, event.mode),
            computer=display_name(event.computer_name),
            user=display_name(event.user_name),
            operating_system=display_name(event.operating_system),
            mode=event.mode,
            mode_name=sentences.mode_name(event.mode),
            security_number=event.security_number,
            may_control=event.mode is SessionMode.ACTIVE,
            kind=StatusKind.WORKING if has_screen else StatusKind.INFO,
            message=sentences.waiting_for_picture()
            if has_screen
            else sentences.no_screen_in_mode(event.mode),
        )
        self.state_changed.emit(self._state)

    def _handle_screen(self, message: object) -> None:
        match message:
            case ScreenUnavailable(cause):
                self._set(
                    phase=SessionPhase.UNAVAILABLE,
                    kind=StatusKind.WARNING,
                    message=sentences.screen_unavailable(cause),
                )
            case CursorShape():
                self.cursor_shaped.emit(message)
            case CursorMoved(x, y):
                self.cursor_moved.emit(x, y)
            case CursorHidden():
                self.cursor_hidden.emit()

    def _end(self, reason: EndReason, by_other_side: bool) -> None:
        if reason is EndReason.CANCELLED and not by_other_side:
            self.close()  # Cancel was pressed just as the user accepted
            return
        self._set(
            phase=SessionPhase.ENDED,
            may_control=False,
            has_keyboard=False,
            quality=None,
            kind=StatusKind.INFO if _is_ordinary(reason) else StatusKind.ERROR,
            message=sentences.session_ended(reason, by_other_side, self._state.computer),
        )

    def _set(self, **changes: object) -> None:
        changed = replace(self._state, **changes)  # type: ignore[arg-type]  # names of fields
        if changed != self._state:
            self._state = changed
            self.state_changed.emit(changed)


def _quality(measured: TrafficMeasured) -> Quality:
    seconds = measured.round_trip_seconds
    return Quality(
        frames_per_second=measured.frames_per_second,
        round_trip_milliseconds=None if seconds is None else round(seconds * 1000),
        megabits_per_second=measured.megabits_per_second,
    )


def _is_ordinary(reason: EndReason) -> bool:
    """Tell whether somebody wanted this end."""
    return reason in (
        EndReason.CONTROLLER_ENDED,
        EndReason.CONTROLLER_QUIT,
        EndReason.TARGET_ENDED,
        EndReason.TARGET_QUIT,
        EndReason.TIME_OVER,
    )
