"""The buttons of the hello and of /help. Anybody may press them: each answers by what this person
may do.
"""

from typing import Final, Self

from discord.ui import Button, DynamicItem, View

from bot.chat.help.listing import help_embeds
from bot.chat.items import Answering
from bot.chat.replies import Interaction, replace, reply
from bot.chat.setup.items import begin
from bot.render.greeting import HELP_ID, SETUP_ID


async def show_help(interaction: Interaction) -> None:
    """Answer with the commands that this person uses most."""
    first, more = await help_embeds(interaction)
    await reply(interaction, embeds=[first], view=_turning(more=True) if more else None)


def _turning(*, more: bool) -> View:
    view = View(timeout=None)
    view.add_item(TurnHelp.of(more=more))
    return view


class TurnHelp(Answering, DynamicItem[Button[View]], template=rf"{HELP_ID}:(?P<page>more|first)"):
    """Turns /help to all other commands, or back."""

    @classmethod
    def of(cls, *, more: bool) -> Self:
        """The button to all others, or back."""
        label, page = ("More", "more") if more else ("Back", "first")
        return cls(Button(label=label, custom_id=f"{HELP_ID}:{page}"))

    async def act(self, interaction: Interaction) -> None:
        first, more = await help_embeds(interaction)
        shown = more if more and self.match["page"] == "more" else first
        view = _turning(more=shown is first) if more else None
        await replace(interaction, [shown], view)


class ShowHelp(Answering, DynamicItem[Button[View]], template=HELP_ID):
    """Shows what /help shows."""

    async def act(self, interaction: Interaction) -> None:
        await show_help(interaction)


class SetUp(Answering, DynamicItem[Button[View]], template=SETUP_ID):
    """Opens what /digest setup opens; for a channel that follows nothing yet, first its form."""

    async def act(self, interaction: Interaction) -> None:
        await begin(interaction, interaction.channel_id)


HELP_ITEMS: Final = (ShowHelp, TurnHelp, SetUp)
"""All of them, to be registered by the bot."""
