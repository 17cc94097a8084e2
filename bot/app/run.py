"""Runs the bot on Discord, from start to end."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from bot import garbage
from bot.app.housekeeping import rescan
from bot.app.online import end_of, online
from bot.app.reload import reloading
from bot.app.services import Services, open_services
from bot.config import folder_read
from bot.database_url import DatabaseAddress
from bot.environment import DiscordAccount, Places
from bot.store import facts
from bot.store.database import Database
from bot.store.membership import ALONE, Membership
from bot.store.opening import joined, one_of_the_bots_on, only_bot_on
from bot.store.sqlite.faults import DamageCheck
from bot.systemd import Systemd

logger = logging.getLogger(__name__)

FIRST_SCAN_PATIENCE: Final = 1.0
"""Seconds that the bot waits for new story files before it comes online."""


CHECK_PATIENCE: Final = 0.5
"""Seconds that the bot waits for the check of its database before it goes on without it."""


async def run(
    places: Places, account: DiscordAccount, reloads: asyncio.Event | None = None
) -> None:
    """Run the bot on Discord until it is cancelled or the connection ends for good. Whenever
    `reloads` is set, config/ is read again.

    Raises DatabaseError (also if a bot runs on that file already, or others have taken its place),
    ConfigError for shards of another process, and DiscordUnavailable.
    """
    garbage.share_one_pool()
    log_places(places)
    systemd = Systemd()
    with one_of_the_bots_on(places.database):
        async with (
            open_services(places) as services,
            undamaged(places.database),
            joined(services.database, account.shards) as member,
            _readdressed(services, member),
            _first_scan(services, member),
            online(services, account, _Facts(services.database), member=member) as bot,
            systemd.watching(),
            reloading(services, bot, reloads or asyncio.Event()),
        ):
            garbage.look_seldom()
            status = f"online as {bot.bot.user}; servers: {len(bot.bot.guilds)}"
            logger.info("%s", status)
            systemd.tell("READY=1", f"STATUS={status}")
            await end_of(bot.connection)


async def run_once(places: Places, account: DiscordAccount) -> None:
    """Load story files, ask the feeds that are due, group what is new, post what is due, and end.

    Raises as `run`; the first error of the work, after all of it.
    """
    garbage.share_one_pool()
    log_places(places)
    with only_bot_on(places.database):
        async with (
            open_services(places) as services,
            undamaged(places.database),
            _readdressed(services, ALONE),
            online(services, account, _Facts(services.database), at_work=False) as bot,
        ):
            await bot.jobs.run_once()


@asynccontextmanager
async def undamaged(database: DatabaseAddress) -> AsyncIterator[None]:
    """A block that ends with DatabaseError when the database is found to be damaged.

    The check is over before the block begins, unless the database is so large (some hundred MB)
    that it takes longer than CHECK_PATIENCE: then it continues in its thread, beside the block, and
    is broken off at the block's end, which does not wait for it.
    """
    if not isinstance(database, Path):  # its server checks its own files
        yield
        return
    here, damage = asyncio.current_task(), DamageCheck(database)
    check = asyncio.create_task(asyncio.to_thread(damage.refuse_damage))
    await asyncio.wait((check,), timeout=CHECK_PATIENCE)
    if check.done():
        check.result()
    check.add_done_callback(lambda done: _failed(done) and here and here.cancel())
    try:
        yield
    except asyncio.CancelledError:
        if _failed(check):
            check.result()
        raise
    finally:
        check.cancel()
        damage.break_off()


def _failed(task: "asyncio.Task[None]") -> bool:
    return task.done() and not task.cancelled() and task.exception() is not None


@asynccontextmanager
async def _readdressed(services: Services, member: Membership) -> AsyncIterator[None]:
    """Recompute addresses if the trackers changed, before anything is planned."""
    if member.leads():
        await services.ingestion.rules.readdress_if_changed()
    yield


@asynccontextmanager
async def _first_scan(services: Services, member: Membership) -> AsyncIterator[None]:
    """The first rescan. Few new files are loaded before the first answer; many do not delay it."""
    if not member.leads():
        yield
        return
    scan = asyncio.create_task(rescan(services))
    try:
        await asyncio.wait((scan,), timeout=FIRST_SCAN_PATIENCE)
        if scan.done():
            scan.result()
        scan.add_done_callback(_log_failure)
        yield
    finally:
        scan.cancel()
        await asyncio.gather(scan, return_exceptions=True)


def _log_failure(scan: "asyncio.Task[None]") -> None:
    if not scan.cancelled() and scan.exception():
        logger.error("the first rescan failed: %s", scan.exception())


def log_places(places: Places) -> None:
    """Log which files are used."""
    logger.info("database %s, seeds %s, config %s", places.database, places.seeds, places.config)
    if folder_read(places.config) != places.config:
        text = "%s does not exist: using the defaults in %s; broadsheet init writes a copy to edit"
        logger.info(text, places.config, folder_read(places.config))


class _Facts:
    """The bot's memory, in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(self, name: str) -> str | None:
        async with self._database.reading() as db:
            return await facts.read_fact(db, name)

    async def write(self, name: str, value: str) -> None:
        async with self._database.writing() as db:
            await facts.write_fact(db, name, value)
