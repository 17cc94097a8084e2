"""Many channels, each with a digest, in a sandbox; the bot comes and goes, its database stays."""

import asyncio
import random
import signal
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator, Sequence
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from shutil import copytree
from typing import Any, Final, TypeVar

import psycopg
import pytest
from aiohttp import web
from psycopg.rows import dict_row

from bot.app.services import open_services
from bot.clock import MovableClock
from bot.config import DeliveryConfig
from bot.database_url import DatabaseAddress, DatabaseUrl
from bot.delivery.planning import Planner
from bot.digests import target as targets
from bot.digests.changes import LOG_CHANNEL
from bot.environment import Places
from bot.sandbox import Channel, Sandbox
from bot.sandbox.faults.faults import Fault
from bot.sandbox.gateway import sessions
from bot.store import digests, servers
from bot.store.opening import file_of
from tests.conftest import ROOT, make_story_file
from tests.soak.child import Died, Zygote

T = TypeVar("T")

FIRST: Final = datetime(2020, 1, 6, 8, 0, tzinfo=UTC)
"""A Monday, when the first edition of every channel is due."""
SECOND, MINUTE, HOUR, DAY = (
    timedelta(**{unit: 1}) for unit in ("seconds", "minutes", "hours", "days")
)
LONG_EVERY: Final = 4
"""One channel in this many follows the topic whose editions have two parts."""
LATENCY: Final = 0.03
"""Seconds that a message takes."""
FORUM: Final = 8
"""Which of ten channels is a forum, in a scenario with forums; both topics take turns."""
PER_SERVER: Final = 50
MOST_TICKS: Final = 2000


@dataclass
class Scenario:
    """The channels, what happens to the bot in them, and the time there."""

    sandbox: Sandbox
    clock: MovableClock
    places: Places
    zygote: Zygote
    channels: Sequence[Channel]
    days: int
    """For how many days there are stories."""
    orders: dict[str, Any] = field(default_factory=dict)
    """The options with which every bot is started."""

    @property
    def long_channels(self) -> Sequence[Channel]:
        """The channels whose editions have two parts."""
        return self.channels[::LONG_EVERY]

    def messages(self, channel: Channel) -> list[Any]:
        """The messages that a channel shows; for a forum, those in its posts."""
        every = self.sandbox.world.guild_of(channel).channels
        homes = (channel, *(one for one in every if one.parent is channel))
        return [message for home in homes for message in home.messages]

    @property
    def due_days(self) -> list[date]:
        """The local dates for which every channel should have had its edition."""
        count = (self.clock.now() - FIRST) // DAY + 1
        return [FIRST.date() + timedelta(days=n) for n in range(count)]

    @property
    def places_order(self) -> dict[str, str]:
        """The places, for another process."""
        return {
            "database": named(self.places.database),
            "seeds": str(self.places.seeds),
            "config": str(self.places.config),
        }

    async def start(self, **orders: object) -> None:
        """Start a bot; returns after its first tick. Raises Died."""
        await self.start_with(self.zygote, **orders)

    async def start_with(self, zygote: Zygote, **orders: object) -> None:
        """Start a bot in another process. Raises Died."""
        await zygote.start(
            {
                "at": self.clock.now().isoformat(),
                "places": self.places_order,
                "token": self.sandbox.token,
                "api": self.sandbox.api,
                "gateway": self.sandbox.gateway,
                "log": str(self.places.seeds.parent / "bot.log"),
                **self.orders,
                **orders,
            }
        )

    async def tick(self, after: timedelta = timedelta()) -> None:
        """Let the bot tick, some time later on its clock. Raises Died."""
        self.clock.move(after)
        await self.zygote.tick(self.clock.now())

    async def bring_out(self, step: timedelta = 20 * SECOND, pause: float = 0) -> int:
        """Tick until no edition is open, with some real seconds between ticks; returns how many
        ticks that took. Raises Died.
        """
        for ticks in range(MOST_TICKS):
            if not self.rows("SELECT 1 FROM edition WHERE closed_at IS NULL LIMIT 1"):
                return ticks
            await asyncio.sleep(pause)
            await self.tick(step)
        raise AssertionError(f"still open: {self.rows(_OPEN)}")

    async def next_morning(self) -> None:
        """Move to the next time that editions are due, and tick. Raises Died."""
        days = (self.clock.now() - FIRST) // DAY + 1
        assert days < self.days, "there are no more stories"
        self.clock.put(FIRST + days * DAY + SECOND)
        await self.tick()

    async def until_it_dies(self, **orders: object) -> None:
        """Start a bot and let days pass until it is killed."""
        with pytest.raises(Died) as death:
            await self._live_on(**orders)
        assert death.value.status == -signal.SIGKILL, "it ended by itself"

    async def _live_on(self, **orders: object) -> None:
        await self.start(**orders)
        while True:
            await self.bring_out()
            await self.next_morning()

    async def recover(self) -> None:
        """Start a bot that is not killed, and let it finish what is open."""
        await self.start()
        await self.bring_out()
        await self.zygote.stop()

    def rows(self, sql: str, *values: object) -> list[Any]:
        """The database's current rows, as another process sees them."""
        if isinstance(self.places.database, DatabaseUrl):
            with psycopg.connect(self.places.database.secret, row_factory=dict_row) as server:
                return server.execute(sql.encode(), values or None).fetchall()
        with closing(sqlite3.connect(file_of(self.places.database), timeout=15)) as db:
            db.row_factory = sqlite3.Row
            return db.execute(sql, values).fetchall()


