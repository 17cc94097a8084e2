"""Delivery on a real database file, in front of a fake Discord; it can die and start again."""

from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, Self

from bot.clock import SystemClock
from bot.config import DeliveryConfig, DigestConfig
from bot.delivery.arming import Arming
from bot.delivery.circuit_breaker import CircuitBreaker
from bot.delivery.crosspost import Crossposting
from bot.delivery.dispatcher import Dispatcher
from bot.delivery.feed_notices import FeedNotices
from bot.delivery.greeting import Greeting
from bot.delivery.notify import Notices
from bot.delivery.pacer import Pacer
from bot.delivery.planning import Planner
from bot.delivery.presence import Presence
from bot.delivery.rate_gate import RateGate
from bot.delivery.recovery import Recovery
from bot.delivery.service import DeliveryService
from bot.delivery.threads import Threads
from bot.delivery.weighing import Weighing
from bot.digests.edition import Part, PastEdition
from bot.digests.status import DigestStatus
from bot.digests.target import Channel
from bot.library.explanations import Reasons
from bot.library.folding import Folding
from bot.library.ingest import Ingestion
from bot.store import digests, editions, ledger, topics
from bot.store.database import Database, every
from bot.store.digests import DigestRow
from bot.store.opening import open_database
from bot.store.plausible import Plausibility
from bot.stories.model import Topic
from bot.stories.ranking import Rules
from bot.stories.text import slug
from bot.stories.urls import Trackers
from bot.subscriptions.changes import Changes
from bot.subscriptions.follow import Subscriptions
from bot.subscriptions.on_demand import OnDemand
from bot.subscriptions.previews import Previews
from bot.subscriptions.settings import Settings
from bot.subscriptions.status import Statuses
from tests.archives import empty_archive
from tests.conftest import SetClock, files_at, make_story_file, plain_rules, sentence
from tests.delivery.discord import FakeDiscord

GUILD, CHANNEL, OTHER_CHANNEL = 1, 11, 12
TARGET, OTHER_TARGET = Channel(GUILD, CHANNEL), Channel(GUILD, OTHER_CHANNEL)
MORNING = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)
"""A Monday, at the default digest's time."""
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PLAIN_RULES = plain_rules()


def story(number: int, heat: int | None = 100, age: timedelta = HOUR, **fields: object) -> bytes:
    """A story file; stories with different numbers share no words and no publisher."""
    name = f"{number:03}"
    usual: dict[str, object] = {
        "title": f"Headline {name}",
        "excerpt": sentence(number),
        "webUrl": url(number),
        "publishedDateTime": MORNING - age,
        "heat": heat,
        "provider": {"name": f"Paper {name}", "domain": f"p{name}.example"},
    }
    return make_story_file(**{**usual, **fields})


def url(number: int) -> str:
    return f"https://p{number:03}.example/story"


def numbers(urls: Sequence[str]) -> list[int]:
    """The numbers of stories, from their URLs."""
    return [int(address.removeprefix("https://p")[:3]) for address in urls]


def same_event(number: int) -> dict[str, Any]:
    """The fields that make a story one event with the story of that number."""
    return {"excerpt": sentence(number)}


def listing(*others: int) -> list[dict[str, object]]:
    """The `related` of a story that lists others."""
    return [
        {
            "title": f"Headline {number:03}",
            "webUrl": url(number),
            "publishedDateTime": MORNING,
            "quality": 40,
            "provider": {"name": f"Paper {number:03}", "domain": f"p{number:03}.example"},
        }
        for number in others
    ]


def long_stories() -> list[bytes]:
    """Five stories that do not fit into one message: each has sources with very long URLs."""
    return [story(n, 200 - n, related=_long_sources(n)) for n in range(1, 6)]


def _long_sources(number: int) -> list[dict[str, object]]:
    return [
        {
            "title": f"View {number}{n}",
            "excerpt": " ".join(Random(n).sample(sentence(number).split(), 10)),  # noqa: S311 - data
            "webUrl": f"https://s{number}{n}.example/{'x' * 400}",
            "publishedDateTime": MORNING - DAY,
            "quality": 40,
            "provider": {"name": f"Source {number}{n}", "domain": f"s{number}{n}.example"},
        }
        for n in range(6)
    ]


