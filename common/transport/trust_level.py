"""How far a server is believed (protocol.md 1). Imports nothing, so that windows may know it."""

from enum import IntEnum


class TrustLevel(IntEnum):
    """How far a server is believed; a higher number is more. protocol.md 1 says what follows."""

    PROVISIONAL = 1
    """Only discovered."""
    CONFIRMED = 2
    """Discovered or invited, and a spoken code went through it."""
    PINNED = 3
    """Its fingerprint was set by hand or by settings, or the user raised it."""
