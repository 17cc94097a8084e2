"""A default sandbox in its own process: `python -m tests.benchmarks.alone [SERVERS]`.

With a number it has that many servers, and limits requests and sessions as Discord does. It prints
its addresses as one JSON line, and ends when its standard input ends.
"""

import asyncio
import json
import sys
from datetime import UTC, datetime

from bot.sandbox import Sandbox


async def main(servers: int) -> None:
    """Serve until standard input ends."""
    now = lambda: datetime.now(UTC)  # noqa: E731, TID251 - the bot's clock is real too
    sandbox = Sandbox(now=now, limits=servers > 0)
    sandbox.controls.add_guilds(max(0, servers - len(sandbox.world.guilds)))
    await sandbox.start()
    place = {"api": sandbox.api, "gateway": sandbox.gateway, "token": sandbox.token}
    sys.stdout.write(json.dumps(place) + "\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)
    await sandbox.stop()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if sys.argv[1:] else 0))
