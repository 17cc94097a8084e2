"""Asks the feeds that are due, keeps what they give, and loads it into the archive."""

import asyncio
import hashlib
import json
import logging
import random
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Final, NamedTuple

from bot.clock import Clock
from bot.library import provider_records
from bot.library.ingest import Ingestion
from bot.library.report import IngestReport
from bot.origins.feeds.client import Answer, FeedClient, Request
from bot.origins.feeds.document import FeedDocument, NotAFeed
from bot.origins.feeds.failures import FetchFailed
from bot.origins.feeds.health import Failed, Fresh, Outcome, Same, after, is_same
from bot.origins.feeds.origin import Feeds as FeedsOrigin
from bot.origins.feeds.parsing import parse
from bot.origins.feeds.reading import article_of
from bot.store import feed_items, feeds
from bot.store.database import Database
from bot.store.feed_items import GivenItem
from bot.store.feeds import Asking
from bot.stories.feeds import FaultKind, Feed
from bot.stories.text import slug

logger = logging.getLogger(__name__)

SOONEST: Final = timedelta(minutes=15)
"""No feed is asked more often, also if the process ended before an answer was kept."""
AT_ONCE: Final = 32
"""How many feeds are asked at once: 32 are as fast as 200 allow without load (measured)."""
_WRITTEN_AT_ONCE: Final = 50
"""How many answers are written in one transaction."""
_LARGE: Final = 250_000
"""Bytes from which a feed is parsed in a thread: a megabyte takes 8 ms, some feeds ten times that.
"""
BEFORE_DUE: Final = timedelta(minutes=10)
"""How long before an edition the feeds of its topics are asked first."""


class Asked(NamedTuple):
    """A feed that was asked, what came of it, and its new state."""

    feed: Feed
    outcome: Outcome
    asking: Asking


@dataclass(frozen=True)
class SweepReport:
    """What a sweep did: how many feeds it asked, the fault of each that failed, by id, and what was
    loaded of what they gave (None = nothing was new).
    """

    asked: int
    failed: Mapping[int, FaultKind]
    loaded: IngestReport | None


