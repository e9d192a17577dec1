"""The secret file, and what is sealed with it."""

from pathlib import Path

import pytest

from common.errors import SettingsError
from common.server.secret_file import Seal, make_secret_file, read_secret_file


def test_a_new_secret_file_is_its_owners_alone_and_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    sealed = make_secret_file(path).seal("root", b"the key")

    assert path.stat().st_mode & 0o777 == 0o600
    assert read_secret_file(path).open("root", sealed) == b"the key"


def test_an_existing_secret_file_is_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    sealed = make_secret_file(path).seal("root", b"the key")

    assert make_secret_file(path).open("root", sealed) == b"the key"


def test_what_is_sealed_shows_nothing_and_never_the_same_twice() -> None:
    seal = Seal(bytes(32))

    assert b"the key" not in seal.seal("root", b"the key")
    assert seal.seal("root", b"the key") != seal.seal("root", b"the key")


@pytest.mark.parametrize("position", [0, 12, -1])
def test_a_changed_byte_opens_nothing(position: int) -> None:
    seal = Seal(bytes(32))
    sealed = bytearray(seal.seal("root", b"the key"))
    sealed[position] ^= 1

    with pytest.raises(SettingsError, match="does not belong"):
        seal.open("root", bytes(sealed))


def test_another_name_or_another_secret_opens_nothing() -> None:
    sealed = Seal(bytes(32)).seal("root", b"the key")

    with pytest.raises(SettingsError):
        Seal(bytes(32)).open("other", sealed)
    with pytest.raises(SettingsError):
        Seal(b"1" * 32).open("root", sealed)
    with pytest.raises(SettingsError):
        Seal(bytes(32)).open("root", b"")


@pytest.mark.parametrize("content", [b"", b"short", b"g" * 64, b"0" * 65, b"\xff" * 64])
def test_what_is_no_secret_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "secret"
    path.write_bytes(content)

    with pytest.raises(SettingsError, match="64 hexadecimal digits"):
        read_secret_file(path)


def test_a_missing_secret_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="nowhere is missing"):
        read_secret_file(tmp_path / "nowhere")


def test_a_secret_file_in_no_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="can't be written"):
        make_secret_file(tmp_path / "no folder" / "secret")
