"""The buttons and selects of stories and topics."""

import dataclasses
import re
from collections.abc import Sequence
from typing import Any, Final, Self

import discord
from discord.ui import Button, DynamicItem, Select, View

from bot.chat import permissions
from bot.chat.digest.mute import offer_mute
from bot.chat.items import Answering
from bot.chat.replies import Interaction, replace, reply
from bot.chat.services import services
from bot.digests.reasons import Why
from bot.errors import UsageError
from bot.library.queries import EventFound, TopicPage
from bot.render import limits
from bot.render.all_sources import sources_embed
from bot.render.digest import SOURCES_ID, STORY_ID, Body, sources_select, stories_select
from bot.render.embeds import story_embed
from bot.render.sanitizer import plain
from bot.render.topic_page import told_embed, topic_embed
from bot.render.why import why_embed
from bot.render.why_numbers import numbers_embed
from bot.store.topics import PageKey
from bot.stories.model import ArchivedStory, Listed

PAGE: Final = 5
"""How many stories a topic's page shows."""


class AllSources(Answering, DynamicItem[Button[View]], template=r"sources:(?P<story>\d{1,18})"):
    """Opens all sources of one story."""

    @classmethod
    def of(cls, story_id: int) -> Self:
        """The button for a story."""
        return cls(Button(label="All sources", custom_id=f"sources:{story_id}"))

    async def act(self, interaction: Interaction) -> None:
        await show_sources(interaction, int(self.match["story"]))


class Explain(Answering, DynamicItem[Button[View]], template=r"why:(?P<story>\d{1,18})"):
    """Says in plain words why a story stands where it does in this channel."""

    @classmethod
    def of(cls, story_id: int) -> Self:
        """The button for a story."""
        return cls(Button(label="Why?", custom_id=f"why:{story_id}"))

    async def act(self, interaction: Interaction) -> None:
        story_id = int(self.match["story"])
        why = await _why(interaction, story_id)
        view = View(timeout=None)
        view.add_item(AllSources.of(story_id))
        view.add_item(Numbers.of(story_id))
        await offer_mute(view, interaction, why.story)
        await reply(interaction, embeds=[why_embed(why)], view=view)


class Numbers(Answering, DynamicItem[Button[View]], template=r"numbers:(?P<story>\d{1,18})"):
    """Shows the numbers behind a story's rank, its sources and its places in this channel."""

    @classmethod
    def of(cls, story_id: int) -> Self:
        """The button for a story."""
        return cls(Button(label="Numbers", custom_id=f"numbers:{story_id}"))

    async def act(self, interaction: Interaction) -> None:
        why = await _why(interaction, int(self.match["story"]))
        await reply(interaction, embeds=[numbers_embed(why)])


class ChooseSources(Answering, DynamicItem[Select[View]], template=SOURCES_ID):
    """Opens all sources of the chosen story: shown under every digest and every topic's page."""

    async def act(self, interaction: Interaction) -> None:
        await show_sources(interaction, _number(self.item.values))


class ChooseStory(Answering, DynamicItem[Select[View]], template=STORY_ID):
    """Shows another of the stories that a query found."""

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

    @classmethod
    def of(
        cls, topic_id: int, before: PageKey | None, shown: int | None = None, label: str = ""
    ) -> Self:
        """The button to a place in a topic's page."""
        key = before or PageKey(0, 0)
        custom_id = f"older:{topic_id}:{key.published_at}:{key.story_id}"
        custom_id += "" if shown is None else f":{shown}"
        label = plain(label, limits.BUTTON) or ("Older" if before else "Newest")
        return cls(Button(label=label, custom_id=custom_id))

    async def act(self, interaction: Interaction) -> None:
        queries = services(interaction).queries
        topic = await queries.topic_by_id(int(self.match["topic"]))
        if topic is None:
            raise UsageError("That topic does not exist any more.")
        key = PageKey(int(self.match["at"]), int(self.match["story"]))
        before, told = key if key.story_id else None, self.match["shown"]
        shown = int(told) if told else None
        page = await queries.topic_page(topic, PAGE, before)
        embed, view = topic_message(page, services(interaction).sources, shown if before else 0)
        await replace(interaction, [embed], view)


ITEMS: Final = (
    AllSources,
    Explain,
    Numbers,
    ChooseSources,
    ChooseStory,
    OlderStories,
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
        view.add_item(OlderStories.of(page.topic.topic_id, None))
    if page.older:
        so_far = None if shown is None else shown + len(page.stories)
        view.add_item(OlderStories.of(page.topic.topic_id, page.older, so_far))
    return topic_embed(page.topic, page.stories, min(sources, 3), shown), view


def event_embeds(event: EventFound, sources: int) -> list[dict[str, Any]]:
    """The story that leads an event, below the one that was asked for."""
    return [*map(told_embed, event.told[:1]), story_embed(event.story, sources)]


def story_view(story: ArchivedStory, others: Sequence[Listed]) -> View:
    """The view under a story: its sources, the reasons, and a select of other matches."""
    view = View(timeout=None)
    view.add_item(AllSources.of(story.story_id))
    view.add_item(Explain.of(story.story_id))
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


async def show_sources(interaction: Interaction, story_id: int) -> None:
    """Answer with all sources of a story, visible to this user only."""
    permissions.server_of(interaction)
    story = await _story(interaction, story_id)
    view = View(timeout=None)
    view.add_item(Explain.of(story.story_id))
    await offer_mute(view, interaction, story)
    await reply(interaction, embeds=[sources_embed(story)], view=view)


async def _why(interaction: Interaction, story_id: int) -> Why:
    """The reasons for a story's places in this channel; of one that it was not told, also what its
    next edition would take.
    """
    target = permissions.digest_here(interaction)
    known, story = services(interaction), await _story(interaction, story_id)
    why = await known.reasons.why(story, target.channel_id)
    if why.was_told:
        return why
    coming = await known.on_demand.coming(target, known.clock.now())
    return dataclasses.replace(why, coming=coming)


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
