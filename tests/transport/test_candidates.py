"""Which servers come into question, and in which order."""

import ipaddress

from hypothesis import given
from hypothesis import strategies as st

from common.transport.candidates import (
    MAXIMUM_SILENT_STRANGERS,
    Candidate,
    in_order_for_code,
    known_or_found,
    set_by_hand,
)
from common.transport.known_servers import KnownServer
from common.transport.server_address import ServerAddress
from common.transport.service_records import FoundServer
from common.transport.trust import ServerIdentity, TrustLevel

NETWORKS = (ipaddress.IPv4Interface("10.0.0.5/24"),)


def fingerprint(number: int) -> bytes:
    return number.to_bytes(32)


def known(
    number: int, trust: TrustLevel, host: str = "10.0.0.1", by_root: bool = True
) -> KnownServer:
    identity = ServerIdentity(host, 47111, b"", fingerprint(number), b"", by_root, trust)
    return KnownServer(identity)


def found(number: int, *hosts: str) -> FoundServer:
    places = (ServerAddress(host, 47111, fingerprint(number)) for host in hosts or ("10.0.0.9",))
    return FoundServer(fingerprint(number), tuple(places))


def numbers(candidates: tuple[Candidate, ...]) -> list[int]:
    return [int.from_bytes(one.key) for one in candidates if isinstance(one.key, bytes)]


def hosts(candidate: Candidate) -> list[str]:
    return [place.host for place in candidate.places]


def test_pinned_comes_before_confirmed_before_provisional() -> None:
    met = [
        known(1, TrustLevel.PROVISIONAL),
        known(2, TrustLevel.CONFIRMED),
        known(3, TrustLevel.PINNED),
    ]
    ordered = known_or_found(met, [found(4), found(1), found(2)], NETWORKS)
    assert numbers(ordered) == [3, 2, 1, 4]
    assert [one.trust for one in ordered] == [
        TrustLevel.PINNED,
        TrustLevel.CONFIRMED,
        TrustLevel.PROVISIONAL,
        TrustLevel.PROVISIONAL,
    ]


def test_of_one_level_who_is_announced_comes_first() -> None:
    met = [known(1, TrustLevel.CONFIRMED), known(2, TrustLevel.CONFIRMED)]
    assert numbers(known_or_found(met, [found(2)], NETWORKS)) == [2, 1]


def test_silent_strangers_are_few_and_the_last_ones_met() -> None:
    met = [known(number, TrustLevel.PROVISIONAL) for number in range(10)]
    ordered = known_or_found(met, [found(0)], NETWORKS)
    assert numbers(ordered) == [0, *range(10 - MAXIMUM_SILENT_STRANGERS, 10)]


def test_a_known_server_may_be_where_it_is_announced_and_where_it_was() -> None:
    met = [known(1, TrustLevel.CONFIRMED, "10.0.0.1")]
    (candidate,) = known_or_found(met, [found(1, "192.168.7.7", "10.0.0.20")], NETWORKS)
    assert hosts(candidate) == ["10.0.0.20", "10.0.0.1", "192.168.7.7"]


def test_a_server_that_a_public_ca_vouches_for_is_where_its_name_is() -> None:
    met = [known(1, TrustLevel.PINNED, "help.example", by_root=False)]
    (candidate,) = known_or_found(met, [found(1, "10.0.0.66")], NETWORKS)
    assert hosts(candidate) == ["help.example"]


def test_a_servers_brokers_are_places_where_it_may_be() -> None:
    server = known(1, TrustLevel.PINNED)
    server = KnownServer(server.identity, brokers=("10.0.0.2:5", "http://nonsense/"))
    (candidate,) = known_or_found([server], [], NETWORKS)
    assert candidate.places == (
        ServerAddress("10.0.0.1", 47111, fingerprint(1)),
        ServerAddress("10.0.0.2", 5, fingerprint(1)),
    )


levels = st.sampled_from(TrustLevel)


@given(
    st.dictionaries(st.integers(0, 20), levels, max_size=12),
    st.sets(st.integers(0, 30), max_size=12),
    st.sets(st.integers(0, 30).map(fingerprint)),
    st.integers(0, 30).map(fingerprint),
)
def test_no_order_ever_puts_less_trust_before_more(
    trusts: dict[int, TrustLevel], announced: set[int], disappointing: set[bytes], now: bytes
) -> None:
    met = [known(number, trust) for number, trust in trusts.items()]
    candidates = known_or_found(met, [found(number) for number in announced], NETWORKS)
    assert len({one.key for one in candidates}) == len(candidates)
    assert {fingerprint(number) for number in announced} <= {one.key for one in candidates}
    ordered = in_order_for_code(candidates, now, disappointing)
    assert sorted(map(id, ordered)) == sorted(map(id, candidates))
    assert [one.trust for one in ordered] == sorted((one.trust for one in candidates), reverse=True)


def test_for_a_code_the_connected_server_comes_first_and_one_that_let_down_last() -> None:
    candidates = known_or_found([], [found(1), found(2), found(3)], NETWORKS)
    ordered = in_order_for_code(candidates, fingerprint(3), {fingerprint(1)})
    assert numbers(ordered) == [3, 2, 1]
    ordered = in_order_for_code(candidates, fingerprint(3), {fingerprint(3)})
    assert numbers(ordered) == [1, 2, 3]


def test_servers_set_by_hand_keep_their_order_whichever_is_connected() -> None:
    addresses = [ServerAddress("a.example", 443), ServerAddress("b.example", 443, b"b" * 32)]
    candidates = set_by_hand(addresses)
    assert [one.key for one in candidates] == [addresses[0], b"b" * 32]
    assert in_order_for_code(candidates, b"b" * 32, ()) == candidates
