"""What holds for every test: no display from outside, nothing left behind, bounded searching.

In-process Qt tests draw off screen. Tests that need a display take the fixture `display` or
`desktop`, or make a VirtualDisplay themselves.
"""

import os
from collections.abc import Iterator

import hypothesis
import pytest

from tests.support.displays import DisplayOptions, VirtualDisplay
from tests.support.leftovers import LoopComplaints, left_over, take_stock, watch_loops

os.environ["QT_QPA_PLATFORM"] = "offscreen"
for outer in ("DISPLAY", "WAYLAND_DISPLAY", "XDG_SESSION_TYPE", "DBUS_SESSION_BUS_ADDRESS"):
    os.environ.pop(outer, None)

# No deadline: the machine may be busy. In CI the same examples each time, so that a change
# is judged by what it changes.
hypothesis.settings.register_profile("development", deadline=None, max_examples=100)
hypothesis.settings.register_profile(
    "ci", deadline=None, max_examples=100, derandomize=True, database=None, print_blob=True
)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "development")


@pytest.fixture(autouse=True)
def nothing_left_behind() -> Iterator[LoopComplaints]:
    """Fail a test that leaves a thread, a child process, a window or a task, or upsets a loop."""
    before = take_stock()
    with watch_loops() as complaints:
        yield complaints
    found = left_over(before) + complaints.found
    if found:
        pytest.fail("left behind: " + "; ".join(found), pytrace=False)


@pytest.fixture
def display() -> Iterator[VirtualDisplay]:
    """A bare X display of 1280 x 800 pixels."""
    with VirtualDisplay() as made:
        yield made


@pytest.fixture
def desktop() -> Iterator[VirtualDisplay]:
    """An X display of 1280 x 800 pixels with a window manager and a tray."""
    with VirtualDisplay(DisplayOptions(window_manager=True, tray=True)) as made:
        yield made
