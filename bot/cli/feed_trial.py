"""broadsheet feeds test: what an address or a file gives as a feed."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.options import AsJson, ConfigFolder, Database, Seeds, run, settled
from bot.cli.output import result, result_json
from bot.clock import SystemClock
from bot.config import load_config
from bot.environment import Places
from bot.errors import UsageError
from bot.origins.feeds.description import as_json as record
from bot.origins.feeds.description import sentences
from bot.origins.feeds.document import NotAFeed

if TYPE_CHECKING:
    from bot.library.feed_trial import Trial

_NO_FEED = 1
"""Exit code."""


def trial(
    source: Annotated[str, typer.Argument(metavar="URL|FILE", help="An address, or a saved feed")],
    as_json: AsJson = False,
    database: Database = None,
    config: ConfigFolder = None,
    seeds: Seeds = None,
) -> None:
    """Say what a feed gives: items, dates, excerpts, how often it changes, what is wrong.

    Nothing is stored. The exit code is 1 if it is no feed; if it is a page, its feeds are named.
    """
    places = settled(database, config, seeds)
    found = _of_address(source, places) if "://" in source else _of_file(Path(source))
    if as_json:
        result_json(record(found.feed, found.url))
    else:
        result("\n".join(sentences(found.feed, SystemClock().now())))
    if isinstance(found.feed, NotAFeed):
        raise typer.Exit(_NO_FEED)


def _of_address(url: str, places: Places) -> "Trial":
    # Loaded here, since no other command needs an HTTP client and a parser.
    from bot.library.feed_trial import Trial, try_feed  # noqa: PLC0415
    from bot.origins.feeds.client import guarded  # noqa: PLC0415
    from bot.origins.feeds.failures import FetchFailed  # noqa: PLC0415

    contact = load_config(places.config).feeds.contact
    try:
        return run(try_feed(url, guarded(contact), SystemClock().now()))
    except FetchFailed as error:
        return Trial(url, NotAFeed(error.detail))


def _of_file(file: Path) -> "Trial":
    from bot.library.feed_trial import try_content  # noqa: PLC0415 - as above

    if not file.is_file():
        raise UsageError(f"{file} is no file; an address begins with https:// or http://")
    return try_content(file.read_bytes(), None, file.absolute().as_uri(), SystemClock().now())
