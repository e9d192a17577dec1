"""Strangers on one local network, with nothing configured, on networks of the test's own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from common.transport.service_records import DiscoveredNode, instance_name
from common.transport.trust_level import TrustLevel
from tests.namespaces.computers import Program, Technicians
from tests.namespaces.network import Network, why_not

REASON = why_not()
pytestmark = pytest.mark.skipif(bool(REASON), reason=REASON or "network namespaces are there")


@pytest.fixture
def network() -> Iterator[Network]:
    with Network() as made:
        made.add_switch("lan")
        yield made


@pytest.fixture
def technicians(network: Network, tmp_path: Path) -> Technicians:
    return Technicians(network, tmp_path)


def hold_session(controller: Program, target: Program) -> None:
    """Go the whole way from the code to the end of a session."""
    codes, sessions = len(controller.all("CodeChanged")), len(target.all("SessionStarted"))
    controller.say("start")
    target.say(f"enter {controller.next('CodeChanged', codes)['code']}")
    target.next("AcceptanceAsked", sessions)
    target.say("accept")
    target.next("SessionStarted", sessions)
    controller.next("SessionStarted")
    target.say("end")
    controller.next("SessionEnded")
    target.next("SessionEnded", sessions)


def trust_of(technicians: Technicians, computer: str) -> list[object]:
    return [server["trust"] for server in technicians.servers(computer)]


def test_a_target_that_waits_finds_the_node_that_starts_later_and_holds_a_session(
    network: Network, technicians: Technicians
) -> None:
    network.add_switch("workshop")
    network.add_computer("desk", lan="10.77.1.2/24", workshop="10.77.2.2/24")
    network.add_computer("kitchen", lan="10.77.1.3/24")
    network.add_computer("bench", workshop="10.77.2.3/24")
    with technicians.target("kitchen") as kitchen, technicians.controller("desk") as desk:
        assert kitchen.next("BrokerConnected")["address"].startswith("10.77.1.2:")
        assert trust_of(technicians, "kitchen") == [TrustLevel.PROVISIONAL]
        hold_session(desk, kitchen)
        assert kitchen.all("AcceptanceAsked")[0]["is_verified"] == "False"
        assert trust_of(technicians, "kitchen") == [TrustLevel.CONFIRMED]
        with technicians.target("bench") as bench:  # on the controller's other network
            assert bench.next("BrokerConnected")["address"].startswith("10.77.2.2:")


def test_with_two_technicians_on_the_network_each_code_finds_its_own(
    network: Network, technicians: Technicians
) -> None:
    network.add_computer("desk", lan="10.77.1.2/24")
    network.add_computer("other", lan="10.77.1.4/24")
    network.add_computer("kitchen", lan="10.77.1.3/24")
    with (
        technicians.controller("desk", "Tess Example") as desk,
        technicians.controller("other", "Otto Example") as other,
        technicians.target("kitchen") as kitchen,
    ):
        desk.next("BrokerConnected")
        other.next("BrokerConnected")
        kitchen.next("BrokerConnected")
        hold_session(desk, kitchen)
        hold_session(other, kitchen)
        asked = [event["technician"] for event in kitchen.all("AcceptanceAsked")]
        assert asked == ["Tess Example", "Otto Example"]
        assert trust_of(technicians, "kitchen") == [TrustLevel.CONFIRMED, TrustLevel.CONFIRMED]
        assert kitchen.all("PairingEnded") == []


def test_a_server_whose_address_changes_is_followed_and_stays_the_same(
    network: Network, technicians: Technicians
) -> None:
    network.add_computer("desk", lan="10.77.1.2/24")
    network.add_computer("kitchen", lan="10.77.1.3/24")
    with technicians.controller("desk") as desk, technicians.target("kitchen") as kitchen:
        kitchen.next("BrokerConnected")
        hold_session(desk, kitchen)
        before = technicians.servers("kitchen")
        connections = len(kitchen.all("BrokerConnected"))
        network.renumber("desk", "lan", "10.77.1.20/24")
        followed = kitchen.next("BrokerConnected", connections, seconds=40)
        assert followed["address"].startswith("10.77.1.20:")
        assert followed["trust"] == str(TrustLevel.CONFIRMED)
        hold_session(desk, kitchen)
        (after,) = technicians.servers("kitchen")
        assert after["host"] == "10.77.1.20"
        assert after["root_certificate"] == before[0]["root_certificate"]
        assert after["device_key"] == before[0]["device_key"]


def test_a_rogue_node_under_the_same_name_is_another_server(
    network: Network, technicians: Technicians
) -> None:
    network.add_computer("desk", lan="10.77.1.2/24")
    network.add_computer("rogue", lan="10.77.1.66/24")
    network.add_computer("kitchen", lan="10.77.1.3/24")
    with technicians.controller("desk") as desk, technicians.target("kitchen") as kitchen:
        fingerprint = fingerprint_of_first(kitchen, technicians)
        hold_session(desk, kitchen)
        kitchen.quit()
        node = DiscoveredNode((), 1, bytes.fromhex(fingerprint), "Example IT", "desk-7")
        name = instance_name(node)
        with (
            technicians.controller("rogue", "Tess Example") as rogue,
            # The rogue also takes the very name of the service, and says that the known
            # server is where it itself is.
            technicians.liar("rogue", name, fingerprint, "47111", "10.77.1.66"),
            technicians.target("kitchen") as again,
        ):
            rogue.next("BrokerConnected")
            again.next("BrokerConnected")
            hold_session(desk, again)
            known = {str(server["host"]): server for server in technicians.servers("kitchen")}
            assert known["10.77.1.2"]["trust"] == TrustLevel.CONFIRMED
            assert "10.77.1.66" not in known
            hold_session(rogue, again)  # its own codes are its own, and its server another one
            trusts = {str(one["host"]): one["trust"] for one in technicians.servers("kitchen")}
            assert trusts == {"10.77.1.2": TrustLevel.CONFIRMED, "10.77.1.66": TrustLevel.CONFIRMED}


def fingerprint_of_first(kitchen: Program, technicians: Technicians) -> str:
    """Wait for the first contact, and give the server's fingerprint."""
    kitchen.next("BrokerConnected")
    known = technicians.known_servers("kitchen")
    return known.all()[0].identity.fingerprint.hex()
