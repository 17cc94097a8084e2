"""Writes the stories that items tell, and the effects of items that no longer tell one."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from bot.library.identity import stories_told
from bot.library.leading import lead
from bot.library.topic_names import distinct
from bot.origins.outcomes import Loaded
from bot.store import addresses, events, items, search, story_rows, topics
from bot.store.addresses import Address
from bot.store.database import Connection
from bot.store.items import Carrier, ItemEntry, KnownItem
from bot.store.story_rows import StoryRows
from bot.stories.ranking import Rules


async def save(
    db: Connection,
    origin_id: int,
    loaded: Sequence[Loaded],
    now: datetime,
    oldest: datetime | None,
    rules: Rules,
) -> set[int]:
    """Write stories. If several items carry one, the item written last gives its values.

    New stories published before `oldest` are not written. Returns the ids of the stories touched:
    those that are not grouped are to be grouped.
    """
    in_order = sorted(loaded, key=lambda item: _carrier(origin_id, item))
    ids = await stories_told(db, in_order, oldest)
    kept = [item for item in in_order if item.rows.key in ids]
    best = {ids[item.rows.key]: item for item in kept}
    saved = await _with_its_values(db, origin_id, best, {item.key for item in loaded})
    await story_rows.save_stories(db, saved, now)
    await addresses.save_addresses(db, [_address(item, ids) for item in kept])
    await items.save_items(db, origin_id, [_entry(item, ids) for item in loaded])
    return await follow_items(db, rules, _left(loaded, ids), saved, best)


async def _with_its_values(
    db: Connection, origin_id: int, best: Mapping[int, Loaded], here: Collection[str]
) -> dict[int, StoryRows]:
    """The stories whose best item was written after all that carry them already; the keys `here`
    are being read again.
    """
    carriers = await items.carriers(db, best)
    return {
        story_id: item.rows
        for story_id, item in best.items()
        if all(
            other < _carrier(origin_id, item)
            for other in carriers.get(story_id, ())
            if other.origin_id != origin_id or other.key not in here
        )
    }


def _carrier(origin_id: int, item: Loaded) -> Carrier:
    return Carrier(item.stamp.modified, origin_id, item.key)


def _left(loaded: Sequence[Loaded], ids: Mapping[str, int]) -> dict[int, bytes]:
    """The stories that these items no longer carry, each with the content hash that it lost."""
    return {
        item.known.story_id: item.known.content
        for item in loaded
        if item.known and item.known.story_id not in (None, ids.get(item.rows.key))
    }


def _address(item: Loaded, ids: Mapping[str, int]) -> Address:
    return Address(item.rows.key, item.rows.url, ids[item.rows.key])


def _entry(item: Loaded, ids: Mapping[str, int]) -> ItemEntry:
    known = KnownItem(*item.stamp, item.content, ids.get(item.rows.key))
    return ItemEntry(item.key, known, item.topics, item.headline, item.reasons)


async def follow_items(
    db: Connection,
    rules: Rules,
    left: Mapping[int, bytes],
    saved: Mapping[int, StoryRows],
    carried: Collection[int] = (),
) -> set[int]:
    """Update what depends on items: the stories `left` by an item (with the content lost) and those
    `carried` by an item, some of which were `saved`. Returns the ids of all of them.
    """
    touched = {*left, *carried}
    await story_rows.mark_withdrawn(db, touched)
    await items.read_again(db, left)
    names = distinct(await items.topics_of_stories(db, touched))
    await topics.set_topics(db, names)
    await search.index_stories(db, {id_: rows.text for id_, rows in saved.items()}, names)
    await search.retitle_topics(db, {id_: names[id_] for id_ in touched if id_ not in saved})
    await lead(db, await events.events_of(db, touched), rules)
    return touched
