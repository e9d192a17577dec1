"""Pacing: credit goes out with frames, comes back with news of them, and is bounded."""

from hypothesis import given
from hypothesis import strategies as st

from common.screen.pacing import FREE_BYTES, MAXIMUM_DRAIN_SECONDS, MAXIMUM_FRAMES, Pacing


def test_the_first_frame_needs_no_credit() -> None:
    assert Pacing().may_capture()


def test_small_frames_follow_each_other_up_to_the_limit() -> None:
    pacing = Pacing()

    for frame in range(MAXIMUM_FRAMES):
        assert pacing.may_capture()
        pacing.part_sent(frame, 100, now=0.0)

    assert not pacing.may_capture()
    pacing.shown(0, now=0.1)
    assert pacing.may_capture()


def test_a_large_frame_is_alone_on_an_unknown_line() -> None:
    pacing = Pacing()
    pacing.part_sent(0, FREE_BYTES // 2, now=0.0)
    assert pacing.may_capture()

    pacing.part_sent(0, FREE_BYTES // 2, now=0.0)

    assert not pacing.may_capture()


def test_bytes_that_have_arrived_make_room_for_others() -> None:
    pacing = Pacing()
    for frame in range(4):
        pacing.part_sent(frame, FREE_BYTES // 4, now=0.0)
    assert not pacing.may_capture()

    pacing.shown(0, now=0.5)

    assert pacing.may_capture()


def test_a_frame_of_any_size_may_go_when_nothing_is_under_way() -> None:
    pacing = Pacing()
    pacing.part_sent(0, 100 * FREE_BYTES, now=0.0)

    pacing.shown(0, now=10.0)

    assert pacing.may_capture()


def test_a_quick_line_takes_large_frames_one_after_the_other() -> None:
    pacing = Pacing()
    for frame in range(8):
        pacing.part_sent(frame, 4 * FREE_BYTES, now=float(frame))
        pacing.shown(frame, now=frame + 0.005)

    pacing.part_sent(8, 4 * FREE_BYTES, now=8.0)

    assert pacing.may_capture()


def test_a_thin_line_takes_large_frames_one_at_a_time() -> None:
    pacing = Pacing()
    for frame in range(8):
        pacing.part_sent(frame, 4 * FREE_BYTES, now=float(frame))
        pacing.shown(frame, now=frame + 0.5)

    pacing.part_sent(8, 4 * FREE_BYTES, now=8.0)

    assert not pacing.may_capture()


def test_news_of_a_frame_stands_for_those_before_it() -> None:
    pacing = Pacing()
    for frame in range(3):
        pacing.part_sent(frame, 10, now=0.0)

    pacing.shown(1, now=0.5)

    assert pacing.frames_under_way == 1
    pacing.shown(2, now=0.6)
    assert pacing.frames_under_way == 0


def test_news_of_a_frame_that_was_never_sent_gives_no_credit() -> None:
    pacing = Pacing()
    for frame in range(MAXIMUM_FRAMES):
        pacing.part_sent(frame, 10, now=0.0)

    pacing.shown(12345, now=0.5)

    assert not pacing.may_capture()
    assert pacing.round_trip_seconds is None


def test_news_that_comes_twice_counts_once() -> None:
    pacing = Pacing()
    for frame in range(3):
        pacing.part_sent(frame, FREE_BYTES // 4, now=0.0)

    pacing.shown(0, now=0.5)
    pacing.shown(0, now=0.6)

    assert pacing.frames_under_way == 2


def test_the_round_trip_is_that_of_the_frame_shown_last() -> None:
    pacing = Pacing()
    assert pacing.round_trip_seconds is None
    pacing.part_sent(0, 10, now=1.0)
    pacing.part_sent(0, 10, now=1.2)

    pacing.shown(0, now=1.25)

    assert pacing.round_trip_seconds == 0.25


def test_small_frames_say_nothing_of_the_rate_and_large_ones_do() -> None:
    pacing = Pacing()
    pacing.part_sent(0, 100, now=0.0)
    pacing.shown(0, now=0.1)
    assert pacing.bytes_per_second == 0

    for frame in range(1, 12):
        pacing.part_sent(frame, FREE_BYTES, now=float(frame))
        pacing.shown(frame, now=frame + 0.1)

    assert abs(pacing.bytes_per_second / (FREE_BYTES * 10) - 1) < 0.01


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("send"), st.integers(0, 10 * FREE_BYTES)),
            st.tuples(st.just("show"), st.integers(0, 60)),
        ),
        max_size=60,
    )
)
def test_never_more_is_under_way_than_the_limits_allow(actions: list[tuple[str, int]]) -> None:
    pacing, now, frame, waiting = Pacing(), 0.0, 0, dict[int, int]()
    for action, number in actions:
        now += 0.01
        if action == "show":
            pacing.shown(number, now)
            if number in waiting:
                waiting = {key: size for key, size in waiting.items() if key > number}
        elif pacing.may_capture():
            assert len(waiting) < MAXIMUM_FRAMES
            drained_in_time = pacing.bytes_per_second * MAXIMUM_DRAIN_SECONDS
            assert not waiting or sum(waiting.values()) < max(FREE_BYTES, drained_in_time)
            pacing.part_sent(frame, number, now)
            waiting[frame] = number
            frame += 1
        assert pacing.frames_under_way == len(waiting)
        assert waiting or pacing.may_capture()
