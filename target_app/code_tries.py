"""Takes a typed code from server to server, until one knows it or none is left.

Owns the time that a server has to be reached; the order and the rules are
code_attempt.py's, the claim itself is the session runner's, which drives this on its loop.
"""

import asyncio
from collections.abc import Callable
from typing import Final

from common.protocol.connection_code import ConnectionCode
from common.protocol.session_events import PairingEnded
from common.reasons import ConnectionProblem
from common.transport.broker_client import FINAL_PROBLEMS
from common.transport.candidates import Candidate
from target_app.code_attempt import CodeAttempt, Disappointments, problem_of_connection
from target_app.connection import TargetConnection

CONNECT_SECONDS: Final = 10.0
"""How long a typed code waits for a connection to the last server before it says so."""
PATIENCE_SECONDS: Final = 4.0
"""How long it waits for one while there are others."""


class CodeTries:
    """One code at a time."""

    def __init__(
        self,
        connection: TargetConnection,
        claim: Callable[[ConnectionCode], None],
        report: Callable[[PairingEnded], None],
    ) -> None:
        """`claim` is called once the server is there that the code is to be tried at, and
        `report` when no server is left."""
        self._connection = connection
        self._claim = claim
        self._report = report
        self._attempt: CodeAttempt | None = None
        self._is_claiming = False
        self._timer: asyncio.TimerHandle | None = None
        self._disappointments = Disappointments()
        connection.on_failure = self._not_welcomed
        connection.on_candidates = self._servers_changed

    def start(self, code: ConnectionCode) -> None:
        """Try this code, and no other any more."""
        self.stop()
        self._attempt = CodeAttempt(code)
        self._connection.reconnect_now()
        self._try_next(self._attempt)

    def stop(self) -> None:
        """Forget the code; whatever server is connected now stays so."""
        self._stop_timer()
        if self._attempt is not None:
            self._attempt = None
            self._is_claiming = False
            self._connection.release()

    def welcomed(self) -> None:
        """A server has welcomed this target."""
        attempt = self._attempt
        if attempt is None or self._is_claiming:
            return
        if attempt.server is None:
            self._try_next(attempt)
        elif self._connection.is_connected_to(attempt.server):
            self._claim_there(attempt)

    def refused(self, ended: PairingEnded, is_known_there: bool) -> None:
        """The claim led to nothing: the word of a server that knew the number is final."""
        attempt = self._attempt
        if attempt is None:
            self._report(ended)
            return
        self._is_claiming = False
        if is_known_there and attempt.server is not None:
            self._disappointments.add(attempt.code.routing, attempt.server.key)
            self.stop()
            self._report(ended)
        else:
            attempt.failed(ended.problem, ended.retry_after_seconds)
            self._try_next(attempt)

    def _try_next(self, attempt: CodeAttempt) -> None:
        self._stop_timer()
        candidates = self._candidates(attempt)
        server = attempt.next_server(candidates)
        if server is None:
            self._wait_for_servers(attempt, has_tried=bool(candidates))
        elif self._connection.is_connected_to(server):
            self._claim_there(attempt)
        else:
            self._connection.connect_to(server)
            has_others = attempt.has_more(candidates)
            self._set_timer(PATIENCE_SECONDS if has_others else CONNECT_SECONDS, self._too_late)

    def _claim_there(self, attempt: CodeAttempt) -> None:
        self._stop_timer()
        self._is_claiming = True
        self._claim(attempt.code)

    def _wait_for_servers(self, attempt: CodeAttempt, has_tried: bool) -> None:
        """More may turn up, if the network is asked once more, or where there is none yet."""
        left = 0.0
        if not attempt.has_looked_around:
            attempt.has_looked_around = True
            left = self._connection.look_around()
        if not has_tried:
            left = CONNECT_SECONDS
        if left > 0:
            self._set_timer(left, self._give_up)
        else:
            self._give_up()

    def _servers_changed(self) -> None:
        attempt = self._attempt
        if attempt is None or attempt.server is not None:
            return
        if attempt.has_more(self._candidates(attempt)):
            self._try_next(attempt)

    def _candidates(self, attempt: CodeAttempt) -> tuple[Candidate, ...]:
        disappointing = self._disappointments.with_number(attempt.code.routing)
        return self._connection.candidates_for_code(disappointing)

    def _not_welcomed(self, problem: ConnectionProblem) -> None:
        """The server was not to be reached. The last one is tried again until its time is
        over, unless that changes nothing."""
        attempt = self._attempt
        if attempt is None or attempt.server is None or self._is_claiming:
            return
        candidates = self._candidates(attempt)
        if problem in FINAL_PROBLEMS or attempt.has_more(candidates):
            attempt.failed(problem_of_connection(problem))
            self._try_next(attempt)

    def _too_late(self) -> None:
        if self._attempt is not None:
            self._try_next(self._attempt)

    def _give_up(self) -> None:
        attempt = self._attempt
        if attempt is not None:
            self.stop()
            self._report(PairingEnded(attempt.problem, attempt.retry_after_seconds))

    def _set_timer(self, seconds: float, then: Callable[[], None]) -> None:
        self._timer = asyncio.get_running_loop().call_later(seconds, then)

    def _stop_timer(self) -> None:
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()
