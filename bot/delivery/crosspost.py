"""Crossposting: messages in announcement channels are published to the servers that follow them."""

from datetime import datetime
from typing import Final

from bot.delivery.follow_up import FollowUps
from bot.store import follow_ups
from bot.store.follow_ups import FollowUp

AN_HOUR: Final = 10
"""How many messages Discord publishes per channel and hour."""


class Crossposting(FollowUps):
    """Publishes the messages that are due to be published."""

    kind = follow_ups.PUBLISHING
    undone = "a message is not published"

    async def free_at(self, one: FollowUp, now: datetime) -> datetime | None:
        """When its channel can publish the next message; None = now."""
        async with self._database.reading() as db:
            return await follow_ups.free_at(db, one.target, now, AN_HOUR)

    async def request(self, one: FollowUp) -> None:
        """Publish it. Raises DeliveryError."""
        async with self.turn():
            await self._publisher.publish(one.target, one.message_id)
