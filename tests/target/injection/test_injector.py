"""The injector's books: what is refused, what passes, and that nothing stays down."""

import random
from dataclasses import dataclass, field

import pytest

from common.protocol.session_messages import (
    AllReleased,
    ButtonPressed,
    ButtonReleased,
    InputMessage,
    KeyPressed,
    KeyReleased,
    PointerButton,
    PointerMoved,
    TextTyped,
    WheelTurned,
)
from target_app.injection.contract import InjectionProblem, InjectionUnavailable
from target_app.injection.injector import PANIC_KEY, Injector, Refusal
from target_app.injection.wheel import WheelAccumulator

CUTS = 10_000


@dataclass(slots=True)
class RecordingSink:
    """An InputSink that writes down what it is asked for and keeps what is down."""

    done: list[tuple[object, ...]] = field(default_factory=list)
    down: set[object] = field(default_factory=set)
    is_lost: bool = False
    is_closed: bool = False

    def move_pointer(self, x: int, y: int) -> None:
        self.done.append(("move", x, y))

    def press_button(self, button: PointerButton) -> None:
        self.done.append(("press", button))
        self.down.add(button)

    def release_button(self, button: PointerButton) -> None:
        self.done.append(("release", button))
        self.down.discard(button)

    def turn_wheel(self, horizontal: int, vertical: int) -> None:
        self.done.append(("wheel", horizontal, vertical))

    def press_key(self, physical: int, character: str) -> None:
        self.done.append(("press", physical, character))
        self.down.add((physical, character))

    def release_key(self, physical: int, character: str) -> None:
        self.done.append(("release", physical, character))
        self.down.discard((physical, character))

    def type_text(self, text: str) -> None:
        self.done.append(("text", text))

    def release_all(self) -> None:
        self.done.append(("release all",))
        self.down.clear()

    @property
    def is_holding(self) -> bool:
        return bool(self.down)

    def close(self) -> None:
        if self.is_lost:
            raise InjectionUnavailable(InjectionProblem.NO_DISPLAY)
        self.is_closed = True
        self.down.clear()


@dataclass(slots=True)
class SetGuard:
    """An OwnWindowGuard that is told: an own window covers everything left of x = 100."""

    has_window: bool = False
    is_pointer_inside: bool = False
    has_focus: bool = False

    def forbids_pointer_at(self, x: int, y: int) -> bool:
        return self.has_window and x < 100

    def forbids_buttons(self) -> bool:
        return self.is_pointer_inside

    def forbids_keys(self) -> bool:
        return self.is_pointer_inside or self.has_focus


@dataclass(slots=True)
class EndedWatchdog:
    """Remembers that it was ended."""

    is_closed: bool = False

    def close(self) -> None:
        self.is_closed = True


@pytest.fixture
def sink() -> RecordingSink:
    return RecordingSink()


@pytest.fixture
def guard() -> SetGuard:
    return SetGuard()


@pytest.fixture
def injector(sink: RecordingSink, guard: SetGuard) -> Injector:
    return Injector(sink, guard)


LEFT = PointerButton.LEFT


def test_a_press_moves_to_its_place_first(injector: Injector, sink: RecordingSink) -> None:
    assert injector.carry_out(ButtonPressed(LEFT, 5, 6)) is None
    assert injector.carry_out(ButtonReleased(LEFT, 7, 8)) is None

    assert sink.done == [("move", 5, 6), ("press", LEFT), ("move", 7, 8), ("release", LEFT)]


def test_keys_text_and_wheel_are_passed_on(injector: Injector, sink: RecordingSink) -> None:
    for message in (KeyPressed(4, "a"), KeyReleased(4, "a"), TextTyped("é"), WheelTurned(1, -2)):
        assert injector.carry_out(message) is None

    assert sink.done == [*(("press", 4, "a"), ("release", 4, "a"), ("text", "é"), ("wheel", 1, -2))]


def test_a_move_onto_an_own_window_is_refused(
    injector: Injector, sink: RecordingSink, guard: SetGuard
) -> None:
    guard.has_window = True

    assert injector.carry_out(PointerMoved(50, 1)) is Refusal.POINTER
    assert injector.carry_out(PointerMoved(150, 1)) is None
    assert sink.done == [("move", 150, 1)]


def test_a_press_on_an_own_window_neither_moves_nor_presses(
    injector: Injector, sink: RecordingSink, guard: SetGuard
) -> None:
    guard.has_window = True

    assert injector.carry_out(ButtonPressed(LEFT, 50, 1)) is Refusal.BUTTON
    assert sink.done == []


def test_a_press_is_refused_when_it_would_reach_an_own_menu(
    injector: Injector, sink: RecordingSink, guard: SetGuard
) -> None:
    guard.is_pointer_inside = True

    assert injector.carry_out(ButtonPressed(LEFT, 150, 1)) is Refusal.BUTTON
    assert ("press", LEFT) not in sink.done


