"""Who operates the bot, as Discord says: the owner of its application, or the team that owns it."""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import discord
from discord import TeamMemberRole, TeamMembershipState

from bot.chat.replies import Interaction, in_short
from bot.chat.rest.requests import used
from bot.errors import OutcomeUnknown, UsageError

logger = logging.getLogger(__name__)

VALID: Final = 300.0
"""For how many seconds Discord's answer is used; whoever left the team is out after that."""
PATIENCE: Final = 1.5
"""Seconds that Discord gets to answer, of the three that it gives the bot for a command."""
_OPERATING: Final = (TeamMemberRole.admin, TeamMemberRole.developer)
"""The roles in a team that may operate its applications; read_only is for payouts and figures."""
_NO_OPERATOR: Final = (
    "Only those who run this bot can do this: its owner at Discord, or their team."
)


@dataclass(frozen=True, slots=True)
class Operators:
    """Ids of users: `owner`, whom the bot tells what it needs, and all who may operate it."""

    owner: int
    all: frozenset[int]


def operators_of(application: discord.AppInfo) -> Operators:
    """The operators of an application. The owner of one that belongs to a team is no person."""
    team = application.team
    if team is None:
        return Operators(application.owner.id, frozenset((application.owner.id,)))
    joined = [one for one in team.members if one.membership_state is TeamMembershipState.accepted]
    owner = team.owner_id or 0
    return Operators(owner, frozenset({owner, *(m.id for m in joined if m.role in _OPERATING)}))


class AskedOperators:
    """The operators, asked for again at most every VALID seconds; if Discord does not answer, those
    that it named last. `now` is in seconds, monotonic.
    """

    def __init__(self, client: discord.Client, now: Callable[[], float] = time.monotonic) -> None:
        self._client, self._now = client, now
        self._asking = asyncio.Lock()
        self._until = float("-inf")
        self._known: Operators | None = None

    async def known(self) -> Operators | None:
        """The operators; None = Discord has never named them, not even at the login."""
        async with self._asking:
            if self._now() >= self._until:
                await self._ask()
                self._until = self._now() + VALID
            return self._known

    async def require(self, interaction: Interaction) -> None:
        """Check that an operator used a command or button. Raises UsageError."""
        if not await self.include(interaction.user.id):
            raise UsageError(_NO_OPERATOR)

    async def include(self, user_id: int) -> bool:
        """Whether a user is an operator."""
        known = await self.known()
        return known is not None and user_id in known.all

    async def _ask(self) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                with used():
                    if self._known is None and self._client.application is not None:
                        self._known = operators_of(self._client.application)
                    self._known = operators_of(await self._client.application_info())
        except (OutcomeUnknown, discord.DiscordException, OSError, TimeoutError) as error:
            logger.warning("Discord does not say who operates the bot: %s", in_short(error))
