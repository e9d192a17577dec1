"""Choosing a capture: the session's kind first, then the display."""

import pytest

from target_app.capture.chooser import is_wayland_session, open_capture
from target_app.capture.contract import CaptureFailed, ScreenProblem
from target_app.capture.x11_capture import X11Capture
from tests.support.displays import VirtualDisplay


@pytest.mark.parametrize(
    ("environment", "is_wayland"),
    [
        ({"XDG_SESSION_TYPE": "wayland", "WAYLAND_DISPLAY": "wayland-0", "DISPLAY": ":0"}, True),
        ({"XDG_SESSION_TYPE": "wayland", "DISPLAY": ":0"}, True),
        ({"XDG_SESSION_TYPE": "Wayland"}, True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, True),
        ({"WAYLAND_DISPLAY": "wayland-0", "DISPLAY": ":0"}, False),
        ({"XDG_SESSION_TYPE": "x11", "WAYLAND_DISPLAY": "wayland-0"}, False),
        ({"XDG_SESSION_TYPE": "x11", "DISPLAY": ":0"}, False),
        ({"XDG_SESSION_TYPE": "tty", "DISPLAY": ":0"}, False),
        ({"DISPLAY": ":0"}, False),
        ({}, False),
    ],
)
def test_the_session_type_tells_a_wayland_session(
    environment: dict[str, str], is_wayland: bool
) -> None:
    assert is_wayland_session(environment) is is_wayland


# python-xlib leaves the socket open with which it did not reach a server.
@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
@pytest.mark.parametrize(
    ("environment", "problem"),
    [
        ({"XDG_SESSION_TYPE": "wayland", "DISPLAY": ":0"}, ScreenProblem.WAYLAND),
        ({}, ScreenProblem.NO_DISPLAY),
        ({"DISPLAY": ""}, ScreenProblem.NO_DISPLAY),
        ({"DISPLAY": ":64999"}, ScreenProblem.NO_DISPLAY),
        ({"DISPLAY": "not a display"}, ScreenProblem.NO_DISPLAY),
    ],
)
def test_what_is_in_the_way_is_named(environment: dict[str, str], problem: ScreenProblem) -> None:
    with pytest.raises(CaptureFailed) as caught:
        open_capture(environment)

    assert caught.value.problem is problem


def test_an_x11_session_is_captured_by_x11(display: VirtualDisplay) -> None:
    capture = open_capture(display.environment)
    try:
        assert isinstance(capture, X11Capture)
        assert capture.size == (1280, 800)
    finally:
        capture.close()
