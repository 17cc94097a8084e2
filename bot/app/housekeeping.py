"""The jobs besides delivery: rescan, group, prune, back up, count words; and their logs."""

import asyncio
import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import Final

from bot import garbage
from bot.app.services import Services
from bot.config import DEFAULT_SEEDS, unmade
from bot.delivery.presence import Presence
from bot.errors import MassWithdrawal
from bot.library import snapshot
from bot.library.report import IngestReport
from bot.library.sweep import Sweep
from bot.origins.outcomes import Rejection
from bot.render.terminal import STORIES, counted
from bot.store.membership import Membership
from bot.store.sqlite.copying import back_up_daily

logger = logging.getLogger(__name__)

RECENT: Final = timedelta(days=14)
"""Stories that an edition may take, and those around them."""
PATIENCE: Final = 120.0
"""How many seconds a rescan groups older stories before it leaves the rest to the next."""


async def rescan(services: Services) -> None:
    """Load new files of the seeds folder; each version of a rejected file is logged once."""
    if unmade(services.places.seeds, DEFAULT_SEEDS):
        logger.warning(
            "%s does not exist, so no story files are read from it", services.places.seeds
        )
        return
    try:
        report = await services.ingestion.rescan()
    except MassWithdrawal as error:
        logger.warning("%s", error)
        return
    services.use(services.ingestion.rules.ranking)  # with the counts of words of now
    new = await asyncio.to_thread(services.rejected.new, report.rejections)
    log_report(report, new)
    await group_older(services)


async def ask_feeds(services: Services, sweep: Sweep, only: Collection[int] | None = None) -> None:
    """Ask the feeds that are due, or `only` these, and load what they give."""
    report = await sweep.run(only)
    services.use(services.ingestion.rules.ranking)  # with the counts of words of now
    if report.asked:
        logger.debug("feeds asked: %d, of which %d failed", report.asked, len(report.failed))
    if report.new or report.changed:
        logger.info("loaded %d new and %d changed items of feeds", report.new, report.changed)
        garbage.look_now()


async def group_recent(services: Services) -> None:
    """Before an edition is planned: group what it may take of a database without events."""
    await services.ingestion.group_left(services.clock.now() - RECENT)


async def group_broken_off(services: Services) -> None:
    """When it begins to lead: group recent stories that an end of the process, or of the one that
    led before, left between their writing and their grouping.
    """
    await services.ingestion.group_left(services.clock.now() - RECENT, broken_off=None)


async def group_older(services: Services) -> None:
    """Group the older stories of a database without events, a while at a time."""
    end = monotonic() + PATIENCE
    await services.ingestion.group_left(until=lambda: monotonic() > end)


async def count_words(services: Services) -> None:
    """Count the words of the archive if a week has passed, and rank its latest stories by that."""
    now = services.clock.now()
    async with services.database.reading() as db:
        if not await snapshot.is_due(db, now):
            return
    rules = services.ingestion.rules.ranking
    await snapshot.find_boilerplate(services.database, rules.junk.boilerplate)
    found = await snapshot.take(services.database, now)
    services.use(replace(rules, frequencies=found))
    await snapshot.rank_latest(services.database, services.ingestion.rules.ranking, now)
    logger.info("words counted in %s", counted(found.articles, STORIES))


async def prune(
    services: Services, presence: Presence, knows: Callable[[int], bool], member: Membership
) -> None:
    """Prune stories that are too old to be kept, if this process leads, and the data of servers and
    channels that are gone, if the bot knows by id whether it is in them. Without a plausible clock
    nothing is pruned.
    """
    if not await services.plausibility.holds():
        return
    await presence.purge(knows)
    if not member.leads():
        return
    await services.feeds.forget_unseen()
    pruned = await services.retention.prune()
    if pruned:
        logger.info("stories pruned: %d, older than %s", pruned, services.retention.keep)


async def backup(services: Services) -> None:
    """Make this day's copy of the database if it is missing, and log it. While the clock is not
    plausible no older copy is deleted. A server has backups of its own.
    """
    if not isinstance(services.places.database, Path):
        return
    keep, path, now = (
        services.config.archive.backups,
        services.places.database,
        services.clock.now(),
    )
    rotate = await services.plausibility.holds()
    made = await asyncio.to_thread(back_up_daily, path, now, keep, rotate=rotate)
    if made:
        logger.info("backup %s", made)


def log_report(report: IngestReport, new: Sequence[Rejection]) -> None:
    """Log what a load did, if it did anything; `new` rejections are named, the others counted."""
    if report.new or report.changed:
        text = "loaded %d new and %d changed story files"
        logger.info(text, report.new, report.changed)
    if report.without_topics:
        text = "story files without topics, whose stories never appear in a digest: %d"
        logger.warning(text, report.without_topics)
    if report.withdrawn:
        logger.info("stories withdrawn because their files are gone: %d", report.withdrawn)
    for line in report.disagreements():
        logger.warning("%s", line)
    for rejection in new:
        logger.warning("rejected %s: %s", rejection.file, rejection.sentence)
    if before := len(report.rejections) - len(new):
        logger.info("still rejected, unchanged: %d", before)
