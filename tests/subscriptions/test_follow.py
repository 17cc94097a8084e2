"""Following topics and no longer: what is armed, in which order topics stand, and how many."""

import pytest

from bot.digests.schedule import Occurrence
from bot.digests.target import Channel
from bot.errors import UsageError
from bot.subscriptions.follow import MAX_TOPICS, TopicsChange
from tests.delivery.harness import (
    CHANNEL,
    GUILD,
    MORNING,
    TARGET,
    Harness,
    story,
)

TODAY = MORNING.date()
OTHER_GUILD = 2
BY = 1
"""Whoever changes something."""


async def test_following_a_topic_arms_the_digest(harness: Harness):
    await harness.load(story(1))
    change = await harness.subscriptions.change(TARGET, [await harness.topic()], (), by=BY)
    status = change.status
    assert (change.added, change.gone, change.change_id) == (["AI"], [], 1)
    assert status.topics == ("AI",)
    assert status.next == Occurrence(MORNING, TODAY, 1)
    assert set(status.set_by.values()) == {"config"}
    assert (status.fault, status.last) == (None, [])


async def test_following_again_changes_nothing(harness: Harness):
    await harness.load(story(1))
    first = await harness.follow()
    again = await harness.subscriptions.change(TARGET, [await harness.topic()], (), by=BY)
    assert again == TopicsChange(first, None, [], [])


async def test_topics_stand_in_the_order_of_their_names(harness: Harness):
    await harness.load(story(1, topics=["Robots", "AI", "Chips"]))
    status = await harness.follow(CHANNEL, "Robots", "Chips", "AI")
    assert status.topics == ("AI", "Chips", "Robots")


async def test_no_longer_following_disarms_the_digest_with_its_last_topic(harness: Harness):
    await harness.load(story(1, topics=["AI", "Robots"]))
    await harness.follow(CHANNEL, "AI", "Robots")
    for name, left in (("AI", ("Robots",)), ("Robots", ())):
        topic = await harness.topic(name)
        change = await harness.subscriptions.change(TARGET, (), [topic], by=BY)
        assert change.gone == [name]
        assert change.status.topics == left
        assert (change.status.next is None) is (not left)
    assert await harness.statuses.of_server(GUILD) == []


async def test_no_longer_following_what_was_not_followed_changes_nothing(harness: Harness):
    await harness.load(story(1, topics=["AI", "Robots"]))
    robots = await harness.topic("Robots")
    status = await harness.follow()
    change = await harness.subscriptions.change(TARGET, (), [robots], by=BY)
    assert change == TopicsChange(status, None, [], [])


async def test_several_topics_are_one_change_and_what_was_so_before_is_none_of_it(
    harness: Harness,
):
    await harness.load(story(1, topics=["Robots", "AI", "Chips", "Space"]))
    await harness.follow(CHANNEL, "Robots", "AI")
    more = [await harness.topic(name) for name in ("AI", "Chips", "Space")]
    gone = [await harness.topic("Robots")]
    change = await harness.subscriptions.change(TARGET, more, gone, by=BY)
    assert (change.added, change.gone) == (["Chips", "Space"], ["Robots"])
    assert change.status.topics == ("AI", "Chips", "Space")
    (*_, noted) = await harness.rows("SELECT old, new FROM change ORDER BY change_id")
    assert (noted["old"], noted["new"]) == ('["Robots"]', '["Chips", "Space"]')


async def test_a_channel_follows_at_most_as_many_topics_as_a_select_shows(harness: Harness):
    names = [f"Topic {n:02}" for n in range(MAX_TOPICS + 1)]
    await harness.load(*(story(n, topics=[name]) for n, name in enumerate(names)))
    status = await harness.follow(CHANNEL, *names[:MAX_TOPICS])
    with pytest.raises(UsageError, match="25 topics"):
        await harness.follow(CHANNEL, names[-1])
    assert await harness.statuses.of_channel(TARGET) == status
    assert await harness.follow(CHANNEL, names[0]) == status, "one of the 25 is no news"


async def test_a_channel_of_another_server_is_refused_and_stays_as_it_is(harness: Harness):
    await harness.load(story(1, topics=["AI", "Robots"]))
    before = await harness.follow()
    topic, robots = await harness.topic(), await harness.topic("Robots")
    subscriptions = harness.subscriptions
    for refused in (
        subscriptions.change(Channel(OTHER_GUILD, CHANNEL), [robots], (), by=BY),
        subscriptions.change(Channel(OTHER_GUILD, CHANNEL), (), [topic], by=BY),
        harness.settings.set_for_channel(Channel(OTHER_GUILD, CHANNEL), "time", "10:00", by=1),
        harness.on_demand.post_now(Channel(OTHER_GUILD, CHANNEL)),
        harness.on_demand.preview(Channel(OTHER_GUILD, CHANNEL), MORNING),
    ):
        with pytest.raises(UsageError):
            await refused
    assert await harness.statuses.of_channel(Channel(OTHER_GUILD, CHANNEL)) is None
    assert await harness.statuses.of_channel(TARGET) == before
    assert [row["guild_id"] for row in await harness.rows("SELECT guild_id FROM server")] == [GUILD]
