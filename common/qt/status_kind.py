"""The kinds of state that both programs tell; view-models use them without any widget."""

from enum import Enum


class StatusKind(Enum):
    """The value is the name of its icon."""

    OK = "ok"
    WORKING = "working"
    WARNING = "warning"
    ERROR = "error"
    INFO = "info"
    IDLE = "idle"
