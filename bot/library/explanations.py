"""Why a story has its places, from what was recorded; nothing is chosen again."""

from typing import Final

from bot.config import DigestConfig
from bot.digests.reasons import Why, place_in
from bot.digests.settings import settings_as_known
from bot.store import choices, digests, items, pins, stories
from bot.store.database import Connection, Database
from bot.stories.model import ArchivedStory

_FEW: Final = 5
"""How many editions are listed for one story, and how many channels at once."""


class Reasons:
    """Gives the figures behind a story's place among others, among sources and in editions.

    `config` holds the defaults that servers and channels inherit.
    """

    def __init__(self, database: Database, config: DigestConfig) -> None:
        self._database, self.config = database, config

    async def why(self, story: ArchivedStory, channel_id: int | None = None) -> Why:
        """The reasons for a story's places; its editions are one channel's, or (None) all."""
        async with self._database.reading() as db:
            led = await stories.followers(db, story.story_id)
            leaders = [] if story.leader_id is None else [story.leader_id]
            places = await choices.places_of(db, story.story_id, channel_id, _FEW)
            place = place_in(places)
            return Why(
                story=story,
                leader=next(iter(await stories.stories_by_id(db, leaders)), None),
                followers=await stories.stories_by_id(db, led),
                places=places,
                beside=await choices.taken_by(db, place) if place else [],
                last=await choices.last_weighings(db, channel_id, _FEW),
                minimum_heat=await self._minimum_heat(db, channel_id),
                topics=await items.topic_reasons(db, [story.story_id, *led]),
                pins=await pins.named(db, story.event_id) if story.event_id else [],
            )

    async def _minimum_heat(self, db: Connection, channel_id: int | None) -> int:
        """The lowest heat that editions accept in a channel, or by config/."""
        digest = None if channel_id is None else await digests.digest_of_channel(db, channel_id)
        if digest is None:
            return self.config.minimum_heat
        return settings_as_known(self.config, digest.server, digest.own)[0].rules.minimum_heat
