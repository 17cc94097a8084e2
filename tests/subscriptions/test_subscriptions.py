"""Standing orders: every change, what is inherited, and when the digest comes next."""

from datetime import datetime

import pytest

from bot.config import DigestConfig
from bot.digests.ledger import EditionState
from bot.digests.schedule import Occurrence
from bot.digests.settings import SETTINGS
from bot.digests.target import Channel
from bot.errors import UsageError
from bot.subscriptions.follow import MAX_TOPICS
from tests.delivery.discord import Answer
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

TODAY = MORNING.date()
OTHER_GUILD = 2


async def due(harness: Harness, channel: int = CHANNEL) -> datetime | None:
    following = (await harness.digest(channel)).next
    return following.due_at if following else None


async def test_following_a_topic_arms_the_digest(harness: Harness):
    await harness.load(story(1))
    added, status = await harness.subscriptions.subscribe(TARGET, await harness.topic())
    assert added
    assert status.topics == ("AI",)
    assert status.next == Occurrence(MORNING, TODAY, 1)
    assert set(status.set_by.values()) == {"config"}
    assert (status.fault, status.last) == (None, [])


async def test_following_again_changes_nothing(harness: Harness):
    await harness.load(story(1))
    first = await harness.follow()
    again, status = await harness.subscriptions.subscribe(TARGET, await harness.topic())
    assert not again
    assert status == first


async def test_topics_stand_in_the_order_of_their_names(harness: Harness):
    await harness.load(story(1, topics=["Robots", "AI", "Chips"]))
    status = await harness.follow(CHANNEL, "Robots", "Chips", "AI")
    assert status.topics == ("AI", "Chips", "Robots")


async def test_no_longer_following_disarms_the_digest_with_its_last_topic(harness: Harness):
    await harness.load(story(1, topics=["AI", "Robots"]))
    await harness.follow(CHANNEL, "AI", "Robots")
    for name, left in (("AI", ("Robots",)), ("Robots", ())):
        removed, status = await harness.subscriptions.unsubscribe(TARGET, await harness.topic(name))
        assert removed
        assert status is not None
        assert status.topics == left
        assert (status.next is None) is (not left)
    assert await harness.statuses.of_server(GUILD) == []


async def test_no_longer_following_what_was_not_followed_says_so(harness: Harness):
    await harness.load(story(1, topics=["AI", "Robots"]))
    robots = await harness.topic("Robots")
    assert await harness.subscriptions.unsubscribe(TARGET, robots) == (False, None)
    status = await harness.follow()
    assert await harness.subscriptions.unsubscribe(TARGET, robots) == (False, status)


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
        subscriptions.subscribe(Channel(OTHER_GUILD, CHANNEL), robots),
        subscriptions.unsubscribe(Channel(OTHER_GUILD, CHANNEL), topic),
        harness.settings.set_for_channel(Channel(OTHER_GUILD, CHANNEL), "time", "10:00"),
        harness.on_demand.post_now(Channel(OTHER_GUILD, CHANNEL)),
        harness.on_demand.preview(Channel(OTHER_GUILD, CHANNEL), MORNING),
    ):
        with pytest.raises(UsageError):
            await refused
    assert await harness.statuses.of_channel(Channel(OTHER_GUILD, CHANNEL)) is None
    assert await harness.statuses.of_channel(TARGET) == before
    assert [row["guild_id"] for row in await harness.rows("SELECT guild_id FROM server")] == [GUILD]


@pytest.mark.parametrize("name", SETTINGS)
async def test_a_channel_inherits_from_its_server_and_that_from_config(harness: Harness, name: str):
    await harness.load(story(1))
    before = await harness.follow()
    await harness.settings.set_for_server(GUILD, name, EXAMPLES[name].other)
    of_server = await harness.statuses.of_channel(TARGET)
    assert of_server is not None
    assert of_server.set_by[name] == "server"
    assert of_server.settings == await harness.statuses.inherited(GUILD)
    assert of_server.settings != before.settings

    own = EXAMPLES[name].same
    status = await harness.settings.set_for_channel(TARGET, name, own)
    assert status.set_by[name] == "channel"
    assert status.settings == before.settings
    assert status.next == before.next

    status = await harness.settings.set_for_channel(TARGET, name, None)
    assert status == of_server
    await harness.settings.set_for_server(GUILD, name, None)
    assert await harness.statuses.of_channel(TARGET) == before


