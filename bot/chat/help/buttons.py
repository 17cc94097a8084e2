"""The buttons of the hello. Anybody may press them: each answers by what this person may do."""

import re
from typing import Any, Final, Self

from discord import ButtonStyle
from discord.ui import Button, DynamicItem, Item, View

from bot.chat.help.listing import help_embed
from bot.chat.items import Answering
from bot.chat.replies import Interaction, reply
from bot.chat.setup.items import begin
from bot.render.greeting import HELP_ID, SETUP_ID


class ShowHelp(Answering, DynamicItem[Button[View]], template=HELP_ID):
    """Shows what /help shows."""

    def __init__(self) -> None:
        super().__init__(Button(label="Help", custom_id=HELP_ID))

    @classmethod
    async def from_custom_id(
        cls, interaction: Interaction, item: Item[Any], match: re.Match[str]
    ) -> Self:
        return cls()

    async def act(self, interaction: Interaction) -> None:
        await reply(interaction, embeds=[await help_embed(interaction)])


class SetUp(Answering, DynamicItem[Button[View]], template=SETUP_ID):
    """Opens what /digest setup opens; for a channel that follows nothing yet, first its form."""

    def __init__(self) -> None:
        super().__init__(Button(label="Set up", style=ButtonStyle.primary, custom_id=SETUP_ID))

    @classmethod
    async def from_custom_id(
        cls, interaction: Interaction, item: Item[Any], match: re.Match[str]
    ) -> Self:
        return cls()

    async def act(self, interaction: Interaction) -> None:
        await begin(interaction, interaction.channel_id)


HELP_ITEMS: Final = (ShowHelp, SetUp)
"""Both, to be registered by the bot."""
