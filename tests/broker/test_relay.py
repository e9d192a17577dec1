"""Two connections joined: what one sends the other gets, and who is read no more."""

from dataclasses import dataclass, field

import pytest

from common.broker.limits import Limits
from common.broker.relay import Relay
from common.errors import ProtocolViolation

ONE, OTHER, THIRD = 1, 2, 3


@dataclass
class RecordedEnd:
    """A connection that keeps what it is told to send."""

    sent: list[bytes] = field(default_factory=list)
    is_paused: bool = False
    unsent: int = 0

    def send_frame(self, frame: bytes | bytearray) -> None:
        self.sent.append(bytes(frame))

    def pause_reading(self) -> None:
        self.is_paused = True

    def resume_reading(self) -> None:
        self.is_paused = False

    def unsent_bytes(self) -> int:
        return self.unsent


@pytest.fixture
def ends() -> dict[int, RecordedEnd]:
    return {connection: RecordedEnd() for connection in (ONE, OTHER, THIRD)}


@pytest.fixture
def relay(ends: dict[int, RecordedEnd]) -> Relay:
    made = Relay(Limits())
    for connection, end in ends.items():
        made.add(connection, end)
    return made


def test_joined_connections_get_each_others_frames_in_order(
    relay: Relay, ends: dict[int, RecordedEnd]
) -> None:
    relay.join(ONE, OTHER)
    for frame in (b"1", b"2", b"3"):
        relay.pass_on(ONE, frame)
    relay.pass_on(OTHER, b"back")

    assert ends[OTHER].sent == [b"1", b"2", b"3"]
    assert ends[ONE].sent == [b"back"]
    assert ends[THIRD].sent == []


def test_a_frame_before_the_offer_is_a_violation(relay: Relay) -> None:
    relay.join(ONE, OTHER)

    with pytest.raises(ProtocolViolation):
        relay.pass_on(THIRD, b"early")


def test_frames_after_the_release_are_discarded(relay: Relay, ends: dict[int, RecordedEnd]) -> None:
    relay.join(ONE, OTHER)
    relay.part(ONE, OTHER)
    relay.pass_on(ONE, b"late")
    relay.pass_on(OTHER, b"late")

    assert ends[ONE].sent == ends[OTHER].sent == []


def test_who_has_left_one_session_can_be_in_another(
    relay: Relay, ends: dict[int, RecordedEnd]
) -> None:
    relay.join(ONE, OTHER)
    relay.part(ONE, OTHER)
    relay.join(THIRD, ONE)
    relay.pass_on(OTHER, b"late")
    relay.pass_on(ONE, b"for the third")

    assert ends[THIRD].sent == [b"for the third"]
    assert ends[ONE].sent == []


def test_a_connection_is_joined_once(relay: Relay) -> None:
    relay.join(ONE, OTHER)

    for pair in ((ONE, THIRD), (THIRD, OTHER), (THIRD, THIRD)):
        with pytest.raises(RuntimeError):
            relay.join(*pair)


def test_the_sender_is_read_no_more_while_the_reader_is_full(
    relay: Relay, ends: dict[int, RecordedEnd]
) -> None:
    relay.join(ONE, OTHER)
    relay.is_full(OTHER, 0.0)
    assert ends[ONE].is_paused
    assert not ends[OTHER].is_paused

    relay.has_room(OTHER)

    assert not ends[ONE].is_paused


def test_the_sender_is_read_again_when_the_reader_is_gone(
    relay: Relay, ends: dict[int, RecordedEnd]
) -> None:
    relay.join(ONE, OTHER)
    relay.is_full(OTHER, 0.0)
    relay.remove(OTHER)

    assert not ends[ONE].is_paused
    assert relay.stalled_readers(100.0) == []
    relay.pass_on(ONE, b"late")


def test_a_reader_that_takes_nothing_for_five_seconds_is_stalled(
    relay: Relay, ends: dict[int, RecordedEnd]
) -> None:
    relay.join(ONE, OTHER)
    ends[OTHER].unsent = 1000
    relay.is_full(OTHER, 0.0)

    assert relay.stalled_readers(4.9) == []
    assert relay.stalled_readers(5.0) == [OTHER]


def test_a_reader_that_takes_a_little_is_not_stalled(
    relay: Relay, ends: dict[int, RecordedEnd]
) -> None:
    relay.join(ONE, OTHER)
    ends[OTHER].unsent = 1000
    relay.is_full(OTHER, 0.0)
    for second in range(1, 60):
        ends[OTHER].unsent = 1000 - second
        assert relay.stalled_readers(second) == []

    assert relay.stalled_readers(59.0 + 5.0) == [OTHER]


def test_a_reader_with_room_is_not_stalled(relay: Relay) -> None:
    relay.join(ONE, OTHER)
    relay.is_full(OTHER, 0.0)
    relay.has_room(OTHER)

    assert relay.stalled_readers(1000.0) == []


def test_nothing_is_kept_of_connections_that_are_gone(relay: Relay) -> None:
    relay.join(ONE, OTHER)
    relay.is_full(OTHER, 0.0)
    for connection in (ONE, OTHER, THIRD):
        relay.remove(connection)

    kept = [value for value in vars(relay).values() if isinstance(value, (dict, set))]
    assert [len(value) for value in kept] == [0] * len(kept)
