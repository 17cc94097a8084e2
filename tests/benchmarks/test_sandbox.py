"""The sandbox's own speed, against discord.py's ceiling on a bare server in the same run.

    pytest -m benchmark -s tests/benchmarks/test_sandbox.py

Each server is its own process; rounds alternate, so that both meet the same machine. A server's
throughput per core is its messages per second of its own processor time.
"""

import asyncio
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import discord
import pytest
import yarl
from discord.http import HTTPClient, Route, handle_message_parameters

from tests.benchmarks.serve import GUILDS
from tests.conftest import ROOT
from tests.sandbox.conftest import Client

pytestmark = pytest.mark.benchmark

ROUNDS = 7
AT_ONCE = 50
"""How many messages are in flight; a round sends one to each server."""

WANTED = 1000
"""Messages a second that the sandbox must sustain, with a thousand servers connected."""

_TICKS = os.sysconf("SC_CLK_TCK")

SHORT = {"content": "A line of text."}
DIGEST = {
    "content": "## AI, Space\n-# Edition 7",
    "embeds": [
        discord.Embed(
            title=f"Headline {number} with some words to fill a line and a half of it",
            url=f"https://publisher.example/{number}",
            description="Words of an excerpt that say what happened. " * 20,
            colour=2051705,
        ).set_footer(text="Publisher · quality 92 · heat 192 · 4 publishers")
        for number in range(5)
    ],
}


@dataclass
class Server:
    """A running server and what it did: messages a second, by wall clock and by its own core."""

    name: str
    process: subprocess.Popen[str]
    place: dict[str, Any]
    wall: list[float] = field(default_factory=list)
    core: list[float] = field(default_factory=list)

    def busy(self) -> float:
        """Seconds of processor time so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(") ", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS


@contextmanager
def serving(name: str) -> Iterator[Server]:
    command = [sys.executable, "-m", "tests.benchmarks.serve", name]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd=ROOT) as process:  # noqa: S603
        assert process.stdout is not None
        yield Server(name, process, json.loads(process.stdout.readline()))
        assert process.stdin is not None
        process.stdin.close()


@asynccontextmanager
async def connected(sandbox: Server, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Client]:
    """A bot at the sandbox, its thousand servers ready."""
    aim_at(sandbox, monkeypatch)
    gateway = yarl.URL(sandbox.place["gateway"])
    monkeypatch.setattr(discord.gateway.DiscordWebSocket, "DEFAULT_GATEWAY", gateway)
    client = Client()
    await client.login(sandbox.place["token"])
    begun, busy = time.perf_counter(), sandbox.busy()
    client.running = asyncio.create_task(client.connect())
    await client.wait_until_ready()
    took, worked = time.perf_counter() - begun, sandbox.busy() - busy
    assert len(client.guilds) == GUILDS
    say(f"{GUILDS} servers ready after {took:.2f} s, {worked:.2f} s of the sandbox's core")
    yield client
    aim_at(sandbox, monkeypatch)
    await client.leave()


def aim_at(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Route, "BASE", server.place["api"])


def say(line: str) -> None:
    sys.stdout.write(f"\n{line}")


async def send(http: HTTPClient, channels: list[int], body: dict[str, Any]) -> None:
    """Send to each channel once, a limited number at a time."""
    waiting = iter(channels)

    async def sender() -> None:
        for channel in waiting:
            with handle_message_parameters(**body) as params:
                await http.send_message(channel, params=params)

    await asyncio.gather(*(sender() for _ in range(AT_ONCE)))


async def measure(server: Server, http: HTTPClient, body: dict[str, Any]) -> None:
    channels: list[int] = server.place["channels"]
    begun, busy = time.perf_counter(), server.busy()
    await send(http, channels, body)
    server.wall.append(len(channels) / (time.perf_counter() - begun))
    server.core.append(len(channels) / (server.busy() - busy))


@pytest.mark.parametrize("body", [SHORT, DIGEST], ids=["short", "digest"])
async def test_the_sandbox_sustains_a_thousand_messages_a_second(
    body: dict[str, Any], monkeypatch: pytest.MonkeyPatch
):
    with serving("bare") as bare, serving("sandbox") as sandbox:
        bare.place["channels"] = sandbox.place["channels"]
        async with connected(sandbox, monkeypatch) as client:
            for number in range(ROUNDS + 1):
                for server in (bare, sandbox):
                    aim_at(server, monkeypatch)
                    await measure(server, client.http, body)
                    if number == 0:  # opens the connections
                        server.wall.clear()
                        server.core.clear()
    for server in (bare, sandbox):
        wall, core = statistics.median(server.wall), statistics.median(server.core)
        say(f"{server.name:8} {wall:6.0f} messages/s with discord.py, {core:6.0f} by its own core")
    assert statistics.median(sandbox.wall) >= WANTED
