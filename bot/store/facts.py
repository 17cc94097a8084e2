"""Single values that describe the database itself."""

from bot.store.database import Connection, one


async def read_fact(db: Connection, name: str) -> str | None:
    """The value kept under a name, or None."""
    row = await one(db, "SELECT value FROM fact WHERE name = :name", {"name": name})
    return row["value"] if row else None


async def write_fact(db: Connection, name: str, value: str) -> None:
    """Keep a value under a name."""
    sql = "INSERT OR REPLACE INTO fact (name, value) VALUES (:name, :value)"
    await db.execute(sql, {"name": name, "value": value})


async def delete_fact(db: Connection, name: str) -> None:
    """Forget the value kept under a name."""
    await db.execute("DELETE FROM fact WHERE name = :name", {"name": name})
