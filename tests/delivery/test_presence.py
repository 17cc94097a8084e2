"""Channels and servers come and go: their settings outlive them for thirty days."""

from collections.abc import Mapping
from datetime import datetime

import pytest

from bot.digests.ledger import EditionState
from bot.digests.settings import SETTINGS_KEPT as KEPT
from bot.digests.target import Channel, Server
from tests.delivery.discord import Answer
from tests.delivery.harness import (
    CHANNEL,
    DAY,
    GUILD,
    HOUR,
    MINUTE,
    MORNING,
    OTHER_TARGET,
    SECOND,
    TARGET,
    Harness,
    story,
)

OTHER_GUILD, OTHERS = 2, 21


async def begin(harness: Harness) -> None:
    """A channel in each of two servers, with a new story every day."""
    await harness.load(*(story(n, 100, -(n - 1) * DAY) for n in range(1, 50)))
    await harness.follow()
    await harness.follow(OTHERS, guild=OTHER_GUILD)


async def due(harness: Harness, channel: int = CHANNEL) -> datetime | None:
    following = (await harness.digest(channel)).next
    return following.due_at if following else None


# Blocked editions are tried again when something changes.


@pytest.mark.parametrize("where", [TARGET, Server(GUILD)])
async def test_a_change_in_a_channel_or_its_server_has_what_is_blocked_tried(
    harness: Harness, where: Channel | Server
):
    await begin(harness)
    harness.discord.answers.extend([Answer.REFUSED] * 2)
    await harness.tick(at=MORNING)
    await harness.delivery.presence.changed(where)
    await harness.tick(after=SECOND)
    assert (await harness.edition()).state is EditionState.DELIVERED
    assert (await harness.edition(OTHERS)).state is EditionState.BLOCKED


async def test_a_change_in_another_channel_wakes_nothing(harness: Harness):
    await begin(harness)
    harness.discord.answers.extend([Answer.REFUSED] * 2)
    await harness.tick(at=MORNING)
    await harness.delivery.presence.changed(OTHER_TARGET)
    await harness.delivery.presence.changed(Channel(OTHER_GUILD, CHANNEL))
    await harness.tick(after=SECOND)
    assert len(harness.discord.requests) == 2


async def test_a_change_does_not_cut_short_a_wait_that_discord_named(harness: Harness):
    await begin(harness)
    harness.discord.answers.extend([Answer.NOT_NOW] * 2)
    harness.discord.retry_after = 600
    await harness.tick(at=MORNING)
    await harness.delivery.presence.changed(Server(GUILD))
    await harness.tick(after=SECOND)
    assert len(harness.discord.requests) == 2


async def test_in_an_outage_nothing_is_asked_and_its_end_brings_out_what_waits(harness: Harness):
    await begin(harness)
    harness.discord.outages.add(GUILD)
    for minute in range(20):
        await harness.tick(at=MORNING + minute * MINUTE)
    assert [channel for channel, _ in harness.discord.requests] == [OTHERS]
    edition = await harness.edition()
    assert edition.state is EditionState.WAITING
    assert edition.reason == "its server has an outage at Discord"
    assert harness.discord.told == [], "it is nothing that admins can mend"
    harness.discord.outages.clear()
    await harness.delivery.presence.available(GUILD)
    await harness.tick(after=SECOND)
    assert harness.shown() == [1]


async def test_an_outage_that_ends_unheard_delays_by_five_minutes_at_most(harness: Harness):
    await begin(harness)
    harness.discord.outages.add(GUILD)
    for minute in range(60):
        await harness.tick(at=MORNING + minute * MINUTE)
    harness.discord.outages.clear()
    await harness.tick(after=5 * MINUTE)
    assert harness.shown() == [1]


async def test_what_is_mended_in_a_channel_ends_its_pause(harness: Harness):
    """Although no edition is open there: its next one comes by itself, and its status is fine."""
    await begin(harness)
    harness.discord.obstacles[CHANNEL] = "I lack Send Messages."
    await harness.tick(at=MORNING)
    await harness.tick(after=4 * HOUR)
    assert (await harness.digest()).fault is not None
    harness.discord.obstacles.clear()
    await harness.delivery.presence.mended(CHANNEL)
    assert (await harness.digest()).fault is None


# Deleted channels.