def named(database: DatabaseAddress) -> str:
    """The text that names a database for another process."""
    return database.secret if isinstance(database, DatabaseUrl) else str(database)


_OPEN: Final = (
    "SELECT edition_id, state, reason, retry_at, attempts FROM edition WHERE closed_at IS NULL"
)


@asynccontextmanager
async def scenario(
    folder: Path,
    zygote: Zygote,
    *,
    channels: int,
    days: int,
    rate: float | None = None,
    per_server: int = PER_SERVER,
    forums: bool = False,
    database: DatabaseAddress | None = None,
) -> AsyncIterator[Scenario]:
    """A scenario just before its first edition, with stories for this many days.

    `forums`: one channel of ten is a forum. `database`: another than a file in the folder.
    """
    clock = MovableClock(FIRST - HOUR)
    places = Places(
        database=database or folder / "data" / "broadsheet.db",
        seeds=folder / "seeds",
        config=_config(folder, rate),
    )
    _write_stories(places.seeds, days)
    sandbox = Sandbox(now=clock.now, limits=rate is not None)
    homes = _homes(sandbox, channels, per_server, forums=forums)
    await _subscribe(places, clock, homes)
    patch = pytest.MonkeyPatch()
    patch.setattr(sandbox._front, "_with_faults", _delayed(sandbox._front._with_faults))
    await sandbox.start()
    # A bot that is killed a thousand times logs in a thousand times.
    patch.setattr(sessions, "STARTS_A_DAY", 1_000_000)
    try:
        yield Scenario(sandbox, clock, places, zygote, homes, days)
        assert sandbox.unknown_routes == []
    finally:
        patch.undo()
        await zygote.killed()
        await sandbox.stop()


def _delayed(work: Callable[..., Awaitable[T]]) -> Callable[..., Awaitable[T]]:
    """Without added latency the sandbox rarely has two messages in flight at a time."""

    async def delayed(request: web.Request, *more: object) -> T:
        if request.method == "POST":
            await asyncio.sleep(LATENCY)
        return await work(request, *more)

    return delayed


def _config(folder: Path, rate: float | None) -> Path:
    """The project's configuration, but at that pace, and without spreading."""
    made = copytree(ROOT / "config", folder / "config")
    pace = f"messages_per_second: {'null' if rate is None else rate}\nspread_seconds: 0\n"
    (made / "delivery.yaml").write_text(pace, encoding="utf-8")
    return made


def _write_stories(folder: Path, days: int) -> None:
    """For each day one story of the topic Short, and five of Long that need two messages."""
    folder.mkdir()
    for day in range(days):
        names = [("short", "Short", 0), *((f"long{n}", "Long", 400) for n in range(5))]
        for name, topic, length in names:
            text = _story(f"{name}{day}", topic, FIRST + day * DAY - HOUR, length)
            (folder / f"{name}-{day}.md").write_bytes(text)


