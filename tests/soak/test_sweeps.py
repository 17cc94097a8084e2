"""kill -9 at any moment of a sweep: no item is lost or doubled, and no feed is asked too early."""

import asyncio
import json
import os
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random
from time import monotonic
from typing import Any, Final

from bot.app.services import open_services
from bot.clock import SystemClock
from bot.environment import Places
from bot.library.grouping import BROKEN_OFF
from bot.origins.feeds.schedule import SOONEST
from bot.stories.feeds import FeedSettings
from tests.conftest import ROOT, SetClock
from tests.library.feeding import Item, rss
from tests.origins.feeds.serving import Asked, reply, serving
from tests.soak.figures import note
from tests.soak.scenario import chosen, counts

FEEDS: Final = 60
FIRST: Final = 10
"""How many items a feed has at the beginning."""
PAUSES: Final = tuple(timedelta(minutes=one) for one in (1, 14, 16, 400, 450, 500))


@dataclass
class Publishers:
    """What the feeds give; nothing ever leaves a feed. `asked` is when each was asked."""

    chance: Random
    clock: SetClock
    items: dict[str, list[Item]] = field(default_factory=dict)
    asked: dict[str, list[datetime]] = field(default_factory=dict)
    made: int = 0

    def begin(self) -> None:
        for number in range(FEEDS):
            path = f"/{number}"
            self.items[path], self.asked[path] = [], []
            for _ in range(FIRST):
                self.publish(path)

    def publish(self, path: str) -> None:
        self.made += 1
        url = f"https://paper{path[1:]}.example/{self.made}"
        at = self.clock.now() if self.chance.random() < 0.5 else None
        self.items[path].append(Item(self.made, url=url, at=at))

    def edit(self, path: str) -> None:
        place = self.chance.randrange(len(self.items[path]))
        item = self.items[path][place]
        title = f"Headline {item.number:03}, corrected {self.chance.random()}"
        self.items[path][place] = Item(item.number, title=title, url=item.url, at=item.at)

    def change(self) -> None:
        """Let a tenth of the feeds have something new, and another tenth correct something."""
        for path in self.items:
            kind = self.chance.random()
            if kind < 0.1:
                self.publish(path)
            elif kind < 0.2:
                self.edit(path)

    def answer(self, asked: Asked) -> bytes:
        self.asked[asked.path].append(self.clock.now())
        body = rss(*self.items[asked.path], title=f"Paper {asked.path[1:]}")
        etag = f'"{hash(body)}"'
        if asked.headers.get("if-none-match") == etag:
            return reply(304, etag=etag)
        return reply(200, body, etag=etag, content_type="text/xml")


@dataclass
class Sweeper:
    """Starts one sweep at a time in a process of its own."""

    process: asyncio.subprocess.Process
    places: Places
    clock: SetClock

    async def sweep(self, killed_after: float | None = None) -> tuple[int, float]:
        """The exit code of a sweep (negative = a signal), and its seconds."""
        order = {
            "at": self.clock.now().isoformat(),
            "log": str(self.places.database.parent / "log"),
            "places": {
                "database": str(self.places.database),
                "seeds": str(self.places.seeds),
                "config": str(self.places.config),
            },
        }
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(order).encode() + b"\n")
        pid = (await self._answer())["pid"]
        if not (await self._answer()).get("began"):
            raise AssertionError("it ended before it began; see its log")
        began = monotonic()
        if killed_after is not None:
            await asyncio.sleep(killed_after)
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return (await self._answer())["ended"], monotonic() - began

    async def _answer(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = await asyncio.wait_for(self.process.stdout.readline(), 120)
        found: dict[str, Any] = json.loads(line)
        return found


@asynccontextmanager
async def sweeper(places: Places, clock: SetClock) -> AsyncIterator[Sweeper]:
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.soak.sweeper"), stdin=pipe, stdout=pipe, cwd=ROOT
    )
    try:
        yield Sweeper(process, places, clock)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()


def rows(database: Path, sql: str) -> list[Any]:
    with closing(sqlite3.connect(database)) as db:
        return db.execute(sql).fetchall()


def waiting(database: Path, now: datetime) -> set[str]:
    """The paths of the feeds that are not due."""
    found = rows(database, "SELECT url, next_at FROM feed")
    return {f"/{url.rpartition('/')[2]}" for url, at in found if at > now.timestamp()}


@counts(6, 200)
async def test_killed_at_any_moment_of_a_sweep_nothing_is_lost_doubled_or_asked_too_early(
    tmp_path: Path, count: int
):
    clock, chance = SetClock(), chosen(count)
    papers = Publishers(chance, clock)
    papers.begin()
    places = Places(
        database=tmp_path / "broadsheet.db", seeds=tmp_path / "none", config=ROOT / "config"
    )
    early: list[str] = []
    killed = 0
    async with serving(dict.fromkeys(papers.items, papers.answer)) as server:
        async with open_services(places, clock) as services:
            for number in range(FEEDS):
                url = server.url(f"/{number}", f"paper{number}.example")
                await services.feeds.add(FeedSettings(url, topics=("AI",)), "test")
        async with sweeper(places, clock) as one:
            code, longest = await one.sweep()
            assert code == 0
            clock.move(timedelta(hours=7))
            papers.change()
            for _ in range(count):
                not_due = waiting(places.database, clock.now())
                counted = {path: len(times) for path, times in papers.asked.items()}
                code, seconds = await one.sweep(chance.uniform(0, longest))
                assert code in (0, -signal.SIGKILL)
                killed += code != 0
                if code == 0:
                    longest = seconds * 1.2
                early += [path for path in not_due if len(papers.asked[path]) > counted[path]]
                clock.move(chance.choice(PAUSES))
                papers.change()
            clock.move(timedelta(days=1))
            code, _ = await one.sweep()
            assert code == 0
        async with open_services(places, clock) as services:
            ingestion, later = services.ingestion, SystemClock().now() + 2 * BROKEN_OFF
            left = await ingestion.grouping.left(later)  # as a bot finds them a while later
            await ingestion.grouping.group_all(ingestion.rules.ranking, left)
    for times in papers.asked.values():
        early += [str(after) for before, after in pairwise(times) if after - before < SOONEST]
    wanted = {
        item.url: item.title or f"Headline {item.number:03}"
        for items in papers.items.values()
        for item in items
    }
    found = rows(places.database, "SELECT url, title FROM story WHERE withdrawn = 0")
    note(
        f"kill -9 during sweeps, {killed} of {count} times",
        "no item lost or doubled, no feed asked before its time",
        f"{len(wanted.keys() - dict(found).keys())} lost and {len(found) - len(dict(found))}"
        f" doubled of {len(wanted):,} items; {len(early)} of"
        f" {sum(map(len, papers.asked.values())):,} requests too early",
    )
    assert early == []
    assert len(found) == len(wanted)
    assert dict(found) == wanted
    assert rows(places.database, "SELECT count(*) FROM feed_item WHERE pending = 1") == [(0,)]
    assert rows(places.database, "SELECT count(*) FROM item") == [(len(wanted),)]
    assert rows(places.database, "SELECT count(*) FROM story WHERE grouped = 0") == [(0,)]
    assert rows(places.database, "PRAGMA integrity_check") == [("ok",)]
    assert killed > count / 3
