"""The websocket side: HELLO, IDENTIFY, RESUME, heartbeats, and the world's events.

Known differences from Discord: a member list cannot be requested (4001); how often a client sends
is not limited (4008); the server never asks for a heartbeat.
"""

import asyncio
import json
import math
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from aiohttp import WSCloseCode, WSMessage, WSMsgType, web

from bot.sandbox.api.bodies import decoded
from bot.sandbox.gateway.connection import ClientConnection
from bot.sandbox.gateway.sessions import GUILDS_RECOMMENDED, Session, Starts
from bot.sandbox.world import serialize
from bot.sandbox.world.world import World

Json = dict[str, Any]

PATH = "/gateway"

HEARTBEAT, IDENTIFY, PRESENCE, RESUME, RECONNECT, INVALID_SESSION = 1, 2, 3, 6, 7, 9
"""Opcodes; those within a connection are in connection.py."""

CLOSING_PATIENCE = 1.0
"""Seconds to wait for a client to answer a close."""

PRIVILEGED = 1 << 1 | 1 << 8 | 1 << 15
"""Members, presences and message content: Discord must grant them, and this bot has none."""
GUILDS_A_SHARD = 2500
"""How many servers one shard may have, Discord's documented limit."""

_ENDS_SESSION = {1000, 1001, 4004, 4007, 4009, 4010, 4011, 4012, 4013, 4014}
"""Codes after which nothing can be resumed, the first two if the client closes with them."""


