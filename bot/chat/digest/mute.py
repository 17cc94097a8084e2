"""The button that mutes a story's publisher in a channel: under Why? and All sources."""

from typing import Self

from discord.ui import Button, DynamicItem, View

from bot.chat import permissions
from bot.chat.digest.undo import change_view
from bot.chat.items import Answering
from bot.chat.replies import Interaction, reply
from bot.chat.services import services
from bot.errors import UsageError
from bot.render import limits, setting_answers
from bot.render.sanitizer import plain
from bot.stories.model import ArchivedStory
from bot.stories.publishers import name_key


class Mute(Answering, DynamicItem[Button[View]], template=r"mute:1:(?P<story>\d{1,18})"):
    """Mutes the publisher of a story's headline in the channel where it is pressed."""

    @classmethod
    def of(cls, story: ArchivedStory) -> Self:
        """The button for a story."""
        label = plain(f"Mute {story.article.provider.name}", limits.BUTTON)
        return cls(Button(label=label, custom_id=f"mute:1:{story.story_id}"))

    async def act(self, interaction: Interaction) -> None:
        place = permissions.digest_here(interaction)
        chosen = await permissions.named_channel(interaction, place.channel_id, "mute")
        await interaction.response.defer(ephemeral=True, thinking=True)
        known = services(interaction)
        story = await known.queries.story(int(self.match["story"]))
        if story is None:
            raise UsageError("That story is not in the archive any more.")
        change = await known.settings.mute(
            chosen.target, story.article.provider.name, by=interaction.user.id
        )
        text = setting_answers.muted(chosen.target, story)
        await reply(interaction, text, view=change_view(change.change_id))


async def offer_mute(view: View, interaction: Interaction, story: ArchivedStory) -> None:
    """Offer to mute a story's publisher to those who may change this channel's digest, if there is
    one and it has not muted it.
    """
    if not await permissions.may(interaction, "mute"):
        return
    target = permissions.digest_here(interaction)
    status = await services(interaction).statuses.of_channel(target)
    key = name_key(story.article.provider.name)
    if status and status.topics and key not in status.settings.rules.muted:
        view.add_item(Mute.of(story))


ITEMS = (Mute,)