class Harness:
    """Everything wired on one file. Use it in an async with."""

    def __init__(
        self, folder: Path, config: DigestConfig | None = None, pace: DeliveryConfig | None = None
    ) -> None:
        self.folder = folder
        self.pace = pace or DeliveryConfig(spread_seconds=0)
        self.config = config or DigestConfig()
        self.clock = SetClock(MORNING - HOUR)
        self.steady = self.clock
        self.discord = FakeDiscord(self.clock)
        self._open = AsyncExitStack()
        self._files = 0

    async def __aenter__(self) -> Self:
        self.address = empty_archive(self.folder / "broadsheet.db")
        self.database: Database = await open_database(self.address)
        self._open.push_async_callback(self.database.close)
        database, discord, clock = self.database, self.discord, self.clock
        self.plausibility = Plausibility(database, clock)
        await self.plausibility.begin()
        self.pacer = Pacer(None)
        self.gate = gate = RateGate(self.pacer, CircuitBreaker(), clock)
        self.weighing = weighing = Weighing(Folding(PLAIN_RULES))
        self.planner = planner = Planner(database, weighing, self.config, self.pace)
        self.dispatcher = Dispatcher(database, discord, gate, clock)
        self.arming = arming = Arming(database, planner, clock)
        self.statuses = statuses = Statuses(database, planner)
        self.subscriptions = Subscriptions(database, arming, statuses, clock)
        self.settings = Settings(database, arming, statuses, clock)
        self.changes = Changes(database, arming, statuses, clock)
        self.on_demand = OnDemand(database, planner, self.dispatcher, clock)
        self.previews = Previews(self.database, weighing, self.config)
        self.reasons = Reasons(self.database, self.config)
        following = (database, discord, gate, clock, self.steady, self.plausibility)
        self.delivery = DeliveryService(
            planner=planner,
            dispatcher=self.dispatcher,
            notices=Notices(database, discord, gate, clock),
            feed_notices=FeedNotices(database, discord, gate, clock),
            crossposting=Crossposting(*following),
            threads=Threads(*following),
            greeting=Greeting(database, discord, gate, clock),
            recovery=Recovery(database, discord, gate, planner, clock, Trackers()),
            presence=Presence(database, planner, clock),
            arming=self.arming,
            pacer=self.pacer,
            clock=clock,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._open.aclose()

    async def restart(self, config: DigestConfig | None = None) -> None:
        """Wire everything again on the same file, as after a crash; in the order of bot/app."""
        await self._open.aclose()
        self.config = config or self.config
        await self.__aenter__()
        await self.delivery.begin()

    async def load(self, *files: bytes, rules: Rules = PLAIN_RULES) -> None:
        """Load story files as `ingest` does; with other rules every story is ranked again."""
        for content in files:
            self._files += 1
            path = self.folder / "seeds" / f"{self._files}.md"
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content)
        ingestion = Ingestion(self.database, rules, Trackers(), SystemClock(), [])
        report = await ingestion.ingest(files_at(self.folder / "seeds"))
        assert report.rejections == []

    async def topic(self, name: str = "AI") -> Topic:
        async with self.database.reading() as db:
            found = await topics.topic_by_slug(db, slug(name))
        assert found is not None
        return found

    async def follow(self, channel: int = CHANNEL, *names: str, guild: int = GUILD) -> DigestStatus:
        wanted = [await self.topic(name) for name in names or ("AI",)]
        change = await self.subscriptions.change(Channel(guild, channel), wanted, (), by=1)
        return change.status

    async def tick(self, *, at: datetime | None = None, after: timedelta | None = None) -> None:
        """Run a tick, at another time if one is given."""
        if at:
            self.clock.put(at)
        if after:
            self.clock.move(after)
        await self.delivery.bring_out()

    async def post_with(self, setting: str, *files: bytes) -> list[int]:
        """Post an edition while a setting says yes; returns the ids of its messages."""
        await self.load(*(files or (story(1), story(2, age=-DAY))))
        await self.follow()
        await self.settings.set_for_channel(TARGET, setting, "yes", by=1)
        await self.tick(at=MORNING)
        return [message.message_id for message in self.discord.messages]

    async def digest(self, channel: int = CHANNEL) -> DigestRow:
        async with self.database.reading() as db:
            found = await digests.digest_of_channel(db, channel)
        assert found is not None
        return found

    async def editions(self, channel: int = CHANNEL) -> list[PastEdition]:
        """Every edition of a channel, oldest first."""
        digest = await self.digest(channel)
        async with self.database.reading() as db:
            found = await editions.past_editions(db, digest.digest_id, 10_000)
        return [one.read() for one in found[::-1]]

    async def edition(self, channel: int = CHANNEL) -> PastEdition:
        """The only edition of a channel."""
        (found,) = await self.editions(channel)
        return found

    async def parts(self) -> list[Part]:
        """Every part of every edition."""
        async with self.database.reading() as db:
            ids = await every(db, "SELECT edition_id FROM edition ORDER BY edition_id")
            return [p for row in ids for p in await ledger.parts_of(db, row["edition_id"])]

    async def posted(self, channel: int = CHANNEL) -> set[int]:
        """The stories that count as posted in a channel, by their numbers."""
        sql = "SELECT url FROM posted JOIN story USING (story_id) WHERE digest_id = :id"
        digest = await self.digest(channel)
        return set(numbers([row["url"] for row in await self.rows(sql, id=digest.digest_id)]))

    async def rows(self, sql: str, **values: object) -> list[Any]:
        async with self.database.reading() as db:
            return await every(db, sql, values)

    async def execute(self, sql: str, **values: object) -> None:
        async with self.database.writing() as db:
            await db.execute(sql, values)

    def shown(self, channel: int = CHANNEL) -> list[int]:
        """The numbers of the stories that a channel shows, in order."""
        return numbers(self.discord.urls(channel))
