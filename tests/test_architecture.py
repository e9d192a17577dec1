"""Who may import whom, and how large a file may get: docs/architecture.md, checked.

Each rule is a room (or files in one) and what must not be behind its doors. Imports count
wherever they stand in a file. Where a rule says `everything_behind`, the way through other
modules of the project counts too.
"""

import ast
import fnmatch
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.support.import_graph import (
    SourceFile,
    everything_behind,
    is_inside,
    read_sources,
)

SOURCES = read_sources()
PROGRAM = {name: source for name, source in SOURCES.items() if not is_inside(name, ["tests"])}

WAITING = ("asyncio", "socket", "ssl", "select", "threading", "multiprocessing", "subprocess")
CLOCKS = ("time", "sched")
NOISE = ("logging", "warnings")
NOT_FOR_THE_PURE = (*WAITING, *CLOCKS, *NOISE)

PROTOCOL_MAY_USE = ("msgspec", "spake2", "cryptography")
SCREEN_MAY_USE = ("numpy", "zstandard", "PIL")
GROUND = ("common.errors", "common.reasons")

WHAT_THE_BROKER_MAY_READ = (
    "common.protocol.broker_messages",
    "common.protocol.documents",
    "common.protocol.policies",
)

ASYNCIO_FILES = (
    "common.transport.*",
    "common.broker.relay",
    "common.server.*",
    "common.qt.network_thread",
    "controller_app.session_runner",
    "controller_app.connection",
    "controller_app.embedded_node",
    "controller_app.traffic",
    "target_app.session_runner",
    "target_app.code_tries",
    "target_app.connection",
)
WIDGET_FILES = (
    "common.qt.*",
    "*_app.__main__",
    "*_app.program",
    "*_app.*_window",
    "*_app.*_page",
    "*_app.*_dialog",
    "*_app.*_bar",
    "*_app.*_message",
    "controller_app.keyboard",
    "controller_app.pointer_gestures",
    "controller_app.remote_*",
    "target_app.desktop",
    "target_app.own_windows",
    "target_app.tray_icon",
)
XLIB_FILES = (
    "target_app.capture.x11*",
    "target_app.injection.x11*",
    "target_app.hot_key.x11*",
)
INPUT_FILES = ("target_app.injection.*_sink", "target_app.hot_key.generic_hot_key")

EMPTY_NAMES = ("utils", "util", "helpers", "helper", "manager", "base", "misc")
LONGEST_FILE_LINES = 500
LONGEST_FUNCTION_LINES = 60


def in_room(*rooms: str) -> list[SourceFile]:
    return [source for name, source in PROGRAM.items() if is_inside(name, rooms)]


def is_one_of(module: str, patterns: Iterable[str]) -> bool:
    return any(fnmatch.fnmatchcase(module, pattern) for pattern in patterns)


def forbidden(sources: Iterable[SourceFile], rooms: Iterable[str]) -> list[str]:
    """Which of these files import something of those rooms, as lines for a failure."""
    rooms = tuple(rooms)
    return [
        f"{source.module} imports {name}"
        for source in sources
        for name in sorted(source.imports())
        if is_inside(name, rooms)
    ]


def is_known_to(name: str, packages: Iterable[str]) -> bool:
    top = name.split(".")[0]
    return top in packages or top in sys.stdlib_module_names or is_inside(name, GROUND)


def test_protocol_is_pure() -> None:
    rooms = in_room("common.protocol")
    assert rooms
    assert forbidden(rooms, NOT_FOR_THE_PURE) == []
    assert foreign(rooms, PROTOCOL_MAY_USE, "common.protocol") == []


def test_screen_is_pure() -> None:
    rooms = in_room("common.screen")
    assert rooms
    assert forbidden(rooms, NOT_FOR_THE_PURE) == []
    assert foreign(rooms, SCREEN_MAY_USE, "common.screen", "common.protocol") == []


def test_rules_of_codes_and_claims_are_pure() -> None:
    rooms = [room for room in in_room("common.broker") if room.module != "common.broker.relay"]
    assert forbidden(rooms, NOT_FOR_THE_PURE) == []


def foreign(sources: Iterable[SourceFile], packages: Iterable[str], *rooms: str) -> list[str]:
    """What these files import from outside the standard library, these packages and rooms."""
    return [
        f"{source.module} imports {name}"
        for source in sources
        for name in sorted(source.imports())
        if name != "common" and not is_inside(name, rooms) and not is_known_to(name, packages)
    ]


def test_broker_and_server_can_not_open_a_record() -> None:
    seen = [
        f"{source.module} reaches {name}"
        for source in in_room("common.broker", "common.server")
        for name in sorted(everything_behind(source.module, PROGRAM) & PROGRAM.keys())
        if is_inside(name, ["common.protocol", "common.screen"])
        and name not in ("common.protocol", *WHAT_THE_BROKER_MAY_READ)
    ]
    assert seen == []


