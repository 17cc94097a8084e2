"""Weighs the candidates of an edition, and gives its content: stories, and lines under them."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Final, NamedTuple

from bot.config import QuietDay
from bot.digests.edition import AlsoLine, Contents
from bot.digests.schedule import Key
from bot.digests.selection import TAKEN, TOLD, Candidate, Choice, Had, Verdict, archived, select
from bot.digests.setting_types import SelectionRules
from bot.library.folding import Folding
from bot.store import candidates, editions, stories
from bot.store.database import Connection
from bot.store.digests import DigestRow
from bot.stories.model import ArchivedStory, ListedStory
from bot.threads import aside_if_many

_READ_TOGETHER: Final = 10
"""How many whole stories are read at once: they keep the event loop busy for some time."""


class Weighing:
    """Weighs the candidates of an edition, and gives the content of one."""

    def __init__(self, folding: Folding) -> None:
        self._folding = folding

    async def choose(
        self,
        db: Connection,
        topics: Mapping[int, str],
        had: Had,
        rules: SelectionRules,
        key: Key,
        now: datetime,
    ) -> Contents | None:
        """The content of an edition (local date, slot) for a channel that has had this.

        None = nothing is posted. Topics map id to name. Nothing is recorded.
        """
        choices = await self.weigh(db, topics, had, rules, now)
        (contents,) = await contents_of(db, [Weighed(choices, topics, rules, key)])
        return contents

    async def weigh(
        self,
        db: Connection,
        topics: Collection[int],
        had: Had,
        rules: SelectionRules,
        now: datetime,
    ) -> list[Choice]:
        """The candidates of an edition, the taken ones first; on a quiet day the archive's."""
        found = await candidates.candidates(
            db, topics, now - rules.age, now, rules.minimum_heat, rules.muted
        )
        new = [one for one in found if not had.has(one)]
        like = await self._folding.like(db, {one.event_id for one in new}, had.recent)
        found = await aside_if_many(found, partial(_marked, found, like, {}))
        choices = await self._select(db, found, had, rules, now)
        if rules.quiet_day is QuietDay.ARCHIVE and not _taken(choices):
            waiting = {one.candidate.story_id for one in choices if one.verdict is Verdict.WAITS}
            older = await _from_archive(db, topics, had, rules.muted, waiting, now)
            choices[:0] = [archived(older, rules, now)] if older else []
        return choices

    async def _select(
        self,
        db: Connection,
        found: Sequence[Candidate],
        had: Had,
        rules: SelectionRules,
        now: datetime,
    ) -> list[Choice]:
        """Select anew until nothing that is told repeats what was told before it."""
        while True:
            choices = await aside_if_many(found, partial(select, found, had, rules, now))
            told = [one.candidate.story_id for one in choices if one.verdict in TOLD]
            repeats = await candidates.repeats_of(db, told, had.shown.values())
            twins = await self._twins(db, choices)
            if not repeats and not twins:
                return choices
            found = await aside_if_many(found, partial(_marked, found, twins, repeats))

    async def _twins(self, db: Connection, choices: Sequence[Choice]) -> dict[int, frozenset[int]]:
        """The taken events that are like one taken before them in the edition, and that one."""
        taken = [choice.candidate.event_id for choice in _taken(choices)]
        like = await self._folding.like(db, taken, taken)
        return {
            later: frozenset({first})
            for place, later in enumerate(taken)
            for first in taken[:place]
            if first in like[later]
        }

    async def has_news(
        self, db: Connection, digest: DigestRow, rules: SelectionRules, now: datetime
    ) -> bool:
        """Whether an edition made now would hold a story that is not from the archive."""
        had = await editions.posted_to(db, digest.digest_id, now)
        quiet = replace(rules, quiet_day=QuietDay.SKIP)
        return bool(_taken(await self.weigh(db, digest.topics, had, quiet, now)))


async def _from_archive(
    db: Connection,
    topics: Collection[int],
    had: Had,
    muted: Collection[str],
    waiting: set[int],
    now: datetime,
) -> Candidate | None:
    """The archive's story for a quiet day that repeats none that the channel has had."""
    while older := await candidates.archive_story(db, topics, had, waiting, now, muted):
        if not await candidates.repeats_of(db, [older.story_id], had.shown.values()):
            return older
        waiting = {*waiting, older.story_id}
    return None


def _marked(
    found: Sequence[Candidate],
    like: Mapping[int, frozenset[int]],
    repeats: Mapping[int, int],
) -> list[Candidate]:
    """The candidates, each with the events that it is like, by its event, and the story that it
    repeats, by its own; nearly all stay as they are.
    """

    def marked(one: Candidate) -> Candidate:
        marks = like.get(one.event_id, one.like), repeats.get(one.story_id, one.repeats)
        if marks == (one.like, one.repeats):
            return one
        return replace(one, like=marks[0], repeats=marks[1])

    return [*map(marked, found)]


def _taken(choices: Sequence[Choice]) -> list[Choice]:
    return [choice for choice in choices if choice.verdict in TAKEN]


class Weighed(NamedTuple):
    """What was weighed for an edition (local date, slot). Topics map id to name."""

    choices: Sequence[Choice]
    topics: Mapping[int, str]
    rules: SelectionRules
    key: Key


async def contents_of(db: Connection, weighed: Sequence[Weighed]) -> list[Contents | None]:
    """The contents of editions that take what was chosen; None = nothing is posted.

    Stories are read once for all of them: most editions of a moment tell the same.
    """
    taken = {story_id for one in weighed for story_id in _ids(one, TAKEN)}
    shown = {story.story_id: story async for story in _whole(db, [*taken])}
    lines = {story_id for one in weighed for story_id in _ids(one, {Verdict.ALSO})}
    also = {one.story_id: _line(one) for one in await stories.listed_by_id(db, lines)}
    return [_contents(one, shown, also) for one in weighed]


def _contents(
    one: Weighed, shown: Mapping[int, ArchivedStory], also: Mapping[int, AlsoLine]
) -> Contents | None:
    taken = _ids(one, TAKEN)
    if not taken and one.rules.quiet_day is not QuietDay.NOTE:
        return None
    return Contents(
        tuple(one.topics.values()),
        *one.key,
        tuple(shown[story_id] for story_id in taken if story_id in shown),
        bool(_ids(one, {Verdict.ARCHIVE})),
        also=tuple(also[story_id] for story_id in _ids(one, {Verdict.ALSO}) if story_id in also),
    )


async def _whole(db: Connection, ids: Sequence[int]) -> AsyncIterator[ArchivedStory]:
    """Stories without the sources that no edition names, so many at once that no other work waits
    for long.
    """
    for first in range(0, len(ids), _READ_TOGETHER):
        for story in await stories.stories_by_id(
            db, ids[first : first + _READ_TOGETHER], off_topic=False
        ):
            yield story


def _ids(one: Weighed, verdicts: Collection[Verdict]) -> list[int]:
    """The stories of these verdicts, in their order."""
    return [choice.candidate.story_id for choice in one.choices if choice.verdict in verdicts]


def _line(story: ListedStory) -> AlsoLine:
    article = story.article
    return AlsoLine(story.story_id, article.title, article.provider.name, article.url)
