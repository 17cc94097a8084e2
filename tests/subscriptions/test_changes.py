"""Changes: each is noted with who made it, and undone as it was made, or refused in words."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from bot.delivery.arming import Arming
from bot.digests.changes import KEPT, LOG_CHANNEL, MANAGERS, TAGS, TOPICS, UNDO_FOR, Change
from bot.digests.settings import SETTINGS, SETTINGS_KEPT
from bot.digests.status import DigestStatus, ServerChange
from bot.digests.target import Channel, Server
from bot.errors import UsageError
from bot.store import changes, digests
from bot.store.database import every
from bot.store.sqlite.copying import back_up
from bot.store.sqlite.restoring import restore
from tests.delivery.harness import (
    CHANNEL,
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

ALICE, BOB = 71, 72
SINCE = "That was changed again since; `/digest history` shows what it was."


async def state(harness: Harness) -> dict[str, list[tuple[object, ...]]]:
    """All that a change writes."""
    tables = ("server", "digest", "subscription", "change")
    async with harness.database.reading() as db:
        return {
            name: [tuple(row) for row in await every(db, f"SELECT * FROM {name}")]  # noqa: S608
            for name in tables
        }


async def settings_of(harness: Harness) -> dict[str, list[tuple[object, ...]]]:
    """The same without the notes of changes."""
    found = await state(harness)
    return {name: rows for name, rows in found.items() if name != "change"}


async def newest(harness: Harness, channel: int | None = None, guild: int = GUILD) -> Change:
    (found,) = await harness.changes.newest(guild, channel, 1)
    return found


async def topics_are(harness: Harness, *names: str) -> int | None:
    """Let the channel follow exactly these topics, as a panel does; returns the change's id."""
    async with harness.database.writing() as db:
        digest = await digests.make_digest(db, TARGET, harness.clock.now())
        had = {name: topic_id for topic_id, name in digest.topics.items()}
        for name in had.keys() - {*names}:
            await digests.unfollow(db, digest.digest_id, had[name])
        for name in {*names} - had.keys():
            topic = await harness.topic(name)
            await digests.follow(db, digest.digest_id, topic.topic_id)
        stopped, began = sorted(had.keys() - {*names}), sorted({*names} - had.keys())
        return await changes.note(db, TARGET, TOPICS, stopped, began, ALICE, harness.clock.now())


async def test_every_setting_of_a_channel_is_noted_and_can_be_undone(harness: Harness):
    await harness.load(story(1))
    await harness.follow()
    before = await settings_of(harness)
    for name, setting in SETTINGS.items():
        made = await harness.settings.set_for_channel(TARGET, name, EXAMPLES[name].other, by=ALICE)
        found = await newest(harness, CHANNEL)
        assert (found.change_id, found.place, found.name) == (made.change_id, TARGET, name)
        assert (found.old, found.new) == (None, setting.parse(EXAMPLES[name].other))
        assert (found.at, found.by, found.undone_by) == (harness.clock.now(), ALICE, None)

        undone = await harness.changes.undo(GUILD, found.change_id, by=BOB)
        assert await settings_of(harness) == before, name
        assert undone.change == found
        assert undone.now == await harness.statuses.of_channel(TARGET)
        assert (await newest(harness, CHANNEL)).undone_by == BOB


async def test_every_default_of_a_server_is_noted_and_can_be_undone(harness: Harness):
    await harness.load(story(1))
    await harness.follow()
    for name in SETTINGS:
        await harness.settings.set_for_server(GUILD, name, EXAMPLES[name].same, by=BOB)
        before = await settings_of(harness)
        made = await harness.settings.set_for_server(GUILD, name, EXAMPLES[name].other, by=ALICE)
        found = await newest(harness)
        assert (found.change_id, found.place) == (made.change_id, Server(GUILD))
        undone = await harness.changes.undo(GUILD, found.change_id, by=ALICE)
        assert await settings_of(harness) == before, name
        assert isinstance(undone.now, ServerChange)
        assert [one.target for one in undone.now.inheriting] == [TARGET]


async def test_what_only_a_server_or_a_forum_has_is_noted_and_can_be_undone(harness: Harness):
    await harness.load(story(1))
    await harness.follow()
    settings, before = harness.settings, await settings_of(harness)
    made = [
        await settings.set_log_channel(GUILD, 5, by=ALICE),
        await settings.set_managers(GUILD, 6, by=ALICE),
        await settings.set_tags(TARGET, [7, 8], by=ALICE),
    ]
    found = await harness.changes.newest(GUILD, None, 3)
    assert [one.change_id for one in found] == made[::-1]
    noted = [(one.name, one.old, one.new) for one in found]
    assert noted == [(TAGS, [], [7, 8]), (MANAGERS, None, 6), (LOG_CHANNEL, None, 5)]
    for change in found:
        await harness.changes.undo(GUILD, change.change_id, by=ALICE)
    assert await settings_of(harness) == before


