"""A recorder in the place of the network side, and a clock that the test moves."""

from common.protocol.session_messages import InputMessage
from common.reasons import EndReason


class RecordedCommands:
    """Keeps what the view-models ask for, in order. Implements ControllerCommands."""

    def __init__(self) -> None:
        self.asked: list[object] = []
        self.inputs: list[InputMessage] = []

    def start_session(self) -> None:
        self.asked.append("start")

    def request_new_code(self) -> None:
        self.asked.append("request new")

    def extend_code(self) -> None:
        self.asked.append("extend")

    def end_session(self, reason: EndReason) -> None:
        self.asked.append(reason)

    def send_input(self, message: InputMessage) -> None:
        self.inputs.append(message)

    def use_server(self, url: str) -> None:
        self.asked.append(("server", url))

    def name_technician(self, technician: str, organisation: str) -> None:
        self.asked.append(("names", technician, organisation))


class Clock:
    """Monotonic seconds, moved by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now
