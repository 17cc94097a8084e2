"""The page's websocket: the whole state when it opens, then each change as it happens.

Frames are lists of JSON objects with a `type`. A page that reads too slowly is cut off: it
reconnects by itself and gets the whole state again.
"""

import asyncio
import json
from contextlib import suppress
from typing import Any

from aiohttp import WSCloseCode, web

from bot.sandbox.api.request_log import Entry, Log
from bot.sandbox.page.snapshot import Picture, entry
from bot.sandbox.world.world import World

Json = dict[str, Any]

PATH = "/live"

PULSE = 0.5
"""Seconds after which the clock, the faults and the bot's connection are checked again."""
LARGEST_BACKLOG = 5_000
"""How many changes may wait for a page."""
GATHERING = 0.02
"""Seconds in which changes gather into one frame, so that a burst costs little."""
CLOSING_PATIENCE = 0.5

_WORLD: Json = {"type": "world"}  # filled when sent: of many changes in a row only the last counts
_COMMANDS: Json = {"type": "commands"}


class Live:
    """All open pages; `tell` sends to each of them."""

    def __init__(self, picture: Picture, world: World, log: Log) -> None:
        self._picture = picture
        self._pages: dict[web.WebSocketResponse, asyncio.Queue[Json]] = {}
        world.listeners.append(self._heard)
        world.overhearers.append(self._overheard)
        log.listeners.append(self._asked)

    async def connect(self, request: web.Request) -> web.WebSocketResponse:
        """The websocket's handler: lives as long as the page."""
        socket = web.WebSocketResponse(timeout=CLOSING_PATIENCE, max_msg_size=1 << 10)
        await socket.prepare(request)
        waiting: asyncio.Queue[Json] = asyncio.Queue()
        self._pages[socket] = waiting
        writer = asyncio.create_task(self._write(socket, waiting))
        try:
            async for _ in socket:
                pass  # a page sends nothing here: it acts by POST
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

    def _put(self, change: Json) -> None:
        for waiting in self._pages.values():
            waiting.put_nowait(change)

    def _asked(self, one: Entry) -> None:
        """Pass on a request of the bot, which may have registered commands."""
        if not self._pages:
            return
        self.tell("log", entry=entry(one))
        if one.method == "PUT" and one.path.endswith("/commands"):
            self._put(_COMMANDS)

    def _heard(self, event: str, data: Json) -> None:
        if event in ("MESSAGE_CREATE", "MESSAGE_UPDATE"):
            self.tell("message", message=self._picture.message(data))
        elif event == "MESSAGE_DELETE":
            self.tell("gone", channel=data["channel_id"], id=data["id"])
        elif event != "INTERACTION_CREATE":
            self._put(_WORLD)

    def _overheard(self, message: Json, gone: bool) -> None:
        if gone:
            self.tell("gone", channel=message["channel_id"], id=message["id"])
        else:
            self.tell("message", message=self._picture.message(message))

    async def _write(self, socket: web.WebSocketResponse, waiting: asyncio.Queue[Json]) -> None:
        told = self._picture.watched()
        with suppress(ConnectionError):
            await _send(socket, [{"type": "state", **self._picture.whole()}])
            while not socket.closed:
                changes = await _next(waiting)
                if len(changes) > LARGEST_BACKLOG:
                    break
                watched = self._picture.watched()
                changes += [{"type": one, one: watched[one]} for one in _changed(told, watched)]
                told = watched
                if changes:
                    await _send(socket, self._filled(changes))
        await socket.close(code=WSCloseCode.TRY_AGAIN_LATER)

    def _filled(self, changes: list[Json]) -> list[Json]:
        """The changes, with placeholders filled in now, each of these once and at the end."""
        kept = [one for one in changes if one is not _WORLD and one is not _COMMANDS]
        if any(one is _WORLD for one in changes):
            kept.append({**_WORLD, "world": self._picture.world()})
        if any(one is _COMMANDS for one in changes):
            kept.append({**_COMMANDS, "commands": self._picture.commands()})
        return kept


def _changed(old: Json, new: Json) -> list[str]:
    return [name for name, value in new.items() if value != old[name]]


async def _next(waiting: asyncio.Queue[Json]) -> list[Json]:
    """All waiting changes, shortly after the first of them; after PULSE at most."""
    try:
        async with asyncio.timeout(PULSE):
            changes = [await waiting.get()]
    except TimeoutError:
        return []
    await asyncio.sleep(GATHERING)
    while not waiting.empty():
        changes.append(waiting.get_nowait())
    return changes


async def _send(socket: web.WebSocketResponse, changes: list[Json]) -> None:
    await socket.send_str(json.dumps(changes, ensure_ascii=False))
