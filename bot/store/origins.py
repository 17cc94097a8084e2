"""Where stories come from: a row for each origin."""

from bot.store.database import Connection, one


async def known_id(db: Connection, kind: str, key: str) -> int | None:
    """The id of an origin; None = it is new."""
    sql = "SELECT origin_id FROM origin WHERE kind = :kind AND key = :key"
    row = await one(db, sql, {"kind": kind, "key": key})
    return None if row is None else int(row["origin_id"])


async def origin_id(db: Connection, kind: str, key: str) -> int:
    """The id of an origin, which is stored if it is new."""
    known = await known_id(db, kind, key)
    if known is not None:
        return known
    insert = "INSERT INTO origin (kind, key) VALUES (:kind, :key) RETURNING origin_id"
    row = await one(db, insert, {"kind": kind, "key": key})
    assert row is not None  # noqa: S101 - just stored
    return int(row["origin_id"])


async def read_by(db: Connection, origin_id: int) -> int | None:
    """The version of the reader that read an origin's items; None = none yet."""
    row = await one(db, "SELECT read_by FROM origin WHERE origin_id = :id", {"id": origin_id})
    return row["read_by"] if row else None


async def read_all_again(db: Connection, origin_id: int, reader: int) -> None:
    """Have every item of an origin read again by another version of the reader; an item whose story
    is unchanged changes nothing.
    """
    values = {"id": origin_id, "reader": reader}
    await db.execute("UPDATE item SET stamp = '' WHERE origin_id = :id", values)
    await db.execute("UPDATE origin SET read_by = :reader WHERE origin_id = :id", values)
