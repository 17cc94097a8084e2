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
        known = next((words for kinds, *words in _ADVICE if isinstance(error, kinds)), None)
        if known:
            raise DatabaseError(self._url, *known) from error


_ADVICE: Final = (
    (
        errors.InvalidPassword,
        "its server refuses the user or the password",
        "Check the user and the password in BROADSHEET_DATABASE or in PGPASSFILE.",
    ),
    (
        errors.InvalidCatalogName,
        "there is no such database",
        "Make it with: createdb NAME.",
    ),
    (
        errors.TooManyConnections,
        "its server has no connection left",
        "Raise max_connections there, or stop another program that uses it.",
    ),
    (
        (errors.InsufficientPrivilege, errors.ReadOnlySqlTransaction),
        "this user may not write to it",
        "Let the user own the database, and use the primary server, not a replica.",
    ),
    (
        (errors.DiskFull, errors.OutOfMemory),
        "its server is out of disk or memory",
        "Free some space there; nothing was half written.",
    ),
    (
        (PoolTimeout, TooManyRequests, psycopg.OperationalError, psycopg.InterfaceError),
        "its server does not answer",
        "Check that it runs and can be reached from here.",
    ),
)
