"""The decode thread: frames in order, whole, acknowledged; one violation ends it."""

import threading
from collections.abc import Iterator

import numpy as np
import pytest

from common.errors import ProtocolViolation
from common.protocol.session_messages import PictureUpdate, ScreenLayout
from common.screen.encoder import Grab, Pixels, ScreenEncoder
from controller_app.decode_thread import MAXIMUM_WAITING_BYTES, DecodeThread
from controller_app.picture_patches import PictureChange, PicturePatches
from tests.support.waiting import wait_until

WAIT_SECONDS = 10.0
WIDTH, HEIGHT = 900, 700


class Recorder:
    """What the thread says, and on which thread it says it."""

    def __init__(self) -> None:
        self.shown: list[tuple[int, int]] = []
        self.violations: list[ProtocolViolation] = []
        self.threads: set[str] = set()

    def note_shown(self, frame: int, decode_microseconds: int) -> None:
        self.threads.add(threading.current_thread().name)
        self.shown.append((frame, decode_microseconds))

    def note_failed(self, violation: ProtocolViolation) -> None:
        self.violations.append(violation)

    def frames(self) -> list[int]:
        return [frame for frame, _ in self.shown]


class Decoding:
    """A running decode thread with its recorder and slot."""

    def __init__(self) -> None:
        self.recorder = Recorder()
        self.patches = PicturePatches()
        self.thread = DecodeThread(
            self.recorder.note_shown, self.patches, self.recorder.note_failed
        )
        self.thread.start()

    def wait_for_frames(self, count: int) -> None:
        wait_until(
            lambda: len(self.recorder.shown) == count, WAIT_SECONDS, f"{count} frames to be shown"
        )

    def wait_for_violation(self) -> ProtocolViolation:
        wait_until(lambda: self.recorder.violations, WAIT_SECONDS, "a violation")
        return self.recorder.violations[0]


@pytest.fixture
def decoding() -> Iterator[Decoding]:
    made = Decoding()
    yield made
    made.thread.stop()


LAYOUT = ScreenLayout(width_pixels=WIDTH, height_pixels=HEIGHT)


def stripes(shade: int) -> Pixels:
    picture = np.full((HEIGHT, WIDTH, 4), 255, np.uint8)
    picture[::2, :, :3] = shade
    return picture


def updates(frame: int, picture: Pixels) -> list[PictureUpdate]:
    """One frame that turns black into a picture."""
    parts = ScreenEncoder(WIDTH, HEIGHT).encode([Grab(0, 0, picture)])
    return [
        PictureUpdate(frame=frame, is_last=part.is_last, payload=part.payload) for part in parts
    ]


def solid(frame: int, shade: int, *, is_last: bool = True) -> PictureUpdate:
    """A frame that paints all in one shade."""
    payload = bytes.fromhex(f"00 0000 0000 {WIDTH:04x} {HEIGHT:04x} 00000003") + bytes([shade] * 3)
    return PictureUpdate(frame=frame, is_last=is_last, payload=payload)


def test_a_frame_in_several_parts_is_handed_over_when_it_is_whole(decoding: Decoding) -> None:
    picture = stripes(40)
    *first, last = updates(7, picture)
    assert first
    decoding.thread.put(LAYOUT)
    for update in first:
        decoding.thread.put(update)
    decoding.thread.put(last)

    decoding.wait_for_frames(1)

    assert decoding.recorder.frames() == [7]
    change = decoding.patches.take()
    assert change is not None
    assert np.array_equal(np.vstack([patch.pixels for patch in change.patches]), picture)
    assert (change.width, change.height, change.is_new_layout) == (WIDTH, HEIGHT, True)


def test_a_window_that_is_quick_sees_no_half_of_a_frame(decoding: Decoding) -> None:
    seen: list[PictureChange | None] = []
    decoding.patches.became_available = lambda: seen.append(decoding.patches.take())
    decoding.thread.put(LAYOUT)
    parts = updates(0, stripes(40))
    assert len(parts) > 1
    for update in parts:
        decoding.thread.put(update)

    decoding.wait_for_frames(1)

    assert [change and len(change.patches) for change in seen] == [0, len(parts)]


