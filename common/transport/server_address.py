"""Where a server is, as a person or a settings file says it: https://HOST[:PORT][#FINGERPRINT].

Owns the reading and writing of such texts; connects to nothing.
"""

import ipaddress
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, urlsplit

from common.errors import SettingsError

NODE_PORT: Final = 47111
"""What a node listens on unless told otherwise (design.md, defaults)."""
HTTPS_PORT: Final = 443
MAXIMUM_URL_CHARACTERS: Final = 512
_HOST_LABEL: Final = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)", re.ASCII)
_FINGERPRINT: Final = re.compile(r"[0-9a-fA-F]{64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """`host` is a name in ASCII or an IP address without brackets; `fingerprint` is 32 bytes,
    None where the server must be vouched for by a public CA."""

    host: str
    port: int
    fingerprint: bytes | None = None

    def __str__(self) -> str:
        return joined(self.host, self.port)


def joined(host: str, port: int) -> str:
    """Write HOST:PORT, an IPv6 address in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def parse_server_url(text: str) -> ServerAddress:
    """Read what `--server`, ServerURL or an entry of BrokerList says.

    Without a port https:// means 443, as it does in a browser: the same public URL must lead
    to the same node in both. HOST and HOST:PORT without https:// are taken too, as broker
    lists hold them; there the port is 47111 when it is missing.
    Raises SettingsError in a person's words; its key is the text where that can be shown.
    """
    given = text.strip()
    if not given:
        raise SettingsError("server", "no address given; it looks like https://HOST:PORT")
    if len(given) > MAXIMUM_URL_CHARACTERS:
        raise SettingsError("server", f"longer than {MAXIMUM_URL_CHARACTERS} characters")
    has_scheme = "://" in given
    parts = _split(given, given if has_scheme else f"https://{_bracketed(given)}")
    port = _port(given, parts)
    if port is None:
        port = HTTPS_PORT if has_scheme else NODE_PORT
    return ServerAddress(_host(given, parts), port, _fingerprint(given, parts))


def _bracketed(given: str) -> str:
    """Put a bare IPv6 address into the brackets that a URL wants."""
    address, hash_sign, fragment = given.partition("#")
    try:
        ipaddress.IPv6Address(address)
    except ValueError:
        return given
    return f"[{address}]{hash_sign}{fragment}"


def _split(given: str, url: str) -> SplitResult:
    if any(character.isspace() or not character.isprintable() for character in url):
        raise SettingsError("server", "the address has a space or an invisible character in it")
    try:
        parts = urlsplit(url)
    except ValueError:
        raise SettingsError(given, "is not an address; it looks like https://HOST:PORT") from None
    if parts.scheme != "https":
        raise SettingsError(given, "must begin with https://")
    if "@" in parts.netloc:
        raise SettingsError("server", "a user name or password can't be part of the address")
    if parts.path not in ("", "/") or parts.query:
        raise SettingsError(given, "nothing may follow the port but # and the fingerprint")
    return parts


def _port(given: str, parts: SplitResult) -> int | None:
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port == 0:
        raise SettingsError(given, "the port must be a number from 1 to 65535")
    return port


def _host(given: str, parts: SplitResult) -> str:
    host = parts.hostname or ""
    if ":" in host or re.fullmatch(r"[0-9.]+", host):
        return _ip_address(given, host)
    try:
        ascii_host = host.encode("idna").decode("ascii").lower().removesuffix(".")
    except UnicodeError:
        ascii_host = ""
    labels = ascii_host.split(".")
    if len(ascii_host) > 253 or not all(_HOST_LABEL.fullmatch(label) for label in labels):
        raise SettingsError(given, "the name of the computer is not valid")
    return ascii_host


def _ip_address(given: str, host: str) -> str:
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        raise SettingsError(given, "the IP address is not valid") from None


def _fingerprint(given: str, parts: SplitResult) -> bytes | None:
    if not parts.fragment:
        return None
    if not _FINGERPRINT.fullmatch(parts.fragment):
        raise SettingsError(given, "the fingerprint after # must be 64 digits and letters a to f")
    return bytes.fromhex(parts.fragment)
