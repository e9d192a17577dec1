"""Which keys and buttons the controller holds down, read off the input messages themselves.

Both session machines keep one: the controller to ping more often while something is held, the
target to let go of everything when the controller falls silent.
"""

from common.protocol.session_messages import (
    AllReleased,
    ButtonPressed,
    ButtonReleased,
    InputMessage,
    KeyPressed,
    KeyReleased,
)


class HeldInput:
    """The keys and buttons that are down as far as this side knows."""

    def __init__(self) -> None:
        self._held: set[object] = set()

    @property
    def is_holding(self) -> bool:
        """Whether any key or button is down."""
        return bool(self._held)

    @property
    def count(self) -> int:
        """Number of keys and buttons that are down."""
        return len(self._held)

    def note(self, message: InputMessage) -> None:
        """Take a message into account."""
        match message:
            case KeyPressed() | ButtonPressed():
                self._held.add(_what(message))
            case KeyReleased() | ButtonReleased():
                self._held.discard(_what(message))
            case AllReleased():
                self._held.clear()
            case _:
                pass

    def would_let_go(self, message: InputMessage) -> bool:
        """Tell whether a message brings up something that is down."""
        match message:
            case KeyReleased() | ButtonReleased():
                return _what(message) in self._held
            case AllReleased():
                return self.is_holding
            case _:
                return False

    def clear(self) -> None:
        """Everything is up."""
        self._held.clear()


def _what(message: KeyPressed | KeyReleased | ButtonPressed | ButtonReleased) -> object:
    """Name the key or button: a key by place and character, as the sinks do."""
    if isinstance(message, KeyPressed | KeyReleased):
        return message.physical, message.character
    return message.button


def is_release(message: InputMessage) -> bool:
    """Tell the messages that let go of something; these are never dropped."""
    return isinstance(message, KeyReleased | ButtonReleased | AllReleased)