async def test_a_change_of_the_server_arms_anew_exactly_those_that_inherit(harness: Harness):
    await harness.load(story(1))
    await harness.follow(CHANNEL)
    await harness.follow(OTHER_CHANNEL)
    await harness.follow(21, guild=OTHER_GUILD)
    await harness.settings.set_for_channel(OTHER_TARGET, "time", "07:30")
    change = await harness.settings.set_for_server(GUILD, "time", "10:00")
    assert change.settings.timetable.time == "10:00"
    assert [status.target.channel_id for status in change.inheriting] == [CHANNEL]
    assert [status.target.channel_id for status in change.keeping] == [OTHER_CHANNEL]
    assert await due(harness, CHANNEL) == MORNING + 2 * HOUR
    assert await due(harness, OTHER_CHANNEL) == MORNING - HOUR / 2
    assert await due(harness, 21) == MORNING


async def test_a_server_can_be_set_before_any_channel_follows_anything(harness: Harness):
    await harness.load(story(1))
    change = await harness.settings.set_for_server(GUILD, "time", "10:00")
    assert (change.inheriting, change.keeping) == ([], [])
    await harness.follow()
    assert await due(harness) == MORNING + 2 * HOUR


@pytest.mark.parametrize("level", ["server", "channel"])
async def test_pause_and_resume(harness: Harness, level: str):
    await harness.load(story(1))
    await harness.follow()

    async def pause(text: str) -> None:
        if level == "server":
            await harness.settings.set_for_server(GUILD, "paused", text)
        else:
            await harness.settings.set_for_channel(TARGET, "paused", text)

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
    await harness.settings.set_for_channel(TARGET, "paused", "no")
    await harness.settings.set_for_server(GUILD, "paused", "yes")
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
        await harness.settings.set_for_channel(TARGET, name, bad)
    with pytest.raises(UsageError, match=r"\.$"):
        await harness.settings.set_for_server(GUILD, name, bad)
    assert await harness.statuses.of_channel(TARGET) == before


@pytest.mark.parametrize("moved", ["07:00", "08:30", "20:00"])
async def test_retiming_after_todays_edition_makes_none_today_and_the_answer_says_when(
    harness: Harness, moved: str
):
    await harness.load(story(1), story(2, age=-HOUR))
    await harness.follow()
    await harness.tick(at=MORNING)
    status = await harness.settings.set_for_channel(TARGET, "time", moved)
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
    await harness.settings.set_for_server(GUILD, name, text)
    await harness.tick()
    posted = [] if name == "paused" else [1]
    assert harness.shown() == posted, "only a pause takes it back"
    following = await due(harness)
    assert following is None or following > harness.clock.now()


async def test_the_first_extra_edition_has_slot_0_and_the_next_ones_count_down(harness: Harness):
    await harness.load(*(story(n, age=n * HOUR) for n in range(1, 13)))
    await harness.follow()
    harness.clock.put(MORNING)
    for _ in range(3):
        edition = await harness.on_demand.post_now(TARGET)
    assert (edition.slot, edition.state) == (-2, EditionState.DELIVERED)
    assert [one.slot for one in await harness.editions()] == [0, -1, -2]
    lines = [m.body["content"].splitlines()[1] for m in harness.discord.shown(CHANNEL)]
    assert [line.rsplit(", ", 1)[1] for line in lines] == [
        "extra edition 1",
        "extra edition 2",
        "extra edition 3",
    ]
    assert sorted(harness.shown()) == list(range(1, 13)), "no story twice"


async def test_an_extra_edition_takes_no_other_ones_place_and_its_stories_count(harness: Harness):
    await harness.load(story(1), story(2, age=-2 * HOUR))
    await harness.follow()
    harness.clock.put(MORNING - MINUTE)
    await harness.on_demand.post_now(TARGET)
    assert await due(harness) == MORNING
    await harness.tick(at=MORNING)
    assert harness.shown() == [1]
    await harness.tick(at=MORNING + DAY)
    assert harness.shown() == [1, 2]


async def test_an_extra_edition_with_nothing_left_is_skipped_and_says_so(harness: Harness):
    await harness.load(story(1))
    await harness.follow()
    harness.clock.put(MORNING)
    await harness.on_demand.post_now(TARGET)
    edition = await harness.on_demand.post_now(TARGET)
    assert (edition.state, edition.reason) == (EditionState.SKIPPED, "no new story")
    assert len(harness.discord.requests) == 1


async def test_an_extra_edition_where_nothing_is_followed_is_refused(harness: Harness):
    await harness.load(story(1))
    for prepare in (False, True):
        if prepare:
            await harness.settings.set_for_channel(TARGET, "time", "09:00")
        with pytest.raises(UsageError, match="/subscribe"):
            await harness.on_demand.post_now(TARGET)


