"""The addresses by which stories are known, and merging stories whose addresses become one."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from bot.store.database import Connection, every, one
from bot.store.events import events_of_each, note_change
from bot.store.search import unindex_stories
from bot.store.story_rows import delete_stories
from bot.stories.urls import loose_key, page_of


class Address(NamedTuple):
    """A strict key and a link of a story; the story's headline, if it was asked for."""

    key: str
    url: str
    story_id: int
    title: str = ""


class Source(NamedTuple):
    """A source's position in its story, its link and strict key."""

    story_id: int
    position: int
    url: str
    key: str


async def stories_known_by(db: Connection, keys: Collection[str]) -> dict[str, int]:
    """The ids of the stories known by these strict keys."""
    sql = "SELECT key, story_id FROM address WHERE key = ANY(:keys)"
    rows = await every(db, sql, {"keys": keys})
    return {row["key"]: row["story_id"] for row in rows}


async def stories_near(db: Connection, loose: Collection[str]) -> list[tuple[str, int, str]]:
    """The (loose key, story, headline) of addresses with these loose keys, the oldest story first.

    Headlines are current and not folded.
    """
    sql = """
        SELECT a.loose, story_id, s.title FROM address a JOIN story s USING (story_id)
        WHERE a.loose = ANY(:loose) ORDER BY story_id
    """
    rows = await every(db, sql, {"loose": loose})
    return [(row["loose"], row["story_id"], row["title"]) for row in rows]


async def pages_of(db: Connection, story_ids: Collection[int]) -> dict[int, set[str]]:
    """The strict keys, without query and fragment, of the addresses by which stories are known."""
    sql = "SELECT key, story_id FROM address WHERE story_id = ANY(:ids)"
    found: defaultdict[int, set[str]] = defaultdict(set)
    for row in await every(db, sql, {"ids": story_ids}):
        found[row["story_id"]].add(page_of(row["key"]))
    return found


async def save_addresses(db: Connection, addresses: Iterable[Address]) -> None:
    """Store addresses of stories; an address that is known already keeps its story."""
    await db.executemany(
        """
        INSERT INTO address (key, loose, url, story_id) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING
        """,
        [(one.key, loose_key(one.key), one.url, one.story_id) for one in addresses],
    )


async def own_addresses(db: Connection) -> list[Address]:
    """The address that each story has now, the oldest story first."""
    sql = "SELECT key, url, story_id, title FROM story ORDER BY story_id"
    return [Address(*row) for row in await every(db, sql)]


async def kept_addresses(db: Connection) -> list[Address]:
    """Every address by which a story is known, the oldest story first."""
    sql = """
        SELECT a.key, a.url, story_id, s.title FROM address a JOIN story s USING (story_id)
        ORDER BY story_id
    """
    return [Address(*row) for row in await every(db, sql)]


async def replace_addresses(db: Connection, found: Mapping[str, Address]) -> None:
    """Replace all stored addresses with these, by strict key."""
    rows = await every(db, "SELECT key, url, story_id FROM address")
    known = {row["key"]: Address(*row) for row in rows}
    stale = [key for key, address in known.items() if found.get(key) != address]
    await db.executemany("DELETE FROM address WHERE key = ?", [(key,) for key in stale])
    await save_addresses(db, (a for key, a in found.items() if known.get(key) != a))


async def set_own_addresses(db: Connection, own: Iterable[Address]) -> None:
    """Write stories' own links and strict keys."""
    await note_change(db)
    await db.executemany(
        "UPDATE story SET url = ?, key = ? WHERE story_id = ?",
        [(one.url, one.key, one.story_id) for one in own],
    )


async def source_addresses(db: Connection, story_ids: Sequence[int]) -> list[Source]:
    """The addresses of stories' sources."""
    sql = "SELECT story_id, position, url, key FROM source WHERE story_id = ANY(:ids)"
    return [Source(*row) for row in await every(db, sql, {"ids": story_ids})]


async def set_source_addresses(db: Connection, sources: Iterable[Source]) -> None:
    """Write the links and strict keys of sources."""
    await db.executemany(
        "UPDATE source SET url = ?, key = ? WHERE story_id = ? AND position = ?",
        [(one.url, one.key, one.story_id, one.position) for one in sources],
    )


async def delete_sources(db: Connection, sources: Iterable[Source]) -> None:
    """Delete sources; the caller must rank their stories again."""
    sql = "DELETE FROM source WHERE story_id = ? AND position = ?"
    await db.executemany(sql, [(one.story_id, one.position) for one in sources])


async def pictures(db: Connection, story_ids: Sequence[int]) -> list[str]:
    """The URLs of the pictures of stories and of their sources, each once."""
    sql = """
        SELECT image FROM story WHERE story_id = ANY(:ids) AND image IS NOT NULL
        UNION
        SELECT image FROM source WHERE story_id = ANY(:ids) AND image IS NOT NULL
    """
    return [row["image"] for row in await every(db, sql, {"ids": story_ids})]


