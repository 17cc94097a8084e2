"""Editions are posted by the real scheduler: at their minute, once, and only where possible."""

import asyncio
import gc
import logging
import shutil
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from apscheduler.events import EVENT_JOB_EXECUTED
from apscheduler.schedulers import base
from hypothesis import given
from hypothesis import strategies as st

from bot import inflight, jobs
from bot.clock import MovableClock, SystemClock
from bot.demo import Demo
from bot.errors import DatabaseMoved, UsageError
from bot.jobs import DAY_SECONDS, RESCAN_SECONDS, TICK_SECONDS, Every, Jobs
from bot.store.opening import file_of
from bot.store.sqlite.copying import back_up
from tests.chat.conftest import move_to, opened, rows, shown_in, urls
from tests.conftest import ROOT, StoryFile


def at(day: int, hour: int, minute: int = 0, second: int = 0) -> datetime:
    """A moment of December 2019."""
    return datetime(2019, 12, day, hour, minute, second, tzinfo=UTC)


async def nothing() -> None:
    """Work that does nothing."""


async def status(demo: Demo, channel: str = "news") -> str:
    answer = await demo.sandbox.person("admin").command("digest status", channel_=channel)
    return answer.text


async def test_an_edition_comes_at_its_minute_once_and_not_before(tmp_path: Path):
    async with opened(tmp_path) as demo:
        for moment in (at(22, 23), at(23, 7, 58), at(23, 7, 59, 30)):
            await move_to(demo, moment)
            assert len(shown_in(demo, "news")) == 1
        for moment in (at(23, 8), at(23, 8, 1), at(23, 12), at(24, 7, 59)):
            await move_to(demo, moment)
            assert len(shown_in(demo, "news")) == 2
        assert "Monday 23 December 2019" in shown_in(demo, "news")[1]["content"]


async def test_a_tick_with_nothing_due_writes_and_posts_nothing(tmp_path: Path):
    async with opened(tmp_path) as demo:
        before = await rows(demo)
        for _ in range(5):
            await demo.move(timedelta(minutes=1))
        assert await rows(demo) == before


async def test_no_day_is_empty_and_no_story_comes_twice(tmp_path: Path):
    async with opened(tmp_path) as demo:
        for day in range(23, 27):
            await move_to(demo, at(day, 8, 0, 1))
        messages = shown_in(demo, "news")
        assert len(messages[1]["embeds"]) >= 2
        posted = urls(messages)
        assert len(posted) == len(set(posted))
        marks = [e["author"]["name"] for m in messages for e in m["embeds"] if "author" in e]
        assert set(marks) == {"From the archive"}


async def test_two_times_a_day_are_two_editions(tmp_path: Path):
    async with opened(tmp_path) as demo:
        admin = demo.sandbox.person("admin")
        await admin.command("digest time", time="18:00, 08:00", channel_="news")
        for moment in (at(22, 18), at(23, 8)):
            await move_to(demo, moment)
        markers = [m["content"].splitlines()[1] for m in shown_in(demo, "news")]
        assert markers == [
            "-# Sunday 22 December 2019, extra edition",
            "-# Sunday 22 December 2019, edition 2",
            "-# Monday 23 December 2019",
        ]


async def test_a_channel_whose_permission_is_lost_gets_its_edition_when_it_is_back(
    tmp_path: Path,
):
    async with opened(tmp_path) as demo:
        demo.sandbox.world.deny("news", "send_messages")
        await move_to(demo, at(23, 8))
        assert len(shown_in(demo, "news")) == 1
        text = await status(demo)
        assert "I need the **Send Messages** permission there" in text
        assert "Mon 23 Dec: not posted yet" in text
        whole = await demo.sandbox.person("admin").command("digest status")
        assert "⚠️ paused: I can't post in <#" in whole.text
        demo.sandbox.world.allow("news", "send_messages")
        await move_to(demo, at(23, 10, 30))
        assert len(shown_in(demo, "news")) == 2
        text = await status(demo)
        assert "⚠️" not in text
        assert "Mon 23 Dec: posted" in text