async def test_a_value_that_was_set_before_is_no_change(harness: Harness):
    await harness.load(story(1))
    await harness.follow()
    settings = harness.settings
    assert (await settings.set_for_channel(TARGET, "time", "09:00", by=ALICE)).change_id
    assert (await settings.set_for_channel(TARGET, "time", "9:00", by=BOB)).change_id is None
    assert (await settings.set_for_server(GUILD, "time", None, by=BOB)).change_id is None
    assert await settings.set_tags(TARGET, [], by=BOB) is None
    noted = await harness.changes.newest(GUILD, None, 10)
    assert [one.name for one in noted] == ["time", TOPICS]


async def test_undo_gives_a_digest_back_its_next_time(harness: Harness):
    await harness.load(story(1))
    for channel in (CHANNEL, OTHER_CHANNEL):
        await harness.follow(channel)
    await harness.settings.set_for_channel(OTHER_TARGET, "time", "07:30", by=ALICE)
    of_server = await harness.settings.set_for_server(GUILD, "paused", "yes", by=ALICE)
    assert [await due(harness, one) for one in (CHANNEL, OTHER_CHANNEL)] == [None, None]
    await harness.changes.undo(GUILD, of_server.change_id or 0, by=ALICE)
    assert await due(harness) == MORNING
    assert await due(harness, OTHER_CHANNEL) == MORNING - HOUR / 2


async def test_a_server_paused_by_mistake_posts_on_time_after_an_undo(harness: Harness):
    await harness.load(story(1))
    await harness.follow()
    harness.clock.put(MORNING - 5 * MINUTE)
    made = await harness.settings.set_for_server(GUILD, "paused", "yes", by=ALICE)
    harness.clock.move(MINUTE)
    await harness.changes.undo(GUILD, made.change_id or 0, by=ALICE)
    await harness.tick(at=MORNING)
    assert harness.shown() == [1]


async def test_topics_are_undone_by_themselves_whatever_else_was_followed_since(harness: Harness):
    for number, topic in enumerate(("AI", "Space", "Robotics", "Law")):
        await harness.load(story(number + 1, topics=[topic]))
    await topics_are(harness, "AI", "Law")
    swapped = await topics_are(harness, "Law", "Space")
    await topics_are(harness, "Law", "Space", "Robotics")
    undone = await harness.changes.undo(GUILD, swapped or 0, by=ALICE)
    assert isinstance(undone.now, DigestStatus)
    assert undone.now.topics == ("AI", "Law", "Robotics")


async def test_the_last_topic_undone_leaves_no_digest_due(harness: Harness):
    await harness.load(story(1))
    followed = await topics_are(harness, "AI")
    await harness.changes.undo(GUILD, followed or 0, by=ALICE)
    assert await due(harness) is None
    with pytest.raises(UsageError, match="undone already"):
        await harness.changes.undo(GUILD, followed or 0, by=ALICE)


async def test_topics_that_were_changed_since_are_not_undone(harness: Harness):
    await harness.load(story(1), story(2, topics=["Space"]))
    followed = await topics_are(harness, "AI")
    left = await topics_are(harness, "Space")
    await topics_are(harness, "AI", "Space")
    for change_id in (left, followed):
        before = await state(harness)
        with pytest.raises(UsageError, match=SINCE):
            await harness.changes.undo(GUILD, change_id or 0, by=ALICE)
        assert await state(harness) == before


async def test_only_the_newest_change_of_a_setting_is_undone_though_the_value_is_the_same(
    harness: Harness,
):
    ids = []
    for value in ("compact", "headlines", "compact"):
        made = await harness.settings.set_for_channel(TARGET, "layout", value, by=ALICE)
        ids.append(made.change_id or 0)
    with pytest.raises(UsageError, match=SINCE):
        await harness.changes.undo(GUILD, ids[0], by=ALICE)
    for change_id in reversed(ids):
        await harness.changes.undo(GUILD, change_id, by=ALICE)
    assert await harness.changes.to_undo(TARGET, by=ALICE) is None


async def test_an_undo_brings_no_more_topics_than_a_channel_may_follow(harness: Harness):
    names = [f"Topic {number:02}" for number in range(26)]
    await harness.load(*(story(n + 1, topics=[name]) for n, name in enumerate(names)))
    await topics_are(harness, *names[:25])
    left = await topics_are(harness, *names[1:25])
    await topics_are(harness, *names[1:])
    with pytest.raises(UsageError, match="can follow 25 topics"):
        await harness.changes.undo(GUILD, left or 0, by=ALICE)


