"""The whole sandbox: starts and stops the loopback Discord and gives access to it."""

import asyncio
import secrets
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from aiohttp import web

from bot.sandbox.api.bot_routes import BotRoutes
from bot.sandbox.api.channel_routes import Channels
from bot.sandbox.api.direct_message_routes import Directs
from bot.sandbox.api.interaction_routes import Callbacks
from bot.sandbox.api.middleware import BASE, Front
from bot.sandbox.api.rate_limits import Limits
from bot.sandbox.api.record import Record
from bot.sandbox.api.request_log import Log
from bot.sandbox.api.thread_routes import Threads
from bot.sandbox.faults.faults import Faults
from bot.sandbox.gateway.gateway import PATH as GATEWAY
from bot.sandbox.gateway.gateway import Gateway
from bot.sandbox.page.clock_controls import ClockControls
from bot.sandbox.page.fault_actions import FaultActions
from bot.sandbox.page.http import Page
from bot.sandbox.page.person_actions import PersonActions
from bot.sandbox.page.snapshot import Picture
from bot.sandbox.page.websocket import PATH as LIVE
from bot.sandbox.page.websocket import Live
from bot.sandbox.page.world_actions import WorldActions
from bot.sandbox.world.controls import Controls
from bot.sandbox.world.interactions import Interactions
from bot.sandbox.world.people import Person
from bot.sandbox.world.world import PEOPLE, World

HOST = "127.0.0.1"

SHUTDOWN_PATIENCE = 1.0
"""How many seconds requests in flight get to finish when the sandbox stops."""

LARGEST_BODY = 25 * 1024 * 1024
"""How many bytes a request may have, Discord's limit."""


class Sandbox:
    """A loopback Discord for one bot.

    `api`, `gateway` and `token` are what the bot must use instead of Discord's; the first two are
    empty until `start`. `now` dates messages and the record; Discord's own times (3 seconds, 15
    minutes, ids, rate limits) run in real time. `limits` says whether requests and sessions are
    limited as on Discord. `faults` are injected into requests, `controls` change the gateway and
    the servers, `log` has the newest requests. `record` is a file that gets a line for each
    request. `page` is the address for a browser, empty until `start`; `clock` can be moved there.
    """

    def __init__(
        self,
        *,
        now: Callable[[], datetime],
        record: Path | None = None,
        clock: ClockControls | None = None,
        limits: bool = False,
    ) -> None:
        self.world = World()
        self.token = f"sandbox.{secrets.token_urlsafe(32)}"
        self.api = ""
        self.gateway = ""
        self.page = ""
        self.record = Record(record, now, self.token)
        self.faults = Faults()
        self.log = Log(now, self.token)
        self.limits = Limits(enabled=limits)
        self._front = Front(self.token, self.faults, self.limits, self.record, self.log)
        self._gateway = Gateway(self.world, self.token, limited=limits)
        self._gateway.listeners.append(self.log.note)
        self._bot_routes = BotRoutes(self.world, self._gateway)
        self.controls = Controls(self.world, self._gateway, now)
        self._interactions = Interactions(self.world, now)
        self._channels = Channels(self.world, now)
        self._threads = Threads(self.world, now)
        online = self._gateway.identified.is_set
        picture = Picture(self.world, online, clock, self.faults, self.log)
        self._live = Live(picture, self.world, self.log)
        self._person_actions = PersonActions(self.world, self.person)
        self._world_actions = WorldActions(self.world, self.controls, clock)
        self._fault_actions = FaultActions(self.faults, self.controls)
        self._page = Page(self.world, picture, LIVE)
        self._runner: web.AppRunner | None = None

    @property
    def unknown_routes(self) -> list[str]:
        """Requests, as "METHOD path", that the sandbox does not know; each was answered 404."""
        return self._front.unknown

    async def start(self, port: int = 0) -> None:
        """Listen on 127.0.0.1; port 0 takes any free port, a port in use raises OSError."""
        runner = web.AppRunner(self._app(), access_log=None, shutdown_timeout=SHUTDOWN_PATIENCE)
        await runner.setup()
        try:
            await web.TCPSite(runner, HOST, port).start()
            self.record.open()
        except OSError:
            await runner.cleanup()
            raise
        bound = runner.addresses[0][1]
        self.api = f"http://{HOST}:{bound}{BASE}"
        self.gateway = f"ws://{HOST}:{bound}{GATEWAY}"
        self.page = f"http://{HOST}:{bound}/"
        self._runner = runner

    async def stop(self) -> None:
        """Close everything, including clients' connections; the world's content stays."""
        if self._runner is None:
            return
        # First, since a client whose connection is closed reconnects at once.
        await asyncio.gather(*(site.stop() for site in self._runner.sites))
        await self.faults.close()
        await self._gateway.close()
        await self._live.close()
        await self._person_actions.close()
        await self._runner.cleanup()
        self.record.close()
        self._runner = None

    def person(self, name: str) -> Person:
        """The "member", the "moderator" (Manage Channels), the "admin" (Manage Server) or the
        "owner", who owns the servers.
        """
        return Person(PEOPLE[name], self.world, self._interactions)

    async def ready(self, timeout: float = 10) -> None:  # noqa: ASYNC109  one call for callers
        """Wait until a bot has identified and registered its commands; else TimeoutError."""
        async with asyncio.timeout(timeout):
            await self._gateway.identified.wait()
            await self._bot_routes.synced.wait()

    def _app(self) -> web.Application:
        middlewares = (self._front.loopback_only, self._page.guard, self._front.api)
        app = web.Application(middlewares=middlewares, client_max_size=LARGEST_BODY)
        app.router.add_routes(self._bot_routes.routes())
        app.router.add_routes(self._channels.routes(BASE))
        app.router.add_routes(self._threads.routes(BASE))
        app.router.add_routes(Directs(self.world).routes(BASE))
        app.router.add_routes(Callbacks(self._interactions).routes(BASE))
        app.router.add_get(GATEWAY, self._gateway.connect)
        for part in (self._page, self._person_actions, self._world_actions, self._fault_actions):
            app.router.add_routes(part.routes())
        app.router.add_get(LIVE, self._live.connect)
        return app
