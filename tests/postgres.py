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
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Final

import psycopg

from bot.database_url import DatabaseUrl
from bot.store.postgres.database import open_database
from bot.store.postgres.schema import AT_FIRST
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
_TEMPLATE: Final = "empty"


class Server:
    """A running server. Each database it lends is empty, but for what its steps put in."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lent: dict[Path, str] = {}
        self._free: deque[str] = deque()
        self._made = 0
        with self._connected("postgres") as db:
            db.execute(f"CREATE DATABASE {_TEMPLATE}")
        with ThreadPoolExecutor() as aside:  # another loop may run in this thread
            aside.submit(asyncio.run, _make_tables(DatabaseUrl(self.url(_TEMPLATE)))).result()

    def url(self, name: str) -> str:
        """The URL of a database."""
        return f"postgresql://{USER}@/{name}?host={self._folder}"

    def has_lent(self, path: Path) -> bool:
        """Whether a database stands for a file already."""
        return path in self._lent

    def database_of(self, path: Path) -> DatabaseUrl:
        """The database that stands for a file; an empty one when it is first named."""
        if path not in self._lent:
            self._lent[path] = self._free.popleft() if self._free else self._new()
        return DatabaseUrl(self.url(self._lent[path]))

    def take_back(self, folder: Path) -> None:
        """Empty the databases that stand for files in a folder, and lend them again."""
        for path in [path for path in self._lent if path.is_relative_to(folder)]:
            name = self._lent.pop(path)
            with self._connected(name) as db:
                db.execute(_OTHERS_OFF)
                db.execute(_EMPTY)
                db.execute(AT_FIRST)
            self._free.append(name)

    def _new(self) -> str:
        self._made += 1
        name = f"lent_{self._made}"
        with self._connected("postgres") as db:
            db.execute(f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE}")
        return name

    def _connected(self, name: str) -> "psycopg.Connection[tuple[object, ...]]":
        return psycopg.connect(self.url(name), autocommit=True)


async def _make_tables(url: DatabaseUrl) -> None:
    await (await open_database(url)).close()


_EMPTY: Final = """
DO $$ DECLARE each text; BEGIN
    SET LOCAL session_replication_role = replica;  -- in any order: neither references nor triggers
    FOR each IN SELECT tablename FROM pg_tables
        WHERE schemaname = 'public' AND tablename <> 'broadsheet'
    LOOP EXECUTE format('DELETE FROM %I', each); END LOOP;
    FOR each IN SELECT sequencename FROM pg_sequences WHERE last_value IS NOT NULL
    LOOP EXECUTE format('ALTER SEQUENCE %I RESTART', each); END LOOP;
END $$
"""


_OTHERS_OFF: Final = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


@cache
def server() -> Server:
    """This process's server; it is stopped when the process ends."""
    programs = next(iter(sorted(Path("/").glob(_PROGRAMS.lstrip("/")), reverse=True)), None)
    need(programs, "PostgreSQL is not installed: apt-get install postgresql")
    assert programs
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
