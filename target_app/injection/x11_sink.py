"""Pointer and keys on X11, by the XTEST extension.

Keys that go by their place are pressed as they are. Characters are typed by the target's own
layout: `x11_keymap` says which key and which modifiers, this carries it out, and what the
layout lacks gets a spare keycode. Modifiers that are moved for a character stay moved until
its key is up or something else comes, so that the X server's own repetition types the same
character. Driven by the injector; knows no sessions and no windows.
"""

import time
from collections.abc import Callable, Iterable
from typing import Final

from Xlib import X

from common.protocol.physical_keys import is_keypad, key_at
from common.protocol.session_messages import PointerButton
from target_app.injection.contract import HoldKind, HoldRecorder
from target_app.injection.wheel import WheelAccumulator
from target_app.injection.x11_connection import X11Connection, noticing_the_loss
from target_app.injection.x11_keymap import Keymap, Plan, Wish
from target_app.injection.x11_keysyms import character_of, is_typeable, keysym_of
from target_app.injection.x11_spare_keys import Choice, SpareKeys

_BUTTON_NUMBERS: Final = {
    PointerButton.LEFT: 1,
    PointerButton.MIDDLE: 2,
    PointerButton.RIGHT: 3,
    PointerButton.BACK: 8,
    PointerButton.FORWARD: 9,
}
_WHEEL_UP, _WHEEL_DOWN, _WHEEL_LEFT, _WHEEL_RIGHT = 4, 5, 6, 7
_KEYS_IN_TEXT: Final = {"\n": 0x28, "\r": 0x28, "\t": 0x2B}
_EMPTY_KEYSYM: Final = 0


