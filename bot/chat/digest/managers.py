"""/digest managers: the role whose members may manage the digests of channels."""

from typing import Final

import discord
from discord import app_commands
from discord.app_commands import Choice

from bot.chat import permissions
from bot.chat.completions import word_choices
from bot.chat.digest import roles
from bot.chat.digest.set_value import SettingCog
from bot.chat.digest.undo import change_view
from bot.chat.replies import Interaction, reply
from bot.errors import UsageError

_NOBODY: Final = "Only those with Manage Channels or Manage Server manage digests."
_EVERYONE: Final = "That would be everyone; choose a role of few members."
_GONE: Final = (
    "⚠️ The role that manages digests does not exist any more; name another: `/digest managers`."
)
_SHOWN: Final = (
    "Discord does not show them `/digest` by itself: allow it for the role in Server Settings,"
    " under Integrations."
)


class Managers(SettingCog):
    """The command."""

    @app_commands.command(description="Let a role manage the digests of the channels it sees")
    @app_commands.describe(role="The role, or none")
    async def managers(self, interaction: Interaction, role: str) -> None:
        """Set the role."""
        guild_id = await permissions.require(interaction, "digest managers")
        chosen = _role(interaction, role)
        await interaction.response.defer(ephemeral=True)
        role_id = chosen.id if chosen else None
        by = interaction.user.id
        change_id = await self.services.settings.set_managers(guild_id, role_id, by=by)
        text = _NOBODY if chosen is None else _answer(chosen)
        await reply(interaction, text, view=change_view(change_id))

    @managers.autocomplete("role")
    async def _roles(self, interaction: Interaction, typed: str) -> list[Choice[str]]:
        if not await permissions.may_type(interaction, "digest managers"):
            return []
        found = [one.name for one in reversed(roles.server(interaction).roles)]
        return word_choices((roles.NONE, *found[:-1]), typed)


def managers_told(client: discord.Client, guild_id: int, role_id: int) -> str:
    """A line about the role that manages digests."""
    guild = client.get_guild(guild_id)
    if guild is not None and guild.get_role(role_id) is None:
        return _GONE
    return f"<@&{role_id}> may manage the digests of the channels that it sees."


def _role(interaction: Interaction, text: str) -> discord.Role | None:
    """The role that a user entered; None = none. Raises UsageError."""
    if text.strip().lower() == roles.NONE:
        return None
    role = roles.named(interaction, text)
    if role.is_default():
        raise UsageError(_EVERYONE)
    return role


def _answer(role: discord.Role) -> str:
    return (
        f"Members with {role.mention} may now do in the channels that they see what Manage Channels"
        f" allows: `/digest` and `/subscribe`. {_SHOWN}"
    )
