"""Events: which stories tell of one happening, who leads it, and what topics show of it."""

import secrets
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from bot.store import facts
from bot.store.database import Connection, Row, every

_NEXT_EVENT: Final = "next_event"
"""The fact that holds the next id of an event: an id is never used again."""
_REVISION: Final = "events_revision"
"""The fact that is another number after every change of events, by whatever process."""


class StoryText(NamedTuple):
    """A story as grouping reads it; `published_at` in seconds since 1970, `event_id` 0 = none."""

    story_id: int
    event_id: int
    key: str
    url: str
    title: str
    excerpt: str
    published_at: int
    provider: str
    domain: str


_TEXT: Final = "story_id, event_id, key, url, title, excerpt, published_at, provider, domain"


async def ungrouped_in_order(db: Connection, story_ids: Collection[int]) -> list[int]:
    """The ids of those of the stories that are not grouped yet, in order of publication."""
    sql = """
        SELECT story_id FROM story WHERE story_id = ANY(:ids) AND grouped = 0
        ORDER BY published_at, key
    """
    return [row["story_id"] for row in await every(db, sql, {"ids": story_ids})]


async def left_ungrouped(
    db: Connection, since: datetime | None, before: datetime | None
) -> list[int]:
    """The ids of stories that are not grouped yet, in order of publication: those that came before
    a moment (None = all), or from a database without events. With `since`, only those published
    from then on.
    """
    sql = """
        SELECT story_id FROM story
        WHERE grouped = 0 AND published_at >= :since AND (event_id > 0 OR arrived_at < :before)
        ORDER BY published_at, key
    """
    first = int(since.timestamp()) if since else -(2**62)
    last = int(before.timestamp()) if before else 2**62
    rows = await every(db, sql, {"since": first, "before": last})
    return [row["story_id"] for row in rows]


async def ungrouped_among(db: Connection, story_ids: Collection[int]) -> list[StoryText]:
    """Those of the stories that are not grouped yet, in order of publication."""
    sql = f"""
        SELECT {_TEXT} FROM story WHERE story_id = ANY(:ids) AND grouped = 0
        ORDER BY published_at, key
    """  # noqa: S608 - a constant list of columns
    return _texts(await every(db, sql, {"ids": story_ids}))


async def texts_of(db: Connection, story_ids: Collection[int]) -> list[StoryText]:
    """The stories with these ids."""
    sql = f"SELECT {_TEXT} FROM story WHERE story_id = ANY(:ids)"  # noqa: S608 - constant columns
    return _texts(await every(db, sql, {"ids": story_ids}))


async def grouped_in(db: Connection, events: Collection[int]) -> list[StoryText]:
    """All stories that were grouped into these events."""
    sql = f"SELECT {_TEXT} FROM story WHERE event_id = ANY(:events) AND grouped = 1"  # noqa: S608
    return _texts(await every(db, sql, {"events": events}))


def _texts(rows: Iterable[Iterable[object]]) -> list[StoryText]:
    return [StoryText(*row) for row in rows]  # type: ignore[arg-type]


async def events_between(db: Connection, first: int, last: int) -> dict[int, int]:
    """The event of each grouped story, by the story's id, that was published from one time to
    another.
    """
    sql = """
        SELECT story_id, event_id FROM story
        WHERE published_at >= :first AND published_at <= :last AND grouped = 1
    """
    return _event_of(await every(db, sql, {"first": first, "last": last}))


async def members_outside(
    db: Connection, first: int, last: int, events: Collection[int]
) -> dict[int, int]:
    """The same of the stories of these events that were published before or after those times."""
    sql = """
        SELECT story_id, event_id FROM story
        WHERE event_id = ANY(:events) AND grouped = 1
          AND (published_at < :first OR published_at > :last)
    """
    return _event_of(await every(db, sql, {"events": events, "first": first, "last": last}))


async def members_among(db: Connection, events: Collection[int]) -> dict[int, int]:
    """The same of all stories of these events."""
    sql = "SELECT story_id, event_id FROM story WHERE event_id = ANY(:events) AND grouped = 1"
    return _event_of(await every(db, sql, {"events": events}))


def _event_of(rows: Iterable[Row]) -> dict[int, int]:
    return {row[0]: row[1] for row in rows}


async def posted_among(db: Connection, events: Collection[int]) -> set[int]:
    """Those of the events that any channel was sent."""
    sql = "SELECT DISTINCT event_id FROM posted WHERE event_id = ANY(:events)"
    return {row["event_id"] for row in await every(db, sql, {"events": events})}


async def edges_among(db: Connection, story_ids: Collection[int]) -> list[tuple[int, int, float]]:
    """The kept edges between these stories, each once."""
    # Both lists in the statement would be tried in all pairs: 17 s for 13,200 stories of feeds.
    sql = "SELECT story_id, other_id, p FROM edge WHERE story_id = ANY(:ids)"
    rows, wanted = await every(db, sql, {"ids": story_ids}), {*story_ids}
    return [(row[0], row[1], row[2]) for row in rows if row[1] in wanted]


