"""The bot in its sandbox: a server, users and stories to try everything without an account."""

import logging
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any, Final

from pydantic import SecretStr

from bot.app.housekeeping import log_report, rescan
from bot.app.online import Online, online, sweep_feeds
from bot.app.run import log_places, undamaged
from bot.app.services import Services, open_services
from bot.clock import MovableClock, SystemClock
from bot.config import FeedsConfig
from bot.demo.page_clock import PageClock, next_due
from bot.digests.status import DigestStatus
from bot.digests.target import Channel
from bot.environment import DiscordAccount, Places
from bot.errors import DatabaseError, UsageError
from bot.library.feeds import named
from bot.origins.feeds.client import FetchPolicy, Timeouts
from bot.origins.feeds.host_pace import HostPace
from bot.origins.files.origin import given_files
from bot.sandbox import Sandbox
from bot.sandbox.feeds import (
    TOPICS,
    FeedServer,
    InventedFeed,
    InventedNames,
    all_feeds,
    feeds_about,
    news_feeds,
)
from bot.store import editions, servers, stories
from bot.store.opening import only_bot_on
from bot.stories.feeds import FeedSettings
from bot.stories.model import Topic
from bot.stories.text import slug

logger = logging.getLogger(__name__)

Show = Callable[[str, Mapping[str, Any]], None]
"""Called with each new message in a channel: the channel's name, and Discord's JSON."""

CHANNEL: Final = "news"
"""The channel that follows the seed's topics."""
FIRST_TOPICS: Final = 5
"""How many topics it follows at most, those with the most stories first."""
HEAD_START: Final = timedelta(hours=1)
"""How long after the newest story the clock starts."""
PATIENCE: Final = Timeouts(total=2, connect=1, read=1)
"""How long a feed is waited for: someone who moves the clock waits, too."""


@dataclass(frozen=True)
class DemoOptions:
    """The options of `broadsheet sandbox`; `at` None = an hour after the newest story.

    `news`: invented feeds tell something every day, also if config/feeds.yaml chooses no topic.
    """

    port: int
    at: datetime | None
    record: Path | None
    news: bool = True


@dataclass(frozen=True)
class Demo:
    """The running sandbox: its clock can be moved, its users can act."""

    sandbox: Sandbox
    clock: MovableClock
    services: Services
    online: Online
    feeds: FeedServer

    async def move(self, by: timedelta) -> None:
        """Move the clock, ask the feeds that are due, and run the tick at once; returns when
        everything due is posted and followed up.
        """
        self.clock.move(by)
        if by > timedelta():
            self.sandbox.limits.end_windows()
        await sweep_feeds(self.services, self.online.delivery, self.online.sweep)
        self.online.jobs.tick_now()
        await self.online.jobs.ticked()
        await self.online.delivery.follow_up()

    async def digests(self) -> list[DigestStatus]:
        """The status of every digest."""
        servers = self.sandbox.world.guilds
        found = [await self.online.bot.services.statuses.of_server(server.id) for server in servers]
        return [one for statuses in found for one in statuses]

    async def next_digests(self) -> dict[int, datetime]:
        """When the next edition of each channel is due, by the channel's id."""
        return next_due(await self.digests())


@asynccontextmanager
async def demo(places: Places, options: DemoOptions, show: Show) -> AsyncIterator[Demo]:
    """Run the whole bot against its own loopback Discord, with a first digest posted.

    Raises UsageError for a port in use or a record that cannot be written, ConfigError and
    DatabaseError.
    """
    log_places(places)
    clock = MovableClock(SystemClock().now())
    page_clock = PageClock(clock)
    sandbox = Sandbox(now=clock.now, record=options.record, clock=page_clock, limits=True)
    feeds = FeedServer(all_feeds(), clock.now)
    with only_bot_on(places.database):
        async with open_services(places, clock) as services, undamaged(places.database):
            await _refuse_foreign(services, sandbox)
            topics = await _load_stories(services)
            clock.put(options.at or await _beginning(services))
            invented = _instead_of_feeds(services, options)
            await _start(sandbox, options.port)
            await feeds.start()
            account = DiscordAccount(
                token=SecretStr(sandbox.token), api=sandbox.api, gateway=sandbox.gateway
            )
            shower = _Shower(sandbox, show)
            try:
                policy = _policy(feeds, clock)
                async with online(services, account, None, shower.show_new, policy) as bot:
                    await _first_digest(sandbox, bot, topics)
                    shower.show_new()
                    await _add_invented_feeds(services, invented)
                    running = Demo(sandbox, clock, services, bot, feeds)
                    page_clock.bot = running
                    yield running
            finally:
                await feeds.stop()
                await sandbox.stop()


