"""In which order servers come into question for a target that nobody has set up.

Pure: the servers that were met before, and those that are announced now, to candidates:
pinned before confirmed before provisional (protocol.md 1). A candidate is a server with all
the places where it may be; whether it is there shows when its root answers. Knows no
sockets; server_link.py tries them.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from common.transport.address_changes import Networks, is_near
from common.transport.known_servers import KnownServer
from common.transport.server_address import ServerAddress
from common.transport.service_records import FoundServer
from common.transport.trust import TrustLevel, address_of, parse_broker

MAXIMUM_SILENT_STRANGERS: Final = 4
"""Provisional servers that are not announced now and come into question all the same: the
last ones met, where multicast may not pass any more."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One server. All places have the same fingerprint, which may be None in the only place
    of a server that was set by hand and that a public CA vouches for."""

    places: tuple[ServerAddress, ...]
    trust: TrustLevel
    is_set_by_hand: bool = False
    is_announced: bool = False

    @property
    def key(self) -> bytes | ServerAddress:
        """What tells it from other servers."""
        return self.places[0].fingerprint or self.places[0]


def set_by_hand(addresses: Sequence[ServerAddress]) -> tuple[Candidate, ...]:
    """Give the servers of ServerURL and BrokerList, in their order."""
    return tuple(
        Candidate((address,), TrustLevel.PINNED, is_set_by_hand=True) for address in addresses
    )


def known_or_found(
    known: Sequence[KnownServer], found: Sequence[FoundServer], networks: Networks
) -> tuple[Candidate, ...]:
    """Give the servers that were met before or are announced, the most trusted first; of one
    level those that are announced before the silent ones, and who was met before strangers."""
    announced = {server.fingerprint: server for server in found}
    met = [_known(one, announced.pop(one.identity.fingerprint, None), networks) for one in known]
    strangers = [
        Candidate(_near(server, networks), TrustLevel.PROVISIONAL, is_announced=True)
        for server in announced.values()
    ]
    dropped = _silent_strangers(met)[:-MAXIMUM_SILENT_STRANGERS]
    kept = [candidate for candidate in met if candidate not in dropped]
    return tuple(
        sorted((*kept, *strangers), key=lambda one: (-one.trust.value, not one.is_announced))
    )


def in_order_for_code(
    candidates: Sequence[Candidate],
    connected: bytes | ServerAddress | None,
    disappointing: Collection[bytes | ServerAddress],
) -> tuple[Candidate, ...]:
    """Order the servers that are asked about a code. Trust comes first; of one level the one
    that is connected now comes before others, and one that has let the user down with this
    code comes last: a stranger who says yes to every number stops nobody twice."""
    return tuple(
        sorted(
            candidates,
            key=lambda one: (
                0 if one.is_set_by_hand else -one.trust.value,
                one.key in disappointing,
                one.key != connected and not one.is_set_by_hand,
            ),
        )
    )


def _known(known: KnownServer, found: FoundServer | None, networks: Networks) -> Candidate:
    """A known server is where it is announced now, or where it was last met. With a public
    CA the name is part of the proof, and an announced address proves nothing."""
    identity = known.identity
    last = address_of(identity)
    if not identity.is_verified_by_root:
        return Candidate((last,), identity.trust)
    brokers = (parse_broker(text, identity.fingerprint) for text in known.brokers)
    nodes = (last, *(broker for broker in brokers if broker is not None))
    announced = () if found is None else _near(found, networks)
    unique = tuple(dict.fromkeys((*announced[:1], *nodes, *announced)))
    return Candidate(unique, identity.trust, is_announced=found is not None)


def _near(found: FoundServer, networks: Networks) -> tuple[ServerAddress, ...]:
    return tuple(sorted(found.places, key=lambda place: not is_near(place.host, networks)))


def _silent_strangers(met: Sequence[Candidate]) -> list[Candidate]:
    return [one for one in met if one.trust is TrustLevel.PROVISIONAL and not one.is_announced]
