"""A PostgreSQL server of the tests' own, with an empty database for each file that it replaces.

The server is Debian's. The first test of a process that needs it begins it in a temporary folder,
as an ordinary user, since initdb refuses root. It listens on a socket there alone, and it does not
wait for the disk: the tests are over if the machine stops.
"""

import asyncio
import atexit
import os
import shutil
import subprocess
from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Final
from urllib.parse import urlsplit

import psycopg

from bot.database_url import DatabaseUrl
from bot.store.postgres.database import open_database
from bot.store.postgres.steps import PLACE
from tests.needed import need

USER: Final = "broadsheet"
_PROGRAMS: Final = "/usr/lib/postgresql/*/bin"
_SETTINGS: Final = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "listen_addresses": "",
    "max_connections": "100",
    "shared_buffers": "64MB",
}
EMPTY: Final = "empty"
"""The database that others are copies of."""


@dataclass(frozen=True)
class Rows:
    """Everything in a database: by table as COPY writes it, and the last id that was given."""

    tables: Mapping[str, bytes]
    last_ids: Mapping[str, int]


class Server:
    """A running server. It lends databases for files. They are filled anew whenever they are lent:
    making one costs the server half a second, filling it a twentieth of that.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lent: dict[Path, str] = {}
        self._free: deque[str] = deque()
        self._made = 0
        self._run(f"CREATE DATABASE {EMPTY}")
        with ThreadPoolExecutor() as aside:  # another loop may run in this thread
            aside.submit(asyncio.run, _make_tables(DatabaseUrl(self.url(EMPTY)))).result()
        self._no_stories = self._rows_of(EMPTY)
        with self._connected(EMPTY) as db:
            self._tables = db.execute(_TABLES).fetchall()

    def url(self, name: str) -> str:
        """The URL of a database."""
        return f"postgresql://{USER}@/{name}?host={self.folder}"

    def database_of(self, path: Path, rows: Rows | None = None) -> DatabaseUrl:
        """The database that stands for a file; when it is first named, it has these rows, or those
        of a new one.
        """
        if path not in self._lent:
            self._lent[path] = self._filled(rows or self._no_stories)
        return DatabaseUrl(self.url(self._lent[path]))

    def rows_at(self, path: Path) -> Rows:
        """What is in the database that stands for a file."""
        return self._rows_of(self._lent[path])

    def take_back(self, folder: Path) -> None:
        """Lend the databases that stand for files in a folder to others from now on."""
        for path in [path for path in self._lent if path.is_relative_to(folder)]:
            self._free.append(self._lent.pop(path))

    @contextmanager
    def own(self, name: str, folder: Path | None = None) -> Iterator[DatabaseUrl]:
        """An empty database that nobody gets afterwards; its files are in a folder, if named."""
        place = f"TABLESPACE {name}" if folder else ""
        with self._connected("postgres") as db:
            if folder:
                db.execute(f"CREATE TABLESPACE {name} LOCATION '{folder}'")
            db.execute(f"CREATE DATABASE {name} TEMPLATE {EMPTY} {place}")
        with self._connected(name) as db:
            db.execute(_OPENED_HERE)
        yield DatabaseUrl(self.url(name))
        with self._connected("postgres") as db:
            db.execute(f"DROP DATABASE {name} WITH (FORCE)")
            if folder:
                db.execute(f"DROP {place}")

    def _filled(self, rows: Rows) -> str:
        while True:
            name = self._free.popleft() if self._free else self._copy()
            if self._fill(name, rows):
                return name

    def _copy(self) -> str:
        self._made += 1
        name = f"{EMPTY}_{self._made}"
        self._run(f"CREATE DATABASE {name} TEMPLATE {EMPTY}")
        with self._connected(name) as db:
            db.execute(_OPENED_HERE)
        return name

    def _fill(self, name: str, rows: Rows) -> bool:
        """Whether it was done: a test may have taken tables away."""
        with self._connected(name) as db:
            db.execute(_OTHERS_OFF)
            if db.execute(_TABLES).fetchall() != self._tables:
                return False
            with db.transaction(), db.cursor() as cursor:
                cursor.execute(_EMPTIED)
                for table, lines in rows.tables.items():
                    with cursor.copy(f"COPY {table} FROM STDIN".encode()) as copy:
                        copy.write(lines)
                for sequence, last in rows.last_ids.items():
                    cursor.execute("SELECT setval(%s, %s)", (sequence, last))
        return True

    def _rows_of(self, name: str) -> Rows:
        with self._connected(name) as db, db.cursor() as cursor:
            tables = {}
            for (table,) in cursor.execute(_TABLES).fetchall():
                with cursor.copy(f"COPY {table} TO STDOUT".encode()) as copy:
                    tables[table] = b"".join(copy)
            last_ids = dict(cursor.execute(_LAST_IDS).fetchall())
        return Rows({table: lines for table, lines in tables.items() if lines}, last_ids)

    def _run(self, sql: str) -> None:
        with self._connected("postgres") as db:
            db.execute(sql)

    def _connected(self, name: str) -> "psycopg.Connection[tuple[Any, ...]]":
        return psycopg.connect(self.url(name), autocommit=True)


async def _make_tables(url: DatabaseUrl) -> None:
    await (await open_database(url)).close()


_TABLES: Final = """
SELECT tablename FROM pg_tables
WHERE schemaname = 'public' AND tablename <> 'broadsheet' ORDER BY tablename
"""
_LAST_IDS: Final = """
SELECT sequencename, last_value FROM pg_sequences WHERE last_value IS NOT NULL
"""
_EMPTIED: Final = f"""
SET LOCAL session_replication_role = replica;  -- in any order: neither references nor triggers
DO $$ DECLARE each text; BEGIN
    FOR each IN {_TABLES} LOOP EXECUTE format('DELETE FROM %I', each); END LOOP;
