"""The exceptions of Farhand. Five branches; each says who must act.

    RemoteControlError
    ├── ProtocolViolation   the other side broke a rule: close the connection
    ├── PairingFailed       the user tries again, with this code or another
    ├── InvalidCode         the user mends what he typed; nothing was sent
    ├── ConnectionLost      retry, or say why it can't be reached
    └── SettingsError       somebody mends a setting, a file or an option

An exception keeps data and makes its text from it. Its text is for logs and the command
line; the sentences of the windows are made by each program in one place of its own.
Misuse of our own code is TypeError or RuntimeError: a bug, and let through.
"""

from common.reasons import CodeTypingProblem, ConnectionProblem, PairingProblem


class RemoteControlError(Exception):
    """The root of all that Farhand raises on purpose."""


class ProtocolViolation(RemoteControlError):
    """The other side sent what the protocol does not allow. `detail` goes to the log alone."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class PairingFailed(RemoteControlError):
    """A code did not lead to a session."""

    def __init__(self, problem: PairingProblem) -> None:
        super().__init__(problem.value)
        self.problem = problem


class InvalidCode(RemoteControlError):
    """What was typed is not a connection code. The typed text is not kept."""

    def __init__(self, problem: CodeTypingProblem) -> None:
        super().__init__(problem.value)
        self.problem = problem


class ConnectionLost(RemoteControlError):
    """A connection could not be made, or ended. `detail` goes to the log alone."""

    def __init__(self, problem: ConnectionProblem, detail: str = "") -> None:
        super().__init__(f"{problem.value}: {detail}" if detail else problem.value)
        self.problem = problem
        self.detail = detail


class SettingsError(RemoteControlError):
    """A setting, a file or an option can't be used: names it and says what is wrong with it."""

    def __init__(self, key: str, problem: str) -> None:
        super().__init__(f"{key}: {problem}")
        self.key = key
        self.problem = problem


def reason_of(error: OSError) -> str:
    """Say in the system's own words, in lower case, why a call failed."""
    return (error.strerror or str(error)).lower()
