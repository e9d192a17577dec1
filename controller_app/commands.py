"""What the controller's windows may ask of its network thread. None of it waits or answers:
answers come back as events (common.protocol.session_events, common.transport)."""

from typing import Protocol

from common.protocol.session_messages import InputMessage
from common.reasons import EndReason


class ControllerCommands(Protocol):
    """Implemented by the runner behind the network thread, and by recorders in tests."""

    def start_session(self) -> None:
        """Ask the node for a code and wait for a target."""

    def request_new_code(self) -> None:
        """Replace the code: another one, with its whole lifetime."""

    def extend_code(self) -> None:
        """Give the same code its whole lifetime again."""

    def end_session(self, reason: EndReason) -> None:
        """End the session or the attempt; CANCELLED from the Connection code window."""

    def send_input(self, message: InputMessage) -> None:
        """Send one gesture of the technician."""

    def use_server(self, url: str) -> None:
        """Connect to this server from now on; an empty one means the embedded node."""

    def name_technician(self, technician: str, organisation: str) -> None:
        """Use these names from now on; a session goes on under the old ones."""
