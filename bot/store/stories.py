"""Reads whole stories with their sources."""

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final, NamedTuple

from bot.store import references
from bot.store.boilerplate import NOT_SHOWN
from bot.store.database import Connection, Row, every, one
from bot.store.heat import heat_in
from bot.store.quality_parts import parts_in
from bot.store.tables import columns
from bot.store.topics import TOPIC_PAGE, PageKey, topic_page_values
from bot.stories.model import (
    ArchivedStory,
    Article,
    ListedStory,
    Mention,
    Provider,
    RankedSource,
    Relation,
    Story,
    distinct,
)


async def story_by_id(db: Connection, story_id: int) -> ArchivedStory | None:
    """One story that is not hidden, or None."""
    found = await stories_by_id(db, [story_id])
    return found[0] if found else None


async def stories_by_id(
    db: Connection, story_ids: Iterable[int], *, off_topic: bool = True
) -> list[ArchivedStory]:
    """Whole stories, in the order of the ids; ids of hidden or unknown stories are left out.

    `off_topic` False leaves out the sources about something else, which no edition names: of the
    real files' sources they are nearly all.
    """
    ids = [*story_ids]
    rows = await _shown(db, ids)
    topics = await _topics(db, ids) if rows else {}
    sources = await _sources(db, ids, off_topic=off_topic) if rows else {}
    around = await references.around(db, rows, sources)
    return [
        ArchivedStory(
            story_id=row["story_id"],
            article=replace(_shown_article(row), parts=parts_in(row["quality_parts"])),
            topics=tuple(topics.get(row["story_id"], ())),
            heat=heat_in(row["heat"]),
            heat_imported=row["heat_imported"],
            publishers=row["publishers"],
            leader_id=row["leader_id"],
            sources=tuple(sources.get(row["story_id"], ())),
            best=row["best"],
            event_id=row["event_id"],
            junk=row["junk"],
            **around[row["story_id"]]._asdict(),
        )
        for row in rows
    ]


_BY_ID: Final = f"""
SELECT {columns("story", "article")}, {NOT_SHOWN} AS boilerplate
FROM story AS article WHERE story_id = ANY(:ids)
"""  # noqa: S608 - a constant part


async def _shown(db: Connection, ids: Sequence[int]) -> list[Row]:
    """The rows of stories that are not hidden, in the order of the ids."""
    found = await every(db, f"{_BY_ID} AND hidden = 0", {"ids": ids})
    rows = {row["story_id"]: row for row in found}
    return [rows[story_id] for story_id in ids if story_id in rows]


async def listed_by_id(db: Connection, story_ids: Iterable[int]) -> list[ListedStory]:
    """Stories as lists show them, in the order of the ids; hidden and unknown ones left out."""
    return [_listed(row) for row in await _shown(db, [*story_ids])]


async def listed_in_topic(
    db: Connection, topic_id: int, limit: int, before: PageKey | None = None
) -> list[ListedStory]:
    """The newest `limit` leaders of a topic, or those older than the place `before`."""
    sql = f"""
        SELECT {columns("story", "s")} FROM ({TOPIC_PAGE}) AS p LEFT JOIN story s USING (story_id)
        ORDER BY p.published_at DESC, p.story_id DESC
    """  # noqa: S608 - a constant part
    rows = await every(db, sql, topic_page_values(topic_id, limit, before))
    return [_listed(row) for row in rows]


def _listed(row: Row) -> ListedStory:
    best = tuple(Mention(*one) for one in json.loads(row["top"]))
    listed = (row["story_id"], _article(row), row["publishers"], best, row["junk"])
    return ListedStory(*listed, event_id=row["event_id"])


async def _sources(
    db: Connection, ids: Sequence[int], *, listed: bool = False, off_topic: bool = True
) -> dict[int, list[RankedSource]]:
    """The sources of stories, by id, in rank order; or as their own files list them."""
    article = _article if listed else _shown_article
    only = "AND listed = 1" if listed else ""
    only += "" if off_topic else f" AND relation <> '{Relation.OFF_TOPIC}'"
    sql = f"""
        SELECT {columns("source", "article")}, {NOT_SHOWN} AS boilerplate FROM source AS article
        WHERE story_id = ANY(:ids) {only} ORDER BY story_id, position
    """  # noqa: S608 - constants
    found: dict[int, list[RankedSource]] = {}
    for row in await every(db, sql, {"ids": ids}):
        found.setdefault(row["story_id"], []).append(_source(row, article(row)))
    return found


def _source(row: Row, article: Article) -> RankedSource:
    relation = Relation(row["relation"])
    found = (row["repeats"], row["similarity"], row["share"])
    return RankedSource(article, relation, *found, bool(row["listed"]), bool(row["independent"]))


async def _topics(db: Connection, ids: Sequence[int]) -> dict[int, list[str]]:
    """Stories' own topics in the file's order, then those they carry, by name."""
    rows = await every(
        db,
        """
        WITH asked AS (SELECT story_id, event_id, leader_id FROM story
                       WHERE story_id = ANY(:ids))
        SELECT story_id, name, min(place) FROM (
            SELECT t.story_id, topic_id, position AS place
            FROM asked JOIN story_topic t USING (story_id)
            UNION ALL
            SELECT asked.story_id, t.topic_id, 1000
            FROM asked JOIN story f ON f.event_id = asked.event_id AND f.hidden = 0
            JOIN story_topic t ON t.story_id = f.story_id
            WHERE asked.leader_id IS NULL AND asked.event_id > 0
        ) AS placed JOIN topic USING (topic_id)
        GROUP BY story_id, topic_id, name ORDER BY story_id, 3, name
        """,
        {"ids": ids},
    )
    found: dict[int, list[str]] = {}
    for row in rows:
        found.setdefault(row["story_id"], []).append(row["name"])
    return found


