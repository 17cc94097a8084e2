"""What any database does: reading at one moment, pages of rows, many rows at once, ids."""

from collections.abc import Sequence

import pytest

from bot.store.database import Connection, Database, Row, RowsRefused, one
from bot.store.facts import write_fact
from bot.stories.matching import Text

NAMES = ("guild_id", "time")
CHANGES = ("change_id", "guild_id", "name", "made_at", "made_by")


async def count(db: Connection, table: str) -> int:
    row = await one(db, f"SELECT count(*) AS rows FROM {table}")  # noqa: S608 - a name of ours
    assert row
    return int(row["rows"])


async def test_one_moment_is_seen_whatever_is_written_meanwhile(archive: Database) -> None:
    async with archive.writing() as db:
        await db.add_rows("server", NAMES, [(1, "08:00"), (2, None)])
    async with archive.at_one_moment() as moment:
        async with archive.writing() as db:
            await db.add_rows("server", NAMES, [(3, None)])
            await write_fact(db, "name", "later")
        assert await count(moment, "server") == 2
        async with archive.at_one_moment() as later:
            assert await count(later, "server") == 3
        async with archive.writing() as db:
            await db.execute("DELETE FROM server")
        assert await count(moment, "server") == 2
        assert await one(moment, "SELECT 1 FROM fact WHERE name = 'name'") is None


async def test_rows_come_in_pages_and_all_of_them(archive: Database) -> None:
    async with archive.writing() as db:
        await db.add_rows("server", NAMES, ((number, None) for number in range(1234)))
        sql = "SELECT guild_id FROM server ORDER BY guild_id"
        pages: list[Sequence[Row]] = []
        await db.read_pages(sql, pages.append)
        assert [row["guild_id"] for page in pages for row in page] == [*range(1234)]
        assert max(map(len, pages)) < 1234
        before = len(pages)
        await db.read_pages("SELECT guild_id FROM digest", pages.append)
        assert len(pages) == before


@pytest.mark.parametrize(
    ("table", "columns", "rows"),
    [
        ("server", NAMES, [(1, "08:00"), (1, "09:00")]),
        ("topic", ("topic_id", "slug", "name"), [(1, "ai", "AI"), (2, "ai", "Ai")]),
        ("subscription", ("digest_id", "topic_id"), [(7, 7)]),
        ("fact", ("name", "value"), [("name", None)]),
    ],
    ids=["key", "unique", "reference", "null"],
)
async def test_rows_that_contradict_others_are_refused(
    archive: Database, table: str, columns: tuple[str, ...], rows: list[tuple[object, ...]]
) -> None:
    async with archive.reading() as db:
        before = await count(db, table)
    with pytest.raises(RowsRefused, match=r"\w+"):
        async with archive.writing() as db:
            await db.add_rows(table, columns, rows)
    async with archive.reading() as db:
        assert await count(db, table) == before


async def test_ids_continue_after_those_that_were_given(archive: Database) -> None:
    async with archive.writing() as db:
        assert await db.last_ids() == {}
        await db.add_rows("server", NAMES, [(1, None)])
        await db.add_rows("change", CHANGES, [(4, 1, "days", 0, 0)])
        await db.continue_ids({"change": 2})
        assert await db.last_ids() == {"change": 4}
        await db.continue_ids({"change": 9, "feed": 5})
        assert await db.last_ids() == {"change": 9, "feed": 5}
        await db.execute(
            "INSERT INTO change (guild_id, name, made_at, made_by) VALUES (1, 'days', 0, 0)"
        )
        row = await one(db, "SELECT max(change_id) AS last FROM change")
        assert row
        assert row["last"] == 10


async def test_the_texts_of_all_stories_come_back_whole_in_their_order(
    archive: Database,
) -> None:
    columns = "story_id url title excerpt published_at provider domain removed heat publishers"
    texts = {
        number: Text(f"title {number}", "ai", "gazette", "é 漢字 " * 300, "")
        for number in range(1, 702)
    }
    async with archive.writing() as db:
        await db.add_rows(
            "story",
            [*columns.split(), "arrived_at"],
            [(number, f"u{number}", "", "", -number, "", "", 0, 0, 0, 0) for number in texts],
        )
        await db.full_text.add(texts)
        stored: list[tuple[int, Text]] = []
        await db.full_text.read_stored(stored.extend)
    assert stored == [*texts.items()]
