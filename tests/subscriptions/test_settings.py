"""Settings of channels and servers: what is inherited, and when the digest comes next."""

import pytest

from bot.config import DigestConfig
from bot.digests.schedule import Occurrence
from bot.digests.setting_values import MOST_MUTED
from bot.digests.settings import MUTE, SETTINGS
from bot.digests.target import Channel
from bot.errors import UsageError
from tests.delivery.harness import (
    CHANNEL,
    DAY,
    GUILD,
    HOUR,
    MINUTE,
    MORNING,
    OTHER_CHANNEL,
    OTHER_TARGET,
    TARGET,
    Harness,
    story,
)
from tests.digests.setting_examples import EXAMPLES
from tests.subscriptions.conftest import due

TODAY = MORNING.date()
OTHER_GUILD = 2


@pytest.mark.parametrize("name", SETTINGS)
async def test_a_channel_inherits_from_its_server_and_that_from_config(harness: Harness, name: str):
    await harness.load(story(1))
    before = await harness.follow()
    await harness.settings.set_for_server(GUILD, name, EXAMPLES[name].other, by=1)
    of_server = await harness.statuses.of_channel(TARGET)
    assert of_server is not None
    assert of_server.set_by[name] == "server"
    assert of_server.settings == await harness.statuses.inherited(GUILD)
    assert of_server.settings != before.settings

    own = EXAMPLES[name].same
    status = (await harness.settings.set_for_channel(TARGET, name, own, by=1)).status
    assert status.set_by[name] == "channel"
    assert status.settings == before.settings
    assert status.next == before.next

    status = (await harness.settings.set_for_channel(TARGET, name, None, by=1)).status
    assert status == of_server
    await harness.settings.set_for_server(GUILD, name, None, by=1)
    assert await harness.statuses.of_channel(TARGET) == before


async def test_a_change_of_the_server_arms_anew_exactly_those_that_inherit(harness: Harness):
    await harness.load(story(1))
    await harness.follow(CHANNEL)
    await harness.follow(OTHER_CHANNEL)
    await harness.follow(21, guild=OTHER_GUILD)
    await harness.settings.set_for_channel(OTHER_TARGET, "time", "07:30", by=1)
    change = await harness.settings.set_for_server(GUILD, "time", "10:00", by=1)
    assert change.settings.timetable.time == "10:00"
    assert [status.target.channel_id for status in change.inheriting] == [CHANNEL]
    assert [status.target.channel_id for status in change.keeping] == [OTHER_CHANNEL]
    assert await due(harness, CHANNEL) == MORNING + 2 * HOUR
    assert await due(harness, OTHER_CHANNEL) == MORNING - HOUR / 2
    assert await due(harness, 21) == MORNING


async def test_a_server_can_be_set_before_any_channel_follows_anything(harness: Harness):
    await harness.load(story(1))
    change = await harness.settings.set_for_server(GUILD, "time", "10:00", by=1)
    assert (change.inheriting, change.keeping) == ([], [])
    await harness.follow()
    assert await due(harness) == MORNING + 2 * HOUR


@pytest.mark.parametrize("level", ["server", "channel"])
async def test_pause_and_resume(harness: Harness, level: str):
    await harness.load(story(1))
    await harness.follow()

    async def pause(text: str) -> None:
        if level == "server":
            await harness.settings.set_for_server(GUILD, "paused", text, by=1)
        else:
            await harness.settings.set_for_channel(TARGET, "paused", text, by=1)

    await pause("yes")
    assert await due(harness) is None
    await harness.tick(at=MORNING + HOUR)
    assert harness.discord.requests == []
    await pause("no")
    assert await due(harness) == MORNING + DAY, (
        "what was due while it was paused is not made up for"
    )


async def test_a_channel_can_go_on_where_its_server_is_paused(harness: Harness):
    await harness.load(story(1))
    await harness.follow()
    await harness.settings.set_for_channel(TARGET, "paused", "no", by=1)
    await harness.settings.set_for_server(GUILD, "paused", "yes", by=1)
    assert await due(harness) == MORNING


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        ("time", "25:00"),
        ("timezone", "Mars"),
        ("days", "someday"),
        ("quiet_day", "loud"),
        ("catch_up", "a while"),
    ],
)
async def test_a_bad_value_is_refused_in_a_sentence_and_changes_nothing(
    harness: Harness, name: str, bad: str
):
    await harness.load(story(1))
    before = await harness.follow()
    with pytest.raises(UsageError, match=r"\.$"):
        await harness.settings.set_for_channel(TARGET, name, bad, by=1)
    with pytest.raises(UsageError, match=r"\.$"):
        await harness.settings.set_for_server(GUILD, name, bad, by=1)
    assert await harness.statuses.of_channel(TARGET) == before


