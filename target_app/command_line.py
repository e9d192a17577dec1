"""The target's command line: what it takes, and nothing of what is done with it."""

import argparse
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from target_app.properties import LOG_LEVELS, PROPERTIES


@dataclass(frozen=True, slots=True)
class Options:
    """The command line, as given."""

    server: str | None
    code: str | None
    assignments: tuple[str, ...]
    is_hidden: bool
    data_folder: Path | None
    log_level: str | None


def parse_options(arguments: list[str] | None = None) -> Options:
    """Read the command line. Ends the program with status 2 for wrong usage."""
    parser = argparse.ArgumentParser(
        prog="farhand-target",
        description="Let a technician whom you called see and work this computer.",
        epilog="Properties for --set: " + ", ".join(known.name for known in PROPERTIES),
    )
    parser.add_argument("--server", metavar="URL", help="the support server's address")
    parser.add_argument("--code", metavar="CODE", help="try this connection code at once")
    parser.add_argument(
        "--set",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        dest="assignments",
        help="set a property for this run; may be given more than once",
    )
    parser.add_argument("--hidden", action="store_true", help="open no window by itself")
    parser.add_argument("--data-dir", metavar="DIR", type=Path, help="keep files here")
    parser.add_argument("--log-level", choices=LOG_LEVELS, help="how much is logged")
    parser.add_argument(
        "--version", action="version", version=f"farhand-target {metadata.version('farhand')}"
    )
    given = parser.parse_args(arguments)
    return Options(
        server=given.server,
        code=given.code,
        assignments=tuple(given.assignments),
        is_hidden=given.hidden,
        data_folder=given.data_dir,
        log_level=given.log_level,
    )
