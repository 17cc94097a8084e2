"""Channels and servers come and go: what is set there outlives them for thirty days."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import pytest

from bot.digests.ledger import EditionState
from bot.digests.settings import SETTINGS_KEPT as KEPT
from tests.press.bench import (
    CHANNEL,
    DAY,
    GUILD,
    HOUR,
    MORNING,
    OTHER_CHANNEL,
    Bench,
    story,
)
from tests.press.discord import Answer

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
OTHER_GUILD, OTHERS = 2, 21


async def begin(bench: Bench) -> None:
    """A channel in each of two servers, with a new story every day."""
    await bench.load(*(story(n, 100, -(n - 1) * DAY) for n in range(1, 50)))
    await bench.follow()
    await bench.follow(OTHERS, guild=OTHER_GUILD)


async def due(bench: Bench, channel: int = CHANNEL) -> datetime | None:
    following = (await bench.digest(channel)).next
    return following.due_at if following else None


# What is held up is tried again when something changes.


@pytest.mark.parametrize("channel", [CHANNEL, None])
async def test_a_change_in_a_channel_or_its_server_has_what_is_blocked_tried(
    bench: Bench, channel: int | None
):
    await begin(bench)
    bench.discord.answers.extend([Answer.REFUSED] * 2)
    await bench.tick(at=MORNING)
    await bench.press.health.changed(GUILD, channel)
    await bench.tick(after=SECOND)
    assert (await bench.edition()).state is EditionState.DELIVERED
    assert (await bench.edition(OTHERS)).state is EditionState.BLOCKED


async def test_a_change_in_another_channel_wakes_nothing(bench: Bench):
    await begin(bench)
    bench.discord.answers.extend([Answer.REFUSED] * 2)
    await bench.tick(at=MORNING)
    await bench.press.health.changed(GUILD, OTHER_CHANNEL)
    await bench.press.health.changed(OTHER_GUILD, CHANNEL)
    await bench.tick(after=SECOND)
    assert len(bench.discord.requests) == 2


async def test_a_change_does_not_cut_short_a_wait_that_discord_named(bench: Bench):
    await begin(bench)
    bench.discord.answers.extend([Answer.NOT_NOW] * 2)
    bench.discord.retry_after = 600
    await bench.tick(at=MORNING)
    await bench.press.health.changed(GUILD)
    await bench.tick(after=SECOND)
    assert len(bench.discord.requests) == 2


async def test_in_an_outage_nothing_is_asked_and_its_end_brings_out_what_waits(bench: Bench):
    await begin(bench)
    bench.discord.outages.add(GUILD)
    for minute in range(20):
        await bench.tick(at=MORNING + minute * MINUTE)
    assert [channel for channel, _ in bench.discord.requests] == [OTHERS]
    edition = await bench.edition()
    assert edition.state is EditionState.WAITING
    assert edition.reason == "its server has an outage at Discord"
    assert bench.discord.told == [], "it is nothing that admins can mend"
    bench.discord.outages.clear()
    await bench.press.health.available(GUILD)
    await bench.tick(after=SECOND)
    assert bench.shown() == [1]


async def test_an_outage_that_ends_unheard_delays_by_five_minutes_at_most(bench: Bench):
    await begin(bench)
    bench.discord.outages.add(GUILD)
    for minute in range(60):
        await bench.tick(at=MORNING + minute * MINUTE)
    bench.discord.outages.clear()
    await bench.tick(after=5 * MINUTE)
    assert bench.shown() == [1]


async def test_what_is_mended_in_a_channel_ends_its_pause(bench: Bench):
    """Though no edition is open there: its next one comes by itself, and its status is well."""
    await begin(bench)
    bench.discord.obstacles[CHANNEL] = "I lack Send Messages."
    await bench.tick(at=MORNING)
    await bench.tick(after=4 * HOUR)
    assert (await bench.digest()).fault is not None
    bench.discord.obstacles.clear()
    await bench.press.health.mended(GUILD, CHANNEL)
    assert (await bench.digest()).fault is None


# Deleted channels.


async def test_a_deleted_channel_is_not_due_and_its_return_brings_its_digest_back(bench: Bench):
    await begin(bench)
    await bench.press.health.channel_deleted(CHANNEL)
    assert await due(bench) is None
    await bench.tick(at=MORNING + DAY)
    assert await bench.editions() == []
    await bench.press.health.channel_is_there(CHANNEL)
    assert await due(bench) == MORNING + 2 * DAY
    await bench.tick(at=MORNING + 2 * DAY)
    assert len(await bench.editions()) == 1, "what was due meanwhile is not made up for"


async def test_a_channel_found_deleted_by_a_request_is_as_gone_and_said_once(bench: Bench):
    await begin(bench)
    bench.discord.answers.append(Answer.GONE)
    for day in range(3):
        await bench.tick(at=MORNING + day * DAY)
    assert len([c for c, _ in bench.discord.requests if c == CHANNEL]) == 1
    assert await due(bench) is None
    assert len(bench.discord.told) == 1


async def test_a_change_of_settings_does_not_arm_a_deleted_channel(bench: Bench):
    await begin(bench)
    await bench.press.health.channel_deleted(CHANNEL)
    await bench.subscriptions.set_for_server(GUILD, "time", "09:00")
    assert await due(bench) is None


async def test_a_channel_without_a_digest_is_nobodys_business(bench: Bench):
    await begin(bench)
    await bench.press.health.channel_deleted(999)
    await bench.press.health.channel_is_there(999)
    await bench.press.health.mended(GUILD, 999)
    assert await due(bench) == MORNING


# Servers.


async def test_a_server_that_was_left_gets_nothing_and_all_holds_again_when_it_is_joined(
    bench: Bench,
):
    await begin(bench)
    await bench.subscriptions.set_for_server(GUILD, "time", "09:00")
    await bench.press.health.left(GUILD)
    assert await due(bench) is None
    await bench.tick(at=MORNING + 3 * DAY)
    assert bench.shown() == []
    assert await bench.editions() == [], "nothing was missed there"
    await bench.press.health.joined(GUILD)
    assert await due(bench) == MORNING + 3 * DAY + HOUR
    await bench.tick(at=MORNING + 3 * DAY + HOUR)
    assert len(bench.shown()) == 4


async def test_a_start_finds_out_who_left_and_who_is_back(bench: Bench):
    await begin(bench)
    await bench.press.health.channel_deleted(OTHERS)
    await bench.press.health.reconcile([OTHER_GUILD, 77], [OTHERS, 78])
    assert await due(bench) is None
    assert await due(bench, OTHERS) == MORNING
    await bench.press.health.reconcile([GUILD], [CHANNEL])
    assert await due(bench) == MORNING
    assert await due(bench, OTHERS) is None


async def test_a_channel_that_a_start_does_not_list_may_be_an_archived_thread(bench: Bench):
    await begin(bench)
    await bench.press.health.reconcile([GUILD, OTHER_GUILD], [])
    assert await due(bench) == await due(bench, OTHERS) == MORNING


# What is gone for thirty days is forgotten.

TABLES = (
    "server", "digest", "subscription", "edition", "edition_part", "edition_choice", "posted",
    "notice", "aside",
)  # fmt: skip


async def filled(bench: Bench) -> None:
    """Rows in every table, of both servers."""
    await begin(bench)
    bench.discord.readable = False
    bench.discord.answers.extend([Answer.LOST_UNKNOWN] * 2)
    await bench.tick(at=MORNING)
    await bench.tick(after=2 * MINUTE)
    await bench.execute(
        "INSERT INTO aside SELECT 'delivery', edition_id, guild_id, digest_id, 'a reason', 0"
        " FROM edition JOIN digest USING (digest_id)"
    )


async def counted(bench: Bench) -> Mapping[str, int]:
    """How many rows each table has."""
    found = [await bench.rows(f"SELECT count(*) FROM {table}") for table in TABLES]  # noqa: S608
    return dict(zip(TABLES, (rows[0][0] for rows in found), strict=True))


async def test_those_are_all_tables_that_know_of_servers_and_digests(bench: Bench):
    sql = """
        SELECT m.name FROM sqlite_schema m JOIN pragma_table_info(m.name) c
        WHERE m.type = 'table' AND c.name IN ('guild_id', 'digest_id', 'edition_id')
    """
    assert {row["name"] for row in await bench.rows(sql)} == set(TABLES)


@pytest.mark.parametrize("gone", ["server", "channel"])
async def test_after_thirty_days_all_of_it_is_deleted_and_nothing_of_others(
    bench: Bench, gone: str
):
    await filled(bench)
    before = await counted(bench)
    assert min(before.values()) >= 2
    if gone == "server":
        await bench.press.health.left(GUILD)
    else:
        await bench.press.health.channel_deleted(CHANNEL)
    bench.clock.move(KEPT)
    assert await bench.press.health.purge() == 0
    assert await counted(bench) == before
    bench.clock.move(SECOND)
    assert await bench.press.health.purge() == 1
    kept = before["server"] if gone == "channel" else 1
    halves = {table: count // 2 for table, count in before.items()}
    assert await counted(bench) == {**halves, "server": kept}
    await bench.digest(OTHERS)
    assert await bench.posted(OTHERS) == {1}
    assert await bench.press.health.purge() == 0


async def test_only_servers_of_which_it_is_known_whether_the_bot_is_there_are_forgotten(
    bench: Bench,
):
    await filled(bench)
    for guild_id in (GUILD, OTHER_GUILD):
        await bench.press.health.left(guild_id)
    bench.clock.move(KEPT + SECOND)
    assert await bench.press.health.purge(lambda guild_id: guild_id == GUILD) == 1
    (kept,) = await bench.rows(
        "SELECT guild_id, channel_id FROM digest JOIN server USING (guild_id)"
    )
    assert tuple(kept) == (OTHER_GUILD, OTHERS)
    assert await bench.press.health.purge() == 0  # its thirty days begin anew
    bench.clock.move(KEPT + SECOND)
    assert await bench.press.health.purge() == 1
    assert await bench.rows("SELECT guild_id FROM server") == []


async def test_a_server_back_within_thirty_days_is_not_forgotten_later(bench: Bench):
    await filled(bench)
    before = await counted(bench)
    await bench.press.health.left(GUILD)
    bench.clock.move(29 * DAY)
    await bench.press.health.joined(GUILD)
    bench.clock.move(2 * DAY)
    await bench.press.health.left(GUILD)
    bench.clock.move(29 * DAY)
    assert await bench.press.health.purge() == 0
    assert await counted(bench) == before


async def test_being_told_again_that_a_server_was_left_does_not_keep_it_longer(bench: Bench):
    await filled(bench)
    await bench.press.health.left(GUILD)
    for _ in range(31):
        bench.clock.move(DAY)
        await bench.press.health.reconcile([OTHER_GUILD], [OTHERS])
    assert await bench.press.health.purge() == 1


async def test_a_server_with_settings_and_no_digest_is_forgotten_too(bench: Bench):
    await bench.subscriptions.set_for_server(GUILD, "time", "09:00")
    await bench.press.health.left(GUILD)
    bench.clock.move(KEPT + SECOND)
    assert await bench.press.health.purge() == 0
    assert await bench.rows("SELECT * FROM server") == []


# A clock that was wrong when it was noted that they are gone.


@pytest.mark.parametrize("gone", ["server", "channel"])
@pytest.mark.parametrize("year", [1970, 2099])
async def test_what_a_wrong_clock_has_noted_is_kept_for_thirty_days_too(
    bench: Bench, gone: str, year: int
):
    await filled(bench)
    await bench.press.health.purge()
    right = bench.clock.now()
    bench.clock.put(right.replace(year=year))
    if gone == "server":
        await bench.press.health.left(GUILD)
    else:
        await bench.press.health.channel_deleted(CHANNEL)
    bench.clock.put(right + DAY)
    assert await bench.press.health.purge() == 0
    bench.clock.move(KEPT)
    assert await bench.press.health.purge() == 0
    bench.clock.move(SECOND)
    assert await bench.press.health.purge() == 1
