"""From a feed to an edition: feeds asked on loopback, and the digest that follows their topic."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.library.ingest import Ingestion
from bot.stories.urls import Trackers
from tests.conftest import sentence
from tests.delivery.harness import CHANNEL, DAY, HOUR, MINUTE, MORNING, PLAIN_RULES, Harness
from tests.library.feeding import Item, Newsstand, newsstand


@pytest.fixture
async def stand(harness: Harness) -> AsyncIterator[Newsstand]:
    ingestion = Ingestion(harness.database, PLAIN_RULES, Trackers(), harness.clock, [])
    async with newsstand(harness.database, harness.clock, ingestion) as opened:
        yield opened


async def test_what_feeds_gave_is_in_the_next_edition_once(harness: Harness, stand: Newsstand):
    for path, host in (
        ("/one", "one.example"),
        ("/two", "two.example"),
        ("/three", "three.example"),
    ):
        stand.put(
            Item(1, url=f"https://{host}/story", title="Harbour opens"), path=path, title=host
        )
        await stand.add(path, host)
    await stand.run()
    await harness.follow()
    await harness.tick(at=MORNING)
    assert len(harness.discord.urls(CHANNEL)) == 1
    assert await stand.rows("SELECT count(*), count(DISTINCT event_id) FROM story") == [(3, 1)]
    await harness.tick(after=DAY)
    assert len(harness.discord.urls(CHANNEL)) == 1


def told(number: int) -> Item:
    """An item that says enough to be posted alone."""
    return Item(number, sentence(number)[:60], f"{sentence(number)} {sentence(number + 50)}")


async def test_just_before_an_edition_the_feeds_of_its_topics_are_asked_first(
    harness: Harness, stand: Newsstand
):
    harness.clock.put(MORNING - 3 * HOUR)
    stand.put(told(1))
    await stand.add(tier=1)
    await stand.add("/other", "other.example", topics=("Harbour",))
    await stand.run()
    await harness.follow()
    await stand.run(2 * HOUR)
    asked = len(stand.server.asked)
    stand.put(told(2))
    assert (await stand.run(HOUR - 11 * MINUTE)).asked == 0
    assert (await stand.run(MINUTE)).asked == 1
    assert (await stand.run(MINUTE)).asked == 0, "once for an edition"
    assert [one.path for one in stand.server.asked[asked:]] == ["/feed"]
    await harness.tick(at=MORNING)
    assert len(harness.discord.urls(CHANNEL)) == 2


async def test_a_feed_of_a_followed_topic_is_asked_more_often(harness: Harness, stand: Newsstand):
    stand.put(Item(1, at=harness.clock.now() - timedelta(days=9)))
    await stand.add()
    await stand.run()
    assert (await stand.run(3 * HOUR)).asked == 0
    await harness.follow()
    assert (await stand.run(4 * HOUR)).asked == 1
    assert (await stand.run(2.5 * HOUR)).asked == 1
