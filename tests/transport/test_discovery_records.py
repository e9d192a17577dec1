"""What nodes say of themselves on the network: read with doubt, kept within bounds."""

import string

from hypothesis import given
from hypothesis import strategies as st
from zeroconf.asyncio import AsyncServiceInfo

from common.transport.server_address import ServerAddress
from common.transport.service_records import (
    MAXIMUM_ADDRESSES,
    MAXIMUM_NAME_CHARACTERS,
    MAXIMUM_NAMES_PER_SERVER,
    MAXIMUM_NODES,
    MAXIMUM_PLACES,
    SERVICE_TYPE,
    DiscoveredNode,
    FoundServers,
    ServiceRecord,
    instance_name,
    node_from_record,
    properties_of,
    server_name,
)

fingerprints = st.binary(min_size=32, max_size=32)
addresses = st.ip_addresses(v=4).filter(
    lambda one: not (one.is_multicast or one.is_unspecified or one.is_reserved)
)
names = st.text(string.ascii_letters + string.digits + " .-äöß中", max_size=32)
nodes = st.builds(
    DiscoveredNode,
    st.lists(addresses.map(str), min_size=1, max_size=MAXIMUM_ADDRESSES, unique=True).map(tuple),
    st.integers(1, 65535),
    fingerprints,
    names,
    names,
)
FINGERPRINT = bytes(range(32))


def record_of(node: DiscoveredNode, name: str = "") -> ServiceRecord:
    properties = {key.encode(): value.encode() for key, value in properties_of(node).items()}
    return ServiceRecord(name or instance_name(node), node.port, node.addresses, dict(properties))


def a_node(number: int, host: str = "10.0.0.1", computer: str = "desk") -> DiscoveredNode:
    return DiscoveredNode((host,), 47111, number.to_bytes(32), "Example IT", computer)


@given(nodes)
def test_what_a_node_says_is_read_as_it_was_said(node: DiscoveredNode) -> None:
    assert node_from_record(record_of(node)) == node


@given(nodes)
def test_the_names_of_a_service_are_names_for_dns(node: DiscoveredNode) -> None:
    name = instance_name(node)
    label = name.removesuffix(f".{SERVICE_TYPE}")
    assert label != name
    assert 1 <= len(label.encode()) <= 63
    info = AsyncServiceInfo(
        SERVICE_TYPE,
        name,
        port=node.port,
        properties=properties_of(node),
        server=server_name(node.fingerprint),
        parsed_addresses=list(node.addresses),
    )
    assert len(info.text) < 1024
    assert info.name == name


@given(
    st.one_of(st.none(), st.integers(-10, 70_000)),
    st.lists(st.one_of(st.text(max_size=50), st.ip_addresses().map(str)), max_size=20),
    st.dictionaries(
        st.one_of(st.binary(max_size=20), st.sampled_from([b"organisation", b"computer"])),
        st.one_of(st.none(), st.binary(max_size=255), fingerprints.map(bytes.hex).map(str.encode)),
        max_size=6,
    ),
    st.one_of(st.none(), st.binary(max_size=80), fingerprints.map(bytes.hex).map(str.encode)),
)
def test_whatever_is_said_what_is_believed_is_a_whole_node_or_none(
    port: int | None,
    hosts: list[str],
    properties: dict[bytes, bytes | None],
    fingerprint: bytes | None,
) -> None:
    said = {**properties, b"fingerprint": fingerprint}
    node = node_from_record(ServiceRecord("x", port, hosts, said))
    if node is None:
        return
    assert len(node.fingerprint) == 32
    assert 0 < node.port < 65536
    assert 0 < len(node.addresses) <= MAXIMUM_ADDRESSES
    assert set(node.addresses) <= set(hosts)
    for name in (node.organisation, node.computer_name):
        assert len(name) <= MAXIMUM_NAME_CHARACTERS
        assert name == "" or name.isprintable()


