"""The stories that a story names: of its own event, of the one before, of the same happening."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple

from bot.store.database import Connection, Row, every
from bot.stories.model import RankedSource, Reference

MOST_LATER: Final = 25
"""How many later stories of its event are read for a story."""


class Around(NamedTuple):
    """See ArchivedStory, which has the same fields."""

    before: Reference | None = None
    see_also: tuple[Reference, ...] = ()
    later: tuple[Reference, ...] = ()


async def around(
    db: Connection, rows: Sequence[Row], sources: Mapping[int, Sequence[RankedSource]]
) -> dict[int, Around]:
    """What stories name besides their sources, by their ids."""
    events = {row["event_id"] for row in rows} - {0}
    before = await _leaders(db, _BEFORE, events)
    same = await _leaders(db, _SAME, events)
    later = await _later(db, [row["story_id"] for row in rows if row["event_id"]])
    found: dict[int, Around] = {}
    for row in rows:
        story_id, event = row["story_id"], row["event_id"]
        shown = {source.article.key for source in sources.get(story_id, ())}
        found[story_id] = Around(
            next(iter(before[event]), None),
            tuple(same[event]),
            tuple(ref for key, ref in later[story_id] if key not in shown)[:MOST_LATER],
        )
    return found


_REFERENCE: Final = "o.story_id, o.title, o.url, o.provider, o.published_at"
_BEFORE: Final = f"""
SELECT e.event_id AS origin, {_REFERENCE} FROM event e JOIN event f ON f.event_id = e.former_id
JOIN story o ON o.story_id = f.leader_id
WHERE e.event_id = ANY(:events) AND o.hidden = 0
"""  # noqa: S608 - a constant list of columns
_SAME: Final = f"""
SELECT r.event_id AS origin, {_REFERENCE}
FROM related_event r JOIN event f ON f.event_id = r.other_id
JOIN story o ON o.story_id = f.leader_id
WHERE r.event_id = ANY(:events) AND o.hidden = 0 ORDER BY r.event_id, o.published_at, o.key
"""  # noqa: S608 - a constant list of columns
_LATER: Final = f"""
SELECT s.story_id AS origin, o.key, {_REFERENCE}
FROM story s JOIN story o ON o.event_id = s.event_id
WHERE s.story_id = ANY(:ids) AND o.story_id <> s.story_id AND o.hidden = 0
  AND (o.published_at, o.key) > (s.published_at, s.key)
ORDER BY s.story_id, o.published_at, o.key
"""  # noqa: S608 - a constant list of columns


async def _leaders(
    db: Connection, sql: str, events: Collection[int]
) -> defaultdict[int, list[Reference]]:
    found: defaultdict[int, list[Reference]] = defaultdict(list)
    for row in await every(db, sql, {"events": events}) if events else ():
        found[row["origin"]].append(_reference(row))
    return found


async def _later(
    db: Connection, story_ids: Sequence[int]
) -> defaultdict[int, list[tuple[str, Reference]]]:
    found: defaultdict[int, list[tuple[str, Reference]]] = defaultdict(list)
    for row in await every(db, _LATER, {"ids": story_ids}):
        found[row["origin"]].append((row["key"], _reference(row)))
    return found


def _reference(row: Row) -> Reference:
    at = datetime.fromtimestamp(row["published_at"], UTC)
    return Reference(row["story_id"], row["title"], row["url"], row["provider"], at)
