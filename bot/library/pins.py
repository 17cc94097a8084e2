"""An editor's word on events: two stories are pinned together or apart, and events follow.

A word changes only the events of the two stories; once it is undone, these are found again by the
stories' texts and the other words. Later groupings respect every pin (stories/settling.py).
"""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from bot.clock import Clock
from bot.errors import UsageError
from bot.library.grouping import Grouping
from bot.library.leading import lead
from bot.library.members import owner_of
from bot.library.rule_changes import RuleChanges
from bot.store import addresses, events, stories
from bot.store import pins as rows
from bot.store.database import Connection, Database
from bot.store.events import EventIds, StoryText
from bot.store.pins import Part
from bot.stories.pins import EventView, NamedPin, Pinned, apart_between, way_between
from bot.stories.ranking import Rules
from bot.stories.settling import Grouped, parted
from bot.stories.urls import BadUrl, key_of, link_of


class UnknownStory(UsageError):
    """No story has that id or address, or it has no event yet."""

    def __init__(self, given: str) -> None:
        super().__init__(
            f"No story has the id or address “{given}”; `broadsheet story QUERY --json` tells both"
        )
        self.given = given


class Contradiction(UsageError):
    """What is to be pinned contradicts `pins`, which are to be undone first."""

    def __init__(self, pins: Sequence[NamedPin]) -> None:
        super().__init__("; ".join(map(_advice, pins)))
        self.pins = pins


def _advice(pin: NamedPin) -> str:
    how = "together" if pin.together else "apart"
    return (
        f"“{pin.headline}” and “{pin.other_headline}” are pinned {how}; to undo that:"
        f" broadsheet event unpin {pin.story_id} {pin.other_id}"
    )


class _Pair(NamedTuple):
    """Two stories, the event of each, and the pins of all others."""

    one: int
    other: int
    events: tuple[int, int]
    pins: Sequence[Pinned]

    def pinned(self, *, together: bool) -> Pinned:
        """The pin of the two."""
        return Pinned(self.one, self.other, together)