async def edges_connected(
    db: Connection, story_ids: Collection[int], first: int, last: int
) -> list[tuple[int, int, float]]:
    """The kept edges of stories, and of all that edges connect with them by way of stories that
    were published from one time to another; each once.
    """
    sql = """
        WITH RECURSIVE part (story_id) AS (
            SELECT story_id FROM story WHERE story_id = ANY(:ids)
            UNION
            SELECT s.story_id FROM part p
            JOIN edge e ON e.story_id = p.story_id OR e.other_id = p.story_id
            JOIN story s ON s.story_id = e.story_id + e.other_id - p.story_id
            WHERE s.published_at >= :first AND s.published_at <= :last
        )
        SELECT DISTINCT e.story_id, e.other_id, e.p
        FROM part p JOIN edge e ON e.story_id = p.story_id OR e.other_id = p.story_id
    """
    rows = await every(db, sql, {"ids": story_ids, "first": first, "last": last})
    return [(row[0], row[1], row[2]) for row in rows]


async def forget_edges(db: Connection, story_ids: Collection[int]) -> None:
    """Delete the edges of stories that are grouped anew."""
    for column in ("story_id", "other_id"):
        sql = f"DELETE FROM edge WHERE {column} = ANY(:ids)"  # noqa: S608 - constants
        await db.execute(sql, {"ids": story_ids})


async def add_edges(db: Connection, edges: Iterable[tuple[int, int, float]]) -> None:
    """Keep edges between stories."""
    sql = "INSERT INTO edge (story_id, other_id, p) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
    await db.executemany(sql, edges)


class EventIds:
    """Gives ids for new events, in order; `keep` stores how far they were given."""

    def __init__(self, first: int) -> None:
        self._first, self._next = first, first

    @classmethod
    async def begin(cls, db: Connection) -> "EventIds":
        """Continue where the database stands."""
        return cls(int(await facts.read_fact(db, _NEXT_EVENT) or 1))

    def given(self, event_id: int) -> bool:
        """Whether an id was given by this object."""
        return self._first <= event_id < self._next

    def __iter__(self) -> Iterator[int]:
        while True:
            self._next += 1
            yield self._next - 1

    async def keep(self, db: Connection) -> None:
        """Store that these ids were given."""
        await facts.write_fact(db, _NEXT_EVENT, str(self._next))


async def set_events(db: Connection, events: Mapping[int, int]) -> None:
    """Write the event of each story, by id; they are grouped from now on."""
    sql = "UPDATE story SET event_id = ?, grouped = 1 WHERE story_id = ?"
    await db.executemany(sql, [(events[story_id], story_id) for story_id in sorted(events)])


async def group_again(db: Connection, story_ids: Collection[int]) -> None:
    """Have stories grouped again; until then they keep their events."""
    await db.execute("UPDATE story SET grouped = 0 WHERE story_id = ANY(:ids)", {"ids": story_ids})


async def set_former(db: Connection, former: Mapping[int, int]) -> None:
    """Note for events, by id, which event each continues, if both are there."""
    await db.executemany(
        """
        UPDATE event SET former_id = :former
        WHERE event_id = :event AND event_id <> :former AND EXISTS (
            SELECT 1 FROM event o WHERE o.event_id = :former
        )
        """,
        [{"event": event, "former": before} for event, before in former.items()],
    )


async def continue_from(db: Connection, gone: int, kept: int) -> None:
    """Let the events that continue one continue another, which its stories became."""
    sql = "UPDATE event SET former_id = :kept WHERE former_id = :gone AND event_id <> :kept"
    await db.execute(sql, {"gone": gone, "kept": kept})


async def set_same(
    db: Connection, events: Collection[int], same: Iterable[tuple[int, int]]
) -> None:
    """Note which pairs of these events are one happening, though both were posted."""
    both = "event_id = ANY(:events) AND other_id = ANY(:events)"
    await db.execute(f"DELETE FROM related_event WHERE {both}", {"events": events})  # noqa: S608
    await db.executemany(
        "INSERT INTO related_event (event_id, other_id) VALUES (?, ?) ON CONFLICT DO NOTHING",
        [pair for a, b in same for pair in ((a, b), (b, a))],
    )


class MemberRow(NamedTuple):
    """A story of an event, as far as its place there depends on it; `computed`: its quality is."""

    story_id: int
    event_id: int
    key: str
    quality: int | None
    published_at: int
    hidden: int
    leader_id: int | None
    computed: int


