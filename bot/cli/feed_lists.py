"""broadsheet feeds import, export, starter: lists of feeds, as files and by topic."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from bot.app.services import Services
from bot.cli.feeds import BY_COMMAND, Listed, every_feed, using_services
from bot.cli.files import write_whole
from bot.cli.library import SOME_REJECTED
from bot.cli.options import AsJson, ConfigFolder, Database, Seeds, run, settled
from bot.cli.output import note, result, result_json
from bot.cli.starter import names_in, starter_feeds, together
from bot.errors import BadValue, UsageError
from bot.library.feeds import key_of_feed, named
from bot.origins.feeds.opml import MAX_BYTES, Subscription, read_opml, write_opml
from bot.render.feed_list import starter_record, starter_text
from bot.render.terminal import FEEDS, counted
from bot.store.feeds import NewFeed
from bot.stories.feeds import FeedSettings
from bot.stories.text import slug

TITLE = "Broadsheet's feeds"


class Sorted(NamedTuple):
    """The feeds of a list: new ones, addresses that are there already or come twice, and addresses
    that are none, with the reason.
    """

    new: list[NewFeed]
    twice: list[str]
    rejected: list[tuple[str, str]]


def import_feeds(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An OPML file of another reader")],
    as_json: AsJson = False,
    database: Database = None,
    config: ConfigFolder = None,
    seeds: Seeds = None,
) -> None:
    """Add the feeds of an OPML file; its folders become topics, its titles providers."""
    places = settled(database, config, seeds)
    with file.open("rb") as given:
        entries = read_opml(given.read(MAX_BYTES + 1))
    found = run(using_services(places, lambda services: _import(services, entries)))
    for url in found.twice:
        note(f"there already: {url}")
    for url, reason in found.rejected:
        note(f"rejected {url}: {reason}")
    if as_json:
        result_json(_import_record(found))
    else:
        result(
            f"{counted(len(found.new), FEEDS)} added, {len(found.twice)} there already,"
            f" {len(found.rejected)} rejected"
        )
    if found.twice or found.rejected:
        raise typer.Exit(SOME_REJECTED)


async def _import(services: Services, entries: Sequence[Subscription]) -> Sorted:
    folders = [*dict.fromkeys(folder for entry in entries for folder in entry.folders)]
    topics = dict(zip(folders, await services.queries.spelled(folders), strict=True))
    found = _sorted(entries, topics, {one.key for one in await services.feeds.listed()})
    await services.feeds.add_new(found.new, BY_COMMAND)
    return found


def _sorted(entries: Sequence[Subscription], topics: Mapping[str, str], known: set[str]) -> Sorted:
    found = Sorted([], [], [])
    for entry in entries:
        try:
            feed = named(_settings(entry, topics))
        except BadValue as error:
            found.rejected.append((entry.url, error.advice))
            continue
        if feed.key in known:
            found.twice.append(entry.url)
        else:
            known.add(feed.key)
            found.new.append(feed)
    return found


def _settings(entry: Subscription, topics: Mapping[str, str]) -> FeedSettings:
    title = "" if entry.title == entry.url else entry.title  # OPML has no feed without a title
    about = dict.fromkeys(topics[folder] for folder in entry.folders if slug(folder))
    return FeedSettings(entry.url, title or None, tuple(about))


def _import_record(found: Sorted) -> dict[str, object]:
    return {
        "added": [one.settings.url for one in found.new],
        "known": found.twice,
        "rejections": [{"url": url, "reason": reason} for url, reason in found.rejected],
    }


def export_feeds(
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="Default: standard output")
    ] = None,
    database: Database = None,
    config: ConfigFolder = None,
    seeds: Seeds = None,
) -> None:
    """Write the feeds as OPML, which other readers open."""
    places = settled(database, config, seeds)
    if file and file.exists():
        raise UsageError(f"{file} already exists; name another file.")
    text = write_opml([_subscription(one) for one in run(every_feed(places))], TITLE)
    if file:
        write_whole(file, text)
        result(str(file))
    else:
        result(text.rstrip("\n"))


def _subscription(one: Listed) -> Subscription:
    title = one.settings.provider or (one.feed.title if one.feed else "")
    url = one.feed.state.url if one.feed else one.settings.url
    return Subscription(url, title, one.settings.topics)


def starter(
    topics: Annotated[
        list[str] | None, typer.Argument(metavar="TOPIC", help="Add those of these topics")
    ] = None,
    as_json: AsJson = False,
    database: Database = None,
    config: ConfigFolder = None,
    seeds: Seeds = None,
) -> None:
    """List feeds to begin with, by topic; add those of the topics that are named."""
    places = settled(database, config, seeds)
    chosen = starter_feeds(places.config, [name for one in topics or () for name in names_in(one)])
    wanted = together(chosen) if topics else []
    new = (
        run(using_services(places, lambda services: _switch_on(services, wanted))) if topics else 0
    )
    on = {key_of_feed(one.settings.url) for one in run(every_feed(places)) if not one.settings.off}
    if as_json:
        result_json({"topics": [starter_record(*one, on) for one in chosen.items()]})
    elif topics:
        result(f"{counted(new, FEEDS)} switched on, {len(wanted) - new} on already")
        note(f"in Discord, a channel follows them with: /subscribe topic:{next(iter(chosen))}")
    else:
        result("\n".join(starter_text(*one, on) for one in chosen.items()))
        note("add those of a topic with: broadsheet feeds starter TOPIC")


async def _switch_on(services: Services, chosen: Sequence[FeedSettings]) -> int:
    """Have feeds asked; returns how many of them were not before."""
    wanted = [named(one) for one in chosen]
    known = {one.key: one for one in await services.feeds.listed()}
    off = [one for one in wanted if one.key in known and known[one.key].settings.off]
    await services.feeds.add_new(wanted, BY_COMMAND)
    for one in off:
        await services.feeds.switch(one.settings.url, on=True)
    return sum(one.key not in known for one in wanted) + len(off)
