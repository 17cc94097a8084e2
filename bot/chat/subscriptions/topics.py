"""Lets a channel follow the topics that a text names, and stop following them; near misses are
offered as buttons.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Final, Self

from discord.ui import Button, DynamicItem, View

from bot.chat import obstacles, permissions
from bot.chat.digest.posting import PostNow, tags_of
from bot.chat.digest.status import standing_now
from bot.chat.digest.undo import Undo
from bot.chat.items import Answering
from bot.chat.permissions import ChosenChannel
from bot.chat.replies import Interaction, reply, sentence
from bot.chat.services import services
from bot.errors import UnknownTopic, UsageError
from bot.library.queries import Listed
from bot.render import limits, subscriptions
from bot.render.sanitizer import plain
from bot.stories.text import slug
from bot.stories.topic_lists import means_all
from bot.subscriptions.follow import MAX_TOPICS
from bot.typos import meant_by

_BUTTONS: Final = 5
"""How many near misses are offered: as many as fit into a row."""
_SLUG: Final = 60
"""The longest slug that fits into a custom_id beside a channel."""
_UNKNOWN: Final = 3
"""How many unknown names are answered one by one."""


async def follow(interaction: Interaction, chosen: ChosenChannel, text: str) -> None:
    """Let a channel follow topics, and answer with all that it follows and when its digest is due.

    Raises UsageError if the bot cannot post there.
    """
    known, target = services(interaction), chosen.target
    await _refuse_obstacle(interaction, chosen)
    if not interaction.response.is_done():
        await interaction.response.defer(ephemeral=True)
    listed, left = await _asked(interaction, chosen, text)
    lines = _unknown(listed.unknown)
    view = View(timeout=None)
    if listed.topics:
        change = await known.subscriptions.change(target, listed.topics, (), by=interaction.user.id)
        now = known.clock.now()
        lines.insert(0, subscriptions.subscribed(change.status, change.added, listed.topics, now))
        view.add_item(PostNow.of(target.channel_id))
        _offer_undo(view, change.change_id)
        lines += [left] if left else []
        lines += filter(None, [obstacles.advice(chosen.channel)])
    near = [name for one in listed.unknown for name in one.near]
    _offer(view, (Follow.of(target.channel_id, name) for name in _fitting(near)))
    await reply(interaction, "\n".join(lines)[: limits.CONTENT], view=view)


async def unfollow(interaction: Interaction, chosen: ChosenChannel, text: str) -> None:
    """Stop a channel from following topics, and answer with those that it still follows. Raises
    UsageError if the text names none.
    """
    known, target = services(interaction), chosen.target
    if not interaction.response.is_done():
        await interaction.response.defer(ephemeral=True)
    status = await known.statuses.of_channel(target)
    followed = {slug(name): name for name in status.topics} if status else {}
    listed = await _named(interaction, text, followed)
    gone = [topic for topic in listed.topics if topic.slug in followed]
    others = [topic.name for topic in listed.topics if topic not in gone]
    meant = {
        given: [followed[key] for key in meant_by(slug(given), followed)]
        for given in (*others, *(one.name for one in listed.unknown))
    }
    lines = _at_most([subscriptions.not_followed(target, *one) for one in meant.items()])
    view = View(timeout=None)
    if gone:
        change = await known.subscriptions.change(target, (), gone, by=interaction.user.id)
        left = await standing_now(interaction.client, change.status)
        lines.insert(0, subscriptions.unsubscribed(left, change.gone, known.clock.now()))
        _offer_undo(view, change.change_id)
    else:
        lines.append(subscriptions.all_followed([*followed.values()]))
    near = [name for names in meant.values() for name in names]
    _offer(view, (Unfollow.of(target.channel_id, name) for name in _fitting(near)))
    await reply(interaction, "\n".join(lines)[: limits.CONTENT], view=view)


async def _named(interaction: Interaction, text: str, followed: Collection[str]) -> Listed:
    """The topics that a text names, of a channel that follows some, by their slugs."""
    queries = services(interaction).queries
    if means_all(text) and slug(text) not in followed:
        return Listed([await queries.topic(key, expected=True) for key in followed])
    listed = await queries.topics_in(text, expected=True)
    if not listed.topics and not listed.unknown:
        raise UsageError("Please name a topic; see `/subscriptions`.")
    return listed


async def _refuse_obstacle(interaction: Interaction, chosen: ChosenChannel) -> None:
    tags = await tags_of(services(interaction).statuses, chosen.target)
    obstacle = obstacles.obstacle(chosen.channel, tags)
    if obstacle:
        lacking = chosen.channel and obstacles.missing_permissions(chosen.channel)
        raise UsageError(f"{obstacle} Then use `/subscribe` again." if lacking else obstacle)


async def _asked(
    interaction: Interaction, chosen: ChosenChannel, text: str
) -> tuple[Listed, str | None]:
    """The topics that a text names, and a sentence about those that "all" left out. Raises
    UsageError if it names none.
    """
    queries = services(interaction).queries
    listed = await queries.topics_in(text, expected=True)
    if listed.topics or not means_all(text):
        if not listed.topics and not listed.unknown:
            raise UsageError("Please name a topic; see `/topics`.")
        return listed, None
    status = await services(interaction).statuses.of_channel(chosen.target)
    followed = {slug(name) for name in status.topics} if status else set()
    largest, count = await queries.largest_topics(2 * MAX_TOPICS)
    new = [topic for topic in largest if topic.slug not in followed]
    if not largest:
        raise UsageError("There are no topics yet: no stories have been loaded.")
    kept = new[: MAX_TOPICS - len(followed)] or largest[:MAX_TOPICS]
    taken = len({topic.slug for topic in kept} | followed)
    return Listed(kept), subscriptions.left_out(
        count - taken, MAX_TOPICS
    ) if count > taken else None


def _unknown(unknown: Sequence[UnknownTopic]) -> list[str]:
    return _at_most([sentence(one) for one in unknown])


def _at_most(lines: Sequence[str]) -> list[str]:
    more = len(lines) - _UNKNOWN
    return [*lines[:_UNKNOWN], *([f"And {more} more."] if more > 0 else [])]


def _fitting(near: Iterable[str]) -> Iterable[str]:
    """Each name once, as many as there are buttons for."""
    return [name for name in dict.fromkeys(near) if len(slug(name)) <= _SLUG][:_BUTTONS]


def _offer_undo(view: View, change_id: int | None) -> None:
    if change_id is not None:
        view.add_item(Undo.of(change_id))


def _offer(view: View, items: Iterable["Follow"]) -> None:
    for item in items:
        view.add_item(item)


class Follow(
    Answering,
    DynamicItem[Button[View]],
    template=r"follow:1:(?P<channel>\d{1,20}):(?P<topic>.{0,60})",
):
    """Lets a channel follow a topic, as /subscribe does."""

    word: str = "follow"

    @classmethod
    def of(cls, channel_id: int, topic: str) -> Self:
        """The button for a topic."""
        label = plain(f"{cls.word.capitalize()} {topic}", limits.BUTTON)
        custom_id = f"{cls.word}:1:{channel_id}:{slug(topic)[:_SLUG]}"
        return cls(Button(label=label, custom_id=custom_id))

    async def act(self, interaction: Interaction) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        channel_id = int(self.match["channel"])
        chosen = await permissions.named_channel(interaction, channel_id, self.word)
        await self.change(interaction, chosen)

    async def change(self, interaction: Interaction, chosen: ChosenChannel) -> None:
        """Make the change."""
        await follow(interaction, chosen, self.match["topic"])


class Unfollow(Follow, template=r"unfollow:1:(?P<channel>\d{1,20}):(?P<topic>.{0,60})"):
    """Stops a channel from following a topic, as /unsubscribe does."""

    word = "unfollow"

    async def change(self, interaction: Interaction, chosen: ChosenChannel) -> None:
        await unfollow(interaction, chosen, self.match["topic"])


ITEMS: Final = (Follow, Unfollow)
