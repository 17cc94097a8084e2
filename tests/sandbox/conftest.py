"""A sandbox, and two bots for it: a bare HTTP client, and an unmodified discord.py client."""

import asyncio
import json
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yarl

from bot.sandbox import Sandbox

with warnings.catch_warnings():  # discord.py 2.7 imports audioop, which Python 3.11 deprecates
    warnings.simplefilter("ignore", DeprecationWarning)
    import discord
    from discord import app_commands

NOW = datetime(2024, 5, 1, 12, 0, tzinfo=UTC)


class Bare:
    """A bot with nothing but HTTP; `events` are the events that the gateway would send it."""

    def __init__(self, sandbox: Sandbox, session: aiohttp.ClientSession) -> None:
        self.sandbox = sandbox
        self.session = session
        self.events: asyncio.Queue[tuple[str, dict[str, Any]]] = asyncio.Queue()
        sandbox.world.listeners.append(lambda *event: self.events.put_nowait(event))

    async def call(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        """The status and the decoded answer; the path is the part after /api/v10."""
        headers = {"Authorization": f"Bot {self.sandbox.token}"}
        url = self.sandbox.api + path
        async with self.session.request(method, url, headers=headers, json=body) as response:
            return response.status, None if response.status == 204 else await response.json()

    async def refusal(self, method: str, path: str, body: object = None) -> tuple[int, int]:
        """Status and Discord's code."""
        status, answer = await self.call(method, path, body)
        return status, answer["code"]

    def to(self, channel: str) -> str:
        """The path of a channel's messages."""
        return f"/channels/{self.sandbox.world.channel(channel).id}/messages"

    async def register(self, *commands: dict[str, Any]) -> None:
        """Register slash commands."""
        path = f"/applications/{self.sandbox.world.bot.id}/commands"
        status, answer = await self.call("PUT", path, list(commands))
        assert status == 200, answer

    async def heard(self) -> tuple[str, str]:
        """The next interaction's paths: for its first answer and for follow-ups."""
        event, one = await self.events.get()
        while event != "INTERACTION_CREATE":
            event, one = await self.events.get()
        answer = f"/interactions/{one['id']}/{one['token']}/callback"
        return answer, f"/webhooks/{one['application_id']}/{one['token']}"


class Client(discord.Client):
    """A discord.py bot; a test adds commands to its `tree` before `connect_to`."""

    def __init__(self) -> None:
        super().__init__(
            intents=discord.Intents(guilds=True),
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            max_messages=None,
            allowed_mentions=discord.AllowedMentions.none(),
            guild_ready_timeout=0.05,
        )
        self.tree = app_commands.CommandTree(self)
        self.running: asyncio.Task[None] | None = None
        self.done = asyncio.Event()

    async def setup_hook(self) -> None:
        await self.tree.sync()

    async def before_identify_hook(self, _: int | None, *, initial: bool = False) -> None:
        """Do not wait the 5 s that discord.py waits before it identifies again."""

    async def connect_to(self, sandbox: Sandbox) -> None:
        await self.login(sandbox.token)
        self.running = asyncio.create_task(self.connect())
        await self.wait_until_ready()
        await sandbox.ready()

    async def leave(self) -> None:
        await self.close()
        if self.running is not None:
            await self.running

    def channel(self, sandbox: Sandbox, name: str) -> discord.TextChannel:
        channel = self.get_channel(sandbox.world.channel(name).id)
        assert isinstance(channel, discord.TextChannel)
        return channel


def lines(record: Path) -> list[dict[str, Any]]:
    """The entries of a record."""
    return [json.loads(line) for line in record.read_text().splitlines()]


@pytest.fixture
def record(tmp_path: Path) -> Path:
    return tmp_path / "record.jsonl"


@pytest.fixture
async def sandbox(record: Path) -> AsyncIterator[Sandbox]:
    async with opened_sandbox(record) as one:
        yield one


@asynccontextmanager
async def opened_sandbox(record: Path) -> AsyncIterator[Sandbox]:
    """A sandbox whose clock stands still, stopped at the end."""
    one = Sandbox(now=lambda: NOW, record=record)
    await one.start()
    try:
        yield one
    finally:
        await one.stop()


@pytest.fixture
async def bare(sandbox: Sandbox) -> AsyncIterator[Bare]:
    async with aiohttp.ClientSession() as session:
        yield Bare(sandbox, session)


@pytest.fixture
async def client(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Client]:
    monkeypatch.setattr(discord.VoiceClient, "warn_nacl", False)
    monkeypatch.setattr(discord.http.Route, "BASE", sandbox.api)
    gateway = yarl.URL(sandbox.gateway)
    monkeypatch.setattr(discord.gateway.DiscordWebSocket, "DEFAULT_GATEWAY", gateway)
    one = Client()
    yield one
    await one.leave()
    assert sandbox.unknown_routes == []
