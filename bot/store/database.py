"""The interface that the SQL of this folder needs from any database.

The SQL is plain text with named parameters, or `?` for a row of values. "In this list" is written
`= ANY(:name)`, with a collection of numbers or texts as the parameter.
"""

from collections.abc import (
    Awaitable,
    Callable,
    Collection,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import AbstractAsyncContextManager
from typing import Any, Final, Protocol

from bot.store.full_text import FullText

LAST_CHARACTER: Final = "\U0010ffff"
"""It sorts after every other character: texts that begin with x are >= x, and < x plus this."""

Parameters = Mapping[str, Any] | Sequence[Any]


class Row(Protocol):
    """A row: its values by name or by position."""

    def __getitem__(self, key: str | int, /) -> Any: ...  # noqa: ANN401 - what its column holds
    def __iter__(self) -> Iterator[Any]: ...
    def keys(self) -> Collection[str]:
        """The names of its values."""
        ...


class Cursor(Protocol):
    """The result of a statement."""

    @property
    def rowcount(self) -> int:
        """How many rows the statement changed."""
        ...


class RowsRefused(Exception):
    """Rows to be added contradict others: a key is taken, or what they refer to is not there; or
    they have values that their columns cannot have.
    """


class Connection(Protocol):
    """A connection; inside a transaction if it is from `Database.writing`."""

    @property
    def full_text(self) -> FullText:
        """The stories' full text."""
        ...

    @property
    def own_servers(self) -> str:
        """SQL: whether `guild_id` is a server whose work this process does."""
        ...

    @property
    def row_lock(self) -> str:
        """SQL after a SELECT of digests d: lock them, but leave out those that others lock."""
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
        """Run one statement; returns its rows."""
        ...

    async def read_pages(self, sql: str, take: Callable[[Sequence[Row]], object], /) -> None:
        """Run one statement; give its rows away some hundreds at a time, however many there are."""
        ...

    def add_rows(
        self, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], /
    ) -> Awaitable[None]:
        """Add many rows to a table. Raises RowsRefused."""
        ...

    async def last_ids(self) -> Mapping[str, int]:
        """The last id given in each table whose ids are never given again, if any was."""
        ...

    async def continue_ids(self, last: Mapping[str, int], /) -> None:
        """From now on give ids that come after those of all rows and after these last ones."""
        ...


class Database(Protocol):
    """An open database."""

    def reading(self) -> AbstractAsyncContextManager[Connection]:
        """The connection for look-ups. Raises DatabaseError for a faulty database."""
        ...

    def writing(self, *, archive: bool = True) -> AbstractAsyncContextManager[Connection]:
        """A transaction: all of the block is committed, or none of it. Raises DatabaseError.

        If it writes nothing to the `archive`, but only for servers of this process, other processes
        may write for theirs meanwhile.
        """
        ...

    def at_one_moment(self) -> AbstractAsyncContextManager[Connection]:
        """A connection of its own that sees the database as it is now, whatever others write
        meanwhile. Raises DatabaseError.
        """
        ...

    def refuse_moved(self) -> None:
        """Raise DatabaseMoved if another database has replaced the opened one."""
        ...

    async def close(self) -> None:
        """Close all connections."""
        ...


async def one(db: Connection, sql: str, parameters: Parameters = ()) -> Row | None:
    """The first row, or None. All rows are read: use a LIMIT if a statement may find many."""
    return next(iter(await db.execute_fetchall(sql, parameters)), None)


async def every(db: Connection, sql: str, parameters: Parameters = ()) -> list[Row]:
    """All rows."""
    return list(await db.execute_fetchall(sql, parameters))