async def test_an_edition_that_could_not_come_in_time_is_told_and_its_stories_come_next(
    tmp_path: Path,
):
    async with opened(tmp_path) as demo:
        demo.sandbox.world.deny("news", "send_messages")
        await move_to(demo, at(23, 8))
        demo.sandbox.world.allow("news", "send_messages")
        await move_to(demo, at(23, 11, 30))
        assert len(shown_in(demo, "news")) == 1
        assert "Mon 23 Dec: not posted: " in await status(demo)
        await move_to(demo, at(24, 8))
        assert len(shown_in(demo, "news")) == 2


async def test_one_channels_trouble_holds_up_no_other(tmp_path: Path):
    async with opened(tmp_path) as demo:
        await demo.sandbox.person("moderator").command("subscribe", "ai", topic="AI")
        demo.sandbox.world.deny("news", "send_messages")
        await move_to(demo, at(23, 8))
        assert [len(shown_in(demo, name)) for name in ("news", "ai")] == [1, 1]


async def test_the_rescan_finds_a_story_that_came_meanwhile(tmp_path: Path, story_file: StoryFile):
    seeds = tmp_path / "seeds"
    seeds.mkdir()
    (seed,) = (ROOT / "seeds").glob("*.md")
    (seeds / seed.name).write_bytes(seed.read_bytes())
    async with opened(tmp_path, seeds=seeds) as demo:
        (seeds / "new.md").write_bytes(story_file(title="Zebra crosses a road"))
        scheduler = demo.online.jobs._scheduler
        names = {"tick", "follow_up", "rescan", "sweep", "prune", "backup", "count"}
        assert {job.id for job in scheduler.get_jobs()} == names
        assert scheduler.get_job("rescan").trigger.interval == timedelta(seconds=RESCAN_SECONDS)
        await scheduler.get_job("rescan").func()
        answer = await demo.sandbox.person("member").command("story", query="zebra")
        assert "Zebra crosses a road" in answer.text


async def test_a_tick_asked_for_while_one_runs_is_run_after_it():
    began, go, count = asyncio.Event(), asyncio.Event(), 0

    async def tick() -> None:
        nonlocal count
        count += 1
        began.set()
        await go.wait()

    scheduled = Jobs(
        tick=tick,
        follow_up=nothing,
        rescan=nothing,
        sweep=nothing,
        backup=nothing,
        prune=nothing,
        count=nothing,
    )
    scheduled.start()
    await began.wait()
    scheduled.tick_now()
    go.set()
    async with asyncio.timeout(5):
        await scheduled.ticked()
    assert count == 2
    await scheduled.stop()


async def test_stopping_waits_for_what_is_running():
    began, done = asyncio.Event(), False

    async def tick() -> None:
        nonlocal done
        began.set()
        await asyncio.sleep(0.05)
        done = True

    scheduled = Jobs(
        tick=tick,
        follow_up=nothing,
        rescan=nothing,
        sweep=nothing,
        backup=nothing,
        prune=nothing,
        count=nothing,
    )
    scheduled.start()
    await began.wait()
    await scheduled.stop()
    assert done


