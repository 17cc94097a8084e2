"""The buttons and selects of stories, topics, feeds and editions."""

import re
from collections.abc import Sequence
from typing import Any, Final, Self, cast

import discord
from discord.ui import Button, DynamicItem, Item, Select, View

from bot.chat import obstacles, permissions
from bot.chat.items import Answering
from bot.chat.permissions import ChosenChannel
from bot.chat.replies import Interaction, replace, reply
from bot.chat.rest import channels
from bot.chat.services import bot_of, services
from bot.digests.ledger import EditionState
from bot.digests.status import DigestStatus
from bot.digests.target import Channel
from bot.errors import UsageError
from bot.library.queries import EventFound, TopicPage
from bot.render import answers, limits
from bot.render.all_sources import sources_embed
from bot.render.digest import SOURCES_ID, STORY_ID, Body, sources_select, stories_select
from bot.render.embeds import story_embed
from bot.render.feeds import in_order, list_embed
from bot.render.notice_texts import AGAIN, AGAIN_ID, MOST
from bot.render.sanitizer import plain
from bot.render.topic_page import told_embed, topic_embed
from bot.render.why import why_embed
from bot.store.topics import PageKey
from bot.stories.model import ArchivedStory, Listed
from bot.subscriptions.status import Statuses

PAGE: Final = 5
"""How many stories a topic's page shows."""
_NAME: Final = 40
"""How many characters of a channel's name a button shows."""
_NOT_THE_OWNER: Final = (
    "Only the owner of its server can do this here; in the server itself `/digest status` has the "
    "same button for those who may manage the channel's digest."
)


class PostNow(Answering, DynamicItem[Button[View]], template=r"now:(?P<channel>\d{1,20})"):
    """Posts an extra edition in a channel; for users who may subscribe there."""

    def __init__(self, channel_id: int, *, disabled: bool = False) -> None:
        style, custom_id = discord.ButtonStyle.primary, f"now:{channel_id}"
        super().__init__(
            Button(label="Post now", style=style, custom_id=custom_id, disabled=disabled)
        )
        self.channel_id = channel_id

    @classmethod
    async def from_custom_id(
        cls, interaction: Interaction, item: Item[Any], match: re.Match[str]
    ) -> Self:
        return cls(int(match["channel"]))

    async def act(self, interaction: Interaction) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        chosen = await permissions.named_channel(interaction, self.channel_id, "now")
        await reply(interaction, await post_now(interaction, chosen))


class PostAgain(Answering, DynamicItem[Button[View]], template=r"again:(?P<edition>\d{1,18})"):
    """Posts an edition in doubt again; for users who may set that channel's digest.

    It is shown under a notice, which may be a direct message to the server's owner, and under
    `/digest status`.
    """

    def __init__(self, edition_id: int, label: str = AGAIN) -> None:
        super().__init__(Button(label=label, custom_id=f"{AGAIN_ID}:{edition_id}"))
        self.edition_id = edition_id

    @classmethod
    async def from_custom_id(
        cls, interaction: Interaction, item: Item[Any], match: re.Match[str]
    ) -> Self:
        return cls(int(match["edition"]))

    async def act(self, interaction: Interaction) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        on_demand = services(interaction).on_demand
        target = await on_demand.target_of_edition(self.edition_id)
        if interaction.guild_id is None:
            _check_owner(interaction, target)
        elif interaction.guild_id == target.guild_id:
            await permissions.named_channel(interaction, target.channel_id, "again")
        edition, _ = await on_demand.post_again(
            interaction.guild_id or target.guild_id, self.edition_id
        )
        await reply(interaction, answers.posted_now(edition, target))


def _check_owner(interaction: Interaction, target: Channel) -> None:
    """Raise UsageError unless the user owns the channel's server."""
    guild = interaction.client.get_guild(target.guild_id)
    if guild is None or guild.owner_id != interaction.user.id:
        raise UsageError(_NOT_THE_OWNER)


async def post_now(interaction: Interaction, chosen: ChosenChannel) -> str:
    """Post an extra edition in a channel and answer with the outcome."""
    known, target = services(interaction), chosen.target
    obstacle = obstacles.obstacle(chosen.channel, await tags_of(known.statuses, target))
    if obstacle:
        raise UsageError(obstacle)
    return answers.posted_now(await known.on_demand.post_now(target), target)


async def tags_of(statuses: Statuses, target: Channel) -> Sequence[int]:
    """The ids of the tags that a channel's digest puts on its posts."""
    status = await statuses.of_channel(target)
    return () if status is None else status.target.tags


