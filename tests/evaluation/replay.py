"""Replays days of invented feeds through the whole bot: sweeps, grouping, digests, commands.

`python -m tests.evaluation.replay [--feeds 300] [--items 3000] [--days 7] [--seed 1]`

The bot asks a server of those feeds on the loopback and posts to the sandbox; both are here, and
the bot is in a process of its own.
"""

import argparse
import asyncio
import json
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any, Final

from bot.app.services import Services, open_services
from bot.clock import MovableClock
from bot.library.feeds import named
from bot.sandbox import Sandbox
from bot.sandbox.feeds import FeedServer
from bot.stories.feeds import Feed, FeedSettings
from tests.benchmarks.table import p99
from tests.conftest import places_at
from tests.evaluation.grouping import Score, bcubed
from tests.evaluation.invented_feeds import BEGINNING, TOPICS, News, Shape, make_news
from tests.evaluation.replayed_bot import BotProcess, bot_process

STEP: Final = timedelta(minutes=15)
CHANNELS: Final = ("news", "ai", "general", "announcements", "elsewhere")
TOPICS_EACH: Final = 3
UNTIL_ASKED: Final = timedelta(hours=6.75)
"""No feed that answers is asked later: six hours and a tenth, and a step."""
BETWEEN: Final = 0.05
"""Seconds between two commands of the people who look something up meanwhile."""


@dataclass
class Replay:
    """The bot, its feeds and its channels, and the time there. `asking` is held while a command is
    answered or the clock moves: Discord waits three seconds for an answer, and so does the sandbox.
    `longest_block` and `longest_work` are those of the steps so far, in seconds.
    """

    news: News
    clock: MovableClock
    services: Services
    sandbox: Sandbox
    bot: BotProcess
    server: FeedServer
    asking: asyncio.Lock = field(default_factory=asyncio.Lock)
    longest_block: float = 0.0
    longest_work: float = 0.0

    async def step(self, by: timedelta = STEP) -> None:
        """Move the clock, ask the feeds that are due, post what is due, and do a new day's work."""
        async with self.asking:
            self.clock.move(by)
            await self.bot.move(self.clock.now())
        took = await self.bot.answer()
        self.longest_block = max(self.longest_block, took["longest_block"])
        self.longest_work = max(self.longest_work, took["longest_work"])

    async def follow(self) -> None:
        """Let each channel follow some topics."""
        for number, channel in enumerate(CHANNELS):
            for more in range(TOPICS_EACH):
                topic = TOPICS[(2 * number + more) % len(TOPICS)]
                answer = await self.sandbox.person("owner").command(
                    "subscribe", channel, topic=topic
                )
                assert not answer.failed, answer.text

    async def feeds(self) -> dict[str, Feed]:
        """The feeds as the bot knows them, by address."""
        return {one.settings.url: one for one in await self.services.feeds.listed()}

    async def events(self) -> dict[str, int]:
        """The event of each story, by its address."""
        async with self.services.database.reading() as db:
            rows = await db.execute_fetchall("SELECT url, event_id FROM story WHERE removed = 0")
        return {row[0]: row[1] for row in rows}

    def digests(self) -> Iterator[tuple[str, list[str]]]:
        """The channel of each digest, and the addresses of its stories."""
        for channel in CHANNELS:
            for message in self.sandbox.world.channel(channel).messages:
                if found := [one["url"] for one in message["embeds"] if "url" in one]:
                    yield channel, found


@asynccontextmanager
async def replaying(folder: Path, news: News) -> AsyncIterator[Replay]:
    """A bot that knows the feeds but has asked none, at the beginning of the news."""
    clock = MovableClock(BEGINNING)
    places = places_at(folder, folder / "seeds")
    places.seeds.mkdir()
    sandbox = Sandbox(now=clock.now)
    server = FeedServer(news.feeds, clock.now)
    await sandbox.start()
    await server.start()
    given = [FeedSettings(one.url, topics=one.topics) for one in news.feeds]
    try:
        async with open_services(places, clock) as services:
            await services.feeds.add_new([named(one) for one in given], "the test")
            async with bot_process(places, clock.now(), sandbox, server) as bot:
                yield Replay(news, clock, services, sandbox, bot, server)
    finally:
        await server.stop()
        await sandbox.stop()