async def test_a_deleted_channel_is_not_due_and_its_return_brings_its_digest_back(harness: Harness):
    await begin(harness)
    await harness.delivery.presence.channel_deleted(CHANNEL)
    assert await due(harness) is None
    await harness.tick(at=MORNING + DAY)
    assert await harness.editions() == []
    await harness.delivery.presence.channel_is_there(CHANNEL)
    assert await due(harness) == MORNING + 2 * DAY
    await harness.tick(at=MORNING + 2 * DAY)
    assert len(await harness.editions()) == 1, "what was due meanwhile is not made up for"


async def test_a_channel_found_deleted_by_a_request_is_as_gone_and_said_once(harness: Harness):
    await begin(harness)
    harness.discord.answers.append(Answer.GONE)
    for day in range(3):
        await harness.tick(at=MORNING + day * DAY)
    assert len([c for c, _ in harness.discord.requests if c == CHANNEL]) == 1
    assert await due(harness) is None
    assert len(harness.discord.told) == 1


async def test_a_change_of_settings_does_not_arm_a_deleted_channel(harness: Harness):
    await begin(harness)
    await harness.delivery.presence.channel_deleted(CHANNEL)
    await harness.settings.set_for_server(GUILD, "time", "09:00", by=1)
    assert await due(harness) is None


async def test_a_channel_without_a_digest_is_nobodys_business(harness: Harness):
    await begin(harness)
    await harness.delivery.presence.channel_deleted(999)
    await harness.delivery.presence.channel_is_there(999)
    await harness.delivery.presence.mended(999)
    assert await due(harness) == MORNING


# Servers.


async def test_a_server_that_was_left_gets_nothing_and_all_holds_again_when_it_is_joined(
    harness: Harness,
):
    await begin(harness)
    await harness.settings.set_for_server(GUILD, "time", "09:00", by=1)
    await harness.delivery.presence.left(GUILD)
    assert await due(harness) is None
    await harness.tick(at=MORNING + 3 * DAY)
    assert harness.shown() == []
    assert await harness.editions() == [], "nothing was missed there"
    await harness.delivery.presence.joined(GUILD)
    assert await due(harness) == MORNING + 3 * DAY + HOUR
    await harness.tick(at=MORNING + 3 * DAY + HOUR)
    assert len(harness.shown()) == 4


async def test_a_start_finds_out_who_left_and_who_is_back(harness: Harness):
    await begin(harness)
    await harness.delivery.presence.channel_deleted(OTHERS)
    await harness.delivery.presence.reconcile([OTHER_GUILD, 77], [OTHERS, 78])
    assert await due(harness) is None
    assert await due(harness, OTHERS) == MORNING
    await harness.delivery.presence.reconcile([GUILD], [CHANNEL])
    assert await due(harness) == MORNING
    assert await due(harness, OTHERS) is None


async def test_a_channel_that_a_start_does_not_list_may_be_an_archived_thread(harness: Harness):
    await begin(harness)
    await harness.delivery.presence.reconcile([GUILD, OTHER_GUILD], [])
    assert await due(harness) == await due(harness, OTHERS) == MORNING


# After thirty days the data of gone servers and channels is deleted.

TABLES = (
    "server", "digest", "subscription", "edition", "edition_part", "edition_choice", "posted",
    "notice", "aside", "change",
)  # fmt: skip


async def filled(harness: Harness) -> None:
    """Rows in every table, of both servers."""
    await begin(harness)
    for target in (TARGET, Channel(OTHER_GUILD, OTHERS)):
        await harness.settings.set_for_channel(target, "stories", "4", by=1)
    harness.discord.readable = False
    harness.discord.answers.extend([Answer.LOST_UNKNOWN] * 2)
    await harness.tick(at=MORNING)
    await harness.tick(after=2 * MINUTE)
    await harness.execute(
        "INSERT INTO aside SELECT 'delivery', edition_id, guild_id, digest_id, 'a reason', 0"
        " FROM edition JOIN digest USING (digest_id)"
    )


async def counted(harness: Harness) -> Mapping[str, int]:
    """How many rows each table has."""
    found = [await harness.rows(f"SELECT count(*) FROM {table}") for table in TABLES]  # noqa: S608
    return dict(zip(TABLES, (rows[0][0] for rows in found), strict=True))


