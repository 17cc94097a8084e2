"""Archives to begin with: the program makes each once in a process, and tests get copies."""

import asyncio
import sqlite3
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg

from bot.app.housekeeping import rescan
from bot.app.services import open_services
from bot.database_url import DatabaseAddress, DatabaseUrl
from bot.environment import Places
from bot.origins.files.origin import given_files
from bot.store.opening import open_database
from tests import postgres

_ROOT = Path(__file__).parent.parent
_Make = Callable[[DatabaseAddress], Coroutine[None, None, None]]


ROWS_REFUSED = (sqlite3.IntegrityError, psycopg.IntegrityError)
"""What either kind of database raises for a row that contradicts others."""


class Store:
    """The kind of database that the present test runs on, and whether it may open files."""

    kind = "sqlite"
    files = True


def database_at(path: Path) -> DatabaseAddress:
    """The address of the database that a test keeps at a path: the file, or one that stands for
    it. Files are asked for by the marker `sqlite`.
    """
    return path if Store.kind == "sqlite" else postgres.server().database_of(path)


def named(address: DatabaseAddress) -> str:
    """The address as a person writes it."""
    return address.secret if isinstance(address, DatabaseUrl) else str(address)


def run_sql(address: DatabaseAddress, sql: str) -> list[tuple[Any, ...]]:
    """Run a statement as another process would; returns its rows."""
    if isinstance(address, DatabaseUrl):
        with psycopg.connect(address.secret) as server:
            found = server.execute(sql.encode())
            return found.fetchall() if found.description else []
    with closing(sqlite3.connect(address, timeout=15)) as db, db:
        return db.execute(sql).fetchall()


def empty_archive(path: Path) -> DatabaseAddress:
    """Write an archive without stories, unless there is one; returns its address."""
    return _written(path, _empty)


def seeded_archive(path: Path) -> DatabaseAddress:
    """Write an archive with the seeds, unless there is one; returns its address."""
    return _written(path, _seeded)


def loaded_archive(path: Path) -> DatabaseAddress:
    """Write an archive with the seeds and the sandbox's stories, unless there is one; returns its
    address.
    """
    return _written(path, _loaded)


async def _empty(path: DatabaseAddress) -> None:
    await (await open_database(path)).close()


async def _seeded(path: DatabaseAddress) -> None:
    async with open_services(_places(path)) as services:
        await rescan(services)


async def _loaded(path: DatabaseAddress) -> None:
    async with open_services(_places(path)) as services:
        folders = [_ROOT / "seeds", _ROOT / "bot" / "sandbox" / "stories"]
        await services.ingestion.ingest(given_files(folders, services.places.seeds))


def _places(path: DatabaseAddress) -> Places:
    return Places(database=path, seeds=_ROOT / "seeds", config=_ROOT / "config")


def _written(path: Path, make: _Make) -> DatabaseAddress:
    if Store.kind == "postgres":
        return postgres.server().database_of(path, _rows(make))
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_made(make))
    return path


@cache
def _rows(make: _Make) -> postgres.Rows:
    """What a database of such an archive holds."""
    server, path = postgres.server(), Path(make.__name__)
    _run_aside(make(server.database_of(path)))
    rows = server.rows_at(path)
    server.take_back(path)
    return rows


@cache
def _made(make: _Make) -> bytes:
    """What a file of such an archive holds."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "broadsheet.db"
        _run_aside(make(path))
        return path.read_bytes()


def _run_aside(work: Coroutine[None, None, None]) -> None:
    with ThreadPoolExecutor() as thread:  # here a loop may be running
        thread.submit(asyncio.run, work).result()
