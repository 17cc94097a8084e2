"""The bot's connection to Discord: logging in, staying, giving up, and every failure in words."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import aiohttp
import discord
from discord.gateway import DiscordWebSocket
from discord.http import Route
from yarl import URL

from bot.chat.client import BroadsheetBot
from bot.chat.identify import IdentifyLater, refuse_last_sessions
from bot.chat.rest import used
from bot.errors import DiscordUnavailable, Unknown
from bot.supervision import DEAD_AFTER

logger = logging.getLogger(__name__)


async def stay_connected(bot: BroadsheetBot, token: str) -> None:
    """Log in and stay connected until the bot is closed. Raises DiscordUnavailable, in words.

    discord.py reconnects by itself; what ends here is a login or a session that cannot work, or a
    gateway that stays away.
    """
    with _login_in_words():
        with used():
            await bot.login(token)
        connected = asyncio.create_task(_keep_connected(bot))
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


async def _keep_connected(bot: BroadsheetBot) -> None:
    """Connect, and stay so until the bot is closed, within the budget of sessions.

    Raises what `connect` raises, and DiscordUnavailable.
    """
    while not bot.is_closed():
        await _refuse_last_sessions(bot)
        try:
            await bot.connect()
        except IdentifyLater as later:
            logger.warning("the gateway has ended too many sessions: %s", later)
            await bot.sleep(later.seconds)
        except AttributeError as error:
            if error.obj is not None:
                raise
            # discord.py's first try has failed, which is logged, and its second one fails over
            # the connection that there has never been.
            raise DiscordUnavailable("Discord's gateway cannot be reached.") from error


async def _refuse_last_sessions(bot: BroadsheetBot) -> None:
    try:
        _, _, limit = await bot.http.get_bot_gateway()
    except (discord.GatewayNotFound, LookupError, TypeError, ValueError):
        logger.debug("Discord does not say how many logins are left today")
    else:
        refuse_last_sessions(limit)


async def check_token(token: str) -> str:
    """The name of the bot that a token belongs to. Raises DiscordUnavailable."""
    client = discord.Client(intents=discord.Intents.none())
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
        wait = f"for {error.retry_after:.0f} seconds"
        raise DiscordUnavailable(f"Discord asks to wait {wait}; try again then.") from error
    except discord.HTTPException as error:
        reason = f"Discord answered HTTP {error.status}; try again later."
        raise DiscordUnavailable(reason) from error
    except Unknown as error:
        raise DiscordUnavailable(f"{error}; try again later.") from error
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
