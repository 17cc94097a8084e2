"""The look-ups: /story, /topic and /topics."""

import re
from collections.abc import Sequence

from discord import app_commands
from discord.app_commands import Choice
from discord.ext import commands
from discord.ui import View

from bot.chat.completions import STORY_PREFIX, story_choices, topic_choices
from bot.chat.lookups.buttons import PAGE, OlderStories, event_embeds, story_view, topic_message
from bot.chat.permissions import server_of
from bot.chat.replies import Interaction, reply, sentence
from bot.chat.services import ChatServices
from bot.errors import UnknownTopic, UsageError
from bot.library.queries import EventFound, distinct
from bot.render import lists
from bot.render.sanitizer import escaped
from bot.stories.model import Listed

_MATCHES = 10
_TOPICS = 150
"""More topics than a message can hold."""


class Lookups(commands.Cog):
    """Look-ups for everyone."""

    def __init__(self, services: ChatServices) -> None:
        self._services, self._desk = services, services.queries

    @app_commands.command(description="Find a story by words or topic, with its best sources")
    @app_commands.describe(
        query="Words of a headline, a publisher or a topic",
        share="Show the answer to everybody here",
    )
    @app_commands.guild_only()
    async def story(self, interaction: Interaction, query: str, share: bool = False) -> None:
        """Answer with the best match; other matches are in a select below it."""
        server_of(interaction)
        found, others = await self._find(query)
        embeds = event_embeds(found, self._services.sources)
        await reply(interaction, embeds=embeds, view=story_view(found.story, others), share=share)

    async def _find(self, query: str) -> tuple[EventFound, Sequence[Listed]]:
        """The event of the best match, and others. Raises UsageError if there is none."""
        chosen = re.fullmatch(rf"{STORY_PREFIX}(\d{{1,18}})", query.strip())
        found = [] if chosen else distinct(await self._desk.find(query, _MATCHES))
        best_id = int(chosen[1]) if chosen else found[0].story_id if found else 0
        best = await self._desk.story(best_id)
        if best is None:
            words = escaped(query, 80)
            raise UsageError(f"No story matches “{words}”. Try fewer words, or see `/topics`.")
        (event,) = await self._desk.events_of([best])
        return event, found[1:]

    @story.autocomplete("query")
    async def _story_choices(self, interaction: Interaction, typed: str) -> list[Choice[str]]:
        server_of(interaction)
        return await story_choices(self._desk, typed)

    @app_commands.command(description="The newest stories of a topic, each with its best sources")
    @app_commands.describe(name="The topic", share="Show the answer to everybody here")
    @app_commands.guild_only()
    async def topic(self, interaction: Interaction, name: str, share: bool = False) -> None:
        """Answer with the first page of a topic."""
        server_of(interaction)
        try:
            topic = await self._desk.topic(name)
        except UnknownTopic as error:
            await reply(interaction, sentence(error), view=await self._near(error))
            return
        page = await self._desk.topic_page(topic, PAGE)
        embed, view = topic_message(page, self._services.sources, shown=0)
        await reply(interaction, embeds=[embed], view=view, share=share)

    async def _near(self, error: UnknownTopic) -> View | None:
        """A button for each topic that may have been meant."""
        near = [await self._desk.topic(name) for name in error.near]
        view = View(timeout=None)
        for one in near:
            view.add_item(OlderStories.of(one.topic_id, None, label=one.name))
        return view if near else None

    @topic.autocomplete("name")
    async def _topic_choices(self, interaction: Interaction, typed: str) -> list[Choice[str]]:
        server_of(interaction)
        return await topic_choices(self._desk, typed)

    @app_commands.command(description="All topics, with how many stories each has")
    @app_commands.guild_only()
    async def topics(self, interaction: Interaction) -> None:
        """Answer with the list of topics."""
        server_of(interaction)
        largest, count = await self._desk.largest_topics(_TOPICS)
        await reply(interaction, lists.topics(largest, count - len(largest)))
