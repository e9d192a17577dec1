"""What the target's windows may ask of its network thread. None of it waits or answers:
answers come back as events (common.protocol.session_events, common.transport)."""

from typing import Protocol

from common.protocol.connection_code import ConnectionCode
from common.reasons import EndReason


class TargetCommands(Protocol):
    """Implemented by the runner behind the network thread, and by recorders in tests."""

    def enter_code(self, code: ConnectionCode) -> None:
        """Claim this code at the broker."""

    def cancel_attempt(self) -> None:
        """Give up the code that is being tried."""

    def answer(self, is_accepted: bool) -> None:
        """Accept or refuse the session that is being asked for."""

    def end_session(self, reason: EndReason) -> None:
        """End the session now."""
