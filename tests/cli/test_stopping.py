"""SIGTERM ends a running bot in less than ten seconds, whatever is in flight; nothing is lost."""

import asyncio
import contextlib
import signal
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from bot.clock import SystemClock
from bot.database_url import DatabaseUrl
from bot.jobs import TICK_SECONDS
from bot.sandbox import Sandbox
from bot.sandbox.faults.faults import Fault
from bot.store.postgres.membership import LEASE_SECONDS
from tests.archives import database_at, run_sql
from tests.cli.conftest import Child, Start
from tests.cli.test_running import Account
from tests.conftest import SetClock, make_story_file
from tests.test_systemd import listening

MESSAGES = "/channels/*/messages"


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    """A loopback Discord without a bot."""
    one = Sandbox(now=SetClock().now)
    await one.start()
    yield one
    await one.stop()


class Bot:
    """`broadsheet run` against the sandbox, started repeatedly in one folder."""

    def __init__(self, sandbox: Sandbox, folder: Path, start: Start) -> None:
        gateway = {"BROADSHEET_DISCORD_GATEWAY": sandbox.gateway}
        account = Account(folder, sandbox.api, DISCORD_TOKEN=sandbox.token, **gateway)
        self._sandbox, self._folder, self._start = sandbox, folder, start
        self._environment = account.environment

    async def online(self, **more: str) -> Child:
        child = self._start("run", folder=self._folder, **{**self._environment, **more})
        await asyncio.to_thread(child.waits_for, "online as")
        return child

    async def follow(self) -> Callable[[], Any]:
        """Let #news follow a topic; returns the act that posts its first edition."""
        moderator = self._sandbox.person("moderator")
        answer = await moderator.command("subscribe", "news", topic="AI")
        channel = self._sandbox.world.channel("news")
        return lambda: moderator.press(answer.message, f"now:{channel.id}")

    @property
    def posted(self) -> list[dict[str, Any]]:
        return self._sandbox.world.channel("news").messages


async def ends_soon(child: Child) -> None:
    """SIGTERM ends it properly and in time."""
    began = time.monotonic()
    assert await asyncio.to_thread(child.ends, signal.SIGTERM) == 0, child.text
    assert time.monotonic() - began < 10
    assert "Traceback" not in child.text


async def until(true: Callable[[], object], seconds: float = 20) -> None:
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110 - what another process does
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("kind", [pytest.param("hang", marks=pytest.mark.soak), "hang_after"])
async def test_a_post_without_an_answer_neither_holds_up_the_end_nor_comes_twice(
    sandbox: Sandbox, tmp_path: Path, start: Start, kind: str
):
    bot = Bot(sandbox, tmp_path, start)
    sandbox.faults.add(Fault(kind, "POST", MESSAGES, times=None))
    child = await bot.online()
    post_now = asyncio.create_task((await bot.follow())())
    await until(lambda: sandbox.faults._hanging)
    await ends_soon(child)  # the post of a button's command

    child = await bot.online()
    await until(lambda: sandbox.faults._hanging)
    await ends_soon(child)  # the post of the tick

    sandbox.faults.clear()
    child = await bot.online()
    await until(lambda: bot.posted)
    await ends_soon(child)
    await ends_soon(await bot.online())
    assert len(bot.posted) == 1
    post_now.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await post_now


async def test_a_discord_that_does_not_answer_the_goodbye_does_not_hold_up_the_end(
    sandbox: Sandbox, tmp_path: Path, start: Start
):
    child = await Bot(sandbox, tmp_path, start).online()
    began = time.monotonic()
    assert child.ends(signal.SIGTERM) == 0, child.text  # meanwhile the sandbox waits on our loop
    assert time.monotonic() - began < 5
    assert "Traceback" not in child.text


async def test_systemd_hears_when_the_bot_is_online_that_it_runs_and_that_it_stops(
    sandbox: Sandbox, tmp_path: Path, start: Start
):
    address = str(tmp_path / "notify")
    with listening(address) as ears:
        child = await Bot(sandbox, tmp_path, start).online(
            NOTIFY_SOCKET=address, WATCHDOG_USEC="600000"
        )
        await asyncio.sleep(1)
        await ends_soon(child)
        ears.setblocking(False)
        heard = []
        with contextlib.suppress(BlockingIOError):
            while True:
                heard.append(ears.recv(1000).decode())
    assert "READY=1\nSTATUS=online as Broadsheet; servers: 2" in heard
    assert heard.count("WATCHDOG=1") >= 3
    assert heard[-1] == "STOPPING=1"


async def test_news_that_a_kill_left_without_an_event_has_one_at_the_next_start(
    sandbox: Sandbox, tmp_path: Path, start: Start
):
    seeds, database = tmp_path / "seeds", database_at(tmp_path / "data" / "broadsheet.db")
    seeds.mkdir()
    (seeds / "a.md").write_bytes(make_story_file(publishedDateTime=SystemClock().now()))
    bot = Bot(sandbox, tmp_path, start)
    child = await bot.online(BROADSHEET_SEEDS=str(seeds))
    await asyncio.to_thread(child.ends, signal.SIGKILL)
    assert run_sql(database, "UPDATE story SET grouped = 0, event_id = 0 RETURNING 1") == [(1,)]
    await bot.online(BROADSHEET_SEEDS=str(seeds))
    sql = "SELECT 1 FROM story WHERE grouped = 1 AND event_id > 0"
    if isinstance(database, DatabaseUrl):  # there it leads when the lease of the killed one is over
        await until(lambda: run_sql(database, sql), LEASE_SECONDS + 2 * TICK_SECONDS)
    assert run_sql(database, sql) == [(1,)]
