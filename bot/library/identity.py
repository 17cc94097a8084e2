"""Decides which story an item tells: a known one, by its address, or a new one."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.origins.outcomes import Loaded
from bot.store import addresses, stories, story_rows
from bot.store.database import Connection
from bot.store.items import READDRESSED
from bot.stories.text import fold_headline
from bot.stories.urls import loose_key, page_of


async def stories_told(
    db: Connection, loaded: Sequence[Loaded], oldest: datetime | None
) -> dict[str, int]:
    """The ids of the stories that items tell, by strict key.

    A new address joins a story that now has its loose key and its headline; otherwise it is a new
    story, unless it was published before `oldest`: such stories are left out. `loaded` is sorted by
    item, oldest first. New ids are in order of publication, in which stories are grouped: those
    that are compared together then lie together.
    """
    ids = await addresses.stories_known_by(db, {item.rows.key for item in loaded})
    fresh = {item.rows.key: item for item in loaded if item.rows.key not in ids}
    ids |= await _told_before(db, fresh)
    ids |= await _told_by_other_trackers(db, fresh)
    near = await _headlines_near(db, loaded, ids)
    following = await story_rows.next_story_id(db)
    begun: dict[int, datetime] = {}
    for key, item in fresh.items():
        if key in ids:
            continue
        told = near[loose_key(key)]
        joined = told.get(item.rows.headline)
        if joined is None:
            if oldest and item.published_at < oldest:
                continue
            joined = following + len(begun)
            begun[joined] = item.published_at
        ids[key] = told[item.rows.headline] = joined
    in_order = dict(zip(sorted(begun, key=begun.__getitem__), begun, strict=True))
    return {key: in_order.get(story_id, story_id) for key, story_id in ids.items()}


async def _told_before(db: Connection, fresh: Mapping[str, Loaded]) -> dict[str, int]:
    """The stories of items that are read again although they were not written to.

    An earlier version kept other addresses; the story is the same, and must not be posted again.
    """
    again = {
        key: item.known.story_id
        for key, item in fresh.items()
        if item.known and item.known.story_id is not None and not item.known.stamp
    }
    kept = await stories.headlines(db, {*again.values()})
    found: dict[str, int] = {}
    for key, story_id in again.items():
        item = fresh[key]
        title, published_at = kept.get(story_id, ("", None))
        if (fold_headline(title), published_at) == (item.rows.headline, item.published_at):
            found[key] = story_id
    return found


async def _told_by_other_trackers(db: Connection, fresh: Mapping[str, Loaded]) -> dict[str, int]:
    """The stories of items read again because the list of trackers changed: they stay the same.

    An item that now names another page tells another story.
    """
    again = {
        key: item.known.story_id
        for key, item in fresh.items()
        if item.known and item.known.story_id is not None and item.known.stamp == READDRESSED
    }
    pages = await addresses.pages_of(db, {*again.values()})
    return {key: id_ for key, id_ in again.items() if page_of(key) in pages.get(id_, ())}


async def _headlines_near(
    db: Connection, loaded: Sequence[Loaded], ids: Mapping[str, int]
) -> defaultdict[str, dict[str, int]]:
    """By loose key: the folded headlines of the stories known by it, each with its story."""
    near: defaultdict[str, dict[str, int]] = defaultdict(dict)
    wanted = {loose_key(item.rows.key) for item in loaded if item.rows.key not in ids}
    for loose, story_id, title in await addresses.stories_near(db, wanted):
        near[loose].setdefault(fold_headline(title), story_id)
    for item in loaded:
        if item.rows.key in ids and (loose := loose_key(item.rows.key)) in wanted:
            near[loose].setdefault(item.rows.headline, ids[item.rows.key])
    return near
