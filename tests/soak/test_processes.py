"""Several processes on one PostgreSQL server, killed and paused while messages go out."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager, suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any, Final

import psycopg
import pytest
from aiohttp import web

from bot.database_url import DatabaseUrl
from bot.delivery.pacer import RATE
from bot.store.postgres.membership import LEASE_SECONDS
from tests import postgres
from tests.conftest import ROOT
from tests.soak.audit import audit
from tests.soak.cable import Cable
from tests.soak.child import Died, Zygote, zygote_process
from tests.soak.figures import note
from tests.soak.scenario import (
    DAY,
    FIRST,
    SECOND,
    Scenario,
    at_message,
    chosen,
    counts,
    scenario,
)

PROCESSES: Final = 4
SHARDS: Final = 8
CHANNELS: Final = 48
PAUSES: Final = (20, 5, 9, 60)
"""For how many seconds a process stands still; its lease lasts seven."""
REPLACED_AFTER: Final = 20
"""A process that stood still for so long finds that others have taken its place, and ends."""
FIRST_BY: Final = "localhost"
"""By this name of the sandbox's address its requests are known from the others'."""
HEALS_WITHIN: Final = 15.0
LEAD_TAKEN_WITHIN, SHARDS_TAKEN_WITHIN = 10.0, 30.0
PATIENCE: Final = 240.0
"""After so many seconds an edition that is still open counts as stuck."""


@pytest.fixture(scope="module")
def zygotes() -> Iterator[Sequence[Zygote]]:
    """Each forks one process at a time."""
    with ExitStack() as stack:
        yield [stack.enter_context(zygote_process()) for _ in range(PROCESSES)]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[DatabaseUrl]:
    """An empty database on a server."""
    yield postgres.server().database_of(tmp_path / "data")
    postgres.server().take_back(tmp_path)


class Processes:
    """Bots that are started again whenever they end, and that tick all the time."""

    def __init__(
        self, one: Scenario, zygotes: Sequence[Zygote], way: DatabaseUrl | None = None
    ) -> None:
        self.scenario, self.zygotes = one, zygotes
        self._first: dict[str, object] = {}
        if way:
            places = {**one.places_order, "database": way.secret}
            api = one.sandbox.api.replace("127.0.0.1", FIRST_BY)
            self._first = {"places": places, "api": api}
        self.ends: list[int] = []
        self._lives: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        self._lives = [asyncio.create_task(self._live(zygote)) for zygote in self.zygotes]
        await self.until(lambda: len(self._shares()) == len(self.zygotes), "all have shards")

    async def stop(self) -> None:
        for life in self._lives:
            life.cancel()
        await asyncio.gather(*self._lives, return_exceptions=True)
        for zygote in self.zygotes:
            await zygote.killed()

    async def _live(self, zygote: Zygote) -> None:
        while True:
            try:
                orders = self._first if zygote is self.zygotes[0] else {}
                await self.scenario.start_with(zygote, tick_seconds=1, **orders)
                while True:
                    await asyncio.sleep(0.5)
                    await zygote.tick(self.scenario.clock.now())
            except Died as death:
                self.ends.append(death.status)

    async def until(
        self, holds: Callable[[], object], what: str, within: float = PATIENCE
    ) -> float:
        """Wait until a condition holds; returns how many seconds that took."""
        began = monotonic()
        while not holds():
            assert monotonic() - began < within, what
            await asyncio.sleep(0.1)
        return monotonic() - began

    async def bring_out(self) -> None:
        """Let the editions of the next day come, and wait until all are closed."""
        one = self.scenario
        days = max(0, (one.clock.now() - FIRST) // DAY + 1)
        one.clock.put(FIRST + days * DAY + SECOND)
        came = len(one.channels) * (days + 1)
        began = monotonic()
        while self.closed() < came:
            assert monotonic() - began < PATIENCE, one.rows("SELECT * FROM edition LIMIT 5")
            await asyncio.sleep(1)
            one.clock.move(5 * SECOND)

    def closed(self) -> int:
        """How many editions are done with; -1 = the server is away."""
        try:
            return len(self.scenario.rows("SELECT 1 FROM edition WHERE closed_at IS NOT NULL"))
        except psycopg.OperationalError:
            return -1

    async def healed_after(self, fault: Callable[[], None]) -> float:
        """Do harm to the server; returns how many seconds after it another edition is done with."""
        await asyncio.to_thread(fault)
        before = self.closed()
        return await self.until(lambda: self.closed() > before, "editions go on", 2 * HEALS_WITHIN)

    def process_of(self, name: str) -> int | None:
        """The process that holds a lease."""
        sql = f"""
            SELECT p.name FROM lease JOIN process p USING (process_id) WHERE lease.name = '{name}'
        """  # noqa: S608 - ours
        rows = self.scenario.rows(sql)
        return int(rows[0]["name"].split()[-1]) if rows else None

    def _shares(self) -> dict[int, int]:
        """How many shards each process runs."""
        rows = self.scenario.rows(
            "SELECT process_id, count(*) AS shards FROM lease"
            " WHERE name <> 'leader' AND process_id IS NOT NULL GROUP BY process_id"
        )
        return {row["process_id"]: row["shards"] for row in rows}

    def more_ended_than(self, count: int) -> bool:
        """Whether more have ended because others took their place."""
        return self.ends.count(1) > count

    def led_by_another_than(self, old: int) -> bool:
        return self.process_of("leader") not in {None, old}

    def first_is_another_than(self, old: int | None) -> bool:
        return self.zygotes[0].pid not in {None, old}

    def requests_of_the_first(self) -> list[float]:
        """When the first process posts, from now on."""
        front, times = self.scenario.sandbox._front, list[float]()
        work = front._with_faults

        async def noted(request: web.Request, *more: Any) -> Any:
            if request.method == "POST" and request.host.startswith(FIRST_BY):
                times.append(monotonic())
            return await work(request, *more)

        front._with_faults = noted  # type: ignore[assignment, method-assign]
        return times

    def alive(self) -> list[int]:
        return [zygote.pid for zygote in self.zygotes if zygote.pid is not None]


@asynccontextmanager
async def processes(
    folder: Path,
    server: DatabaseUrl,
    zygotes: Sequence[Zygote],
    days: int,
    way: DatabaseUrl | None = None,
    channels: int = CHANNELS,
    rate: float | None = None,
) -> AsyncIterator[Processes]:
    """As many as there are zygotes. `way`: how the first of them reaches the database."""
    async with scenario(
        folder, zygotes[0], channels=channels, days=days, rate=rate, per_server=3, database=server
    ) as one:
        one.sandbox.controls.shards = one.sandbox.controls.max_concurrency = SHARDS
        together = Processes(one, zygotes, way)
        try:
            await together.start()
            yield together
        finally:
            await together.stop()


async def paused(process: int, seconds: float) -> None:
    """Let a process stand still; it may be dead."""
    with suppress(ProcessLookupError):
        os.kill(process, signal.SIGSTOP)
        await asyncio.sleep(seconds)
        os.kill(process, signal.SIGCONT)


@counts(2, 500)
async def test_processes_killed_while_messages_go_out_send_none_twice_and_lose_none(
    tmp_path: Path, server: DatabaseUrl, zygotes: Sequence[Zygote], count: int
):
    chance = chosen(count)
    async with processes(tmp_path, server, zygotes, days=count + 2) as together:
        for _ in range(count):
            killed: list[int] = []

            def kill(killed: list[int] = killed) -> None:
                if not killed:
                    killed.append(chance.choice(together.alive()))
                    os.kill(killed[0], signal.SIGKILL)

            with at_message(together.scenario, chance.randint(1, CHANNELS), kill):
                await together.bring_out()
        found = audit(together.scenario)
        kills = together.ends.count(-signal.SIGKILL)
    note(f"{PROCESSES} processes, kill -9 {kills} times", "0 duplicates, 0 silent losses", found)
    found.assert_exactly_once()
    assert kills


@counts(1, 200)
async def test_processes_paused_while_messages_go_out_send_none_twice_and_lose_none(
    tmp_path: Path, server: DatabaseUrl, zygotes: Sequence[Zygote], count: int
):
    chance = chosen(count)
    async with processes(tmp_path, server, zygotes, days=count + 2) as together:
        for number in range(count):
            pauses: list[asyncio.Task[None]] = []
            seconds = PAUSES[number % len(PAUSES)]

            def pause(pauses: list[asyncio.Task[None]] = pauses, seconds: int = seconds) -> None:
                if not pauses:
                    process = chance.choice(together.alive())
                    pauses.append(asyncio.create_task(paused(process, seconds)))

            with at_message(together.scenario, chance.randint(1, CHANNELS), pause):
                await together.bring_out()
            ended = together.ends.count(1)
            await asyncio.gather(*pauses)
            if seconds >= REPLACED_AFTER:
                await together.until(partial(together.more_ended_than, ended), "it ends")
        found = audit(together.scenario)
        replaced = together.ends.count(1)
    text = f"{PROCESSES} processes, SIGSTOP of {PAUSES} s, {count} times ({replaced} replaced)"
    note(text, "0 duplicates, 0 silent losses", found)
    found.assert_exactly_once()


@counts(1, 50)
async def test_the_lead_and_the_shards_of_a_killed_process_are_taken_over_in_time(
    tmp_path: Path, server: DatabaseUrl, zygotes: Sequence[Zygote], count: int
):
    lead, shards = 0.0, 0.0
    async with processes(tmp_path, server, zygotes, days=3) as together:
        for _ in range(count):
            leader = together.process_of("leader")
            assert leader
            os.kill(leader, signal.SIGKILL)
            began = monotonic()
            await together.until(
                partial(together.led_by_another_than, leader),
                "somebody leads",
                LEAD_TAKEN_WITHIN,
            )
            lead = max(lead, monotonic() - began)
            await together.until(
                lambda: sum(together._shares().values()) == SHARDS,
                "all shards are run",
                SHARDS_TAKEN_WITHIN,
            )
            shards = max(shards, monotonic() - began)
            await together.until(
                lambda: len(together._shares()) == PROCESSES, "the new process has its share"
            )
    note(f"the leader killed {count} times", "taken over within 10 s", f"{lead:.1f} s at most")
    note("its shards", "within 30 s", f"{shards:.1f} s at most")


@pytest.mark.soak
@pytest.mark.parametrize("count", [1, 20])
async def test_a_process_cut_from_the_database_posts_nothing_after_its_lease(
    tmp_path: Path, server: DatabaseUrl, zygotes: Sequence[Zygote], count: int
):
    cable = Cable(server)
    async with (
        cable.laid(),
        processes(tmp_path, server, zygotes, count + 3, way=cable.url) as together,
    ):
        posted = together.requests_of_the_first()
        await together.bring_out()
        assert posted, "it posts for its servers"
        for _ in range(count):
            process, began = zygotes[0].pid, len(posted)
            with at_message(together.scenario, CHANNELS // 4, cable.cut):
                await together.bring_out()
            assert cable.cut_at
            over = cable.cut_at + LEASE_SECONDS
            assert not [at for at in posted[began:] if at > over], "it posts after its lease"
            cable.mend()
            await together.until(partial(together.first_is_another_than, process), "it ends")
        found = audit(together.scenario)
    note(f"one of {PROCESSES} cut from the database {count} times", "it posts nothing", found)
    found.assert_exactly_once()


@counts(2, 100)
async def test_a_database_that_goes_and_comes_back_loses_nothing_and_heals_by_itself(
    tmp_path: Path, server: DatabaseUrl, zygotes: Sequence[Zygote], count: int
):
    chance, healed = chosen(count), list[float]()
    postgres.keep_commits(server)
    async with processes(tmp_path, server, zygotes, days=count + 2) as together:
        for number in range(count):
            faults: list[asyncio.Task[float]] = []

            def break_it(faults: list[asyncio.Task[float]] = faults, number: int = number) -> None:
                if not faults:
                    cut = partial(postgres.cut_connections, server)
                    crash = partial(postgres.restart, postgres.server())
                    fault = cut if number % 2 else crash
                    faults.append(asyncio.create_task(together.healed_after(fault)))

            with at_message(together.scenario, chance.randint(1, CHANNELS // 2), break_it):
                await together.bring_out()
            healed += await asyncio.gather(*faults)
        found = audit(together.scenario)
    note(
        f"server crashed, or connections cut, {count} times", "the same; heals within 15 s",
        f"{found}; editions go on after {max(healed):.1f} s at most",
    )  # fmt: skip
    found.assert_exactly_once()
    assert max(healed) <= HEALS_WITHIN


@pytest.mark.parametrize("count", [48, pytest.param(4000, marks=pytest.mark.soak)])
async def test_processes_keep_the_pace_of_one(
    tmp_path: Path, server: DatabaseUrl, zygotes: Sequence[Zygote], count: int
):
    times: list[float] = []
    async with processes(tmp_path, server, zygotes, days=3, channels=count, rate=RATE) as together:
        with at_message(together.scenario, 1, lambda: times.append(monotonic())):
            await together.bring_out()
        log = (together.scenario.places.seeds.parent / "bot.log").read_text(encoding="utf-8")
    most = max(sum(begin <= at < begin + 1 for at in times) for begin in times)
    rate = (len(times) - 1) / (times[-1] - times[0])
    text = f"{most} in any second, {rate:.1f}/s on average"
    note(f"{len(times):,} messages by {PROCESSES} processes", "45/s to within 5 %, no 429", text)
    assert most <= RATE * 1.05 + 1
    assert "Discord asks to wait" not in log


@pytest.mark.parametrize("count", [60, pytest.param(4000, marks=pytest.mark.soak)])
async def test_processes_plan_together_what_one_plans_and_nothing_twice(
    tmp_path: Path, server: DatabaseUrl, zygotes: Sequence[Zygote], count: int
):
    rates: dict[int, float] = {}
    async with scenario(
        tmp_path, zygotes[0], channels=count, days=5, per_server=5, database=server
    ) as one:
        for day, processes_ in enumerate((1, 2, 4)):
            at = FIRST + day * DAY + SECOND
            rates[processes_] = await _planned(one, at, processes_, count)
            planned = one.rows("SELECT count(*) AS n FROM edition")[0]["n"]
            assert planned == count * (day + 1)
    text = ", ".join(f"{n}: {rate:.0f}/s" for n, rate in rates.items())
    note(f"{count:,} digests planned by 1, 2 and 4 processes", "2 >= 1.4 times 1, 4 >= 2", text)


async def _planned(one: Scenario, at: datetime, processes_: int, count: int) -> float:
    """Have so many processes plan everything at once; returns how many digests a second."""
    planners = [await _planner(one, at, n, processes_) for n in range(processes_)]
    began = monotonic()
    for planner in planners:
        assert planner.stdin
        planner.stdin.write(f"{at.isoformat()}\n".encode())
    found = [json.loads(await _line(planner)) for planner in planners]
    seconds = monotonic() - began
    for planner in planners:
        assert planner.stdin
        planner.stdin.close()
        await planner.wait()
    assert sum(planned for planned, _ in found) == count
    return count / seconds


async def _planner(one: Scenario, at: datetime, n: int, of: int) -> Process:
    shards = [shard for shard in range(SHARDS) if shard % of == n]
    order = {"at": at.isoformat(), "places": one.places_order, "shards": shards, "count": SHARDS}
    planner = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.soak.planner", json.dumps(order),
        cwd=ROOT, stdin=PIPE, stdout=PIPE,
    )  # fmt: skip
    assert await _line(planner) == b"ready\n"
    return planner


async def _line(planner: Process) -> bytes:
    assert planner.stdout
    async with asyncio.timeout(PATIENCE):
        return await planner.stdout.readline()
