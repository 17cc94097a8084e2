"""Turns PostgreSQL's errors into advice. What libpq says is shown only where it has no password."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Self

import psycopg
from psycopg import errors
from psycopg_pool import PoolTimeout, TooManyRequests

from bot.database_url import DatabaseUrl
from bot.errors import DatabaseError, LostLease
from bot.store.database import RowsRefused

CONNECTIONS: Final = 9
"""How many connections a process holds at most."""


def foreign(url: DatabaseUrl) -> DatabaseError:
    """The error for another program's database."""
    advice = "Name another one with --database or BROADSHEET_DATABASE: createdb makes an empty one."
    return DatabaseError(url, "it belongs to another program", advice)


def newer(url: DatabaseUrl, schema: int, known: int) -> DatabaseError:
    """The error for a schema that this program does not know."""
    advice = f"Its schema is {schema}, this one knows {known}: upgrade Broadsheet."
    return DatabaseError(url, "it was made by a newer Broadsheet", advice)


def not_utf8(url: DatabaseUrl, encoding: str) -> DatabaseError:
    """The error for a database that cannot hold every character."""
    advice = "Make one in UTF-8: createdb --template=template0 --encoding=UTF8 NAME."
    return DatabaseError(url, f"its encoding is {encoding}", advice)


def read_only(url: DatabaseUrl) -> DatabaseError:
    """The error for a replica, and for a database that was set to be read only."""
    return DatabaseError(url, *_READ_ONLY)


def too_old(url: DatabaseUrl, version: int, oldest: int) -> DatabaseError:
    """The error for an old server."""
    advice = f"Use PostgreSQL {oldest} or newer."
    return DatabaseError(url, f"its server is PostgreSQL {version}, which is too old", advice)


@contextmanager
def rows_refused() -> Iterator[None]:
    """Raise RowsRefused for rows that contradict others, or that no column can hold."""
    try:
        yield
    except (psycopg.IntegrityError, psycopg.DataError) as error:
        raise RowsRefused(error.diag.message_primary) from error


def replaced(url: DatabaseUrl) -> LostLease:
    """The error for a process that was paused, or cut off from the server, for too long."""
    advice = "It was paused, or could not reach the server, for too long: start it again."
    return LostLease(url, "other processes have taken this one's place", advice)


class in_words:  # noqa: N801 - used like a function, in a with statement
    """Turns PostgreSQL's errors into a DatabaseError with advice. Bugs pass unchanged."""

    def __init__(self, url: DatabaseUrl) -> None:
        self._url = url

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        known = next((words for kinds, *words in _KINDS if isinstance(error, kinds)), None)
        if isinstance(error, psycopg.OperationalError):
            known = next((words for part, *words in _PARTS if part in str(error)), known)
        if known:
            raise DatabaseError(self._url, *known) from error


@contextmanager
def readable_url(url: DatabaseUrl) -> Iterator[None]:
    """Raise DatabaseError for a URL that libpq cannot read, without its words: they may quote the
    password.
    """
    try:
        yield
    except psycopg.ProgrammingError as error:
        if error.sqlstate is not None:  # the server's, not libpq's
            raise
        advice = "Write postgresql://USER:PASSWORD@HOST/NAME, with %40 for an @ in the password."
        raise DatabaseError(url, "its URL cannot be read", advice) from None


_CONNECTIONS: Final = (
    "its server has no connection left",
    f"Each process takes up to {CONNECTIONS}: raise max_connections, or the user's own limit.",
)
_RIGHTS: Final = ("this user may not write to it", "Let the user own the database.")
_READ_ONLY: Final = (
    "nobody may write to it now",
    "Use the primary server, not a replica, and leave default_transaction_read_only off.",
)
_AWAY: Final = ("its server does not answer", "Check that it runs and can be reached from here.")
_LOGIN: Final = (
    "its server refuses the user or the password",
    "Check both in BROADSHEET_DATABASE; the password may also be in PGPASSFILE.",
)
_ABSENT: Final = ("there is no such database", "Make it with: createdb NAME.")
_KINDS: Final = (
    (errors.InsufficientPrivilege, *_RIGHTS),
    (errors.ReadOnlySqlTransaction, *_READ_ONLY),
    (
        (errors.DiskFull, errors.OutOfMemory),
        "its server is out of disk or memory",
        "Free some space there; nothing was half written.",
    ),
    (
        (PoolTimeout, TooManyRequests),
        "its server gives no connection",
        "Check that it runs, can be reached from here, and has"
        f" {CONNECTIONS} connections free for each process.",
    ),
    ((psycopg.OperationalError, psycopg.InterfaceError), *_AWAY),
)
_PARTS: Final = (
    ("password authentication failed", *_LOGIN),
    ("no password supplied", *_LOGIN),
    ("pg_hba.conf", *_LOGIN),
    ('FATAL:  role "', *_LOGIN),
    ('FATAL:  database "', *_ABSENT),
    ("too many", *_CONNECTIONS),
    ("remaining connection slots", *_CONNECTIONS),
)
"""What a connection fails for has no class of its own: libpq gives the server's words."""
