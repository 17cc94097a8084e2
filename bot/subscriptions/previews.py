"""Shows what a new channel would get: at one moment, or day by day. Nothing is written."""

from collections.abc import AsyncIterator, Sequence
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from bot.config import DigestConfig
from bot.delivery.planning import choose
from bot.digests.edition import Contents
from bot.digests.schedule import instant
from bot.digests.settings import settings_of
from bot.store.database import Database
from bot.stories.model import Topic


class Previews:
    """Chooses stories as the planner does, for a channel that has had none yet."""

    def __init__(self, database: Database, config: DigestConfig) -> None:
        self._database = database
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
            return await choose(db, names, frozenset(), settings.rules, (today, 1), now)

    async def replay(
        self, topics: Sequence[Topic], first: date, last: date, moment: time, zone: ZoneInfo
    ) -> AsyncIterator[tuple[date, Contents | None]]:
        """What a new channel would have been sent on each local date, at that local time."""
        rules = settings_of(self._config).rules
        names = _by_id(topics)
        posted: set[int] = set()
        for ordinal in range(first.toordinal(), last.toordinal() + 1):
            day = date.fromordinal(ordinal)
            now = instant(day, moment, zone)
            async with self._database.reading() as db:
                contents = await choose(db, names, posted, rules, (day, 1), now)
            posted.update(story.story_id for story in (contents.stories if contents else ()))
            yield day, contents


def _by_id(topics: Sequence[Topic]) -> dict[int, str]:
    return {topic.topic_id: topic.name for topic in sorted(topics, key=lambda topic: topic.slug)}
