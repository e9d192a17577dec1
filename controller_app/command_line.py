"""The controller's command line: what it takes, and nothing of what is done with it."""

import argparse
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from common.logs import LEVELS
from common.protocol.policies import SessionMode


@dataclass(frozen=True, slots=True)
class Options:
    """The command line, as given."""

    server: str | None
    is_session_started: bool
    are_events_printed: bool
    mode: SessionMode
    is_full_screen: bool
    port: int | None
    policies_file: Path | None
    data_folder: Path | None
    log_level: str


def parse_options(arguments: list[str] | None = None) -> Options:
    """Read the command line. Ends the program with status 2 for wrong usage."""
    parser = argparse.ArgumentParser(
        prog="farhand-controller",
        description="See and work the screen of somebody who asked you for help.",
    )
    parser.add_argument("--server", metavar="URL", help="use this server, not the embedded one")
    parser.add_argument(
        "--start-session", action="store_true", help="straight to the Connection code window"
    )
    parser.add_argument(
        "--print-events", action="store_true", help="a line on standard output for each step"
    )
    parser.add_argument(
        "--mode",
        choices=[_written(mode) for mode in SessionMode],
        default=_written(SessionMode.ACTIVE),
        help="the session mode to ask for",
    )
    parser.add_argument(
        "--fullscreen", action="store_true", help="the session window fills the screen"
    )
    parser.add_argument("--port", metavar="N", type=_port, help="the embedded node's port")
    parser.add_argument(
        "--policies", metavar="FILE", type=Path, help="the embedded node's policies"
    )
    parser.add_argument("--data-dir", metavar="DIR", type=Path, help="keep files here")
    parser.add_argument(
        "--log-level",
        choices=LEVELS,
        default="info",
        help="how much is logged",
    )
    parser.add_argument(
        "--version", action="version", version=f"farhand-controller {metadata.version('farhand')}"
    )
    given = parser.parse_args(arguments)
    return Options(
        server=given.server,
        is_session_started=given.start_session,
        are_events_printed=given.print_events,
        mode=next(mode for mode in SessionMode if _written(mode) == given.mode),
        is_full_screen=given.fullscreen,
        port=given.port,
        policies_file=given.policies,
        data_folder=given.data_dir,
        log_level=given.log_level,
    )


def _written(mode: SessionMode) -> str:
    return mode.value.replace("_", "-")


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 65535):
        raise argparse.ArgumentTypeError("a port is a number from 1 to 65535")
    return int(text)
