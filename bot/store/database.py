"""What the SQL beside this file asks of a database, whichever it is.

The SQL is plain text with parameters by name, or `?` for a row of values.
"In this list" is written `= ANY(:name)`, and the parameter is a collection of numbers or of texts.
"""

from collections.abc import Awaitable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Final, Protocol

from bot.store.full_text import FullText

LAST_CHARACTER: Final = "\U0010ffff"
"""It sorts behind every other: what begins with x is at least x, and less than x and this."""

Parameters = Mapping[str, Any] | Sequence[Any]


class Row(Protocol):
    """A row: its values by name or by position."""

    def __getitem__(self, key: str | int, /) -> Any: ...  # noqa: ANN401 - what its column holds
    def __iter__(self) -> Iterator[Any]: ...
    def keys(self) -> Collection[str]:
        """The names of its values."""
        ...


class Cursor(Protocol):
    """What came of a statement."""

    @property
    def rowcount(self) -> int:
        """How many rows it changed."""
        ...


class Connection(Protocol):
    """A connection, inside a transaction where `Database.writing` gave it."""

    @property
    def full_text(self) -> FullText:
        """The stories' full text."""
        ...

    def execute(self, sql: str, parameters: Parameters = (), /) -> Awaitable[Cursor]:
        """Run one statement."""
        ...

    def executemany(self, sql: str, parameters: Iterable[Parameters], /) -> Awaitable[Cursor]:
        """Run one statement for each of the rows."""
        ...

    def execute_fetchall(
        self, sql: str, parameters: Parameters = (), /
    ) -> Awaitable[Iterable[Row]]:
        """Run one statement; the rows it returns."""
        ...


class Database(Protocol):
    """A database, opened."""

    def reading(self) -> AbstractAsyncContextManager[Connection]:
        """The connection for look-ups. Raises DatabaseError for what is wrong with the database."""
        ...

    def writing(self) -> AbstractAsyncContextManager[Connection]:
        """A transaction: all of the block is committed, or none of it. Raises DatabaseError."""
        ...

    def refuse_moved(self) -> None:
        """Raise DatabaseMoved where another database has taken the place of the one opened."""
        ...

    async def close(self) -> None:
        """Close all connections."""
        ...


async def one(db: Connection, sql: str, parameters: Parameters = ()) -> Row | None:
    """The first row, or None. All rows are read: a statement that may find many has a LIMIT."""
    return next(iter(await db.execute_fetchall(sql, parameters)), None)


async def every(db: Connection, sql: str, parameters: Parameters = ()) -> list[Row]:
    """All rows."""
    return list(await db.execute_fetchall(sql, parameters))
