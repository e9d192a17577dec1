"""A TargetCommands that keeps what it is asked, in order."""

from dataclasses import dataclass, field

from common.protocol.connection_code import ConnectionCode
from common.reasons import EndReason


@dataclass
class RecordedCommands:
    """Each command as a tuple: its name and its arguments."""

    calls: list[tuple[object, ...]] = field(default_factory=list)

    def enter_code(self, code: ConnectionCode) -> None:
        self.calls.append(("enter_code", code.digits()))

    def cancel_attempt(self) -> None:
        self.calls.append(("cancel_attempt",))

    def answer(self, is_accepted: bool) -> None:
        self.calls.append(("answer", is_accepted))

    def end_session(self, reason: EndReason) -> None:
        self.calls.append(("end_session", reason))
