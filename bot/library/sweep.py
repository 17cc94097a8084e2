"""Asks the feeds that are due, keeps what they give, and loads it into the archive."""

import asyncio
import math
from collections import Counter
from collections.abc import AsyncGenerator, Collection, Coroutine, Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from time import monotonic
from typing import Any, Final, TypeVar

from bot.clock import Clock
from bot.library import provider_records
from bot.library.asking import Asked, Asker
from bot.library.ingest import Ingestion
from bot.library.report import IngestReport
from bot.origins.feeds.client import FeedClient
from bot.origins.feeds.origin import Feeds as FeedsOrigin
from bot.origins.feeds.schedule import LONGEST, SOONEST, corrected
from bot.store import feed_items, feeds
from bot.store.database import Connection, Database
from bot.store.feeds import Asking
from bot.stories.feeds import FaultKind, Feed, HostState

AT_ONCE: Final = 100
"""How many feeds are asked at once. Of these the client asks 32 at a time; the others wait for
their host, which on the first day is asked for robots.txt, and a second later for the feed.
"""
_WRITTEN_AT_ONCE: Final = 50
"""How many answers are written in one transaction."""
_SILENCE: Final = 1.0
"""After so many seconds without an answer what came is written and loaded: no feed delays another.
"""
_LOADED_EVERY: Final = 10.0
"""But it is loaded at most once in so many seconds: every load reads the neighbours anew."""
BEFORE_DUE: Final = timedelta(minutes=10)
"""How long before an edition the feeds of its topics are asked first."""

_Result = TypeVar("_Result")
_Ended = asyncio.Queue[asyncio.Task[Any]]
"""Tasks in the order in which they end. To wait for a hundred by `asyncio.wait` looks at each of
them whenever one ends.
"""


@dataclass
class SweepReport:
    """What a sweep did: how many feeds it asked, the fault of each that failed, by id, and how many
    items it loaded, new and changed.
    """

    asked: int
    failed: dict[int, FaultKind] = field(default_factory=dict)
    new: int = 0
    changed: int = 0

    def count_answers(self, asked: Sequence[Asked]) -> None:
        """Count what came of asking feeds."""
        self.failed |= {one.asking.feed_id: one.fault for one in asked if one.fault}

    def count_items(self, loaded: IngestReport) -> None:
        """Count items that were loaded."""
        self.new += loaded.new
        self.changed += loaded.changed


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
        self._asker = Asker(client, clock)
        self._kept_hosts: Mapping[str, HostState] | None = None
        self._asking: set[int] = set()
        self._answered = asyncio.Condition()
        self._stopping = asyncio.Event()

    async def run(self, only: Collection[int] | None = None) -> SweepReport:
        """Ask the feeds that are due, or `only` these, and load what they give. A feed that another
        sweep is asking is waited for. Raises DatabaseError.
        """
        if only is not None:
            await self._until_answered(only)
        due = await self._due(only)
        report = SweepReport(len(due))
        if due:
            try:
                await self._ask_all(due, report)
            finally:
                await self._are_answered({one.feed_id for one in due})
        await self._load(report)
        return report

    def stop(self) -> None:
        """Ask nothing more; what was answered is kept. The rest is asked after the next start."""
        self._stopping.set()

    async def _until_answered(self, ids: Collection[int]) -> None:
        async with self._answered:
            await self._answered.wait_for(lambda: self._asking.isdisjoint(ids))

    async def _are_answered(self, ids: Collection[int]) -> None:
        async with self._answered:
            self._asking.difference_update(ids)
            self._answered.notify_all()

    async def _due(self, only: Collection[int] | None) -> list[Feed]:
        """The feeds to ask. Each is noted as asked first, so that after an end of the process none
        is asked twice at once.
        """
        now = self._clock.now()
        async with self._database.reading() as db:
            if only is None and await _is_idle(db, now):
                return []
        async with self._database.writing() as db:
            await self._remember_hosts(db)
            await _correct(db, now)
            await feeds.set_due(db, await _to_hasten(db, now), now)
            due = await (feeds.due_feeds(db, now) if only is None else feeds.feeds_named(db, only))
            due = [one for one in due if one.feed_id not in self._asking]
            await feeds.note_asked(db, [one.feed_id for one in due], now, now + SOONEST)
        self._asking.update(one.feed_id for one in due)
        return _host_by_host(due)

    async def _remember_hosts(self, db: Connection) -> None:
        if self._kept_hosts is None:
            self._kept_hosts = await feeds.known_hosts(db)
            self._client.hosts.update(self._kept_hosts)

    async def _ask_all(self, due: Sequence[Feed], report: SweepReport) -> None:
        async with self._database.reading() as db:
            followed = await feeds.followed_topics(db)
        came: list[Asked] = []
        loaded = -math.inf
        async with aclosing(self._answers(due, followed)) as answers:
            async for some in answers:
                came += some
                if came and (len(came) >= _WRITTEN_AT_ONCE or not some):
                    await self._keep(came, report)
                    came = []
                    if not some and monotonic() - loaded >= _LOADED_EVERY:
                        await self._load(report)
                        loaded = monotonic()
        if came:
            await self._keep(came, report)

    async def _answers(
        self, due: Sequence[Feed], followed: Collection[str]
    ) -> AsyncGenerator[list[Asked], None]:
        """What comes of asking the feeds, AT_ONCE of them together, as it comes; nothing when
        nothing came for a while.
        """
        ended: _Ended = asyncio.Queue()
        coming = (_begun(self._asker.ask(feed, followed), ended) for feed in due)
        stopping = _begun(self._stopping.wait(), ended)
        running = {*islice(coming, AT_ONCE)}
        try:
            while running and not stopping.done():
                done = await _newly(ended)
                yield [task.result() for task in running & done]
                running -= done
                running |= {*islice(coming, AT_ONCE - len(running))}
        finally:
            left: set[asyncio.Task[Any]] = {*running, stopping}
            for one in left:
                one.cancel()
            await asyncio.gather(*left, return_exceptions=True)

    async def _keep(self, asked: Sequence[Asked], report: SweepReport) -> None:
        """Keep answers, but for those of feeds that were removed meanwhile."""
        ids = {one.asking.feed_id for one in asked}
        async with self._database.writing() as db:
            there = await feeds.existing(db, ids)
            kept = [one for one in asked if one.asking.feed_id in there]
            items = [item for one in kept for item in one.items]
            await feed_items.keep_items(db, items, self._clock.now())
            await feeds.save_states(db, [one.asking for one in kept])
            await self._keep_hosts(db)
        report.count_answers(asked)
        await self._are_answered(ids)

    async def _keep_hosts(self, db: Connection) -> None:
        before, now = self._kept_hosts or {}, dict(self._client.hosts)
        changed = {host: one for host, one in now.items() if one is not before.get(host)}
        await feeds.save_hosts(db, changed)
        self._kept_hosts = now

    async def _load(self, report: SweepReport) -> None:
        """Load what is kept and not loaded yet, also from before an end of the process."""
        await self._ingestion.rules.load_feeds_again_if_changed()
        if not self._stopping.is_set() and await self._origin.has_work():
            await provider_records.count_if_due(self._database, self._clock.now())
            stopping = self._stopping.is_set
            report.count_items(await self._ingestion.ingest([self._origin], until=stopping))