def test_frames_are_decoded_in_their_order_on_a_thread_of_their_own(decoding: Decoding) -> None:
    decoding.thread.put(LAYOUT)
    for frame in range(50):
        decoding.thread.put(solid(frame, frame))

    decoding.wait_for_frames(50)

    assert decoding.recorder.frames() == list(range(50))
    assert decoding.recorder.threads == {"decode"}
    change = decoding.patches.take()
    assert change is not None
    assert (change.patches[-1].pixels[..., :3] == 49).all()


def test_an_empty_frame_is_shown_too(decoding: Decoding) -> None:
    decoding.thread.put(LAYOUT)

    decoding.thread.put(PictureUpdate(frame=3, is_last=True, payload=b""))

    decoding.wait_for_frames(1)
    assert decoding.recorder.frames() == [3]


def test_what_was_put_in_before_the_start_is_decoded_first() -> None:
    recorder = Recorder()
    thread = DecodeThread(recorder.note_shown, PicturePatches(), recorder.note_failed)
    thread.put(LAYOUT)
    thread.put(solid(1, 1))

    thread.start()

    wait_until(lambda: recorder.shown, WAIT_SECONDS, "the frame")
    thread.stop()


def test_a_new_layout_starts_with_a_black_picture(decoding: Decoding) -> None:
    decoding.thread.put(LAYOUT)
    decoding.thread.put(solid(0, 200))
    decoding.thread.put(ScreenLayout(width_pixels=10, height_pixels=10))
    decoding.thread.put(PictureUpdate(frame=1, is_last=True, payload=b""))

    decoding.wait_for_frames(2)

    change = decoding.patches.take()
    assert change is not None
    assert (change.width, change.height, change.is_new_layout) == (10, 10, True)
    assert change.patches == ()


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param([solid(0, 1)], id="a picture before the layout"),
        pytest.param(
            [LAYOUT, PictureUpdate(frame=0, is_last=True, payload=b"rubbish")], id="rubbish"
        ),
        pytest.param(
            [ScreenLayout(width_pixels=10, height_pixels=10), solid(0, 1)], id="larger than it"
        ),
    ],
)
def test_a_broken_rule_is_told_once_and_ends_the_decoding(
    decoding: Decoding, wrong: list[ScreenLayout | PictureUpdate]
) -> None:
    for message in wrong:
        decoding.thread.put(message)

    decoding.wait_for_violation()
    decoding.thread.put(LAYOUT)
    decoding.thread.put(solid(1, 1))
    decoding.thread.stop()

    assert len(decoding.recorder.violations) == 1
    assert decoding.recorder.shown == []


def test_more_waiting_than_credit_could_allow_is_a_violation() -> None:
    recorder = Recorder()
    thread = DecodeThread(recorder.note_shown, PicturePatches(), recorder.note_failed)
    thread.put(LAYOUT)
    payload = bytes(16 * 1024 * 1024)
    for frame in range(MAXIMUM_WAITING_BYTES // len(payload) + 1):
        thread.put(PictureUpdate(frame=frame, is_last=False, payload=payload))

    thread.start()

    wait_until(lambda: recorder.violations, WAIT_SECONDS, "a violation")
    thread.stop()


def test_stopping_twice_or_before_the_start_is_harmless(decoding: Decoding) -> None:
    decoding.thread.stop()
    decoding.thread.stop()
    decoding.thread.put(LAYOUT)

    never_started = DecodeThread(lambda *_: None, PicturePatches(), lambda _: None)
    never_started.stop()


def test_the_thread_may_be_stopped_from_its_own_callback() -> None:
    patches = PicturePatches()
    done = threading.Event()

    def stop_at_once(frame: int, decode_microseconds: int) -> None:
        thread.stop()
        done.set()

    thread = DecodeThread(stop_at_once, patches, lambda _: None)
    thread.start()
    thread.put(LAYOUT)
    thread.put(solid(0, 0))

    assert done.wait(WAIT_SECONDS)