@pytest.mark.sqlite
async def test_those_are_all_tables_that_know_of_servers_and_digests(harness: Harness):
    sql = """
        SELECT m.name FROM sqlite_schema m JOIN pragma_table_info(m.name) c
        WHERE m.type = 'table' AND c.name IN ('guild_id', 'digest_id', 'edition_id')
    """
    assert {row["name"] for row in await harness.rows(sql)} == set(TABLES)


@pytest.mark.parametrize("gone", ["server", "channel"])
async def test_after_thirty_days_all_of_it_is_deleted_and_nothing_of_others(
    harness: Harness, gone: str
):
    await filled(harness)
    before = await counted(harness)
    assert min(before.values()) >= 2
    if gone == "server":
        await harness.delivery.presence.left(GUILD)
    else:
        await harness.delivery.presence.channel_deleted(CHANNEL)
    harness.clock.move(KEPT)
    assert await harness.delivery.presence.purge() == 0
    assert await counted(harness) == before
    harness.clock.move(SECOND)
    assert await harness.delivery.presence.purge() == 1
    kept = before["server"] if gone == "channel" else 1
    halves = {table: count // 2 for table, count in before.items()}
    assert await counted(harness) == {**halves, "server": kept}
    await harness.digest(OTHERS)
    assert await harness.posted(OTHERS) == {1}
    assert await harness.delivery.presence.purge() == 0


async def test_only_servers_of_which_it_is_known_whether_the_bot_is_there_are_forgotten(
    harness: Harness,
):
    await filled(harness)
    for guild_id in (GUILD, OTHER_GUILD):
        await harness.delivery.presence.left(guild_id)
    harness.clock.move(KEPT + SECOND)
    assert await harness.delivery.presence.purge(lambda guild_id: guild_id == GUILD) == 1
    (kept,) = await harness.rows(
        "SELECT guild_id, channel_id FROM digest JOIN server USING (guild_id)"
    )
    assert tuple(kept) == (OTHER_GUILD, OTHERS)
    assert await harness.delivery.presence.purge() == 0  # its thirty days start again
    harness.clock.move(KEPT + SECOND)
    assert await harness.delivery.presence.purge() == 1
    assert await harness.rows("SELECT guild_id FROM server") == []


async def test_a_server_back_within_thirty_days_is_not_forgotten_later(harness: Harness):
    await filled(harness)
    before = await counted(harness)
    await harness.delivery.presence.left(GUILD)
    harness.clock.move(29 * DAY)
    await harness.delivery.presence.joined(GUILD)
    harness.clock.move(2 * DAY)
    await harness.delivery.presence.left(GUILD)
    harness.clock.move(29 * DAY)
    assert await harness.delivery.presence.purge() == 0
    assert await counted(harness) == before


async def test_being_told_again_that_a_server_was_left_does_not_keep_it_longer(harness: Harness):
    await filled(harness)
    await harness.delivery.presence.left(GUILD)
    for _ in range(31):
        harness.clock.move(DAY)
        await harness.delivery.presence.reconcile([OTHER_GUILD], [OTHERS])
    assert await harness.delivery.presence.purge() == 1


async def test_a_server_with_settings_and_no_digest_is_forgotten_too(harness: Harness):
    await harness.settings.set_for_server(GUILD, "time", "09:00", by=1)
    await harness.delivery.presence.left(GUILD)
    harness.clock.move(KEPT + SECOND)
    assert await harness.delivery.presence.purge() == 0
    assert await harness.rows("SELECT * FROM server") == []


# A clock that was wrong when they were noted as gone.


@pytest.mark.parametrize("gone", ["server", "channel"])
@pytest.mark.parametrize("year", [1970, 2099])
async def test_what_a_wrong_clock_has_noted_is_kept_for_thirty_days_too(
    harness: Harness, gone: str, year: int
):
    await filled(harness)
    await harness.delivery.presence.purge()
    right = harness.clock.now()
    harness.clock.put(right.replace(year=year))
    if gone == "server":
        await harness.delivery.presence.left(GUILD)
    else:
        await harness.delivery.presence.channel_deleted(CHANNEL)
    harness.clock.put(right + DAY)
    assert await harness.delivery.presence.purge() == 0
    harness.clock.move(KEPT)
    assert await harness.delivery.presence.purge() == 0
    harness.clock.move(SECOND)
    assert await harness.delivery.presence.purge() == 1
