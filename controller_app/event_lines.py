"""What `--print-events` prints: one line for each step of a session, for scripts.

The lines are a contract: `code DIGITS`, `status WORDS`, `mode NAME`, `ended REASON IN WORDS`.
The code is printed because the one who starts the program so has asked for it.
"""

from common.protocol.session_events import (
    AcceptanceAsked,
    CodeChanged,
    CodeDied,
    CodeNotIssued,
    SessionEnded,
    SessionPaired,
    SessionStarted,
    TargetClaims,
    WrongCodeTyped,
)
from common.transport.connection_events import BrokerConnecting, BrokerLost


class EventLines:
    """Turns events into lines. Remembers the code, so that an Extend prints none again, and
    the last status, so that tries to connect fill no screen."""

    def __init__(self) -> None:
        self._code = ""
        self._last_line = ""

    def lines(self, event: object) -> list[str]:
        """Give the lines for one event, often none."""
        lines = self._lines(event)
        if lines == [self._last_line]:
            return []
        self._last_line = lines[-1] if lines else self._last_line
        return lines

    def _lines(self, event: object) -> list[str]:
        match event:
            case BrokerConnecting():
                return ["status connecting to broker"]
            case BrokerLost(problem=problem):
                return [f"status broker {problem.value.replace('_', ' ')}"]
            case CodeChanged():
                return self._code_lines(event.code.digits())
            case CodeDied(end=end):
                return [f"status code {end.value.replace('_', ' ')}"]
            case CodeNotIssued(retry_after_seconds=seconds):
                return [f"status no code for {seconds} seconds"]
            case TargetClaims():
                return ["status target connected"]
            case WrongCodeTyped(wrong_tries=tries):
                return [f"status someone typed a wrong code ({tries} of 3)"]
            case SessionPaired():
                return ["status paired"]
            case AcceptanceAsked():
                return ["status waiting for the user to accept"]
            case SessionStarted(mode=mode):
                return [f"mode {mode.value.replace('_', '-')}"]
            case SessionEnded(reason=reason):
                return [f"ended {reason.value.replace('_', ' ')}"]
            case _:
                return []

    def _code_lines(self, digits: str) -> list[str]:
        if digits == self._code:
            return ["status code extended"]
        self._code = digits
        return [f"code {digits}", "status waiting for target"]
