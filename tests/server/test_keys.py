"""A deployment's root, made once, and a node's TLS key."""

import asyncio
from pathlib import Path

import pytest

from common.errors import SettingsError
from common.server.database import default_database, open_database
from common.server.keys import RootKey, load_or_make_root, node_tls_context
from tests.server.node_driver import run


async def load(folder: Path, key_file: Path | None = None) -> RootKey:
    engine = await open_database(default_database(folder))
    try:
        return await load_or_make_root(engine, key_file or folder / "secret")
    finally:
        await engine.dispose()


def test_the_root_is_made_once_and_the_same_ever_after(tmp_path: Path) -> None:
    first, again = run(load(tmp_path)), run(load(tmp_path))

    assert first.fingerprint == again.fingerprint
    assert first.certificate_der == again.certificate_der
    assert first.private_key.private_bytes_raw() == again.private_key.private_bytes_raw()


def test_the_private_root_lies_in_no_file(tmp_path: Path) -> None:
    private = run(load(tmp_path)).private_key.private_bytes_raw()

    for path in tmp_path.iterdir():
        content = path.read_bytes()
        assert private not in content
        assert private.hex().encode() not in content


def test_a_database_without_its_secret_file_is_refused(tmp_path: Path) -> None:
    run(load(tmp_path))
    (tmp_path / "secret").unlink()

    with pytest.raises(SettingsError, match="secret is missing"):
        run(load(tmp_path))
    assert not (tmp_path / "secret").exists()


def test_another_secret_file_is_refused(tmp_path: Path) -> None:
    run(load(tmp_path))
    (tmp_path / "other").write_text("0" * 64)

    with pytest.raises(SettingsError, match="does not belong"):
        run(load(tmp_path, tmp_path / "other"))


def test_nodes_that_start_together_have_one_root(tmp_path: Path) -> None:
    async def both() -> tuple[RootKey, RootKey]:
        return await asyncio.gather(load(tmp_path), load(tmp_path))

    one, other = run(both())
    assert one.fingerprint == other.fingerprint


def test_the_tls_key_is_left_in_no_file(tmp_path: Path) -> None:
    node_tls_context(run(load(tmp_path)), tmp_path)

    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".node-")]


def test_a_root_shows_none_of_itself_in_logs(tmp_path: Path) -> None:
    root = run(load(tmp_path))

    assert "RootKey object" in repr(root)
