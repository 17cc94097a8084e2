"""Delivery as a whole: what happens at startup, and what the tick does."""

import asyncio
from dataclasses import dataclass
from typing import Final

from bot.clock import Clock
from bot.config import Config
from bot.delivery.arming import Arming
from bot.delivery.crosspost import Crossposting
from bot.delivery.dispatcher import Dispatcher
from bot.delivery.feed_notices import FeedNotices
from bot.delivery.greeting import Greeting
from bot.delivery.notify import Notices
from bot.delivery.pacer import Pacer
from bot.delivery.planning import Planner
from bot.delivery.presence import Presence
from bot.delivery.recovery import Recovery
from bot.delivery.threads import Threads

HEAD_START: Final = 0.2
"""How many seconds planning runs before planned editions are sent."""


@dataclass(frozen=True, slots=True)
class DeliveryService:
    """Plans and delivers editions."""

    planner: Planner
    dispatcher: Dispatcher
    notices: Notices
    feed_notices: FeedNotices
    crossposting: Crossposting
    threads: Threads
    greeting: Greeting
    recovery: Recovery
    presence: Presence
    arming: Arming
    pacer: Pacer
    clock: Clock

    async def begin(self) -> None:
        """Before the first tick: handle what happened to the database and to config/ meanwhile."""
        await self.recovery.begin()
        await self.arming.try_what_is_set_aside()
        await self.arming.rearm_if_config_changed()

    async def configure(self, config: Config) -> None:
        """Use another config/ from now on; if its digest.yaml changed, all digests are rearmed."""
        self.pacer.configure(config.delivery.messages_per_second)
        self.planner.configure(config.digest, config.delivery)
        await self.arming.rearm_if_config_changed()

    async def bring_out(self) -> None:
        """Plan what is due, deliver what is open, tell admins what could not be delivered, and say
        hello to new servers.

        If much is due, the first editions are sent while the others are planned.
        """
        await self.recovery.read_back()
        planning = asyncio.create_task(self.planner.plan_due(self.clock.now()))
        planned = False
        try:
            while not planned:
                await asyncio.wait((planning,), timeout=HEAD_START)
                planned = planning.done()
                await self.dispatcher.deliver_open()
            planning.result()
        finally:
            planning.cancel()
            await asyncio.gather(planning, return_exceptions=True)
        await self.notices.tell_open()
        await self.greeting.say_open()

    async def follow_up(self) -> None:
        """After the editions: publish their messages, and open their threads."""
        await self.crossposting.work_off()
        await self.threads.work_off()
