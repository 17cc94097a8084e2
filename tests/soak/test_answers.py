"""Discord fails, limits, or removes a channel: the bot's requests, and the outcome."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.delivery.dispatcher import AT_ONCE
from bot.sandbox.faults.faults import Fault, FaultKind
from tests.soak.audit import audit
from tests.soak.child import Zygote
from tests.soak.figures import note
from tests.soak.scenario import HOUR, MINUTE, SECOND, Scenario, chosen, counts, hearing, scenario

STATUSES = (500, 502, 503, 504, 520, 522, 524)
HANGS = 1.0
"""How many seconds a hanging request hangs; the bot waits less."""
LATER = 0.2
"""Real seconds after which a late message is stored: two ticks, 40 seconds of the bot's."""
FAULTS = {
    **{f"{status}": Fault(FaultKind.STATUS, status=status) for status in STATUSES},
    **{f"{status}, stored": Fault(FaultKind.STATUS_AFTER, status=status) for status in STATUSES},
    "reset": Fault(FaultKind.RESET),
    "reset, stored": Fault(FaultKind.RESET_AFTER),
    "hang": Fault(FaultKind.HANG, seconds=HANGS),
    "hang, stored": Fault(FaultKind.HANG_AFTER, seconds=HANGS),
    "stored late": Fault(FaultKind.LATE_STORE, status=504, seconds=LATER),
}
CHANNELS = 40
FAULTY = 20
"""How many channels have a failed message on one day."""


@contextmanager
def requests_of(one: Scenario) -> Iterator[list[tuple[str, str]]]:
    """Collects the method and path of every request of the bot, as it arrives."""
    seen: list[tuple[str, str]] = []
    with hearing(one, lambda method, path: seen.append((method, path))):
        yield seen


@pytest.mark.parametrize("kind", FAULTS)
@counts(4, 100)
async def test_whatever_discord_answers_none_comes_twice_and_none_is_lost(
    tmp_path: Path, zygote: Zygote, count: int, kind: str
):
    chance, fault, left = chosen(count), FAULTS[kind], count
    async with scenario(
        tmp_path, zygote, channels=CHANNELS, days=2 + count // FAULTY, forums=True
    ) as one:
        one.orders["timeout"] = HANGS / 2
        await one.start()
        while left:
            some = chance.sample(one.channels, min(FAULTY, left))
            left -= len(some)
            for channel in some:
                one.sandbox.faults.add(
                    Fault(
                        fault.kind,
                        "POST",
                        f"/channels/{channel.id}/*",
                        status=fault.status,
                        seconds=fault.seconds,
                    )
                )
            await one.next_morning()
            await one.bring_out(pause=LATER / 2 if fault.kind == FaultKind.LATE_STORE else 0)
        await one.zygote.stop()
        found = audit(one)
        assert not one.sandbox.faults.list()
    note(f"answers: {kind}, {count} times", "the same", found)
    found.assert_exactly_once()


@counts(1, 10)
async def test_in_ten_minutes_of_a_global_limit_nothing_is_asked_and_after_it_all_comes(
    tmp_path: Path, zygote: Zygote, count: int
):
    limit = Fault(FaultKind.RATE_LIMIT, seconds=600, times=None, everywhere=True)
    refused = during = 0
    async with scenario(tmp_path, zygote, channels=60, days=count + 1) as one:
        await one.start()
        with requests_of(one) as seen:
            for _ in range(count):
                number = one.sandbox.faults.add(limit)
                await one.next_morning()
                refused = max(refused, len(seen))
                seen.clear()
                for _ in range(39):
                    await one.tick(after=15 * SECOND)
                during += len(seen)
                one.sandbox.faults.remove(number)
                await one.bring_out()
                seen.clear()
        await one.zygote.stop()
        found = audit(one)
    measured = f"{during} requests after the {refused} that were under way; {found}"
    note(f"global 429 of 10 minutes, {count} times", "no request during it, all after", measured)
    found.assert_exactly_once()
    assert during == 0
    assert found.states.keys() == {"delivered"}


@counts(100, 1000)
async def test_after_an_hour_of_failures_all_comes_and_little_was_tried(
    tmp_path: Path, zygote: Zygote, count: int
):
    step = 15 * SECOND if count == 1000 else 2 * MINUTE
    async with scenario(tmp_path, zygote, channels=count, days=1) as one:
        await one.start()
        with requests_of(one) as seen:
            number = one.sandbox.faults.add(Fault(FaultKind.STATUS, status=503, times=None))
            await one.next_morning()
            for _ in range(HOUR // step):
                await one.tick(after=step)
            one.sandbox.faults.remove(number)
            asked = len(seen)
            seen.clear()
            await one.bring_out(step=15 * SECOND)
        await one.zygote.stop()
        found = audit(one)
        (tries,) = one.rows("SELECT max(attempts) AS most FROM edition_part")
        (claims,) = one.rows("SELECT sum(epoch) AS all_ FROM edition")
    measured = f"{tries['most']} tries at most, {asked} requests in the hour; {found}"
    note(f"5xx for an hour, {count:,} due", "all delivered or told; ≤ 15 tries each", measured)
    found.assert_exactly_once()
    assert tries["most"] <= 15
    assert claims["all_"] <= AT_ONCE * asked, "what may not go out is not claimed either"


@pytest.mark.parametrize("loss", ["permission", "channel"])
@counts(12, 100)
async def test_a_channel_lost_in_the_middle_is_asked_once_more_at_most_and_keeps_its_settings(
    tmp_path: Path, zygote: Zygote, count: int, loss: str
):
    async with scenario(tmp_path, zygote, channels=4 * count, days=2) as one:
        lost = {channel.id: 0 for channel in one.long_channels}
        hurt: set[int] = set()

        def stored(event: str, data: Any) -> None:
            channel_id = int(data.get("channel_id", 0))
            if event == "MESSAGE_CREATE" and channel_id in lost and channel_id not in hurt:
                hurt.add(channel_id)
                asyncio.get_running_loop().call_soon(lose, channel_id)

        def lose(channel_id: int) -> None:
            if loss == "permission":
                one.sandbox.world.deny(one.sandbox.world.channel(channel_id), "send_messages")
            else:
                one.sandbox.controls.delete_channel(channel_id)

        before = one.rows("SELECT * FROM subscription")
        await one.start()
        one.sandbox.world.listeners.append(stored)
        with requests_of(one) as seen:
            await one.next_morning()
            for _ in range(20):
                await one.tick(after=MINUTE)
        one.sandbox.world.listeners.remove(stored)
        asked = Counter(
            int(path.split("/")[2]) for _, path in seen if path.startswith("/channels/")
        )
        further = {channel_id: asked[channel_id] - 1 for channel_id in lost}
        assert hurt == lost.keys()
        assert one.rows("SELECT * FROM subscription") == before
        (told,) = one.rows(
            "SELECT count(DISTINCT line) AS n FROM notice WHERE closed_at IS NOT NULL"
        )
        if loss == "permission":
            for channel_id in lost:
                one.sandbox.world.allow(one.sandbox.world.channel(channel_id), "send_messages")
            await one.bring_out()
            audit(one).assert_exactly_once()
        await one.zygote.stop()
    measured = f"{max(further.values())} further requests at most; {told['n']} told; all kept"
    note(
        f"{loss} lost mid-edition, {count} times",
        "≤ 1 further request; subscription kept",
        measured,
    )
    assert max(further.values()) <= 1