@pytest.mark.parametrize(("after", "done"), [(UNDO_FOR, True), (UNDO_FOR + MINUTE / 60, False)])
async def test_a_change_can_be_undone_for_ten_minutes(
    harness: Harness, after: timedelta, *, done: bool
):
    await harness.load(story(1))
    await harness.follow()
    made = await harness.settings.set_for_channel(TARGET, "time", "09:00", by=ALICE)
    harness.clock.move(after)
    before = await state(harness)
    if done:
        await harness.changes.undo(GUILD, made.change_id or 0, by=ALICE)
        assert await due(harness) == MORNING
        return
    for undo in undoings(harness, made.change_id or 0):
        with pytest.raises(UsageError, match="can be undone for 10 minutes"):
            await undo()
    assert await state(harness) == before


def undoings(harness: Harness, change_id: int) -> list[Callable[[], Awaitable[Any]]]:
    return [
        lambda: harness.changes.undo(GUILD, change_id, by=BOB),
        lambda: harness.changes.only_for(OTHER_TARGET, change_id, by=BOB),
    ]


async def test_what_was_changed_since_is_not_undone(harness: Harness):
    await harness.load(story(1))
    await harness.follow()
    first = await harness.settings.set_for_server(GUILD, "time", "09:00", by=ALICE)
    second = await harness.settings.set_for_server(GUILD, "time", "10:00", by=BOB)
    before = await state(harness)
    for undo in undoings(harness, first.change_id or 0):
        with pytest.raises(UsageError, match=SINCE):
            await undo()
    assert await state(harness) == before
    for made in (second, first):
        await harness.changes.undo(GUILD, made.change_id or 0, by=ALICE)
    assert await due(harness) == MORNING


async def test_another_servers_change_is_not_known(harness: Harness):
    await harness.load(story(1))
    made = await harness.settings.set_for_server(2, "time", "09:00", by=ALICE)
    before = await state(harness)
    for undo in undoings(harness, made.change_id or 0):
        with pytest.raises(UsageError, match="That change is not known any more"):
            await undo()
    with pytest.raises(UsageError, match="That change is not known any more"):
        await harness.changes.one(GUILD, made.change_id or 0)
    assert await state(harness) == before
    assert await harness.changes.newest(GUILD, None, 10) == []


async def test_only_one_channel_gets_the_value_and_its_server_has_its_own_again(harness: Harness):
    await harness.load(story(1))
    for channel in (CHANNEL, OTHER_CHANNEL):
        await harness.follow(channel)
    await harness.settings.set_for_server(GUILD, "time", "06:00", by=ALICE)
    made = await harness.settings.set_for_server(GUILD, "time", "10:00", by=ALICE)
    only = await harness.changes.only_for(OTHER_TARGET, made.change_id or 0, by=BOB)
    assert only.status.settings.timetable.time == "10:00"
    assert only.status.set_by["time"] == "channel"
    assert (await harness.statuses.inherited(GUILD)).timetable.time == "06:00"
    assert await due(harness, OTHER_CHANNEL) == MORNING + 2 * HOUR
    assert await due(harness) == MORNING + 22 * HOUR
    own, of_server, *_ = await harness.changes.newest(GUILD, None, 10)
    assert (own.change_id, own.place, own.by) == (only.change_id, OTHER_TARGET, BOB)
    assert of_server.undone_by == BOB
    await harness.changes.undo(GUILD, own.change_id, by=BOB)
    assert await due(harness, OTHER_CHANNEL) == MORNING + 22 * HOUR


@pytest.mark.parametrize(
    ("of", "name"),
    [(changes, "note"), (changes, "mark_undone"), (Arming, "rearm"), (digests, "set_for_digest")],
)
async def test_a_death_in_the_middle_leaves_nothing_half_done(
    harness: Harness, monkeypatch: pytest.MonkeyPatch, of: Any, name: str
):
    await harness.load(story(1))
    await harness.follow()
    own = await harness.settings.set_for_channel(TARGET, "paused", "yes", by=ALICE)
    made = await harness.settings.set_for_server(GUILD, "time", "10:00", by=ALICE)
    before = await state(harness)

    async def dies(*_: object, **__: object) -> None:
        raise RuntimeError

    works: list[Callable[[], Awaitable[object]]] = [
        lambda: harness.settings.set_for_channel(TARGET, "days", "mon", by=BOB),
        lambda: harness.changes.undo(GUILD, own.change_id or 0, by=BOB),
        lambda: harness.changes.only_for(OTHER_TARGET, made.change_id or 0, by=BOB),
    ]
    with monkeypatch.context() as patch:
        patch.setattr(of, name, dies)
        died = 0
        for work in works:
            try:
                await work()
            except RuntimeError:
                died += 1
                assert await state(harness) == before
            else:
                before = await state(harness)
        assert died


