"""A clock far from the last known time is not trusted until it has run evenly for a day."""

import asyncio
import logging
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.store.database import Database
from bot.store.plausible import CONFIRMED, NEAR, Doubt, Plausibility, doubt
from bot.store.tables import TABLES
from tests.conftest import SetClock

NOW = datetime(2026, 11, 25, 8, 15, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
FAR = [sign * by for by in (NEAR + DAY, 400 * DAY, 56 * 365 * DAY) for sign in (1, -1)]
moments = st.datetimes(datetime(1970, 1, 1), datetime(2900, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(moments, moments)
def test_a_clock_is_doubted_exactly_where_it_is_far_from_the_last_time_known(
    now: datetime, known: datetime
):
    assert (doubt(now, 0, known, None) is None) is (abs(now - known) <= NEAR)


@given(moments, st.floats(0, 1e6), st.timedeltas(-NEAR, NEAR))
def test_a_doubt_lasts_for_a_day_in_which_the_clock_runs_evenly(
    at: datetime, ran: float, off: timedelta
):
    known, since = at - 2 * NEAR - 2 * CONFIRMED, Doubt(at, 5.0)
    now = at + timedelta(seconds=ran) + off
    left = doubt(now, 5.0 + ran, known, since)
    if abs(now - known) > NEAR:
        assert left == (None if ran >= CONFIRMED.total_seconds() else since)


@given(moments, moments, st.floats(0, 1e9))
def test_a_doubted_clock_that_is_put_elsewhere_is_doubted_anew(
    at: datetime, now: datetime, ran: float
):
    known = datetime(1960, 1, 1, tzinfo=UTC)
    left = doubt(now, ran, known, Doubt(at, 0.0))
    if abs(now - at - timedelta(seconds=ran)) > NEAR:
        assert left == Doubt(now, ran)


class Machine:
    """A clock that can be set, and a monotonic clock beside it."""

    def __init__(self, archive: Database) -> None:
        self.clock, self.ran = SetClock(NOW), 0.0
        self._archive = archive
        self.start()

    def start(self) -> None:
        """Start a process."""
        self.plausibility = Plausibility(self._archive, self.clock, lambda: self.ran)

    def run(self, by: timedelta) -> None:
        self.clock.move(by)
        self.ran += by.total_seconds()

    async def holds(self) -> bool:
        return await self.plausibility.holds()


@pytest.fixture
async def machine(archive: Database) -> Machine:
    one = Machine(archive)
    await one.plausibility.begin()
    return one


@pytest.mark.parametrize("restarted", [True, False])
@pytest.mark.parametrize("by", FAR, ids=str)
async def test_a_wrong_clock_is_doubted_and_believed_at_once_when_it_is_right(
    machine: Machine, by: timedelta, restarted: bool, caplog: pytest.LogCaptureFixture
):
    assert await machine.holds()
    machine.clock.move(by)
    if restarted:
        machine.start()
        await machine.plausibility.begin()
    machine.run(23 * HOUR)
    for _ in range(3):
        assert not await machine.holds()
    assert "but it was last plausible on 2026-11-25, so nothing is deleted" in caplog.text
    machine.clock.move(-by)
    assert await machine.holds()


async def test_a_doubt_is_told_once_however_many_ask(
    machine: Machine, caplog: pytest.LogCaptureFixture
):
    machine.clock.move(90 * DAY)
    assert not any(await asyncio.gather(machine.holds(), machine.holds()))
    machine.run(HOUR)
    assert not await machine.holds()
    assert caplog.text.count("it was last plausible") == 1
    machine.clock.move(90 * DAY)  # another doubt
    assert not await machine.holds()
    assert caplog.text.count("it was last plausible") == 2


async def test_a_bot_that_was_away_for_long_believes_its_clock_after_a_day(machine: Machine):
    machine.clock.move(90 * DAY)
    machine.start()
    assert not await machine.holds()
    machine.run(DAY)
    assert await machine.holds()
    machine.start()
    assert await machine.holds()


async def test_a_running_bot_never_doubts_a_clock_that_runs_evenly(
    machine: Machine, caplog: pytest.LogCaptureFixture
):
    with caplog.at_level(logging.WARNING):
        for _ in range(400):
            machine.run(DAY)
            assert await machine.holds()
    assert caplog.text == ""


@pytest.mark.parametrize("evidence", ["story", "digest"])
async def test_a_database_without_a_note_tells_the_time_by_what_came_last(
    archive: Database, evidence: str
):
    async with archive.writing() as db:
        if evidence == "story":
            columns = next(table.names for table in TABLES if table.name == "story")
            values = ", ".join(":at" if name == "arrived_at" else "1" for name in columns)
            sql = f"INSERT INTO story ({', '.join(columns)}) VALUES ({values})"  # noqa: S608
            await db.execute(sql, {"at": int(NOW.timestamp())})
        else:
            await db.execute("INSERT INTO server (guild_id) VALUES (1)")
            sql = "INSERT INTO digest (guild_id, channel_id, created_at) VALUES (1, 1, :at)"
            await db.execute(sql, {"at": int(NOW.timestamp())})
    for by, plausible in ((DAY, True), (3650 * DAY, False)):
        machine = Machine(archive)
        machine.clock.move(by)
        await machine.plausibility.begin()
        assert await machine.holds() is plausible