@asynccontextmanager
async def looking_up(replay: Replay) -> AsyncIterator[list[float]]:
    """People who look up stories and topics all the time; how long each answer took, in seconds."""
    seconds: list[float] = []
    random = Random(1)  # noqa: S311 - data
    member = replay.sandbox.person("member")

    async def ask() -> None:
        while True:
            title = random.choice(replay.news.items).title.split()
            topic = random.choice(TOPICS)
            commands: dict[str, dict[str, Any]] = {
                "story": {"query": " ".join(title[:3])},
                "topic": {"name": topic},
                "topics": {},
            }
            for line, options in commands.items():
                async with replay.asking:
                    begun = time.perf_counter()
                    answer = await member.command(line, **options)
                    seconds.append(time.perf_counter() - begun)
                assert not answer.failed, line
                await asyncio.sleep(BETWEEN)

    task = asyncio.create_task(ask())
    try:
        yield seconds
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@dataclass(frozen=True)
class Figures:
    """What a replay came to.

    `missing` are items that were shown for UNTIL_ASKED and not loaded: they left a busy feed before
    it was asked. `twice` counts the digests with two stories of one event, as the bot has it and in
    truth; `again_in_truth` the stories of an event that their channel had before. `longest_block`
    is for how long the bot's loop stood still, `longest_work` for how long its own thread worked,
    which does not depend on what else the machine does.
    """

    items: int
    loaded: int
    missing: int
    f1: float
    precision: float
    recall: float
    digests: int
    posted: int
    twice: int
    twice_in_truth: int
    again_in_truth: int
    requests: int
    seconds: float
    longest_block: float
    longest_work: float
    answers: int
    answer_p99: float


async def replayed(folder: Path, shape: Shape, seed: int = 1) -> Figures:
    """Replay the days."""
    news = make_news(shape, seed)
    async with replaying(folder, news) as replay:
        await replay.step()
        await replay.follow()
        begun = time.perf_counter()
        async with looking_up(replay) as answers:
            while replay.clock.now() < BEGINNING + timedelta(days=shape.days):
                await replay.step()
        took = time.perf_counter() - begun
        return await _figures(replay, took, answers)


async def _figures(replay: Replay, took: float, answers: Sequence[float]) -> Figures:
    events, truth = await replay.events(), replay.news.events
    digests = [*replay.digests()]
    score = _score(truth, events)
    return Figures(
        items=len(replay.news.items),
        loaded=len(events),
        missing=sum(
            one.url not in events
            for one in replay.news.items
            if one.shown_at < replay.clock.now() - UNTIL_ASKED
        ),
        **score._asdict(),
        digests=len(digests),
        posted=sum(len(urls) for _, urls in digests),
        twice=sum(_repeats(events[url] for url in urls) > 0 for _, urls in digests),
        twice_in_truth=sum(_repeats(truth[url] for url in urls) > 0 for _, urls in digests),
        again_in_truth=_again(digests, truth),
        requests=sum(map(len, replay.server.asked.values())),
        seconds=took,
        longest_block=replay.longest_block,
        longest_work=replay.longest_work,
        answers=len(answers),
        answer_p99=p99(answers),
    )


def _score(truth: dict[str, int], events: dict[str, int]) -> Score:
    urls = sorted(events)
    return bcubed([truth[url] for url in urls], [events[url] for url in urls])


def _again(digests: Sequence[tuple[str, Sequence[str]]], truth: dict[str, int]) -> int:
    """How many stories were posted of events that their channel had already."""
    had = Counter((channel, truth[url]) for channel, urls in digests for url in urls)
    return sum(count - 1 for count in had.values())


def _repeats(values: Iterator[Any]) -> int:
    return sum(count - 1 for count in Counter(values).values())


def main() -> None:
    """Replay, and print the figures."""
    parser = argparse.ArgumentParser(prog="python -m tests.evaluation.replay")
    for name, default in Shape()._asdict().items():
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    shape = Shape(given.feeds, given.items, given.days)
    with tempfile.TemporaryDirectory(prefix="broadsheet-replay-") as folder:
        found = asyncio.run(replayed(Path(folder), shape, given.seed))
    print(json.dumps(vars(found), indent=1))


if __name__ == "__main__":
    main()