def _story(name: str, topic: str, at: datetime, length: int) -> bytes:
    """A story whose words no other has, so that it is an event of its own."""
    sources = [
        {
            "title": f"View {n} on {name}",
            "webUrl": f"https://s{n}{name}.example/{'x' * length}",
            "publishedDateTime": at,
            "quality": 40,
            "provider": {"name": f"Source {n} {name}", "domain": f"s{n}{name}.example"},
        }
        for n in range(6)
    ]
    return make_story_file(
        title=f"{name} headline{name}",
        excerpt=f"Happened{name}.",
        webUrl=f"https://{name}.example/story",
        publishedDateTime=at,
        provider={"name": f"Paper {name}", "domain": f"{name}.example"},
        topics=[topic],
        related=sources if length else [],
    )


def _homes(sandbox: Sandbox, count: int, per_server: int, *, forums: bool) -> list[Channel]:
    """This many channels, spread over servers."""
    made: list[Channel] = []
    sandbox.controls.add_guilds(-(-count // per_server))
    guilds = sandbox.world.guilds[2:]
    for number in range(count):
        kind = "forum" if forums and number % 10 == FORUM else "text"
        guild = guilds[number // per_server]
        made.append(sandbox.controls.create_channel(f"n{number}", kind, guild))
    return made


async def _subscribe(places: Places, clock: MovableClock, homes: Sequence[Channel]) -> None:
    async with open_services(places, clock) as services:
        report = await services.ingestion.rescan()
        assert not report.rejections, report.rejections
        ids = {topic.name: topic.topic_id for topic in await services.queries.topics()}
        planner = Planner(
            services.database, services.weighing, services.config.digest, DeliveryConfig()
        )
        async with services.database.writing() as db:
            for number, home in enumerate(homes):
                target = targets.Channel(home.guild_id, home.id)
                made = await digests.make_digest(db, target, clock.now())
                topic = "Short" if number % LONG_EVERY else "Long"
                await digests.follow(db, made.digest_id, ids[topic])
                first = home.guild_id + 10  # each server has one channel without a digest
                await servers.set_value(db, home.guild_id, LOG_CHANNEL, first)
                await servers.mark_greeted(db, home.guild_id, clock.now())
        await planner.rearm_all(clock.now())


@contextmanager
def hearing(one: Scenario, hear: Callable[[str, str], Fault | None]) -> Iterator[None]:
    """Called with method and path of each request as it arrives; a returned fault affects it."""
    take = one.sandbox.faults.take

    def taken(method: str, path: str, body: object) -> tuple[int, Fault] | None:
        fault = hear(method, path)
        return take(method, path, body) if fault is None else (0, fault)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(one.sandbox.faults, "take", taken)
        yield


@contextmanager
def at_message(one: Scenario, number: int, act: Callable[[], Fault | None]) -> Iterator[None]:
    """Act when each message from that number on arrives; 0 = at once. A returned fault is applied
    to it. The first messages may still be from a dead bot.
    """
    if number == 0:
        act()
    with _messages_counted(one, lambda posts: act() if posts >= number else None):
        yield


@contextmanager
def at_messages(one: Scenario, numbers: Collection[int], act: Callable[[], None]) -> Iterator[None]:
    """Act when each message of these numbers arrives."""
    with _messages_counted(one, lambda posts: act() if posts in numbers else None):
        yield


@contextmanager
def _messages_counted(one: Scenario, hear: Callable[[int], Fault | None]) -> Iterator[None]:
    """Called with the number of each message as it arrives, from 1 on."""
    posts = 0

    def heard(method: str, path: str) -> Fault | None:
        nonlocal posts
        is_post = method == "POST" and path.endswith(("/messages", "/threads"))
        posts += is_post
        return hear(posts) if is_post else None

    with hearing(one, heard):
        yield


def counts(short: int, full: int) -> pytest.MarkDecorator:
    """A short run by default, the full one under `-m soak`."""
    return pytest.mark.parametrize("count", [short, pytest.param(full, marks=pytest.mark.soak)])


def chosen(seed: int) -> random.Random:
    """Random numbers that are the same in every run."""
    return random.Random(seed)  # noqa: S311 - no secret
