"""The bot was off, its loop hung, or its disk was full: what is late, and what is reported."""

import asyncio
import time
from datetime import timedelta
from pathlib import Path

import pytest

from bot.jobs import TICK_SECONDS
from tests.soak.audit import audit
from tests.soak.child import Zygote
from tests.soak.disks import FullDisk, Quota, small_disk
from tests.soak.figures import note
from tests.soak.scenario import (
    DAY,
    FIRST,
    HOUR,
    MINUTE,
    SECOND,
    Scenario,
    at_message,
    chosen,
    counts,
    scenario,
)

RATE = 45
"""Messages a second, the pace that is configured by default."""
PER_SERVER = 20


class Arrivals:
    """When messages arrived in the channels of a scenario, in real seconds; `all` = how many."""

    def __init__(self, one: Scenario, all_: int = 0) -> None:
        self.at: list[float] = []
        self.all = asyncio.Event()
        ours = {str(channel.id) for channel in one.channels}

        def hear(event: str, data: dict[str, object]) -> None:
            if event == "MESSAGE_CREATE" and data["channel_id"] in ours:
                self.at.append(time.monotonic())
                if len(self.at) == all_:
                    self.all.set()

        one.sandbox.world.listeners.append(hear)

    @property
    def most_in_a_second(self) -> int:
        """How many arrived in the busiest second."""
        return max((sum(a <= b < a + 1 for b in self.at) for a in self.at), default=0)


@pytest.mark.parametrize(
    ("off", "came", "missed"),
    [(5 * MINUTE, 1, 0), (5 * HOUR, 0, 1), (5 * DAY + 5 * MINUTE, 1, 5)],
    ids=["5 minutes", "5 hours", "5 days"],
)
@counts(80, 1000)
async def test_after_being_off_what_is_not_too_late_comes_and_the_rest_is_told_once(
    tmp_path: Path, zygote: Zygote, count: int, off: timedelta, came: int, missed: int
):
    async with scenario(
        tmp_path, zygote, channels=count, days=7, rate=RATE, per_server=PER_SERVER
    ) as one:
        await one.start()
        await one.zygote.stop()
        arrivals = Arrivals(one)
        one.clock.put(FIRST + off)
        await one.start()
        for _ in range(20):
            await one.tick(after=15 * SECOND)
        await one.zygote.stop()
        found = audit(one)
        notices = one.rows("SELECT line FROM notice")
        refused = [entry for entry in one.sandbox.log.entries if entry.status == 429]
        told = one.rows("SELECT DISTINCT guild_id, nonce FROM notice WHERE closed_at IS NOT NULL")
    note(
        f"off for {off}, {count:,} due",
        "catch-up by the window, told once, no burst",
        f"{found}; {len(told)} notices to {count // PER_SERVER} servers;"
        f" {arrivals.most_in_a_second} messages in the fullest second; {len(refused)} times 429",
    )
    found.assert_exactly_once()
    assert found.states["delivered"] == came * count
    assert found.told == missed * count
    assert len(notices) == (count if missed else 0)
    assert not refused


@pytest.mark.parametrize(
    ("seconds", "tick"),
    [
        (2.5, 1),
        *(pytest.param(s, TICK_SECONDS, marks=pytest.mark.soak) for s in (2.5, 30, 120)),
    ],
)
async def test_a_loop_that_stands_still_when_editions_are_due_misses_none(
    tmp_path: Path, zygote: Zygote, seconds: float, tick: int
):
    async with scenario(tmp_path, zygote, channels=40, days=2) as one:
        await one.start(tick_seconds=tick)
        one.clock.put(FIRST - SECOND)
        await one.tick()
        arrivals = Arrivals(one, len(one.channels) + len(one.long_channels))
        begun = time.monotonic()
        await one.zygote.block(seconds)
        ended = time.monotonic()
        async with asyncio.timeout(2 * tick + 10):
            await arrivals.all.wait()
        late = max(arrivals.at) - ended
        await one.bring_out()
        await one.zygote.stop()
        found = audit(one)
    assert ended - begun >= seconds
    note(
        f"loop blocked {seconds:.3g} s",
        "no edition missed",
        f"all out {late:.1f} s after the block; {found}",
    )
    found.assert_exactly_once()
    assert late <= tick + 5


@counts(3, 50)
@pytest.mark.parametrize("how", ["tmpfs", "quota"])
async def test_on_a_full_disk_nothing_goes_out_unrecorded_and_it_recovers(
    tmp_path: Path, zygote: Zygote, count: int, how: str
):
    if how == "tmpfs":
        with small_disk(tmp_path / "data") as disk:
            await full(tmp_path, zygote, count, disk)
    else:
        await full(tmp_path, zygote, count, Quota())


async def full(folder: Path, zygote: Zygote, count: int, disk: FullDisk | Quota) -> None:
    """Fill the disk before a message of each day, and free it later that day."""
    chance, during, unrecorded = chosen(count), 0, []
    async with scenario(folder, zygote, channels=40, days=count + 1) as one:
        await one.start()
        arrivals = Arrivals(one)
        pid = zygote.pid
        assert pid is not None
        for _ in range(count):
            with at_message(one, chance.randint(0, 40), lambda: disk.fill(pid)):
                await one.next_morning()
            filled_at = len(arrivals.at)
            for _ in range(3):
                await one.tick(after=20 * SECOND)
            during += len(arrivals.at) - filled_at
            unrecorded += audit(one, at_the_end=False).contradictions
            disk.free(pid)
            await one.tick(after=20 * SECOND)
            await one.bring_out()
        await one.zygote.stop()
        found = audit(one)
    kind = "tmpfs" if isinstance(disk, FullDisk) else "quota"
    note(
        f"disk full ({kind}), {count} times",
        "nothing unrecorded sent; recovers",
        f"{len(unrecorded)} unrecorded; all out after it without a restart; {found}",
    )
    assert unrecorded == []
    found.assert_exactly_once()
    assert found.states.keys() == {"delivered"}
