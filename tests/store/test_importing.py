"""What was exported comes back as it was, or not at all."""

import asyncio
import io
import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.errors import BadExport
from bot.store import recovery
from bot.store.database import Connection, Database, every, one
from bot.store.export_format import Contents, Sums, end_record, line_of, row_line, table_record
from bot.store.export_reading import Lines
from bot.store.exporting import write_export
from bot.store.facts import write_fact
from bot.store.importing import fill, first_content
from bot.store.opening import open_database
from bot.store.tables import OLDEST, SCHEMA, TABLES, TEXTS, Table
from tests.archives import empty_archive
from tests.store.everything import LAST_IDS, fill_every_table, rows_for
from tests.store.test_export_reading import row_of

NOW = datetime(2026, 11, 29, 8, tzinfo=UTC)
LATER = NOW + timedelta(days=3)
TOPIC = TABLES[0]
ALONE = [
    table
    for table in TABLES
    if table.name in {"boilerplate", "feed_host", "provider_quality", "server"}
]
"""Tables whose rows refer to no others and have no second key."""


@pytest.fixture
async def other(tmp_path: Path) -> AsyncIterator[Database]:
    """Another empty database."""
    opened = await open_database(empty_archive(tmp_path / "other" / "broadsheet.db"))
    yield opened
    await opened.close()


def silent(done: int, total: int) -> None:
    assert 0 <= done <= total


async def exported(database: Database, now: datetime = NOW) -> tuple[bytes, Contents]:
    written = io.BytesIO()
    async with database.at_one_moment() as db:
        contents = await write_export(db, now, written.write, silent)
    return written.getvalue(), contents


async def imported(database: Database, content: bytes, now: datetime = LATER) -> Contents:
    lines = Lines(io.BytesIO(content), "some.jsonl")
    header = lines.header()
    async with database.writing() as db:
        return await fill(db, header, lines, now, silent)


async def rows_of(db: Connection, table: str) -> list[tuple[Any, ...]]:
    sql = f"SELECT * FROM {table}"  # noqa: S608 - a name of ours
    return sorted(map(tuple, await every(db, sql)), key=repr)


async def test_every_table_comes_back_with_equal_rows_and_sums(
    archive: Database, other: Database
) -> None:
    async with archive.writing() as db:
        await fill_every_table(db)
    content, contents = await exported(archive)
    assert {one.rows for one in contents.sums.values()} == {2}
    assert contents.header.rows == 2 * len(TABLES)
    again = await imported(other, content)
    assert again == contents
    async with archive.reading() as old, other.reading() as new:
        for table in {table.name for table in TABLES} - {TEXTS, "fact"}:
            assert await rows_of(new, table) == await rows_of(old, table), table
        assert await new.last_ids() == await old.last_ids() == LAST_IDS
    assert await exported(other, LATER + timedelta(days=1)) == (content, contents)


@pytest.mark.parametrize("schema", range(OLDEST, SCHEMA))
async def test_what_an_earlier_schema_has_comes_back_and_the_rest_is_unset(
    archive: Database, other: Database, schema: int
) -> None:
    async with archive.writing() as db:
        await fill_every_table(db)
        for table in TABLES:
            for column in {*table.names} - {*table.at(schema).names}:
                await db.execute(f"UPDATE {table.name} SET {column} = NULL")  # noqa: S608 - ours
    content = await as_written_by(schema, archive)
    contents = await imported(other, content)
    assert contents.header.schema == schema
    assert (await exported(other))[0] == (await exported(archive))[0]


async def as_written_by(schema: int, database: Database) -> bytes:
    """The export of a database as a program of an earlier schema wrote it."""
    lines, sums, table = list[bytes](), dict[str, Sums](), TABLES[0]
    for line in (await exported(database))[0].splitlines(keepends=True):
        record = json.loads(line)
        if isinstance(record, list):
            places = [table.names.index(name) for name in table.at(schema).names]
            lines.append(row_line([record[place] for place in places]))
            sums[table.name].add(lines[-1:])
        elif "table" in record:
            (table,) = (one for one in TABLES if one.name == record["table"])
            sums[table.name] = Sums()
            lines.append(line_of(table_record(table.at(schema))))
        elif "end" in record:
            lines.append(line_of(end_record({name: one.sum for name, one in sums.items()})))
        else:
            lines.append(line_of({**record, "schema": schema}))
    return b"".join(lines)


