"""The list of feeds, page by page."""

from typing import Final, Self

from discord.ui import Button, DynamicItem, View

from bot.chat import permissions
from bot.chat.items import Answering
from bot.chat.replies import Interaction, replace
from bot.chat.services import bot_of
from bot.render.embeds import Embed
from bot.render.feeds import in_order, list_embed


class FeedsFrom(Answering, DynamicItem[Button[View]], template=r"feeds:(?P<first>\d{1,6})"):
    """Turns the list of feeds to the page that begins with the feed of a number, from 0 on."""

    @classmethod
    def of(cls, first: int) -> Self:
        """The button to a page."""
        return cls(Button(label="More" if first else "From the first", custom_id=f"feeds:{first}"))

    async def act(self, interaction: Interaction) -> None:
        permissions.server_of(interaction)
        embed, view = await feeds_message(interaction, int(self.match["first"]))
        await replace(interaction, [embed], view)


ITEMS: Final = (FeedsFrom,)


async def feeds_message(interaction: Interaction, first: int) -> tuple[Embed, View]:
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
        view.add_item(FeedsFrom.of(0))
    if after < len(listed):
        view.add_item(FeedsFrom.of(after))
    return embed, view
