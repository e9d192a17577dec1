"""A connection to an X server for injection: opened, with the requests python-xlib lacks.

Owns the five XKEYBOARD requests that typing by character needs, and nothing of what to type.
The sink and the guard share one connection, so that the server sees their requests in order.
Source: "The X Keyboard Extension: Protocol Specification", appendix D (request encodings).
"""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any, Final

import Xlib.error
from Xlib.display import Display
from Xlib.protocol import event, rq

from target_app.injection.contract import InjectionProblem, InjectionUnavailable
from target_app.injection.x11_keymap import KeyboardState, Keymap, MapHeader, read_keymap

_EXTENSION: Final = "XKEYBOARD"
_CORE_KEYBOARD: Final = 0x100
_KEY_TYPES, _KEY_SYMBOLS, _KEY_ACTIONS = 0x01, 0x02, 0x10
_NEW_KEYBOARD, _MAP_CHANGED = 0x01, 0x02


class _UseExtension(rq.ReplyRequest):  # type: ignore[misc]  # python-xlib has no types
    _request = rq.Struct(
        rq.Card8("opcode"),
        rq.Opcode(0),
        rq.RequestLength(),
        rq.Card16("wanted_major"),
        rq.Card16("wanted_minor"),
    )
    _reply = rq.Struct(
        rq.ReplyCode(),
        rq.Bool("is_supported"),
        rq.Card16("sequence_number"),
        rq.ReplyLength(),
        rq.Card16("major"),
        rq.Card16("minor"),
        rq.Pad(20),
    )


class _SelectEvents(rq.Request):  # type: ignore[misc]  # python-xlib has no types
    _request = rq.Struct(
        rq.Card8("opcode"),
        rq.Opcode(1),
        rq.RequestLength(),
        rq.Card16("device"),
        rq.Card16("affect_which"),
        rq.Card16("clear"),
        rq.Card16("select_all"),
        rq.Card16("affect_map"),
        rq.Card16("map"),
    )


class _GetState(rq.ReplyRequest):  # type: ignore[misc]  # python-xlib has no types
    _request = rq.Struct(
        rq.Card8("opcode"), rq.Opcode(4), rq.RequestLength(), rq.Card16("device"), rq.Pad(2)
    )
    _reply = rq.Struct(
        rq.ReplyCode(),
        rq.Card8("device"),
        rq.Card16("sequence_number"),
        rq.ReplyLength(),
        rq.Card8("modifiers"),
        rq.Card8("base"),
        rq.Card8("latched"),
        rq.Card8("locked"),
        rq.Card8("group"),
        rq.Pad(19),
    )


class _LatchLockState(rq.Request):  # type: ignore[misc]  # python-xlib has no types
    _request = rq.Struct(
        rq.Card8("opcode"),
        rq.Opcode(5),
        rq.RequestLength(),
        rq.Card16("device"),
        rq.Card8("affect_locks"),
        rq.Card8("locks"),
        rq.Bool("sets_group"),
        rq.Card8("group"),
        rq.Card8("affect_latches"),
        rq.Card8("latches"),
        rq.Pad(1),
        rq.Bool("latches_group"),
        rq.Card16("latched_group"),
    )


class _GetMap(rq.ReplyRequest):  # type: ignore[misc]  # python-xlib has no types
    _request = rq.Struct(
        rq.Card8("opcode"),
        rq.Opcode(8),
        rq.RequestLength(),
        rq.Card16("device"),
        rq.Card16("full"),
        rq.Card16("partial"),
        rq.Pad(16),
        rq.Pad(2),
    )
    _reply = rq.Struct(
        rq.ReplyCode(),
        rq.Card8("device"),
        rq.Card16("sequence_number"),
        rq.ReplyLength(),
        rq.Pad(2),
        rq.Card8("first_keycode"),
        rq.Card8("last_keycode"),
        rq.Card16("present"),
        rq.Card8("first_type"),
        rq.Card8("type_count"),
        rq.Card8("all_types"),
        rq.Card8("first_symbol_key"),
        rq.Card16("symbol_count"),
        rq.Card8("symbol_key_count"),
        rq.Card8("first_action_key"),
        rq.Card16("action_count"),
        rq.Card8("action_key_count"),
        rq.Pad(15),
        rq.Binary("body", pad=0),
    )


@contextlib.contextmanager
def noticing_the_loss() -> Iterator[None]:
    """Turn the loss of the server into InjectionUnavailable; for what the injector calls."""
    try:
        yield
    except (Xlib.error.ConnectionClosedError, OSError) as error:
        raise InjectionUnavailable(InjectionProblem.NO_DISPLAY, str(error)) from None