class X11Sink:
    """An InputSink on one X server. What it holds is told to the recorder first."""

    def __init__(
        self,
        connection: X11Connection,
        recorder: HoldRecorder,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._connection = connection
        self._recorder = recorder
        self._sleep = sleep
        self._keys: dict[tuple[int, str], int] = {}
        self._buttons: dict[PointerButton, int] = {}
        self._moved: Plan | None = None
        self._vertical = WheelAccumulator()
        self._horizontal = WheelAccumulator()
        self._spare_keys = SpareKeys()

    # The pointer.

    @noticing_the_loss()
    def move_pointer(self, x: int, y: int) -> None:
        """Put the pointer at this place of the root window."""
        display = self._connection.display
        display.xtest_fake_input(X.MotionNotify, 0, root=self._connection.root, x=x, y=y)
        self._connection.flush()

    @noticing_the_loss()
    def press_button(self, button: PointerButton) -> None:
        """Press the button that means this to the target, left-handed or not."""
        if button in self._buttons:
            return
        self._put_modifiers_back()
        device_button = self._connection.device_button(_BUTTON_NUMBERS[button])
        if device_button is None:
            return
        self._buttons[button] = device_button
        self._recorder.hold(HoldKind.BUTTON, device_button)
        self._send_button(device_button, is_down=True)
        self._connection.flush()

    @noticing_the_loss()
    def release_button(self, button: PointerButton) -> None:
        """Release a button that this sink holds."""
        device_button = self._buttons.pop(button, None)
        if device_button is not None:
            self._send_button(device_button, is_down=False)
            self._connection.flush()
            self._recorder.let_go(HoldKind.BUTTON, device_button)

    @noticing_the_loss()
    def turn_wheel(self, horizontal: int, vertical: int) -> None:
        """Turn the wheels; whole notches are clicks of the buttons 4 to 7."""
        self._put_modifiers_back()
        self._click_wheel(self._vertical.turn(vertical), _WHEEL_UP, _WHEEL_DOWN)
        self._click_wheel(self._horizontal.turn(horizontal), _WHEEL_RIGHT, _WHEEL_LEFT)
        self._connection.flush()

    def _click_wheel(self, notches: int, forward: int, back: int) -> None:
        for _ in range(abs(notches)):
            for is_down in (True, False):
                self._send_button(forward if notches > 0 else back, is_down)

    def _send_button(self, device_button: int, is_down: bool) -> None:
        kind = X.ButtonPress if is_down else X.ButtonRelease
        self._connection.display.xtest_fake_input(kind, device_button)

    # Keys.

    @noticing_the_loss()
    def press_key(self, physical: int, character: str) -> None:
        """Press the key of a character, or a place. A key that is down already is pressed anew."""
        self._put_modifiers_back()
        self.release_key(physical, character)
        place = key_at(physical)
        place_keycode = place.x_keycode if place else 0
        keycode = place_keycode
        if is_typeable(character):
            keycode = self._make_ready(character, place_keycode, is_keypad(physical))
        if keycode:
            self._release_keycode(keycode)
            self._keys[physical, character] = keycode
            self._send_key(keycode, is_down=True)
        self._connection.flush()

    @noticing_the_loss()
    def release_key(self, physical: int, character: str) -> None:
        """Release a key that this sink holds, then put back the modifiers moved for it."""
        keycode = self._keys.pop((physical, character), None)
        if keycode is not None:
            self._send_key(keycode, is_down=False)
            self._put_modifiers_back()
            self._connection.flush()

    @noticing_the_loss()
    def type_text(self, text: str) -> None:
        """Type text, character by character; new characters get their keys beforehand."""
        self._borrow_ahead(text)
        for character in text:
            if character in _KEYS_IN_TEXT:
                self.press_key(_KEYS_IN_TEXT[character], "")
                self.release_key(_KEYS_IN_TEXT[character], "")
            elif is_typeable(character):
                self.press_key(0, character)
                self.release_key(0, character)

    def _send_key(self, keycode: int, is_down: bool) -> None:
        """Press or release a keycode; it is on record for as long as it may be down."""
        if is_down:
            self._recorder.hold(HoldKind.KEY, keycode)
        kind = X.KeyPress if is_down else X.KeyRelease
        self._connection.display.xtest_fake_input(kind, keycode)
        if not is_down:
            self._connection.flush()
            self._recorder.let_go(HoldKind.KEY, keycode)

    def _release_keycode(self, keycode: int) -> None:
        """Release a keycode that another key or character holds: it is about to be pressed."""
        for name in [name for name, held in self._keys.items() if held == keycode]:
            del self._keys[name]
            self._send_key(keycode, is_down=False)

    # Characters.

    def _make_ready(self, character: str, place_keycode: int, is_keypad_key: bool) -> int:
        """Move the modifiers for a character; gives the keycode to press, 0 if there is none."""
        plan = self._find_plan(character, place_keycode, is_keypad_key)
        if plan is None:
            plan = self._borrow(character, place_keycode)
        if plan is None:
            return 0
        self._spare_keys.note_use(plan.keycode, time.monotonic())
        self._move_modifiers(plan)
        return plan.keycode

    def _find_plan(self, character: str, place_keycode: int, is_keypad_key: bool) -> Plan | None:
        state = self._connection.keyboard_state()
        keymap = self._connection.keymap()
        held = frozenset(self._keys.values())
        if is_keypad_key:
            plan = keymap.plan(Wish(character, place_keycode, held, is_keypad=True), state)
            if plan is not None and plan.keycode == place_keycode:
                return plan
        return keymap.plan(Wish(character, place_keycode, held), state)

    def _borrow(self, character: str, place_keycode: int) -> Plan | None:
        """Give a spare keycode to a character that the layout lacks."""
        keymap = self._connection.keymap()
        self._forget_lost_loans(keymap)
        loan = self._spare_keys.lend(character, self._choice(keymap), time.monotonic())
        if loan is None:
            return None
        if loan.is_new:
            self._sleep(loan.wait_seconds)
            self._bind(loan.keycode, character)
            self._connection.synchronise()
        return self._find_plan(character, place_keycode, is_keypad_key=False)

    def _borrow_ahead(self, text: str) -> None:
        """Bind all new characters of a text at once: programs read each change of the map."""
        group = self._connection.keyboard_state().group
        keymap = self._connection.keymap()
        self._forget_lost_loans(keymap)
        now = time.monotonic()
        choice = self._choice(keymap)
        for character in dict.fromkeys(filter(is_typeable, text)):
            if keymap.keycodes_for(character, group):
                continue
            if len(self._spare_keys.lent) >= len(choice.free):
                break
            loan = self._spare_keys.lend(character, choice, now)
            if loan is not None and loan.is_new:
                self._bind(loan.keycode, character)
        self._connection.synchronise()

    def _choice(self, keymap: Keymap) -> Choice:
        return Choice(keymap.free_keycodes(), frozenset(self._keys.values()))

    def _forget_lost_loans(self, keymap: Keymap) -> None:
        """Forget what no longer types its character: somebody set a layout."""
        for character, keycode in self._spare_keys.lent.items():
            if not _types(keymap, keycode, character):
                self._spare_keys.forget(keycode)
                self._recorder.let_go(HoldKind.BORROWED_KEYCODE, keycode)

    def _bind(self, keycode: int, character: str) -> None:
        self._recorder.hold(HoldKind.BORROWED_KEYCODE, keycode)
        self._connection.bind(keycode, keysym_of(character))

    def _move_modifiers(self, plan: Plan) -> None:
        for keycode in plan.lift:
            self._send_key(keycode, is_down=False)
        for keycode in plan.add:
            self._send_key(keycode, is_down=True)
        if plan.lock_mask:
            self._connection.set_locks(plan.lock_mask, plan.lock_values)
        self._moved = plan

    def _put_modifiers_back(self) -> None:
        """Undo what was moved for the last character."""
        plan, self._moved = self._moved, None
        if plan is None:
            return
        if plan.lock_mask:
            self._connection.set_locks(plan.lock_mask, plan.lock_mask & ~plan.lock_values)
        for keycode in plan.add:
            self._send_key(keycode, is_down=False)
        for keycode in plan.lift:
            if keycode in self._keys.values():
                self._send_key(keycode, is_down=True)

    # The end.

    @property
    def is_holding(self) -> bool:
        """Whether a key or button is down by this sink."""
        return bool(self._keys or self._buttons)

    @noticing_the_loss()
    def release_all(self) -> None:
        """Let go of all keys, buttons and moved modifiers, and wait until it is done."""
        self._put_modifiers_back()
        for name in list(self._keys):
            self.release_key(*name)
        for button in list(self._buttons):
            self.release_button(button)
        self._vertical = WheelAccumulator()
        self._horizontal = WheelAccumulator()
        self._connection.synchronise()

    @noticing_the_loss()
    def close(self) -> None:
        """Let go of everything, give the spare keycodes back, disconnect.

        Waits up to SETTLE_SECONDS, so that the last borrowed character is still read.
        """
        try:
            self.release_all()
            self._give_back_spare_keys()
        finally:
            self._connection.close()

    def _give_back_spare_keys(self) -> None:
        self._sleep(max(0.0, self._spare_keys.seconds_to_settle(time.monotonic())))
        self._connection.keyboard_state()
        keymap = self._connection.keymap()
        for character, keycode in self._spare_keys.lent.items():
            if _types(keymap, keycode, character):
                self._connection.bind(keycode, _EMPTY_KEYSYM)
            self._recorder.let_go(HoldKind.BORROWED_KEYCODE, keycode)
        self._connection.synchronise()


def _types(keymap: Keymap, keycode: int, character: str) -> bool:
    """Tell whether a keycode types this character and no other."""
    key = keymap.keys.get(keycode)
    if key is None or key.is_empty():
        return False
    return all(character_of(keysym) == character for keysym in key.group(0)[1] if keysym)


def release_left_behind(display_name: str, held: Iterable[tuple[int, int]]) -> None:
    """Let go of what a dead sink held, as (HoldKind value, code). For the watchdog's process."""
    connection = X11Connection(display_name)
    for kind, code in held:
        match HoldKind(kind):
            case HoldKind.KEY:
                connection.display.xtest_fake_input(X.KeyRelease, code)
            case HoldKind.BUTTON:
                connection.display.xtest_fake_input(X.ButtonRelease, code)
            case HoldKind.BORROWED_KEYCODE:
                connection.bind(code, _EMPTY_KEYSYM)
    connection.synchronise()
    connection.close()
