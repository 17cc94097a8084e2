"""Which channel follows which topics."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.clock import Clock
from bot.delivery.arming import Arming
from bot.digests.changes import TOPICS
from bot.digests.status import ChannelChange
from bot.digests.target import Channel
from bot.errors import UsageError
from bot.store import changes, digests, topics
from bot.store.database import Database
from bot.stories.model import Topic
from bot.subscriptions.status import Statuses, refuse_other_server

MAX_TOPICS: Final = 25
"""How many topics a channel may follow: as many as a select can show."""


@dataclass(frozen=True, slots=True)
class TopicsChange(ChannelChange):
    """A channel's digest after its topics changed: the names of those that it follows now and did
    not before, and of those that it follows no longer.
    """

    added: Sequence[str] = ()
    gone: Sequence[str] = ()


class Subscriptions:
    """Lets channels follow topics. Every change recomputes when the digest is next due."""

    def __init__(
        self, database: Database, arming: Arming, statuses: Statuses, clock: Clock
    ) -> None:
        self._database, self._arming = database, arming
        self._statuses, self._clock = statuses, clock

    async def change(
        self, target: Channel, added: Sequence[Topic], gone: Sequence[Topic], *, by: int
    ) -> TopicsChange:
        """Let a channel follow some topics, which are stored if they are not yet, and stop
        following others, as one change. Raises UsageError if it would follow too many.
        """
        async with self._database.writing() as db:
            now = self._clock.now()
            digest = await digests.make_digest(db, target, now)
            refuse_other_server(digest, target)
            ids = {one.topic_id or await topics.make_topic(db, one.name): one for one in added}
            new = {id_: one.name for id_, one in ids.items() if id_ not in digest.topics}
            old = {one.topic_id: one.name for one in gone if one.topic_id in digest.topics}
            if new and len(digest.topics) + len(new) - len(old) > MAX_TOPICS:
                raise UsageError(_too_many(len(digest.topics)))
            for topic_id in old:
                await digests.unfollow(db, digest.digest_id, topic_id)
            for topic_id in new:
                await digests.follow(db, digest.digest_id, topic_id)
            if new or old:
                await self._arming.rearm(db, [digest.digest_id])
            names = [*new.values()], [*old.values()]
            change_id = await changes.note(db, target, TOPICS, names[1], names[0], by, now)
            return TopicsChange(await self._statuses.of(db, digest.digest_id), change_id, *names)


def _too_many(followed: int) -> str:
    has = f"; this one has {followed}" if followed else ""
    return (
        f"A channel can follow {MAX_TOPICS} topics{has}. Unsubscribe from some first, or use"
        " another channel."
    )
