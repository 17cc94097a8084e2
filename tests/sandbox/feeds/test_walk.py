"""Feeds in the sandbox, as a newcomer meets them: from chosen topics to a digest."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import copytree

import aiohttp
import yaml

from bot.stories.feeds import FaultKind, FeedSettings
from tests.chat.conftest import move_to, opened, shown_in, urls
from tests.conftest import ROOT

DAYS = 10
MORNING = datetime(2019, 12, 23, 8, 0, 1, tzinfo=UTC)


def choosing(folder: Path, *topics: str) -> Path:
    """A configuration with a feed for each topic."""
    made = folder / "config"
    copytree(ROOT / "config", made)
    feeds = [{"url": f"https://publisher.example/{one}", "topics": [one]} for one in topics]
    (made / "feeds.yaml").write_text(yaml.safe_dump({"feeds": feeds}), encoding="utf-8")
    return made


async def test_the_first_digest_is_the_same_whatever_feeds_are_chosen(tmp_path: Path):
    found = []
    for topics in ((), ("AI", "Security")):
        folder = tmp_path / f"{len(topics)}"
        folder.mkdir()
        async with opened(folder, config=choosing(folder, *topics)) as demo:
            found.append(urls(shown_in(demo, "news")))
    assert found[0] == found[1]
    assert len(found[0]) == 5


async def test_the_next_morning_has_grouped_stories_from_the_feeds_of_chosen_topics(tmp_path: Path):
    async with opened(tmp_path, config=choosing(tmp_path, "AI")) as demo:
        await move_to(demo, MORNING)
        _, digest = shown_in(demo, "news")
        told_by = {one.settings.url.split("/")[2] for one in await demo.services.feeds.listed()}
        told = [one for one in digest["embeds"] if one["url"].split("/")[2] in told_by]
        assert len(told) >= 3
        assert digest["content"].count("3 publishers") >= len(told)
        assert all(one["description"].count("](http") >= 2 for one in told)


async def test_every_day_of_ten_brings_news_that_is_new_to_who_has_chosen_no_feeds(tmp_path: Path):
    async with opened(tmp_path, news=True) as demo:
        moderator = demo.sandbox.person("moderator")
        await moderator.command("subscribe", "general", topic="Space")
        headers = {"Origin": demo.sandbox.page.rstrip("/")}
        days = []
        async with aiohttp.ClientSession(demo.sandbox.page, headers=headers) as page:
            for _ in range(DAYS):
                async with page.post("/page/clock", json={"by": 24 * 3600}) as response:
                    days.append((await response.json())["came"])
        channels = [str(demo.sandbox.world.channel(name).id) for name in ("news", "general")]
        assert [sorted(one["channel"] for one in day) for day in days] == [sorted(channels)] * DAYS
        assert all(one["stories"] > 0 and not one["says"] for day in days for one in day)
        posted = [*shown_in(demo, "news"), *shown_in(demo, "general")]
        assert not [one for one in posted if "From the archive" in str(one)]
        for channel in ("news", "general"):
            cards = [card for one in shown_in(demo, channel) for card in one["embeds"]]
            told = [card["url"].rpartition("/")[2] for card in cards if "title" in card]
            assert len(told) == len({*told})


async def test_only_invented_feeds_are_asked_and_the_dead_and_the_slow_one_delay_no_other(
    tmp_path: Path,
):
    async with opened(tmp_path, config=choosing(tmp_path, "AI", "Security")) as demo:
        await move_to(demo, MORNING)
        feeds = {one.settings.url: one.state for one in await demo.services.feeds.listed()}
        faults = {url: state.fault for url, state in feeds.items() if state.fault}
        assert faults == {
            "http://quietbell.example/feed.xml": FaultKind.UNREACHABLE,
            "http://slowriver.example/feed.xml": FaultKind.SLOW,
        }
        assert len(feeds) == 10


async def test_a_page_that_is_added_gives_grouped_stories_within_a_minute(tmp_path: Path):
    async with opened(tmp_path) as demo:
        await demo.services.feeds.add(FeedSettings("http://daybook.example/"), "owner")
        await demo.move(timedelta(minutes=1))
        async with demo.services.database.reading() as db:
            sql = "SELECT count(*) FROM story WHERE url LIKE 'http://%' GROUP BY event_id"
            sizes = [row[0] for row in await db.execute_fetchall(sql)]
        assert len(sizes) > 80
        assert sizes.count(3) / len(sizes) > 0.8


async def test_a_restart_keeps_the_feeds_and_doubles_nothing(tmp_path: Path):
    config = choosing(tmp_path, "Space")
    counts = []
    for _ in range(2):
        async with opened(tmp_path, config=config) as demo:
            await move_to(demo, MORNING)
            async with demo.services.database.reading() as db:
                (row,) = await db.execute_fetchall(
                    "SELECT count(*), count(DISTINCT url) FROM story"
                )
            counts.append(tuple(row))
            assert len(await demo.services.feeds.listed()) == 4
    assert counts[0] == counts[1]
    assert counts[0][0] == counts[0][1]
