"""The list of servers: kept, never lowered, never overwritten when damaged."""

import stat
from dataclasses import replace
from pathlib import Path

import pytest

from common.errors import SettingsError
from common.transport.known_servers import FILE_NAME, KnownServers
from common.transport.server_address import ServerAddress
from common.transport.trust import ServerIdentity, TrustLevel, identity_from_root
from tests.transport.certificates import Authority, make_root

ROOT = make_root()


def met(
    root: Authority = ROOT, trust: TrustLevel = TrustLevel.PINNED, by_root: bool = True
) -> ServerIdentity:
    return identity_from_root(ServerAddress("10.0.0.1", 47111), root.der, by_root, trust)


def test_without_a_file_the_list_is_empty_and_none_is_made(tmp_path: Path) -> None:
    assert KnownServers(tmp_path).all() == ()
    assert not (tmp_path / FILE_NAME).exists()


def test_what_was_kept_is_read_back(tmp_path: Path) -> None:
    servers = KnownServers(tmp_path)
    servers.remember(met())
    servers.set_brokers(ROOT.fingerprint, ("10.0.0.1:47111", "[::1]:5"))
    key = servers.device_key(ROOT.fingerprint)
    servers.mark_registered(ROOT.fingerprint)

    known = KnownServers(tmp_path).find(ROOT.fingerprint)
    assert known is not None
    assert known.identity == met()
    assert known.brokers == ("10.0.0.1:47111", "[::1]:5")
    assert known.device_key is not None
    assert known.device_key.private == key.private
    assert known.device_key.is_registered


def test_the_file_is_its_owners_alone(tmp_path: Path) -> None:
    KnownServers(tmp_path).remember(met())
    assert stat.S_IMODE((tmp_path / FILE_NAME).stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]


def test_a_device_key_is_made_once_for_each_server(tmp_path: Path) -> None:
    other = make_root()
    servers = KnownServers(tmp_path)
    servers.remember(met())
    servers.remember(met(other))
    first = servers.device_key(ROOT.fingerprint)
    assert servers.device_key(ROOT.fingerprint) == first
    assert servers.device_key(other.fingerprint).private != first.private
    assert KnownServers(tmp_path).device_key(ROOT.fingerprint) == first
    assert not first.is_registered


def test_a_device_key_signs_and_does_not_show_itself(tmp_path: Path) -> None:
    servers = KnownServers(tmp_path)
    servers.remember(met())
    key = servers.device_key(ROOT.fingerprint)
    key.load().public_key().verify(key.load().sign(b"challenge"), b"challenge")
    assert repr(key) == "DeviceKey(is_registered=False)"
    assert repr(key.private) not in repr(servers.all())


def test_a_registration_can_be_taken_back(tmp_path: Path) -> None:
    servers = KnownServers(tmp_path)
    servers.remember(met())
    servers.mark_registered(ROOT.fingerprint)
    servers.mark_unregistered(ROOT.fingerprint)
    key = KnownServers(tmp_path).device_key(ROOT.fingerprint)
    assert not key.is_registered


def test_being_met_again_keeps_the_key_and_the_brokers(tmp_path: Path) -> None:
    servers = KnownServers(tmp_path)
    servers.remember(met())
    servers.set_brokers(ROOT.fingerprint, ("a:1",))
    key = servers.device_key(ROOT.fingerprint)
    known = servers.remember(replace(met(), host="10.0.0.2"))
    assert known.identity.host == "10.0.0.2"
    assert known.brokers == ("a:1",)
    assert known.device_key == key


def test_a_discovery_changes_the_address_and_never_the_trust(tmp_path: Path) -> None:
    servers = KnownServers(tmp_path)
    servers.remember(met())
    found = replace(met(trust=TrustLevel.PROVISIONAL, by_root=False), host="10.0.0.9")
    identity = servers.remember(found).identity
    assert identity.host == "10.0.0.9"
    assert identity.trust is TrustLevel.PINNED
    assert identity.is_verified_by_root


def test_a_discovery_does_not_move_a_server_that_a_public_ca_vouches_for(tmp_path: Path) -> None:
    servers = KnownServers(tmp_path)
    servers.remember(met(by_root=False))
    found = replace(met(trust=TrustLevel.CONFIRMED), host="10.0.0.9")
    assert servers.remember(found).identity == met(by_root=False)


def test_trust_is_raised_and_not_lowered(tmp_path: Path) -> None:
    servers = KnownServers(tmp_path)
    servers.remember(met(trust=TrustLevel.PROVISIONAL))
    servers.raise_trust(ROOT.fingerprint, TrustLevel.CONFIRMED)
    servers.raise_trust(ROOT.fingerprint, TrustLevel.PROVISIONAL)
    known = KnownServers(tmp_path).find(ROOT.fingerprint)
    assert known is not None
    assert known.identity.trust is TrustLevel.CONFIRMED


def test_the_most_trusted_come_first(tmp_path: Path) -> None:
    servers = KnownServers(tmp_path)
    for trust in (TrustLevel.CONFIRMED, TrustLevel.PROVISIONAL, TrustLevel.PINNED):
        servers.remember(met(make_root(), trust))
    assert [known.identity.trust for known in servers.all()] == sorted(TrustLevel, reverse=True)


def test_an_address_finds_its_server(tmp_path: Path) -> None:
    public = make_root()
    servers = KnownServers(tmp_path)
    servers.remember(met())
    servers.remember(replace(met(public, by_root=False), host="help.example", port=443))

    by_fingerprint = servers.find_address(ServerAddress("changed", 1, ROOT.fingerprint))
    assert by_fingerprint is not None
    assert by_fingerprint.identity == met()
    by_name = servers.find_address(ServerAddress("help.example", 443))
    assert by_name is not None
    assert by_name.identity.fingerprint == public.fingerprint
    # Without a fingerprint nothing but a public CA may vouch.
    assert servers.find_address(ServerAddress("10.0.0.1", 47111)) is None


def test_a_forgotten_server_is_gone(tmp_path: Path) -> None:
    servers = KnownServers(tmp_path)
    servers.remember(met())
    servers.forget(ROOT.fingerprint)
    assert servers.find(ROOT.fingerprint) is None
    assert KnownServers(tmp_path).all() == ()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not json",
        b"[]",
        b'{"format":1}',
        b'{"format":2,"servers":[]}',
        b'{"format":1,"servers":[{"host":"h"}]}',
        b'{"format":1,"servers":[{"host":"h","port":1,"root_certificate":"AAAA",'
        b'"is_verified_by_root":true,"trust":3}]}',
        b"\xff\xfe",
    ],
)
def test_a_damaged_file_is_named_and_left_alone(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / FILE_NAME
    file.write_bytes(content)
    with pytest.raises(SettingsError, match=f"{FILE_NAME}: is damaged"):
        KnownServers(tmp_path)
    assert file.read_bytes() == content


def test_every_cut_of_a_file_is_noticed(tmp_path: Path) -> None:
    servers = KnownServers(tmp_path)
    servers.remember(met())
    servers.device_key(ROOT.fingerprint)
    file = tmp_path / FILE_NAME
    whole = file.read_bytes()
    for length in range(len(whole.rstrip()) - 1):
        file.write_bytes(whole[:length])
        with pytest.raises(SettingsError):
            KnownServers(tmp_path)


def test_a_list_that_cant_be_written_is_told_and_not_changed(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    servers = KnownServers(folder)
    folder.rmdir()
    with pytest.raises(SettingsError, match="can't be written"):
        servers.remember(met())
    assert servers.all() == ()
