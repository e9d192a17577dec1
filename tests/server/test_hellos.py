"""Who is let in as a technician; targets are told apart on sockets in test_node.py."""

from hashlib import sha256

import pytest

from common.broker.parties import ControllerIdentity, TargetIdentity
from common.protocol.broker_messages import ControllerHello
from common.reasons import ConnectionProblem
from common.server.hellos import (
    Challenge,
    Refusal,
    ServerFacts,
    check_controller,
    controller_welcome,
    is_parents_token,
    target_welcome,
)

TOKEN = "a long token that only the parent has"
OF_ITS_OWN = ServerFacts(bytes(32))
WITH_GUESTS = ServerFacts(bytes(32), are_guests_allowed=True)
EMBEDDED = ServerFacts(bytes(32), parent_token_hash=sha256(TOKEN.encode()).digest())
HERE = Challenge(bytes(32), is_loopback=True, own_address="127.0.0.1:47111")
ELSEWHERE = Challenge(bytes(32), False, "192.0.2.1:47111")
GUEST = ControllerHello(1, "Ada", "Example", "ada-laptop")
PARENT = ControllerHello(1, "Ada", "Example", "ada-laptop", TOKEN)


def test_the_parent_is_the_verified_technician_of_an_embedded_node() -> None:
    assert check_controller(PARENT, HERE, EMBEDDED) == ControllerIdentity("Ada", "Example", True)


def test_a_guest_is_let_in_unverified_where_guests_are_allowed() -> None:
    guest = check_controller(GUEST, ELSEWHERE, WITH_GUESTS)

    assert guest == ControllerIdentity("Ada", "Example", False)


@pytest.mark.parametrize(
    ("hello", "challenge", "facts"),
    [
        pytest.param(GUEST, HERE, OF_ITS_OWN, id="a guest where none is allowed"),
        pytest.param(GUEST, HERE, EMBEDDED, id="a guest at an embedded node"),
        pytest.param(PARENT, ELSEWHERE, EMBEDDED, id="the parent's token from elsewhere"),
        pytest.param(PARENT, HERE, OF_ITS_OWN, id="a token at a node without parent"),
        pytest.param(PARENT, HERE, WITH_GUESTS, id="a token that is nobody's, with guests"),
        pytest.param(
            ControllerHello(1, "Ada", "", "ada-laptop", TOKEN + "x"), HERE, EMBEDDED, id="wrong"
        ),
        pytest.param(ControllerHello(1, "Ada", "", "ada-laptop", ""), HERE, EMBEDDED, id="empty"),
    ],
)
def test_who_is_not_authenticated_as_technician(
    hello: ControllerHello, challenge: Challenge, facts: ServerFacts
) -> None:
    refusal = check_controller(hello, challenge, facts)

    assert isinstance(refusal, Refusal)
    assert refusal.problem is ConnectionProblem.NOT_AUTHENTICATED
    assert TOKEN not in repr(refusal)


def test_guests_are_not_allowed_at_an_embedded_node_whatever_the_settings() -> None:
    facts = ServerFacts(bytes(32), are_guests_allowed=True, parent_token_hash=bytes(32))

    assert isinstance(check_controller(GUEST, HERE, facts), Refusal)


def test_the_parents_token_is_known_by_its_hash_alone() -> None:
    assert is_parents_token(TOKEN, HERE, EMBEDDED)
    assert not is_parents_token("another", HERE, EMBEDDED)
    assert not is_parents_token(TOKEN, ELSEWHERE, EMBEDDED)
    assert not is_parents_token("", HERE, OF_ITS_OWN)


def test_a_controller_is_told_the_public_url() -> None:
    facts = ServerFacts(bytes(32), public_url="https://support.example.org")
    welcome = controller_welcome(ControllerIdentity("Ada", "", False), facts)

    assert welcome.public_url == "https://support.example.org"
    assert not welcome.is_verified


@pytest.mark.parametrize(
    ("public_url", "broker"),
    [
        (None, "192.0.2.1:47111"),
        ("https://support.example.org", "support.example.org:443"),
        ("https://support.example.org:8443", "support.example.org:8443"),
        ("https://[2001:db8::1]:8443", "[2001:db8::1]:8443"),
    ],
)
def test_a_target_keeps_the_address_that_leads_here(public_url: str | None, broker: str) -> None:
    identity = TargetIdentity("id", "reception", bytes(32))
    facts = ServerFacts(bytes(32), "Example", public_url)

    assert target_welcome(identity, ELSEWHERE, facts).brokers == (broker,)