async def test_the_newest_two_hundred_changes_of_each_server_are_kept(harness: Harness):
    async with harness.database.writing() as db:
        for guild in (GUILD, 2):
            await digests.set_for_server(db, guild, "time", None)
        await changes.note(db, Server(2), "time", None, "09:00", ALICE, MORNING)
        for number in range(KEPT + 3):
            await changes.note(db, Server(GUILD), "stories", number, number + 1, ALICE, MORNING)
    kept = await harness.changes.newest(GUILD, None, 1000)
    assert [one.new for one in kept] == [*range(KEPT + 3, 3, -1)]
    assert len(await harness.changes.newest(2, None, 1000)) == 1


async def test_older_changes_follow_page_by_page_and_each_channel_has_its_own(harness: Harness):
    await harness.load(story(1))
    for number in range(1, 8):
        for target in (TARGET, OTHER_TARGET):
            await harness.settings.set_for_channel(target, "stories", str(number), by=ALICE)
    seen, before = list[object](), None
    while page := await harness.changes.newest(GUILD, CHANNEL, 3, before):
        seen += [one.new for one in page]
        assert {one.place for one in page} == {TARGET}
        before = page[-1].change_id
    assert seen == [7, 6, 5, 4, 3, 2, 1]


@pytest.mark.parametrize("broken", ["old = '{'", "new = '[['", "made_at = 9000000000000000"])
async def test_a_change_that_cannot_be_read_hides_no_other(harness: Harness, broken: str):
    await harness.load(story(1))
    for text in ("09:00", "10:00", "11:00"):
        made = await harness.settings.set_for_channel(TARGET, "time", text, by=ALICE)
    number = (made.change_id or 0) - 1
    await harness.execute(f"UPDATE change SET {broken} WHERE change_id = {number}")  # noqa: S608
    assert [one.new for one in await harness.changes.newest(GUILD, None, 9)] == ["11:00", "09:00"]
    with pytest.raises(UsageError, match="not known"):
        await harness.changes.undo(GUILD, number, by=ALICE)


async def test_a_value_of_no_version_is_noted_as_inherited(harness: Harness):
    await harness.load(story(1))
    await harness.follow()
    await harness.execute("UPDATE digest SET days = 'mon-holiday', tags = '[[['")
    made = await harness.settings.set_for_channel(TARGET, "days", "tue", by=ALICE)
    assert (await newest(harness)).old == "mon-holiday"
    await harness.settings.set_tags(TARGET, [3], by=ALICE)
    undone = await harness.changes.undo(GUILD, made.change_id or 0, by=ALICE)
    assert isinstance(undone.now, DigestStatus)
    assert undone.now.held


async def test_a_forgotten_channel_and_a_forgotten_server_take_their_changes_along(
    harness: Harness,
):
    await harness.load(story(1))
    for channel in (CHANNEL, OTHER_CHANNEL):
        await harness.follow(channel)
    await harness.follow(21, guild=2)
    for target in (TARGET, OTHER_TARGET, Channel(2, 21)):
        await harness.settings.set_for_channel(target, "time", "09:00", by=ALICE)
    await harness.settings.set_for_server(2, "time", "09:00", by=ALICE)
    presence = harness.delivery.presence
    await presence.left(2)
    await presence.channel_deleted(CHANNEL)
    harness.clock.move(SETTINGS_KEPT + MINUTE)
    await presence.purge()
    async with harness.database.reading() as db:
        left = await every(db, "SELECT guild_id, channel_id FROM change WHERE name = 'time'")
        gone = await every(
            db, "SELECT * FROM change WHERE channel_id <> :id", {"id": OTHER_CHANNEL}
        )
    assert [tuple(one) for one in left] == [(GUILD, OTHER_CHANNEL)]
    assert gone == []


@pytest.mark.sqlite
async def test_a_restored_backup_has_its_changes_and_they_can_be_undone(harness: Harness):
    await harness.load(story(1))
    await harness.follow()
    kept = await harness.settings.set_for_server(GUILD, "time", "09:00", by=ALICE)
    await harness.settings.set_managers(GUILD, 6, by=ALICE)
    before = await state(harness)
    database, copy = harness.folder / "broadsheet.db", harness.folder / "copy.db"
    back_up(database, copy, harness.clock.now())
    await harness.settings.set_for_channel(TARGET, "layout", "compact", by=BOB)
    await harness.database.close()
    restore(database, copy, harness.clock.now())
    await harness.restart()
    assert (await state(harness))["change"] == before["change"]
    assert (await state(harness))["server"] == before["server"]
    await harness.changes.undo(GUILD, kept.change_id or 0, by=BOB)
    assert (await harness.statuses.inherited(GUILD)).timetable.time == "08:00"
