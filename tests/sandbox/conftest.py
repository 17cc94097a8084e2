"""A sandbox and, for the tests that need one, a stock discord.py client connected to it."""

import asyncio
import warnings
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yarl

from bot.sandbox import Sandbox

with warnings.catch_warnings():  # discord.py 2.7 imports audioop, which Python 3.11 deprecates
    warnings.simplefilter("ignore", DeprecationWarning)
    import discord
    from discord import app_commands

NOW = datetime(2024, 5, 1, 12, 0, tzinfo=UTC)


class Client(discord.Client):
    """A bot as simple as can be; a test adds its commands to `tree` before `connect_to`."""

    def __init__(self) -> None:
        super().__init__(
            intents=discord.Intents(guilds=True),
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            max_messages=None,
            allowed_mentions=discord.AllowedMentions.none(),
        )
        self.tree = app_commands.CommandTree(self)

    async def setup_hook(self) -> None:
        await self.tree.sync()

    async def connect_to(self, sandbox: Sandbox) -> None:
        await self.login(sandbox.token)
        self.running = asyncio.create_task(self.connect())
        await self.wait_until_ready()
        await sandbox.ready()

    async def leave(self) -> None:
        await self.close()
        await self.running


@pytest.fixture
def record(tmp_path: Path) -> Path:
    return tmp_path / "record.jsonl"


@pytest.fixture
async def sandbox(record: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Sandbox]:
    one = Sandbox(now=lambda: NOW, record=record)
    await one.start()
    monkeypatch.setattr(discord.http.Route, "BASE", one.api)
    gateway = yarl.URL(one.gateway)
    monkeypatch.setattr(discord.gateway.DiscordWebSocket, "DEFAULT_GATEWAY", gateway)
    yield one
    await one.stop()
    assert one.unknown_routes == []


@pytest.fixture
def no_voice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discord.VoiceClient, "warn_nacl", False)


@pytest.fixture
async def client(no_voice: None, sandbox: Sandbox) -> AsyncIterator[Client]:
    one = Client()
    yield one
    await one.leave()