class Pins:
    """Merges and splits events by hand, and undoes it. Stories are given by id or by address."""

    def __init__(
        self, database: Database, grouping: Grouping, rules: RuleChanges, clock: Clock
    ) -> None:
        self._database, self._grouping, self._rules, self._clock = database, grouping, rules, clock

    async def shown(self, story: str) -> EventView:
        """The event of a story. Raises UnknownStory."""
        async with self._database.reading() as db:
            story_id = await self._story(db, story)
            found = await events.events_of_each(db, [story_id])
            if story_id not in found:
                raise UnknownStory(story)
            return await _view(db, found[story_id])

    async def listed(self) -> list[NamedPin]:
        """Every pin, the oldest first."""
        async with self._database.reading() as db:
            return await rows.named(db)

    async def merge(self, one: str, other: str) -> list[EventView]:
        """Pin two stories together: their events become one, which counts as posted where either
        was. Returns it. Raises UsageError, also for what other pins contradict.
        """
        async with self._database.writing() as db:
            pair = await self._pair(db, one, other)
            sides = [await _members(db, event) for event in pair.events]
            await _refuse(db, apart_between(pair.pins, *sides))
            await rows.save_pin(db, pair.pinned(together=True), self._clock.now())
            await self._join(db, pair.events)
            return await _views(db, pair)

    async def split(self, one: str, other: str) -> list[EventView]:
        """Pin two stories apart: if they are one event, each becomes one with those of the stories
        that are more like it, and both count as posted where the event was. Returns both. Raises
        UsageError, also for what other pins contradict.
        """
        async with self._database.writing() as db:
            pair = await self._pair(db, one, other)
            await _refuse(db, way_between(pair.pins, pair.one, pair.other))
            pin = pair.pinned(together=False)
            await rows.save_pin(db, pin, self._clock.now())
            await self._part(db, pair, [*pair.pins, pin], joined_at=0)
            return await _views(db, pair)

    async def unpin(self, one: str, other: str) -> list[EventView]:
        """Undo what was said of two stories, and what it changed: they and the stories of their
        events are grouped as by the other pins alone, but for what channels were sent. Returns
        their events. Raises UsageError if nothing was said.
        """
        async with self._database.writing() as db:
            pair = await self._pair(db, one, other)
            found = [p for p in await rows.all_pins(db) if p.is_between(pair.one, pair.other)]
            if not found:
                raise UsageError("Nobody pinned these two stories; see: broadsheet event pins")
            (pin,) = found
            joined_at = await rows.made_at(db, pin)
            await rows.delete_pin(db, pin)
            if pin.together:
                await self._part(db, pair, pair.pins, joined_at)
            elif await self._may_be_one(db, pair) and await self._are_one(db, pair):
                await self._join(db, pair.events)
            await self._regroup(db, pair)
            return await _views(db, pair)

    async def _pair(self, db: Connection, one: str, other: str) -> _Pair:
        a, b = await self._story(db, one), await self._story(db, other)
        if a == b:
            raise UsageError("These are one story; name two")
        await self._grouping.group(db, self._rules.ranking, (a, b))
        found = await events.events_of_each(db, (a, b))
        others = [pin for pin in await rows.all_pins(db) if not pin.is_between(a, b)]
        return _Pair(a, b, (found[a], found[b]), others)

    async def _story(self, db: Connection, given: str) -> int:
        """The id of a story that is named by id or address, hidden or not."""
        if given.isdecimal():
            named = await addresses.story_named(db, int(given[:18]))
            found = [*await stories.headlines(db, [named])]
        else:
            found = [*(await addresses.stories_known_by(db, [self._key(given)])).values()]
        if not found:
            raise UnknownStory(given)
        return found[0]

    def _key(self, url: str) -> str:
        try:
            return key_of(link_of(url, self._rules.trackers))
        except BadUrl as error:
            raise UnknownStory(url) from error

    async def _join(self, db: Connection, pair: tuple[int, int]) -> None:
        """Make one event of two; the one posted, or else with more stories, keeps its id."""
        if pair[0] == pair[1]:
            return
        posted = await events.posted_among(db, pair)
        sizes = {event: len(await _members(db, event)) for event in pair}
        kept, gone = sorted(pair, key=lambda one: (one not in posted, -sizes[one], one))
        moved = await _members(db, gone)
        await rows.share_posts(db, gone, kept)
        await events.set_events(db, dict.fromkeys(moved, kept))
        await events.continue_from(db, gone, kept)
        await lead(db, {kept, gone}, self._rules.ranking, anew=moved)

    async def _part(
        self, db: Connection, pair: _Pair, pins: Sequence[Pinned], joined_at: int
    ) -> None:
        """Make two events of one, if these pins and the stories' texts do not make one of it."""
        event, same = pair.events
        members = await events.grouped_in(db, [event])
        found = await self._parts(db, members, pins, pair) if event == same else None
        if found is None:
            return
        larger, smaller = sorted(found, key=lambda part: (-len(part), min(part)))
        given = await EventIds.begin(db)
        new = next(iter(given))
        await given.keep(db)
        await events.set_events(db, dict.fromkeys(smaller, new))
        await rows.divide_posts(db, Part(event, larger), Part(new, smaller), joined_at)
        await lead(db, {event, new}, self._rules.ranking, anew={*larger, *smaller})

    async def _parts(
        self, db: Connection, members: Sequence[StoryText], pins: Sequence[Pinned], pair: _Pair
    ) -> tuple[set[int], set[int]] | None:
        edges = await events.edges_among(db, [one.story_id for one in members])
        given = [_grouped(one, self._rules.ranking) for one in members]
        return parted(given, edges, pins, (pair.one, pair.other))

    async def _regroup(self, db: Connection, pair: _Pair) -> None:
        """Find the events of all stories again that are in an event with either."""
        touched = {*pair.events, *await events.events_of(db, (pair.one, pair.other))}
        members = [one for event in touched for one in await _members(db, event)]
        await events.group_again(db, members)
        await self._grouping.group(db, self._rules.ranking, members)

    async def _may_be_one(self, db: Connection, pair: _Pair) -> bool:
        """Whether no story of one event is pinned apart from one of the other."""
        sides = [await _members(db, event) for event in pair.events]
        return not apart_between(pair.pins, *sides)

    async def _are_one(self, db: Connection, pair: _Pair) -> bool:
        """Whether two events that were pinned apart were one when they were posted, or, if not both
        were posted, are one by their texts.
        """
        if await rows.were_sent_as_one(db, *pair.events):
            return True
        if len(await events.posted_among(db, pair.events)) == len(pair.events):
            return False
        members = await events.grouped_in(db, pair.events)
        return await self._parts(db, members, pair.pins, pair) is None


def _grouped(one: StoryText, rules: Rules) -> Grouped:
    owner = owner_of(one, rules)
    return Grouped(one.story_id, one.key, one.published_at, owner, one.event_id)


async def _members(db: Connection, event_id: int) -> list[int]:
    members = await events.members_of(db, [event_id])
    return [one.story_id for one in members.get(event_id, ())]


async def _refuse(db: Connection, pins: Collection[Pinned]) -> None:
    """Raise Contradiction if there are such pins."""
    if pins:
        pairs = [{pin.story_id, pin.other_id} for pin in pins]
        named = await rows.named(db)
        raise Contradiction([one for one in named if {one.story_id, one.other_id} in pairs])


async def _views(db: Connection, pair: _Pair) -> list[EventView]:
    """The events of two stories by now, each once."""
    found = await events.events_of_each(db, (pair.one, pair.other))
    return [await _view(db, event) for event in dict.fromkeys((found[pair.one], found[pair.other]))]


async def _view(db: Connection, event_id: int) -> EventView:
    leaders = await events.leaders(db, [event_id])
    members = sorted(await _members(db, event_id), key=lambda one: one != leaders.get(event_id))
    return EventView(
        event_id,
        await stories.listed_by_id(db, members),
        await rows.channels_sent(db, event_id),
        await rows.named(db, event_id),
    )