def test_server_and_transport_do_not_know_each_other() -> None:
    assert forbidden(in_room("common.transport"), ["common.server", "common.broker"]) == []
    assert forbidden(in_room("common.server", "common.broker"), ["common.transport"]) == []


def test_common_knows_no_program_and_the_programs_not_each_other() -> None:
    assert forbidden(in_room("common"), ["controller_app", "target_app"]) == []
    assert forbidden(in_room("controller_app"), ["target_app"]) == []
    assert forbidden(in_room("target_app"), ["controller_app"]) == []


def test_no_program_knows_the_tests() -> None:
    assert forbidden(PROGRAM.values(), ["tests", "pytest", "hypothesis", "psutil"]) == []


def test_qt_in_common_is_in_its_room_alone() -> None:
    outside = [room for room in in_room("common") if not is_inside(room.module, ["common.qt"])]
    assert forbidden(outside, ["PySide6", "shiboken6", "common.qt"]) == []


def test_widgets_stay_in_windows() -> None:
    others = [source for name, source in PROGRAM.items() if not is_one_of(name, WIDGET_FILES)]
    assert forbidden(others, ["PySide6.QtWidgets", "PySide6.QtGui", "PySide6.QtSvg"]) == []


def test_view_models_use_qt_core_alone() -> None:
    models = [room for name, room in PROGRAM.items() if name.endswith("_view_model")]
    found = [line for line in forbidden(models, ["PySide6"]) if "PySide6.QtCore" not in line]
    assert [line for line in found if not line.endswith(" imports PySide6")] == []


def test_asyncio_is_where_it_belongs() -> None:
    others = [source for name, source in PROGRAM.items() if not is_one_of(name, ASYNCIO_FILES)]
    assert forbidden(others, ["asyncio", "aiohttp", "uvloop"]) == []


def test_what_runs_on_the_network_thread_reaches_no_qt() -> None:
    seen = [
        f"{name} reaches {behind}"
        for name, source in PROGRAM.items()
        if is_inside("asyncio", source.imports()) and name != "common.qt.network_thread"
        for behind in sorted(everything_behind(source.module, PROGRAM))
        if is_inside(behind, ["PySide6"])
    ]
    assert seen == []


def test_x11_is_in_its_platform_files_alone() -> None:
    others = [source for name, source in PROGRAM.items() if not is_one_of(name, XLIB_FILES)]
    assert forbidden(others, ["Xlib"]) == []


def test_only_sinks_call_system_input() -> None:
    others = [source for name, source in PROGRAM.items() if not is_one_of(name, INPUT_FILES)]
    assert forbidden(others, ["pynput", "Xlib.ext.xtest"]) == []


def test_only_the_session_runner_holds_a_sink() -> None:
    outside = [
        source
        for name, source in PROGRAM.items()
        if not is_inside(name, ["target_app.injection", "target_app.session_runner"])
    ]
    assert [line for line in forbidden(outside, ["target_app.injection"]) if "_sink" in line] == []


@pytest.mark.parametrize("name", EMPTY_NAMES)
def test_no_file_has_a_name_that_says_nothing(name: str) -> None:
    named = [source.path for source in SOURCES.values() if source.path.stem == name]
    assert named == []


def test_no_file_is_longer_than_a_reader_bears() -> None:
    long = {
        source.module: source.line_count
        for source in SOURCES.values()
        if source.line_count > LONGEST_FILE_LINES
    }
    assert long == {}


def test_no_function_is_longer_than_a_reader_bears() -> None:
    long = [
        f"{source.path}:{node.lineno} {node.name}: {length} lines"
        for source in SOURCES.values()
        for node in ast.walk(source.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := (node.end_lineno or node.lineno) - node.lineno + 1) > LONGEST_FUNCTION_LINES
    ]
    assert long == []


def test_every_module_says_what_it_is() -> None:
    silent = [
        source.module
        for source in PROGRAM.values()
        if source.path.name != "__init__.py" and not ast.get_docstring(source.tree)
    ]
    assert silent == []


def test_imports_are_found_wherever_they_stand(tmp_path: Path) -> None:
    package = tmp_path / "room"
    package.mkdir()
    (package / "__init__.py").write_text("from .inner import door\n")
    (package / "inner.py").write_text(
        "import a.b\nfrom typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n    from . import other\n"
        "def later():\n    from c import d\n"
    )
    (package / "other.py").write_text("from ..room.inner import later\nimport hidden\n")

    sources = read_sources(tmp_path, ["room"])

    assert sources["room"].imports() == {"room.inner", "room.inner.door"}
    assert sources["room.inner"].imports() >= {"a.b", "c", "c.d", "room", "room.other"}
    assert "hidden" in everything_behind("room", sources)
