"""The bot's connection to Discord: login, staying connected, giving up, and failures in words."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

import aiohttp
import discord
from discord.backoff import ExponentialBackoff
from discord.gateway import DiscordWebSocket
from discord.http import Route
from yarl import URL

from bot.chat.gateway.client import LONGEST_WAIT, BroadsheetBot
from bot.chat.gateway.identify import Sessions
from bot.chat.rest.requests import seconds, used
from bot.errors import DiscordUnavailable, OutcomeUnknown
from bot.store.membership import Membership
from bot.supervision import DEAD_AFTER

logger = logging.getLogger(__name__)

_LOOKS: Final = 10
"""How often, within DEAD_AFTER, the bot checks whether a shard is away."""


async def stay_connected(bot: BroadsheetBot, token: str, member: Membership) -> None:
    """Log in and stay connected until the bot is closed, with the shards that the process is given.
    Raises DiscordUnavailable, in words.

    discord.py reconnects by itself; this ends if a login or a session cannot work, or if the
    gateway stays away from all shards. If it stays away from some, they are reconnected.
    """
    with _login_in_words():
        with used():
            await bot.login(token)
        sessions = await _sessions(bot)
        bot.expect(replace(sessions, shards=await member.agree(sessions.shards)))
        await member.run_shards(bot.use_shards)
        connected = asyncio.create_task(bot.connect())
        given_up = asyncio.create_task(bot.absences.lasting(DEAD_AFTER))
        renewing = asyncio.create_task(_renew_shards(bot))
        try:
            await asyncio.wait((connected, given_up), return_when=asyncio.FIRST_COMPLETED)
            if not connected.done():
                minutes = f"{DEAD_AFTER / 60:.0f} minutes"
                raise DiscordUnavailable(f"Discord's gateway has been away for {minutes}.")
            connected.result()
        finally:
            connected.cancel()
            given_up.cancel()
            renewing.cancel()
            await asyncio.gather(connected, given_up, renewing, return_exceptions=True)


async def _sessions(bot: BroadsheetBot) -> Sessions:
    """How the bot may begin its sessions. Discord is asked until it answers, since nothing works
    with too few shards. Raises DiscordUnavailable if it never answers or too few are left.
    """
    backoff = ExponentialBackoff()
    while bot.absences.seconds() < DEAD_AFTER:
        if sessions := await _sessions_said(bot):
            sessions.refuse_the_last()
            return sessions
        wait = min(backoff.delay(), LONGEST_WAIT)
        text = "Discord does not say how to connect to its gateway: asked again in %.0f seconds"
        logger.warning(text, wait)
        await bot.sleep(wait)
    minutes = f"{DEAD_AFTER / 60:.0f} minutes"
    raise DiscordUnavailable(f"Discord has not said for {minutes} how to connect to its gateway.")


async def _sessions_said(bot: BroadsheetBot) -> Sessions | None:
    """Discord's answer about sessions; None = it is not usable."""
    try:
        shards, _, limit = await bot.http.get_bot_gateway()
        return Sessions.of({"shards": shards, "session_start_limit": limit})
    except discord.GatewayNotFound as error:
        # The server is not Discord and has no such limit.
        return Sessions() if isinstance(error.__cause__, discord.NotFound) else None
    except (LookupError, TypeError, ValueError):
        return None


async def _renew_shards(bot: BroadsheetBot) -> None:
    """Reconnect shards that stay away while others are connected, and log it each time."""
    renewed: dict[int, int] = {}
    while True:
        await asyncio.sleep(DEAD_AFTER / _LOOKS)
        times = {one: int(gone / DEAD_AFTER) for one, gone in bot.absences.away().items()}
        for shard_id, count in times.items():
            if count > renewed.get(shard_id, 0):
                text = "shard %d of %d has been away for %.0f minutes: its servers get nothing"
                logger.warning(text, shard_id, bot.shard_count, count * DEAD_AFTER / 60)
                if shard := bot.get_shard(shard_id):
                    await shard.reconnect()
        renewed = times


async def check_token(token: str) -> str:
    """The name of the bot that a token belongs to. Raises DiscordUnavailable."""
    client = discord.Client(intents=discord.Intents(guilds=True))  # without, it warns
    async with client:
        with _login_in_words():
            user = await client.http.static_login(token)
            with used():
                return str(user["username"])


@contextmanager
def _login_in_words() -> Iterator[None]:
    try:
        yield
    except discord.LoginFailure as error:
        advice = "reset it in the Developer Portal under Bot, and set DISCORD_TOKEN"
        raise DiscordUnavailable(f"Discord does not accept the token: {advice}.") from error
    except discord.RateLimited as error:
        wait = seconds(error.retry_after)
        text = "; try again later" if wait is None else f" for {wait:.0f} seconds; try again then"
        raise DiscordUnavailable(f"Discord asks to wait{text}.") from error
    except discord.HTTPException as error:
        reason = f"Discord answered HTTP {error.status}; try again later."
        raise DiscordUnavailable(reason) from error
    except OutcomeUnknown as error:
        raise DiscordUnavailable(f"{error}; try again later.") from error
    except discord.ConnectionClosed as error:
        raise DiscordUnavailable(f"Discord closed the connection ({error.code}).") from error
    except (aiohttp.ClientError, discord.GatewayNotFound, TimeoutError, OSError) as error:
        advice = "check the network and try again"
        raise DiscordUnavailable(f"Discord cannot be reached ({error}): {advice}.") from error


def use_endpoints(api: str | None, gateway: str | None) -> None:
    """Use another Discord, or a proxy of it, in the whole process.

    Both must be set: after an invalid session discord.py goes back to the default gateway.
    """
    if api:
        Route.BASE = api
    if gateway:
        DiscordWebSocket.DEFAULT_GATEWAY = URL(gateway)
