"""Days of invented feeds through the whole bot: what is grouped, posted and told, and how fast.

A short form runs by default. The week of 300 feeds takes long: `pytest -n 0 -m soak -s
tests/evaluation`.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.sandbox.feeds import Fault, Item
from bot.stories.feeds import FaultKind
from tests.evaluation.invented_feeds import BEGINNING, News, Shape, labelled, make_news
from tests.evaluation.replay import STEP, Replay, replayed, replaying

SMALL = Shape(feeds=20, items=120, days=1)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LATEST = 2.2 * HOUR + STEP
"""A feed whose topics are followed is asked every two hours and a tenth at most."""


def test_the_same_numbers_give_the_same_news():
    one, other = make_news(SMALL), make_news(SMALL)
    assert one.items == other.items
    assert one.events == other.events
    assert make_news(SMALL, seed=2).events != one.events


def test_news_are_of_the_shape_that_is_asked_for():
    news = make_news(SMALL)
    assert len(news.feeds) == 20
    assert 120 <= len(news.items) < 180
    assert {f"{event}" for event in news.events.values()} == {one.story for one in labelled(news)}


async def test_a_day_is_grouped_posted_and_looked_up(tmp_path: Path):
    found = await replayed(tmp_path, SMALL)
    assert found.f1 > 0.8
    assert found.missing == 0
    assert found.digests
    assert found.twice == 0


@pytest.mark.soak
async def test_a_week_of_300_feeds_is_grouped_posted_and_looked_up(tmp_path: Path):
    found = await replayed(tmp_path, Shape())
    print(found)
    # The rules alone score .836 on a day with the shipped counts, .866 with the archive's own.
    assert found.f1 >= 0.83
    assert found.twice == 0
    assert found.longest_work <= 0.05
    assert found.answer_p99 <= 0.3


@pytest.fixture(scope="module")
def news() -> News:
    return make_news(Shape(feeds=20, items=160, days=3))


@asynccontextmanager
async def a_day_of(folder: Path, news: News, fault: Fault) -> AsyncIterator[tuple[Replay, str]]:
    """A bot that has asked all feeds, of which one that is often asked has a fault from then on."""
    async with replaying(folder, news) as replay:
        await replay.step()
        await replay.follow()
        await until(replay, BEGINNING + DAY)
        host = news.feeds[0].host
        replay.server.faults[host] = fault
        yield replay, host


async def until(replay: Replay, end: datetime) -> None:
    while replay.clock.now() < end:
        await replay.step()


def shown(news: News, host: str, first: datetime, last: datetime) -> Iterator[Item]:
    """What the feeds of a host, or of all but it, showed first in this time."""
    return (
        one
        for one in news.items
        if first <= one.shown_at < last and (one.url.split("/")[2] == host)
    )


def told(replay: Replay) -> list[str]:
    """What the owner was told."""
    return [
        message["content"]
        for channel in replay.sandbox.world.directs.values()
        for message in channel.messages
    ]


FAULTS = {
    Fault.DOWN: FaultKind.UNREACHABLE,
    Fault.SLOW: FaultKind.SLOW,
    Fault.ERROR: FaultKind.BROKEN,
    Fault.PAGE: FaultKind.NO_FEED,
    Fault.ASTRAY: FaultKind.FORBIDDEN,
    Fault.UNCHANGED: None,
}


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
async def test_a_site_that_fails_for_a_day_delays_no_other_is_told_once_and_heals(
    tmp_path: Path, news: News, fault: Fault
):
    async with a_day_of(tmp_path, news, fault) as (replay, host):
        address = f"http://{host}/feed"
        begun = replay.clock.now()
        await until(replay, begun + 25 * HOUR)
        state = (await replay.feeds())[address].state
        assert state.fault is FAULTS[fault]
        there = await replay.events()
        assert not [one for one in shown(news, host, begun, begun + DAY) if one.url in there]
        for other in {one.host for one in news.feeds} - {host}:
            late = shown(news, other, begun, replay.clock.now() - LATEST)
            assert all(one.url in there for one in late)
        once = 1 if FAULTS[fault] else 0
        assert len(told(replay)) == once
        del replay.server.faults[host]
        await until(replay, replay.clock.now() + 7 * HOUR)
        state = (await replay.feeds())[address].state
        assert (state.fault, state.failures, state.paused) == (None, 0, False)
        there = await replay.events()
        assert [one for one in shown(news, host, begun, begun + DAY) if one.url in there]
        assert len(told(replay)) == 2 * once  # the second one says that it is well again