@pytest.mark.files
async def test_a_file_comes_back_from_a_database_of_this_kind_as_it_was(
    archive: Database, tmp_path: Path
) -> None:
    """With --store postgres: from SQLite to PostgreSQL and back."""
    first, last = [await open_database(tmp_path / name) for name in ("first.db", "last.db")]
    async with first.writing() as db:
        await fill_every_table(db)
    written = await exported(first)
    await imported(archive, written[0])
    await imported(last, (await exported(archive))[0])
    assert await exported(last) == written
    async with first.reading() as old, last.reading() as new:
        for table in {table.name for table in TABLES} - {"fact"}:
            assert await rows_of(new, table) == await rows_of(old, table), table
        assert await new.last_ids() == LAST_IDS
    await first.close()
    await last.close()


async def test_what_stories_are_found_by_comes_back(archive: Database, other: Database) -> None:
    async with archive.writing() as db:
        await fill_every_table(db)
        await db.execute("UPDATE story SET removed = 0, withdrawn = 0")
    await imported(other, (await exported(archive))[0])
    async with archive.reading() as old, other.reading() as new:
        for word, count in (("title", 2), ("excerpt", 2), ("1", 1), ("é", 1)):
            was, found = [
                [match[:2] for match in await db.full_text.newest([[word]], 9)] for db in (old, new)
            ]
            assert found == was
            assert len(found) == count, word


class Undo(Exception):
    """Ends a transaction whose rows are not to stay."""


@asynccontextmanager
async def undone(database: Database) -> AsyncIterator[Connection]:
    with suppress(Undo):
        async with database.writing() as db:
            yield db
            raise Undo


def keys_of(table: Table) -> Callable[[list[Any]], tuple[Any, ...]]:
    places = [table.names.index(name) for name in table.key]
    return lambda row: tuple(row[place] for place in places)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
async def test_any_values_come_back_as_they_were(archive: Database, data: st.DataObject) -> None:
    rows = [
        (table, data.draw(st.lists(row_of(table), max_size=5, unique_by=keys_of(table))))
        for table in ALONE
    ]
    written = io.BytesIO()
    async with undone(archive) as db:
        for table, few in rows:
            await db.add_rows(table.name, table.names, few)
        contents = await write_export(db, NOW, written.write, silent)
    written.seek(0)
    lines = Lines(written, "some.jsonl")
    header = lines.header()
    async with undone(archive) as db:
        assert await fill(db, header, lines, NOW, silent) == contents
        for table, few in rows:
            sql = f"SELECT {', '.join(table.names)} FROM {table.name}"  # noqa: S608 - ours
            found = [[*row] for row in await every(db, sql)]
            assert sorted(found, key=repr) == sorted(few, key=repr)


async def test_an_imported_database_is_an_older_copy_whose_channels_are_read_back(
    archive: Database, other: Database
) -> None:
    async with archive.writing() as db:
        await fill_every_table(db)
        await db.execute("UPDATE digest SET read_back_since = NULL")
    content, contents = await exported(archive)
    assert contents.header.taken_at == NOW
    await imported(other, content)
    again, same = await exported(other, LATER)
    assert (again, same) == (content, contents)
    async with other.writing() as db:
        assert await recovery.begin(db) == 2
        rows = await every(db, "SELECT read_back_since FROM digest")
    assert {row["read_back_since"] for row in rows} == {int(NOW.timestamp())}


@pytest.mark.parametrize(
    ("name", "value", "taken_at"),
    [
        ("restored", '{"taken_at": 1000, "restored_at": 2000}', 1000),
        ("restored", "damaged", 0),
        ("taken_at", "1000", 1000),
        ("taken_at", "damaged", 0),
        ("taken_at", "99999999999999999999", int(NOW.timestamp())),
        ("taken_at", "-5", 0),
    ],
)
async def test_an_export_of_an_older_copy_says_of_which_moment_it_is(
    archive: Database, name: str, value: str, taken_at: int
) -> None:
    async with archive.writing() as db:
        await write_fact(db, name, value)
    content, contents = await exported(archive)
    assert contents.header.taken_at == datetime.fromtimestamp(taken_at, UTC)
    assert f'["{name}"'.encode() not in content


async def test_ids_are_not_given_again_after_an_import(archive: Database, other: Database) -> None:
    async with archive.writing() as db:
        await fill_every_table(db)
        await db.execute("DELETE FROM change")
    await imported(other, (await exported(archive))[0])
    async with other.writing() as db:
        made = await one(
            db,
            """
            INSERT INTO change (guild_id, name, made_at, made_by) VALUES (1, 'days', 0, 0)
            RETURNING change_id
            """,
        )
    assert made
    assert made["change_id"] == LAST_IDS["change"] + 1


