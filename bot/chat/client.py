"""The bot on Discord: its connection and its commands. It asks for no privileged intent."""

import hashlib
import json
import logging
from collections.abc import Mapping

import discord
from discord import app_commands
from discord.ext import commands
from discord.gateway import DiscordWebSocket
from discord.http import Route
from yarl import URL

from bot.chat.buttons import ITEMS
from bot.chat.commands.digest import DigestCommands
from bot.chat.commands.following import Following
from bot.chat.commands.help import Help
from bot.chat.commands.lookups import Lookups
from bot.chat.replies import Interaction, answer_error
from bot.chat.services import Memory, Services

logger = logging.getLogger(__name__)

LONGEST_WAIT = 30.0
"""Seconds discord.py may sleep for a rate limit (the least it accepts); longer ones are ours."""
_SYNCED = "commands_synced"


class _Tree(app_commands.CommandTree["BroadsheetBot"]):
    """The commands; every error of one is answered in one place."""

    async def on_error(self, interaction: Interaction, error: app_commands.AppCommandError) -> None:
        if interaction.type is discord.InteractionType.autocomplete:
            logger.warning("a completion failed", exc_info=error)
            return
        await answer_error(interaction, error)


class BroadsheetBot(commands.Bot):
    """The client. `memory` remembers which commands Discord has; None = register them always."""

    def __init__(self, services: Services, memory: Memory | None = None) -> None:
        super().__init__(
            command_prefix=commands.when_mentioned,
            help_command=None,
            tree_cls=_Tree,
            intents=discord.Intents(guilds=True),
            allowed_mentions=discord.AllowedMentions.none(),
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            max_messages=None,
            max_ratelimit_timeout=LONGEST_WAIT,
        )
        self.services = services
        self._memory = memory
        self._command_ids: Mapping[str, int] = {}

    async def setup_hook(self) -> None:
        """Add commands and buttons, and register the commands where they changed."""
        services = self.services
        await self.add_cog(Lookups(services.desk, services.sources))
        await self.add_cog(Following(services.desk, services.subscriptions, services.clock))
        await self.add_cog(_limited(DigestCommands(services)))
        await self.add_cog(Help(lambda: self._command_ids))
        self.add_dynamic_items(*ITEMS)
        self._command_ids = {c.name: c.id for c in await self._sync()}

    async def _sync(self) -> list[app_commands.AppCommand]:
        """Register the commands if they differ from those registered last."""
        payload = [command.to_dict(self.tree) for command in self.tree.get_commands()]
        text = json.dumps([self.application_id, payload], sort_keys=True)
        wanted = hashlib.sha256(text.encode()).hexdigest()
        if self._memory and await self._memory.read(_SYNCED) == wanted:
            return await self.tree.fetch_commands()
        synced = await self.tree.sync()
        if self._memory:
            await self._memory.write(_SYNCED, wanted)
        logger.info("registered %d commands", len(synced))
        return synced


def _limited(cog: DigestCommands) -> DigestCommands:
    """The group is offered to those with Manage Server in servers; subcommands cannot say it."""
    group = cog.app_command
    assert isinstance(group, app_commands.Group)  # noqa: S101 - a GroupCog has one
    group.default_permissions = discord.Permissions(manage_guild=True)
    group.guild_only = True
    return cog


def use_endpoints(api: str | None, gateway: str | None) -> None:
    """Talk to another Discord, or through a proxy of it. Holds for the whole process.

    Both places must be set: after an invalid session discord.py goes back to the default gateway.
    """
    if api:
        Route.BASE = api
    if gateway:
        DiscordWebSocket.DEFAULT_GATEWAY = URL(gateway)
