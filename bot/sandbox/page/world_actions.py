"""The page's actions on the sandbox: clock, permissions, settings, who accepts messages."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from aiohttp import web

from bot.sandbox.api.bodies import json_answer
from bot.sandbox.page.clock_controls import ClockControls
from bot.sandbox.page.requests import DONE, fields
from bot.sandbox.world.controls import Controls
from bot.sandbox.world.entities import Channel
from bot.sandbox.world.world import World

Json = dict[str, Any]

YEARS = range(1980, 3000)
"""The years that the clock can show: far enough from both ends of the calendar."""


class WorldActions:
    """The handlers; `routes` lists them."""

    def __init__(self, world: World, controls: Controls, clock: ClockControls | None) -> None:
        self._world = world
        self._controls = controls
        self._clock = clock

    def routes(self) -> list[web.RouteDef]:
        """Every route."""
        return [
            web.get("/page/clock", self._time),
            web.post("/page/clock", self._move),
            web.post("/page/permission", self._permission),
            web.post("/page/setting", self._setting),
            web.post("/page/person", self._person),
        ]

    async def _time(self, _: web.Request) -> web.Response:
        return json_answer(await self._shown())

    async def _move(self, request: web.Request) -> web.Response:
        """Move the clock `by` seconds, `to` a time, or to the "next" digest.

        `came` in the answer has what came of each channel's digests, as `Came`.
        """
        clock = self._set_clock()
        body, now = await fields(request), clock.now()
        at = await self._wanted(clock, body)
        if at.year not in YEARS:
            raise ValueError(f"years go from {YEARS[0]} to {YEARS[-1]}")
        came = [{**asdict(one), "channel": str(one.channel)} for one in await clock.move_to(at)]
        return json_answer({**await self._shown(), "back": at < now, "came": came})

    async def _wanted(self, clock: ClockControls, body: Json) -> datetime:
        by, to = body.get("by"), body.get("to")
        if isinstance(by, int | float) and not isinstance(by, bool):
            return _later(clock.now(), by)
        if isinstance(to, str):
            return _time(to)
        following = (await clock.next_digests()).values()
        if not following:
            raise ValueError("no channel waits for a digest: follow a topic first")
        return min(following)

    async def _shown(self) -> Json:
        clock = self._set_clock()
        following = {str(one): at.isoformat() for one, at in (await clock.next_digests()).items()}
        return {"now": clock.now().isoformat(), "next": following}

    def _set_clock(self) -> ClockControls:
        if self._clock is None:
            raise ValueError("this sandbox has no clock that can be moved")
        return self._clock

    async def _permission(self, request: web.Request) -> web.Response:
        """Allow or deny the bot something in a channel."""
        body = await fields(request, channel=str, name=str, allowed=bool)
        channel = self._world.channel(body["channel"])
        change = self._world.allow if body["allowed"] else self._world.deny
        change(channel, body["name"])
        return json_answer(DONE)

    async def _setting(self, request: web.Request) -> web.Response:
        """Make a channel its server's system channel or not, or a forum require a tag or not."""
        body = await fields(request, channel=str, name=str, on=bool)
        channel = self._world.channel(body["channel"])
        ways: dict[str, Callable[[], None]] = {
            "system": partial(self._system_channel, channel, body["on"]),
            "require_tag": partial(self._controls.require_tag, channel, body["on"]),
        }
        ways[body["name"]]()
        return json_answer(DONE)

    def _system_channel(self, channel: Channel, on: bool) -> None:
        self._controls.set_system_channel(channel if on else None, self._world.guild_of(channel))

    async def _person(self, request: web.Request) -> web.Response:
        """Let a person accept direct messages or not."""
        body = await fields(request, person=str, closed=bool)
        self._controls.close_direct_messages(body["person"], body["closed"])
        return json_answer(DONE)


def _time(text: str) -> datetime:
    """A time from the page's field; without a zone it is in UTC."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError("that is not a date and time") from error
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _later(now: datetime, seconds: float) -> datetime:
    try:
        return now + timedelta(seconds=seconds)
    except OverflowError as error:
        raise ValueError("the clock does not go so far") from error
