"""The node that the controller carries: it lives exactly as long as its controller."""

import socket
from pathlib import Path

import psutil
import pytest

from tests.end_to_end.controller_driver import ControllerDriver
from tests.end_to_end.demo import embedded_node_url
from tests.end_to_end.node_driver import free_port
from tests.end_to_end.target_driver import TargetDriver
from tests.support.displays import VirtualDisplay
from tests.support.waiting import wait_until

pytestmark = pytest.mark.end_to_end

END_SECONDS = 10.0


def is_listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_for_end_of_node(port: int) -> None:
    wait_until(lambda: not is_listening(port), END_SECONDS, "the embedded node to end")


@pytest.fixture
def controller(desktop: VirtualDisplay, tmp_path: Path) -> ControllerDriver:
    port = free_port()
    return ControllerDriver(desktop, tmp_path, "--port", str(port), "--start-session")


def port_of(controller: ControllerDriver, folder: Path) -> int:
    address = embedded_node_url(folder).partition("#")[0]
    return int(address.rpartition(":")[2])


def test_session_through_the_embedded_node_on_one_display(
    desktop: VirtualDisplay, controller: ControllerDriver, tmp_path: Path
) -> None:
    code = controller.read_code()
    target = TargetDriver(
        desktop, tmp_path, "--hidden", "--server", embedded_node_url(tmp_path), "--code", code
    )

    target.accept()

    controller.wait_for("mode active")


def test_node_ends_with_its_controller(
    desktop: VirtualDisplay, controller: ControllerDriver, tmp_path: Path
) -> None:
    controller.read_code()
    port = port_of(controller, tmp_path)
    assert is_listening(port)

    assert desktop.end(controller.process) == 0

    wait_for_end_of_node(port)


def test_node_ends_when_its_controller_is_killed(
    desktop: VirtualDisplay, controller: ControllerDriver, tmp_path: Path
) -> None:
    controller.read_code()
    port = port_of(controller, tmp_path)
    (node,) = psutil.Process(controller.process.pid).children()

    controller.process.kill()

    wait_for_end_of_node(port)
    wait_until(lambda: not node.is_running(), END_SECONDS, "the node's process to end")
