"""The stage of a whole session: a node, two displays, a technician and a user.

The two displays have homes and runtime folders of their own, so they are two computers to the
programs; they share this machine's name, loopback and clock.
"""

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tests.end_to_end.controller_driver import ControllerDriver
from tests.end_to_end.node_driver import NodeDriver
from tests.end_to_end.pictures import Box, find_inside, mean_difference, scaled
from tests.end_to_end.target_driver import TargetDriver
from tests.support.displays import DisplayOptions, VirtualDisplay
from tests.support.waiting import wait_until

CONTROLLER_BACKGROUND = "#402020"
TARGET_BACKGROUND = "#3b5a70"
CONTROLLER_DISPLAY = DisplayOptions(1440, 1000, True, False, CONTROLLER_BACKGROUND)
TARGET_DISPLAY = DisplayOptions(1024, 768, True, True, TARGET_BACKGROUND)
NO_NETWORK = ("unshare", "--map-root-user", "--net", "--")
SAME_PICTURE_SECONDS = 10.0
POINTER_REACH_PIXELS = 32
SCALED_DIFFERENCE = 2.0
"""Mean difference of a colour, 0 to 255: a picture scaled there and back is under it, one of
another size or content is over it."""


@dataclass(slots=True)
class Scene:
    """Two displays and a node. Programs are put on them by `controller` and `target`."""

    folder: Path
    controller_display: VirtualDisplay
    target_display: VirtualDisplay
    node: NodeDriver

    def controller(self, *options: str, url: str | None = None) -> ControllerDriver:
        """Start the technician's program."""
        server = self.node.url if url is None else url
        return ControllerDriver(self.controller_display, self.folder, "--server", server, *options)

    def target(self, *options: str, url: str | None = None) -> TargetDriver:
        """Start the program on the shared computer."""
        server = self.node.url if url is None else url
        return TargetDriver(self.target_display, self.folder, "--server", server, *options)

    def target_alone(self) -> TargetDriver:
        """Start the program on the shared computer as on the first day, with no network: no
        server that happens to be near by can be found."""
        return TargetDriver(self.target_display, self.folder, prefix=NO_NETWORK)

    def node_log(self) -> str:
        """What the node has written."""
        return (self.folder / "node.out").read_text()

    def session(self) -> tuple[ControllerDriver, TargetDriver]:
        """A session that was asked for, accepted, and shows the target's desktop."""
        controller, target = self.controller(), self.target()
        code = controller.start_session()
        target.enter_code_by_tray()
        target.type_code(code)
        target.confirm_code()
        target.accept()
        controller.wait_for("mode active")
        return controller, target

    def end(self) -> None:
        """End what is left, the programs first."""
        self.controller_display.close()
        self.target_display.close()
        self.node.end()


def set_up(folder: Path, *node_options: str) -> Scene:
    """Make the displays and start the node, all at once or nothing."""
    with ExitStack() as undone:
        controller_display = undone.enter_context(VirtualDisplay(CONTROLLER_DISPLAY))
        target_display = undone.enter_context(VirtualDisplay(TARGET_DISPLAY))
        node = NodeDriver.start(folder, target_display.environment, *node_options)
        undone.pop_all()
        return Scene(folder, controller_display, target_display, node)


def wait_for_same_picture(controller: ControllerDriver, target: TargetDriver) -> Box:
    """Wait until the controller shows the target's desktop 1:1 and without loss, and say where.

    Where the target's pointer is, the controller may have drawn it; no picture of the
    target's display has it.
    """

    def place() -> Box | None:
        shown = target.display.picture()
        pointer = _pointer_box(target.display)
        return find_inside(controller.display.picture(), shown, pointer)

    return wait_until(place, SAME_PICTURE_SECONDS, "the target's very desktop at the controller")


def wait_for_scaled_picture(controller: ControllerDriver, target: TargetDriver) -> None:
    """Wait until the controller shows the target's desktop, smoothly scaled."""

    def is_alike() -> bool:
        shown = target.display.picture()
        seen = scaled(controller.seen_desktop(TARGET_BACKGROUND), shown.shape)
        return mean_difference(seen, shown) < SCALED_DIFFERENCE

    wait_until(is_alike, SAME_PICTURE_SECONDS, "the target's scaled desktop at the controller")


def _pointer_box(display: VirtualDisplay) -> Box:
    """Where a pointer of usual size can be seen."""
    x, y = display.pointer()
    reach = POINTER_REACH_PIXELS
    return Box(x - reach, y - reach, x + reach, y + reach)
