"""What controller and target say to each other, sealed: msgpack, one union per channel.

The conversation, in order (C controller, T target):

    T -> C   AwaitingAcceptance        the target's user is being asked (or at once:)
    T -> C   SessionAccepted           mode, computer, user
    T -> C   ScreenLayout              the size of the shared picture; again at each change
    T -> C   PictureUpdate ...         C -> T  PictureShown for each whole frame
    T -> C   CursorShape, CursorMoved
    C -> T   PointerMoved, ButtonPressed, ..., KeyPressed, KeyReleased, TextTyped, AllReleased
    both     Ping, Pong                liveness and round trip
    both     Goodbye                   the last message, with the reason

The channel decides the priority of a message at its sender and which union it is parsed by.
What a picture's payload holds is known to `common.screen` alone.
"""

from enum import IntEnum
from typing import Annotated, Final, TypeVar

import msgspec
from msgspec import Meta, Struct

from common.errors import ProtocolViolation
from common.protocol.policies import SessionMode
from common.reasons import EndReason

MAXIMUM_SCREEN_SIDE_PIXELS: Final = 16384
MAXIMUM_SCREEN_PIXELS: Final = 64 * 1024 * 1024
MAXIMUM_PICTURE_BYTES: Final = 16 * 1024 * 1024
"""Of one PictureUpdate's payload, reassembled (security.md 2.4)."""
MAXIMUM_CURSOR_SIDE_PIXELS: Final = 256
MAXIMUM_TEXT_CHARACTERS: Final = 1024
"""Of one TextTyped: four bytes a character stay within the 4 KiB burst of security.md 2.4."""

U8 = Annotated[int, Meta(ge=0, le=0xFF)]
U16 = Annotated[int, Meta(ge=0, le=0xFFFF)]
U32 = Annotated[int, Meta(ge=0, le=0xFFFFFFFF)]
I16 = Annotated[int, Meta(ge=-0x8000, le=0x7FFF)]
ScreenSide = Annotated[int, Meta(ge=1, le=MAXIMUM_SCREEN_SIDE_PIXELS)]
ScreenCoordinate = Annotated[int, Meta(ge=0, lt=MAXIMUM_SCREEN_SIDE_PIXELS)]
CursorSide = Annotated[int, Meta(ge=1, le=MAXIMUM_CURSOR_SIDE_PIXELS)]
DisplayName = Annotated[str, Meta(max_length=64)]


class Channel(IntEnum):
    """The channels, in the order of their priority at a sender. Numbers are never reused."""

    CONTROL = 0
    INPUT = 1
    CURSOR = 2
    SCREEN = 3
    CLIPBOARD = 4
    GUIDANCE = 5
    CHAT = 6
    FILE = 7


