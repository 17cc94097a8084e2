"""Makes the editorial report on a new channel: replays its days, and compares them to the archive.

Nothing is written.
"""

from collections.abc import Callable, Sequence
from datetime import date, time, timedelta, tzinfo
from typing import Final

from bot.config import DigestConfig
from bot.digests.editorial_report import EditorialReport, pairs_of, posts_of, report_of
from bot.digests.settings import settings_of
from bot.library.folding import Folding
from bot.store.database import Database
from bot.store.event_summaries import events_between
from bot.stories.model import Topic
from bot.subscriptions.previews import Previews

_BEFORE: Final = timedelta(days=1)
"""How long before the first edition the span of events begins: that edition has a day's news."""


class Reporting:
    """Makes the editorial report."""

    def __init__(
        self, database: Database, previews: Previews, folding: Folding, config: DigestConfig
    ) -> None:
        self._database, self._previews, self._folding = database, previews, folding
        self._config = config

    async def report(
        self,
        topics: Sequence[Topic],
        span: tuple[date, date, time, tzinfo],
        publishers: int,
        tell: Callable[[int, int], None],
    ) -> EditorialReport:
        """The report on a channel that follows the topics, with an edition each day of the span.

        An event of at least this many `publishers` is big. `tell` is called with how many days are
        replayed, of how many.
        """
        total = (span[1] - span[0]).days + 1
        days = []
        async for day in self._previews.replay(topics, *span):
            days.append(day)
            tell(len(days), total)
        pairs = {(a.story.event_id, b.story.event_id) for a, b in pairs_of(posts_of(days))}
        ids = [topic.topic_id for topic in topics]
        async with self._database.reading() as db:
            events = await events_between(db, days[0].now - _BEFORE, days[-1].now, ids)
            similarities = await self._folding.similarities(db, pairs)
        rules, sources = settings_of(self._config).rules, self._config.sources
        return report_of(days, events, similarities, rules, publishers, sources)
