"""Sets logging up for a program whose code logs with structlog: the two apps.

structlog's events become records of the standard library and then lines (common.log_lines),
where everything secret is kept out. The node logs with the standard library and does without
this module and the memory that structlog takes.
"""

from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import structlog

from common.log_lines import (
    LEVELS,
    configure_lines,
    harmless,
    redact,
    session_context,
)

__all__ = ["LEVELS", "configure", "harmless", "redact", "session_context"]


def configure(level: str, log_file: Path | None = None) -> None:
    """Log from `level` up to standard error, and to `log_file` if there is one.

    May be called again; the last call counts. Raises SettingsError.
    """
    configure_lines(level, log_file)
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, _to_record],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def _to_record(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> tuple[tuple[dict[str, Any]], dict[str, Any]]:
    """Give the logger of the standard library its arguments: the event, and an exception."""
    fields = dict(event)
    exc_info = fields.pop("exc_info", None)
    return (fields,), {"exc_info": exc_info}
