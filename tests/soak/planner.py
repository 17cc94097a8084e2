"""Plans what is due for some shards, and says how much that was; nothing is delivered.

Its argument is JSON; it begins when a line comes on standard input, and ends when that is closed.
"""

import asyncio
import json
import sys
from datetime import datetime
from typing import Any

from bot.app.services import open_services
from bot.clock import MovableClock
from bot.config import DeliveryConfig
from bot.delivery.planning import Planner
from bot.environment import Places
from bot.store.postgres.database import PostgresDatabase
from bot.store.shards import servers_of


async def main(order: dict[str, Any]) -> None:
    """Plan once for each line that comes, which says the time."""
    clock = MovableClock(datetime.fromisoformat(order["at"]))
    async with open_services(Places(**order["places"]), clock) as services:
        assert isinstance(services.database, PostgresDatabase)
        services.database.own_servers = servers_of(order["shards"], order["count"])
        planner = Planner(
            services.database, services.weighing, services.config.digest, DeliveryConfig()
        )
        print("ready", flush=True)  # noqa: T201
        while line := await asyncio.to_thread(sys.stdin.readline):
            planned = await planner.plan_due(datetime.fromisoformat(line.strip()))
            print(planned, flush=True)  # noqa: T201


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
