"""Who runs on a database: the bots share an advisory lock, and what must be alone there holds it by
itself, each for as long as its connection lives.
"""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Final

import psycopg

from bot.database_url import DatabaseUrl
from bot.errors import DatabaseError
from bot.store.postgres.advisory_locks import RUNNING
from bot.store.postgres.faults import in_words, readable_url

_ONLY_BOT: Final = f"SELECT pg_try_advisory_lock({RUNNING})"
ONE_OF_THEM: Final = f"SELECT pg_try_advisory_lock_shared({RUNNING})"
_FREE: Final = "SELECT pg_advisory_unlock_all()"
_HOLDER: Final = f"""
SELECT substring(application_name FROM 'broadsheet ([0-9]+)') FROM pg_locks JOIN pg_stat_activity
USING (pid) WHERE locktype = 'advisory' AND classid = 0 AND objid = {RUNNING} AND granted
"""  # noqa: S608 - a number


def only_bot_on(url: DatabaseUrl) -> AbstractContextManager[None]:
    """Hold the lock of a database. Raises DatabaseError if another process holds it."""
    return _held(url, _ONLY_BOT)


def one_of_the_bots_on(url: DatabaseUrl) -> AbstractContextManager[None]:
    """Share the lock with other bots. Raises DatabaseError if a process must be alone there."""
    return _held(url, ONE_OF_THEM)


def name_here() -> str:
    """The name of this process's connections, by which `holder` knows it."""
    return f"broadsheet {os.getpid()}"


def taken(url: DatabaseUrl) -> DatabaseError:
    """The error for a database whose lock another process holds."""
    advice = "Stop that one first, or name another database with --database."
    return DatabaseError(url, "a bot is already running on it", advice)


@contextmanager
def _held(url: DatabaseUrl, lock: str) -> Iterator[None]:
    with in_words(url), readable_url(url):
        connection = psycopg.connect(url.secret, autocommit=True, application_name=name_here())
    with connection:
        row = connection.execute(lock).fetchone()
        if not (row and row[0]):
            raise taken(url)
        try:
            yield
        finally:
            with suppress(psycopg.OperationalError):  # the connection is gone, and the lock with it
                connection.execute(_FREE)  # at once: the server notices a closed connection later


def holder(url: DatabaseUrl) -> int | None:
    """The process, on its own machine, that holds the lock of a database; None = none does."""
    with in_words(url), psycopg.connect(url.secret, autocommit=True) as connection:
        row = connection.execute(_HOLDER).fetchone()
    return int(row[0]) if row and row[0] else None