async def test_a_paused_channel_can_still_have_an_extra_edition(harness: Harness):
    await harness.load(story(1))
    await harness.follow()
    await harness.settings.set_for_channel(TARGET, "paused", "yes")
    edition = await harness.on_demand.post_now(TARGET)
    assert edition.state is EditionState.DELIVERED
    assert await due(harness) is None


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (Answer.REFUSED, EditionState.BLOCKED),
        (Answer.NOT_NOW, EditionState.WAITING),
        (Answer.LOST_UNKNOWN, EditionState.WAITING),
        (Answer.MALFORMED, EditionState.SKIPPED),
    ],
)
async def test_an_extra_edition_tells_what_became_of_it(
    harness: Harness, answer: Answer, state: EditionState
):
    await harness.load(story(1))
    await harness.follow()
    harness.discord.answers.extend([answer] * 2)  # a text that is not taken is tried once plainer
    edition = await harness.on_demand.post_now(TARGET)
    assert edition.state is state
    assert (edition.reason is None) == (state is EditionState.DELIVERED)


async def test_an_extra_edition_is_dated_in_the_digests_zone(harness: Harness):
    await harness.load(story(1, age=8 * HOUR))
    await harness.follow()
    await harness.settings.set_for_server(GUILD, "timezone", "Pacific/Pago_Pago")
    edition = await harness.on_demand.post_now(TARGET)
    assert edition.local_date == TODAY - DAY


async def test_a_preview_is_what_the_next_edition_holds_and_writes_nothing(harness: Harness):
    await harness.load(*(story(n, 100 + n) for n in range(1, 9)))
    await harness.follow()
    await harness.tick(at=MORNING)
    contents = await harness.on_demand.preview(TARGET, MORNING + DAY)
    assert contents is not None
    assert len(await harness.editions()) == 1
    await harness.tick(at=MORNING + DAY)
    previewed = [one.article.url for one in contents.stories]
    assert harness.discord.urls(CHANNEL)[5:] == previewed


async def test_a_status_tells_of_the_last_editions_newest_first(harness: Harness):
    await harness.load(*(story(n, 100, n * DAY) for n in range(1, 6)))
    await harness.follow()
    for day in range(7):
        await harness.tick(at=MORNING + day * DAY)
    status = await harness.statuses.of_channel(TARGET)
    assert status is not None
    assert [one.local_date for one in status.last] == [TODAY + n * DAY for n in range(6, 1, -1)]
    assert await harness.statuses.of_server(GUILD) == [status]


async def test_a_change_of_zone_brings_the_next_free_date(harness: Harness):
    await harness.load(story(1))
    await harness.follow()
    await harness.tick(at=MORNING)
    status = await harness.settings.set_for_channel(TARGET, "timezone", "Asia/Tokyo")
    assert status.next == Occurrence(MORNING + 15 * HOUR, TODAY + DAY, 1)
    status = await harness.settings.set_for_channel(TARGET, "timezone", "America/New_York")
    assert status.next == Occurrence(MORNING + 28 * HOUR, TODAY + DAY, 1)


async def test_a_change_of_config_arms_anew_those_that_inherit_it(harness: Harness):
    await harness.restart()
    await harness.load(story(1))
    await harness.follow(CHANNEL)
    await harness.follow(OTHER_CHANNEL)
    await harness.settings.set_for_channel(OTHER_TARGET, "time", "07:30")
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
        await harness.settings.set_for_server(GUILD, "guild_id", None)


@pytest.mark.parametrize(("stories", "said"), [(1, "1 story is"), (3, "3 stories are")])
@pytest.mark.parametrize("policy", ["archive", "note", "skip"])
async def test_another_extra_edition_while_one_waits_says_how_many_stories_do(
    harness: Harness, stories: int, said: str, policy: str
):
    """It is no quiet day: nothing older comes in their place, and no note."""
    await harness.load(
        *(story(n, age=2 * HOUR) for n in range(1, stories + 1)), story(9, age=30 * DAY)
    )
    await harness.follow()
    await harness.settings.set_for_channel(TARGET, "quiet_day", policy)
    harness.clock.put(MORNING - HOUR)
    harness.discord.answers.extend([Answer.NOT_NOW] * 2)
    first = await harness.on_demand.post_now(TARGET)
    assert first.state is EditionState.WAITING
    for _ in range(2):
        with pytest.raises(
            UsageError, match=f"{said} already waiting to be posted in <#{CHANNEL}>"
        ):
            await harness.on_demand.post_now(TARGET)
    assert len(await harness.editions()) == 1
    await harness.load(story(8, age=2 * HOUR))
    second = await harness.on_demand.post_now(TARGET)
    assert second.stories == 1, "one that is new does not wait for them"
    await harness.tick(after=10 * MINUTE)
    assert sorted(harness.shown()) == [*range(1, stories + 1), 8]
