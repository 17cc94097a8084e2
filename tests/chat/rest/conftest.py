"""A publisher of the running sandbox, and a channel to post to."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bot.chat.rest.publisher import DiscordPublisher
from bot.chat.rest.requests import Rest
from bot.demo import Demo
from bot.digests.target import Channel

BODY = {"content": "-# Monday 23 December 2019", "allowed_mentions": {"parse": []}}
MARKER = "Monday 23 December 2019"


@asynccontextmanager
async def publisher_of(demo: Demo) -> AsyncIterator[DiscordPublisher]:
    requests = Rest(demo.online.bot, lambda status: None)
    yield DiscordPublisher(demo.online.bot, requests)
    await requests.close()


@pytest.fixture
def ai(demo: Demo) -> Channel:
    return Channel(demo.sandbox.world.guild.id, demo.sandbox.world.channel("ai").id)
