"""The websocket side: HELLO, IDENTIFY, heartbeats, and events as the world emits them.

Known differences from Discord: every session hears of everything (one shard); a session cannot be
resumed (RESUME is answered with INVALID_SESSION); frames are plain text or, when asked for, one
zlib stream a connection; a member list cannot be requested.
"""

import asyncio
import json
import secrets
import zlib
from contextlib import suppress
from typing import Any

from aiohttp import WSCloseCode, WSMessage, WSMsgType, web

from bot.sandbox import wire
from bot.sandbox.world import World

Json = dict[str, Any]

PATH = "/gateway"

DISPATCH, HEARTBEAT, IDENTIFY, PRESENCE, RESUME, INVALID_SESSION, HELLO, HEARTBEAT_ACK = (
    0,
    1,
    2,
    3,
    6,
    9,
    10,
    11,
)
"""Opcodes."""

HEARTBEAT_INTERVAL = 41_250
"""Milliseconds, as Discord says it."""

CLOSING_PATIENCE = 1.0
"""Seconds to wait for a client to answer a close."""

GUILDS, GUILD_MESSAGES = 1 << 0, 1 << 9
PRIVILEGED = 1 << 1 | 1 << 8 | 1 << 15
"""Members, presences and message content: Discord has to grant them, and this bot has none."""

_INTENT = {
    "GUILD_CREATE": GUILDS,
    "CHANNEL_UPDATE": GUILDS,
    "MESSAGE_CREATE": GUILD_MESSAGES,
    "MESSAGE_UPDATE": GUILD_MESSAGES,
    "MESSAGE_DELETE": GUILD_MESSAGES,
}
"""What a session must have asked for to hear of an event; of others every session hears."""


class _Closed(Exception):
    """The client broke the protocol: close with Discord's code."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class _Session:
    """One connection; `intents` is None until it has identified."""

    def __init__(self, socket: web.WebSocketResponse, address: str, *, compress: bool) -> None:
        self.socket = socket
        self.address = address
        self.intents: int | None = None
        self._zlib = zlib.compressobj() if compress else None
        self._queue: asyncio.Queue[Json] = asyncio.Queue()
        self._sequence = 0

    def send(self, opcode: int, data: object = None) -> None:
        self._queue.put_nowait({"op": opcode, "d": data, "s": None, "t": None})

    def dispatch(self, event: str, data: Json) -> None:
        """Queue an event, if the session asked for such."""
        needed = _INTENT.get(event, 0)
        if self.intents is None or self.intents & needed != needed:
            return
        self._sequence += 1
        self._queue.put_nowait({"op": DISPATCH, "d": data, "s": self._sequence, "t": event})

    async def write(self) -> None:
        """Send what is queued, in order, until the connection is gone."""
        while not self.socket.closed:
            text = json.dumps(await self._queue.get(), ensure_ascii=False)
            try:
                await self._frame(text)
            except ConnectionResetError:
                return  # the reading side sees the same and ends the session

    async def _frame(self, text: str) -> None:
        if self._zlib is None:
            await self.socket.send_str(text)
            return
        packed = self._zlib.compress(text.encode()) + self._zlib.flush(zlib.Z_SYNC_FLUSH)
        await self.socket.send_bytes(packed)


class Gateway:
    """All connections. `identified` is set while a bot is there."""

    def __init__(self, world: World, token: str) -> None:
        self._world = world
        self._token = token
        self._sessions: set[_Session] = set()
        self.identified = asyncio.Event()
        world.listeners.append(self._tell)

    async def connect(self, request: web.Request) -> web.WebSocketResponse:
        """The websocket's handler: lives as long as the connection."""
        socket = web.WebSocketResponse(timeout=CLOSING_PATIENCE, max_msg_size=1 << 20)
        await socket.prepare(request)
        compress = request.query.get("compress") == "zlib-stream"
        session = _Session(socket, address(request), compress=compress)
        self._sessions.add(session)
        writer = asyncio.create_task(session.write())
        try:
            await self._read(session)
        finally:
            self._forget(session)
            writer.cancel()
            with suppress(asyncio.CancelledError):
                await writer
        return socket

    async def close(self) -> None:
        """Close every connection as going away."""
        sockets = [session.socket for session in self._sessions]
        closings = (socket.close(code=WSCloseCode.GOING_AWAY) for socket in sockets)
        await asyncio.gather(*closings)

    def _tell(self, event: str, data: Json) -> None:
        for session in self._sessions:
            session.dispatch(event, data)

    def _forget(self, session: _Session) -> None:
        self._sessions.discard(session)
        if all(one.intents is None for one in self._sessions):
            self.identified.clear()

    async def _read(self, session: _Session) -> None:
        session.send(HELLO, {"heartbeat_interval": HEARTBEAT_INTERVAL})
        try:
            async for frame in session.socket:
                self._receive(session, _payload(frame))
        except _Closed as broken:
            await session.socket.close(code=broken.code, message=broken.reason.encode())

    def _receive(self, session: _Session, payload: Json) -> None:
        opcode, data = payload["op"], payload.get("d")
        if opcode == HEARTBEAT:
            session.send(HEARTBEAT_ACK)
        elif opcode == IDENTIFY:
            self._identify(session, data)
        elif opcode == RESUME:
            session.send(INVALID_SESSION, data=False)
        elif opcode != PRESENCE:
            raise _Closed(4001, "Unknown opcode.")
        elif session.intents is None:
            raise _Closed(4003, "Not authenticated.")

    def _identify(self, session: _Session, data: object) -> None:
        if not isinstance(data, dict) or not isinstance(data.get("intents"), int):
            raise _Closed(4002, "Decode error.")
        if session.intents is not None:
            raise _Closed(4005, "Already authenticated.")
        if data.get("token") != self._token:
            raise _Closed(4004, "Authentication failed.")
        if data.get("shard", [0, 1]) != [0, 1]:
            raise _Closed(4010, "Invalid shard.")
        if data["intents"] & PRIVILEGED:
            raise _Closed(4014, "Disallowed intent(s).")
        session.intents = data["intents"]
        self._welcome(session)
        self.identified.set()

    def _welcome(self, session: _Session) -> None:
        bot = self._world.bot
        ready = {
            "v": 10,
            "user": wire.me(bot),
            "guilds": [{"id": str(one.id), "unavailable": True} for one in self._world.guilds],
            "session_id": secrets.token_hex(16),
            "resume_gateway_url": session.address,
            "shard": [0, 1],
            "application": {"id": str(bot.id), "flags": 0},
        }
        session.dispatch("READY", ready)
        for guild in self._world.guilds:
            session.dispatch("GUILD_CREATE", wire.guild_created(guild, bot))


def address(request: web.Request) -> str:
    """Where the gateway is for whoever made the request."""
    return f"ws://{request.host}{PATH}"


def _payload(frame: WSMessage) -> Json:
    try:
        payload = json.loads(frame.data) if frame.type is WSMsgType.TEXT else None
    except ValueError as error:
        raise _Closed(4002, "Decode error.") from error
    if not isinstance(payload, dict) or not isinstance(payload.get("op"), int):
        raise _Closed(4002, "Decode error.")
    return payload