@pytest.mark.parametrize("moved", ["07:00", "08:30", "20:00"])
async def test_retiming_after_todays_edition_makes_none_today_and_the_answer_says_when(
    harness: Harness, moved: str
):
    await harness.load(story(1), story(2, age=-HOUR))
    await harness.follow()
    await harness.tick(at=MORNING)
    status = (await harness.settings.set_for_channel(TARGET, "time", moved, by=1)).status
    assert status.next is not None
    assert (status.next.local_date, status.next.slot) == (TODAY + DAY, 1)
    assert f"{status.next.due_at:%H:%M}" == moved
    for hour in range(1, 16):
        await harness.tick(at=MORNING + hour * HOUR)
    assert len(await harness.editions()) == 1


@pytest.mark.parametrize(
    ("name", "text"), [*((name, one.other) for name, one in EXAMPLES.items()), ("time", "18:00")]
)
async def test_a_change_while_an_edition_is_due_and_not_yet_planned_does_not_lose_it(
    harness: Harness, name: str, text: str
):
    await harness.load(story(1))
    await harness.follow()
    harness.clock.put(MORNING + MINUTE)
    await harness.settings.set_for_server(GUILD, name, text, by=1)
    await harness.tick()
    posted = [] if name == "paused" else [1]
    assert harness.shown() == posted, "only a pause takes it back"
    following = await due(harness)
    assert following is None or following > harness.clock.now()


async def test_a_change_of_zone_brings_the_next_free_date(harness: Harness):
    await harness.load(story(1))
    await harness.follow()
    await harness.tick(at=MORNING)
    status = (await harness.settings.set_for_channel(TARGET, "timezone", "Asia/Tokyo", by=1)).status
    assert status.next == Occurrence(MORNING + 15 * HOUR, TODAY + DAY, 1)
    status = (
        await harness.settings.set_for_channel(TARGET, "timezone", "America/New_York", by=1)
    ).status
    assert status.next == Occurrence(MORNING + 28 * HOUR, TODAY + DAY, 1)


async def test_a_change_of_config_arms_anew_those_that_inherit_it(harness: Harness):
    await harness.restart()
    await harness.load(story(1))
    await harness.follow(CHANNEL)
    await harness.follow(OTHER_CHANNEL)
    await harness.settings.set_for_channel(OTHER_TARGET, "time", "07:30", by=1)
    await harness.restart(DigestConfig(time="11:00"))
    assert await due(harness, CHANNEL) == MORNING + 3 * HOUR
    assert await due(harness, OTHER_CHANNEL) == MORNING - HOUR / 2


async def test_a_change_of_config_does_not_lose_an_edition_missed_meanwhile(harness: Harness):
    await harness.restart()
    await harness.load(story(1))
    await harness.follow()
    harness.clock.put(MORNING + HOUR)
    await harness.restart(DigestConfig(time="11:00"))
    await harness.tick()
    assert harness.shown() == [1]
    assert await due(harness) == MORNING + DAY + 3 * HOUR


async def test_without_a_change_of_config_a_start_leaves_all_as_it_was(harness: Harness):
    await harness.restart()
    await harness.load(story(1))
    await harness.follow()
    before = await harness.digest()
    await harness.execute("UPDATE digest SET next_slot = 9")
    await harness.restart()
    following = (await harness.digest()).next
    assert before.next is not None
    assert following is not None
    assert (following.due_at, following.slot) == (before.next.due_at, 9)


async def test_an_unknown_setting_is_a_bug_and_not_a_column(harness: Harness):
    with pytest.raises(KeyError):
        await harness.settings.set_for_server(GUILD, "guild_id", None, by=1)


async def test_a_channel_mutes_one_more_publisher_beside_those_of_its_server(harness: Harness):
    await harness.load(story(1))
    await harness.follow()
    await harness.settings.set_for_server(GUILD, "mute", "Forbes", by=1)
    change = await harness.settings.mute(TARGET, "ZDNet", by=2)
    assert change.status.settings[MUTE] == ("Forbes", "ZDNet")
    assert change.status.set_by["mute"] == "channel"
    again = await harness.settings.mute(TARGET, "zdnet", by=2)
    assert (again.change_id, again.status) == (None, change.status)
    assert change.change_id is not None
    await harness.changes.undo(GUILD, change.change_id, by=2)
    assert (await harness.digest()).own["mute"] is None


async def test_only_so_many_publishers_can_be_muted(harness: Harness):
    names = [f"Paper {number:03}" for number in range(MOST_MUTED)]
    await harness.settings.set_for_channel(TARGET, "mute", "\n".join(names), by=1)
    with pytest.raises(UsageError, match=r"26 publishers.* a digest can mute 25 publishers\.$"):
        await harness.settings.mute(TARGET, "One More", by=1)
    assert (await harness.settings.mute(TARGET, names[0], by=1)).change_id is None
    assert (await harness.digest()).own["mute"] == "\n".join(names)


async def test_a_channel_of_another_server_cannot_be_muted(harness: Harness):
    await harness.load(story(1))
    await harness.follow()
    before = await harness.digest()
    with pytest.raises(UsageError, match="belongs to another server"):
        await harness.settings.mute(Channel(OTHER_GUILD, CHANNEL), "Forbes", by=1)
    assert await harness.digest() == before
