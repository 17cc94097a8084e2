"""Threads for discussion: one for each edition, which begins with its first message.

Such a thread has its message's id, so a message never has two. A request to open one has no nonce:
if an earlier one may have arrived, the thread is looked for first, which also succeeds if the
permission to open threads was taken meanwhile.
"""

from bot.delivery.follow_up import FollowUps
from bot.errors import DeliveryError
from bot.render import notice_texts as words
from bot.store import digests, follow_ups
from bot.store.database import Connection
from bot.store.follow_ups import FollowUp
from bot.store.notices import add_notice


class Threads(FollowUps):
    """Opens the threads that are due."""

    kind = follow_ups.THREADS
    undone = "an edition gets no thread"

    async def request(self, one: FollowUp) -> None:
        """Open its thread, unless it is there. Raises DeliveryError."""
        if one.tried and await self._is_there(one):
            return
        async with self._database.writing(archive=False) as db:
            await follow_ups.mark_tried(db, one)
        async with self.turn():
            await self._publisher.open_thread(one.target, one.message_id, one.thread)

    async def _is_there(self, one: FollowUp) -> bool:
        async with self.turn():
            return await self._publisher.has_thread(one.target, one.message_id)

    async def note(self, db: Connection, one: FollowUp, refused: DeliveryError | None) -> None:
        """Have the admins told why there is no thread, once, and when there is one again."""
        guild_id, reason = one.target.guild_id, None if refused is None else str(refused)
        if self._publisher.absence(guild_id) is not None:
            return  # the bot is no longer in it
        if await digests.set_thread_fault(db, one.digest_id, reason):
            line = words.thread_again(one.target)
            if refused is not None:
                line = words.no_thread(one.target, str(refused))
            await add_notice(db, guild_id, line, self._clock.now())
