"""What a node says of itself on the local network, and what may be believed of what is heard.

Pure: records of DNS service discovery (RFC 6763) to `DiscoveredNode` and back, and the
bounded list of the servers that were heard of. Anybody on the network can say anything here, so a
node is only what its fingerprint is, and every field is checked; a record that does not fit
is no node. Knows no sockets; discovery.py drives it. Names are cleaned again where they are
shown.
"""

import ipaddress
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from common.transport.server_address import ServerAddress

SERVICE_TYPE: Final = "_farhand._tcp.local."
FINGERPRINT_KEY: Final = "fingerprint"
ORGANISATION_KEY: Final = "organisation"
COMPUTER_KEY: Final = "computer"

MAXIMUM_NAME_CHARACTERS: Final = 64
MAXIMUM_VALUE_BYTES: Final = 200
"""A string of a TXT record has 255 bytes with its key (RFC 6763, 6.1)."""
MAXIMUM_LABEL_BYTES: Final = 63
"""A label of a DNS name (RFC 1035, 2.3.4)."""
MAXIMUM_ADDRESSES: Final = 8
MAXIMUM_NODES: Final = 32
MAXIMUM_PLACES: Final = 2 * MAXIMUM_ADDRESSES
MAXIMUM_NAMES_PER_SERVER: Final = 2
LABEL_FINGERPRINT_DIGITS: Final = 8
_FINGERPRINT: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class DiscoveredNode:
    """A node that was heard of. `addresses` are IP addresses as text, the likeliest first;
    the names are what it calls itself, printable and perhaps empty. Proves nothing."""

    addresses: tuple[str, ...]
    port: int
    fingerprint: bytes
    organisation: str = ""
    computer_name: str = ""

    def server_addresses(self) -> tuple[ServerAddress, ...]:
        """Where it says it can be reached."""
        return tuple(
            ServerAddress(address, self.port, self.fingerprint) for address in self.addresses
        )


@dataclass(frozen=True, slots=True)
class ServiceRecord:
    """One service of our type as it was heard: its instance's whole name, SRV, A and TXT."""

    name: str
    port: int | None
    addresses: Sequence[str]
    properties: Mapping[bytes, bytes | None]


def properties_of(node: DiscoveredNode) -> dict[str, str]:
    """Give what the TXT record says."""
    return {
        FINGERPRINT_KEY: node.fingerprint.hex(),
        ORGANISATION_KEY: _cut(node.organisation, MAXIMUM_VALUE_BYTES),
        COMPUTER_KEY: _cut(node.computer_name, MAXIMUM_VALUE_BYTES),
    }


def instance_name(node: DiscoveredNode) -> str:
    """Give the name of the service's instance: the computer's, for those who browse, with
    the beginning of the fingerprint, so that two of one name don't meet."""
    mark = f" {node.fingerprint.hex()[:LABEL_FINGERPRINT_DIGITS]}"
    computer = _printable(node.computer_name).replace(".", "-") or "Farhand"
    label = _cut(computer, MAXIMUM_LABEL_BYTES - len(mark)).strip() or "Farhand"
    return f"{label}{mark}.{SERVICE_TYPE}"


def server_name(fingerprint: bytes) -> str:
    """Give the name that the address records hang on: the node's alone, whatever the
    computer is called by other responders."""
    return f"farhand-{fingerprint.hex()[:32]}.local."


def node_from_record(record: ServiceRecord) -> DiscoveredNode | None:
    """Read a record, None where anything in it is not as it must be."""
    texts = {
        key: _text(record.properties.get(key.encode()))
        for key in (FINGERPRINT_KEY, ORGANISATION_KEY, COMPUTER_KEY)
    }
    fingerprint = texts[FINGERPRINT_KEY]
    organisation, computer_name = texts[ORGANISATION_KEY], texts[COMPUTER_KEY]
    if fingerprint is None or not _FINGERPRINT.fullmatch(fingerprint):
        return None
    if organisation is None or computer_name is None:
        return None
    port, addresses = record.port, usable_addresses(record.addresses)
    if port is None or not 0 < port < 65536 or not addresses:
        return None
    return DiscoveredNode(
        addresses=addresses,
        port=port,
        fingerprint=bytes.fromhex(fingerprint),
        organisation=_printable(organisation)[:MAXIMUM_NAME_CHARACTERS],
        computer_name=_printable(computer_name)[:MAXIMUM_NAME_CHARACTERS],
    )


