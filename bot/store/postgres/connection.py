"""A connection to PostgreSQL that takes the portable SQL of the rest of the store."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, ClassVar, Final

from psycopg import AsyncConnection, AsyncCursor
from psycopg.adapt import Buffer, Loader
from psycopg.types.numeric import Int8Dumper
from psycopg.types.string import StrDumper

from bot.store.database import Parameters, Row, every, one
from bot.store.postgres.faults import rows_refused
from bot.store.postgres.full_text import TsVector
from bot.store.shards import EVERY_SERVER

_KEEPALIVES: Final = {"idle": 5, "interval": 2, "count": 3}
"""After how many seconds of silence the other end is asked whether it is there, how often, and how
many times.
"""
_SILENT_MS: Final = 10_000
_PLACEHOLDERS: Final = re.compile(r"(?<![:\w]):([a-z_]\w*)|\?|%")
_PAGE: Final = 500
"""How many rows `read_pages` gives at a time."""
_NEVER_AGAIN: Final = ("feed", "change")
"""The tables whose ids are known outside the database."""
_IDENTITIES: Final = """
SELECT table_name FROM information_schema.columns
WHERE table_schema = current_schema() AND is_identity = 'YES'
"""
_REPLACEMENT: Final = "\ufffd"
"""Stands for the NUL character, which text of PostgreSQL cannot hold."""


def link(*settings: str) -> Mapping[str, Any]:
    """How libpq connects: both ends find within some ten seconds that the other is gone though
    nothing says so, because the network was cut or a host died. `settings` are the server's.
    """
    theirs = (f"tcp_keepalives_{name}={value}" for name, value in _KEEPALIVES.items())
    return {
        **{f"keepalives_{name}": value for name, value in _KEEPALIVES.items()},
        "tcp_user_timeout": _SILENT_MS,
        "options": " ".join(f"-c {one}" for one in (*theirs, *settings)),
    }


class PostgresRow(tuple[Any, ...]):
    """A row: its values by name or by position."""

    __slots__ = ()
    places: ClassVar[Mapping[str, int]]

    def __getitem__(self, key: Any, /) -> Any:  # noqa: ANN401 - what its column holds
        return tuple.__getitem__(self, self.places[key] if isinstance(key, str) else key)

    def keys(self) -> Collection[str]:
        """The names of its values."""
        return self.places.keys()


class PostgresConnection:
    """One connection of psycopg; inside a transaction if it writes."""

    def __init__(
        self,
        connection: "AsyncConnection[PostgresRow]",
        own_servers: str = EVERY_SERVER,
        row_lock: str = "",
    ) -> None:
        self._connection = connection
        self.own_servers, self.row_lock = own_servers, row_lock

    @property
    def full_text(self) -> TsVector:
        """The stories' full text."""
        return TsVector(self)

    async def execute(self, sql: str, parameters: Parameters = ()) -> "AsyncCursor[PostgresRow]":
        """Run one statement."""
        return await self._connection.execute(*_asked(sql, parameters))

    async def executemany(
        self, sql: str, parameters: Iterable[Parameters]
    ) -> "AsyncCursor[PostgresRow]":
        """Run one statement for each of the rows, in a pipeline."""
        cursor = self._connection.cursor()
        rows = [_with_arrays(row) for row in parameters]
        await cursor.executemany(_translated(sql), rows)
        return cursor

    async def execute_fetchall(
        self, sql: str, parameters: Parameters = ()
    ) -> Sequence[PostgresRow]:
        """Run one statement; returns its rows."""
        return await (await self.execute(sql, parameters)).fetchall()

    async def read_pages(self, sql: str, take: Callable[[Sequence[Row]], object]) -> None:
        """Run one statement; give its rows away some hundreds at a time, however many there are.

        It needs a transaction.
        """
        async with self._connection.cursor("pages") as cursor:
            await cursor.execute(sql.encode())
            while page := await cursor.fetchmany(_PAGE):
                take(page)

    async def add_rows(
        self, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]
    ) -> None:
        """Add many rows to a table. Raises RowsRefused."""
        sql = f"COPY {table} ({', '.join(columns)}) FROM STDIN".encode()
        with rows_refused():
            async with self._connection.cursor() as cursor, cursor.copy(sql) as copy:
                for row in rows:
                    await copy.write_row(row)

    async def last_ids(self) -> dict[str, int]:
        """The last id given in each table whose ids are never given again, if any was."""
        found = {name: await self._last_id(name) for name in _NEVER_AGAIN}
        return {name: last for name, last in found.items() if last is not None}

    async def _last_id(self, table: str) -> int | None:
        sql = f"SELECT last_value FROM {table}_{table}_id_seq WHERE is_called"  # noqa: S608
        row = await one(self, sql)
        return row["last_value"] if row else None

    async def continue_ids(self, last: Mapping[str, int]) -> None:
        """From now on give ids that come after those of all rows and after these last ones."""
        for table in await every(self, _IDENTITIES):
            name = table["table_name"]
            sql = f"""
                SELECT setval('{name}_{name}_id_seq', greatest(found, :last), true)
                FROM (SELECT coalesce(max({name}_id), 0) AS found FROM {name}) AS ids
                WHERE greatest(found, :last) > 0
            """  # noqa: S608 - names of our tables
            await self.execute(sql, {"last": last.get(name, 0)})