def _shown_article(row: Row) -> Article:
    """An article without an excerpt that says nothing about it."""
    article = _article(row)
    return replace(article, excerpt="") if row["boilerplate"] else article


def _article(row: Row) -> Article:
    return Article(
        url=row["url"],
        title=row["title"],
        excerpt=row["excerpt"],
        published_at=datetime.fromtimestamp(row["published_at"], UTC),
        provider=Provider(row["provider"], row["domain"]),
        quality=row["quality"],
        image=row["image"],
        known_key=row["key"],
    )


async def count_totals(db: Connection) -> dict[str, int]:
    """How many stories, distinct articles and topics the archive holds now.

    Articles are counted by strict key; all addresses of one story count as one.
    """
    row = await one(
        db,
        """
        SELECT (SELECT count(*) FROM story) AS stories,
               (SELECT count(DISTINCT key) FROM source) + (SELECT count(*) FROM story) - (
                   SELECT count(*) FROM address
                   WHERE EXISTS (SELECT 1 FROM source WHERE source.key = address.key)
               ) AS articles,
               (SELECT count(*) FROM topic) AS topics
        """,
    )
    return dict(row) if row else {}


class OutOfReach(NamedTuple):
    """Leaders that no digest takes, except perhaps from the archive on a quiet day."""

    without_topics: int
    cold: int


async def count_out_of_reach(db: Connection, minimum_heat: int) -> OutOfReach:
    """How many leaders have no topic, and how many have one but stay below this heat. Stories that
    are still to be grouped, as after an ingest that was broken off, count for neither.
    """
    row = await one(
        db,
        """
        SELECT count(*) FILTER (WHERE NOT shown) AS without_topics,
               count(*) FILTER (WHERE shown AND heat BETWEEN 0 AND :minimum - 1) AS cold
        FROM (SELECT heat, EXISTS (
                  SELECT 1 FROM topic_page p WHERE p.story_id = story.story_id
              ) AS shown
              FROM story WHERE hidden = 0 AND leader_id IS NULL AND grouped = 1) AS led
        """,
        {"minimum": minimum_heat},
    )
    return OutOfReach(row["without_topics"], row["cold"]) if row else OutOfReach(0, 0)


async def newest_story_at(db: Connection) -> datetime | None:
    """When the newest story was published; None for an empty archive."""
    row = await one(db, "SELECT max(published_at) AS newest FROM story WHERE hidden = 0")
    newest = row["newest"] if row else None
    return None if newest is None else datetime.fromtimestamp(newest, UTC)


async def all_story_ids(db: Connection) -> list[int]:
    """The ids of all stories, hidden ones too."""
    return [row["story_id"] for row in await every(db, "SELECT story_id FROM story")]


async def grouped_story_ids(db: Connection) -> list[int]:
    """The ids of all stories that are grouped, hidden ones too."""
    sql = "SELECT story_id FROM story WHERE grouped = 1"
    return [row["story_id"] for row in await every(db, sql)]


async def stories_as_filed(db: Connection, story_ids: Sequence[int]) -> dict[int, Story]:
    """Stories with their sources as their files gave them, by id, to rank them again."""
    sources = await _sources(db, story_ids, listed=True)
    return {
        row["story_id"]: Story(
            article=(own := replace(_article(row), parts=parts_in(row["quality_parts"]))),
            sources=distinct((s.article for s in sources.get(row["story_id"], ())), own.key),
            topics=(),
            heat=row["heat_imported"],
            published=None if row["published"] is None else bool(row["published"]),
            removed=bool(row["removed"]),
        )
        for row in await every(db, _BY_ID, {"ids": story_ids})
    }


async def headlines(db: Connection, story_ids: Collection[int]) -> dict[int, tuple[str, datetime]]:
    """Stories' headlines, and when they were published, by id."""
    sql = """
        SELECT story_id, title, published_at FROM story
        WHERE story_id = ANY(:ids)
    """
    rows = await every(db, sql, {"ids": story_ids})
    return {
        row["story_id"]: (row["title"], datetime.fromtimestamp(row["published_at"], UTC))
        for row in rows
    }


async def followers(db: Connection, story_id: int) -> list[int]:
    """Ids of the stories that a story leads, the hottest first."""
    sql = "SELECT story_id FROM story WHERE leader_id = :id ORDER BY heat DESC, key"
    return [row["story_id"] for row in await every(db, sql, {"id": story_id})]


async def newest_stories(db: Connection, limit: int) -> list[int]:
    """Ids of the newest leaders."""
    rows = await every(
        db,
        """
        SELECT story_id FROM story WHERE hidden = 0 AND leader_id IS NULL
        ORDER BY published_at DESC, key LIMIT :limit
        """,
        {"limit": limit},
    )
    return [row["story_id"] for row in rows]
