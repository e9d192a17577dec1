"""The scene of an end-to-end test: displays and a node, made for it and gone after it.

A failing test leaves pictures of both displays and what the programs wrote in `.run/failures`.
"""

import shutil
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from tests.end_to_end.scene import Scene, set_up
from tests.support.import_graph import ROOT

FAILURES = ROOT / ".run" / "failures"
OUTCOME = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remember whether the test itself failed, for the fixture below."""
    report = yield
    if report.when == "call":
        item.stash[OUTCOME] = report.failed
    return report


@pytest.fixture
def node_options() -> tuple[str, ...]:
    """Options of the scene's node beside its own; a module may say otherwise."""
    return ()


@pytest.fixture
def scene(
    tmp_path: Path, node_options: tuple[str, ...], request: pytest.FixtureRequest
) -> Iterator[Scene]:
    """Two displays and a node, with no program yet."""
    made = set_up(tmp_path, *node_options)
    try:
        yield made
        if request.node.stash.get(OUTCOME, False):
            _keep(made, FAILURES / request.node.name)
    finally:
        made.end()


def _keep(scene: Scene, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    scene.controller_display.save_picture(folder / "controller.png")
    scene.target_display.save_picture(folder / "target.png")
    for output in scene.folder.glob("*.out"):
        shutil.copy(output, folder)
