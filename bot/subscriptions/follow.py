"""Which channel follows which topics."""

from collections.abc import Sequence
from typing import Final

from bot.clock import Clock
from bot.delivery.arming import Arming
from bot.digests.changes import TOPICS
from bot.digests.status import ChannelChange, DigestStatus
from bot.digests.target import Channel
from bot.errors import UsageError
from bot.store import changes, digests, topics
from bot.store.database import Database
from bot.stories.model import Topic
from bot.subscriptions.status import Statuses, refuse_other_server

MAX_TOPICS: Final = 25
"""How many topics a channel may follow: as many as a select can show."""


class Subscriptions:
    """Lets channels follow topics. Every change recomputes when the digest is next due."""

    def __init__(
        self, database: Database, arming: Arming, statuses: Statuses, clock: Clock
    ) -> None:
        self._database, self._arming = database, arming
        self._statuses, self._clock = statuses, clock

    async def subscribe(self, target: Channel, topic: Topic) -> tuple[bool, DigestStatus]:
        """Let a channel follow a topic, which is stored if it is not yet; False if it did already.
        Raises UsageError.
        """
        async with self._database.writing() as db:
            topic_id = topic.topic_id or await topics.make_topic(db, topic.name)
            digest = await digests.make_digest(db, target, self._clock.now())
            refuse_other_server(digest, target)
            if len(digest.topics) >= MAX_TOPICS and topic_id not in digest.topics:
                advice = "unsubscribe from one first, or use another channel"
                raise UsageError(f"A channel can follow {MAX_TOPICS} topics; {advice}.")
            added = await digests.follow(db, digest.digest_id, topic_id)
            if added:
                await self._arming.rearm(db, [digest.digest_id])
            return added, await self._statuses.of(db, digest.digest_id)

    async def change(
        self, target: Channel, added: Sequence[Topic], gone: Sequence[Topic], *, by: int
    ) -> ChannelChange:
        """Let a channel follow some topics and stop following others, as one change. Raises
        UsageError.
        """
        async with self._database.writing() as db:
            now = self._clock.now()
            digest = await digests.make_digest(db, target, now)
            refuse_other_server(digest, target)
            for topic in gone:
                await digests.unfollow(db, digest.digest_id, topic.topic_id)
            for topic in added:
                topic_id = topic.topic_id or await topics.make_topic(db, topic.name)
                await digests.follow(db, digest.digest_id, topic_id)
            await self._arming.rearm(db, [digest.digest_id])
            old, new = [one.name for one in gone], [one.name for one in added]
            change_id = await changes.note(db, target, TOPICS, old, new, by, now)
            return ChannelChange(await self._statuses.of(db, digest.digest_id), change_id)

    async def unsubscribe(self, target: Channel, topic: Topic) -> tuple[bool, DigestStatus | None]:
        """Stop a channel from following a topic; False if it did not."""
        async with self._database.writing() as db:
            digest = await digests.digest_of_channel(db, target.channel_id)
            if digest is None:
                return False, None
            refuse_other_server(digest, target)
            removed = await digests.unfollow(db, digest.digest_id, topic.topic_id)
            if removed:
                await self._arming.rearm(db, [digest.digest_id])
            return removed, await self._statuses.of(db, digest.digest_id)
