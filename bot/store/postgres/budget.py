"""What the application may do how often: all its processes take their turns from one row of each.

Turns are taken some in a row. A hold is noticed by whoever takes the next ones, so within a
fraction of a second by all that send.
"""

from typing import Final

from bot.store.database import one
from bot.store.membership import MESSAGES
from bot.store.postgres.database import PostgresDatabase

_TAKE: Final = """
INSERT INTO rate_budget AS b (name, next_at, held_until)
VALUES (:what, clock_timestamp() + make_interval(secs => :seconds), clock_timestamp())
ON CONFLICT (name) DO UPDATE
SET next_at = greatest(b.next_at, clock_timestamp()) + make_interval(secs => :seconds)
RETURNING extract(epoch FROM next_at - clock_timestamp())::float8 - :seconds AS begins,
          extract(epoch FROM held_until - clock_timestamp())::float8 AS held
"""
_HOLD: Final = """
INSERT INTO rate_budget AS b (name, next_at, held_until)
VALUES (:what, clock_timestamp(), clock_timestamp() + make_interval(secs => :seconds))
ON CONFLICT (name) DO UPDATE SET held_until = greatest(
    b.held_until, clock_timestamp() + make_interval(secs => :seconds)
)
"""


class SharedBudget:
    """The turns of one application."""

    def __init__(self, database: PostgresDatabase) -> None:
        self._database = database

    async def take(self, what: str, count: int, rate: float) -> tuple[float, float]:
        """Take so many turns in a row, out of `rate` a second; returns in how many seconds the
        first of them is, and for how many more nothing may be sent at all. Raises DatabaseError.
        """
        async with self._database.noting() as db:
            row = await one(db, _TAKE, {"what": what, "seconds": count / rate})
        assert row is not None  # noqa: S101 - it returns one
        return max(0.0, row["begins"]), max(0.0, row["held"])

    async def hold(self, seconds: float) -> None:
        """Have no process send anything for so long. Raises DatabaseError."""
        async with self._database.noting() as db:
            await db.execute(_HOLD, {"what": MESSAGES, "seconds": seconds})
