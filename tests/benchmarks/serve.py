"""A server in a process of its own, for benchmarks: `python -m tests.benchmarks.serve KIND`.

KIND is `sandbox`, with a thousand servers, or `bare`: aiohttp that answers every message with the
same bytes. One JSON line says where it is; it ends with its standard input.
"""

import asyncio
import json
import sys
from datetime import UTC, datetime

from aiohttp import web

from bot.sandbox import Sandbox

GUILDS = 1000
_MESSAGE = json.dumps({"id": "1", "channel_id": "2", "content": "x", "embeds": []}).encode()


async def _sandbox() -> dict[str, object]:
    sandbox = Sandbox(now=lambda: datetime(2024, 5, 1, tzinfo=UTC))
    sandbox.controls.add_guilds(GUILDS - len(sandbox.world.guilds))
    await sandbox.start()
    channels = [guild.channels[0].id for guild in sandbox.world.guilds]
    return {
        "api": sandbox.api,
        "gateway": sandbox.gateway,
        "token": sandbox.token,
        "channels": channels,
    }


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
    place = await (_sandbox() if kind == "sandbox" else _bare())
    sys.stdout.write(json.dumps(place) + "\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
