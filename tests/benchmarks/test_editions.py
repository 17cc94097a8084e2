"""Thousands of editions: planning, the pace at which they are sent, and who waits meanwhile.

pytest -m benchmark -s tests/benchmarks/test_editions.py
"""

import asyncio
import json
import shutil
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from bot.app.online import delivery_of, online
from bot.app.services import Services, open_services
from bot.clock import MovableClock, SystemClock
from bot.config import DeliveryConfig
from bot.delivery.circuit_breaker import CircuitBreaker
from bot.delivery.pacer import RATE
from bot.delivery.planning import Planner
from bot.environment import DiscordAccount
from bot.store.database import every
from bot.store.opening import file_of
from tests.benchmarks.filling import Archive, places_in
from tests.benchmarks.table import Row, note, p50, p99, shown, spread
from tests.benchmarks.timing import beating
from tests.chat.conftest import not_waiting_for_servers
from tests.conftest import ROOT, SetClock
from tests.delivery.discord import FakeDiscord

pytestmark = pytest.mark.benchmark

ARTICLES = 10_000
DUE, DIGESTS, FAN_OUT = 10_000, 100_000, 1_000
TOPICS_EACH, TICKS = 3, 200
LONGEST_BLOCK, IDLE, ANSWER, PACE = 50e-3, 2e-3, 300e-3, 0.9
NEVER = datetime(2100, 1, 1, tzinfo=UTC)

Ids = Sequence[tuple[int, int]]
"""Ids of servers and their channels."""


@asynccontextmanager
async def rooms_with(
    archive: Archive, folder: Path, places: Ids, due_at: datetime | None
) -> AsyncIterator[tuple[Services, datetime]]:
    """A bot's services on a copy of an archive, with a digest in each channel, and its time."""
    copy = places_in(folder, archive.places.seeds)
    shutil.copy(file_of(archive.places.database), file_of(copy.database))
    clock = MovableClock(SystemClock().now())
    async with open_services(copy, clock) as services:
        async with services.database.writing() as db:
            (row,) = await every(db, "SELECT max(published_at) AS at FROM story")
            now = datetime.fromtimestamp(row["at"], UTC)
            await make_digests(db, places, due_at or now)
        clock.put(now)
        yield services, now


async def make_digests(db: Any, places: Ids, due_at: datetime) -> None:
    """A digest in each channel, of three of the largest topics, all due at once."""
    rows = await every(db, "SELECT topic_id FROM topic ORDER BY stories DESC LIMIT 40")
    topics = [row["topic_id"] for row in rows]
    due = (int(due_at.timestamp()), due_at.date().isoformat())
    await db.executemany(
        "INSERT OR IGNORE INTO server (guild_id) VALUES (?)", [(guild,) for guild, _ in places]
    )
    await db.executemany(
        """
        INSERT INTO digest (digest_id, guild_id, channel_id, created_at, next_due_at, next_date,
                            next_slot) VALUES (?, ?, ?, 0, ?, ?, 1)
        """,
        [(number, *place, *due) for number, place in enumerate(places, start=1)],
    )
    await db.executemany(
        "INSERT OR IGNORE INTO subscription VALUES (?, ?)",
        [
            (number, topics[(7 * number + 11 * more) % len(topics)])
            for number in range(1, len(places) + 1)
            for more in range(TOPICS_EACH)
        ],
    )


def invented(count: int) -> Ids:
    """This many channels, five per server."""
    return [(1 + number // 5, 1_000_000 + number) for number in range(count)]


def test_planning_ten_thousand_editions_never_blocks_the_loop(
    archive_of: Callable[[int], Archive], scratch: Path
):
    archive = archive_of(ARTICLES)

    async def plan() -> tuple[float, list[float]]:
        async with rooms_with(archive, scratch, invented(DUE), None) as (services, now):
            planner = Planner(
                services.database, services.weighing, services.config.digest, DeliveryConfig()
            )
            async with beating() as gaps:
                begun = time.perf_counter()
                assert await planner.plan_due(now) == DUE
                return time.perf_counter() - begun, gaps

    took, gaps = asyncio.run(plan())
    longest = max(gaps)
    goal = f"<= {shown(LONGEST_BLOCK)}"
    what = f"planning {DUE:,} editions due at once ({took:.0f} s): longest block of the loop"
    note(Row(what, "-", goal, shown(longest), longest <= LONGEST_BLOCK))


def test_an_idle_tick_over_a_hundred_thousand_digests(
    archive_of: Callable[[int], Archive], scratch: Path
):
    archive = archive_of(ARTICLES)

    async def ticks() -> list[float]:
        folder = rooms_with(archive, scratch, invented(DIGESTS), NEVER)
        async with folder as (services, now):
            discord = FakeDiscord(SetClock(now))
            delivery, seconds = delivery_of(services, discord, CircuitBreaker()), list[float]()
            await delivery.begin()
            for _ in range(TICKS):
                begun = time.perf_counter()
                await delivery.bring_out()
                seconds.append(time.perf_counter() - begun)
            assert not discord.requests
            return seconds

    seconds = asyncio.run(ticks())
    what = f"an idle tick over {DIGESTS:,} digests, p50 / p99"
    met = p50(seconds) <= IDLE
    note(Row(what, "-", f"<= {shown(IDLE)}", spread(seconds), met))


def unspread(services: Services) -> Services:
    """The same services, with editions that are sent as fast as the pacer allows."""
    at_once = DeliveryConfig(spread_seconds=0)
    return replace(services, config=services.config.model_copy(update={"delivery": at_once}))


@contextmanager
def limited() -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """A sandbox with Discord's limits in its own process."""
    command, pipe = [sys.executable, "-m", "tests.benchmarks.serve", "limited"], subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd=ROOT) as process:  # noqa: S603
        assert process.stdout is not None
        yield process, json.loads(process.stdout.readline())
        assert process.stdin is not None
        process.stdin.close()


def say(process: "subprocess.Popen[str]") -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def test_a_thousand_editions_go_out_at_the_pacers_rate_while_members_are_answered(
    archive_of: Callable[[int], Archive], scratch: Path
):
    archive = archive_of(ARTICLES)

    async def fan_out(process: "subprocess.Popen[str]", place: dict[str, Any]) -> float:
        channels = list(zip(place["guilds"], place["channels"], strict=True))
        account = DiscordAccount(
            token=SecretStr(place["token"]), api=place["api"], gateway=place["gateway"]
        )
        opened = rooms_with(archive, scratch, channels, None)
        async with opened as (services, _), online(unspread(services), account, None) as bot:
            say(process)
            begun = time.perf_counter()
            await bot.jobs.ticked()
            took = time.perf_counter() - begun
            say(process)
            async with services.database.reading() as db:
                (row,) = await every(
                    db,
                    "SELECT count(*) AS sent, max(attempts) AS tries FROM edition_part"
                    " WHERE state = 'sent'",
                )
            assert (row["sent"] >= FAN_OUT, row["tries"]) == (True, 1), "none lost, no 429"
            return float(row["sent"] / took)

    with limited() as (process, place), not_waiting_for_servers():
        rate = asyncio.run(fan_out(process, place))
        assert process.stdout is not None
        seconds = json.loads(process.stdout.readline())
    what = f"{FAN_OUT:,} editions, messages a second at the pacer's {RATE}"
    answers = "commands answered meanwhile, p50 / p99"
    note(
        Row(what, f"{RATE}", f">= {PACE:.0%}", f"{rate:.1f}", rate >= PACE * RATE),
        Row(answers, "-", f"<= {shown(ANSWER)}", spread(seconds), p99(seconds) <= ANSWER),
    )
