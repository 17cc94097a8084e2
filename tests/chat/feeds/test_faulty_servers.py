"""A feed's server that is down, slow or lying for a day: the others are on time, the bot's owner is
told once, and it heals by itself.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import bot.demo.start
from bot.demo import Demo
from bot.origins.feeds.client import Timeouts
from bot.sandbox.feeds import Fault, all_feeds
from bot.stories.feeds import Feed, FeedSettings
from tests.chat.conftest import move_to, opened, shown_in

HOUR = timedelta(hours=1)
EVENING = datetime(2019, 12, 22, 20, 0, tzinfo=UTC)
MORNING = datetime(2019, 12, 23, 8, 0, tzinfo=UTC)
FAULTY, *OTHERS = [one for one in all_feeds() if one.topics == ("World",)]


async def asked(demo: Demo) -> dict[str, Feed]:
    """Every feed, by its host."""
    return {one.settings.url.split("/")[2]: one for one in await demo.services.feeds.listed()}


async def others_are_on_time(demo: Demo) -> None:
    found = await asked(demo)
    for other in OTHERS:
        state = found[other.host].state
        assert state.fault is None
        assert state.next_at is not None
        assert state.next_at > demo.clock.now()


async def a_day_and_more(demo: Demo, begin: datetime) -> None:
    """A day and eight hours in steps of four."""
    for step in range(9):
        await move_to(demo, begin + step * 4 * HOUR)
        await others_are_on_time(demo)


@pytest.mark.parametrize("fault", list(Fault))
async def test_a_server_is_faulty_for_a_day(
    tmp_path: Path, fault: Fault, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(bot.demo.start, "PATIENCE", Timeouts(total=0.3, connect=0.3, read=0.3))
    async with opened(tmp_path) as demo:
        owner = demo.sandbox.person("owner")
        for one in (FAULTY, *OTHERS):
            await demo.services.feeds.add(FeedSettings(one.url, topics=one.topics), "test")
        await demo.sandbox.person("moderator").command("subscribe", "ai", topic="World")
        await move_to(demo, EVENING - 2 * HOUR)

        demo.feeds.faults[FAULTY.host] = fault
        await a_day_and_more(demo, EVENING)
        (digest, *_) = shown_in(demo, "ai")
        assert datetime.fromisoformat(digest["timestamp"]) - MORNING < timedelta(seconds=1)
        hosts = {embed["url"].split("/")[2] for embed in digest["embeds"]}
        assert hosts & {other.host for other in OTHERS}
        told = [message["content"] for message in owner.direct_messages]
        if fault is Fault.UNCHANGED:  # that is what a feed says that has nothing new
            assert told == []
        else:
            (line,) = told
            assert line.startswith("⚠️ 1 of 4 feeds gives nothing.")

        del demo.feeds.faults[FAULTY.host]
        await a_day_and_more(demo, demo.clock.now() + 4 * HOUR)
        feed = (await asked(demo))[FAULTY.host]
        assert (feed.state.fault, feed.told) == (None, None)
        newest = (await demo.services.queries.newest_of_feed(feed.feed_id, 1))[0]
        assert demo.clock.now() - newest.article.published_at < timedelta(days=1)
        healed = [message["content"] for message in owner.direct_messages][len(told) :]
        assert len(healed) == len(told)
        assert all(one.startswith("✅ Answers again: **") for one in healed)
