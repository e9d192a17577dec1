"""A HotKey that is pressed by a test."""

from collections.abc import Callable


class RecordedHotKey:
    """Keeps the contract of `target_app.hot_key.contract`."""

    def __init__(self) -> None:
        self._pressed: Callable[[], None] | None = None

    @property
    def is_started(self) -> bool:
        return self._pressed is not None

    def start(self, pressed: Callable[[], None]) -> bool:
        self._pressed = pressed
        return True

    def stop(self) -> None:
        self._pressed = None

    def press(self) -> None:
        """Press it, as a user would; it must be started."""
        assert self._pressed is not None
        self._pressed()