class _Closed(Exception):
    """The client broke the protocol: close with Discord's code."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Gateway:
    """All connections and sessions. `identified` is set while a bot is connected.

    `advised` is how many shards the bot is told to use (None: as many as its servers need),
    `acking` whether heartbeats are answered, `dead` the shards that get no session. `limited`:
    whether a shard that begins too soon after another is rejected, as on Discord. `listeners` get a
    connection's events in words.
    """

    def __init__(self, world: World, token: str, *, limited: bool = False) -> None:
        self._world = world
        self._token = token
        self._connections: set[ClientConnection] = set()
        self._sessions: dict[str, Session] = {}
        self.identified = asyncio.Event()
        self.starts = Starts()
        self.advised: int | None = None
        self.acking = True
        self.dead: set[int] = set()
        self._limited = limited
        self.listeners: list[Callable[[str], None]] = []
        world.listeners.append(self._tell)

    async def connect(self, request: web.Request) -> web.WebSocketResponse:
        """The websocket's handler: lives as long as the connection."""
        socket = web.WebSocketResponse(timeout=CLOSING_PATIENCE, max_msg_size=1 << 20)
        await socket.prepare(request)
        connection = ClientConnection(request, socket, gateway_url(request))
        self._connections.add(connection)
        writer = asyncio.create_task(connection.write())
        try:
            await self._read(connection)
        finally:
            self._forget(connection)
            writer.cancel()
            with suppress(asyncio.CancelledError):
                await writer
        return socket

    @property
    def shards(self) -> int:
        """How many shards the bot is told to use."""
        return self.advised or max(1, math.ceil(len(self._world.joined) / GUILDS_RECOMMENDED))

    async def close(self) -> None:
        """Close every connection as going away, and forget the sessions."""
        self._sessions.clear()
        sockets = [connection.socket for connection in self._connections]
        closings = (socket.close(code=WSCloseCode.GOING_AWAY) for socket in sockets)
        await asyncio.gather(*closings)

    def drop(self, code: int, shard: int | None = None) -> None:
        """Close every connection, or those of one shard, with a code; 1006 cuts them."""
        for connection in self._of(shard):
            if code in _ENDS_SESSION and connection.session is not None:
                self._sessions.pop(connection.session.id, None)
            connection.close(code)
            self._note(f"closed with {code}")

    def ask_reconnect(self) -> None:
        """Ask every client to reconnect and resume."""
        for connection in self._connections:
            connection.send(RECONNECT)
            self._note("asked to reconnect")

    def _of(self, shard: int | None) -> list[ClientConnection]:
        """The connections of a shard; None = all."""
        every = list(self._connections)
        return every if shard is None else [one for one in every if _number(one) == shard]

    def invalidate(self, *, resumable: bool, shard: int | None = None) -> None:
        """Tell every client, or one shard's, that its session is invalid, or must be resumed."""
        for connection in self._of(shard):
            if connection.session is not None and not resumable:
                self._sessions.pop(connection.session.id, None)
            connection.send(INVALID_SESSION, data=resumable)
            self._note("session invalid, to be resumed" if resumable else "session invalid, gone")

    def _note(self, words: str) -> None:
        for listener in self.listeners:
            listener(words)

    def _tell(self, event: str, data: Json) -> None:
        guild = _server_of(event, data)
        if guild and not self._is_told_of(guild):
            return
        text = ""
        for session in [*self._sessions.values()]:
            if session.over:
                del self._sessions[session.id]
            elif session.hears(event, guild):
                text = text or json.dumps(data, ensure_ascii=False)
                session.dispatch(event, text)

    def _is_told_of(self, guild: int) -> bool:
        home = self._world.find_guild(guild)
        return home.available and (home.joined or home.owes_removal)

    def _forget(self, connection: ClientConnection) -> None:
        connection.leave()
        self._connections.discard(connection)
        session = connection.session
        if session is not None and session.send == connection.put:
            session.leave()
            if connection.close_code in _ENDS_SESSION:
                self._sessions.pop(session.id, None)
        if all(one.session is None for one in self._connections):
            self.identified.clear()
        self._note(f"disconnected, {connection.close_code or 'cut'}")

    async def _read(self, connection: ClientConnection) -> None:
        connection.greet()
        try:
            async for frame in connection.socket:
                self._receive(connection, _payload(frame))
        except _Closed as broken:
            message = broken.reason.encode()
            await connection.socket.close(code=broken.code, message=message)

    def _receive(self, connection: ClientConnection, payload: Json) -> None:
        opcode, data = payload["op"], payload.get("d")
        if opcode == HEARTBEAT:
            connection.beaten()
            if self.acking:
                connection.acknowledge()
        elif opcode in (IDENTIFY, RESUME):
            self._enter(connection, opcode, data)
        elif opcode != PRESENCE:
            raise _Closed(4001, "Unknown opcode.")
        elif connection.session is None:
            raise _Closed(4003, "Not authenticated.")

    def _enter(self, connection: ClientConnection, opcode: int, data: object) -> None:
        if not isinstance(data, dict):
            raise _Closed(4002, "Decode error.")
        if connection.session is not None:
            raise _Closed(4005, "Already authenticated.")
        if data.get("token") != self._token:
            raise _Closed(4004, "Authentication failed.")
        enter = self._identify if opcode == IDENTIFY else self._resume
        enter(connection, data)
        if connection.session is not None:
            self.identified.set()

    def _identify(self, connection: ClientConnection, data: Json) -> None:
        session = Session(_intents(data), _shard(data), connection.put)
        mine = [one for one in self._world.joined if session.has(one.id)]
        if len(mine) > GUILDS_A_SHARD:
            raise _Closed(4011, "Sharding required.")
        if session.shard[0] in self.dead:
            raise _Closed(4000, "Unknown error.")
        if not self.starts.take():
            raise _Closed(4004, "Authentication failed.")  # Discord resets the token
        if self._limited and self.starts.too_soon(session.shard[0]):
            self._note("turned away: identified too soon")
            connection.send(INVALID_SESSION, data=False)
            return
        connection.session = self._sessions[session.id] = session
        bot = self._world.bot
        ready = {
            "v": 10,
            "user": serialize.me(bot),
            "guilds": [{"id": str(one.id), "unavailable": True} for one in mine],
            "session_id": session.id,
            "resume_gateway_url": connection.address,
            "shard": session.shard,
            "application": {"id": str(bot.id), "flags": 0},
        }
        session.dispatch("READY", json.dumps(ready))
        self._note("identified, new session")
        for guild in mine:
            if guild.available:
                made = serialize.guild_created(guild, bot)
                session.dispatch("GUILD_CREATE", json.dumps(made, ensure_ascii=False))

    def _resume(self, connection: ClientConnection, data: Json) -> None:
        """Replay the events that a session missed, or say that it cannot be resumed."""
        session, sequence = self._sessions.get(str(data.get("session_id"))), data.get("seq")
        if session is not None and session.shard[0] in self.dead:
            raise _Closed(4000, "Unknown error.")
        if session is None or session.over:
            self._note("not resumed: the session is over")
            connection.send(INVALID_SESSION, data=False)
            return
        if not isinstance(sequence, int) or not 0 <= sequence <= session.sequence:
            raise _Closed(4007, "Invalid seq.")
        missed = session.missed(sequence)
        if missed is None:
            self._note("not resumed: it missed too much")
            connection.send(INVALID_SESSION, data=False)
            return
        self._part(session)
        connection.session, session.send = session, connection.put
        for text in missed:
            connection.put(text)
        session.dispatch("RESUMED", "{}")
        self._note(f"resumed, events replayed: {len(missed)}")

    def _part(self, session: Session) -> None:
        """Close a session's previous connection, if it still exists."""
        for connection in self._connections:
            if connection.session is session:
                connection.close(4000)


def gateway_url(request: web.Request) -> str:
    """The gateway's address, as seen by the sender of the request."""
    return f"ws://{request.host}{PATH}"


def _server_of(event: str, data: Json) -> int:
    """The id of the server that an event is about, 0 for direct messages."""
    if "guild_id" in data:
        return int(data["guild_id"])
    return int(data["id"]) if event.startswith("GUILD_") else 0


def _number(connection: ClientConnection) -> int | None:
    """The shard of a connection; None = it has not identified."""
    return None if connection.session is None else connection.session.shard[0]


def _intents(data: Json) -> int:
    intents = data.get("intents")
    if not isinstance(intents, int):
        raise _Closed(4002, "Decode error.")
    if intents & PRIVILEGED:
        raise _Closed(4014, "Disallowed intent(s).")
    return intents


def _shard(data: Json) -> tuple[int, int]:
    match data.get("shard", [0, 1]):
        case [int(number), int(count)] if 0 <= number < count:
            return number, count
    raise _Closed(4010, "Invalid shard.")


def _payload(frame: WSMessage) -> Json:
    try:
        payload = decoded(frame.data) if frame.type is WSMsgType.TEXT else None
    except ValueError as error:
        raise _Closed(4002, "Decode error.") from error
    if not isinstance(payload, dict) or not isinstance(payload.get("op"), int):
        raise _Closed(4002, "Decode error.")
    return payload
