"""What a log says, and above all what it never says."""

import io
import logging
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common import logs
from common.errors import SettingsError
from common.logs import Log


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """Leave the root logger as it was found."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    for handler in root.handlers[:]:
        if handler not in handlers:
            root.removeHandler(handler)
            handler.close()
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What goes to standard error, from INFO up."""
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    logs.configure("info")
    return stream


class Mood(Enum):
    CALM = 1


@dataclass
class Secret:
    digits: str


def test_a_line_has_time_level_event_and_values(written: io.StringIO) -> None:
    Log("test").info("connected", address="[::1]:5", frames=3, mood=Mood.CALM)
    line = written.getvalue()
    assert line.endswith("info    connected address=[::1]:5 frames=3 mood=calm\n")
    assert line[:4].isdigit()


@pytest.mark.parametrize(
    "code",
    [
        "482166039176",
        "4821 6603 9176",
        "4821-6603-9176",
        "4821 6603 9176 1",
        "1234567",
        "\uff14\uff18\uff12\uff11\uff16\uff16\uff10\uff13\uff19\uff11\uff17\uff16",
    ],
)
def test_a_code_is_hidden_wherever_it_is(written: io.StringIO, code: str) -> None:
    log = Log("test")
    log.info(f"the code {code} was typed")
    log.info("typed", code=code, also=[code, (code,)], path=Path("/x") / code)
    logging.getLogger("some.library").warning({"pin": code})
    logging.getLogger("some.library").warning("typed %s", code)
    log.warning("failed", error=ValueError(code))
    try:
        raise ValueError(code)
    except ValueError:
        log.exception("raised")
    text = written.getvalue()
    assert code not in text
    assert code.replace(" ", "").replace("-", "") not in text
    assert text.count(logs.REDACTED) >= 8


@given(st.text("0123456789", min_size=7, max_size=20), st.text(max_size=10), st.text(max_size=10))
def test_no_run_of_seven_digits_is_left(digits: str, before: str, after: str) -> None:
    assert digits not in logs.redact(before + digits + after)


def test_a_number_of_seven_digits_is_hidden_too(written: io.StringIO) -> None:
    Log("test").info("typed", code=482166039176, port=47111)
    assert written.getvalue().endswith(f"typed code={logs.REDACTED} port=47111\n")


@pytest.mark.parametrize("value", [Secret("4821"), b"4821", bytearray(b"4821"), {"pin": "4821"}])
def test_what_is_not_plain_is_named_by_its_type_alone(written: io.StringIO, value: object) -> None:
    Log("test").info("event", value=value)
    assert written.getvalue().endswith(f"value=<{type(value).__name__}>\n")


def test_a_line_stays_one_line_and_moves_no_cursor(written: io.StringIO) -> None:
    Log("test").info("hello\x1b[2J", name="a\nb\r\u202ec\x9b")
    text = written.getvalue()
    assert len(text.splitlines()) == 1
    assert text.rstrip("\n").isprintable()


def test_a_very_long_value_is_cut(written: io.StringIO) -> None:
    Log("test").info("event", value="x" * 100_000)
    assert len(written.getvalue()) < 3000
    assert "(100000 characters)" in written.getvalue()


def test_a_session_has_its_short_id_on_every_line_and_then_no_more(written: io.StringIO) -> None:
    with logs.session_context("a1b2"):
        Log("test").info("inside")
        logging.getLogger("some.library").warning("inside too")
    Log("test").info("outside")
    inside, library, outside = written.getvalue().splitlines()
    assert inside.endswith("inside session=a1b2")
    assert library.endswith("inside too session=a1b2")
    assert "a1b2" not in outside


def test_an_exception_is_logged_with_its_traceback(written: io.StringIO) -> None:
    try:
        raise RuntimeError("broken")
    except RuntimeError:
        Log("test").exception("failed")
    text = written.getvalue()
    assert "error   failed\n" in text
    assert "Traceback" in text
    assert "RuntimeError: broken" in text


def test_what_is_below_the_level_is_left_out(
    written: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    Log("test").debug("detail")
    assert written.getvalue() == ""
    monkeypatch.setattr(sys, "stderr", written)
    logs.configure("debug")
    Log("test").debug("detail")
    assert "debug   detail" in written.getvalue()


def test_a_library_that_tells_every_query_is_heard_from_warnings_on(written: io.StringIO) -> None:
    logging.getLogger("sqlalchemy.engine.Engine").info("SELECT")
    logging.getLogger("aiohttp.access").info("GET /")
    assert written.getvalue() == ""


@pytest.mark.usefixtures("written")
def test_the_file_gets_the_same_lines_and_is_its_owners_alone(tmp_path: Path) -> None:
    file = tmp_path / "farhand.log"
    logs.configure("info", file)
    Log("test").info("hello", code="482166039176")
    assert file.read_text().endswith(f"info    hello code={logs.REDACTED}\n")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.usefixtures("written")
def test_the_file_is_turned_over_and_its_successor_is_private_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "MAXIMUM_FILE_BYTES", 1000)
    file = tmp_path / "farhand.log"
    logs.configure("info", file)
    for _ in range(200):
        Log("test").info("hello")
    files = sorted(tmp_path.iterdir())
    assert len(files) == 1 + logs.OLD_FILES
    assert all(stat.S_IMODE(one.stat().st_mode) == 0o600 for one in files)
    assert all(one.stat().st_size <= 1000 for one in files)


def test_an_unknown_level_is_told() -> None:
    with pytest.raises(SettingsError, match="--log-level: 'loud' is none of debug, info"):
        logs.configure("loud")


def test_a_log_file_that_cant_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="can't be written"):
        logs.configure("info", tmp_path / "missing" / "farhand.log")


def test_configuring_again_adds_no_second_line(
    written: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stderr", written)
    logs.configure("info")
    Log("test").info("once")
    assert written.getvalue().count("once") == 1
