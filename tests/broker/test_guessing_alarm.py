"""The alarm that goes on when somebody guesses codes."""

from common.broker.guessing_alarm import GuessingAlarm
from common.broker.limits import Limits

HOUR = 3600.0


def test_nineteen_wrong_codes_in_an_hour_are_no_alarm_and_twenty_are() -> None:
    alarm = GuessingAlarm(Limits())
    for code in range(19):
        alarm.wrong_code(code * 60.0)
    assert not alarm.is_on(19 * 60.0)

    alarm.wrong_code(19 * 60.0)

    assert alarm.is_on(19 * 60.0)


def test_twenty_wrong_codes_in_more_than_an_hour_are_no_alarm() -> None:
    alarm = GuessingAlarm(Limits())
    for code in range(100):
        alarm.wrong_code(code * 190.0)
        assert not alarm.is_on(code * 190.0)


def test_the_alarm_is_off_after_a_quiet_day() -> None:
    alarm = GuessingAlarm(Limits())
    for _ in range(20):
        alarm.wrong_code(0.0)

    assert alarm.is_on(24 * HOUR - 1)
    assert not alarm.is_on(24 * HOUR)


def test_guessing_that_goes_on_keeps_the_alarm_on() -> None:
    alarm = GuessingAlarm(Limits())
    for minute in range(24 * 60):
        alarm.wrong_code(minute * 60.0)

    assert alarm.is_on(47 * HOUR)


def test_single_typing_errors_let_the_alarm_end() -> None:
    alarm = GuessingAlarm(Limits())
    for _ in range(20):
        alarm.wrong_code(0.0)
    for hour in range(2, 24):
        alarm.wrong_code(hour * HOUR)

    assert not alarm.is_on(24 * HOUR)
