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
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Final
from urllib.parse import urlsplit

import psycopg

from bot.database_url import DatabaseUrl
from bot.store.postgres.database import open_database
from bot.store.postgres.schema import AT_FIRST
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
"""The database without stories that others are copies of."""


class Server:
    """A running server. It lends databases that are empty, but for what their tables begin with,
    or copies of another.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lent: dict[Path, str] = {}
        self._free: deque[str] = deque()
        self._made = 0
        self.make(EMPTY, _make_tables)

    def url(self, name: str) -> str:
        """The URL of a database."""
        return f"postgresql://{USER}@/{name}?host={self.folder}"

    def has(self, name: str) -> bool:
        """Whether there is such a database."""
        with self._connected("postgres") as db:
            sql = "SELECT 1 FROM pg_database WHERE datname = %s"
            return db.execute(sql, (name,)).fetchone() is not None

    def make(self, name: str, fill: Callable[[DatabaseUrl], Coroutine[None, None, None]]) -> None:
        """Make a database that others are copies of."""
        with self._connected("postgres") as db:
            db.execute(f"CREATE DATABASE {name}")
        with ThreadPoolExecutor() as aside:  # another loop may run in this thread
            aside.submit(asyncio.run, fill(DatabaseUrl(self.url(name)))).result()

    def database_of(self, path: Path, like: str = EMPTY) -> DatabaseUrl:
        """The database that stands for a file; a copy when it is first named."""
        if path not in self._lent:
            free = like == EMPTY and self._free
            self._lent[path] = self._free.popleft() if free else self._copy_of(like)
        return DatabaseUrl(self.url(self._lent[path]))

    def take_back(self, folder: Path) -> None:
        """Empty the databases that stand for files in a folder, to be lent again; drop copies."""
        for path in [path for path in self._lent if path.is_relative_to(folder)]:
            name = self._lent.pop(path)
            if name.startswith(EMPTY):
                with self._connected(name) as db:
                    for sql in (_OTHERS_OFF, _EMPTIED, AT_FIRST):
                        db.execute(sql)
                self._free.append(name)
            else:
                with self._connected("postgres") as db:
                    db.execute(f"DROP DATABASE {name} WITH (FORCE)")

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

    def _copy_of(self, like: str) -> str:
        self._made += 1
        name = f"{like}_{self._made}"
        with self._connected("postgres") as db:
            db.execute(f"CREATE DATABASE {name} TEMPLATE {like}")
        with self._connected(name) as db:
            db.execute(_OPENED_HERE)
        return name

    def _connected(self, name: str) -> "psycopg.Connection[tuple[object, ...]]":
        return psycopg.connect(self.url(name), autocommit=True)


async def _make_tables(url: DatabaseUrl) -> None:
    await (await open_database(url)).close()


_EMPTIED: Final = """
DO $$ DECLARE each text; BEGIN
    SET LOCAL session_replication_role = replica;  -- in any order: neither references nor triggers
    FOR each IN SELECT tablename FROM pg_tables
        WHERE schemaname = 'public' AND tablename <> 'broadsheet'
    LOOP EXECUTE format('DELETE FROM %I', each); END LOOP;
    FOR each IN SELECT sequencename FROM pg_sequences WHERE last_value IS NOT NULL
    LOOP EXECUTE format('ALTER SEQUENCE %I RESTART', each); END LOOP;
END $$
"""


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