class X11Connection:
    """One connection to an X server that has XTEST and XKEYBOARD.

    Raises InjectionUnavailable when it can't be made. One thread owns it.
    """

    def __init__(self, display_name: str | None = None) -> None:
        try:
            self.display = Display(display_name)
        except (Xlib.error.DisplayError, OSError) as error:
            raise InjectionUnavailable(InjectionProblem.NO_DISPLAY, str(error)) from None
        self.root = self.display.screen().root
        self._opcode = self._find_extensions()
        self._is_map_stale = True
        self._keymap = Keymap({}, {})
        self.listeners: list[Callable[[Any], None]] = []
        # Errors come long after their request, about windows that are gone by then.
        self.display.set_error_handler(lambda *_: None)
        # A program that grabs the server must not hold up the release of keys.
        self.display.xtest_grab_control(True)
        self._select_keyboard_changes()

    def _find_extensions(self) -> int:
        extension = self.display.query_extension(_EXTENSION)
        if extension is None or not extension.present or not self.display.has_extension("XTEST"):
            self.display.close()
            raise InjectionUnavailable(InjectionProblem.EXTENSION_MISSING)
        opcode: int = extension.major_opcode
        used = _UseExtension(
            display=self.display.display, opcode=opcode, wanted_major=1, wanted_minor=0
        )
        if not used.is_supported:
            self.display.close()
            raise InjectionUnavailable(InjectionProblem.EXTENSION_MISSING)
        self._keyboard_event = extension.first_event
        return opcode

    def _select_keyboard_changes(self) -> None:
        both = _NEW_KEYBOARD | _MAP_CHANGED
        _SelectEvents(
            display=self.display.display,
            opcode=self._opcode,
            device=_CORE_KEYBOARD,
            affect_which=both,
            clear=0,
            select_all=both,
            affect_map=0xFF,
            map=0xFF,
        )

    def keyboard_state(self) -> KeyboardState:
        """Ask for group and modifiers. What changed the map before the answer is noted."""
        reply = _GetState(display=self.display.display, opcode=self._opcode, device=_CORE_KEYBOARD)
        self.note_events()
        return KeyboardState(reply.group, reply.base, reply.latched, reply.locked)

    def keymap(self) -> Keymap:
        """Tell the keyboard map, asking for it again where it may have changed.

        Call it after `keyboard_state`, whose answer brings the news of changes.
        """
        if self._is_map_stale:
            self._is_map_stale = False
            self._keymap = self._ask_for_map()
        return self._keymap

    def _ask_for_map(self) -> Keymap:
        reply = _GetMap(
            display=self.display.display,
            opcode=self._opcode,
            device=_CORE_KEYBOARD,
            full=_KEY_TYPES | _KEY_SYMBOLS | _KEY_ACTIONS,
            partial=0,
        )
        header = MapHeader(
            type_count=reply.type_count,
            first_symbol_key=reply.first_symbol_key,
            symbol_key_count=reply.symbol_key_count,
            first_action_key=reply.first_action_key,
            action_key_count=reply.action_key_count,
        )
        return read_keymap(header, bytes(reply.body))

    def note_events(self) -> None:
        """Take what the server has said so far; any answer brings all that came before it."""
        for _ in range(self.display.pending_events()):
            arrived: Any = self.display.next_event()
            if arrived.type == self._keyboard_event or isinstance(arrived, event.MappingNotify):
                self._is_map_stale = True
            for listener in self.listeners:
                listener(arrived)

    def set_locks(self, mask: int, values: int) -> None:
        """Set the locked modifiers of `mask` to `values`."""
        _LatchLockState(
            display=self.display.display,
            opcode=self._opcode,
            device=_CORE_KEYBOARD,
            affect_locks=mask,
            locks=values,
            sets_group=False,
            group=0,
            affect_latches=0,
            latches=0,
            latches_group=False,
            latched_group=0,
        )

    def bind(self, keycode: int, keysym: int) -> None:
        """Give a keycode this keysym on both its levels, so that Shift makes no difference."""
        self.display.change_keyboard_mapping(keycode, [(keysym, keysym)])
        self._is_map_stale = True

    def device_button(self, meaning: int) -> int | None:
        """Find the device's button that means this button; they differ for the left-handed."""
        mapping = list(self.display.get_pointer_mapping())
        return mapping.index(meaning) + 1 if meaning in mapping else None

    def flush(self) -> None:
        """Send what waits."""
        self.display.flush()

    def synchronise(self) -> None:
        """Send what waits and wait until the server has carried it out."""
        self.display.sync()

    def close(self) -> None:
        """Disconnect. Once the server has gone, there is nothing left to do."""
        with contextlib.suppress(Xlib.error.ConnectionClosedError, OSError):
            self.display.close()
        self.display.display.socket.close()  # python-xlib leaves it open when the server went
