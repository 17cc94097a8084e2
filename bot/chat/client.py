"""The bot on Discord: its connection and its commands. It asks for no privileged intent."""

import asyncio
import hashlib
import json
import logging
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager

import aiohttp
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
from bot.chat.identify import GAP, IdentifyBudget, IdentifyLater, refuse_last_sessions
from bot.chat.replies import Interaction, answer_error, in_short, is_lost
from bot.chat.services import Memory, Services
from bot.errors import DiscordUnavailable
from bot.inflight import InFlight
from bot.supervision import DEAD_AFTER, Absence

logger = logging.getLogger(__name__)

discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False  # it never speaks

LONGEST_WAIT = 30.0
"""Seconds discord.py may sleep for a rate limit (the least it accepts); longer ones are ours."""
_SYNCED = "commands_synced"


class _InOneLine(logging.Filter):
    """discord.py logs a completion that fails with its whole traceback, before we see it: where
    the cause is known one line is enough.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if error is not None and is_lost(error):
            record.msg, record.args = "a completion did not reach Discord: %s", (in_short(error),)
            record.levelno, record.levelname = logging.WARNING, "WARNING"
            record.exc_info = None
        return True


logging.getLogger("discord.app_commands.tree").addFilter(_InOneLine())


class _Tree(app_commands.CommandTree["BroadsheetBot"]):
    """The commands; every error of one is answered in one place."""

    async def interaction_check(self, interaction: Interaction) -> bool:
        """Called by discord.py in each command's own task."""
        self.client.in_flight.add(asyncio.current_task())
        return True

    async def on_error(self, interaction: Interaction, error: app_commands.AppCommandError) -> None:
        if interaction.type is discord.InteractionType.autocomplete:
            logger.warning("a completion failed", exc_info=error)
            return
        await answer_error(interaction, error)


class BroadsheetBot(commands.Bot):
    """The client. `memory` remembers which commands Discord has; None = register them always.

    `services` is set before it logs in: they post through this very client. `now` (seconds,
    monotonic) and `sleep` pace its logins. `absence` is that of the gateway, `in_flight` are the
    commands at work.
    """

    services: Services

    def __init__(
        self,
        memory: Memory | None = None,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
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
        self._memory = memory
        self.knows_its_servers = asyncio.Event()
        self._command_ids: Mapping[str, int] = {}
        self._identifies = IdentifyBudget()
        self._now, self._sleep = now, sleep
        self.absence = Absence()
        self.in_flight = InFlight()

    async def setup_hook(self) -> None:
        """Add commands and buttons, and register the commands where they changed."""
        services = self.services
        await self.add_cog(Lookups(services.desk, services.sources))
        await self.add_cog(Following(services.desk, services.subscriptions, services.clock))
        await self.add_cog(_limited(DigestCommands(services)))
        await self.add_cog(Help(lambda: self._command_ids))
        self.add_dynamic_items(*ITEMS)
        self._command_ids = {c.name: c.id for c in await self._sync()}

    async def on_ready(self) -> None:
        """Called by discord.py after every login."""
        self.knows_its_servers.set()

    async def on_connect(self) -> None:
        """Called by discord.py when a session has begun."""
        self.absence.found()

    async def on_resumed(self) -> None:
        """Called by discord.py when a session goes on."""
        self.absence.found()

    async def on_disconnect(self) -> None:
        """Called by discord.py when a connection ends, and when none is to be had."""
        self.absence.lost()

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Called by discord.py before it begins a session, which it allows a minute for.

        Raises IdentifyLater where that is too short, which ends `connect`.
        """
        while wait := self._identifies.take(self._now()):
            if wait > GAP:
                raise IdentifyLater(wait)
            await self._sleep(wait)

    async def keep_connected(self) -> None:
        """Connect, and stay so until the bot is closed, within the budget of sessions.

        Raises what `connect` raises, and DiscordUnavailable.
        """
        while not self.is_closed():
            await self._refuse_last_sessions()
            try:
                await self.connect()
            except IdentifyLater as later:
                logger.warning("the gateway has ended too many sessions: %s", later)
                await self._sleep(later.seconds)
            except AttributeError as error:
                if error.obj is not None:
                    raise
                # discord.py's first try has failed, which is logged, and its second one fails over
                # the connection that there has never been.
                raise DiscordUnavailable("Discord's gateway cannot be reached.") from error

    async def _refuse_last_sessions(self) -> None:
        try:
            _, _, limit = await self.http.get_bot_gateway()
        except (discord.GatewayNotFound, KeyError):
            logger.debug("Discord does not say how many logins are left today")
        else:
            refuse_last_sessions(limit)

    async def _sync(self) -> list[app_commands.AppCommand]:
        """Register the commands if they differ from those registered last, or were deleted."""
        payload = [command.to_dict(self.tree) for command in self.tree.get_commands()]
        text = json.dumps([self.application_id, payload], sort_keys=True)
        wanted = hashlib.sha256(text.encode()).hexdigest()
        if self._memory and await self._memory.read(_SYNCED) == wanted:
            known = await self.tree.fetch_commands()
            if {one.name for one in known} == {one["name"] for one in payload}:
                return known
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


async def stay_connected(bot: BroadsheetBot, token: str) -> None:
    """Log in and stay connected until the bot is closed. Raises DiscordUnavailable, in words.

    discord.py reconnects by itself; what ends here is a login or a session that cannot work, or a
    gateway that stays away.
    """
    with _login_in_words():
        await bot.login(token)
        connected = asyncio.create_task(bot.keep_connected())
        given_up = asyncio.create_task(bot.absence.lasting(DEAD_AFTER))
        try:
            await asyncio.wait((connected, given_up), return_when=asyncio.FIRST_COMPLETED)
            if not connected.done():
                minutes = f"{DEAD_AFTER / 60:.0f} minutes"
                raise DiscordUnavailable(f"Discord's gateway has been away for {minutes}.")
            connected.result()
        finally:
            connected.cancel()
            given_up.cancel()
            await asyncio.gather(connected, given_up, return_exceptions=True)


async def check_token(token: str) -> str:
    """The name of the bot that a token belongs to. Raises DiscordUnavailable."""
    client = discord.Client(intents=discord.Intents.none())
    async with client:
        with _login_in_words():
            user = await client.http.static_login(token)
            return str(user["username"])


@contextmanager
def _login_in_words() -> Iterator[None]:
    try:
        yield
    except discord.LoginFailure as error:
        advice = "reset it in the Developer Portal under Bot, and set DISCORD_TOKEN"
        raise DiscordUnavailable(f"Discord does not accept the token: {advice}.") from error
    except discord.RateLimited as error:
        wait = f"for {error.retry_after:.0f} seconds"
        raise DiscordUnavailable(f"Discord asks to wait {wait}; try again then.") from error
    except discord.HTTPException as error:
        reason = f"Discord answered HTTP {error.status}; try again later."
        raise DiscordUnavailable(reason) from error
    except discord.ConnectionClosed as error:
        raise DiscordUnavailable(f"Discord closed the connection ({error.code}).") from error
    except (aiohttp.ClientError, discord.GatewayNotFound, TimeoutError, OSError) as error:
        advice = "check the network and try again"
        raise DiscordUnavailable(f"Discord cannot be reached ({error}): {advice}.") from error


def use_endpoints(api: str | None, gateway: str | None) -> None:
    """Talk to another Discord, or through a proxy of it. Holds for the whole process.

    Both places must be set: after an invalid session discord.py goes back to the default gateway.
    """
    if api:
        Route.BASE = api
    if gateway:
        DiscordWebSocket.DEFAULT_GATEWAY = URL(gateway)