def usable_addresses(texts: Sequence[str]) -> tuple[str, ...]:
    """Keep the first few that can be the address of one computer."""
    usable = dict.fromkeys(text for text in texts if is_usable_address(text))
    return tuple(usable)[:MAXIMUM_ADDRESSES]


def is_usable_address(text: str) -> bool:
    """Tell whether a text is an IP address that one computer can have."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return not (address.is_multicast or address.is_unspecified or address.is_reserved)


@dataclass(frozen=True, slots=True)
class FoundServer:
    """A server by its fingerprint, with all places where it was said to be, newest first."""

    fingerprint: bytes
    places: tuple[ServerAddress, ...]
    organisation: str = ""
    computer_name: str = ""


class FoundServers:
    """The servers heard of, by fingerprint: one name may be borne by several, and none of
    them takes another's place. Holds MAXIMUM_NODES; when it is full, a server that was met
    before drives out a stranger, and strangers nobody."""

    def __init__(self) -> None:
        self._servers: dict[bytes, FoundServer] = {}
        self._names: dict[bytes, set[str]] = {}

    @property
    def servers(self) -> tuple[FoundServer, ...]:
        """All of them, in the order in which they were first heard."""
        return tuple(self._servers.values())

    def hear(self, record: ServiceRecord, known: frozenset[bytes] = frozenset()) -> bool:
        """Take a record; tell whether it changed anything. `known`: the fingerprints of the
        servers that were met before."""
        node = node_from_record(record)
        if node is None or not self._has_room(node.fingerprint, known):
            return False
        before = self._servers.get(node.fingerprint)
        names = self._names.setdefault(node.fingerprint, set())
        if len(names) < MAXIMUM_NAMES_PER_SERVER:
            names.add(record.name.lower())
        self._servers[node.fingerprint] = found = _found(node, before)
        return found != before

    def forget(self, name: str) -> bool:
        """Take note that the service of this name said goodbye, or was not heard for long."""
        gone = [one for one, names in self._names.items() if names == {name.lower()}]
        for names in self._names.values():
            names.discard(name.lower())
        for fingerprint in gone:
            self._drop(fingerprint)
        return bool(gone)

    def _has_room(self, fingerprint: bytes, known: frozenset[bytes]) -> bool:
        if fingerprint in self._servers or len(self._servers) < MAXIMUM_NODES:
            return True
        strangers = [one for one in self._servers if one not in known]
        if fingerprint not in known or not strangers:
            return False
        self._drop(strangers[-1])
        return True

    def _drop(self, fingerprint: bytes) -> None:
        del self._servers[fingerprint]
        del self._names[fingerprint]


def _found(node: DiscoveredNode, before: FoundServer | None) -> FoundServer:
    """Put the places heard earlier behind the newest: a stranger who announces a fingerprint
    that is not his adds a place that leads nowhere, and takes none away at once."""
    earlier = before.places if before is not None else ()
    places = tuple(dict.fromkeys((*node.server_addresses(), *earlier)))
    return FoundServer(
        node.fingerprint, places[:MAXIMUM_PLACES], node.organisation, node.computer_name
    )


def _text(value: bytes | None) -> str | None:
    """Read a TXT value: missing is empty, None what is too long or no UTF-8."""
    if value is None:
        return ""
    if len(value) > MAXIMUM_VALUE_BYTES:
        return None
    try:
        return value.decode()
    except UnicodeDecodeError:
        return None


def _printable(text: str) -> str:
    return "".join(character for character in text if character.isprintable())


def _cut(text: str, maximum_bytes: int) -> str:
    """Shorten to whole characters within so many bytes of UTF-8."""
    return text.encode(errors="replace")[:maximum_bytes].decode(errors="ignore")
