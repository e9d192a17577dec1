"""Lines of log for people, with nothing secret in them; on the standard library alone.

A module has a `Log` and says `_log.info("code open", extends_left=2)`. All that is logged, by
libraries too, passes here on its way to standard error and to a rotating file. What is not
plain text, a number, a path, an Enum or an exception is shown by its type alone, so a key, a
code or a message never expands; runs of seven digits and more, and grouped ones, become
"[digits]". Each program calls `configure` once it knows its level and its folder.
"""

import logging
import logging.handlers
import os
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import Enum
from io import TextIOWrapper
from pathlib import Path
from typing import Final

from common.errors import SettingsError, reason_of

LEVELS: Final = ("debug", "info", "warning", "error")
MAXIMUM_FILE_BYTES: Final = 2 * 1024 * 1024
OLD_FILES: Final = 3
MAXIMUM_VALUE_CHARACTERS: Final = 2000
DIGITS: Final = re.compile(r"\d{7,}|\d{4}(?:[ \u00a0-]\d{4})+(?:[ \u00a0-]\d{1,4})?")
"""Seven digits and more in a row, or groups of four as a code is shown."""
REDACTED: Final = "[digits]"
_CONTROL_CHARACTERS: Final = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f\x80-\x9f\u2028-\u202e\u2066-\u2069]"
)
"""All but tab and line feed, which tracebacks need: terminals act on them, readers are fooled."""
_HANDLER_PREFIX: Final = "farhand "
_FIELDS: Final = "farhand_fields"
"""Where a record keeps what a `Log` was told by name."""
_QUIET_LIBRARIES: Final = ("aiohttp.access", "sqlalchemy.engine", "aiosqlite", "asyncio")
"""These tell every request or query at INFO; our own lines say what matters."""

_session: ContextVar[str] = ContextVar("session", default="")


def configure(level: str, log_file: Path | None = None) -> None:
    """Log from `level` up to standard error, and to `log_file` if there is one.

    May be called again; the last call counts. Raises SettingsError.
    """
    if level not in LEVELS:
        raise SettingsError("--log-level", f"{level!r} is none of {', '.join(LEVELS)}")
    handlers: list[logging.Handler] = [logging.StreamHandler(sys.stderr)]
    if log_file is not None:
        handlers.append(_open_log_file(log_file))
    _replace_root_handlers(handlers, level.upper())


class Log:
    """What one module says to the log: an event in a few words, then fields by name.

    The event is fixed text; whatever varies is a field, so that it passes `harmless`.
    """

    def __init__(self, module_name: str) -> None:
        self._logger = logging.getLogger(module_name)

    def debug(self, event: str, **fields: object) -> None:
        """Tell what only somebody who looks for a fault wants to know."""
        self._logger.debug(event, extra={_FIELDS: fields})

    def info(self, event: str, **fields: object) -> None:
        """Tell what has happened."""
        self._logger.info(event, extra={_FIELDS: fields})

    def warning(self, event: str, **fields: object) -> None:
        """Tell what should not have happened and was dealt with."""
        self._logger.warning(event, extra={_FIELDS: fields})

    def error(self, event: str, **fields: object) -> None:
        """Tell what somebody has to mend."""
        self._logger.error(event, extra={_FIELDS: fields})

    def exception(self, event: str, **fields: object) -> None:
        """Tell of the exception that is being handled, with its traceback."""
        self._logger.exception(event, extra={_FIELDS: fields})


@contextmanager
def session_context(short_id: str) -> Iterator[None]:
    """Put `session=short_id` on every line that is logged inside, in this task."""
    token = _session.set(short_id)
    try:
        yield
    finally:
        _session.reset(token)


class LineFormatter(logging.Formatter):
    """Makes the line: time, level, what happened, then name=value."""

    def format(self, record: logging.LogRecord) -> str:
        fields: dict[str, object] = dict(getattr(record, _FIELDS, {}))
        if _session.get():
            fields["session"] = _session.get()
        when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(record.created))
        values = " ".join(f"{name}={harmless(value)}" for name, value in fields.items())
        # A library may hand over any object as its message, to be expanded by str().
        event = record.getMessage() if isinstance(record.msg, str) else record.msg
        line = f"{when} {record.levelname.lower():7} {harmless(event)} {values}".rstrip()
        if record.exc_info:
            line = f"{line}\n{redact(self.formatException(record.exc_info))}"
        return line


def redact(text: str) -> str:
    """Hide what may be a code, and what would move the cursor of a terminal."""
    return DIGITS.sub(REDACTED, _CONTROL_CHARACTERS.sub("?", text))


def harmless(value: object) -> str:
    """Turn a logged value into text that holds nothing secret."""
    match value:
        case None | bool() | float():
            return str(value)
        case Enum():
            return value.name.lower()
        case int():
            return redact(str(int(value)))
        case str() | Path():
            return _one_line(str(value))
        case BaseException():
            return _one_line(f"{type(value).__name__}: {value}")
        case list() | tuple() | set() | frozenset():
            return ", ".join(harmless(one) for one in value)
        case _:
            return f"<{type(value).__name__}>"


class _PrivateRotatingFile(logging.handlers.RotatingFileHandler):
    """A rotating file that only its owner can read."""

    def _open(self) -> TextIOWrapper:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        return open(os.open(self.baseFilename, flags, 0o600), "a", encoding="utf-8")


def _open_log_file(path: Path) -> logging.Handler:
    try:
        return _PrivateRotatingFile(path, maxBytes=MAXIMUM_FILE_BYTES, backupCount=OLD_FILES)
    except OSError as error:
        raise SettingsError(str(path), f"can't be written: {reason_of(error)}") from error


def _replace_root_handlers(handlers: list[logging.Handler], level: str) -> None:
    root = logging.getLogger()
    for old in root.handlers[:]:
        if (old.name or "").startswith(_HANDLER_PREFIX):
            root.removeHandler(old)
            old.close()
    for handler in handlers:
        handler.name = f"{_HANDLER_PREFIX}{type(handler).__name__}"
        handler.setFormatter(LineFormatter())
        root.addHandler(handler)
    root.setLevel(level)
    for name in _QUIET_LIBRARIES:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))


def _one_line(text: str) -> str:
    line = redact(text).replace("\n", " ")
    if len(line) <= MAXIMUM_VALUE_CHARACTERS:
        return line
    return f"{line[:MAXIMUM_VALUE_CHARACTERS]}... ({len(line)} characters)"
