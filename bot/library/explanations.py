"""Why a story stands where it stands, as it was recorded; nothing is chosen again."""

from typing import Final

from bot.digests.reasons import Why
from bot.store import choices, stories
from bot.store.database import Database
from bot.stories.model import ArchivedStory

_FEW: Final = 5
"""Editions told of one story, and channels told of at once."""


class Reasons:
    """Tells the numbers behind a story's place among others, among sources and in editions.

    `minimum_heat` is the least that editions take by config/ as it stands.
    """

    def __init__(self, database: Database, minimum_heat: int) -> None:
        self._database, self.minimum_heat = database, minimum_heat

    async def why(self, story: ArchivedStory, channel_id: int | None = None) -> Why:
        """The reasons of a story; its editions are those of one channel, or of all (None)."""
        async with self._database.reading() as db:
            led = await stories.followers(db, story.story_id)
            leaders = [] if story.leader_id is None else [story.leader_id]
            return Why(
                story=story,
                leader=next(iter(await stories.stories_by_id(db, leaders)), None),
                followers=await stories.stories_by_id(db, led),
                places=await choices.places_of(db, story.story_id, channel_id, _FEW),
                last=await choices.last_weighings(db, channel_id, _FEW),
                minimum_heat=self.minimum_heat,
            )
