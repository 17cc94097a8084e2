"""A million digests on PostgreSQL: an idle tick, and what four processes do together.

pytest -n 0 -m benchmark -s tests/benchmarks/test_many_digests.py
"""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack, ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import psycopg
import pytest

from bot.app.online import delivery_of
from bot.app.services import Services, open_services
from bot.clock import MovableClock
from bot.config import DeliveryConfig
from bot.database_url import DatabaseUrl
from bot.delivery.circuit_breaker import CircuitBreaker
from bot.delivery.service import DeliveryService
from bot.environment import Places
from bot.store.postgres.database import PostgresDatabase
from bot.store.shards import servers_of
from tests import postgres
from tests.benchmarks.children import broadsheet
from tests.benchmarks.conftest import AT_FULL_SIZE
from tests.benchmarks.filling import Archive
from tests.benchmarks.table import Row, note, p99, shown, spread
from tests.conftest import ROOT, SetClock
from tests.delivery.discord import FakeDiscord

pytestmark = pytest.mark.benchmark

ARTICLES: Final = 10_000
SERVERS: Final = 100_000 if AT_FULL_SIZE else 1_000
DUE: Final = SERVERS // 2
"""Editions that are due in the same minute."""
COMPARED: Final = SERVERS // 20
"""Editions that one, two and four processes plan, twice each."""
WARMING: Final = SERVERS // 40
"""Editions planned before, so that the server and each process have read what they need."""
DIGESTS_EACH, TOPICS_EACH, TICKS = 10, 3, 200
SHARDS, PROCESSES = 16, 4
IDLE: Final = 20e-3
FASTER: Final = 1.4
NEVER: Final = datetime(2100, 1, 1, tzinfo=UTC)
MINUTE: Final = timedelta(minutes=1)
SPREAD: Final = timedelta(minutes=2)
"""By then the turn of all editions that were due at once has come."""


@dataclass
class Crowd:
    """A database with the digests of many servers; those that were never due come next."""

    places: Places
    url: DatabaseUrl
    now: datetime
    used: int = 0

    def make_due(self, count: int) -> None:
        """Have so many digests of as many servers be due now."""
        self.now += MINUTE
        sql = "UPDATE digest SET next_due_at = %s WHERE digest_id > %s AND digest_id <= %s"
        at = int(self.now.timestamp())
        assert self.ask(sql, at, self.used, self.used + count) == count
        self.used += count

    def ask(self, sql: str, *values: object) -> Any:
        """Run one statement: the value that it gives, or how many rows it changed."""
        with psycopg.connect(self.url.secret, autocommit=True) as db:
            found = db.execute(sql.encode(), values or None)
            row = found.fetchone() if found.description else None
            return row[0] if row else found.rowcount


@pytest.fixture(scope="module")
def crowd(archive_of: Callable[[int], Archive], workspace: Path) -> Crowd:
    archive, url = archive_of(ARTICLES), postgres.server().database_of(workspace / "crowd")
    file = str(workspace / "crowd.jsonl")
    for command, database in (("export", str(archive.places.database)), ("import", url.secret)):
        with broadsheet(command, file, "--database", database) as process:
            _, told = process.communicate()
        assert process.returncode == 0, told
    found = Crowd(archive.places.model_copy(update={"database": url}), url, NEVER)
    found.now = datetime.fromtimestamp(found.ask("SELECT max(published_at) FROM story"), UTC)
    asyncio.run(_add_digests(found))
    found.ask("VACUUM ANALYZE")  # or the server does it later, while something is measured
    return found


async def _add_digests(crowd: Crowd) -> None:
    """Ten digests in each server, of three of the largest topics; the n-th of all servers first."""
    async with AsyncExitStack() as stack:
        one = await _process(stack, crowd, 0, 1)  # it does what is to be done after an import
        db = await stack.enter_async_context(one.services.database.writing())
        rows = await db.execute_fetchall(
            "SELECT topic_id FROM topic ORDER BY stories DESC LIMIT 40"
        )
        topics = [row["topic_id"] for row in rows]
        never = (int(NEVER.timestamp()), NEVER.date().isoformat(), 1)
        numbers = range(1, SERVERS * DIGESTS_EACH + 1)
        greeted = ((_guild(n), 0) for n in range(SERVERS))
        await db.add_rows("server", ("guild_id", "greeted_at"), greeted)
        await db.add_rows(
            "digest",
            ("digest_id", "guild_id", "channel_id", "created_at", "next_due_at", "next_date",
             "next_slot"),
            ((n, _guild(n % SERVERS), 10**9 + n, 0, *never) for n in numbers),
        )  # fmt: skip
        await db.add_rows(
            "subscription",
            ("digest_id", "topic_id"),
            (
                (n, topics[(7 * n + 11 * more) % len(topics)])
                for n in numbers
                for more in range(TOPICS_EACH)
            ),
        )
        await db.continue_ids({})


def _guild(number: int) -> int:
    """A server's id; they come in turn from all shards."""
    return number + 1 << 22


def _shards(process: int, of: int) -> Sequence[int]:
    return range(process, SHARDS, of)


