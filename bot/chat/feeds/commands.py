"""/feeds: where the bot finds news by itself. All see the list; those who run the bot change it."""

import asyncio
import re
from typing import Final

from discord import app_commands
from discord.app_commands import Choice, Range
from discord.ext import commands

from bot.chat.completions import STORY_PREFIX, feed_choices, named_choices
from bot.chat.feeds.listing import feeds_message
from bot.chat.operators import AskedOperators
from bot.chat.permissions import server_of
from bot.chat.replies import Interaction, reply
from bot.chat.services import ChatServices
from bot.inflight import InFlight
from bot.library.feeds import UnknownFeed, key_of_feed
from bot.origins.feeds.description import sentences
from bot.origins.feeds.failures import FetchFailed
from bot.render import feeds as texts
from bot.render import limits
from bot.render.embeds import story_embed
from bot.stories.feeds import FaultKind, Feed, FeedSettings
from bot.stories.text import tidy

PATIENCE: Final = 45.0
"""Seconds that a feed gets until the answer says that it is still being asked."""
_MOST_TOPICS: Final = 10
_LONGEST_NAME: Final = 100
_HOPELESS: Final = (FaultKind.NO_FEED, FaultKind.FORBIDDEN, FaultKind.MISSING, FaultKind.GONE)
"""What is wrong with an address itself: asking it again would not help."""
Address = Range[str, 1, 2000]


@app_commands.guild_only()
class FeedCommands(
    commands.GroupCog, group_name="feeds", group_description="The feeds that news comes from"
):
    """The operator's feeds, for the whole bot."""

    def __init__(
        self, services: ChatServices, operators: AskedOperators, in_flight: InFlight
    ) -> None:
        self._services, self._operators, self._in_flight = services, operators, in_flight

    async def _check(self, interaction: Interaction) -> None:
        """Refuse whoever does not operate the bot, then take time. Raises UsageError."""
        server_of(interaction)
        await self._operators.require(interaction)
        await interaction.response.defer(ephemeral=True)

    @app_commands.command(name="list", description="All feeds and their state")
    async def list_feeds(self, interaction: Interaction) -> None:
        """Answer with the first page of the list."""
        server_of(interaction)
        embed, view = await feeds_message(interaction, 0)
        await reply(interaction, embeds=[embed], view=view)

    @app_commands.command(description="Add a feed and see its newest news")
    @app_commands.describe(
        url="The feed, or a page that names one",
        topics="What all of its stories are about: AI, Security",
        provider="Who publishes it; without it, as the feed says",
    )
    async def add(
        self,
        interaction: Interaction,
        url: Address,
        topics: str = "",
        provider: Range[str, 1, 100] | None = None,
    ) -> None:
        """Add a feed, have it asked, and show what came."""
        await self._check(interaction)
        names = await self._services.queries.spelled(_names(topics))
        settings = FeedSettings(url.strip(), provider, tuple(names))
        known = await self._services.feeds.find(settings.url)
        if known is None or settings != FeedSettings(settings.url):
            feed = await self._services.feeds.add(settings, f"{interaction.user.name} in Discord")
            done = texts.CHANGED if known else texts.ADDED
        else:  # nothing is said of it, so it keeps its settings
            feed = await self._services.feeds.switch(settings.url, on=True)
            done = texts.KNOWN
        if await self._ask(feed):
            await self._show(interaction, feed, done)
        else:
            await reply(interaction, texts.still_asking(feed))

    async def _ask(self, feed: Feed) -> bool:
        """Have a feed asked; False = it takes longer than one may wait."""
        asking = asyncio.ensure_future(self._services.ask_feeds([feed.feed_id]))
        self._in_flight.add(asking)
        done, _ = await asyncio.wait((asking,), timeout=PATIENCE)
        for one in done:
            one.result()
        return bool(done)

    async def _show(self, interaction: Interaction, feed: Feed, done: str) -> None:
        """What came of asking a feed. A new one that can never be one, or is there already under
        another address, is not kept.
        """
        asked = await self._services.feeds.numbered(feed.feed_id)
        if asked is None:  # somebody removed it meanwhile
            raise UnknownFeed(feed.settings.url)
        twin, hopeless = await self._twin(asked), asked.state.fault in _HOPELESS
        if done == texts.ADDED and (twin or hopeless):
            await self._services.feeds.remove(asked.settings.url)
        if done == texts.ADDED and hopeless:
            await reply(interaction, texts.not_added(asked))
        elif done == texts.ADDED and twin:
            await self._show_newest(interaction, twin, texts.KNOWN)
        else:
            await self._show_newest(interaction, asked, done)

    async def _twin(self, feed: Feed) -> Feed | None:
        """The other feed whose own address this one is asked at."""
        found = await self._services.feeds.find(feed.state.url)
        return found if found and found.feed_id != feed.feed_id else None

    async def _show_newest(self, interaction: Interaction, feed: Feed, done: str) -> None:
        found = await self._services.queries.newest_of_feed(feed.feed_id, texts.NEWEST)
        embeds = [story_embed(story, self._services.sources) for story in found]
        text = texts.added(feed, len(found), self._services.clock.now(), done=done)
        await reply(interaction, text, embeds=texts.embeds_that_fit(embeds))

    @app_commands.command(description="Remove a feed")
    @app_commands.describe(url="The feed")
    async def remove(self, interaction: Interaction, url: Address) -> None:
        """Remove a feed."""
        await self._check(interaction)
        removed = await self._services.feeds.remove(await self._address(url.strip()))
        await reply(interaction, texts.removed(removed))

    async def _address(self, given: str) -> str:
        """The address that an option means: itself, or that of a number that a completion gave."""
        number = re.fullmatch(rf"{STORY_PREFIX}(\d{{1,18}})", given)
        if number is None:
            return given
        found = await self._services.feeds.numbered(int(number[1]))
        if found is None:
            raise UnknownFeed(given)
        return found.settings.url

    @app_commands.command(description="Show what an address gives as a feed")
    @app_commands.describe(url="A feed, or a page that may name some")
    async def test(self, interaction: Interaction, url: Address) -> None:
        """Ask an address once and say in plain words what it gives."""
        await self._check(interaction)
        key_of_feed(url)
        try:
            tried = await self._services.try_feed(url.strip())
        except FetchFailed as error:
            await reply(interaction, texts.failed_trial(url, error.kind, error.detail))
            return
        lines = sentences(tried.feed, self._services.clock.now())
        await reply(interaction, texts.trial(tried.url, lines))

    @remove.autocomplete("url")
    async def _feed_choices(self, interaction: Interaction, typed: str) -> list[Choice[str]]:
        server_of(interaction)
        if not await self._operators.include(interaction.user.id):
            return []
        return feed_choices(await self._services.feeds.listed(), typed)

    @add.autocomplete("topics")
    async def _topic_choices(self, interaction: Interaction, typed: str) -> list[Choice[str]]:
        server_of(interaction)
        if not await self._operators.include(interaction.user.id):
            return []
        before, comma, last = typed.rpartition(",")
        found = await self._services.queries.suggest_expected(last)
        given = f"{before}{comma} " if comma else ""
        lists = (f"{given}{name}" for name in found)
        return named_choices([one for one in lists if len(one) <= limits.OPTION_TEXT])


def _names(text: str) -> list[str]:
    """The topics of an option: `AI, Security`."""
    names = (tidy(name)[:_LONGEST_NAME] for name in text.split(","))
    return [name for name in names if name][:_MOST_TOPICS]
