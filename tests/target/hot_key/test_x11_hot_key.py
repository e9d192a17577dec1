"""The Pause key on a real X server, pressed as a user presses it."""

import pytest
from pytestqt.qtbot import QtBot

from target_app.hot_key.chooser import choose_hot_key
from target_app.hot_key.contract import NoHotKey
from target_app.hot_key.x11_hot_key import X11HotKey
from tests.support.displays import VirtualDisplay


class Presses:
    """Counts."""

    def __init__(self) -> None:
        self.count = 0

    def take(self) -> None:
        self.count += 1


@pytest.mark.parametrize(
    "pressed",
    [["Pause"], ["ctrl+Pause"], ["Num_Lock", "Pause"], ["Caps_Lock", "Pause"], ["a", "Pause"]],
)
def test_pause_is_heard_wherever_the_focus_is_and_whatever_is_locked(
    display: VirtualDisplay, qtbot: QtBot, pressed: list[str]
) -> None:
    presses = Presses()
    key = X11HotKey(display.name)
    assert key.start(presses.take)
    display.press(*pressed)
    qtbot.waitUntil(lambda: presses.count == 1, timeout=5000)
    key.stop()


def test_the_key_is_given_back_and_can_be_had_again(display: VirtualDisplay, qtbot: QtBot) -> None:
    presses = Presses()
    first, second = X11HotKey(display.name), X11HotKey(display.name)
    assert first.start(presses.take)
    assert not second.start(presses.take)  # the first one has it
    first.stop()
    first.stop()
    assert second.start(presses.take)
    second.stop()


def test_pressing_may_stop_the_key_itself(display: VirtualDisplay, qtbot: QtBot) -> None:
    presses = Presses()
    key = X11HotKey(display.name)

    def stop() -> None:
        presses.take()
        key.stop()

    assert key.start(stop)
    display.press("Pause", "Pause")
    qtbot.waitUntil(lambda: presses.count == 1, timeout=5000)
    assert key.start(presses.take)  # the server has taken the grab away
    key.stop()


def test_a_changed_layout_does_not_lose_the_key(display: VirtualDisplay, qtbot: QtBot) -> None:
    presses = Presses()
    key = X11HotKey(display.name)
    assert key.start(presses.take)
    display.run(["xmodmap", "-e", "keycode 97 = Pause", "-e", "keycode 127 = F20"])

    def pressed() -> bool:
        display.xdotool("key", "Pause")
        return presses.count > 0

    qtbot.waitUntil(pressed, timeout=5000)
    key.stop()


def test_a_server_that_goes_away_takes_the_key_with_it(qtbot: QtBot) -> None:
    presses = Presses()
    with VirtualDisplay() as display:
        key = X11HotKey(display.name)
        assert key.start(presses.take)
    qtbot.waitUntil(lambda: key._display is None, timeout=5000)


@pytest.mark.parametrize("environment", [{}, {"DISPLAY": ":9", "XDG_SESSION_TYPE": "wayland"}])
def test_there_is_no_hot_key_where_none_can_be_watched(environment: dict[str, str]) -> None:
    chosen = choose_hot_key(environment)
    assert isinstance(chosen, NoHotKey)
    assert not chosen.start(Presses().take)
    chosen.stop()
