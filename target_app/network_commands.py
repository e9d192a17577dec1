"""TargetCommands for the windows: each command crosses to the network thread and is done there."""

from common.protocol.connection_code import ConnectionCode
from common.qt.network_thread import NetworkThread
from common.reasons import EndReason
from target_app.session_runner import TargetRunner


class NetworkCommands:
    """Implements TargetCommands by NetworkThread.call."""

    def __init__(self, network: NetworkThread, runner: TargetRunner) -> None:
        self._network = network
        self._runner = runner

    def enter_code(self, code: ConnectionCode) -> None:
        """Claim this code at the broker."""
        self._network.call(self._runner.enter_code, code)

    def cancel_attempt(self) -> None:
        """Give up the code that is being tried."""
        self._network.call(self._runner.cancel_attempt)

    def answer(self, is_accepted: bool) -> None:
        """Accept or refuse the session that is being asked for."""
        self._network.call(self._runner.answer, is_accepted)

    def end_session(self, reason: EndReason) -> None:
        """End the session now."""
        self._network.call(self._runner.end_session, reason)
