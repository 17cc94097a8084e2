"""The bulkhead for each row: one that fails is set aside with its reason, and the others go on.

Every loop over rows of many servers works behind it: planning, arming, recovery, delivery, notices,
publishing, purge. What is wrong with all of them alike (the gate is closed, the database does not
answer) passes. A row that is set aside is tried again after a while and at every start, so it ends
by itself when its value is set right, or is known again. Nothing else about the row changes: what
it is due for stays due.
"""

import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime, timedelta
from typing import Final

from bot.delivery.rate_gate import RateGateClosed
from bot.digests.target import Server
from bot.errors import DatabaseError, Unreadable
from bot.render import aside_texts
from bot.render import notice_texts as words
from bot.store import asides
from bot.store.asides import Ref, Work
from bot.store.database import Connection, Database
from bot.store.notices import add_notice

logger = logging.getLogger(__name__)

_TOLD: Final = {Work.PLANNING, Work.RECOVERY, Work.DELIVERY, Work.PUBLISHING}
"""Of what admins are told; the rest is for the operator, and could not be told anyway."""

BUG_AGAIN: Final = timedelta(minutes=1)
"""After so long what failed unexpectedly is tried again: perhaps it was the moment."""

Failure = tuple[Ref, Exception]


class Bulkhead:
    """Keeps the failures of rows from each other."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @asynccontextmanager
    async def around(self, now: datetime, *rows: Ref) -> AsyncIterator[None]:
        """Around the work on a row, or on some that go together. Not inside a transaction."""
        failed: list[Failure] = []
        with apart(failed, *rows):
            yield
        known = [row for row in rows if row.aside is not None]
        if failed or known:
            async with self._database.writing() as db:
                for row, error in failed:
                    await set_aside(db, row, error, now)
                for row in () if failed else known:
                    await asides.end(db, row)


@contextmanager
def apart(failed: list[Failure], *rows: Ref) -> Iterator[None]:
    """Collect the failure of rows instead of raising it, if it is theirs alone."""
    try:
        yield
    except (RateGateClosed, DatabaseError):
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, it is logged with its traceback
        failed.extend((row, error) for row in rows)


async def set_aside(db: Connection, row: Ref, error: Exception, now: datetime) -> None:
    """Leave a row alone for a while; its admins are told once."""
    why = aside_texts.why(error)
    bug = not isinstance(error, Unreadable)
    is_new = await asides.put(db, row, why, now + (BUG_AGAIN if bug else asides.RETRY_AFTER))
    if row.aside != why:
        level = logging.ERROR if bug else logging.WARNING
        logger.log(level, "%s set aside: %r", _named(row), error, exc_info=error if bug else None)
    if is_new and row.work in _TOLD:
        of_server = isinstance(error, Unreadable) and all(f.of_server for f in error.unknown)
        if not of_server or await asides.is_first_for(db, row):
            where = Server(row.where.guild_id) if of_server else row.where
            await add_notice(db, row.where.guild_id, words.held_back(where, why), now)


def _named(row: Ref) -> str:
    return f"{row.where}: {row.work} {row.row_id}"