def _asked(sql: str, parameters: Parameters) -> tuple[Any, Any]:
    """The SQL and its parameters as psycopg takes them; it reads no SQL without parameters."""
    return (_translated(sql), _with_arrays(parameters)) if parameters else (sql.encode(), None)


def _with_arrays(parameters: Parameters) -> Parameters:
    """psycopg sends lists, but no other collections, as arrays."""
    if isinstance(parameters, Mapping):
        return {name: _sent(value) for name, value in parameters.items()}
    return parameters


def _sent(value: object) -> object:
    if isinstance(value, Collection) and not isinstance(value, str | bytes):
        return [*value]
    return value


@lru_cache(maxsize=1024)
def _translated(sql: str) -> bytes:
    """The SQL with psycopg's placeholders."""
    return _PLACEHOLDERS.sub(_placeholder, sql).encode()


def _placeholder(found: re.Match[str]) -> str:
    if found[1]:
        return f"%({found[1]})s"
    return "%s" if found[0] == "?" else "%%"


def rows_by_name(cursor: AsyncCursor[Any]) -> Callable[[Sequence[Any]], PostgresRow]:
    """psycopg's row factory for PostgresRow."""
    return _row_class(tuple(column.name for column in cursor.description or ()))


@lru_cache(maxsize=1024)
def _row_class(names: tuple[str, ...]) -> type[PostgresRow]:
    """The class of the rows of one result; of two columns of one name the first is found."""
    places = {name: place for place, name in reversed([*enumerate(names)])}
    return type("Row", (PostgresRow,), {"__slots__": (), "places": places})


class _Integer(Int8Dumper):
    """Every whole number is of 64 bits, so that no sum of two overflows; a truth is 0 or 1."""

    def dump(self, obj: Any) -> Buffer | None:  # noqa: ANN401 - psycopg's
        return str(int(obj)).encode()


class _Text(StrDumper):
    """Text without the NUL character."""

    def dump(self, obj: str) -> Buffer | None:
        return super().dump(obj.replace("\0", _REPLACEMENT))


class _Number(Loader):
    """The numeric of a sum, as the number that SQLite would give."""

    def load(self, data: Buffer) -> int | float:
        text = bytes(data).decode()
        return float(text) if "." in text or text == "NaN" else int(text)


async def prepare(connection: "AsyncConnection[Any]") -> None:
    """Let a new connection send and give values as the portable SQL expects them."""
    adapters = connection.adapters
    for whole in (int, bool):
        adapters.register_dumper(whole, _Integer)
    adapters.register_dumper(str, _Text)
    adapters.register_loader("numeric", _Number)
