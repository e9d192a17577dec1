"""A whole session as its two people live it, from the code to the end, on real displays."""

import pytest

from tests.end_to_end.controller_driver import SESSION_WINDOW
from tests.end_to_end.pictures import share_of_colour
from tests.end_to_end.scene import (
    Scene,
    wait_for_same_picture,
    wait_for_scaled_picture,
)
from tests.end_to_end.target_driver import CODE_WINDOW, SIGN_WINDOW
from tests.support.displays import VirtualDisplay
from tests.support.waiting import wait_until

pytestmark = pytest.mark.end_to_end

GREEN = "#00cd00"
"""xterm's colour 2."""
GREEN_SHARE = 0.02
SECONDS = 15.0


def open_terminal(scene: Scene, title: str, place: str, command: str) -> None:
    """An xterm on the target's desktop, which runs a command of the shell."""
    scene.target_display.start(
        ["xterm", "-T", title, "-geometry", f"50x10{place}", "-e", "sh", "-c", command]
    )
    scene.target_display.wait_for_window(f"^{title}$")


def wait_for_green(display: VirtualDisplay) -> None:
    wait_until(
        lambda: share_of_colour(display.picture(), GREEN) > GREEN_SHARE,
        SECONDS,
        f"the terminal to turn green on {display.name}",
    )


def test_session_from_the_tray_icon_to_the_end(scene: Scene) -> None:
    first, second = scene.folder / "first", scene.folder / "second"
    turns_green = r"printf '\033[42m\033[2J'; exec sleep 600"
    open_terminal(scene, "First", "+60+80", f"read line; echo $line > {first}; {turns_green}")
    open_terminal(scene, "Second", "+500+500", f"read line; echo $line > {second}; sleep 600")
    controller, target = scene.controller(), scene.target()

    code = controller.start_session()
    target.enter_code_by_tray()
    target.type_code(code)
    target.confirm_code()
    target.wait_for_question()
    controller.wait_for_status("waiting for the user to accept")
    target.accept()

    controller.wait_for("mode active")
    desktop = wait_for_same_picture(controller, target)
    controller.click_on(desktop, 100, 140)
    controller.type_in_session("first words")
    controller.click_on(desktop, 600, 560)
    controller.type_in_session("and these go to the second")
    controller.press_in_session("Return")
    wait_until(lambda: second.exists() and second.read_text(), SECONDS, "the second line")
    controller.click_on(desktop, 100, 140)
    controller.press_in_session("Return")
    wait_until(lambda: first.exists() and first.read_text(), SECONDS, "the first line")

    assert first.read_text() == "first words\n"
    assert second.read_text() == "and these go to the second\n"
    wait_for_green(scene.target_display)
    wait_for_green(scene.controller_display)
    wait_for_same_picture(controller, target)

    controller.close_session_window()

    assert controller.wait_for_end() == "controller ended"
    scene.target_display.wait_for_no_window(SIGN_WINDOW)
    scene.controller_display.wait_for_no_window(SESSION_WINDOW)


def test_session_by_the_actions_menu_ended_by_the_user(scene: Scene) -> None:
    controller, target = scene.controller(), scene.target()

    code = controller.start_session()
    target.enter_code_by_actions_menu()
    target.type_code(f"{code[:4]}-{code[4:8]} {code[8:]}")
    target.confirm_code()
    target.accept()
    controller.wait_for("mode active")
    wait_for_same_picture(controller, target)
    scene.target_display.wait_for_window(SIGN_WINDOW)
    target.end_session_by_tray()

    assert controller.wait_for_end() == "target ended"
    scene.target_display.wait_for_no_window(SIGN_WINDOW)
    assert not scene.target_display.windows(CODE_WINDOW)


def test_what_is_typed_arrives_whatever_the_two_keyboards_are(scene: Scene) -> None:
    typed = scene.folder / "typed"
    text = "äöüß @{}[]|~\\ ÄÖÜ € 12,5 % #+-*/ <y|z>"
    scene.controller_display.run(["setxkbmap", "de"])
    scene.target_display.run(["setxkbmap", "us"])
    open_terminal(scene, "Notes", "+60+120", f"LC_ALL=C.UTF-8 cat > {typed}")
    controller, target = scene.session()

    controller.click_on(wait_for_same_picture(controller, target), 100, 180)
    controller.type_in_session(text)
    controller.press_in_session("Return")

    wait_until(lambda: typed.exists() and typed.read_text(), SECONDS, "the typed line")
    assert typed.read_text() == text + "\n"


def test_target_closed_in_a_session_ends_it_in_words(scene: Scene) -> None:
    controller, target = scene.session()

    scene.target_display.end(target.process)

    assert controller.wait_for_end() == "target quit"


def test_killed_target_is_noticed(scene: Scene) -> None:
    controller, target = scene.session()

    target.process.kill()
    scene.target_display.end(target.process)

    assert controller.wait_for_end() == "other side left"


def test_resized_target_screen_is_followed(scene: Scene) -> None:
    controller, target = scene.session()
    wait_for_same_picture(controller, target)

    scene.target_display.resize(800, 600)

    wait_for_scaled_picture(controller, target)
