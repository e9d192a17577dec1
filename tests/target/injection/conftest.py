"""One display, one terminal and one sink for the tests of a file; each test finds them clean."""

from collections.abc import Iterator

import pytest

from target_app.injection.contract import HoldKind
from target_app.injection.x11_connection import X11Connection
from target_app.injection.x11_sink import X11Sink
from tests.support.displays import VirtualDisplay
from tests.target.injection.stage import ReadBackTerminal, Recorder, keys_down_on, set_layout


@pytest.fixture(scope="module")
def stage() -> Iterator[VirtualDisplay]:
    """A display without a window manager: openbox takes seconds over each change of layout."""
    with VirtualDisplay() as display:
        yield display


@pytest.fixture(scope="module")
def terminal(stage: VirtualDisplay, tmp_path_factory: pytest.TempPathFactory) -> ReadBackTerminal:
    return ReadBackTerminal(stage, tmp_path_factory.mktemp("typed") / "typed")


@pytest.fixture(scope="module")
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture(scope="module")
def connection(stage: VirtualDisplay, terminal: ReadBackTerminal) -> X11Connection:
    """The sink's own connection, which sees what the sink did; the sink closes it."""
    return X11Connection(stage.name)


@pytest.fixture(scope="module")
def only_sink(connection: X11Connection, recorder: Recorder) -> Iterator[X11Sink]:
    made = X11Sink(connection, recorder)
    yield made
    made.close()
    assert recorder.held == set()


@pytest.fixture
def sink(
    stage: VirtualDisplay, terminal: ReadBackTerminal, recorder: Recorder, only_sink: X11Sink
) -> Iterator[X11Sink]:
    """The sink on a US keyboard, with the terminal in front; it leaves nothing down."""
    set_layout(stage, "us")
    only_sink.move_pointer(900, 700)
    terminal.clear()
    yield only_sink
    only_sink.release_all()
    assert {kind for kind, _ in recorder.held} <= {HoldKind.BORROWED_KEYCODE}
    assert keys_down_on(stage) == set()
