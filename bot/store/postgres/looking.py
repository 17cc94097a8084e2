"""Reads a database on a server without a trace: its tables are neither made nor upgraded."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from psycopg import AsyncConnection

from bot.database_url import DatabaseUrl
from bot.store.postgres import steps
from bot.store.postgres.connection import PostgresConnection, prepare, rows_by_name
from bot.store.postgres.faults import in_words, readable_url


async def schema_of(url: DatabaseUrl) -> int:
    """The schema of a database; 0 = it has no tables of ours yet. Raises DatabaseError."""
    with in_words(url), readable_url(url):
        async with await AsyncConnection.connect(url.secret, autocommit=True) as connection:
            await steps.refuse_unusable(url, connection)
            return await steps.schema_of(url, connection)


@asynccontextmanager
async def looked_into(url: DatabaseUrl) -> AsyncIterator[PostgresConnection]:
    """A connection for look-ups. Raises DatabaseError."""
    with in_words(url), readable_url(url):
        connection = await AsyncConnection.connect(
            url.secret,
            autocommit=True,
            row_factory=rows_by_name,
            options="-c default_transaction_read_only=on",
        )
        async with connection:
            await prepare(connection)
            yield PostgresConnection(connection)