class AllSources(Answering, DynamicItem[Button[View]], template=r"sources:(?P<story>\d{1,18})"):
    """Opens all sources of one story."""

    def __init__(self, story_id: int) -> None:
        super().__init__(Button(label="All sources", custom_id=f"sources:{story_id}"))
        self.story_id = story_id

    @classmethod
    async def from_custom_id(
        cls, interaction: Interaction, item: Item[Any], match: re.Match[str]
    ) -> Self:
        return cls(int(match["story"]))

    async def act(self, interaction: Interaction) -> None:
        await show_sources(interaction, self.story_id)


class Explain(Answering, DynamicItem[Button[View]], template=r"why:(?P<story>\d{1,18})"):
    """Explains the figures behind a story's rank, its sources and its places in this channel."""

    def __init__(self, story_id: int) -> None:
        super().__init__(Button(label="Why?", custom_id=f"why:{story_id}"))
        self.story_id = story_id

    @classmethod
    async def from_custom_id(
        cls, interaction: Interaction, item: Item[Any], match: re.Match[str]
    ) -> Self:
        return cls(int(match["story"]))

    async def act(self, interaction: Interaction) -> None:
        permissions.server_of(interaction)
        story = await _story(interaction, self.story_id)
        channel = interaction.channel_id or 0  # never None, which would mean every channel
        why = await services(interaction).reasons.why(story, channel)
        await reply(interaction, embeds=[why_embed(why)])


class ChooseSources(Answering, DynamicItem[Select[View]], template=SOURCES_ID):
    """Opens all sources of the chosen story: shown under every digest and every topic's page."""

    @classmethod
    async def from_custom_id(
        cls, interaction: Interaction, item: Item[Any], match: re.Match[str]
    ) -> Self:
        return cls(cast(Select[View], item))

    async def act(self, interaction: Interaction) -> None:
        await show_sources(interaction, _number(self.item.values))


class ChooseStory(Answering, DynamicItem[Select[View]], template=STORY_ID):
    """Shows another of the stories that a query found."""

    @classmethod
    async def from_custom_id(
        cls, interaction: Interaction, item: Item[Any], match: re.Match[str]
    ) -> Self:
        return cls(cast(Select[View], item))

    async def act(self, interaction: Interaction) -> None:
        story = await _story(interaction, _number(self.item.values))
        (event,) = await services(interaction).queries.events_of([story])
        view = story_view(event.story, ())
        view.add_item(type(self)(self._again()))
        await replace(interaction, event_embeds(event, services(interaction).sources), view)

    def _again(self) -> Select[View]:
        """The same select, so that the user can open another match next."""
        one = self.item
        return Select(custom_id=one.custom_id, placeholder=one.placeholder, options=one.options)


class OlderStories(
    Answering,
    DynamicItem[Button[View]],
    template=r"older:(?P<topic>\d{1,18}):(?P<at>-?\d{1,18}):(?P<story>\d{1,18})(:(?P<shown>\d{1,9}))?",
):
    """Turns a topic's page to the stories before a place; `before` None = to the newest, also of
    another topic, whose name is then the `label`.

    `shown`: how many stories come before it; None on an old message that did not store it.
    """

    def __init__(
        self, topic_id: int, before: PageKey | None, shown: int | None = None, label: str = ""
    ) -> None:
        key = before or PageKey(0, 0)
        custom_id = f"older:{topic_id}:{key.published_at}:{key.story_id}"
        custom_id += "" if shown is None else f":{shown}"
        label = plain(label, limits.BUTTON) or ("Older" if before else "Newest")
        super().__init__(Button(label=label, custom_id=custom_id))
        self.topic_id, self.before, self.shown = topic_id, before, shown

    @classmethod
    async def from_custom_id(
        cls, interaction: Interaction, item: Item[Any], match: re.Match[str]
    ) -> Self:
        key = PageKey(int(match["at"]), int(match["story"]))
        shown = None if match["shown"] is None else int(match["shown"])
        return cls(int(match["topic"]), key if key.story_id else None, shown)

    async def act(self, interaction: Interaction) -> None:
        queries = services(interaction).queries
        topic = await queries.topic_by_id(self.topic_id)
        if topic is None:
            raise UsageError("That topic does not exist any more.")
        page = await queries.topic_page(topic, PAGE, self.before)
        shown = self.shown if self.before else 0
        embed, view = topic_message(page, services(interaction).sources, shown)
        await replace(interaction, [embed], view)


class FeedsFrom(Answering, DynamicItem[Button[View]], template=r"feeds:(?P<first>\d{1,6})"):
    """Turns the list of feeds to the page that begins with the feed of a number, from 0 on."""

    def __init__(self, first: int) -> None:
        label = "More" if first else "From the first"
        super().__init__(Button(label=label, custom_id=f"feeds:{first}"))
        self.first = first

    @classmethod
    async def from_custom_id(
        cls, interaction: Interaction, item: Item[Any], match: re.Match[str]
    ) -> Self:
        return cls(int(match["first"]))

    async def act(self, interaction: Interaction) -> None:
        permissions.server_of(interaction)
        embed, view = await feeds_message(interaction, self.first)
        await replace(interaction, [embed], view)


