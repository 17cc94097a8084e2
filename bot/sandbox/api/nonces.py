"""Enforced nonces: which message the bot sent with which nonce, for some minutes.

As documented, the window is "the past few minutes", a nonce counts per author (here the bot is the
only one), a message deleted since is not created again, and forum posts and answers to interactions
have no nonce. The window here is three minutes.
"""

import time
from collections import OrderedDict
from typing import Any

from bot.sandbox.rules.errors import ApiError, Code
from bot.sandbox.world.entities import Channel

Json = dict[str, Any]

NONCE_LIFE = 180.0
"""For how many seconds a nonce is remembered."""


class Nonces:
    """The nonces of the past few minutes, oldest first."""

    def __init__(self) -> None:
        self._sent: OrderedDict[str, tuple[float, Channel, str]] = OrderedDict()

    def keep(self, nonce: str, channel: Channel, message_id: str) -> None:
        """Remember a sent message; a nonce that is used again stands for the newer message."""
        self._forget_old()
        self._sent.pop(nonce, None)
        self._sent[nonce] = (time.monotonic(), channel, message_id)

    def sent(self, nonce: str) -> Json | None:
        """The message already sent with that nonce; 10008 if it was deleted since."""
        self._forget_old()
        if nonce not in self._sent:
            return None
        _, channel, message_id = self._sent[nonce]
        message = channel.find(message_id)
        if message is None:
            raise ApiError(Code.UNKNOWN_MESSAGE)
        return message

    def _forget_old(self) -> None:
        oldest_kept = time.monotonic() - NONCE_LIFE
        while self._sent and next(iter(self._sent.values()))[0] < oldest_kept:
            self._sent.popitem(last=False)
