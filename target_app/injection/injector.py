"""Carries out the controller's gestures: the one place that calls a sink.

Asks the guard before each gesture, and keeps the books: what is held, so that its release
always passes, and how much was refused, so that the runner can say so in the log (never
which key). Driven by the target's runner with messages that the session has allowed; knows no
sessions, no policies and no system.
"""

import contextlib
from collections import Counter
from collections.abc import Mapping
from enum import Enum
from typing import Final, Protocol, assert_never

from common.protocol.physical_keys import usage_of
from common.protocol.session_messages import (
    AllReleased,
    ButtonPressed,
    ButtonReleased,
    InputMessage,
    KeyPressed,
    KeyReleased,
    PointerMoved,
    TextTyped,
    WheelTurned,
)
from target_app.injection.contract import InjectionUnavailable, InputSink, OwnWindowGuard

PANIC_KEY: Final = usage_of("Pause")
"""The key by which the target's user ends a session at once; it is the user's alone."""


class Refusal(Enum):
    """What was kept from a window of our own; the value is for the log."""

    POINTER = "pointer"
    BUTTON = "button"
    WHEEL = "wheel"
    KEY = "key"


class Closeable(Protocol):
    """Something that lives as long as the injector, such as the watchdog."""

    def close(self) -> None:
        """End it."""


class Injector:
    """A sink behind a guard. One thread owns it.

    May raise InjectionUnavailable from any method when the system has gone.
    """

    def __init__(
        self, sink: InputSink, guard: OwnWindowGuard, watchdog: Closeable | None = None
    ) -> None:
        self._sink = sink
        self._guard = guard
        self._watchdog = watchdog
        self._refused: Counter[Refusal] = Counter()

    @property
    def is_holding(self) -> bool:
        """Whether a key or button is down."""
        return self._sink.is_holding

    def carry_out(self, message: InputMessage) -> Refusal | None:
        """Do what the message says; gives what was refused of it, None if nothing was."""
        refusal = self._carry_out(message)
        if refusal is not None:
            self._refused[refusal] += 1
        return refusal

    def _carry_out(self, message: InputMessage) -> Refusal | None:
        match message:
            case PointerMoved():
                return None if self._move(message.x, message.y) else Refusal.POINTER
            case ButtonPressed():
                return self._press_button(message)
            case ButtonReleased():
                self._move(message.x, message.y)
                self._sink.release_button(message.button)
            case WheelTurned():
                return self._turn_wheel(message)
            case KeyPressed():
                return self._press_key(message)
            case KeyReleased():
                self._sink.release_key(message.physical, message.character)
            case TextTyped():
                return self._type_text(message)
            case AllReleased():
                self._sink.release_all()
            case _:
                assert_never(message)
        return None

    def _move(self, x: int, y: int) -> bool:
        """Move the pointer, unless a window of our own is there."""
        if self._guard.forbids_pointer_at(x, y):
            return False
        self._sink.move_pointer(x, y)
        return True

    def _press_button(self, message: ButtonPressed) -> Refusal | None:
        """Move first: a press belongs to its place. Where the pointer may not go, nor may it."""
        if not self._move(message.x, message.y) or self._guard.forbids_buttons():
            return Refusal.BUTTON
        self._sink.press_button(message.button)
        return None

    def _turn_wheel(self, message: WheelTurned) -> Refusal | None:
        if self._guard.forbids_buttons():
            return Refusal.WHEEL
        self._sink.turn_wheel(message.horizontal, message.vertical)
        return None

    def _press_key(self, message: KeyPressed) -> Refusal | None:
        if self._guard.forbids_keys() or message.physical == PANIC_KEY:
            return Refusal.KEY
        self._sink.press_key(message.physical, message.character)
        return None

    def _type_text(self, message: TextTyped) -> Refusal | None:
        if self._guard.forbids_keys():
            return Refusal.KEY
        self._sink.type_text(message.text)
        return None

    def take_refusals(self) -> Mapping[Refusal, int]:
        """Tell how many gestures were refused since the last call."""
        refused, self._refused = self._refused, Counter()
        return refused

    def release_all(self) -> None:
        """Let go of all keys and buttons."""
        self._sink.release_all()

    def close(self) -> None:
        """Let go of everything and end, also when the system has gone. Not to be used after."""
        try:
            with contextlib.suppress(InjectionUnavailable):
                self._sink.close()
        finally:
            if self._watchdog is not None:
                self._watchdog.close()