def _policy(server: FeedServer, clock: MovableClock) -> FetchPolicy:
    """How feeds are asked here: invented names lead to the server and no others lead anywhere, and
    no other address or port may be connected to.
    """
    return FetchPolicy(
        clock=clock,
        resolver=InventedNames(server),
        is_allowed=server.is_here,
        pace=HostPace(at_once=8, apart=timedelta()),
        timeouts=PATIENCE,
    )


def _instead_of_feeds(services: Services, options: DemoOptions) -> list[InventedFeed]:
    """Leave the feeds of config/feeds.yaml alone; returns the invented ones to ask instead: those
    about the same topics, or if there are none, those with the news of all topics.
    """
    about = {slug(topic) for one in services.config.feeds.feeds for topic in one.topics}
    services.config = services.config.model_copy(update={"feeds": FeedsConfig()})
    topics = [topic for topic in TOPICS if slug(topic) in about]
    return feeds_about(topics) or (news_feeds() if options.news else [])


async def _add_invented_feeds(services: Services, invented: list[InventedFeed]) -> None:
    """Add the invented feeds, after the first digest: it shows the stories of files alone."""
    found = [
        named(FeedSettings(one.url, one.title.partition(":")[0], topics=one.topics))
        for one in invented
    ]
    await services.feeds.add_new(found, "the sandbox")
    if found:
        text = "invented feeds, asked instead of those in config/feeds.yaml: %d"
        logger.info(text, len(found))


async def _refuse_foreign(services: Services, sandbox: Sandbox) -> None:
    """Refuse a real bot's database: its editions would count as missed, and stories be added."""
    async with services.database.reading() as db:
        guilds = await servers.all_guild_ids(db)
    if not guilds <= {guild.id for guild in sandbox.world.guilds}:
        reason = "it holds the digests of a real bot"
        raise DatabaseError(
            services.places.database, reason, "Omit --database, or name another file."
        )


async def _load_stories(services: Services) -> list[Topic]:
    """Load the seeds, then the invented stories; returns the seeds' topics, largest first."""
    if services.places.seeds.exists():
        await rescan(services)
    topics = await services.queries.topics()
    with as_file(files("bot.sandbox") / "stories") as folder:
        report = await services.ingestion.ingest(given_files([folder], services.places.seeds))
    text = "%d invented stories of the sandbox are shown beside those of %s"
    logger.info(text, report.read, services.places.seeds)
    log_report(report, report.rejections)
    topics = topics or await services.queries.topics()
    return sorted(topics, key=lambda t: (-t.stories, t.slug))[:FIRST_TOPICS]


async def _beginning(services: Services) -> datetime:
    """An hour after the newest story; with a used database, not before its last edition."""
    async with services.database.reading() as db:
        newest = await stories.newest_story_at(db)
        last = await editions.newest_edition_at(db)
    begins = (newest or SystemClock().now()) + HEAD_START
    return max(begins, last) if last else begins


async def _start(sandbox: Sandbox, port: int) -> None:
    try:
        await sandbox.start(port)
    except OSError as error:
        if error.filename is not None:  # it is the record's; a port has none
            raise UsageError(f"{error.filename} cannot be written: {error.strerror}") from error
        raise UsageError(f"Port {port} cannot be used ({error.strerror}); try --port 0.") from error


async def _first_digest(sandbox: Sandbox, bot: Online, topics: list[Topic]) -> None:
    """As a moderator, follow the topics and press "Post now", unless the channel had a digest."""
    channel = sandbox.world.channel(CHANNEL)
    target = Channel(sandbox.world.guild.id, channel.id)
    status = await bot.bot.services.statuses.of_channel(target)
    if status and status.last:
        return
    moderator = sandbox.person("moderator")
    named = ", ".join(topic.name for topic in topics)
    answer = await moderator.command("subscribe", CHANNEL, topic=named)
    if answer.failed:
        raise UsageError("The sandbox's bot did not answer /subscribe.")
    await moderator.press(answer.message, f"now:{channel.id}")


class _Shower:
    """Shows each message of each channel once."""

    def __init__(self, sandbox: Sandbox, show: Show) -> None:
        self._sandbox, self._show = sandbox, show
        self._shown = {message["id"] for _, message in self._messages()}  # invented, not the bot's

    def show_new(self) -> None:
        for name, message in self._messages():
            if message["id"] not in self._shown:
                self._shown.add(message["id"])
                self._show(name, message)

    def _messages(self) -> Iterator[tuple[str, dict[str, Any]]]:
        for channel in self._sandbox.world.channels:
            for message in channel.messages:
                yield channel.name, message
