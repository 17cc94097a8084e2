"""A whole bot whose machine's clock is set by libfaketime (apt-get install faketime)."""

import asyncio
import os
import re
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.clock import SystemClock
from bot.jobs import TICK_SECONDS
from bot.sandbox import Sandbox
from bot.store.sqlite import backups
from bot.store.sqlite.copying import back_up_daily
from bot.store.sqlite.database import open_database
from tests.cli.conftest import Child, Start
from tests.cli.test_running import Account
from tests.conftest import SetClock, StoryFile

pytestmark = pytest.mark.slow

TICK = "bot.jobs: tick begins"
LOADED = "loaded 1 new and 0 changed story files"
PATIENCE = TICK_SECONDS + 15
"""Seconds within which a tick must come, on a busy machine."""


@pytest.fixture(scope="module")
def library() -> Path:
    """libfaketime, if this machine has it."""
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
    if not found and os.environ.get("BROADSHEET_TESTS_NO_SKIP") == "1":
        pytest.fail("faketime is not installed")
    if not found:
        pytest.skip("faketime is not installed (apt-get install faketime)")
    return found[0]


class Machine:
    """A bot on a machine whose clock can be set at will, with a Discord that has its own clock."""

    def __init__(self, folder: Path, start: Start, library: Path, sandbox: Sandbox) -> None:
        self.folder, self._start = folder, start
        self.seeds = folder / "seeds"
        self.seeds.mkdir()
        self._clock = folder / "off"
        self.put("+0")
        more = {
            "DISCORD_TOKEN": sandbox.token,
            "BROADSHEET_DISCORD_GATEWAY": sandbox.gateway,
            "BROADSHEET_SEEDS": str(self.seeds),
            "BROADSHEET_LOG_LEVEL": "DEBUG",
            "LD_PRELOAD": str(library),
            "FAKETIME_TIMESTAMP_FILE": str(self._clock),
            "FAKETIME_NO_CACHE": "1",
            "DONT_FAKE_MONOTONIC": "1",
        }
        self._environment = Account(folder, sandbox.api, **more).environment
        self.child: Child

    @property
    def database(self) -> Path:
        return self.folder / "data" / "broadsheet.db"

    def put(self, off: str) -> None:
        """Set its clock this far off the true one."""
        self._clock.with_suffix(".new").write_text(off)
        self._clock.with_suffix(".new").replace(self._clock)

    async def online(self) -> None:
        self.child = self._start("run", folder=self.folder, **self._environment)
        await self.until(lambda: "online as" in self.child.text)

    async def until(self, true: Callable[[], bool]) -> None:
        """Wait until a condition on the bot is true."""
        ends = time.monotonic() + PATIENCE
        while not true():
            assert time.monotonic() < ends, self.child.text[-3000:]
            await asyncio.sleep(0.1)

    def count(self, words: str) -> int:
        """How often the bot has logged a text."""
        return self.child.text.count(words)

    async def until_more(self, words: str, than: int) -> None:
        """Wait until the bot has logged a text more often."""
        await self.until(lambda: self.count(words) > than)


@pytest.fixture
async def machine(tmp_path: Path, start: Start, library: Path) -> AsyncIterator[Machine]:
    sandbox = Sandbox(now=SetClock().now)
    await sandbox.start()
    yield Machine(tmp_path, start, library, sandbox)
    await sandbox.stop()


async def test_after_every_step_ticks_and_rescans_go_on(machine: Machine, story_file: StoryFile):
    await machine.online()
    for number, off in enumerate(("-1h", "+20y", "+0"), start=1):
        machine.put(off)
        url = f"https://www.saltmarsh.example/{number}"
        published = datetime(2001, 1, number, tzinfo=UTC)
        (machine.seeds / f"{number}.md").write_bytes(
            story_file(webUrl=url, publishedDateTime=published)
        )
        await machine.until_more(LOADED, than=number - 1)
        for _ in range(2):
            await machine.until_more(TICK, than=machine.count(TICK))
    assert "Traceback" not in machine.child.text


@pytest.mark.sqlite
async def test_a_start_years_ahead_deletes_nothing_and_heals_when_the_clock_is_right(
    machine: Machine,
):
    now = SystemClock().now()
    database = await open_database(machine.database)
    async with database.writing() as db:
        left = {"at": int((now - timedelta(days=3)).timestamp())}
        await db.execute("INSERT INTO server (guild_id, left_at) VALUES (7, :at)", left)
        noted = {"at": str(int(now.timestamp()))}
        await db.execute("INSERT INTO fact VALUES ('clock_plausible_at', :at)", noted)
    for day in range(7, 0, -1):
        back_up_daily(machine.database, now - timedelta(days=day), 7)
    before = copies(machine.database)

    machine.put("+5y")
    await machine.online()
    await machine.until(lambda: machine.count("nothing is deleted because of its age") >= 1)
    ahead = re.compile(rf"broadsheet-{now.year + 5}")
    await machine.until(lambda: any(map(ahead.match, copies(machine.database))))
    assert before < copies(machine.database)

    machine.put("+0")
    today = backups.daily_copy(machine.database, SystemClock().now()).name
    await machine.until(lambda: today in copies(machine.database))
    await machine.until(lambda: len(copies(machine.database)) == 7)
    assert copies(machine.database) == {*sorted(before)[1:], today}
    async with database.reading() as db:
        assert list(await db.execute_fetchall("SELECT * FROM server WHERE guild_id = 7"))
    await database.close()


def copies(database: Path) -> set[str]:
    """The names of the daily copies."""
    return {one.name for one in backups.folder_of(database).glob("*.db")}
