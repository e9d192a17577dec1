"""ControllerCommands for the windows: each crosses to the network thread and is done there."""

from common.protocol.session_messages import InputMessage
from common.qt.network_thread import NetworkThread
from common.reasons import EndReason
from controller_app.session_runner import ControllerRunner


class NetworkCommands:
    """Implements ControllerCommands by NetworkThread.call."""

    def __init__(self, network: NetworkThread, runner: ControllerRunner) -> None:
        self._network = network
        self._runner = runner

    def start_session(self) -> None:
        """Ask the node for a code and wait for a target."""
        self._network.call(self._runner.start_session)

    def request_new_code(self) -> None:
        """Replace the code: another one, with its whole lifetime."""
        self._network.call(self._runner.request_new_code)

    def extend_code(self) -> None:
        """Give the same code its whole lifetime again."""
        self._network.call(self._runner.extend_code)

    def end_session(self, reason: EndReason) -> None:
        """End the session or the attempt."""
        self._network.call(self._runner.end_session, reason)

    def send_input(self, message: InputMessage) -> None:
        """Send one gesture of the technician."""
        self._network.call(self._runner.send_input, message)

    def use_server(self, url: str) -> None:
        """Connect to this server from now on; an empty one means the embedded node."""
        self._network.call(self._runner.use_server, url)

    def name_technician(self, technician: str, organisation: str) -> None:
        """Use these names from now on; a session goes on under the old ones."""
        self._network.call(self._runner.name_technician, technician, organisation)
