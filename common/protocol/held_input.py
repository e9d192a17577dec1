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

    def note(self, message: InputMessage) -> None:
        """Take a message into account."""
        match message:
            case KeyPressed():
                self._held.add((message.physical, message.character))
            case KeyReleased():
                self._held.discard((message.physical, message.character))
            case ButtonPressed():
                self._held.add(message.button)
            case ButtonReleased():
                self._held.discard(message.button)
            case AllReleased():
                self._held.clear()
            case _:
                pass

    def clear(self) -> None:
        """Everything is up."""
        self._held.clear()


def is_release(message: InputMessage) -> bool:
    """Tell the messages that let go of something; these are never dropped."""
    return isinstance(message, KeyReleased | ButtonReleased | AllReleased)
