"""Sets logging up for the three programs: lines for people, nothing secret in them.

Everything goes through here, structlog's events and the records of libraries alike, to
standard error and to a rotating file. What is not plain text, a number, a path, an Enum or
an exception is shown by its type alone, so a key, a code or a message never expands; runs of
seven digits and more, and grouped ones, become "[digits]". A session binds its short id with
`session_context`.
"""

import logging
import logging.handlers
import os
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import Enum
from io import TextIOWrapper
from pathlib import Path
from typing import Final

import structlog

from common.errors import SettingsError

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


def configure(level: str, log_file: Path | None = None) -> None:
    """Log from `level` up to standard error, and to `log_file` if there is one.

    May be called again; the last call counts. Raises SettingsError.
    """
    if level not in LEVELS:
        raise SettingsError("--log-level", f"{level!r} is none of {', '.join(LEVELS)}")
    handlers: list[logging.Handler] = [logging.StreamHandler(sys.stderr)]
    if log_file is not None:
        handlers.append(_open_log_file(log_file))
    formatter = _formatter()
    for handler in handlers:
        handler.setFormatter(formatter)
    _replace_root_handlers(handlers, level.upper())
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


@contextmanager
def session_context(short_id: str) -> Iterator[None]:
    """Put `session=short_id` on every line that is logged inside, in this task."""
    with structlog.contextvars.bound_contextvars(session=short_id):
        yield


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
        reason = (error.strerror or str(error)).lower()
        raise SettingsError(str(path), f"can't be written: {reason}") from error


def _replace_root_handlers(handlers: list[logging.Handler], level: str) -> None:
    root = logging.getLogger()
    for old in root.handlers[:]:
        if (old.name or "").startswith(_HANDLER_PREFIX):
            root.removeHandler(old)
            old.close()
    for handler in handlers:
        handler.name = f"{_HANDLER_PREFIX}{type(handler).__name__}"
        root.addHandler(handler)
    root.setLevel(level)
    # These tell every request or query at INFO; the node's own lines say what matters.
    for name in ("aiohttp.access", "sqlalchemy.engine", "aiosqlite", "asyncio"):
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))


def _formatter() -> logging.Formatter:
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(allow=()),
        structlog.processors.format_exc_info,
    ]
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            *shared,
            structlog.processors.TimeStamper(fmt="%Y-%m-%d %H:%M:%S", utc=False),
            _render,
        ],
    )


def _render(_logger: object, _method: str, event_dict: Mapping[str, object]) -> str:
    """Make the line: time, level, what happened, then name=value."""
    fields = dict(event_dict)
    time, level = fields.pop("timestamp", ""), fields.pop("level", "")
    exception = fields.pop("exception", "")
    event = harmless(fields.pop("event", ""))
    values = " ".join(f"{name}={harmless(value)}" for name, value in fields.items())
    line = f"{time} {level!s:7} {event} {values}".rstrip()
    return f"{line}\n{redact(str(exception))}" if exception else line


def _one_line(text: str) -> str:
    line = redact(text).replace("\n", " ")
    if len(line) <= MAXIMUM_VALUE_CHARACTERS:
        return line
    return f"{line[:MAXIMUM_VALUE_CHARACTERS]}... ({len(line)} characters)"
