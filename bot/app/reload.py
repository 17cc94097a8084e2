"""Reads config/ again while the bot runs."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext

from bot.app.housekeeping import rescan
from bot.app.online import Online
from bot.app.services import Services, feeds_of, trackers_of
from bot.config import DEFAULT_CONFIG, Config, load_config, unmade
from bot.errors import ConfigError

logger = logging.getLogger(__name__)


async def reload(services: Services, bot: Online) -> None:
    """Read config/ again and use it from now on. Raises ConfigError, and then the old one stays.

    The changes are logged. If trackers changed, stories that now share an address are merged before
    anything more is planned. A rescan, beside the ticks, does the rest; of several processes the
    one that leads does both. Raises DatabaseError.
    """
    if unmade(
        services.places.config, DEFAULT_CONFIG
    ):  # at startup that means our defaults; here it is gone
        raise ConfigError(str(services.places.config), "", "no such folder; put it back")
    config = await asyncio.to_thread(load_config, services.places.config)
    changed = [name for name in Config.model_fields if _differs(config, services.config, name)]
    logger.info("config/ was reloaded; changed: %s", ", ".join(changed) or "nothing")
    leads = bot.member.leads()
    readdressed = leads and config.trackers != services.config.trackers
    # A load that is under way still uses the old trackers.
    idle = services.ingestion.loading if readdressed else nullcontext()
    async with idle, services.planning:
        services.configure(config)
        bot.bot.services.sources = config.digest.sources
        bot.delivery.recovery.trackers = trackers_of(config)
        await bot.delivery.configure(config)
        bot.feed_client.use_contact(config.feeds.contact)
        if readdressed:
            await services.ingestion.rules.readdress_if_changed()
        await services.feeds.use_file(feeds_of(config.feeds))
    if leads:
        await rescan(services)


def _differs(one: Config, other: Config, section: str) -> bool:
    return bool(getattr(one, section) != getattr(other, section))


@asynccontextmanager
async def reloading(services: Services, bot: Online, asked: asyncio.Event) -> AsyncIterator[None]:
    """A block during which config/ is read again whenever `asked` is set."""

    async def reloads() -> None:
        while True:
            await asked.wait()
            asked.clear()
            try:
                await reload(services, bot)
            except ConfigError as error:
                logger.warning("config/ was not reloaded: %s", error)
            except Exception:
                logger.exception("config/ was only partly reloaded")

    task = asyncio.create_task(reloads())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
