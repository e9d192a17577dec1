"""The texts by which people and settings name a server."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import SettingsError
from common.transport.server_address import (
    HTTPS_PORT,
    NODE_PORT,
    ServerAddress,
    joined,
    parse_server_url,
)

FINGERPRINT = bytes(range(32))
HEX = FINGERPRINT.hex()

labels = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True).filter(
    lambda label: not label.startswith("xn--") and not label.isdigit()
)
names = st.lists(labels, min_size=1, max_size=4).map(".".join)
hosts = names | st.ip_addresses(v=4).map(str) | st.ip_addresses(v=6).map(str)
ports = st.integers(1, 65535)
fingerprints = st.none() | st.binary(min_size=32, max_size=32)


@given(hosts, ports, fingerprints)
def test_what_is_written_is_read_back(host: str, port: int, fingerprint: bytes | None) -> None:
    fragment = f"#{fingerprint.hex()}" if fingerprint is not None else ""
    address = parse_server_url(f"https://{joined(host, port)}{fragment}")
    assert address == ServerAddress(host, port, fingerprint)


@given(hosts, ports)
def test_an_address_without_https_is_read_as_broker_lists_hold_it(host: str, port: int) -> None:
    assert parse_server_url(joined(host, port)) == ServerAddress(host, port)
    assert str(parse_server_url(joined(host, port))) == joined(host, port)


@given(st.text(max_size=80))
def test_any_text_is_an_address_or_a_settings_error(text: str) -> None:
    try:
        address = parse_server_url(text)
    except SettingsError as error:
        problem = str(error)
    else:
        problem = ""
        assert 1 <= address.port <= 65535
        assert address.host
    assert len(problem.splitlines()) <= 1


def test_a_password_in_an_address_is_not_repeated() -> None:
    with pytest.raises(SettingsError) as caught:
        parse_server_url("https://ada:hunter2@help.example")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("https://help.example", ServerAddress("help.example", HTTPS_PORT)),
        ("https://help.example/", ServerAddress("help.example", HTTPS_PORT)),
        ("HTTPS://Help.Example:8443", ServerAddress("help.example", 8443)),
        ("  https://help.example:1  ", ServerAddress("help.example", 1)),
        ("help.example", ServerAddress("help.example", NODE_PORT)),
        ("desk_7", ServerAddress("desk_7", NODE_PORT)),
        ("::1", ServerAddress("::1", NODE_PORT)),
        ("[::1]", ServerAddress("::1", NODE_PORT)),
        ("[2001:db8::5]:443", ServerAddress("2001:db8::5", 443)),
        ("https://[2001:DB8::5]", ServerAddress("2001:db8::5", HTTPS_PORT)),
        ("https://bücher.example:2", ServerAddress("xn--bcher-kva.example", 2)),
        ("https://help.example.:2", ServerAddress("help.example", 2)),
        (f"https://10.0.0.1:47111#{HEX}", ServerAddress("10.0.0.1", 47111, FINGERPRINT)),
        (f"10.0.0.1:47111#{HEX.upper()}", ServerAddress("10.0.0.1", 47111, FINGERPRINT)),
        (f"::1#{HEX}", ServerAddress("::1", NODE_PORT, FINGERPRINT)),
    ],
)
def test_an_address_is_read(text: str, address: ServerAddress) -> None:
    assert parse_server_url(text) == address


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "no address given"),
        ("   ", "no address given"),
        ("http://help.example", "must begin with https://"),
        ("ftp://help.example", "must begin with https://"),
        ("https://", "the name of the computer is not valid"),
        ("https://:443", "the name of the computer is not valid"),
        ("https://help..example", "the name of the computer is not valid"),
        ("https://-help.example", "the name of the computer is not valid"),
        ("https://help.example:0", "the port must be a number from 1 to 65535"),
        ("https://help.example:65536", "the port must be a number from 1 to 65535"),
        ("https://help.example:x", "the port must be a number from 1 to 65535"),
        ("https://ada:secret@help.example", "a user name or password"),
        ("https://help.example/path", "nothing may follow the port"),
        ("https://help.example?x=1", "nothing may follow the port"),
        ("https://help.example#abc", "the fingerprint after # must be 64"),
        (f"https://help.example#{HEX}0", "the fingerprint after # must be 64"),
        ("https://help example", "has a space"),
        ("https://help\u202eexample", "invisible character"),
        ("https://999.1.1.1", "the IP address is not valid"),
        ("https://1.2.3", "the IP address is not valid"),
        ("https://[::1", "is not an address"),
        ("https://[zz]:1", "is not"),
        ("a" * 600, "longer than 512"),
    ],
)
def test_a_wrong_address_is_told_in_words(text: str, problem: str) -> None:
    with pytest.raises(SettingsError, match=problem):
        parse_server_url(text)


def test_an_ipv6_address_is_shown_in_brackets() -> None:
    assert joined(str(ipaddress.ip_address("::1")), 5) == "[::1]:5"
