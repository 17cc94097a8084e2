"""broadsheet status: the last and the next editions, faults and feeds, in a table."""

import shutil
from datetime import datetime
from typing import Any, Final, NamedTuple

from bot.cli.feeds import Listed, all_listed
from bot.cli.opening import opened
from bot.cli.options import AsJson, ConfigFolder, Database, Seeds, run, settled
from bot.cli.output import note, result, result_json
from bot.delivery.planning import Planner
from bot.digests.status import DigestStatus
from bot.environment import Places
from bot.render.bot_status import digest_record, digests_table, faults, feeds_table
from bot.render.feed_list import feed_record
from bot.render.terminal import FEEDS, counted
from bot.store.opening import holders
from bot.subscriptions.status import Statuses

_DIGESTS: Final = ("digest", "digests")
_NARROWEST, _USUAL = 60, 120
"""How many columns the tables have at least, and if there is no terminal."""


class Found(NamedTuple):
    """How everything is; `processes` are those that run the bot."""

    processes: list[str]
    digests: list[DigestStatus]
    feeds: list[Listed]
    now: datetime


def status(
    as_json: AsJson = False,
    database: Database = None,
    config: ConfigFolder = None,
    seeds: Seeds = None,
) -> None:
    """Show the last and the next editions, faults and feeds; works beside a running bot."""
    places = settled(database, config, seeds)
    found = run(_found(places))
    if as_json:
        result_json(_record(found))
    else:
        width = max(_NARROWEST, shutil.get_terminal_size((_USUAL, 0)).columns)
        result(_text(found, width))
        if not found.digests and not found.feeds:
            note("to begin: broadsheet init, then broadsheet run; to try it: broadsheet sandbox")


async def _found(places: Places) -> Found:
    async with opened(places) as services:
        config = services.config
        planner = Planner(services.database, services.weighing, config.digest, config.delivery)
        return Found(
            holders(places.database),
            await Statuses(services.database, planner).of_all(),
            await all_listed(services),
            services.clock.now(),
        )


def _text(found: Found, width: int) -> str:
    running = ", ".join(found.processes)
    feeds = [(one.settings, one.feed) for one in found.feeds]
    asked = [one.feed for one in found.feeds if one.feed and not one.settings.off]
    return "\n".join(
        (
            f"Bot: {f'running (process {running})' if running else 'not running'}",
            _counted(len(found.digests), _DIGESTS, sum(bool(faults(d)) for d in found.digests)),
            _counted(len(feeds), FEEDS, sum(feed.state.fault is not None for feed in asked)),
            *(["", digests_table(found.digests, found.now, width)] if found.digests else []),
            *(["", feeds_table(feeds, found.now, width)] if feeds else []),
        )
    )


def _counted(count: int, noun: tuple[str, str], faulty: int) -> str:
    """`2 digests, 1 with faults`, or `no digests`."""
    return f"{counted(count, noun)}, {faulty or 'none'} with faults" if count else f"no {noun[1]}"


def _record(found: Found) -> dict[str, Any]:
    return {
        "process": next((int(name.split()[-1]) for name in found.processes), None),
        "processes": found.processes,
        "digests": [digest_record(one) for one in found.digests],
        "feeds": [
            feed_record(one.settings, one.source, one.feed, found.now) for one in found.feeds
        ],
    }
