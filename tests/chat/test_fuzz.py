"""Random interactions in two servers: each is answered in time, and touches only its own server."""

import logging
from random import Random
from typing import Any, Final

import pytest

from bot.demo import Demo
from bot.sandbox import Channel
from tests.chat.forging import Forger

SEED: Final = 14
OF_SERVER: Final = {
    "server": "SELECT * FROM server WHERE guild_id = :guild",
    "digest": "SELECT * FROM digest WHERE guild_id = :guild ORDER BY digest_id",
    "change": "SELECT * FROM change WHERE guild_id = :guild ORDER BY change_id",
    "notice": "SELECT * FROM notice WHERE guild_id = :guild ORDER BY notice_id",
    "subscription": """
        SELECT s.* FROM subscription s JOIN digest d ON d.digest_id = s.digest_id
        WHERE d.guild_id = :guild ORDER BY s.digest_id, s.topic_id
    """,
    "edition": """
        SELECT e.* FROM edition e JOIN digest d ON d.digest_id = e.digest_id
        WHERE d.guild_id = :guild ORDER BY e.edition_id
    """,
    "edition_part": """
        SELECT p.* FROM edition_part p JOIN edition e ON e.edition_id = p.edition_id
        JOIN digest d ON d.digest_id = e.digest_id
        WHERE d.guild_id = :guild ORDER BY p.edition_id, p.part
    """,
    "posted": """
        SELECT p.* FROM posted p JOIN digest d ON d.digest_id = p.digest_id
        WHERE d.guild_id = :guild ORDER BY p.digest_id, p.event_id
    """,
}
"""Everything that is a server's own."""


async def owned(demo: Demo, guild_id: int) -> dict[str, list[Any]]:
    """A server's own rows."""
    async with demo.services.database.reading() as db:
        return {
            table: [tuple(row) for row in await db.execute_fetchall(sql, {"guild": guild_id})]
            for table, sql in OF_SERVER.items()
        }


@pytest.mark.parametrize("count", [300, pytest.param(10_000, marks=pytest.mark.soak)])
async def test_whatever_comes_is_answered_in_time_and_touches_its_own_server_alone(
    demo: Demo, count: int, caplog: pytest.LogCaptureFixture
):
    world, chance = demo.sandbox.world, Random(SEED)  # noqa: S311 - no secret
    here, there = world.guilds
    for channel in ("general", "elsewhere"):
        await demo.sandbox.person("admin").command("subscribe", channel, topic="AI")
    await demo.online.jobs.stop()  # what the bot does by itself is in every server
    forger = Forger(demo, chance)
    rows = {guild.id: await owned(demo, guild.id) for guild in (here, there)}
    for _ in range(count):
        guild, other = chance.choice([(here, there), (there, here)])
        answer = await forger.act(chance.choice(usable(guild.channels)))
        what = answer.interaction.data
        assert not answer.failed, what
        assert "went wrong" not in answer.text, what
        assert "does not answer" not in answer.text, what
        assert await owned(demo, other.id) == rows[other.id], what
        rows[guild.id] = await owned(demo, guild.id)
        faults = [one for one in caplog.records if one.levelno >= logging.ERROR]
        assert not faults, (what, faults)


def usable(channels: list[Channel]) -> list[Channel]:
    """The channels in which messages are written."""
    return [one for one in channels if one.kind not in (15, 16)]
