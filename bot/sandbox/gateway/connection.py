"""One connection to the gateway: its ordered frames, its heartbeats, its end."""

import asyncio
import json
from collections import deque

from aiohttp import web

from bot.sandbox.gateway.frames import packer
from bot.sandbox.gateway.sessions import Session

HELLO, HEARTBEAT_ACK = 10, 11
"""Opcodes."""

HEARTBEAT_INTERVAL = 41_250
"""Milliseconds, Discord's value."""
HEARTBEAT_GRACE = 1.5
"""After this many intervals without a heartbeat a client counts as dead."""
ACK_DELAY = 0.05
"""Seconds until a heartbeat is answered, about as long as Discord's answer takes. At once would be
too soon: discord.py notes the time of a heartbeat only after sending it, in another thread, and
would count an earlier answer from the previous heartbeat, 41 s ago.
"""

CUT = 1006
"""Stands for a connection that ends without a close frame."""


class ClientConnection:
    """One websocket; `session` is None until it has identified or resumed.

    `address` is the gateway's address as its client used it.
    """

    def __init__(self, request: web.Request, socket: web.WebSocketResponse, address: str) -> None:
        self.socket = socket
        self.address = address
        self.session: Session | None = None
        self._transport = request.transport
        self._pack = packer(request.query.get("compress"))
        self._queue: asyncio.Queue[str] = asyncio.Queue()
        self._dead: asyncio.TimerHandle | None = None
        self._acks: deque[asyncio.TimerHandle] = deque()
        self._closing: asyncio.Task[bool] | None = None
        self._closed_with: int | None = None

    @property
    def close_code(self) -> int | None:
        """The code it was closed with, by whichever side was first; a client answers with 1000."""
        return self._closed_with or self.socket.close_code

    def greet(self) -> None:
        """Say how often heartbeats are expected, and wait for the first."""
        self.send(HELLO, {"heartbeat_interval": HEARTBEAT_INTERVAL})
        self.beaten()

    def send(self, opcode: int, data: object = None) -> None:
        """Send a payload that is not an event."""
        self.put(json.dumps({"op": opcode, "d": data, "s": None, "t": None}))

    def put(self, text: str) -> None:
        """Send a payload that is already JSON."""
        self._queue.put_nowait(text)

    async def write(self) -> None:
        """Send the queued frames, in order, until the connection is gone."""
        while not self.socket.closed:
            frame = self._pack(await self._queue.get())
            try:
                if isinstance(frame, str):
                    await self.socket.send_str(frame)
                else:
                    await self.socket.send_bytes(frame)
            except ConnectionResetError:
                return  # the reading side sees it too and ends the connection

    def beaten(self) -> None:
        """Wait for the next heartbeat."""
        if self._dead is not None:
            self._dead.cancel()
        patience = HEARTBEAT_INTERVAL / 1000 * HEARTBEAT_GRACE
        loop = asyncio.get_running_loop()
        self._dead = loop.call_later(patience, self.close, 4009, "Session timed out.")

    def acknowledge(self) -> None:
        """Answer a heartbeat after ACK_DELAY."""
        loop = asyncio.get_running_loop()
        self._acks.append(loop.call_later(ACK_DELAY, self._acknowledge))

    def _acknowledge(self) -> None:
        self._acks.popleft()
        self.send(HEARTBEAT_ACK)

    def leave(self) -> None:
        """Stop waiting for heartbeats and answering them."""
        for timer in (self._dead, *self._acks):
            if timer is not None:
                timer.cancel()

    def close(self, code: int, reason: str = "") -> None:
        """Begin to close, or, with 1006, cut the connection; the reading side sees it end."""
        self._closed_with = code
        if code == CUT:
            if self._transport is not None:
                self._transport.abort()
            return
        closing = self.socket.close(code=code, message=reason.encode())
        self._closing = asyncio.ensure_future(closing)
