"""What every button, select and form has in common. Each carries all its data in its custom_id, so
that it works on messages of any age, after any restart, and costs no memory. The data that comes
back is untrusted and checked.
"""

import asyncio

from bot.chat.replies import Interaction, answer_error
from bot.chat.services import bot_of


class Answering:
    """Answers an error of a button or select with a sentence, as the command tree does."""

    async def act(self, interaction: Interaction) -> None:
        """Do what the item is for."""
        raise NotImplementedError

    async def callback(self, interaction: Interaction) -> None:
        """Called by discord.py, which would only log an error and not answer."""
        bot_of(interaction).in_flight.add(asyncio.current_task())
        try:
            await self.act(interaction)
        except Exception as error:  # noqa: BLE001 - the edge: whatever it is, a person gets a sentence
            await answer_error(interaction, error)
