"""A server in its own process, for benchmarks: `python -m tests.benchmarks.serve KIND`.

KIND is `sandbox`, with a thousand servers; `bare`: aiohttp that answers every message with the same
bytes; or `limited`: the sandbox with Discord's rate limits, in which a member asks for stories from
the first line of input until the second, which is answered with the seconds that each answer took.
It prints its addresses as one JSON line, and ends when its standard input ends.
"""

import asyncio
import json
import sys
import time
from datetime import UTC, datetime

from aiohttp import web

from bot.sandbox import Sandbox

GUILDS = 1000
_MESSAGE = json.dumps({"id": "1", "channel_id": "2", "content": "x", "embeds": []}).encode()


async def _sandbox(*, limits: bool = False) -> tuple[Sandbox, dict[str, object]]:
    sandbox = Sandbox(now=lambda: datetime(2024, 5, 1, tzinfo=UTC), limits=limits)
    sandbox.controls.add_guilds(GUILDS - len(sandbox.world.guilds))
    await sandbox.start()
    channels = [guild.channels[0].id for guild in sandbox.world.guilds]
    return sandbox, {
        "api": sandbox.api,
        "gateway": sandbox.gateway,
        "token": sandbox.token,
        "channels": channels,
        "guilds": [guild.id for guild in sandbox.world.guilds],
    }


async def _asking(sandbox: Sandbox) -> list[float]:
    """Ask one question after another until the next line; returns the seconds of each answer."""
    member, seconds = sandbox.person("member"), list[float]()
    stop = asyncio.create_task(asyncio.to_thread(sys.stdin.readline))
    while not stop.done():
        begun = time.perf_counter()
        answer = await member.command("story", "news", query="the")
        assert not answer.failed
        seconds.append(time.perf_counter() - begun)
        await asyncio.sleep(0.02)
    return seconds


def _say(what: object) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


async def _bare() -> dict[str, object]:
    async def answer(request: web.Request) -> web.Response:
        await request.read()
        return web.Response(body=_MESSAGE, content_type="application/json")

    app = web.Application()
    app.router.add_post("/api/v10/channels/{channel}/messages", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return {"api": f"http://127.0.0.1:{runner.addresses[0][1]}/api/v10"}


async def main(kind: str) -> None:
    """Serve until standard input ends."""
    if kind == "bare":
        _say(await _bare())
    else:
        sandbox, place = await _sandbox(limits=kind == "limited")
        _say(place)
        if kind == "limited":
            await asyncio.to_thread(sys.stdin.readline)
            _say(await _asking(sandbox))
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
