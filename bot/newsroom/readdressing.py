"""Bringing addresses in line with the rules: links, keys, and stories that are one by them."""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from bot.store import addresses, links
from bot.store.addresses import Address
from bot.store.database import Connection
from bot.stories.text import fold_headline
from bot.stories.urls import Trackers, key_of, loose_key, relinked

Source = tuple[int, int, str, str]
"""Story, position, link, strict key."""


async def readdress_sources(
    db: Connection, story_ids: Sequence[int], trackers: Trackers
) -> set[int]:
    """Make the links and keys of stories' sources anew; returns those where a link changed."""
    known = await addresses.source_addresses(db, story_ids)
    stale, stories = await asyncio.to_thread(_stale, known, trackers)
    await addresses.set_source_addresses(db, stale)
    return stories


def _stale(known: Sequence[Source], trackers: Trackers) -> tuple[list[Source], set[int]]:
    stale: list[Source] = []
    stories: set[int] = set()
    for source in known:
        story_id, position, url, _ = source
        link = relinked(url, trackers)
        made = (story_id, position, link, key_of(link))
        if made != source:
            stale.append(made)
        if link != url:
            stories.add(story_id)
    return stale, stories


async def readdress_stories(
    db: Connection, trackers: Trackers, *, by_headline: bool
) -> tuple[Collection[int], Collection[int]]:
    """Make the addresses of stories anew, and one story of those that share one.

    `by_headline`: also of those that share a loose key and the headline, as if they came now.
    Returns the stories that took others in, and those to regroup.
    """
    own, kept = await addresses.own_addresses(db), await addresses.kept_addresses(db)
    groups = await asyncio.to_thread(_groups, [*own, *kept], trackers, by_headline=by_headline)
    merged: dict[int, int] = {}
    linked: set[int] = set()
    for group in groups:
        one, others = await addresses.merge_stories(db, group)
        merged |= dict.fromkeys(group, one)
        linked |= others
    made = [_made(one, trackers, merged) for one in own]
    left = [(new, old) for new, old in zip(made, own, strict=True) if new.story_id == old.story_id]
    await addresses.set_own_addresses(db, (new for new, old in left if new[:2] != old[:2]))
    every = [*(_made(one, trackers, merged) for one in kept), *made, *(new for new, _ in left)]
    await addresses.replace_addresses(db, {one.key: one for one in every})
    linked = {merged.get(story_id, story_id) for story_id in linked}
    return {*merged.values()}, linked | await links.wrongly_linked(db)


def _made(one: Address, trackers: Trackers, merged: Mapping[int, int]) -> Address:
    link = relinked(one.url, trackers)
    return Address(key_of(link), link, merged.get(one.story_id, one.story_id))


def _groups(known: Sequence[Address], trackers: Trackers, *, by_headline: bool) -> list[list[int]]:
    """The stories that are one, several each."""
    older: dict[int, int] = {}  # an older story that a story is
    first: dict[object, int] = {}
    for one in known:
        key = _made(one, trackers, {}).key
        near = [(loose_key(key), fold_headline(one.title))] if by_headline else []
        for mark in (key, *near):
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
