"""Tells the bot's owner which feeds fail for long, and which answer again: each fault once.

What is told is noted together with the message, before it is sent; so a message that was certainly
not sent is sent later, and one that was perhaps sent only again under its nonce.
"""

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple, Self

from bot.clock import Clock
from bot.delivery.nonces import new_nonce
from bot.delivery.publisher import Publisher
from bot.delivery.rate_gate import RateGate, RateGateClosed
from bot.digests.retries import NONCE_WINDOW
from bot.errors import DeliveryError, Malformed, Refused, TryLater
from bot.origins.feeds.health import TOLD_AFTER, fault_to_tell
from bot.render.feeds import in_order, owner_text, plain_body
from bot.store import facts, feeds
from bot.store.database import Connection, Database
from bot.store.facts import FEEDS_TOLD_AT
from bot.stories.feeds import Feed

logger = logging.getLogger(__name__)

PAUSE: Final = timedelta(hours=6)
"""The shortest time between two messages: feeds that stop together do not fail together, since each
is asked at a time of its own.
"""
AHEAD: Final = timedelta(hours=12)
"""With the first fault those are told that would be told within this time: one message for a
network that is down, whatever the times at which its feeds were asked last.
"""
_MESSAGE: Final = "feed_message"
_WHO: Final = ("notices", "owner")


@dataclass(frozen=True, slots=True)
class _Message:
    """A message to be sent. `tried_at`: when it was perhaps sent first, under its nonce."""

    text: str
    nonce: str
    tried_at: datetime | None = None

    @classmethod
    def read(cls, stored: str) -> Self:
        """Raises ValueError, LookupError or TypeError for what is no message."""
        found = json.loads(stored)
        tried = found["tried_at"]
        at = None if tried is None else datetime.fromtimestamp(tried, UTC)
        return cls(str(found["text"]), str(found["nonce"]), at)

    def written(self) -> str:
        tried = None if self.tried_at is None else int(self.tried_at.timestamp())
        return json.dumps({"text": self.text, "nonce": self.nonce, "tried_at": tried})


class FeedNotices:
    """Tells the owner of feeds."""

    def __init__(
        self, database: Database, publisher: Publisher, gate: RateGate, clock: Clock
    ) -> None:
        self._database, self._publisher = database, publisher
        self._gate, self._clock = gate, clock

    async def tell(self) -> None:
        """Send what is still to be sent, or what is new."""
        message = await self._left() or await self._new()
        if message is None:
            return
        try:
            with self._gate.piece(_WHO):
                await self._send(message)
        except RateGateClosed:
            return

    async def _left(self) -> _Message | None:
        async with self._database.reading() as db:
            stored = await facts.read_fact(db, _MESSAGE)
        if stored is None:
            return None
        try:
            return _Message.read(stored)
        except (ValueError, LookupError, TypeError):
            logger.warning("a stored message about feeds cannot be read and is not sent")
            await self._close()
            return None

    async def _new(self) -> _Message | None:
        now = self._clock.now()
        async with self._database.reading() as db:
            if not await _news(db, now) or not await _is_time(db, now):
                return None
        async with self._database.writing() as db:
            news = await _news(db, now)
            if any(one.fault for one in news):
                news = await _news(db, now + AHEAD)
            message = _Message(_text(news, await feeds.count_asked(db)), new_nonce())
            await feeds.save_told(db, {one.feed.feed_id: one.fault for one in news})
            await facts.write_fact(db, _MESSAGE, message.written())
            await facts.write_fact(db, FEEDS_TOLD_AT, str(int(now.timestamp())))
        return message

    async def _send(self, message: _Message) -> None:
        now = self._clock.now()
        if message.tried_at and abs(now - message.tried_at) > NONCE_WINDOW:
            logger.warning("the bot's owner was perhaps told: %s", message.text)
            await self._close()
            return
        await self._gate.turn()
        trying = replace(message, tried_at=message.tried_at or now)
        await self._keep(trying)
        try:
            with self._gate.watched():
                await self._publisher.tell_owner(plain_body(message.text), message.nonce)
        except (Refused, Malformed) as error:
            text = "the bot's owner cannot be told of feeds (%s): %s"
            logger.warning(text, error, message.text)
            await self._close()
        except TryLater:  # certainly not sent
            await self._keep(message)
        except DeliveryError:
            return
        else:
            await self._close()

    async def _keep(self, message: _Message) -> None:
        async with self._database.writing() as db:
            await facts.write_fact(db, _MESSAGE, message.written())

    async def _close(self) -> None:
        async with self._database.writing() as db:
            await facts.delete_fact(db, _MESSAGE)


class _News(NamedTuple):
    """A feed whose owner should be told of a fault; None = of its end."""

    feed: Feed
    fault: str | None


async def _news(db: Connection, now: datetime) -> list[_News]:
    known = await feeds.feeds_with_news(db, now - TOLD_AFTER)
    found = [_News(one, fault_to_tell(one.state, one.told, now)) for one in known]
    return [one for one in found if one.fault != one.feed.told]


def _text(news: Sequence[_News], asked: int) -> str:
    failing = [one.feed for one in news if one.fault is not None]
    healed = [one.feed for one in news if one.fault is None]
    return owner_text(in_order(failing), in_order(healed), asked)


async def _is_time(db: Connection, now: datetime) -> bool:
    last = await facts.read_moment(db, FEEDS_TOLD_AT)
    return last is None or abs(now - last) >= PAUSE
