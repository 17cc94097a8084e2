"""The SQL of leases: who runs the bot, who leads, and who runs which shards."""

from collections.abc import Collection
from typing import Any, Final

from psycopg import AsyncConnection

from bot.database_url import DatabaseUrl
from bot.store.database import every, one
from bot.store.postgres.advisory_locks import AGREEING
from bot.store.postgres.connection import PostgresConnection
from bot.store.postgres.hints import GIVE_A_HINT
from bot.store.postgres.lock import ONE_OF_THEM, taken

LEADER: Final = "leader"
SHARD: Final = "shard "
WRITES_FOR: Final = "'broadsheet writes for '"
"""The name of a transaction begins with this; the number of its process follows."""
ABANDONED_SECONDS: Final = 5.0
"""How long after its lease a process may go on with a transaction."""
_END_ABANDONED: Final = f"""
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name IN (
    SELECT {WRITES_FOR} || process_id FROM process
    WHERE until < clock_timestamp() - make_interval(secs => :seconds)
)
"""  # noqa: S608 - a constant
_AGREEING: Final = f"SELECT pg_advisory_xact_lock({AGREEING})"


class Leases:
    """The leases, asked over a connection of their own. All times are the server's."""

    def __init__(self, connection: "AsyncConnection[Any]") -> None:
        self._connection, self._db = connection, PostgresConnection(connection)

    async def close(self) -> None:
        """Close the connection."""
        await self._connection.close()

    async def share_database(self, url: DatabaseUrl) -> None:
        """Share the database's lock with other bots: whoever held it when the server went away
        has lost it. Raises DatabaseError if a process must be alone there.
        """
        found = await one(self._db, ONE_OF_THEM)
        if not (found and found[0]):
            raise taken(url)

    async def join(self, name: str, seconds: float) -> int:
        """Add a process; returns its number, which is never given again."""
        await self._db.execute(
            "INSERT INTO lease (name) VALUES (:name) ON CONFLICT DO NOTHING", {"name": LEADER}
        )
        sql = """
            INSERT INTO process (name, until)
            VALUES (:name, clock_timestamp() + make_interval(secs => :seconds))
            RETURNING process_id
        """
        row = await one(self._db, sql, {"name": name, "seconds": seconds})
        assert row is not None  # noqa: S101 - just added
        return int(row["process_id"])

    async def renew(self, process: int, seconds: float) -> bool:
        """Have a process count as alive for so long; False if others have taken its place."""
        sql = """
            UPDATE process SET until = clock_timestamp() + make_interval(secs => :seconds)
            WHERE process_id = :id
        """
        found = await self._db.execute(sql, {"id": process, "seconds": seconds})
        return found.rowcount == 1

    async def leave(self, process: int) -> None:
        """Take a process away; its leases are free at once."""
        await self._db.execute("DELETE FROM process WHERE process_id = :id", {"id": process})
        await self._db.execute(GIVE_A_HINT)

    async def bury(self) -> None:
        """Take those away that have not renewed, unless they are just writing. Transactions that
        they left open are ended: a server waits for hours for the rest of a statement.
        """
        await self._db.execute(_END_ABANDONED, {"seconds": ABANDONED_SECONDS})
        await self._db.execute(
            """
            DELETE FROM process WHERE process_id IN (
                SELECT process_id FROM process WHERE until < clock_timestamp()
                FOR UPDATE SKIP LOCKED
            )
            """
        )

    async def take_lead(self, process: int) -> bool:
        """Take the lead if it is free; whether the process has it now."""
        return bool(await self._take(process, [LEADER]))

    async def agree(self, process: int, asked: int | None, recommended: int) -> int:
        """Out of how many shards all processes run theirs: as many as those that are there, else
        as asked or recommended.
        """
        async with self._connection.transaction():
            await self._connection.execute(_AGREEING)
            others = "SELECT shards FROM process WHERE shards IS NOT NULL AND process_id <> :id"
            row = await one(self._db, f"{others} LIMIT 1", {"id": process})
            count = int(row["shards"]) if row else asked or recommended
            if not row:
                await self._db.execute("DELETE FROM lease WHERE name <> :name", {"name": LEADER})
            await self._db.executemany(
                "INSERT INTO lease (name) VALUES (?) ON CONFLICT DO NOTHING",
                [(f"{SHARD}{shard}",) for shard in range(count)],
            )
            sql = "UPDATE process SET shards = :count WHERE process_id = :id"
            await self._db.execute(sql, {"id": process, "count": count})
            await self._db.execute(GIVE_A_HINT)
        return count

    async def shards(self, process: int) -> tuple[frozenset[int], frozenset[int], int]:
        """The shards of a process, those that are nobody's, and how many processes run some."""
        sql = """
            SELECT name, process_id, (SELECT count(*) FROM process WHERE shards IS NOT NULL) AS all_
            FROM lease WHERE name <> :name
        """
        rows = await every(self._db, sql, {"name": LEADER})
        mine = frozenset(_number(r["name"]) for r in rows if r["process_id"] == process)
        free = frozenset(_number(r["name"]) for r in rows if r["process_id"] is None)
        return mine, free, max(1, rows[0]["all_"])

    async def take(self, process: int, shards: Collection[int]) -> frozenset[int]:
        """Take shards, as far as they are nobody's; returns those taken."""
        taken = await self._take(process, [f"{SHARD}{shard}" for shard in shards])
        return frozenset(map(_number, taken))

    async def _take(self, process: int, names: Collection[str]) -> list[str]:
        if not names:
            return []
        sql = """
            UPDATE lease SET process_id = :id, epoch = epoch + 1
            WHERE name = ANY(:names) AND process_id IS NULL RETURNING name
        """
        rows = await every(self._db, sql, {"id": process, "names": names})
        return [row["name"] for row in rows]

    async def give_back(self, process: int, shards: Collection[int]) -> None:
        """Give shards back, for another process to take."""
        sql = "UPDATE lease SET process_id = NULL WHERE name = ANY(:names) AND process_id = :id"
        names = [f"{SHARD}{shard}" for shard in shards]
        await self._db.execute(sql, {"id": process, "names": names})
        await self._db.execute(GIVE_A_HINT)

    async def whose(self, shards: Collection[int]) -> str:
        """The machine and process that runs the first of these shards."""
        sql = "SELECT p.name FROM lease JOIN process p USING (process_id) WHERE lease.name = :name"
        row = await one(self._db, sql, {"name": f"{SHARD}{min(shards)}"})
        return str(row["name"]) if row else "no process yet"


def _number(name: str) -> int:
    return int(name.removeprefix(SHARD))