def _begun(work: Coroutine[Any, Any, _Result], ended: _Ended) -> asyncio.Task[_Result]:
    task = asyncio.create_task(work)
    task.add_done_callback(ended.put_nowait)
    return task


async def _newly(ended: _Ended) -> set[asyncio.Task[Any]]:
    """The tasks that ended meanwhile, or the next one; none if there is none for a while."""
    found = set()
    with suppress(TimeoutError):
        async with asyncio.timeout(_SILENCE):
            found.add(await ended.get())
    while not ended.empty():
        found.add(ended.get_nowait())
    return found


async def _is_idle(db: Connection, now: datetime) -> bool:
    """Whether there is nothing to ask or to set right, and so nothing to write."""
    return not (
        await feeds.has_due(db, now)
        or await _to_hasten(db, now)
        or await feeds.feeds_ahead(db, now, now + LONGEST)
    )


async def _to_hasten(db: Connection, now: datetime) -> list[int]:
    """The feeds to ask before their time, because an edition of their topics is due soon."""
    return await feeds.to_hasten(db, now, now + BEFORE_DUE, SOONEST)


async def _correct(db: Connection, now: datetime) -> None:
    """Set the times of feeds right if the clock was set back since they were written."""
    ahead = await feeds.feeds_ahead(db, now, now + LONGEST)
    states = [(one.feed_id, corrected(one.state, now)) for one in ahead]
    await feeds.save_states(db, [Asking(id_, state) for id_, state in states if state])


def _host_by_host(due: Sequence[Feed]) -> list[Feed]:
    """The feeds so that those of one host stand far apart: it is asked slowly."""
    seen: Counter[str] = Counter()
    turns: dict[int, int] = {}
    for one in due:
        host = one.state.url.partition("://")[2].partition("/")[0]
        seen[host] += 1
        turns[one.feed_id] = seen[host]
    return sorted(due, key=lambda one: turns[one.feed_id])