def changed(content: bytes, table: str, column: str, value: object) -> bytes:
    """An export with another value in the second row of a table, and the sums that fit it."""
    lines = content.splitlines(keepends=True)
    heads = [number for number, line in enumerate(lines) if line.startswith(b"{")]
    at = next(n for n in heads if json.loads(lines[n]).get("table") == table)
    row = json.loads(lines[at + 2])
    row[json.loads(lines[at])["columns"].index(column)] = value
    lines[at + 2] = line_of(row)
    sums = {}
    for listed, begin, end in zip(TABLES, heads[1:], heads[2:], strict=False):
        adding = Sums()
        adding.add(lines[begin + 1 : end])
        sums[listed.name] = adding.sum
    return b"".join((*lines[:-1], line_of(end_record(sums))))


@pytest.mark.parametrize(
    ("table", "column", "value", "reason"),
    [
        ("topic", "slug", "slug 1 ", "the table topic refuses the rows up to line 4: "),
        ("story", "url", "url 1 ", "the table story refuses the rows"),
        ("digest", "channel_id", 1, "the table digest refuses the rows"),
        ("source", "story_id", 9, "the table source refuses the rows"),
        ("item", "story_id", 9, "the table item refuses the rows"),
        ("subscription", "topic_id", 9, "the table subscription refuses the rows"),
        ("event", "former_id", -9, "the table event refuses the rows"),
        ("event", "former_id", 9, "does not keep the rows of the table event"),
        ("story_text", "story_id", 9, "does not keep the rows of the table story_text"),
        ("story", "published_at", 1 << 60, "the table story_text refuses the rows"),
    ],
)
async def test_rows_that_contradict_each_other_are_refused_and_nothing_is_written(
    archive: Database,
    other: Database,
    table: str,
    column: str,
    value: object,
    reason: str,
) -> None:
    async with archive.writing() as db:
        await fill_every_table(db)
    content = changed((await exported(archive))[0], table, column, value)
    async with other.reading() as db:
        before = {one.name: await rows_of(db, one.name) for one in TABLES}
    with pytest.raises(BadExport, match=reason):
        await imported(other, content)
    async with other.reading() as db:
        assert {one.name: await rows_of(db, one.name) for one in TABLES} == before
        assert await first_content(db) is None
        assert await db.last_ids() == {}


@pytest.mark.parametrize("table", [one.name for one in TABLES])
async def test_an_export_without_one_of_the_tables_is_refused(
    archive: Database, table: str
) -> None:
    content = (await exported(archive))[0]
    head = next(line for line in content.splitlines(True) if f'"table":"{table}"'.encode() in line)
    with pytest.raises(BadExport, match="line"):
        await imported(archive, content.replace(head, b""))


async def test_a_new_database_has_no_content_and_one_with_rows_has(
    archive: Database,
) -> None:
    async with archive.writing() as db:
        assert await first_content(db) is None
        for table in (*ALONE, TOPIC):  # the first of the list comes last
            await db.add_rows(table.name, table.names, rows_for(table))
            assert await first_content(db) is not None
        assert await first_content(db) == "topic"


async def test_an_export_beside_a_writer_is_of_one_moment(archive: Database) -> None:
    """Each transaction adds a word, a host and a fact, which stand far apart in the file."""
    async with archive.writing() as db:
        await db.add_rows("word", ("word", "stories"), ((f"old {n}", 0) for n in range(20_000)))
    written, done = 0, asyncio.Event()

    async def write() -> None:
        nonlocal written
        while not done.is_set():
            async with archive.writing() as db:
                await db.add_rows("word", ("word", "stories"), [(f"new {written}", 0)])
                await db.add_rows("feed_host", ("host", "robots"), [(f"new {written}", "")])
                await write_fact(db, f"new {written}", "")
            written += 1

    async def beside() -> None:
        """An export while which something was written."""
        before = after = written
        while after == before:
            before = written
            content = (await exported(archive))[0]
            after = written
        words, hosts, facts = (
            set(re.findall(pattern, content, re.MULTILINE))
            for pattern in (rb'^\[0,"new (\d+)"', rb'^\[null,null,"new (\d+)"', rb'^\["new (\d+)"')
        )
        assert words == hosts == facts
        assert before <= len(words) <= after

    writer = asyncio.create_task(write())
    try:
        for _ in range(3):
            await beside()
    finally:
        done.set()
        await writer
