"""Which servers' rows are a process's own, in SQL as by Discord's formula."""

from hypothesis import given
from hypothesis import strategies as st

from bot.chat.gateway.shards import shard_of
from bot.digests.target import Channel
from bot.store.database import Database, every
from bot.store.digests import make_digest
from bot.store.shards import EVERY_SERVER, servers_of
from tests.conftest import START

COUNT = 5
GUILDS = [(number << 22) + 7 * number for number in range(1, 40)]


async def test_a_server_is_of_one_process_as_discord_has_it(archive: Database):
    async with archive.writing() as db:
        for guild in GUILDS:
            await make_digest(db, Channel(guild, guild + 1), START)
    parts = ({0}, {1, 3}, {2, 4})
    async with archive.reading() as db:
        for shards in parts:
            sql = f"SELECT guild_id FROM server WHERE {servers_of(shards, COUNT)}"  # noqa: S608 - ours
            found = {row["guild_id"] for row in await every(db, sql)}
            assert found == {guild for guild in GUILDS if shard_of(guild, COUNT) in shards}


@given(st.integers(1, 100))
def test_all_shards_are_every_server_and_none_are_none(count: int):
    assert servers_of(range(count), count) == EVERY_SERVER
    assert servers_of((), count) == "FALSE"
