"""A bot of several shards: each has its own servers, and its own presence."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import discord
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.app import online as going_online
from bot.app.online import Online, online
from bot.app.services import open_services
from bot.chat.gateway import connection, identify
from bot.chat.gateway.shards import shard_of
from bot.chat.rest.publisher import DiscordPublisher
from bot.chat.rest.requests import Rest
from bot.digests.changes import LOG_CHANNEL
from bot.digests.settings import SETTINGS_KEPT
from bot.digests.target import Channel
from bot.errors import DiscordUnavailable, Refused, TryLater
from bot.sandbox import Sandbox
from bot.sandbox.gateway import gateway as sandbox_gateway
from bot.store import servers
from tests.chat.conftest import not_waiting_for_servers
from tests.chat.gateway.test_client import account
from tests.conftest import SetClock, places_at

SHARDS, GUILDS = 3, 9


@pytest.fixture
async def sandbox(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Sandbox]:
    """A loopback Discord of nine servers that wants three shards, all at once."""
    monkeypatch.setattr(identify, "GAP", 0.0)  # this sandbox does not mind
    one = Sandbox(now=SetClock().now)
    one.controls.add_guilds(GUILDS - len(one.world.guilds))
    one.controls.shards = one.controls.max_concurrency = SHARDS
    await one.start()
    with not_waiting_for_servers():
        yield one
    await one.stop()
    assert one.unknown_routes == []


@asynccontextmanager
async def connected(sandbox: Sandbox, folder: Path) -> AsyncIterator[Online]:
    clock = SetClock(datetime(2024, 5, 1, 12, tzinfo=UTC))
    async with (
        asyncio.timeout(30),
        open_services(places_at(folder), clock) as services,
        online(services, account(sandbox), None) as bot,
    ):
        yield bot


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not is_so():  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0.01)


def of_shard(sandbox: Sandbox, shard_id: int) -> list[int]:
    """The ids of a shard's servers."""
    return [one.id for one in sandbox.world.guilds if shard_of(one.id, SHARDS) == shard_id]


async def left(folder: Path) -> set[int]:
    """The servers that the database considers left."""
    async with open_services(places_at(folder)) as services, services.database.reading() as db:
        rows = await db.execute_fetchall("SELECT guild_id FROM server WHERE left_at IS NOT NULL")
        return {row[0] for row in rows}


async def kept_of(folder: Path, guild_ids: Iterable[int]) -> set[int]:
    """Those of the servers that the database still has a row of."""
    async with open_services(places_at(folder)) as services, services.database.reading() as db:
        return {*guild_ids} & await servers.all_guild_ids(db)


async def purge_long_after(bot: Online, guild_ids: Iterable[int]) -> None:
    """Have servers considered left, for longer than their settings are kept."""
    for guild_id in guild_ids:
        await bot.delivery.presence.left(guild_id)
    cast("SetClock", bot.delivery.clock).move(SETTINGS_KEPT + timedelta(seconds=1))
    await bot.delivery.presence.purge(bot.bot.knows)


async def known_to_the_database(folder: Path, guild_ids: list[int]) -> None:
    async with open_services(places_at(folder)) as services, services.database.writing() as db:
        for guild_id in guild_ids:
            await servers.set_value(db, guild_id, LOG_CHANNEL, None)


@given(st.integers(0, 2**63 - 1), st.integers(1, 500))
def test_a_server_belongs_to_the_shard_that_discord_py_takes_it_for(guild_id: int, count: int):
    state = type("State", (), {"shard_count": count})
    guild = discord.Object(guild_id)
    guild._state = state  # type: ignore[attr-defined]
    assert shard_of(guild_id, count) == discord.Guild.shard_id.fget(guild)  # type: ignore[attr-defined]
    assert 0 <= shard_of(guild_id, count) < count


@given(st.lists(st.integers(0, 2**63 - 1), unique=True), st.integers(1, 20), st.integers(1, 20))
def test_every_server_is_of_one_shard_whatever_their_number_becomes(
    guild_ids: list[int], before: int, after: int
):
    for count in (before, after):
        parts = [{g for g in guild_ids if shard_of(g, count) == one} for one in range(count)]
        assert sum(map(len, parts)) == len(guild_ids)
        assert set().union(*parts) == set(guild_ids)


async def test_the_bot_is_online_when_every_shard_knows_its_servers(
    sandbox: Sandbox, tmp_path: Path
):
    async with connected(sandbox, tmp_path) as bot:
        assert len(bot.bot.guilds) == GUILDS
        assert bot.bot.shard_count == sandbox.controls.identified == SHARDS
        assert bot.bot.missing_shards() == []
        for guild in sandbox.world.guilds:
            answer = await sandbox.person("member").command("topics", str(guild.channels[0].id))
            assert not answer.failed


