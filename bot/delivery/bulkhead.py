"""The bulkhead around each row: a row that fails is set aside with its reason; the others go on.

Every loop over rows of many servers uses it: planning, arming, recovery, delivery, notices,
publishing, threads, hellos, purge. Errors that affect all rows alike (the gate is closed, the
database does not answer) are raised. A row that is set aside is tried again after a while and at
every start, so it recovers by itself once its value is corrected or can be read again. Nothing else
about the row changes: it stays due.
"""

import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime, timedelta
from typing import Final

from bot.delivery.rate_gate import RateGateClosed
from bot.digests.target import Server
from bot.errors import DatabaseError, Refused, Unreadable
from bot.render import aside_texts
from bot.render import notice_texts as words
from bot.store import asides
from bot.store.asides import Ref, Work
from bot.store.database import Connection, Database
from bot.store.notices import add_notice

logger = logging.getLogger(__name__)

_TOLD: Final = {*Work} - {Work.TELLING, Work.PURGE, Work.HELLO}
"""The work whose failures admins are told about. The rest is for the operator, and admins could not
be told about it anyway.
"""

BUG_AGAIN: Final = timedelta(minutes=1)
"""How long to wait before a row that failed unexpectedly is tried again; the cause may be over."""

Failure = tuple[Ref, Exception]


class Bulkhead:
    """Keeps the failure of one row from affecting the others."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @asynccontextmanager
    async def around(self, now: datetime, *rows: Ref) -> AsyncIterator[None]:
        """Wrap the work on a row, or on rows that belong together. Not inside a transaction."""
        failed: list[Failure] = []
        with apart(failed, *rows):
            yield
        known = [row for row in rows if row.aside is not None]
        if failed or known:
            async with self._database.writing(archive=False) as db:
                for row, error in failed:
                    await set_aside(db, row, error, now)
                for row in () if failed else known:
                    await _end(db, row, now)


@contextmanager
def apart(failed: list[Failure], *rows: Ref) -> Iterator[None]:
    """Collect a failure of these rows instead of raising it, if only these rows are affected."""
    try:
        yield
    except (RateGateClosed, DatabaseError):
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, it is logged with its traceback
        failed.extend((row, error) for row in rows)


async def set_aside(db: Connection, row: Ref, error: Exception, now: datetime) -> None:
    """Skip a row for a while; its server's admins are told once."""
    why = aside_texts.why(error)
    bug = not isinstance(error, Unreadable | Refused)
    is_new = await asides.put(db, row, why, now + (BUG_AGAIN if bug else asides.RETRY_AFTER))
    if row.aside != why:
        level = logging.ERROR if bug else logging.WARNING
        logger.log(level, "%s set aside: %r", _named(row), error, exc_info=error if bug else None)
    if is_new and row.work in _TOLD:
        of_server = isinstance(error, Unreadable) and all(f.of_server for f in error.unknown)
        if not of_server or await asides.is_first_for(db, row):
            where = Server(row.where.guild_id) if of_server else row.where
            await add_notice(db, row.where.guild_id, words.held_back(where, why), now)


async def _end(db: Connection, row: Ref, now: datetime) -> None:
    """Go on with a row; its server's admins are told, once no other waits for the same reason."""
    last = await asides.is_first_for(db, row)
    await asides.end(db, row)
    if last and row.aside is not None and row.work in _TOLD:
        await add_notice(db, row.where.guild_id, words.nothing_held_back(row.aside), now)


def _named(row: Ref) -> str:
    return f"{row.where}: {row.work} {row.row_id}"
