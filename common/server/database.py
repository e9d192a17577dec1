"""Opens the database of a deployment and says in one line what is wrong with it.

SQLite through aiosqlite for an embedded node and small ones, in the data folder unless
`--database` says otherwise. Knows how tables are made, not what is in them.
"""

import datetime
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, InvalidRequestError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.schema import CreateTable

from common.errors import SettingsError
from common.server.models import Base

OPTION: Final = "--database"
FILE_NAME: Final = "farhand.db"
BUSY_SECONDS: Final = 10
_DRIVERS: Final = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg"}


def default_database(folder: Path) -> str:
    """Name the database in a data folder."""
    return f"sqlite:///{folder / FILE_NAME}"


async def open_database(url_text: str) -> AsyncEngine:
    """Connect, check that the file is whole, and make the tables that are missing.

    Raises SettingsError that names the option and the reason.
    """
    url = _read_url(url_text)
    if url.get_backend_name() == "sqlite":
        _check_file(url)
    try:
        engine = create_async_engine(url, **_engine_options(url))
    except (ImportError, InvalidRequestError, ArgumentError) as error:
        raise SettingsError(OPTION, f"{_shown(url)} can't be used: {error}") from error
    try:
        with _named_problems(url):
            await _prepare(engine)
    except SettingsError:
        await engine.dispose()
        raise
    return engine


def utc_now() -> datetime.datetime:
    """Give the time as the tables keep it."""
    return datetime.datetime.now(datetime.UTC).replace(tzinfo=None)


def _read_url(url_text: str) -> URL:
    try:
        url = make_url(url_text)
    except ArgumentError:
        raise SettingsError(OPTION, "is not a database URL; try sqlite:///FILE") from None
    kind = url.get_backend_name()
    if kind not in _DRIVERS:
        raise SettingsError(OPTION, f"{kind} is not supported; sqlite and postgresql are")
    return url.set(drivername=_DRIVERS[kind])


def _check_file(url: URL) -> None:
    """Open an SQLite file once and check that it is whole.

    Here and not through aiosqlite, whose thread outlives an open that fails and then finds
    the loop closed.
    """
    try:
        with closing(sqlite3.connect(url.database or ":memory:", timeout=BUSY_SECONDS)) as file:
            (answer,) = file.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.Error as error:
        raise SettingsError(OPTION, f"{_shown(url)} {_in_words(error)}") from error
    if answer != "ok":
        raise SettingsError(OPTION, f"{_shown(url)} is damaged: {' '.join(answer.split())}")


def _engine_options(url: URL) -> dict[str, Any]:
    # One connection, so one thread: a node asks the database when a target connects, no more.
    if url.get_backend_name() == "sqlite":
        return {"pool_size": 1, "max_overflow": 0, "connect_args": {"timeout": BUSY_SECONDS}}
    return {"pool_size": 2, "max_overflow": 2}


async def _prepare(engine: AsyncEngine) -> None:
    is_sqlite = engine.url.get_backend_name() == "sqlite"
    if is_sqlite:
        event.listen(engine.sync_engine, "connect", _set_up_sqlite)
    async with engine.begin() as connection:
        for table in Base.metadata.sorted_tables:  # another node may be making them, too
            await connection.execute(CreateTable(table, if_not_exists=True))


def _set_up_sqlite(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


@contextmanager
def _named_problems(url: URL) -> Iterator[None]:
    try:
        yield
    except DatabaseError as error:
        raise SettingsError(OPTION, f"{_shown(url)} {_in_words(error.orig)}") from error
    except (SQLAlchemyError, OSError) as error:
        raise SettingsError(OPTION, f"{_shown(url)} can't be used: {error}") from error


def _in_words(error: BaseException | None) -> str:
    reason = (str(error).splitlines() or ["unknown error"])[0]
    if "not a database" in reason or "malformed" in reason or "corrupt" in reason:
        return f"is damaged: {reason}"
    return f"can't be used: {reason}"


def _shown(url: URL) -> str:
    """Write the URL without a password; of SQLite the file."""
    if url.get_backend_name() == "sqlite":
        return url.database or ":memory:"
    return url.render_as_string(hide_password=True)