async def events_of_each(db: Connection, story_ids: Collection[int]) -> dict[int, int]:
    """The event of each story, by the story's id."""
    sql = "SELECT story_id, event_id FROM story WHERE story_id = ANY(:ids) AND event_id > 0"
    rows = await every(db, sql, {"ids": story_ids})
    return {row["story_id"]: row["event_id"] for row in rows}


async def events_of(db: Connection, story_ids: Collection[int]) -> set[int]:
    """The events that these stories belong to."""
    return {*(await events_of_each(db, story_ids)).values()}


async def members_of(db: Connection, events: Collection[int]) -> dict[int, list[MemberRow]]:
    """The stories of each of the events, hidden ones too, by event; one without is left out."""
    sql = """
        SELECT story_id, event_id, key, quality, published_at, hidden, leader_id,
               CASE WHEN quality_parts IS NULL THEN 0 ELSE 1 END AS computed
        FROM story WHERE event_id = ANY(:events) ORDER BY event_id, published_at, key
    """
    found: defaultdict[int, list[MemberRow]] = defaultdict(list)
    for row in await every(db, sql, {"events": events}):
        found[row["event_id"]].append(MemberRow(*row))
    return found


async def leaders(db: Connection, events: Collection[int]) -> dict[int, int]:
    """The story that has led each of the events so far; a new event has none."""
    sql = "SELECT event_id, leader_id FROM event WHERE event_id = ANY(:events)"
    rows = await every(db, sql, {"events": events})
    return {row["event_id"]: row["leader_id"] for row in rows}


class EventRow(NamedTuple):
    """An event: when its first and its newest story were published, and who leads it."""

    event_id: int
    first_at: int
    newest_at: int
    leader_id: int


async def revision(db: Connection) -> str | None:
    """A text that is the same only as long as no event, and no text of its stories, changes. It
    never comes again, not even after a transaction that was given up.
    """
    return await facts.read_fact(db, _REVISION)


async def note_change(db: Connection) -> None:
    """Begin another revision. It is a number because the last version adds one to it."""
    await facts.write_fact(db, _REVISION, str(secrets.randbits(62)))


async def save_events(db: Connection, events: Sequence[EventRow], gone: Collection[int]) -> None:
    """Write events, and delete those without stories."""
    await note_change(db)
    await db.executemany(
        """
        INSERT INTO event (event_id, first_at, newest_at, leader_id) VALUES (?, ?, ?, ?)
        ON CONFLICT (event_id) DO UPDATE SET first_at = excluded.first_at,
            newest_at = excluded.newest_at, leader_id = excluded.leader_id
        """,
        events,
    )
    if gone:
        await db.execute(
            "UPDATE event SET former_id = NULL WHERE former_id = ANY(:gone)", {"gone": gone}
        )
        for column in ("event_id", "other_id"):
            sql = f"DELETE FROM related_event WHERE {column} = ANY(:gone)"  # noqa: S608 - constants
            await db.execute(sql, {"gone": gone})
        await db.execute("DELETE FROM event WHERE event_id = ANY(:gone)", {"gone": gone})


async def set_leaders(db: Connection, leaders: Mapping[int, int | None]) -> None:
    """Write who leads each story, by id; None = it leads its event."""
    sql = "UPDATE story SET leader_id = ? WHERE story_id = ?"
    await db.executemany(sql, [(leader, story_id) for story_id, leader in leaders.items()])


async def fill_pages(db: Connection, events: Collection[int]) -> None:
    """Show events under the topics of all their stories: only the leader, and no hidden story."""
    await db.execute(
        """
        DELETE FROM topic_page WHERE story_id IN (
            SELECT story_id FROM story WHERE event_id = ANY(:events)
        )
        """,
        {"events": events},
    )
    await db.execute(
        """
        INSERT INTO topic_page (topic_id, published_at, story_id)
        SELECT DISTINCT t.topic_id, s.published_at, s.story_id
        FROM story s JOIN story f ON f.event_id = s.event_id AND f.hidden = 0
        JOIN story_topic t ON t.story_id = f.story_id
        WHERE s.event_id = ANY(:events) AND s.leader_id IS NULL AND s.hidden = 0
        """,
        {"events": events},
    )


async def other_urls(db: Connection, story_ids: Collection[int]) -> dict[int, list[str]]:
    """The links of the other stories of each story's event, by story, in order of publication."""
    sql = """
        SELECT s.story_id, o.url FROM story s JOIN story o ON o.event_id = s.event_id
        WHERE s.story_id = ANY(:ids) AND s.event_id > 0 AND o.story_id <> s.story_id
          AND o.hidden = 0
        ORDER BY s.story_id, o.published_at, o.key
    """
    found: dict[int, list[str]] = {story_id: [] for story_id in story_ids}
    for row in await every(db, sql, {"ids": story_ids}):
        found[row["story_id"]].append(row["url"])
    return found
