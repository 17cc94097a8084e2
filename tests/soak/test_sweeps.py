"""kill -9 at any moment of a sweep: no item is lost or doubled, and no feed is asked too early."""

import asyncio
import json
import signal
import sqlite3
import sys
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import cycle, pairwise
from pathlib import Path
from random import Random
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from bot.app.services import open_services
from bot.clock import SystemClock
from bot.environment import Places
from bot.library.grouping import BROKEN_OFF
from bot.origins.feeds.schedule import SOONEST
from bot.store.opening import file_of
from bot.stories.feeds import FeedSettings
from tests.conftest import ROOT, SetClock
from tests.library.feeding import Item, rss
from tests.origins.feeds.serving import Asked, reply, serving
from tests.soak.figures import note
from tests.soak.scenario import chosen, counts
from tests.soak.sweeper import PHASES

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


class Swept(NamedTuple):
    """The exit code of a sweep (negative = a signal), and when each of its phases began."""

    code: int
    begun: Sequence[tuple[str, float]]

    def seconds(self) -> dict[str, float]:
        """How long the phases took, but for the last one."""
        return {phase: after - at for (phase, at), (_, after) in pairwise(self.begun)}


@dataclass
class Sweeper:
    """Starts one sweep at a time in a process of its own."""

    process: asyncio.subprocess.Process
    places: Places
    clock: SetClock

    async def sweep(self, kill: Mapping[str, float] = MappingProxyType({})) -> Swept:
        """Sweep, but be killed so many seconds after a phase begins."""
        order = {
            "at": self.clock.now().isoformat(),
            "log": str(file_of(self.places.database).parent / "log"),
            "kill": {**kill},
            "places": {
                "database": str(self.places.database),
                "seeds": str(self.places.seeds),
                "config": str(self.places.config),
            },
        }
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(order).encode() + b"\n")
        begun: list[tuple[str, float]] = []
        while "ended" not in (answer := await self._answer()):
            if "phase" in answer:
                begun.append((answer["phase"], answer["at"]))
        return Swept(answer["ended"], begun)

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
    killed = Counter[str]()
    took = dict.fromkeys(PHASES, 0.0)
    aims = cycle(PHASES)
    async with serving(dict.fromkeys(papers.items, papers.answer)) as server:
        async with open_services(places, clock) as services:
            for number in range(FEEDS):
                url = server.url(f"/{number}", f"paper{number}.example")
                await services.feeds.add(FeedSettings(url, topics=("AI",)), "test")
        async with sweeper(places, clock) as one:
            assert (await one.sweep()).code == 0
            clock.move(timedelta(hours=7))
            papers.change()
            least = count // (3 * len(PHASES))
            while killed.total() < count or any(killed[phase] < least for phase in PHASES):
                not_due = waiting(file_of(places.database), clock.now())
                counted = {path: len(times) for path, times in papers.asked.items()}
                aim = next(aims)
                swept = await one.sweep({aim: chance.uniform(0, took[aim])})
                assert swept.code in (0, -signal.SIGKILL)
                await server.idle()  # what is answered later would be noted as asked later
                if swept.code:
                    killed[swept.begun[-1][0]] += 1
                took |= swept.seconds()
                early += [path for path in not_due if len(papers.asked[path]) > counted[path]]
                clock.move(chance.choice(PAUSES))
                papers.change()
            clock.move(timedelta(days=1))
            assert (await one.sweep()).code == 0
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
    found = rows(file_of(places.database), "SELECT url, title FROM story WHERE withdrawn = 0")
    phases = ", ".join(f"{number} in {phase}" for phase, number in killed.items())
    note(
        f"kill -9 during sweeps, {killed.total()} times ({phases})",
        "no item lost or doubled, no feed asked before its time",
        f"{len(wanted.keys() - dict(found).keys())} lost and {len(found) - len(dict(found))}"
        f" doubled of {len(wanted):,} items; {len(early)} of"
        f" {sum(map(len, papers.asked.values())):,} requests too early",
    )
    assert early == []
    assert len(found) == len(wanted)
    assert dict(found) == wanted
    assert rows(file_of(places.database), "SELECT count(*) FROM feed_item WHERE pending = 1") == [
        (0,)
    ]
    assert rows(file_of(places.database), "SELECT count(*) FROM item") == [(len(wanted),)]
    assert rows(file_of(places.database), "SELECT count(*) FROM story WHERE grouped = 0") == [(0,)]
    assert rows(file_of(places.database), "PRAGMA integrity_check") == [("ok",)]
