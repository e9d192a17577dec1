"""Opening a database, and saying what is wrong with it."""

from pathlib import Path

import pytest
from sqlalchemy import inspect

from common.errors import SettingsError
from common.server.database import default_database, open_database
from tests.server.node_driver import run


async def opened(url: str) -> list[str]:
    engine = await open_database(url)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(lambda one: inspect(one).get_table_names())
    finally:
        await engine.dispose()


def test_missing_tables_are_made_and_existing_ones_kept(tmp_path: Path) -> None:
    url = default_database(tmp_path)

    assert run(opened(url)) == run(opened(url)) == ["server_keys", "targets"]


def test_a_file_that_is_no_database_is_damaged(tmp_path: Path) -> None:
    (tmp_path / "farhand.db").write_bytes(b"not a database at all, but long enough" * 100)

    with pytest.raises(SettingsError, match="is damaged: file is not a database"):
        run(opened(default_database(tmp_path)))


def test_a_database_with_a_damaged_page_is_damaged(tmp_path: Path) -> None:
    run(opened(default_database(tmp_path)))
    path = tmp_path / "farhand.db"
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xaa" * (len(content) - 4096)
    path.write_bytes(content)

    with pytest.raises(SettingsError, match="is damaged"):
        run(opened(default_database(tmp_path)))


def test_a_database_in_no_folder_can_not_be_used(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="can't be used: unable to open database file"):
        run(opened(default_database(tmp_path / "nowhere")))


@pytest.mark.parametrize("url", ["nonsense", "mysql://user@example/db", "oracle://x"])
def test_what_is_no_database_of_ours_is_named(url: str) -> None:
    with pytest.raises(SettingsError, match="--database"):
        run(opened(url))


def test_a_password_is_not_shown() -> None:
    with pytest.raises(SettingsError) as problem:
        run(opened("postgresql://farhand:hidden@127.0.0.1:1/farhand"))

    assert "hidden" not in str(problem.value)
