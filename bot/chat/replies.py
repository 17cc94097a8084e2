"""How the bot answers: in one message, seen by one person unless shared; every error in words."""

import logging
from collections.abc import Sequence
from typing import Any, Final

import discord
from discord import app_commands
from discord.utils import MISSING

from bot.errors import BroadsheetError, DatabaseError, UnknownTopic
from bot.render.sanitizer import escaped

logger = logging.getLogger(__name__)

_NAME: Final = 100
"""Characters of a name in an error: it may be anything, and some are not ours."""
Bot = discord.Client
Interaction = discord.Interaction[Bot]


async def reply(
    interaction: Interaction,
    text: str = "",
    *,
    embeds: Sequence[dict[str, Any]] = (),
    view: discord.ui.View | None = None,
    share: bool = False,
) -> None:
    """Answer a command or button, whether it was deferred or not; ephemeral unless `share`.

    Whether a deferred answer is ephemeral was settled when it was deferred.
    """
    shown = [discord.Embed.from_dict(embed) for embed in embeds]
    if interaction.response.is_done():
        await interaction.followup.send(
            text, embeds=shown, view=view or MISSING, ephemeral=not share
        )
    else:
        await interaction.response.send_message(
            text or None, embeds=shown, view=view or MISSING, ephemeral=not share
        )


async def replace(
    interaction: Interaction, embeds: Sequence[dict[str, Any]], view: discord.ui.View | None
) -> None:
    """Turn the message of a component: in place where only its reader sees it, else as a new one.

    A shared message stays as it is: one member's click must not change it for all.
    """
    message = interaction.message
    if message is not None and message.flags.ephemeral:
        shown = [discord.Embed.from_dict(embed) for embed in embeds]
        await interaction.response.edit_message(embeds=shown, view=view)
    else:
        await reply(interaction, embeds=embeds, view=view)


async def answer_error(interaction: Interaction, error: Exception) -> None:
    """The one place that tells a person what went wrong: always a sentence, always ephemeral."""
    cause = error.original if isinstance(error, app_commands.CommandInvokeError) else error
    try:
        await reply(interaction, _sentence(cause))
    except discord.HTTPException as failure:
        # 10062: too late to answer. There is nobody left to tell but the operator.
        logger.warning("an error could not be answered: %s", failure)


def _sentence(error: Exception) -> str:
    if isinstance(error, DatabaseError):
        logger.error("%s", error)
        return "The bot's database does not answer; its operator finds the reason in the log."
    if isinstance(error, UnknownTopic):
        near = [escaped(name, _NAME) for name in error.near]
        return str(UnknownTopic(escaped(error.name, _NAME), near))
    if isinstance(error, BroadsheetError):
        return str(error)
    if isinstance(error, app_commands.TransformerError):
        return "One of the options is not usable here; please choose from the list."
    if isinstance(error, app_commands.NoPrivateMessage):
        return "This works in a server only."
    logger.error("a command failed", exc_info=error)
    return "Something went wrong on the bot's side; its operator finds the details in the log."
