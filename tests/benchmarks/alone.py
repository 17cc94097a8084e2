"""A sandbox as it comes in a process of its own: `python -m tests.benchmarks.alone`.

One JSON line says where it is; it ends with its standard input.
"""

import asyncio
import json
import sys
from datetime import UTC, datetime

from bot.sandbox import Sandbox


async def main() -> None:
    """Serve until standard input ends."""
    sandbox = Sandbox(now=lambda: datetime.now(UTC))  # noqa: TID251 - the bot's clock is real too
    await sandbox.start()
    place = {"api": sandbox.api, "gateway": sandbox.gateway, "token": sandbox.token}
    sys.stdout.write(json.dumps(place) + "\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)
    await sandbox.stop()


if __name__ == "__main__":
    asyncio.run(main())