async def test_too_few_shards_end_the_bot_in_words(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sandbox_gateway, "GUILDS_A_SHARD", 2)
    with pytest.raises(DiscordUnavailable, match="4011"):
        async with connected(sandbox, tmp_path):
            pass


@pytest.mark.slow
async def test_only_a_shards_own_servers_are_missed_at_its_login(sandbox: Sandbox, tmp_path: Path):
    everywhere = [one.id for one in sandbox.world.guilds]
    strangers = [everywhere[-1] + (number << 22) for number in (1, 2, 3)]
    await known_to_the_database(tmp_path, [*everywhere, *strangers])
    sandbox.controls.kill_shard(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(going_online, "SHARDS_PATIENCE", 1.0)
        async with connected(sandbox, tmp_path) as bot:
            assert bot.bot.missing_shards() == [1]
            assert not any(map(bot.bot.knows, of_shard(sandbox, 1)))
    assert await left(tmp_path) == {one for one in strangers if shard_of(one, SHARDS) != 1}


@pytest.mark.slow
async def test_what_was_set_in_servers_of_a_shard_that_never_came_up_is_kept(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(going_online, "SHARDS_PATIENCE", 1.0)
    gone = [sandbox.world.guilds[-1].id + (number << 22) for number in (1, 2, 3)]
    sandbox.controls.kill_shard(1)
    await known_to_the_database(tmp_path, gone)
    async with connected(sandbox, tmp_path) as bot:
        await purge_long_after(bot, gone)
        assert await kept_of(tmp_path, gone) == {one for one in gone if shard_of(one, SHARDS) == 1}


@pytest.mark.slow
async def test_what_was_set_in_servers_of_a_shard_that_is_down_is_kept_until_it_is_told_of_them(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("discord.backoff.ExponentialBackoff.delay", lambda self: 0.1)
    gone = [sandbox.world.guilds[-1].id + (number << 22) for number in (1, 2, 3)]
    back, *_ = of_shard(sandbox, 1)  # invited again without an event
    await known_to_the_database(tmp_path, [*gone, back])
    async with connected(sandbox, tmp_path) as bot:
        sandbox.controls.kill_shard(1)
        await until(lambda: bool(bot.bot.absences.away()))
        await purge_long_after(bot, [*gone, back])
        kept = {one for one in gone if shard_of(one, SHARDS) == 1}
        assert await kept_of(tmp_path, [*gone, back]) == {*kept, back}
        ready = asyncio.create_task(bot.bot.wait_for("shard_ready", timeout=10))
        sandbox.controls.kill_shard(1, dead=False)
        await until(lambda: not bot.bot.absences.away())
        sandbox.controls.invalidate_sessions(resumable=False, shard=1)
        assert await ready == 1
        while back in await left(tmp_path):  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0.01)
        await bot.delivery.presence.purge(bot.bot.knows)
        assert await kept_of(tmp_path, [back]) == {back}


async def test_between_a_new_session_and_its_servers_nothing_is_certain(
    sandbox: Sandbox, tmp_path: Path
):
    async with connected(sandbox, tmp_path) as bot:
        first, second = of_shard(sandbox, 1)[0], of_shard(sandbox, 2)[0]
        await bot.bot.on_shard_connect(1)
        assert (bot.bot.knows(first), bot.bot.knows(second)) == (False, True)
        await bot.bot.on_shard_ready(1)
        assert bot.bot.knows(first)
        bot.bot.unreadable["READY"] += 1  # it may have named any server
        assert not bot.bot.knows(second)


@pytest.mark.slow
async def test_another_number_of_shards_makes_no_server_look_left(sandbox: Sandbox, tmp_path: Path):
    everywhere = [one.id for one in sandbox.world.guilds]
    await known_to_the_database(tmp_path, everywhere)
    for count in (3, 2, 1, 5):
        sandbox.controls.shards = sandbox.controls.max_concurrency = count
        async with connected(sandbox, tmp_path) as bot:
            assert bot.bot.shard_count == count
        assert await left(tmp_path) == set()


@pytest.mark.slow
async def test_what_is_for_a_shard_that_is_not_up_waits_and_nothing_is_refused(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(going_online, "SHARDS_PATIENCE", 1.0)
    sandbox.controls.kill_shard(1)
    gone = sandbox.world.guilds[-1].id + (1000 * SHARDS << 22)
    async with connected(sandbox, tmp_path) as bot:
        rest = Rest(bot.bot, lambda status: None)
        publisher = DiscordPublisher(bot.bot, rest)
        for guild in sandbox.world.guilds:
            target = Channel(guild.id, guild.channels[0].id)
            obstacle = publisher.obstacle(target)
            mine = shard_of(guild.id, SHARDS) == 1
            assert isinstance(obstacle, TryLater) if mine else obstacle is None
            if mine:
                with pytest.raises(TryLater):
                    await publisher.tell(guild.id, None, {"content": "x"}, "1")
                with pytest.raises(TryLater):
                    await publisher.look_back(target, "x", SetClock().now())
        expected = TryLater if shard_of(gone, SHARDS) == 1 else Refused
        assert isinstance(publisher.obstacle(Channel(gone, 1)), expected)
        await rest.close()


@pytest.mark.slow
async def test_a_dead_shard_is_seen_and_the_others_go_on(
    sandbox: Sandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
):
    monkeypatch.setattr(connection, "DEAD_AFTER", 1.0)
    monkeypatch.setattr("discord.backoff.ExponentialBackoff.delay", lambda self: 60.0)
    caplog.set_level(logging.WARNING, "bot.chat.gateway.connection")
    said = "shard 1 of 3 has been away for"
    async with connected(sandbox, tmp_path) as bot:
        sandbox.controls.kill_shard(1)
        await until(lambda: sum(said in one for one in caplog.messages) >= 2)
        assert not bot.connection.done()
        guild = next(one for one in sandbox.world.guilds if one.id in of_shard(sandbox, 2))
        answer = await sandbox.person("member").command("topics", str(guild.channels[0].id))
        assert not answer.failed
        assert bot.bot.absences.away().keys() == {1}
        sandbox.controls.kill_shard(1, dead=False)
        await until(lambda: not bot.bot.absences.away())


@pytest.mark.slow
async def test_all_shards_away_end_the_process(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(connection, "DEAD_AFTER", 1.0)
    async with connected(sandbox, tmp_path) as bot:
        for shard_id in range(SHARDS):
            sandbox.controls.kill_shard(shard_id)
        with pytest.raises(DiscordUnavailable, match="gateway has been away"):
            await bot.connection


async def test_a_shard_that_drops_resumes_its_session_and_no_other_begins_one(
    sandbox: Sandbox, tmp_path: Path
):
    async with connected(sandbox, tmp_path) as bot:
        for code in (4000, 1006):
            resumed = asyncio.create_task(bot.bot.wait_for("shard_resumed", timeout=10))
            await asyncio.sleep(0)
            sandbox.controls.drop_gateway(code, shard=2)
            assert await resumed == 2
        assert sandbox.controls.identified == SHARDS


async def test_a_server_left_while_a_shard_had_no_session_is_known_to_be_left(
    sandbox: Sandbox, tmp_path: Path
):
    first, second = of_shard(sandbox, 1)[:2]
    await known_to_the_database(tmp_path, [first, second])
    async with connected(sandbox, tmp_path) as bot:
        ready = asyncio.create_task(bot.bot.wait_for("shard_ready", timeout=20))
        await asyncio.sleep(0)
        sandbox.world.find_guild(first).joined = False  # without an event
        sandbox.controls.invalidate_sessions(resumable=False, shard=1)
        assert await ready == 1
        assert bot.bot.get_guild(first) is None
        assert len(bot.bot.guilds) == GUILDS - 1
        while await left(tmp_path) != {first}:  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0.01)


async def test_a_shard_that_goes_to_another_process_takes_its_servers_with_it(
    sandbox: Sandbox, tmp_path: Path
):
    await known_to_the_database(tmp_path, [one.id for one in sandbox.world.guilds])
    async with connected(sandbox, tmp_path) as bot:
        gone, kept = of_shard(sandbox, 1), [*of_shard(sandbox, 0), *of_shard(sandbox, 2)]
        await bot.bot.use_shards([0, 2])
        assert {guild.id for guild in bot.bot.guilds} == {*kept}
        assert not any(map(bot.bot.knows, gone))
        assert all(map(bot.bot.knows, kept))
        assert bot.bot.missing_shards() == []
        assert bot.bot.absences.away() == {}
        assert isinstance(bot.delivery.dispatcher._publisher.absence(gone[0]), TryLater)
        await bot.bot.use_shards([0, 1, 2])
        await until(lambda: all(map(bot.bot.knows, gone)))
        assert {guild.id for guild in bot.bot.guilds} == {*gone, *kept}
        assert not bot.connection.done()
    assert await left(tmp_path) == set(), "no server counts as one that removed the bot"


async def test_a_process_without_a_shard_waits_and_is_not_away(sandbox: Sandbox, tmp_path: Path):
    async with connected(sandbox, tmp_path) as bot:
        await bot.bot.use_shards([])
        assert not list(bot.bot.guilds)
        assert bot.bot.absences.seconds() == 0
        await bot.bot.use_shards([2])
        await until(lambda: all(map(bot.bot.knows, of_shard(sandbox, 2))))
        assert len(bot.bot.guilds) == len(of_shard(sandbox, 2))
