"""The command line of farhand-broker: options to one frozen value. Starts nothing."""

import argparse
import importlib.metadata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from common.broker.limits import Limits, limits_from
from common.logs import LEVELS

DEFAULT_LISTEN: Final = "0.0.0.0:47111"
_MAXIMUM_PORT: Final = 65535


@dataclass(frozen=True, slots=True)
class ListenAddress:
    """Where to listen. Port 0 lets the system choose."""

    address: str
    port: int


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says."""

    listen: ListenAddress
    is_port_given: bool
    database: str | None
    public_url: str | None
    secret_file: Path | None
    are_guests_allowed: bool
    policies_file: Path | None
    data_folder: Path | None
    organisation: str
    is_embedded: bool
    limits: Limits
    log_level: str


def parse(arguments: Sequence[str]) -> Options:
    """Read the command line. Exits with 0 for --help and --version, with 2 for wrong usage.

    Raises SettingsError for a limit that is none.
    """
    parser = _parser()
    found = parser.parse_args(arguments)
    if found.embedded and found.allow_guests:
        parser.error("--embedded and --allow-guests exclude each other")
    return Options(
        listen=found.listen or _listen_address(DEFAULT_LISTEN),
        is_port_given=found.listen is not None,
        database=found.database,
        public_url=found.public_url,
        secret_file=found.secret_file,
        are_guests_allowed=found.allow_guests,
        policies_file=found.policies,
        data_folder=found.data_dir,
        organisation=found.organisation,
        is_embedded=found.embedded,
        limits=limits_from(found.limit),
        log_level=found.log_level,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="farhand-broker",
        description="A Farhand node: server and broker on one port.",
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("--listen", type=_listen_address, metavar="ADDRESS:PORT", help=f"({DEFAULT_LISTEN})")
    add("--database", metavar="URL", help="(an SQLite file in the data folder)")
    add("--public-url", type=_public_url, metavar="URL", help="https://NAME[:PORT] of this node")
    add("--secret-file", type=Path, metavar="FILE", help="opens the database (in the data folder)")
    add("--allow-guests", action="store_true", help="technicians without an account, unverified")
    add("--policies", type=Path, metavar="FILE", help="TOML, what sessions may do")
    add("--organisation", type=_name, default="", metavar="NAME", help="whose server this is")
    add("--data-dir", type=Path, metavar="DIR", help="where database and secret file are")
    add("--limit", action="append", default=[], metavar="NAME=VALUE", help="change a limit")
    add("--embedded", action="store_true", help="a controller's child: token on standard input")
    add("--log-level", choices=LEVELS, default="info", help="(info)")
    add("--version", action="version", version=f"farhand-broker {_version()}")
    return parser


def _listen_address(text: str) -> ListenAddress:
    address, colon, port = text.rpartition(":")
    if address.startswith("[") and address.endswith("]"):
        address = address[1:-1]
    is_port = port.isascii() and port.isdigit() and len(port) < 6 and int(port) <= _MAXIMUM_PORT
    if not colon or not address or not is_port:
        raise argparse.ArgumentTypeError(f"{text!r} is not ADDRESS:PORT")
    return ListenAddress(address, int(port))


def _public_url(text: str) -> str:
    try:
        parts = urlsplit(text)
        is_url = parts.scheme == "https" and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_url = False
    if not is_url or parts.path not in ("", "/") or parts.query or parts.fragment or parts.username:
        raise argparse.ArgumentTypeError(f"{text!r} is not https://NAME[:PORT]")
    return f"https://{parts.netloc}"


def _name(text: str) -> str:
    if len(text) > 64:
        raise argparse.ArgumentTypeError("an organisation has at most 64 characters")
    return text


def _version() -> str:
    try:
        return importlib.metadata.version("farhand")
    except importlib.metadata.PackageNotFoundError:
        return "unknown"
