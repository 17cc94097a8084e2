"""The page's websocket: the whole picture when it opens, then each change as it happens.

Frames are lists of JSON objects with a `type`. A page that reads too slowly is cut off: it
connects again by itself and gets the whole picture anew.
"""

import asyncio
import json
import time
from contextlib import suppress
from typing import Any

from aiohttp import WSCloseCode, web

from bot.sandbox.clock_controls import ClockControls
from bot.sandbox.picture import Picture
from bot.sandbox.world import World

Json = dict[str, Any]

PATH = "/live"

PULSE = 0.5
"""Seconds after which the clock and the bot's connection are looked at again."""
LARGEST_BACKLOG = 5_000
"""Changes that may wait for a page."""
CLOSING_PATIENCE = 0.5

_WORLD: Json = {"type": "world"}  # filled when sent: of many changes in a row only the last counts
_COMMANDS: Json = {"type": "commands"}


class Live:
    """All open pages; `tell` reaches each of them."""

    def __init__(self, picture: Picture, world: World, clock: ClockControls | None) -> None:
        self._picture = picture
        self._clock = clock
        self._pages: dict[web.WebSocketResponse, asyncio.Queue[Json]] = {}
        self.more: dict[str, Any] = {}
        world.listeners.append(self._heard)
        world.overhearers.append(self._overheard)

    async def connect(self, request: web.Request) -> web.WebSocketResponse:
        """The websocket's handler: lives as long as the page."""
        socket = web.WebSocketResponse(timeout=CLOSING_PATIENCE, max_msg_size=1 << 10)
        await socket.prepare(request)
        waiting: asyncio.Queue[Json] = asyncio.Queue()
        self._pages[socket] = waiting
        writer = asyncio.create_task(self._write(socket, waiting))
        try:
            async for _ in socket:
                pass  # a page says nothing here: it acts by POST
        finally:
            self._pages.pop(socket, None)
            writer.cancel()
            with suppress(asyncio.CancelledError):
                await writer
        return socket

    async def close(self) -> None:
        """Close every page's connection as going away."""
        closings = (one.close(code=WSCloseCode.GOING_AWAY) for one in list(self._pages))
        await asyncio.gather(*closings)

    def tell(self, kind: str, **data: object) -> None:
        """Send a change to every page."""
        self._put({"type": kind, **data})

    def commands_changed(self) -> None:
        """The bot registered commands."""
        self._put(_COMMANDS)

    def world_changed(self) -> None:
        """Something about servers, channels or permissions is different."""
        self._put(_WORLD)

    def _put(self, change: Json) -> None:
        for waiting in self._pages.values():
            waiting.put_nowait(change)

    def _heard(self, event: str, data: Json) -> None:
        if event in ("MESSAGE_CREATE", "MESSAGE_UPDATE"):
            self.tell("message", message=data)
        elif event == "MESSAGE_DELETE":
            self.tell("gone", channel=data["channel_id"], id=data["id"])
        elif event != "INTERACTION_CREATE":
            self.world_changed()

    def _overheard(self, message: Json, gone: bool) -> None:
        if gone:
            self.tell("gone", channel=message["channel_id"], id=message["id"])
        else:
            self.tell("message", message=message)

    async def _write(self, socket: web.WebSocketResponse, waiting: asyncio.Queue[Json]) -> None:
        told = self._status()
        first = {"type": "state", **self._picture.whole(), **self._extras(), "status": told}
        with suppress(ConnectionError):
            await _send(socket, [first])
            while not socket.closed:
                changes = await _next(waiting)
                if len(changes) > LARGEST_BACKLOG:
                    break
                status = self._status()
                if status != told:
                    changes.append({"type": "status", "status": status})
                    told = status
                if changes:
                    await _send(socket, self._filled(changes))
        await socket.close(code=WSCloseCode.TRY_AGAIN_LATER)

    def _extras(self) -> Json:
        return {name: made() for name, made in self.more.items()}

    def _filled(self, changes: list[Json]) -> list[Json]:
        """The changes with what is known only now, each of that once and last."""
        kept = [one for one in changes if one is not _WORLD and one is not _COMMANDS]
        if any(one is _WORLD for one in changes):
            kept.append({**_WORLD, "world": self._picture.world()})
        if any(one is _COMMANDS for one in changes):
            kept.append({**_COMMANDS, "commands": self._picture.commands()})
        return kept

    def _status(self) -> Json:
        """Whether the bot is connected, and how far the sandbox's clock is from the real one."""
        if self._clock is None:
            return {"online": self._picture.online(), "lead": None}
        lead = round(self._clock.now().timestamp() - time.time())
        return {"online": self._picture.online(), "lead": lead}


async def _next(waiting: asyncio.Queue[Json]) -> list[Json]:
    """All that waits, after a pulse at most."""
    try:
        async with asyncio.timeout(PULSE):
            changes = [await waiting.get()]
    except TimeoutError:
        return []
    while not waiting.empty():
        changes.append(waiting.get_nowait())
    return changes


async def _send(socket: web.WebSocketResponse, changes: list[Json]) -> None:
    await socket.send_str(json.dumps(changes, ensure_ascii=False))
