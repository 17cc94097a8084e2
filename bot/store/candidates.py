"""The SQL for stories that an edition may take; digests/selection.py chooses among them."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from bot.digests.selection import Candidate, Had
from bot.store.database import Connection, Row, every, one
from bot.store.heat import heat_in, stored
from bot.stories.junk import NEVER_POSTED
from bot.stories.model import REPORTING
from bot.stories.publishers import name_key
from bot.threads import aside_if_many


async def candidates(
    db: Connection,
    topics: Collection[int],
    after: datetime,
    until: datetime,
    minimum_heat: int,
    muted: Collection[str] = (),
) -> list[Candidate]:
    """Leaders of the topics, published in (after, until], of at least this heat or unknown heat.
    Of junk only press releases. Those of `muted` publishers are given with all publishers.
    """
    rows = await every(
        db,
        """
        SELECT story_id, key, heat, published_at, event_id, provider, p.topic_id
        FROM topic_page p JOIN story USING (story_id, published_at)
        WHERE p.topic_id = ANY(:topics)
          AND p.published_at > :after AND p.published_at <= :until
          AND (heat >= :minimum_heat OR heat = :unknown)
          AND grouped = 1 AND NOT coalesce(junk, '') = ANY(:junk)
        """,
        {
            "topics": topics,
            "after": int(after.timestamp()),
            "until": int(until.timestamp()),
            "minimum_heat": minimum_heat,
            "unknown": stored(None),
            "junk": NEVER_POSTED,
        },
    )
    publishers = await _publishers(db, rows, muted) if muted else {}
    return await aside_if_many(rows, lambda: _candidates(rows, publishers))


def _candidates(rows: Sequence[Row], publishers: Mapping[int, Collection[str]]) -> list[Candidate]:
    """The candidates of rows, of which one with several topics has several."""
    found = {row["story_id"]: row for row in rows}
    shown_by: defaultdict[int, set[int]] = defaultdict(set)
    for row in rows:
        shown_by[row["story_id"]].add(row["topic_id"])
    return [
        _candidate(row, shown_by[story_id], publishers.get(story_id, ()))
        for story_id, row in found.items()
    ]


async def _publishers(
    db: Connection, rows: Sequence[Row], muted: Collection[str]
) -> Mapping[int, Collection[str]]:
    """The keys of those that report what a muted publisher has as its headline, copies aside."""
    leaders = {row["story_id"]: row for row in rows}
    theirs = [story_id for story_id, row in leaders.items() if name_key(row["provider"]) in muted]
    found = {story_id: {name_key(leaders[story_id]["provider"])} for story_id in theirs}
    sql = """
        SELECT story_id, provider FROM source
        WHERE story_id = ANY(:ids) AND relation = ANY(:reporting)
    """
    for row in await every(db, sql, {"ids": theirs, "reporting": REPORTING}):
        found[row["story_id"]].add(name_key(row["provider"]))
    return found


_NOT_MUTED: Final = """
AND (NOT lower(s.provider) = ANY(:muted) OR EXISTS (
    SELECT 1 FROM source r
    WHERE r.story_id = s.story_id AND r.relation = ANY(:reporting)
      AND NOT lower(r.provider) = ANY(:muted)
))
"""
"""What is_muted in digests/selection.py says of a candidate with its publishers."""


async def archive_story(
    db: Connection,
    topics: Collection[int],
    had: Had,
    waiting: Collection[int],
    now: datetime,
    muted: Collection[str] = (),
) -> Candidate | None:
    """For a quiet day: the leader of the topics that is hottest, then newest, then by strict key.

    A leader of unknown heat comes after all others. Stories of events that the channel has had, and
    stories that are `waiting` to be told in a line, do not count, nor does what only `muted`
    publishers report. None if nothing is left.
    """
    row = await one(
        db,
        f"""
        SELECT s.story_id, s.key, s.heat, s.published_at, s.event_id
        FROM topic_page p JOIN story s USING (story_id)
        WHERE p.topic_id = ANY(:topics) AND p.published_at <= :now
          AND NOT s.story_id = ANY(:stories) AND NOT s.event_id = ANY(:events)
          AND s.grouped = 1 AND NOT coalesce(s.junk, '') = ANY(:junk)
          {_NOT_MUTED if muted else ""}
        ORDER BY s.heat DESC, s.published_at DESC, s.key LIMIT 1
        """,  # noqa: S608 - a constant part
        {
            "muted": muted,
            "reporting": REPORTING,
            "topics": topics,
            "stories": {*had.shown.values(), *waiting},
            "events": had.shown.keys(),
            "junk": NEVER_POSTED,
            "now": int(now.timestamp()),
        },
    )
    return _candidate(row) if row else None


async def repeats_of(
    db: Connection, stories: Sequence[int], had: Collection[int]
) -> dict[int, int]:
    """Those of the stories, in their order, that have the headline and text of one in `had`, or of
    one before them, at the same publisher; each with that one.

    A story without a text repeats none: a weekly column may have the same headline every time.
    """
    if not stories:
        return {}
    rows = await every(
        db,
        """
        SELECT story_id, domain, title, excerpt FROM story
        WHERE story_id = ANY(:all) AND excerpt <> ''
          AND title IN (SELECT title FROM story WHERE story_id = ANY(:stories))
        """,
        {"all": {*had, *stories}, "stories": stories},
    )
    texts = {row["story_id"]: (row["domain"], row["title"], row["excerpt"]) for row in rows}
    told = {texts[one]: one for one in had if one in texts}
    firsts = {one: told.setdefault(texts[one], one) for one in stories if one in texts}
    return {one: first for one, first in firsts.items() if one != first}


def _candidate(
    row: Row, topics: Collection[int] = (), publishers: Collection[str] = ()
) -> Candidate:
    return Candidate(
        story_id=row["story_id"],
        key=row["key"],
        heat=heat_in(row["heat"]),
        published_at=datetime.fromtimestamp(row["published_at"], UTC),
        topics=frozenset(topics),
        event_id=row["event_id"],
        publishers=frozenset(publishers),
    )