@pytest.mark.parametrize(
    ("message", "refusal"),
    [
        (WheelTurned(0, 120), Refusal.WHEEL),
        (KeyPressed(4, "a"), Refusal.KEY),
        (TextTyped("a"), Refusal.KEY),
    ],
)
def test_with_the_pointer_on_an_own_window_nothing_is_injected(
    injector: Injector,
    sink: RecordingSink,
    guard: SetGuard,
    message: InputMessage,
    refusal: Refusal,
) -> None:
    guard.is_pointer_inside = True

    assert injector.carry_out(message) is refusal
    assert sink.done == []


def test_with_the_focus_on_an_own_window_keys_are_refused_and_clicks_elsewhere_pass(
    injector: Injector, guard: SetGuard
) -> None:
    guard.has_focus = True

    assert injector.carry_out(KeyPressed(4, "a")) is Refusal.KEY
    assert injector.carry_out(ButtonPressed(LEFT, 150, 1)) is None


def test_the_panic_key_is_the_users_alone(injector: Injector, sink: RecordingSink) -> None:
    assert injector.carry_out(KeyPressed(PANIC_KEY, "")) is Refusal.KEY
    assert injector.carry_out(KeyReleased(PANIC_KEY, "")) is None
    assert not sink.is_holding


def test_what_was_held_before_an_own_window_came_is_released(
    injector: Injector, sink: RecordingSink, guard: SetGuard
) -> None:
    injector.carry_out(KeyPressed(4, "a"))
    injector.carry_out(ButtonPressed(LEFT, 50, 1))
    guard.has_window = guard.is_pointer_inside = guard.has_focus = True

    injector.carry_out(KeyReleased(4, "a"))
    injector.carry_out(ButtonReleased(LEFT, 50, 1))

    assert not injector.is_holding
    assert sink.done[-1] == ("release", LEFT)  # where the pointer is, without a move


def test_refusals_are_counted_and_taken_once(injector: Injector, guard: SetGuard) -> None:
    guard.is_pointer_inside = True
    for _ in range(3):
        injector.carry_out(KeyPressed(4, "a"))
    injector.carry_out(WheelTurned(0, 120))

    assert injector.take_refusals() == {Refusal.KEY: 3, Refusal.WHEEL: 1}
    assert injector.take_refusals() == {}


@pytest.mark.parametrize("is_lost", [False, True])
def test_closing_ends_sink_and_watchdog_also_when_the_system_has_gone(is_lost: bool) -> None:
    sink, watchdog = RecordingSink(is_lost=is_lost), EndedWatchdog()

    Injector(sink, SetGuard(), watchdog).close()

    assert sink.is_closed is not is_lost
    assert watchdog.is_closed


def random_message(source: random.Random) -> InputMessage:
    x, y = source.randrange(200), source.randrange(200)
    button = source.choice(list(PointerButton))
    key = (source.choice((0, 4, 5, 0xE0, 0xE1)), source.choice(("", "a", "ä", "漢")))
    return source.choice(
        (
            PointerMoved(x, y),
            ButtonPressed(button, x, y),
            ButtonReleased(button, x, y),
            WheelTurned(x - 100, y - 100),
            KeyPressed(*key),
            KeyReleased(*key),
            TextTyped("漢a"),
        )
    )


@pytest.mark.parametrize("ending", ["release_all", "all released", "close"])
def test_ten_thousand_random_cuts_leave_nothing_down(ending: str) -> None:
    source = random.Random(f"cuts by {ending}")
    cuts_while_held = 0
    for _ in range(CUTS):
        sink, guard = RecordingSink(), SetGuard()
        injector = Injector(sink, guard, EndedWatchdog())
        for _ in range(source.randrange(1, 12)):
            guard.has_window = source.random() < 0.2
            guard.is_pointer_inside = source.random() < 0.1
            injector.carry_out(random_message(source))
        guard.is_pointer_inside = guard.has_focus = source.random() < 0.5
        cuts_while_held += injector.is_holding
        if ending == "release_all":
            injector.release_all()
        elif ending == "all released":
            injector.carry_out(AllReleased())
        else:
            injector.close()
        assert sink.down == set()
    assert cuts_while_held > CUTS / 2


@pytest.mark.parametrize(
    ("turns", "notches"),
    [
        ([120], [1]),
        ([60, 60], [0, 1]),
        ([-40] * 6, [0, 0, -1, 0, 0, -1]),
        ([119, -1, -119], [0, 0, -1]),
        ([32767], [273]),
        ([0, 0], [0, 0]),
    ],
)
def test_parts_of_notches_are_gathered(turns: list[int], notches: list[int]) -> None:
    wheel = WheelAccumulator()

    assert [wheel.turn(units) for units in turns] == notches
