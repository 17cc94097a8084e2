"""Answers with buttons: what thousands of them leave in the bot's memory."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.clock import SystemClock
from bot.sandbox import Sandbox
from tests.benchmarks.children import broadsheet, environment_of, resident
from tests.benchmarks.table import Row, note
from tests.conftest import ROOT

pytestmark = pytest.mark.benchmark

ANSWERS = 20_000
AT_ONCE = 8
WARM = 2_000
"""After this many answers the caches are full."""
FLAT = 10 * 2**20


@asynccontextmanager
async def a_bot(folder: Path) -> AsyncIterator[tuple[Sandbox, int]]:
    """A sandbox here, and a bot in its own process, with its id."""
    sandbox = Sandbox(now=SystemClock().now)
    await sandbox.start()
    place = {"token": sandbox.token, "api": sandbox.api, "gateway": sandbox.gateway}
    options = ("--database", str(folder / "broadsheet.db"), "--seeds", str(ROOT / "seeds"))
    with broadsheet("run", *options, **environment_of(place)) as process:
        assert process.stderr is not None
        line = ""
        while "online as" not in line:
            line = await asyncio.to_thread(process.stderr.readline)
            assert line, "it ended"
        yield sandbox, process.pid
        process.terminate()
        await asyncio.to_thread(process.stderr.read)
    await sandbox.stop()


async def answered(sandbox: Sandbox, count: int) -> None:
    """Get this many answers with buttons, several at once, half of them to commands."""
    turns = iter(range(count // 2))

    async def person() -> None:
        member = sandbox.person("member")
        for _ in turns:
            found = await member.command("story", query="AI")
            (row, *_) = found.message["components"]
            pressed = await member.press(found.message, row["components"][0]["custom_id"])
            assert pressed.message["components"]

    await asyncio.gather(*(person() for _ in range(AT_ONCE)))


async def test_answers_with_buttons_take_no_memory(tmp_path: Path):
    async with a_bot(tmp_path) as (sandbox, pid):
        await answered(sandbox, WARM)
        before = resident(pid)
        await answered(sandbox, ANSWERS)
        after = resident(pid)
    grown = after - before
    note(
        Row(
            f"memory (RSS) after {ANSWERS:,} answers with buttons",
            f"the same after {WARM:,}",
            f"flat within {FLAT / 2**20:.0f} MB",
            f"**{grown / 2**20:+.1f} MB** ({before / 2**20:.0f} to {after / 2**20:.0f} MB)",
            met=grown <= FLAT,
        )
    )
