"""broadsheet feeds list, add, remove, on, off, refresh: the feeds that a bot asks for news.

These write rows only. The bot asks feeds, at its own pace.
"""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Final, NamedTuple, TypeVar

import typer

from bot.app.services import Services, feeds_of
from bot.cli.opening import is_new, opened
from bot.cli.options import AsJson, ConfigFolder, Database, Seeds, run, settled
from bot.cli.output import note, result, result_json
from bot.cli.starter import names_in
from bot.clock import SystemClock
from bot.config import FEEDS_FILE, FeedsConfig, load_config
from bot.environment import Places
from bot.library.feeds import sorted_out
from bot.render.feed_list import feed_record, feed_text
from bot.render.terminal import FEEDS, counted
from bot.stories.feeds import Feed, FeedSettings

BY_COMMAND: Final = "broadsheet feeds"
"""Who adds feeds in a terminal."""

_T = TypeVar("_T")
_Url = Annotated[str, typer.Argument(metavar="URL", help="A feed's address")]


class Listed(NamedTuple):
    """A feed of the list; `feed` None = the file has it, and no bot has read that yet."""

    settings: FeedSettings
    source: str
    feed: Feed | None


def list_feeds(
    as_json: AsJson = False,
    database: Database = None,
    config: ConfigFolder = None,
    seeds: Seeds = None,
) -> None:
    """List the feeds: where each comes from, and how it is."""
    found, now = run(every_feed(settled(database, config, seeds))), SystemClock().now()
    if as_json:
        records = [feed_record(one.settings, one.source, one.feed, now) for one in found]
        result_json({"feeds": records})
    elif found:
        result("\n".join(feed_text(one.settings, one.source, one.feed, now) for one in found))
    else:
        note("no feeds; add one with `broadsheet feeds add URL`, or some with `feeds starter`")


async def every_feed(places: Places) -> list[Listed]:
    """`all_listed`; without a database, of which none is made, the feeds of the file."""
    if is_new(places.database):
        config = load_config(places.config)
        return _with_file((), places.config / FEEDS_FILE, config.feeds)
    async with opened(places, new=True) as services:
        return await all_listed(services)


async def all_listed(services: Services) -> list[Listed]:
    """The feeds of the database, then those of the file that no bot has read yet."""
    stored = await services.feeds.listed()
    return _with_file(stored, services.places.config / FEEDS_FILE, services.config.feeds)


def _with_file(stored: Sequence[Feed], file: Path, listed: FeedsConfig) -> list[Listed]:
    known = {feed.key for feed in stored}
    return [
        *(Listed(one.settings, _source(one, str(file)), one) for one in stored),
        *(
            Listed(one.settings, str(file), None)
            for one in sorted_out(feeds_of(listed)).usable
            if one.key not in known
        ),
    ]


def _source(feed: Feed, file: str) -> str:
    if feed.listed:
        return file
    return f"{file}, which no longer lists it" if feed.added_by == file else feed.added_by


def add(
    url: Annotated[str, typer.Argument(metavar="URL", help="A feed, or a page that names one")],
    topics: Annotated[
        str, typer.Option(metavar="TOPIC,...", help="What all of its stories are about")
    ] = "",
    provider: Annotated[str | None, typer.Option(metavar="NAME", help="Who publishes it")] = None,
    tier: Annotated[
        int | None, typer.Option(min=1, max=5, help="How good its stories are; 1 is best")
    ] = None,
    language: Annotated[str | None, typer.Option(metavar="TAG", help="Such as en")] = None,
    database: Database = None,
    config: ConfigFolder = None,
    seeds: Seeds = None,
) -> None:
    """Add a feed, or a page that names one; or change the settings of one that was added."""
    places = settled(database, config, seeds)
    settings = FeedSettings(url, provider, tuple(names_in(topics)), tier, language)
    result(run(using_services(places, lambda services: _add(services, settings), [url])))
    if not settings.topics:
        note("it has no topic of its own; to give all of its stories one: --topics")


async def _add(services: Services, settings: FeedSettings) -> str:
    """What was done; nothing to a known feed, unless something is said of it."""
    known = await services.feeds.find(settings.url)
    if known and settings == FeedSettings(settings.url):
        return f"{settings.url} is in the list already"
    topics = tuple(await services.queries.spelled(settings.topics))
    await services.feeds.add(replace(settings, topics=topics), BY_COMMAND)
    done = "changed" if known else "added"
    return f"{done} {settings.url}; a running bot asks it within a minute"


def remove(
    url: _Url, database: Database = None, config: ConfigFolder = None, seeds: Seeds = None
) -> None:
    """Remove a feed and withdraw what only it told; one of config/feeds.yaml is removed there."""
    places = settled(database, config, seeds)
    run(using_services(places, lambda services: services.feeds.remove(url), [url]))
    result(f"removed {url}")


def on(
    url: _Url, database: Database = None, config: ConfigFolder = None, seeds: Seeds = None
) -> None:
    """Ask a feed again that was switched off."""
    places = settled(database, config, seeds)
    run(using_services(places, lambda services: services.feeds.switch(url, on=True), [url]))
    result(f"on {url}; a running bot asks it within a minute")


def off(
    url: _Url, database: Database = None, config: ConfigFolder = None, seeds: Seeds = None
) -> None:
    """Ask a feed no longer, also one of config/feeds.yaml; its stories stay."""
    places = settled(database, config, seeds)
    run(using_services(places, lambda services: services.feeds.switch(url, on=False), [url]))
    result(f"off {url}")


def refresh(
    urls: Annotated[
        list[str] | None, typer.Argument(metavar="URL", help="Feeds; default: all that are on")
    ] = None,
    database: Database = None,
    config: ConfigFolder = None,
    seeds: Seeds = None,
) -> None:
    """Have feeds asked now, before their time, by a running bot."""
    places = settled(database, config, seeds)
    due = run(
        using_services(places, lambda services: services.feeds.refresh(urls or []), urls or [])
    )
    asked = "" if due == 0 else "; a running bot asks within a minute"
    result(f"{counted(due, FEEDS)} due{asked}")


async def using_services(
    places: Places, work: Callable[[Services], Awaitable[_T]], urls: Collection[str] = ()
) -> _T:
    """Do something with the list of feeds. Those at `urls` may be in the file, and not read yet."""
    async with opened(places, new=True) as services:
        await services.feeds.use_of_file(feeds_of(services.config.feeds), urls)
        return await work(services)