async def test_a_job_that_does_not_finish_is_cancelled_which_is_no_failure(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr(inflight, "PATIENCE", 0.05)
    began, cleaned = asyncio.Event(), False

    async def tick() -> None:
        nonlocal cleaned
        began.set()
        try:
            await asyncio.sleep(60)
        finally:
            cleaned = True

    scheduled = Jobs(
        tick=tick,
        follow_up=nothing,
        rescan=nothing,
        sweep=nothing,
        backup=nothing,
        prune=nothing,
        count=nothing,
    )
    scheduled.start()
    async with asyncio.timeout(5):
        await began.wait()
        await scheduled.stop()
    assert cleaned
    assert [one.levelname for one in caplog.records if one.levelno > logging.INFO] == ["WARNING"]
    assert "did not finish in time: 1" in caplog.text


async def test_a_tick_that_fails_is_logged_and_the_next_one_runs(caplog: pytest.LogCaptureFixture):
    count = 0

    async def tick() -> None:
        nonlocal count
        count += 1
        raise OSError("no disk")

    scheduled = Jobs(
        tick=tick,
        follow_up=nothing,
        rescan=nothing,
        sweep=nothing,
        backup=nothing,
        prune=nothing,
        count=nothing,
    )
    with caplog.at_level(logging.ERROR, "bot.jobs"):
        scheduled.start()
        async with asyncio.timeout(5):
            await scheduled.ticked()
            scheduled.tick_now()
            await scheduled.ticked()
        await asyncio.sleep(0)
    assert count == 2
    assert [one.message for one in caplog.records] == ["tick failed", "tick failed"], "once each"
    await scheduled.stop()


@pytest.mark.parametrize("cycles", range(8))
async def test_after_a_stop_nothing_runs_on_whenever_it_came(
    cycles: int, caplog: pytest.LogCaptureFixture
):
    begun, ended = Counter[str](), Counter[str]()

    def slow(name: str) -> Callable[[], Awaitable[None]]:
        async def work() -> None:
            begun[name] += 1
            await asyncio.sleep(0.02)
            ended[name] += 1

        return work

    names = ("tick", "follow_up", "rescan", "sweep", "backup", "prune", "count")
    scheduled = Jobs(**{name: slow(name) for name in names})
    scheduled.start()
    for _ in range(cycles):
        await asyncio.sleep(0)
    await scheduled.stop()
    stopped = dict(begun)
    assert ended == stopped
    await asyncio.sleep(0.05)
    assert begun == stopped
    assert caplog.text == ""


# A clock that is set to another time; APScheduler uses it.

YEARS = timedelta(days=365)
STEPS = [timedelta(minutes=6), timedelta(hours=1), timedelta(days=1), 40 * YEARS]
moments = st.datetimes(datetime(1900, 1, 1), datetime(2900, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(
    moments,
    moments,
    st.sampled_from([TICK_SECONDS, RESCAN_SECONDS, DAY_SECONDS]),
    st.integers(0, 23),
)
def test_the_next_time_of_a_job_is_within_its_interval_wherever_the_clock_was(
    now: datetime, before: datetime, seconds: int, hours: int
):
    every = Every(seconds, hours)
    following = every.get_next_fire_time(before, now)
    assert now < following <= now + every.interval
    assert (following.timestamp() - hours * 3600) % seconds == 0


class Put:
    """APScheduler's clock, which continues from where it is set; and how often each job has
    finished: before that it would not run again.
    """

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        # Far from every job's next time, so that none runs by itself meanwhile.
        self.clock = MovableClock(SystemClock().now().replace(minute=2, second=1))
        self.ran: Counter[str] = Counter()
        patch.setattr(base, "datetime", self)
        patch.setattr(jobs, "WATCH_SECONDS", 0.01)
        self.jobs = Jobs(
            tick=nothing,
            follow_up=nothing,
            rescan=nothing,
            sweep=nothing,
            backup=nothing,
            prune=nothing,
            count=nothing,
        )
        self.jobs._scheduler.add_listener(
            lambda event: self.ran.update([event.job_id]), EVENT_JOB_EXECUTED
        )

    def now(self, _: object) -> datetime:
        return self.clock.now()

    async def begin(self) -> None:
        """Start, and let the jobs that run at once finish."""
        self.jobs.start()
        await self._until(lambda: len(self.ran) == 5)

    async def step(self, by: timedelta) -> None:
        """Move the clock; every job due in that time must run, and have a near next time again."""
        self.ran.clear()
        self.clock.move(by)
        self.jobs._scheduler.wakeup()  # which happens in 15 s at the latest, by the loop's clock
        found = {job.id: job.trigger.interval for job in self.jobs._scheduler.get_jobs()}
        due = {name for name, interval in found.items() if interval <= abs(by)}
        await self._until(lambda: due <= self.ran.keys() and self._all_near())

    async def _until(self, true: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not true():  # noqa: ASYNC110 - its jobs
                await asyncio.sleep(0.01)

    def _all_near(self) -> bool:
        found, now = self.jobs._scheduler.get_jobs(), self.clock.now()
        return all(job.next_run_time - now <= job.trigger.interval for job in found)


@pytest.mark.parametrize("by", [sign * by for by in STEPS for sign in (1, -1)], ids=str)
async def test_after_a_step_of_the_clock_every_job_runs_within_its_interval(
    monkeypatch: pytest.MonkeyPatch, by: timedelta
):
    put = Put(monkeypatch)
    await put.begin()
    for step in (by, -by):
        await put.step(step)
    await put.jobs.stop()


async def test_a_clock_that_is_only_corrected_runs_nothing_out_of_turn(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    put = Put(monkeypatch)
    await put.begin()
    put.clock.move(timedelta(seconds=-1))
    await asyncio.sleep(0.05)
    assert put.ran == {"tick": 1, "sweep": 1, "backup": 1, "prune": 1, "count": 1}
    assert caplog.text == ""
    await put.jobs.stop()


# A database that is replaced or deleted under the running bot.


@pytest.mark.sqlite
@pytest.mark.parametrize("happens", ["replaced", "overwritten", "deleted"])
async def test_before_anything_is_posted_the_bot_ends_where_its_database_is_gone(
    tmp_path: Path, happens: str
):
    async def lose_it() -> None:
        async with opened(tmp_path) as demo:
            database = file_of(demo.services.places.database)
            back_up(database, tmp_path / "other.db", demo.clock.now())
            match happens:
                case "replaced":
                    (tmp_path / "other.db").replace(database)
                case "overwritten":
                    shutil.copyfile(tmp_path / "other.db", database)
                case _:
                    database.unlink()
            answer = await demo.sandbox.person("admin").command("digest now", channel_="news")
            assert "The bot's database does not answer" in answer.text
            demo.clock.put(at(23, 8))
            demo.online.jobs.tick_now()
            with pytest.raises(DatabaseMoved):
                await demo.online.connection
            assert len(shown_in(demo, "news")) == 1

    with pytest.raises(DatabaseMoved):
        await lose_it()


@pytest.mark.sqlite
def test_a_database_that_is_gone_when_the_bot_is_closing_is_told_by_its_end_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    async def lose_it() -> None:
        async with opened(tmp_path) as demo:
            await demo.online.bot.close()
            await demo.online.connection
            file_of(demo.services.places.database).unlink()
            demo.online.jobs.tick_now()
            await demo.online.jobs.ticked()

    with pytest.raises(DatabaseMoved):
        asyncio.run(lose_it())
    gc.collect()  # asyncio reports an unretrieved error when its future is collected
    assert "never retrieved" not in caplog.text


async def test_run_once_does_every_job_in_order_and_raises_what_failed_at_the_end(
    caplog: pytest.LogCaptureFixture,
):
    done: list[str] = []

    def noting(name: str) -> Callable[[], Awaitable[None]]:
        async def work() -> None:
            done.append(name)
            if name == "sweep":
                raise UsageError("no feed today")

        return work

    names = ("tick", "follow_up", "rescan", "sweep", "backup", "prune", "count")
    jobs = Jobs(**{name: noting(name) for name in names})
    with pytest.raises(UsageError, match="no feed today"):
        await jobs.run_once()
    assert done == ["rescan", "sweep", "tick", "follow_up", "backup", "prune", "count"]
    assert "sweep: no feed today" in caplog.text
    await jobs.stop()
