"""What goes wrong, as its two people live it: each learns what happened and what to do next."""

import subprocess
from pathlib import Path

import pytest

from common.protocol.connection_code import damm_check_digit
from tests.end_to_end.node_driver import free_port
from tests.end_to_end.scene import NO_NETWORK, Scene, wait_for_same_picture
from tests.end_to_end.target_driver import CODE_WINDOW, SIGN_WINDOW, TargetDriver
from tests.support.waiting import wait_until

pytestmark = pytest.mark.end_to_end

TOLD_SECONDS = 10.0


@pytest.fixture
def node_options(tmp_path: Path) -> tuple[str, ...]:
    """The user has three seconds to answer."""
    policies = tmp_path / "policies.toml"
    policies.write_text("acceptance_grace_time = 3\n")
    return ("--policies", str(policies))


def another_secret(code: str) -> str:
    """A well-formed code with the same routing digits and another secret."""
    last = (int(code[-2]) + 1) % 10
    digits = f"{code[:-2]}{last}"
    return digits + damm_check_digit(digits)


def another_routing(code: str) -> str:
    """A well-formed code that nobody has: one code is open, and it is not this one."""
    first = (int(code[0]) + 1) % 10
    digits = f"{first}{code[1:-1]}"
    return digits + damm_check_digit(digits)


def enter(target: TargetDriver, code: str) -> None:
    target.enter_code_by_tray()
    target.type_code(code)
    target.confirm_code()


def test_refusal_is_told_to_the_technician(scene: Scene) -> None:
    controller, target = scene.controller(), scene.target()
    enter(target, controller.start_session())

    target.refuse()

    assert controller.wait_for_end() == "refused by user"
    assert not scene.target_display.windows(SIGN_WINDOW)
    assert "mode active" not in controller.events()


def test_question_that_nobody_answers_is_a_refusal(scene: Scene) -> None:
    controller, target = scene.controller(), scene.target("--set", "AcceptanceGraceTime=3")
    enter(target, controller.start_session())

    target.wait_for_question()

    assert controller.wait_for_end() == "not answered"
    assert "mode active" not in controller.events()


def test_code_dies_of_three_wrong_secrets_and_the_technician_hears_each(scene: Scene) -> None:
    controller, target = scene.controller(), scene.target()
    code = controller.start_session()
    enter(target, another_secret(code))

    for tries in (1, 2):
        controller.wait_for_status(f"someone typed a wrong code ({tries} of 3)")
        target.wait_for_problem("wrong_secret", count=tries)
        target.try_again()
        assert target.code_in_field() == another_secret(code)
        target.confirm_code()
    controller.wait_for_status("code wrong three times")
    target.wait_for_problem("wrong_secret", count=3)
    target.try_again()
    target.replace_code(code)
    target.confirm_code()

    target.wait_for_problem("wrong_three_times")
    assert "mode active" not in controller.events()


def test_code_that_nobody_has_leaves_the_technician_alone(scene: Scene) -> None:
    controller, target = scene.controller(), scene.target()
    code = controller.start_session()
    before = controller.events()
    enter(target, another_routing(code))

    target.wait_for_problem("unknown")

    assert controller.events() == before
    target.try_again()
    target.replace_code(code)
    target.confirm_code()
    target.accept()
    controller.wait_for("mode active")


def test_cancelled_code_is_told_as_cancelled(scene: Scene) -> None:
    controller, target = scene.controller(), scene.target()
    code = controller.start_session()
    controller.cancel_code()

    enter(target, code)

    target.wait_for_problem("cancelled")


def test_wrong_check_digit_is_never_sent(scene: Scene) -> None:
    controller, target = scene.controller(), scene.target()
    code = controller.start_session()
    target.enter_code_by_tray()

    target.type_code(f"{code[:-1]}{(int(code[-1]) + 1) % 10}")
    target.confirm_code()
    target.replace_code(code)
    target.confirm_code()

    target.wait_for_question()
    assert target.log().count("code entered") == 1
    assert "status target connected" in controller.events()


def test_node_that_does_not_answer_is_told_in_time(scene: Scene) -> None:
    nobody = scene.node.url.replace(f":{scene.node.port}", f":{free_port()}")
    target = scene.target(url=nobody)
    enter(target, "482166039176")

    wait_until(
        lambda: "problem=broker_unreachable" in target.log(), TOLD_SECONDS, "the reason to be told"
    )
    assert scene.target_display.windows(CODE_WINDOW)


def test_server_with_another_key_gets_no_code(scene: Scene) -> None:
    address, _, fingerprint = scene.node.url.partition("#")
    target = scene.target(url=f"{address}#{fingerprint[::-1]}")
    enter(target, "482166039176")

    wait_until(
        lambda: "problem=untrusted" in target.log() or "problem=broker_unreachable" in target.log(),
        TOLD_SECONDS,
        "the reason to be told",
    )
    assert "let in" not in scene.node_log()


@pytest.mark.skipif(
    subprocess.run([*NO_NETWORK, "true"], capture_output=True, check=False).returncode != 0,
    reason="this system lets nobody make a network namespace",
)
def test_code_can_not_be_entered_before_the_first_contact(scene: Scene) -> None:
    target = scene.target_alone()

    target.choose_first_in_tray_menu()

    scene.target_display.press("Escape")
    assert not scene.target_display.windows(CODE_WINDOW)


def test_session_does_not_outlive_the_node(scene: Scene) -> None:
    controller, target = scene.session()
    wait_for_same_picture(controller, target)

    scene.node.end()

    assert controller.wait_for_end() in ("broker stopped", "connection lost")
    scene.target_display.wait_for_no_window(SIGN_WINDOW)