async def test_an_idle_tick_of_one_of_several_processes_over_a_million_digests(crowd: Crowd):
    seconds: list[float] = []
    async with AsyncExitStack() as stack:
        one = await _process(stack, crowd, 0, PROCESSES)
        for _ in range(TICKS):
            begun = time.perf_counter()
            await one.delivery.bring_out()
            seconds.append(time.perf_counter() - begun)
    what = f"an idle tick of one of {PROCESSES} processes over {SERVERS * DIGESTS_EACH:,} digests"
    note(Row(f"{what}, p50 / p99", "-", f"<= {shown(IDLE)}", spread(seconds), p99(seconds) <= IDLE))


@dataclass
class Process:
    """One of the bots, with its shards. Its Discord has no limits."""

    services: Services
    discord: FakeDiscord
    delivery: DeliveryService


async def _process(stack: AsyncExitStack, crowd: Crowd, number: int, of: int) -> Process:
    clock = MovableClock(crowd.now)
    services = await stack.enter_async_context(open_services(crowd.places, clock))
    assert isinstance(services.database, PostgresDatabase)
    services.database.own_servers = servers_of(_shards(number, of), SHARDS)
    discord = FakeDiscord(SetClock(crowd.now))
    delivery = delivery_of(_unlimited(services), discord, CircuitBreaker())
    await delivery.begin()
    return Process(services, discord, delivery)


def _unlimited(services: Services) -> Services:
    fast = DeliveryConfig(messages_per_second=None, spread_seconds=0)
    return replace(services, config=services.config.model_copy(update={"delivery": fast}))


def test_several_processes_plan_more_than_one(crowd: Crowd):
    took = dict.fromkeys((1, 2, 4), 0.0)
    for processes in (*took, *reversed(took)):
        _, seconds = _planned(crowd, processes, WARMING, COMPARED)
        took[processes] += seconds
    rates = {processes: 2 * COMPARED / seconds for processes, seconds in took.items()}
    text = ", ".join(f"{n}: {rate:.0f}" for n, rate in rates.items())
    met = rates[2] >= FASTER * rates[1] and rates[4] >= rates[2]
    what = f"twice {COMPARED:,} editions planned by 1, 2 and 4 processes, editions a second"
    note(Row(what, f"1: {rates[1]:.0f}", f"2: >= {FASTER} times; 4: as many as 2", text, met))


async def test_four_processes_plan_and_post_what_is_due_in_a_minute_once_each(crowd: Crowd):
    before = crowd.ask("SELECT count(*) FROM edition")
    (planning,) = await asyncio.to_thread(_planned, crowd, PROCESSES, DUE)
    assert crowd.ask("SELECT count(*) FROM edition") == before + DUE
    async with AsyncExitStack() as stack:
        crowd.now += SPREAD
        processes = [await _process(stack, crowd, n, PROCESSES) for n in range(PROCESSES)]
        begun = time.perf_counter()
        await asyncio.gather(*(one.delivery.bring_out() for one in processes))
        posting = time.perf_counter() - begun
    assert crowd.ask("SELECT count(*) FROM edition WHERE closed_at IS NULL") == 0
    nonces = [nonce for one in processes for _, nonce in one.discord.requests]
    sent = crowd.ask("SELECT count(*) FROM edition_part WHERE state = 'sent'")
    claims = crowd.ask("SELECT max(epoch) FROM edition")
    what = f"{DUE:,} editions due in a minute, by {PROCESSES} processes"
    text = f"planned in {planning:.0f} s, {len(nonces):,} parts posted in {posting:.0f} s"
    once = len({*nonces}) == len(nonces) == sent and claims == 1
    note(Row(what, "-", "none claimed or posted twice", text, once))


def _planned(crowd: Crowd, processes: int, *counts: int) -> list[float]:
    """Have so many editions be due, and so many processes plan them, then others; returns how many
    seconds the processes take each time.
    """
    with ExitStack() as stack:
        planners = [stack.enter_context(_planner(crowd, n, processes)) for n in range(processes)]
        return [_plan(crowd, planners, count) for count in counts]


def _plan(crowd: Crowd, planners: "Sequence[subprocess.Popen[str]]", count: int) -> float:
    crowd.make_due(count)
    begun = time.perf_counter()
    for planner in planners:
        assert planner.stdin
        print(crowd.now.isoformat(), file=planner.stdin, flush=True)
    found = [int(_line(planner)) for planner in planners]
    took = time.perf_counter() - begun
    assert sum(found) == count
    return took


@contextmanager
def _planner(crowd: Crowd, number: int, of: int) -> Iterator["subprocess.Popen[str]"]:
    places = {
        "database": crowd.url.secret,
        "seeds": str(crowd.places.seeds),
        "config": str(crowd.places.config),
    }
    shards = [*_shards(number, of)]
    order = {"at": crowd.now.isoformat(), "places": places, "shards": shards, "count": SHARDS}
    command = [sys.executable, "-m", "tests.soak.planner", json.dumps(order)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd=ROOT) as process:  # noqa: S603
        assert _line(process) == "ready\n"
        yield process
        assert process.stdin
        process.stdin.close()


def _line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout
    return process.stdout.readline()
