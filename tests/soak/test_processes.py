"""Several processes on one PostgreSQL server, killed and paused while messages go out."""

import asyncio
import json
import os
import random
import shutil
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any, Final
from urllib.parse import urlsplit

import psycopg
import pytest
from aiohttp import web

from bot.database_url import DatabaseUrl
from bot.delivery.pacer import RATE
from bot.store.postgres.membership import LEASE_SECONDS
from bot.store.postgres.schema import NEWEST
from tests import postgres
from tests.conftest import ROOT
from tests.needed import need
from tests.soak.audit import audit
from tests.soak.cable import HOST, Cable, Wire
from tests.soak.child import Died, Zygote, zygote_process
from tests.soak.disks import FullDisk, small_disk
from tests.soak.figures import note
from tests.soak.scenario import (
    DAY,
    FIRST,
    SECOND,
    Scenario,
    at_message,
    at_messages,
    chosen,
    counts,
    scenario,
)

PROCESSES: Final = 4
SHARDS: Final = 8
CHANNELS: Final = 48
HARMS_A_DAY: Final = 4
PAUSES: Final = (20, 5, 9, 60)
"""For how many seconds a process stands still; its lease lasts seven."""
REPLACED_AFTER: Final = 20
"""A process that stood still for so long finds that others have taken its place, and ends."""
FIRST_BY: Final = "localhost"
"""By this name of the sandbox's address its requests are known from the others'."""
FULL_FOR: Final = 10.0
"""For how many seconds a disk is full."""
HEALS_WITHIN, LATE = 15.0, 60.0
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
    """Bots that are started again whenever they end, and that tick all the time. `late`: how long
    after their time editions come, so that they are due by every bot's clock.
    """

    def __init__(self, one: Scenario, late: timedelta) -> None:
        self.scenario, self._late = one, late
        self.ends: list[int] = []
        self._lives: dict[Zygote, asyncio.Task[None]] = {}
        self._came = 0

    def begin(self, zygote: Zygote, ahead: timedelta = timedelta(), **orders: object) -> None:
        """Start a bot, whose clock is so much ahead."""
        self._lives[zygote] = asyncio.create_task(self._live(zygote, ahead, orders))

    async def ready(self) -> None:
        """Wait until each bot has shards."""
        await self.until(lambda: len(self._shares()) == len(self._lives), "all have shards")

    async def end(self, zygote: Zygote) -> None:
        """Stop a bot properly."""
        life = self._lives.pop(zygote)
        life.cancel()
        await asyncio.gather(life, return_exceptions=True)
        await zygote.stop()

    async def stop(self) -> None:
        for life in self._lives.values():
            life.cancel()
        await asyncio.gather(*self._lives.values(), return_exceptions=True)
        for zygote in self._lives:
            await zygote.killed()

    async def _live(self, zygote: Zygote, ahead: timedelta, orders: dict[str, object]) -> None:
        clock = self.scenario.clock
        while True:
            try:
                at = (clock.now() + ahead).isoformat()
                await self.scenario.start_with(zygote, tick_seconds=1, at=at, **orders)
                while True:
                    await asyncio.sleep(0.5)
                    await zygote.tick(clock.now() + ahead)
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

    async def ended(self, times: int) -> None:
        """Wait until bots have ended that often because others took their place."""
        await self.until(lambda: self.ends.count(1) >= times, "it ends")

    async def bring_out(self) -> float:
        """Let the editions of the next day come; returns after how many seconds all are closed."""
        one = self.scenario
        days = max(0, (one.clock.now() - FIRST) // DAY + 1)
        one.clock.put(FIRST + days * DAY + self._late)
        self._came = len(one.channels) * (days + 1)
        began = monotonic()
        while not self._all_closed():
            assert monotonic() - began < PATIENCE, one.rows("SELECT * FROM edition LIMIT 5")
            await asyncio.sleep(1)
            one.clock.move(SECOND)
        return monotonic() - began

    def _all_closed(self) -> bool:
        return self._closed() >= self._came

    def _closed(self) -> int:
        """How many editions are done with; -1 = the server is away."""
        try:
            sql = "SELECT count(*) AS n FROM edition WHERE closed_at IS NOT NULL"
            return int(self.scenario.rows(sql)[0]["n"])
        except psycopg.OperationalError:
            return -1

    async def healed(self) -> float:
        """After how many seconds another edition is done with, if one is still to come."""
        before = self._closed()

        def go_on() -> bool:
            return self._closed() > before or self._all_closed()

        return await self.until(go_on, "editions go on", 2 * HEALS_WITHIN)

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

    def led_by_another_than(self, old: int) -> bool:
        return self.process_of("leader") not in {None, old}

    def runs_shards(self, zygote: Zygote) -> bool:
        """Whether a bot runs some."""
        sql = "SELECT 1 FROM lease JOIN process p USING (process_id) WHERE lease.name <> 'leader'"
        return bool(self.scenario.rows(f"{sql} AND p.name LIKE '% {zygote.pid}'"))

    @contextmanager
    def standing_still(self) -> Iterator[None]:
        """A block during which no bot does anything."""
        pids = self.alive()
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        yield
        for pid in pids:
            os.kill(pid, signal.SIGCONT)

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
        return [zygote.pid for zygote in self._lives if zygote.pid is not None]


@asynccontextmanager
async def processes(
    folder: Path,
    server: DatabaseUrl,
    zygotes: Sequence[Zygote],
    days: int,
    *,
    way: Cable | None = None,
    channels: int = CHANNELS,
    rate: float | None = None,
    late: timedelta = SECOND,
    ahead: Sequence[timedelta] = (timedelta(),) * PROCESSES,
    **orders: object,
) -> AsyncIterator[Processes]:
    """As many as there are zygotes. `way`: how the first of them reaches the database."""
    async with scenario(
        folder, zygotes[0], channels=channels, days=days, rate=rate, per_server=3, database=server
    ) as one:
        one.orders |= orders
        one.sandbox.controls.shards = one.sandbox.controls.max_concurrency = SHARDS
        together = Processes(one, late)
        for zygote, each in zip(zygotes, ahead, strict=False):
            first = zygote is zygotes[0]
            together.begin(zygote, each, **(await _by(one, way) if way and first else {}))
        try:
            await together.ready()
            yield together
        finally:
            await together.stop()


async def _by(one: Scenario, way: Cable) -> dict[str, object]:
    """The options of a bot that reaches the database by this way."""
    places = {**one.places_order, "database": way.url.secret}
    port = urlsplit(one.sandbox.api).port
    assert port
    await way.lead_to(port)
    return {"places": places, "api": one.sandbox.api.replace(HOST, FIRST_BY)}


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
    chance, killed = chosen(count), list[int]()

    def kill() -> None:
        alive = [process for process in together.alive() if process not in killed]
        if alive and len(killed) < count:
            killed.append(chance.choice(alive))
            os.kill(killed[-1], signal.SIGKILL)

    async with processes(tmp_path, server, zygotes, days=count + 2) as together:
        while len(killed) < count:
            with at_messages(together.scenario, _some_messages(chance), kill):
                await together.bring_out()
        found = audit(together.scenario)
        others = len(together.ends) - together.ends.count(-signal.SIGKILL)
    text = f"{PROCESSES} processes, kill -9 {count} times ({others} ended by themselves)"
    note(text, "0 duplicates, 0 silent losses", found)
    found.assert_exactly_once()


@counts(1, 200)
async def test_processes_paused_while_messages_go_out_send_none_twice_and_lose_none(
    tmp_path: Path, server: DatabaseUrl, zygotes: Sequence[Zygote], count: int
):
    chance, pauses = chosen(count), dict[int, asyncio.Task[None]]()
    lengths = [PAUSES[number % len(PAUSES)] for number in range(count)]
    replaced = sum(length >= REPLACED_AFTER for length in lengths)

    def running() -> Sequence[int]:
        return [one for one in together.alive() if one not in pauses or pauses[one].done()]

    def pause() -> None:
        if lengths and len(running()) > 1:
            process = chance.choice(running())
            pauses[process] = asyncio.create_task(paused(process, lengths.pop(0)))

    async with processes(tmp_path, server, zygotes, days=count + 2) as together:
        while lengths:
            await together.until(lambda: len(running()) > 1, "two are running")
            with at_messages(together.scenario, _some_messages(chance), pause):
                await together.bring_out()
        await asyncio.gather(*pauses.values())
        await together.ended(replaced)
        found = audit(together.scenario)
        ended = together.ends.count(1)
    text = f"{PROCESSES} processes, SIGSTOP of {PAUSES} s, {count} times ({ended} replaced)"
    note(text, "0 duplicates, 0 silent losses", found)
    found.assert_exactly_once()


def _some_messages(chance: random.Random) -> Sequence[int]:
    """At which messages of a day harm is done."""
    return chance.sample(range(1, CHANNELS + 1), HARMS_A_DAY)


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


@counts(1, 20)
@pytest.mark.parametrize("kind", [Cable, Wire])
async def test_a_process_cut_from_the_database_posts_nothing_after_its_lease(
    tmp_path: Path, server: DatabaseUrl, zygotes: Sequence[Zygote], count: int, kind: type[Cable]
):
    cable = kind(server)
    async with cable.laid():
        with zygote_process(*cable.before) as first:
            await _cut(tmp_path, server, [first, *zygotes[1:]], count, cable)


async def _cut(
    folder: Path, server: DatabaseUrl, zygotes: Sequence[Zygote], count: int, cable: Cable
) -> None:
    """Cut the first process from the database, and see that it posts nothing after its lease."""
    first = zygotes[0]
    async with processes(folder, server, zygotes, 2 * count + 2, way=cable) as together:
        posted = together.requests_of_the_first()
        await together.bring_out()
        assert posted, "it posts for its servers"
        for number in range(count):
            began = len(posted)
            with at_message(together.scenario, CHANNELS // 4, cable.cut):
                await together.bring_out()
            assert cable.cut_at
            await together.until(lambda: not together.runs_shards(first), "others run its shards")
            await together.bring_out()
            over = cable.cut_at + LEASE_SECONDS
            assert not [at for at in posted[began:] if at > over], "it posts after its lease"
            cable.mend()
            await together.ended(number + 1)
            await together.until(lambda: together.runs_shards(first), "it is back")
        found = audit(together.scenario)
    assert together.ends == [1] * count
    text = f"one of {PROCESSES} cut from the database ({type(cable).__name__}), {count} times"
    note(text, "it posts nothing after its lease", found)
    found.assert_exactly_once()


@counts(2, 100)
async def test_a_database_that_goes_and_comes_back_loses_nothing_and_heals_by_itself(
    tmp_path: Path, server: DatabaseUrl, zygotes: Sequence[Zygote], count: int
):
    chance, healed = chosen(count), list[float]()
    harms = [
        partial(postgres.restart, postgres.server()),
        partial(postgres.cut_connections, server),
    ]
    postgres.keep_commits(server)
    async with processes(tmp_path, server, zygotes, days=count + 2) as together:

        async def harmed(harm: Callable[[], None]) -> None:
            await asyncio.to_thread(harm)
            healed.append(await together.healed())

        for number in range(count):
            await _in_a_day(together, chance, harmed(harms[number % 2]))
        found = audit(together.scenario)
    note(
        f"server crashed, or connections cut, {count} times", "the same; heals within 15 s",
        f"{found}; editions go on after {max(healed):.1f} s at most",
    )  # fmt: skip
    found.assert_exactly_once()
    assert max(healed) <= HEALS_WITHIN


class FullLog:
    """A server that can write nothing down, so that it ends."""

    def fill(self) -> None:
        """Let its files not grow."""
        postgres.let_nothing_grow(postgres.server())

    def free(self) -> None:
        """Start it anew, without a limit."""
        postgres.restart(postgres.server())


@pytest.fixture(params=["tables", "log"])
def full(request: pytest.FixtureRequest) -> Iterator[tuple[DatabaseUrl, FullDisk | FullLog]]:
    """A database whose disk can be full; the server goes on without it, or not."""
    one = postgres.server()
    if request.param == "log":
        with one.own("full_disk") as database:
            yield database, FullLog()
        return
    folder = one.folder / "small"
    with small_disk(folder) as disk:
        shutil.chown(folder, "nobody")
        with one.own("full_disk", folder) as database:
            yield database, disk


@counts(1, 20)
async def test_while_the_servers_disk_is_full_nothing_goes_out_unrecorded_and_it_heals_by_itself(
    tmp_path: Path,
    full: tuple[DatabaseUrl, FullDisk | FullLog],
    zygotes: Sequence[Zygote],
    count: int,
):
    (server, disk), chance = full, chosen(count)
    healed, unrecorded = list[float](), list[str]()
    postgres.keep_commits(server)
    async with processes(tmp_path, server, zygotes, days=count + 2) as together:

        async def filled() -> None:
            await asyncio.to_thread(disk.fill)
            await asyncio.sleep(FULL_FOR)
            with together.standing_still():
                await asyncio.to_thread(disk.free)
                unrecorded.extend(audit(together.scenario, at_the_end=False).contradictions)
            healed.append(await together.healed())

        for _ in range(count):
            await _in_a_day(together, chance, filled())
        found = audit(together.scenario)
    note(
        f"the server's disk full ({type(disk).__name__}), {count} times",
        "nothing unrecorded sent; heals within 15 s",
        f"{len(unrecorded)} unrecorded; {found}; editions go on after {max(healed):.1f} s at most",
    )
    assert unrecorded == []
    found.assert_exactly_once()
    assert max(healed) <= HEALS_WITHIN


async def _in_a_day(
    together: Processes, chance: random.Random, harm: Coroutine[None, None, None]
) -> None:
    """Let the editions of a day come, and do harm at one of their first messages."""
    harms: list[asyncio.Task[None]] = []

    def begin() -> None:
        if not harms:
            harms.append(asyncio.create_task(harm))

    with at_message(together.scenario, chance.randint(1, CHANNELS // 2), begin):
        await together.bring_out()
    await asyncio.gather(*harms)


@counts(1, 20)
async def test_of_two_that_lead_one_works_and_the_other_can_write_nothing(
    tmp_path: Path, server: DatabaseUrl, count: int
):
    need(shutil.which("faketime"), "faketime is not installed (apt-get install faketime)")
    chance, ahead = chosen(count), [timedelta(minutes=m) for m in (10, -10, 0, 0)]
    with ExitStack() as stack:
        zygotes = [stack.enter_context(_with_clock(one)) for one in ahead]
        async with processes(
            tmp_path, server, zygotes, count + 2, ahead=ahead, late=max(ahead) + SECOND, sure=True
        ) as together:
            for number in range(count):
                await _in_a_day(together, chance, _leader_paused(together))
                await together.ended(number + 1)
                await together.ready()
            found = audit(together.scenario)
    assert together.ends == [1] * count
    text = f"the leader paused, sure that it leads, {count} times; clocks at +-10 minutes"
    note(text, "one works, the other's writes are refused", found)
    found.assert_exactly_once()


@contextmanager
def _with_clock(ahead: timedelta) -> Iterator[Zygote]:
    """A zygote on a machine whose clock is so much ahead."""
    seconds = f"{ahead.total_seconds():+.0f}"
    with zygote_process("faketime", "--exclude-monotonic", "-f", seconds) as zygote:
        yield zygote


async def _leader_paused(together: Processes) -> None:
    """Let the leader stand still until another leads."""
    leader = together.process_of("leader")
    assert leader
    os.kill(leader, signal.SIGSTOP)
    await together.until(lambda: together.led_by_another_than(leader), "another leads")
    os.kill(leader, signal.SIGCONT)


@counts(1, 10)
async def test_an_upgrade_of_one_process_after_another_delays_no_edition(
    tmp_path: Path, zygotes: Sequence[Zygote], count: int
):
    spare, *running = zygotes
    longest, steps = list[float](), list[str]()
    with postgres.server().own("upgraded") as server:
        async with processes(tmp_path, server, running, days=30 * count) as together:
            for number in range(count):
                steps.append(f"ALTER TABLE edition ADD COLUMN later_{number} BIGINT")
                for old in running:
                    replacing = asyncio.create_task(_replaced(together, old, spare, steps))
                    while not replacing.done():
                        longest.append(await together.bring_out())
                    await replacing
                    spare = old
                running = [zygote for zygote in zygotes if zygote is not spare]
            found = audit(together.scenario)
            schema = together.scenario.rows("SELECT schema FROM broadsheet")[0]["schema"]
    text = f"{len(running)} processes upgraded by a step of the schema, {count} times"
    late = f"all editions of a day out after {max(longest):.1f} s at most; {found}"
    note(text, "no edition late by more than 60 s", late)
    found.assert_exactly_once()
    assert schema == NEWEST + count
    assert not together.ends
    assert max(longest) <= LATE


async def _replaced(together: Processes, old: Zygote, new: Zygote, steps: Sequence[str]) -> None:
    """Start a bot of a later version, and stop one when the other has taken some of its work."""
    together.begin(new, steps=steps)
    await together.until(lambda: together.runs_shards(new), "the new one has shards")
    await together.end(old)


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
    steady = times[len(times) // 3 :]  # before that the processes plan as well
    rate, pace = _a_second(times), _a_second(steady)
    text = f"{most} in any second, {rate:.1f}/s on average, {pace:.1f}/s when all is planned"
    note(f"{len(times):,} messages by {PROCESSES} processes", "45/s to within 5 %, no 429", text)
    assert most <= RATE * 1.05 + 1
    assert count < RATE * PROCESSES or pace >= RATE * 0.95
    assert "Discord asks to wait" not in log


def _a_second(times: Sequence[float]) -> float:
    return (len(times) - 1) / (times[-1] - times[0])


async def test_processes_plan_together_what_one_plans_and_nothing_twice(
    tmp_path: Path, server: DatabaseUrl, zygotes: Sequence[Zygote]
):
    async with scenario(
        tmp_path, zygotes[0], channels=CHANNELS, days=5, per_server=5, database=server
    ) as one:
        for day, processes_ in enumerate((1, 2, 4)):
            await _plan(one, FIRST + day * DAY + SECOND, processes_)
            planned = one.rows("SELECT count(*) AS n FROM edition")[0]["n"]
            assert planned == CHANNELS * (day + 1)


async def _plan(one: Scenario, at: datetime, processes_: int) -> None:
    """Have so many processes plan everything at once."""
    planners = [await _planner(one, at, n, processes_) for n in range(processes_)]
    for planner in planners:
        assert planner.stdin
        planner.stdin.write(f"{at.isoformat()}\n".encode())
    found = [int(await _line(planner)) for planner in planners]
    for planner in planners:
        assert planner.stdin
        planner.stdin.close()
        await planner.wait()
    assert sum(found) == CHANNELS


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