class Sweep:
    """Asks feeds. `origin` is what they gave, as an origin of stories."""

    def __init__(
        self,
        database: Database,
        ingestion: Ingestion,
        origin: FeedsOrigin,
        client: FeedClient,
        clock: Clock,
    ) -> None:
        self._database, self._ingestion, self._origin = database, ingestion, origin
        self._client, self._clock = client, clock
        self._running = asyncio.Lock()
        self._stopping = asyncio.Event()

    async def run(self, only: Collection[int] | None = None) -> SweepReport:
        """Ask the feeds that are due, or `only` these, and load what they give. Raises
        DatabaseError.
        """
        async with self._running:
            due = await self._due(only)
            failed = await self._ask_all(due) if due else {}
            return SweepReport(len(due), failed, await self._load())

    def stop(self) -> None:
        """Ask nothing more; what was answered is kept. The rest is asked after the next start."""
        self._stopping.set()

    async def _due(self, only: Collection[int] | None) -> list[Feed]:
        """The feeds to ask. Each is noted as asked first, so that after an end of the process none
        is asked twice at once.
        """
        now = self._clock.now()
        async with self._database.writing() as db:
            await feeds.hasten(db, now, now + BEFORE_DUE, SOONEST)
            due = await (feeds.due_feeds(db, now) if only is None else feeds.feeds_named(db, only))
            await feeds.note_asked(db, [one.feed_id for one in due], now, now + SOONEST)
        return due

    async def _ask_all(self, due: Sequence[Feed]) -> dict[int, FaultKind]:
        failed: dict[int, FaultKind] = {}
        async with self._database.reading() as db:
            followed = await feeds.followed_topics(db)
        batch: list[Asked] = []
        async for asked in self._answers(due, followed):
            if isinstance(asked.outcome, Failed):
                failed[asked.feed.feed_id] = asked.outcome.kind
            batch.append(asked)
            if len(batch) == _WRITTEN_AT_ONCE:
                await self._keep(batch)
                batch = []
        await self._keep(batch)
        return failed

    async def _answers(
        self, due: Sequence[Feed], followed: Collection[str]
    ) -> AsyncIterator[Asked]:
        """What comes of asking the feeds, AT_ONCE of them together, as it comes."""
        coming = (asyncio.create_task(self._ask(feed, followed)) for feed in due)
        stopping = asyncio.create_task(self._stopping.wait())
        running = {*islice(coming, AT_ONCE)}
        try:
            while running and not stopping.done():
                either: set[asyncio.Task[Any]] = {*running, stopping}
                done, _ = await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
                for task in running & done:
                    yield task.result()
                running -= done
                running |= {*islice(coming, AT_ONCE - len(running))}
        finally:
            left: set[asyncio.Task[Any]] = {*running, stopping}
            for one in left:
                one.cancel()
            await asyncio.gather(*left, return_exceptions=True)

    async def _ask(self, feed: Feed, followed: Collection[str]) -> Asked:
        outcome, named = await self._outcome(feed)
        now, topics = self._clock.now(), {slug(name) for name in feed.settings.topics}
        wanted = not topics or not topics.isdisjoint(followed)
        jitter = random.random()  # noqa: S311 - it only spreads requests
        state = after(feed.state, outcome, now, wanted=wanted, jitter=jitter)
        if named and named[0] != state.url:  # a page's feed is asked instead, at first at once
            again = state.next_at if feed.state.failures else now
            state = replace(state, url=named[0], next_at=again)
        document = outcome.document if isinstance(outcome, Fresh) else None
        said = (document.title, document.format) if document else (None, None)
        return Asked(feed, outcome, Asking(feed.feed_id, state, *said))

    async def _outcome(self, feed: Feed) -> tuple[Outcome, Sequence[str]]:
        """What came of asking a feed; and the feeds that a page names, if it gave a page."""
        state = feed.state
        try:
            request = Request(state.url, state.etag, state.last_modified)
            answer = await self._client.fetch(request)
            if answer.body is None or is_same(state, answer):
                return Same(answer), ()
            return Fresh(await _parsed(answer, answer.body, self._clock.now()), answer), ()
        except FetchFailed as error:
            return Failed(error.kind, error.detail, error.retry_after, error.asked), ()
        except NotAFeed as error:
            return Failed(FaultKind.NO_FEED, error.reason), error.feeds

    async def _keep(self, asked: Sequence[Asked]) -> None:
        if not asked:
            return
        now = self._clock.now()
        async with self._database.writing() as db:
            await feed_items.keep_items(db, _given(asked), now)
            await feeds.save_states(db, [one.asking for one in asked])

    async def _load(self) -> IngestReport | None:
        """Load what is kept and not loaded yet, also from before an end of the process."""
        await provider_records.count_if_due(self._database, self._clock.now())
        await self._ingestion.rules.load_feeds_again_if_changed()
        async with self._database.reading() as db:
            pending = await feed_items.pending_keys(db)
        return await self._ingestion.ingest([self._origin]) if pending else None


async def _parsed(answer: Answer, body: bytes, now: datetime) -> FeedDocument:
    if len(body) < _LARGE:
        return parse(body, answer.content_type, answer.url, now)
    return await asyncio.to_thread(parse, body, answer.content_type, answer.url, now)


def _given(asked: Iterable[Asked]) -> list[GivenItem]:
    """What the feeds give, the oldest items first."""
    found: list[GivenItem] = []
    for one in asked:
        if isinstance(one.outcome, Fresh):
            for item in reversed(one.outcome.document.items):
                said = json.dumps(article_of(item), ensure_ascii=False, sort_keys=True)
                stamp = hashlib.blake2b(said.encode(), digest_size=16).hexdigest()
                found.append(GivenItem(one.feed.feed_id, item.id, stamp, said))
    return found