def test_a_record_with_one_wrong_field_is_no_node() -> None:
    good = record_of(a_node(1))
    assert node_from_record(good) is not None
    wrong = [
        ServiceRecord(good.name, port, good.addresses, good.properties)
        for port in (None, 0, 65536, -1)
    ]
    wrong += [
        ServiceRecord(good.name, good.port, hosts, good.properties)
        for hosts in ([], ["0.0.0.0"], ["224.0.0.251"], ["desk.example"], ["255.255.255.255"])  # noqa: S104  no binding
    ]
    wrong += [
        ServiceRecord(good.name, good.port, good.addresses, {**good.properties, key: value})
        for key, value in (
            (b"fingerprint", b"ab" * 31),
            (b"fingerprint", b"ab" * 33),
            (b"fingerprint", b"AB" * 32),
            (b"fingerprint", b"zz" * 32),
            (b"fingerprint", None),
            (b"organisation", b"\xff"),
            (b"computer", b"x" * 201),
        )
    ]
    assert [node_from_record(record) for record in wrong] == [None] * len(wrong)


def test_another_fingerprint_under_the_same_name_is_another_server() -> None:
    found = FoundServers()
    true, rogue = a_node(1), a_node(2, "10.0.0.66")
    name = instance_name(true)
    assert found.hear(record_of(true, name))
    assert found.hear(record_of(rogue, name))
    assert [server.fingerprint for server in found.servers] == [true.fingerprint, rogue.fingerprint]
    assert found.servers[0].places == true.server_addresses()


def test_who_announces_a_fingerprint_that_is_not_his_takes_no_place_away() -> None:
    found = FoundServers()
    found.hear(record_of(a_node(1)))
    found.hear(record_of(a_node(1, "10.0.0.66"), "another"))
    (server,) = found.servers
    assert [place.host for place in server.places] == ["10.0.0.66", "10.0.0.1"]
    assert not found.forget("another")
    assert found.forget(instance_name(a_node(1)))
    assert found.servers == ()


def test_a_full_list_keeps_strangers_out_and_lets_known_servers_in() -> None:
    found = FoundServers()
    for number in range(MAXIMUM_NODES + 5):
        found.hear(record_of(a_node(number)))
    assert len(found.servers) == MAXIMUM_NODES
    known = frozenset({(1000).to_bytes(32)})
    assert not found.hear(record_of(a_node(999)), known)
    assert found.hear(record_of(a_node(1000)), known)
    assert len(found.servers) == MAXIMUM_NODES
    assert found.servers[-1].fingerprint in known
    assert found.servers[0].fingerprint == (0).to_bytes(32)


@given(
    st.lists(
        st.tuples(st.integers(0, 60), st.integers(0, 9), addresses.map(str), st.booleans()),
        max_size=150,
    )
)
def test_the_list_stays_within_its_bounds(
    said: list[tuple[int, int, str, bool]],
) -> None:
    found = FoundServers()
    known = frozenset({(3).to_bytes(32), (50).to_bytes(32)})
    for number, name, host, is_goodbye in said:
        if is_goodbye:
            found.forget(f"name {name}")
        else:
            found.hear(record_of(a_node(number, host), f"name {name}"), known)
        assert len(found.servers) <= MAXIMUM_NODES
        for server in found.servers:
            assert 0 < len(server.places) <= MAXIMUM_PLACES
            assert {place.fingerprint for place in server.places} == {server.fingerprint}
    for name in range(10):
        found.forget(f"name {name}")
    assert found.servers == ()


def test_a_server_is_remembered_under_a_few_names_only() -> None:
    found = FoundServers()
    for number in range(100):
        found.hear(record_of(a_node(1), f"name {number}"))
    assert [found.forget(f"name {number}") for number in range(MAXIMUM_NAMES_PER_SERVER)] == [
        False,
        True,
    ]


def test_a_place_names_the_fingerprint_that_was_announced() -> None:
    node = DiscoveredNode(("10.0.0.1", "10.1.0.1"), 5, FINGERPRINT)
    assert node.server_addresses() == (
        ServerAddress("10.0.0.1", 5, FINGERPRINT),
        ServerAddress("10.1.0.1", 5, FINGERPRINT),
    )
