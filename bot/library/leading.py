"""Finds who leads each event, ranks it for all of its stories, and shows it under their topics.

The computed qualities of feeds' articles depend on their events, so they are found again first.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from bot.library.topic_names import distinct
from bot.store import events, items, search, stories, story_rows
from bot.store.database import Connection
from bot.store.events import EventRow, MemberRow
from bot.store.search import StoryText
from bot.stories.feed_quality import rated
from bot.stories.model import Article, Story
from bot.stories.ranking import Ranking, Rules, leader, rank

MOST_MEMBERS: Final = 100
"""How many stories of an event can lead it or give it sources: the best of their own quality. The
largest event of the real files has 22; comparing them all with each other takes the square."""


class _Ranked(NamedTuple):
    """A story's ranking for what it stands for, and the text it is found by."""

    ranking: Ranking
    text: StoryText


class _Led(NamedTuple):
    """The leader of each event of several stories; by story the new rankings, and the articles
    whose computed quality has changed.
    """

    leaders: Mapping[int, int]
    ranked: Mapping[int, _Ranked]
    rated: Mapping[int, Article]


async def lead(
    db: Connection, changed: Collection[int], rules: Rules, *, anew: Collection[int] = ()
) -> None:
    """Bring events in line with their stories: leaders, rankings, topic pages, the search index.

    `changed` are ids of events whose stories changed; one without a story is deleted. The row of a
    story that was not grouped before must hold its own ranking; `anew` are those to rank again.
    """
    if not changed:
        return
    members = await events.members_of(db, changed)
    led = await events.leaders(db, changed)
    seen = {event: _best(found) for event, found in members.items()}
    told = {event: best for event, best in seen.items() if len(best) > 1}
    alone = {one.story_id for found in members.values() for one in found} & {*led.values(), *anew}
    # A computed quality is another one where the others of its event are gone.
    alone |= {
        best[0].story_id for event, best in seen.items() if event in led and _is_computed(best)
    }
    wanted = alone.union(one.story_id for best in told.values() for one in best)
    filed = await stories.stories_as_filed(db, sorted(wanted))
    found = await asyncio.to_thread(_rank_all, told, filed, alone, rules)
    await story_rows.save_qualities(db, found.rated)
    await _write(db, found.ranked)
    leading = {event: found.leaders.get(event) or _alone(of) for event, of in members.items()}
    await _set_leaders(db, members, leading)
    rows = [_row(event, found, leading[event]) for event, found in members.items()]
    await events.save_events(db, rows, {*changed} - {*members})
    await events.fill_pages(db, changed)


async def rank_again(db: Connection, story_ids: Collection[int], rules: Rules) -> None:
    """Rank stories again, each for what it stands for, and index them."""
    event_of = await events.events_of_each(db, story_ids)
    await lead(db, {*event_of.values()}, rules, anew=event_of)
    single = await stories.stories_as_filed(db, [id_ for id_ in story_ids if id_ not in event_of])
    found = await asyncio.to_thread(_rank_all, {}, single, single, rules)
    await story_rows.save_qualities(db, found.rated)
    await _write(db, found.ranked)


def _best(members: Sequence[MemberRow]) -> list[MemberRow]:
    """The stories that can lead or give sources, at most MOST_MEMBERS."""
    seen = [one for one in members if not one.hidden]
    if len(seen) <= MOST_MEMBERS:
        return seen
    return sorted(seen, key=_by_quality)[:MOST_MEMBERS]


def _is_computed(best: Sequence[MemberRow]) -> bool:
    return len(best) == 1 and bool(best[0].computed)


def _by_quality(one: MemberRow) -> tuple[int, int, str]:
    return -(-1 if one.quality is None else one.quality), one.published_at, one.key


def _alone(members: Sequence[MemberRow]) -> int:
    """The leader of an event with one story or none to be seen."""
    return next((one for one in members if not one.hidden), members[0]).story_id


def _rank_all(
    told: Mapping[int, Sequence[MemberRow]],
    filed: Mapping[int, Story],
    alone: Collection[int],
    rules: Rules,
) -> _Led:
    """Lead and rank events of several stories, and rank those that are `alone`."""
    events = {event: [one.story_id for one in best] for event, best in told.items()}
    among = {story_id for ids in events.values() for story_id in ids}
    groups = [*events.values(), *([story_id] for story_id in alone if story_id not in among)]
    now = {id_: story for ids in groups for id_, story in _rated(filed, ids, rules).items()}
    leaders: dict[int, int] = {}
    ranked: dict[int, _Ranked] = {}
    for event, ids in events.items():
        first = leader([now[id_] for id_ in ids], rules)
        leaders[event] = next(id_ for id_ in ids if now[id_] is first)
        others = [now[id_] for id_ in ids if now[id_] is not first]
        ranked[leaders[event]] = _ranked(first, rules, others)
    ranked |= {id_: _ranked(now[id_], rules) for id_ in alone if id_ not in ranked}
    changed = {id_: one.article for id_, one in now.items() if one.article != filed[id_].article}
    return _Led(leaders, ranked, changed)


def _rated(filed: Mapping[int, Story], ids: Sequence[int], rules: Rules) -> dict[int, Story]:
    """The stories of an event, by id, with the computed qualities that they have there."""
    articles = rated([filed[id_].article for id_ in ids], rules)
    return {id_: replace(filed[id_], article=new) for id_, new in zip(ids, articles, strict=True)}


def _ranked(story: Story, rules: Rules, others: Sequence[Story] = ()) -> _Ranked:
    ranking = rank(story, rules, others)
    return _Ranked(ranking, search.text_of(story, ranking))


async def _write(db: Connection, ranked: Mapping[int, _Ranked]) -> None:
    """Write rankings, and let stories be found by what they stand for."""
    ids = [*ranked]
    await story_rows.save_rankings(db, {id_: one.ranking for id_, one in ranked.items()})
    await search.unindex_stories(db, ids)
    names = distinct(await items.topics_of_stories(db, ids))
    await search.index_stories(db, {id_: one.text for id_, one in ranked.items()}, names)


async def _set_leaders(
    db: Connection, members: Mapping[int, Sequence[MemberRow]], leading: Mapping[int, int]
) -> None:
    wanted = {
        one.story_id: None if one.story_id == leading[event] else leading[event]
        for event, found in members.items()
        for one in found
    }
    former = {one.story_id: one.leader_id for found in members.values() for one in found}
    changed = {id_: leader for id_, leader in wanted.items() if leader != former[id_]}
    await events.set_leaders(db, changed)


def _row(event_id: int, members: Sequence[MemberRow], leading: int) -> EventRow:
    times = [one.published_at for one in members]
    return EventRow(event_id, min(times), max(times), leading)
