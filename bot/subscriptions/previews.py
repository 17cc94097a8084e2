"""Shows what a new channel would get: at one moment, or day by day. Nothing is written."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import date, datetime, time, tzinfo

from bot.config import DigestConfig
from bot.delivery.weighing import Weighed, Weighing, contents_of
from bot.digests.edition import Contents
from bot.digests.replayed import Replayed
from bot.digests.schedule import instant
from bot.digests.selection import FOLDED_FOR, NOTHING_YET, Had
from bot.digests.settings import LAYOUT, settings_of
from bot.store import events
from bot.store.database import Database
from bot.stories.model import Topic


class Previews:
    """Chooses stories as the planner does, for a channel that has had none yet."""

    def __init__(self, database: Database, weighing: Weighing, config: DigestConfig) -> None:
        self._database, self._weighing = database, weighing
        self.configure(config)

    def configure(self, config: DigestConfig) -> None:
        """Choose by these defaults from now on."""
        self._config = config

    async def preview(self, topics: Sequence[Topic], now: datetime) -> Contents | None:
        """The first edition of a new channel; None if nothing would be posted."""
        settings = settings_of(self._config)
        today = now.astimezone(settings.timetable.zone).date()
        names = _by_id(topics)
        async with self._database.reading() as db:
            key, rules = (today, 1), settings.rules
            found = await self._weighing.choose(db, names, NOTHING_YET, rules, key, now)
            return found and replace(found, layout=settings[LAYOUT])

    async def replay(
        self, topics: Sequence[Topic], first: date, last: date, moment: time, zone: tzinfo
    ) -> AsyncIterator[Replayed]:
        """What a new channel would have been sent on each local date, at that local time."""
        rules = settings_of(self._config).rules
        names = _by_id(topics)
        shown: dict[int, int] = {}
        told: dict[int, datetime] = {}
        for ordinal in range(first.toordinal(), last.toordinal() + 1):
            day = date.fromordinal(ordinal)
            now = instant(day, moment, zone)
            recent = frozenset(one for one, at in told.items() if at > now - FOLDED_FOR)
            async with self._database.reading() as db:
                had = Had(dict(shown), recent)
                choices = await self._weighing.weigh(db, names, had, rules, now)
                weighed = Weighed(choices, names, rules, (day, 1))
                (contents,) = await contents_of(db, [weighed])
                stories = contents.stories if contents else ()
                also = contents.also if contents else ()
                others = await events.other_urls(db, [story.story_id for story in stories])
                lines = await events.events_of_each(db, [line.story_id for line in also])
            full = {story.event_id: story.story_id for story in stories}
            shown |= {event: id_ for id_, event in lines.items()} | full
            told |= dict.fromkeys(full, now)
            yield Replayed(day, contents, others, now, choices)


def _by_id(topics: Sequence[Topic]) -> dict[int, str]:
    return {topic.topic_id: topic.name for topic in sorted(topics, key=lambda topic: topic.slug)}