ITEMS: Final = (
    PostNow,
    PostAgain,
    AllSources,
    Explain,
    ChooseSources,
    ChooseStory,
    OlderStories,
    FeedsFrom,
)
"""Every kind of button and select, to be registered by the bot."""


def topic_message(page: TopicPage, sources: int, shown: int | None) -> tuple[dict[str, Any], View]:
    """A topic's page as an embed, with its select of sources and its buttons.

    `shown`: how many stories are on the pages before; None = unknown.
    """
    view = View(timeout=None)
    if page.stories:
        view.add_item(ChooseSources(_select(sources_select(page.stories))))
    if shown != 0:
        view.add_item(OlderStories(page.topic.topic_id, None))
    if page.older:
        so_far = None if shown is None else shown + len(page.stories)
        view.add_item(OlderStories(page.topic.topic_id, page.older, so_far))
    return topic_embed(page.topic, page.stories, min(sources, 3), shown), view


async def feeds_message(interaction: Interaction, first: int) -> tuple[dict[str, Any], View]:
    """A page of the list of feeds as an embed, with its buttons; one beyond the last is the first.

    Only those who operate the bot see addresses.
    """
    bot = bot_of(interaction)
    listed = in_order(await bot.services.feeds.listed())
    first = first if first < len(listed) else 0
    mine = await bot.operators.include(interaction.user.id)
    embed, after = list_embed(listed, first, bot.services.clock.now(), for_operator=mine)
    view = View(timeout=None)
    if first:
        view.add_item(FeedsFrom(0))
    if after < len(listed):
        view.add_item(FeedsFrom(after))
    return embed, view


def event_embeds(event: EventFound, sources: int) -> list[dict[str, Any]]:
    """The story that leads an event, below the one that was asked for."""
    return [*map(told_embed, event.told[:1]), story_embed(event.story, sources)]


def story_view(story: ArchivedStory, others: Sequence[Listed]) -> View:
    """The view under a story: its sources, the reasons, and a select of other matches."""
    view = View(timeout=None)
    view.add_item(AllSources(story.story_id))
    view.add_item(Explain(story.story_id))
    if others:
        view.add_item(ChooseStory(_select(stories_select(others))))
    return view


def message_view(body: Body) -> View | None:
    """The view of an edition's message: its select of sources, if it has stories."""
    rows = body.get("components", ())
    view = View(timeout=None)
    for row in rows:
        view.add_item(ChooseSources(_select(row)))
    return view if rows else None


def again_view(client: discord.Client, statuses: Sequence[DigestStatus]) -> View | None:
    """A button for each of the last editions in doubt, as many as fit in a row.

    If there are several, their labels name the edition.
    """
    doubtful = [
        (status, edition)
        for status in statuses
        for edition in status.last
        if edition.state is EditionState.UNCERTAIN
    ]
    view = View(timeout=None)
    for status, edition in doubtful[:MOST]:
        channel = channels.known(client, status.target.channel_id)
        name = plain(channel.name, _NAME) if channel else "a thread"
        which = f"{AGAIN}: {name}, {answers.edition_day(edition)}"
        view.add_item(PostAgain(edition.edition_id, which if len(doubtful) > 1 else AGAIN))
    return view if doubtful else None


def now_view(target: Channel) -> View:
    """The button that posts an extra edition."""
    view = View(timeout=None)
    view.add_item(PostNow(target.channel_id))
    return view


async def show_sources(interaction: Interaction, story_id: int) -> None:
    """Answer with all sources of a story, visible to this user only."""
    permissions.server_of(interaction)
    story = await _story(interaction, story_id)
    view = View(timeout=None)
    view.add_item(Explain(story.story_id))
    await reply(interaction, embeds=[sources_embed(story)], view=view)


async def _story(interaction: Interaction, story_id: int) -> ArchivedStory:
    story = await services(interaction).queries.story(story_id)
    if story is None:
        raise UsageError("That story is not in the archive any more.")
    return story


def _select(row: dict[str, Any]) -> Select[View]:
    """The select in a row of components given as JSON."""
    shown = row["components"][0]
    options = [discord.SelectOption(**option) for option in shown["options"]]
    return Select(custom_id=shown["custom_id"], placeholder=shown["placeholder"], options=options)


def _number(values: Sequence[str]) -> int:
    if not values or not re.fullmatch(r"\d{1,18}", values[0]):
        raise UsageError("Please choose from the list.")
    return int(values[0])
