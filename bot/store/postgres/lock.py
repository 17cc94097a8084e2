"""Who runs on a database: the bots share an advisory lock, and what must be alone there holds it by
itself, each for as long as its connection lives.
"""

import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Any, Final

import psycopg

from bot.database_url import DatabaseUrl
from bot.errors import DatabaseError
from bot.store.postgres.advisory_locks import RUNNING
from bot.store.postgres.faults import in_words, readable_url

_ONLY_BOT: Final = f"SELECT pg_try_advisory_lock({RUNNING})"
ONE_OF_THEM: Final = f"SELECT pg_try_advisory_lock_shared({RUNNING})"
_FREE: Final = "SELECT pg_advisory_unlock_all()"
_HOLDERS: Final = f"""
SELECT split_part(application_name, ' ', 3) || ' ' || split_part(application_name, ' ', 2)
FROM pg_locks JOIN pg_stat_activity USING (pid)
WHERE locktype = 'advisory' AND classid = 0 AND objid = {RUNNING} AND granted
AND datname = current_database() AND application_name LIKE 'broadsheet %' ORDER BY backend_start
"""  # noqa: S608 - a number


def only_bot_on(url: DatabaseUrl) -> AbstractContextManager[None]:
    """Hold the lock of a database. Raises DatabaseError if another process holds it."""
    return _held(url, _ONLY_BOT)


def one_of_the_bots_on(url: DatabaseUrl) -> AbstractContextManager[None]:
    """Share the lock with other bots. Raises DatabaseError if a process must be alone there."""
    return _held(url, ONE_OF_THEM)


def name_here() -> str:
    """The name of this process's connections, by which `holders` knows it. The server cuts what is
    longer than 63 bytes.
    """
    return f"broadsheet {os.getpid()} {socket.gethostname()}"


def taken(url: DatabaseUrl, others: Sequence[str] = ()) -> DatabaseError:
    """The error for a database whose lock `others` hold."""
    named = f" (process {', '.join(others)})" if others else ""
    advice = "Stop that one first, or name another database with --database."
    return DatabaseError(url, f"a bot is already running on it{named}", advice)


@contextmanager
def _held(url: DatabaseUrl, lock: str) -> Iterator[None]:
    with in_words(url), readable_url(url):
        connection = psycopg.connect(url.secret, autocommit=True, application_name=name_here())
    with connection:
        row = connection.execute(lock).fetchone()
        if not (row and row[0]):
            raise taken(url, _holders(connection))
        try:
            yield
        finally:
            with suppress(psycopg.OperationalError):  # the connection is gone, and the lock with it
                connection.execute(_FREE)  # at once: the server notices a closed connection later


def holders(url: DatabaseUrl) -> list[str]:
    """The processes that hold the lock of a database, each with its machine: `a-host 4711`."""
    with in_words(url), psycopg.connect(url.secret, autocommit=True) as connection:
        return _holders(connection)


def _holders(connection: "psycopg.Connection[tuple[Any, ...]]") -> list[str]:
    return [str(name) for (name,) in connection.execute(_HOLDERS)]
