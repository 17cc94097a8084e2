"""Why a story has its places, from what was recorded; nothing is chosen again."""

from typing import Final

from bot.digests.reasons import Why
from bot.store import choices, items, pins, stories
from bot.store.database import Database
from bot.stories.model import ArchivedStory

_FEW: Final = 5
"""How many editions are listed for one story, and how many channels at once."""


class Reasons:
    """Gives the figures behind a story's place among others, among sources and in editions.

    `minimum_heat` is the lowest heat that editions accept by the current config/.
    """

    def __init__(self, database: Database, minimum_heat: int) -> None:
        self._database, self.minimum_heat = database, minimum_heat

    async def why(self, story: ArchivedStory, channel_id: int | None = None) -> Why:
        """The reasons for a story's places; its editions are one channel's, or (None) all."""
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
                topics=await items.topic_reasons(db, [story.story_id, *led]),
                pins=await pins.named(db, story.event_id) if story.event_id else [],
            )