async def forget_pictures(
    db: Connection, story_ids: Sequence[int], pictures: Collection[str]
) -> None:
    """Remove these pictures from stories and their sources."""
    values = {"ids": story_ids, "pictures": pictures}
    for table in ("story", "source") if pictures else ():
        await db.execute(
            f"""
            UPDATE {table} SET image = NULL
            WHERE story_id = ANY(:ids) AND image = ANY(:pictures)
            """,  # noqa: S608 - constants
            values,
        )


async def stories_with_repeats(db: Connection) -> list[int]:
    """The stories that list one article twice, or list their own article."""
    sql = """
        SELECT story_id FROM source GROUP BY key, story_id HAVING count(*) > 1
        UNION
        SELECT story_id FROM story s
        WHERE EXISTS (SELECT 1 FROM source o WHERE o.key = s.key AND o.story_id = s.story_id)
    """
    return [row["story_id"] for row in await every(db, sql)]


async def merge_stories(db: Connection, story_ids: Sequence[int]) -> tuple[int, set[int]]:
    """Merge several stories into the one whose item was written last.

    Everything posted for any of them counts as posted for it: if only events of the others were
    posted, it becomes a story of the first of those. It gets their items and addresses, and
    `story_named` finds it by their ids. Returns its id, and the events of all of them, for `lead`.
    """
    ids = {"ids": story_ids}
    sql = """
        SELECT story_id FROM story LEFT JOIN item USING (story_id) WHERE story_id = ANY(:ids)
        ORDER BY modified DESC NULLS LAST, story_id LIMIT 1
    """
    row = await one(db, sql, ids)
    assert row is not None  # noqa: S101 - several were given
    kept, gone = row["story_id"], [id_ for id_ in story_ids if id_ != row["story_id"]]
    events = {*(await events_of_each(db, story_ids)).values()}
    for statement in _MERGE:
        await db.execute(statement, {**ids, "kept": kept})
    await unindex_stories(db, gone)
    await delete_stories(db, gone)
    return kept, events


async def story_named(db: Connection, story_id: int) -> int:
    """The current id of the story that once had this id: after a merge it differs."""
    sql = "SELECT into_id FROM merged_story WHERE story_id = :id"
    row = await one(db, sql, {"id": story_id})
    return row["into_id"] if row else story_id


# An edition that had several keeps one record. Those of several editions stay, each with its event.
_MERGE = (
    """
    DELETE FROM posted
    WHERE story_id = ANY(:ids) AND EXISTS (
        SELECT 1 FROM posted o
        WHERE o.digest_id = posted.digest_id AND o.edition_id = posted.edition_id
          AND o.story_id = ANY(:ids)
          AND (o.left_out, o.part, o.event_id) < (posted.left_out, posted.part, posted.event_id)
    )
    """,
    """
    UPDATE story SET grouped = 1, event_id = (
        SELECT min(event_id) FROM posted WHERE story_id = ANY(:ids)
    )
    WHERE story_id = :kept AND NOT EXISTS (
        SELECT 1 FROM posted WHERE posted.event_id = story.event_id
    ) AND EXISTS (
        SELECT 1 FROM posted WHERE story_id = ANY(:ids)
    )
    """,
    """
    UPDATE posted SET story_id = :kept WHERE story_id = ANY(:ids)
    """,
    """
    DELETE FROM edition_choice
    WHERE story_id = ANY(:ids) AND EXISTS (
        SELECT 1 FROM edition_choice o
        WHERE o.edition_id = edition_choice.edition_id AND o.position < edition_choice.position
          AND o.story_id = ANY(:ids)
    )
    """,
    """
    UPDATE edition_choice SET story_id = :kept
    WHERE story_id = ANY(:ids)
    """,
    """
    UPDATE edition_choice SET other_id = :kept
    WHERE other_id = ANY(:ids)
    """,
    # What pins say of one of the stories holds for what they become; together before apart.
    """
    INSERT INTO pin (story_id, other_id, together, made_at)
    SELECT :kept, other_id, together, made_at FROM (
        SELECT other_id, together, made_at FROM pin WHERE story_id = ANY(:ids)
        UNION ALL SELECT story_id, together, made_at FROM pin WHERE other_id = ANY(:ids)
    ) AS pinned
    WHERE NOT other_id = ANY(:ids)
    ORDER BY together DESC, made_at ON CONFLICT DO NOTHING
    """,
    "DELETE FROM pin WHERE story_id = ANY(:ids) AND story_id <> :kept",
    "DELETE FROM pin WHERE other_id = ANY(:ids)",
    "DELETE FROM pin WHERE story_id = ANY(:ids) AND other_id = ANY(:ids)",
    "UPDATE item SET story_id = :kept WHERE story_id = ANY(:ids)",
    "UPDATE address SET story_id = :kept WHERE story_id = ANY(:ids)",
    """
    UPDATE story SET arrived_at = (
        SELECT min(arrived_at) FROM story WHERE story_id = ANY(:ids)
    )
    WHERE story_id = :kept
    """,
    """
    UPDATE merged_story SET into_id = :kept WHERE into_id = ANY(:ids)
    """,
    """
    INSERT INTO merged_story (story_id, into_id)
    SELECT story_id, :kept FROM story WHERE story_id = ANY(:ids) AND story_id <> :kept
    """,
)
