"""Recomputes addresses by the current rules: links, keys, and stories that merge because of them.

Links and pictures that the rules no longer accept, because they are not public, are removed.
"""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from bot.store import addresses, items
from bot.store.addresses import Address, Source
from bot.store.database import Connection
from bot.stories.text import fold_headline
from bot.stories.urls import Trackers, image_url, key_of, loose_key, relinked


class Rekeyed(NamedTuple):
    """The stories that others were merged into, those withdrawn because their links are not public,
    and the events that stories were merged in.
    """

    merged: Collection[int]
    refused: Collection[int]
    events: Collection[int]


async def readdress_sources(
    db: Connection, story_ids: Sequence[int], trackers: Trackers
) -> set[int]:
    """Recompute the links and keys of stories' sources; returns the stories where a link changed.

    The pictures of the stories and of their sources are checked too.
    """
    pictures = await addresses.pictures(db, story_ids)
    refused = await asyncio.to_thread(lambda: [one for one in pictures if not image_url(one)])
    await addresses.forget_pictures(db, story_ids, refused)
    known = await addresses.source_addresses(db, story_ids)
    stale, gone, stories = await asyncio.to_thread(_stale, known, trackers)
    await addresses.set_source_addresses(db, stale)
    await addresses.delete_sources(db, gone)
    return stories


def _stale(
    known: Sequence[Source], trackers: Trackers
) -> tuple[list[Source], list[Source], set[int]]:
    """Sources with other links or keys, those to delete, and the stories where a link changed."""
    stale: list[Source] = []
    gone: list[Source] = []
    stories: set[int] = set()
    for source in known:
        link = relinked(source.url, trackers)
        if link is None:
            gone.append(source)
        elif (made := source._replace(url=link, key=key_of(link))) != source:
            stale.append(made)
        if link != source.url:
            stories.add(source.story_id)
    return stale, gone, stories


async def readdress_stories(db: Connection, trackers: Trackers, *, by_headline: bool) -> Rekeyed:
    """Recompute the addresses of stories, and merge stories that share one.

    `by_headline`: also merge those that share a loose key and the headline, as if they came now. If
    a story's link is refused, its items are forgotten: the next load reads and rejects them.
    """
    own, kept = await addresses.own_addresses(db), await addresses.kept_addresses(db)
    made, also = await asyncio.to_thread(lambda: [_made(some, trackers) for some in (own, kept)])
    groups = await asyncio.to_thread(_groups, [*made, *also], by_headline=by_headline)
    merged: dict[int, int] = {}
    events: set[int] = set()
    for group in groups:
        one, theirs = await addresses.merge_stories(db, group)
        merged |= dict.fromkeys(group, one)
        events |= theirs
    former = {one.story_id: one for one in own if merged.get(one.story_id) in (None, one.story_id)}
    left = [one for one in made if one.story_id in former]
    changed = [one for one in left if one != former[one.story_id]]
    await addresses.set_own_addresses(db, changed)
    refused = {*former} - {one.story_id for one in left}
    await items.forget_items_of(db, refused)
    # Former keys stay: stories are found by them if the list of trackers shrinks again.
    public = {one.url for one in kept if relinked(one.url, trackers) is not None}
    former_too = [one for one in kept if one.url in public]
    every = [_told_by(one, merged) for one in (*former_too, *also, *made, *left)]
    await addresses.replace_addresses(db, {one.key: one for one in every})
    return Rekeyed({*merged.values()}, refused, events)


def _made(known: Sequence[Address], trackers: Trackers) -> list[Address]:
    """The addresses by these rules, without those that are not public."""
    links_made = ((relinked(one.url, trackers), one) for one in known)
    return [
        one._replace(key=key_of(link), url=link) for link, one in links_made if link is not None
    ]


def _told_by(one: Address, merged: Mapping[int, int]) -> Address:
    return Address(one.key, one.url, merged.get(one.story_id, one.story_id))


def _groups(known: Sequence[Address], *, by_headline: bool) -> list[list[int]]:
    """Groups of stories that are to become one each."""
    older: dict[int, int] = {}  # an older story that a story is
    first: dict[object, int] = {}
    for one in known:
        near = [(loose_key(one.key), fold_headline(one.title))] if by_headline else []
        for mark in (one.key, *near):
            same = {
                _oldest(older, first.setdefault(mark, one.story_id)),
                _oldest(older, one.story_id),
            }
            older[max(same)] = min(same)
    groups: defaultdict[int, list[int]] = defaultdict(list)
    for story_id in dict.fromkeys(one.story_id for one in known):
        groups[_oldest(older, story_id)].append(story_id)
    return [group for group in groups.values() if len(group) > 1]


def _oldest(older: Mapping[int, int], story_id: int) -> int:
    while older.get(story_id, story_id) != story_id:
        story_id = older[story_id]
    return story_id
