"""The lines of --print-events: a contract with scripts."""

from common.protocol import session_events as events
from common.protocol.connection_code import ConnectionCode, Secret
from common.protocol.policies import NEUTRAL_POLICIES, SessionMode
from common.reasons import CodeEnd, ConnectionProblem, EndReason
from common.transport.connection_events import BrokerConnecting, BrokerLost
from controller_app.event_lines import EventLines

CODE = ConnectionCode("4821", Secret("6603917"))


def test_a_code_is_printed_once_and_an_extension_is_a_status() -> None:
    lines = EventLines()
    assert lines.lines(events.CodeChanged(CODE, 900.0, 3, 3)) == [
        f"code {CODE.digits()}",
        "status waiting for target",
    ]
    assert lines.lines(events.CodeChanged(CODE, 1800.0, 2, 3)) == ["status code extended"]


def test_each_step_of_a_session_has_its_line() -> None:
    lines = EventLines()
    asked = events.AcceptanceAsked("Tess", "", False, SessionMode.ACTIVE, 45.0, "0042")
    started = events.SessionStarted(
        SessionMode.FILE_TRANSFER,
        "pc",
        "ann",
        "Debian",
        "Tess",
        "",
        False,
        "0042",
        NEUTRAL_POLICIES,
    )
    story = [
        events.TargetClaims("pc"),
        events.WrongCodeTyped(1, "pc"),
        events.CodeDied(CodeEnd.WRONG_THREE_TIMES),
        events.CodeNotIssued(30),
        events.SessionPaired("pc", "0042"),
        asked,
        started,
        events.SessionEnded(EndReason.REFUSED_BY_USER, by_other_side=True),
    ]
    assert [line for event in story for line in lines.lines(event)] == [
        "status target connected",
        "status someone typed a wrong code (1 of 3)",
        "status code wrong three times",
        "status no code for 30 seconds",
        "status paired",
        "status waiting for the user to accept",
        "mode file-transfer",
        "ended refused by user",
    ]


def test_tries_to_connect_do_not_repeat_their_line() -> None:
    lines = EventLines()
    assert lines.lines(BrokerConnecting("desk:1")) == ["status connecting to broker"]
    assert lines.lines(BrokerConnecting("desk:1")) == []
    lost = BrokerLost("desk:1", ConnectionProblem.REFUSED, 0.25)
    assert lines.lines(lost) == ["status broker refused"]
    assert lines.lines(BrokerConnecting("desk:1")) == ["status connecting to broker"]


def test_what_is_no_step_has_no_line() -> None:
    assert EventLines().lines(events.RoundTripMeasured(0.1)) == []
