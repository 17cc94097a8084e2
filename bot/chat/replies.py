"""How the bot answers: in one message, visible to one user unless shared; errors in words."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any, Final

import aiohttp
import discord
from discord import app_commands
from discord.utils import MISSING

from bot.chat.rest.requests import used
from bot.errors import (
    Ambiguous,
    BadValue,
    BroadsheetError,
    DatabaseError,
    OutcomeUnknown,
    UnknownTopic,
    Unreadable,
    UsageError,
)
from bot.library.feeds import ListedFeed, UnknownFeed
from bot.render import aside_texts
from bot.render.sanitizer import code, escaped, plain

logger = logging.getLogger(__name__)

_NAME: Final = 100
"""How many characters of a name an error shows: it may be any text, and some come from others."""
_ADDRESS: Final = 300
_IN_SHORT: Final = 200
"""How many characters of an error are logged: it may quote what was sent to us."""
_NO_ANSWER: Final = (aiohttp.ClientError, TimeoutError, OSError)
_OTHER_COMMAND: Final = "This command has changed; please type it again."
_SENTENCES: Final[Mapping[type[Exception], str]] = {
    app_commands.TransformerError: (
        "One of the options cannot be used here; please choose from the list."
    ),
    app_commands.CommandNotFound: _OTHER_COMMAND,
    app_commands.CommandSignatureMismatch: _OTHER_COMMAND,
    app_commands.NoPrivateMessage: "This works only in a server.",
}
_UNREADABLE: Final = (
    "Discord sent something that the bot cannot read; its operator will find more in the log."
)
_UNKNOWN: Final = "This is not mine, or from another version of me; please use the command again."
_UNKNOWN_INTERACTION: Final = 10062
"""Discord's code for an answer that came too late."""
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

    Whether a deferred answer is ephemeral was decided when it was deferred.
    """
    shown = [discord.Embed.from_dict(embed) for embed in embeds]
    components = _unheard(view) or MISSING
    with used():
        if interaction.response.is_done():
            await interaction.followup.send(
                text, embeds=shown, view=components, ephemeral=not share
            )
        else:
            await interaction.response.send_message(
                text or None, embeds=shown, view=components, ephemeral=not share
            )


async def hold(interaction: Interaction) -> None:
    """Ask Discord for time to `replace` a component's or form's message, or to answer below it."""
    with used():
        if _is_private(interaction):
            await interaction.response.defer()
        else:
            await interaction.response.defer(ephemeral=True, thinking=True)


async def replace(
    interaction: Interaction,
    embeds: Sequence[dict[str, Any]],
    view: discord.ui.View | None,
    text: str = "",
) -> None:
    """Replace a component's message: in place if only its reader sees it, else as a new message.

    A shared message stays as it is: one member's click must not change it for all.
    """
    if not _is_private(interaction):
        await reply(interaction, text, embeds=embeds, view=view)
        return
    shown = [discord.Embed.from_dict(embed) for embed in embeds]
    components = _unheard(view)
    with used():
        if interaction.response.is_done():
            await interaction.edit_original_response(
                content=text or None, embeds=shown, view=components
            )
        else:
            await interaction.response.edit_message(
                content=text or None, embeds=shown, view=components
            )


def _is_private(interaction: Interaction) -> bool:
    """Whether only its reader sees the message whose component or form was used."""
    message = interaction.message
    return message is not None and message.flags.ephemeral


def _unheard(view: discord.ui.View | None) -> discord.ui.View | None:
    """A view that discord.py sends and forgets: it would listen to each for 15 minutes in a task.

    Clicks are handled all the same: items are dynamic, and registered once for all messages.
    """
    if view is not None:
        view.stop()
    return view


async def complete_nothing(interaction: Interaction) -> None:
    """Answer autocompletion for an option that offers nothing."""
    try:
        with used():
            await interaction.response.autocomplete([])
    except (OutcomeUnknown, discord.HTTPException, *_NO_ANSWER) as failure:
        logger.warning("a completion did not reach Discord: %s", in_short(failure))


async def answer_unreadable(interaction: Interaction) -> None:
    """Answer an interaction that is not as Discord documents it."""
    if interaction.type is discord.InteractionType.autocomplete:
        await complete_nothing(interaction)
    else:
        await answer_error(interaction, UsageError(_UNREADABLE))


async def answer_unknown(interaction: Interaction) -> None:
    """Answer a button, select or form that this version does not have."""
    await answer_error(interaction, UsageError(_UNKNOWN))


async def answer_error(interaction: Interaction, error: Exception) -> None:
    """The one place that tells a user what went wrong: always a sentence, always ephemeral."""
    cause = error.original if isinstance(error, app_commands.CommandInvokeError) else error
    try:
        await reply(interaction, sentence(cause))
    except (OutcomeUnknown, discord.HTTPException, *_NO_ANSWER) as failure:
        # Only the operator can still be told, and a lost answer is logged already.
        level = logging.DEBUG if is_lost(cause) else logging.WARNING
        logger.log(level, "an error could not be answered: %s", in_short(failure))


def is_lost(error: BaseException | None) -> bool:
    """Whether an answer failed on its way to Discord, or arrived too late: not our fault."""
    late = isinstance(error, discord.NotFound) and error.code == _UNKNOWN_INTERACTION
    return late or isinstance(error, (OutcomeUnknown, discord.DiscordServerError, *_NO_ANSWER))


def in_short(error: BaseException) -> str:
    """An error in one line for the log: its type and its message."""
    return plain(f"{type(error).__name__}: {error}".removesuffix(": "), _IN_SHORT)


def _no_topic(name: str) -> str:
    """UnknownTopic's sentence, with the name of the list here; a terminal has another."""
    return f"There is no topic “{name}”. See `/topics`."


def sentence(error: Exception) -> str:
    """What a user is told of an error."""
    if isinstance(error, DatabaseError):
        logger.error("%s", error)
        return "The bot's database does not answer; its operator will find the reason in the log."
    if is_lost(error):
        logger.warning("an answer did not reach Discord: %s", in_short(error))
        return "Discord did not accept the answer; please try again."
    if isinstance(error, BroadsheetError):
        return _escaped(error)
    for kind, words in _SENTENCES.items():
        if isinstance(error, kind):
            return words
    logger.error("a command failed", exc_info=error)
    return "Something went wrong on the bot's side; its operator will find the details in the log."


def _escaped(error: BroadsheetError) -> str:
    """The error's sentence, with a user's text escaped."""
    if isinstance(error, Ambiguous):
        some = "either" if len(error.choices) == 2 else "any"  # noqa: PLR2004 - as the word says
        return f"“{escaped(error.given, _NAME)}” could mean {some} of these. Which one?"
    if isinstance(error, BadValue):
        return f"“{escaped(error.given, _NAME)}” {error.advice.rstrip('.')}."
    if isinstance(error, UnknownFeed):
        return str(UnknownFeed(code(error.url, _ADDRESS)))
    if isinstance(error, ListedFeed):
        return str(ListedFeed(code(error.url, _ADDRESS), error.file))
    if isinstance(error, UnknownTopic):
        name, near = escaped(error.name, _NAME), [escaped(name, _NAME) for name in error.near]
        return str(UnknownTopic(name, near)) if near else _no_topic(name)
    return aside_texts.sentence(error) if isinstance(error, Unreadable) else str(error)
