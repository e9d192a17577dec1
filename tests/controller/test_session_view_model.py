"""The session window's state and the way of gestures, with QtCore alone."""

import pytest

from common.protocol.policies import SessionMode
from common.protocol.session_events import ScreenReceived, SessionEnded
from common.protocol.session_messages import (
    ButtonPressed,
    ButtonReleased,
    CursorHidden,
    CursorMoved,
    CursorShape,
    KeyPressed,
    PointerButton,
    PointerMoved,
    ScreenUnavailable,
    WheelTurned,
)
from common.qt.status_kind import StatusKind
from common.reasons import EndReason
from controller_app.session_view_model import SessionPhase, SessionViewModel
from controller_app.traffic import TrafficMeasured
from tests.controller.recorded_commands import RecordedCommands
from tests.controller.session_samples import started


def made(mode: SessionMode = SessionMode.ACTIVE) -> tuple[SessionViewModel, RecordedCommands]:
    commands = RecordedCommands()
    view_model = SessionViewModel(commands)
    view_model.handle(started(mode))
    return view_model, commands


def phase_of(view_model: SessionViewModel) -> SessionPhase:
    return view_model.state.phase


def test_a_started_session_waits_for_its_picture_under_its_names() -> None:
    view_model, _ = made()
    state = view_model.state
    assert state.phase is SessionPhase.WAITING_FOR_PICTURE
    assert state.message.words == "Waiting for the first picture"
    assert state.title == "Anna on ANNA-LAPTOP \N{EM DASH} Active"
    assert state.security_number == "4821"


def test_the_first_pixels_show_the_picture() -> None:
    view_model, _ = made()
    view_model.layout_received()
    assert phase_of(view_model) is SessionPhase.WAITING_FOR_PICTURE
    view_model.picture_received()
    assert phase_of(view_model) is SessionPhase.SHOWING


@pytest.mark.parametrize("cause", ["no_display", "wayland", "capture_failed"])
def test_a_missing_screen_is_told_until_a_layout_ends_it(cause: str) -> None:
    view_model, _ = made()
    view_model.picture_received()
    view_model.handle(ScreenReceived(ScreenUnavailable(cause)))
    assert phase_of(view_model) is SessionPhase.UNAVAILABLE
    assert view_model.state.message.words

    view_model.picture_received()  # a late one, of before
    assert phase_of(view_model) is SessionPhase.UNAVAILABLE
    view_model.layout_received()
    view_model.picture_received()
    assert phase_of(view_model) is SessionPhase.SHOWING


@pytest.mark.parametrize("mode", [SessionMode.CHAT, SessionMode.FILE_TRANSFER])
def test_a_mode_without_a_screen_says_so(mode: SessionMode) -> None:
    view_model, _ = made(mode)
    assert phase_of(view_model) is SessionPhase.NO_SCREEN
    assert not view_model.state.may_control


def test_gestures_become_messages_with_their_places() -> None:
    view_model, commands = made()
    view_model.move_pointer(1, 2)
    view_model.move_pointer(1, 2)
    view_model.press_button(PointerButton.LEFT, 3, 4)
    view_model.release_button(PointerButton.LEFT, 5, 6)
    view_model.turn_wheel(0, -120)
    view_model.turn_wheel(0, 0)
    view_model.turn_wheel(1_000_000, 0)
    view_model.send(KeyPressed(4, "a"))

    assert commands.inputs == [
        PointerMoved(1, 2),
        ButtonPressed(PointerButton.LEFT, 3, 4),
        ButtonReleased(PointerButton.LEFT, 5, 6),
        WheelTurned(0, -120),
        WheelTurned(0x7FFF, 0),
        KeyPressed(4, "a"),
    ]


@pytest.mark.parametrize("mode", [mode for mode in SessionMode if mode is not SessionMode.ACTIVE])
def test_no_other_mode_has_input(mode: SessionMode) -> None:
    view_model, commands = made(mode)
    view_model.move_pointer(1, 2)
    view_model.send(KeyPressed(4, "a"))
    view_model.keyboard_taken()
    assert commands.inputs == []
    assert not view_model.state.has_keyboard


def test_it_is_told_who_has_the_keyboard() -> None:
    view_model, _ = made()
    view_model.keyboard_taken()
    assert view_model.state.has_keyboard
    view_model.keyboard_given_back()
    assert not view_model.state.has_keyboard


def test_the_quality_of_the_line_is_shown() -> None:
    view_model, _ = made()
    view_model.handle(TrafficMeasured(29.7, 3.25, 0.0244))
    quality = view_model.state.quality
    assert quality is not None
    assert (quality.frames_per_second, quality.megabits_per_second) == (29.7, 3.25)
    assert quality.round_trip_milliseconds == 24
    view_model.handle(TrafficMeasured(1.0, 0.1, None))
    assert view_model.state.quality is not None
    assert view_model.state.quality.round_trip_milliseconds is None


def test_the_cursor_is_passed_on() -> None:
    view_model, _ = made()
    seen: list[object] = []
    view_model.cursor_shaped.connect(seen.append)
    view_model.cursor_moved.connect(lambda x, y: seen.append((x, y)))
    view_model.cursor_hidden.connect(lambda: seen.append("hidden"))
    shape = CursorShape(1, 1, 0, 0, b"\x00\x00\x00\xff")

    for message in (shape, CursorMoved(7, 8), CursorHidden()):
        view_model.handle(ScreenReceived(message))

    assert seen == [shape, (7, 8), "hidden"]


def test_disconnect_ends_the_session_and_the_end_is_told() -> None:
    view_model, commands = made()
    view_model.disconnect_session()
    assert commands.asked == [EndReason.CONTROLLER_ENDED]

    view_model.handle(SessionEnded(EndReason.CONTROLLER_ENDED, by_other_side=False))
    assert phase_of(view_model) is SessionPhase.ENDED
    assert view_model.state.message.words == "You ended the session"
    assert view_model.state.kind is StatusKind.INFO
    assert view_model.state.is_open


def test_an_end_by_trouble_is_told_as_such() -> None:
    view_model, _ = made()
    view_model.handle(SessionEnded(EndReason.OTHER_SIDE_SILENT, by_other_side=True))
    assert view_model.state.kind is StatusKind.ERROR
    assert "ANNA-LAPTOP" in view_model.state.message.detail


def test_after_the_end_nothing_is_sent() -> None:
    view_model, commands = made()
    view_model.handle(SessionEnded(EndReason.TARGET_ENDED, by_other_side=True))
    view_model.move_pointer(1, 1)
    view_model.disconnect_session()
    assert (commands.inputs, commands.asked) == ([], [])


def test_closing_the_window_ends_the_session() -> None:
    view_model, commands = made()
    view_model.close()
    view_model.close()
    assert commands.asked == [EndReason.CONTROLLER_ENDED]
    assert not view_model.state.is_open
    view_model.handle(SessionEnded(EndReason.CONTROLLER_ENDED, by_other_side=False))
    assert not view_model.state.is_open


def test_a_session_that_was_cancelled_as_it_started_goes_by_itself() -> None:
    view_model, _ = made()
    view_model.handle(SessionEnded(EndReason.CANCELLED, by_other_side=False))
    assert not view_model.state.is_open