class SessionMessage(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """What the sealed messages have in common: arrays, tagged by a small number."""


# Control.


class AwaitingAcceptance(SessionMessage, frozen=True, tag=1):
    """Target to controller: the target's user is being asked and has this long."""

    seconds: U8


class SessionAccepted(SessionMessage, frozen=True, tag=2):
    """Target to controller: the session runs, in this mode."""

    mode: SessionMode
    computer_name: DisplayName
    user_name: DisplayName
    operating_system: DisplayName


class Ping(SessionMessage, frozen=True, tag=3):
    """Either way, every 5 s (1 s while a key or button is held); answered by Pong."""

    number: U32


class Pong(SessionMessage, frozen=True, tag=4):
    """The answer to the Ping of that number, at once."""

    number: U32


class Goodbye(SessionMessage, frozen=True, tag=5):
    """Either way, last: the session is over for this reason."""

    reason: EndReason


# Screen.


class ScreenLayout(SessionMessage, frozen=True, tag=1):
    """Target to controller, before the first picture and when the size changes.

    Pixels of all monitors as one desktop. The picture starts black at each layout.
    """

    width_pixels: ScreenSide
    height_pixels: ScreenSide

    def __post_init__(self) -> None:
        if self.width_pixels * self.height_pixels > MAXIMUM_SCREEN_PIXELS:
            raise ValueError("a screen of too many pixels")


class PictureUpdate(SessionMessage, frozen=True, tag=2):
    """Target to controller: a part of frame `frame`; the picture is whole after `is_last`.

    `payload` is in the format of `common.screen.sections`.
    """

    frame: U32
    is_last: bool
    payload: Annotated[bytes, Meta(max_length=MAXIMUM_PICTURE_BYTES)]


class PictureShown(SessionMessage, frozen=True, tag=3):
    """Controller to target: frame `frame` is decoded and on its way to the window.

    This is the target's credit to capture again, and its measure of the round trip.
    """

    frame: U32
    decode_microseconds: U32


class ScreenUnavailable(SessionMessage, frozen=True, tag=4):
    """Target to controller: no picture for now, and why; a ScreenLayout ends it."""

    cause: Annotated[str, Meta(pattern=r"^(no_display|wayland|capture_failed)\Z")]


# Cursor.


class CursorShape(SessionMessage, frozen=True, tag=1):
    """Target to controller: the pointer looks like this from now on.

    `rgba` is width x height x 4 bytes, rows from the top, colour not premultiplied.
    """

    width_pixels: CursorSide
    height_pixels: CursorSide
    hotspot_x: U8
    hotspot_y: U8
    rgba: Annotated[bytes, Meta(max_length=MAXIMUM_CURSOR_SIDE_PIXELS**2 * 4)]

    def __post_init__(self) -> None:
        if len(self.rgba) != self.width_pixels * self.height_pixels * 4:
            raise ValueError("a cursor's bytes do not fit its size")


class CursorMoved(SessionMessage, frozen=True, tag=2):
    """Target to controller: the pointer is here, moved by the target's user or a program."""

    x: ScreenCoordinate
    y: ScreenCoordinate


class CursorHidden(SessionMessage, frozen=True, tag=3):
    """Target to controller: no pointer is shown at the target."""


# Input.


class PointerMoved(SessionMessage, frozen=True, tag=1):
    """Controller to target, Active mode. Pixels of the shared screen, origin top left."""

    x: ScreenCoordinate
    y: ScreenCoordinate


class PointerButton(IntEnum):
    """Buttons of a mouse; the wheel is not one of them."""

    LEFT = 1
    MIDDLE = 2
    RIGHT = 3
    BACK = 4
    FORWARD = 5


class ButtonPressed(SessionMessage, frozen=True, tag=2):
    """Controller to target: at this place, so that no move can be missed before it."""

    button: PointerButton
    x: ScreenCoordinate
    y: ScreenCoordinate


class ButtonReleased(SessionMessage, frozen=True, tag=3):
    """Controller to target."""

    button: PointerButton
    x: ScreenCoordinate
    y: ScreenCoordinate


UNITS_PER_NOTCH: Final = 120
"""Of WheelTurned, and of most systems (Microsoft, WM_MOUSEWHEEL: WHEEL_DELTA)."""


class WheelTurned(SessionMessage, frozen=True, tag=4):
    """Controller to target, in 1/UNITS_PER_NOTCH of a notch; positive is right and up (away)."""

    horizontal: I16
    vertical: I16


class KeyPressed(SessionMessage, frozen=True, tag=5):
    """Controller to target: one key went down. Auto-repeat is the target's own.

    `physical` is the key's place: its USB HID usage on page 7 (HID Usage Tables 1.5,
    chapter 10), 0 where unknown. `character` is the one character that the controller's
    layout gives for it, or empty; it is typed by the target's layout, whatever that is.
    A key with an empty character goes by its place.
    """

    physical: U16
    character: Annotated[str, Meta(max_length=1)]


class KeyReleased(SessionMessage, frozen=True, tag=6):
    """Controller to target: the key that was pressed with this `physical` and `character`."""

    physical: U16
    character: Annotated[str, Meta(max_length=1)]


class TextTyped(SessionMessage, frozen=True, tag=7):
    """Controller to target: text that came of no single key (dead keys, input methods)."""

    text: Annotated[str, Meta(min_length=1, max_length=MAXIMUM_TEXT_CHARACTERS)]


class AllReleased(SessionMessage, frozen=True, tag=8):
    """Controller to target: its window lost the focus; let go of everything."""


ControlMessage = AwaitingAcceptance | SessionAccepted | Ping | Pong | Goodbye
ScreenMessage = ScreenLayout | PictureUpdate | PictureShown | ScreenUnavailable
CursorMessage = CursorShape | CursorMoved | CursorHidden
InputMessage = (
    PointerMoved
    | ButtonPressed
    | ButtonReleased
    | WheelTurned
    | KeyPressed
    | KeyReleased
    | TextTyped
    | AllReleased
)
AnySessionMessage = ControlMessage | ScreenMessage | CursorMessage | InputMessage

T = TypeVar("T", bound=SessionMessage)

_encoder = msgspec.msgpack.Encoder()
_decoders: Final = {
    Channel.CONTROL: msgspec.msgpack.Decoder(ControlMessage),
    Channel.SCREEN: msgspec.msgpack.Decoder(ScreenMessage),
    Channel.CURSOR: msgspec.msgpack.Decoder(CursorMessage),
    Channel.INPUT: msgspec.msgpack.Decoder(InputMessage),
}

MAXIMUM_MESSAGE_BYTES: Final = {
    Channel.CONTROL: 4 * 1024,
    Channel.INPUT: 8 * 1024,
    Channel.CURSOR: MAXIMUM_CURSOR_SIDE_PIXELS**2 * 4 + 64,
    Channel.SCREEN: MAXIMUM_PICTURE_BYTES + 64,
}
"""What a channel's message may be when it is put together again, in bytes."""

_CHANNELS: Final = {
    message: channel
    for channel, union in (
        (Channel.CONTROL, ControlMessage),
        (Channel.SCREEN, ScreenMessage),
        (Channel.CURSOR, CursorMessage),
        (Channel.INPUT, InputMessage),
    )
    for message in union.__args__
}


def channel_of(message: AnySessionMessage) -> Channel:
    """Tell the channel that a message travels on."""
    return _CHANNELS[type(message)]


def encode(message: AnySessionMessage) -> bytes:
    """Turn a message into the bytes that are sealed."""
    return _encoder.encode(message)


def decode(channel: Channel, data: bytes | bytearray | memoryview) -> AnySessionMessage:
    """Parse one whole message of a channel. Raises ProtocolViolation, whatever the bytes."""
    decoder = _decoders.get(channel)
    if decoder is None:
        raise ProtocolViolation(f"nothing is said on channel {channel.name} yet")
    if len(data) > MAXIMUM_MESSAGE_BYTES[channel]:
        raise ProtocolViolation(f"a message of {len(data)} bytes on channel {channel.name}")
    try:
        message: AnySessionMessage = decoder.decode(data)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise ProtocolViolation(f"not a message of {channel.name}: {error}") from None
    return message