END $$;
SELECT setval(sequencename::regclass, 1, false) FROM pg_sequences WHERE last_value IS NOT NULL
"""  # noqa: S608 - constants
_OPENED_HERE: Final = f"UPDATE broadsheet SET place = {PLACE}"  # noqa: S608 - a constant
"""It is no older copy that was restored."""
_OTHERS_OFF: Final = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


@cache
def server() -> Server:
    """This process's server; it is stopped when the process ends."""
    programs = _programs()
    folder = Path(mkdtemp(prefix="bs-pg-"))
    if os.geteuid() == 0:
        shutil.chown(folder, "nobody")
    atexit.register(_end, programs, folder)
    settings = {**_SETTINGS, "unix_socket_directories": str(folder)}
    options = " ".join(f"-c {name}='{value}'" for name, value in settings.items())
    data = str(folder / "data")
    kind = ("--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", f"--username={USER}")
    _run(programs / "initdb", "--pgdata", data, *kind)
    log = ("--log", str(folder / "log"))
    _run(programs / "pg_ctl", "--pgdata", data, "--wait", "--options", options, *log, "start")
    return Server(folder)


def _programs() -> Path:
    programs = next(iter(sorted(Path("/").glob(_PROGRAMS.lstrip("/")), reverse=True)), None)
    need(programs, "PostgreSQL is not installed: apt-get install postgresql")
    assert programs
    return programs


def restart(one: Server) -> None:
    """End a server at once, as a crash does, and start it again."""
    data = ("--pgdata", str(one.folder / "data"), "--log", str(one.folder / "log"))
    _run(_programs() / "pg_ctl", *data, "--mode=immediate", "--wait", "restart")


def let_nothing_grow(one: Server) -> None:
    """Let a server write nowhere in a file, as on a full disk, until it is restarted."""
    first = (one.folder / "data" / "postmaster.pid").read_text(encoding="utf-8").split()[0]
    others = Path(f"/proc/{first}/task/{first}/children").read_text(encoding="utf-8").split()
    for process in (first, *others):
        with suppress(subprocess.CalledProcessError):  # it may have ended
            _run(Path("prlimit"), "--pid", process, "--fsize=1:")


def keep_commits(url: DatabaseUrl) -> None:
    """Have a commit be answered only when a crash of the server cannot undo it."""
    name = urlsplit(url.secret).path.removeprefix("/")
    with psycopg.connect(url.secret, autocommit=True) as db:
        db.execute(f"ALTER DATABASE {name} SET synchronous_commit = on".encode())


def cut_connections(url: DatabaseUrl) -> None:
    """End every connection to a database."""
    with psycopg.connect(url.secret, autocommit=True) as db:
        db.execute(_OTHERS_OFF)


def _end(programs: Path, folder: Path) -> None:
    with suppress(subprocess.CalledProcessError):
        _run(programs / "pg_ctl", "--pgdata", str(folder / "data"), "--mode=immediate", "stop")
    shutil.rmtree(folder, ignore_errors=True)


def _run(program: Path, *arguments: str) -> None:
    as_nobody = ("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups")
    command = (*(as_nobody if os.geteuid() == 0 else ()), str(program), *arguments)
    quiet = subprocess.DEVNULL
    subprocess.run(  # noqa: S603 - nothing of it comes from outside
        command, check=True, stdout=quiet, stderr=quiet, cwd="/"
    )
