"""Opens the database for a command."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Final

from bot.app.services import Services, open_services
from bot.cli.output import note
from bot.cli.progress import progress
from bot.database_url import DatabaseAddress
from bot.environment import Places
from bot.errors import UnknownTopic, UsageError
from bot.store.opening import refuse_lost, refuse_missing
from bot.stories.model import Topic

_EMPTY: Final = "The archive is empty; load stories first: broadsheet ingest"
_WAITS: Final = "The archive is empty; its feeds bring stories when the bot runs: broadsheet run"


def opened(places: Places, *, new: bool = False) -> AbstractAsyncContextManager[Services]:
    """`open_services`, which shows the progress of work that must be done first.

    Raises DatabaseError if the database is missing, unless it may be `new`.
    """
    return open_services(places, shown=progress, admit=refuse_lost if new else refuse_missing)


def is_new(address: DatabaseAddress) -> bool:
    """Whether a database is a file that does not exist yet. Raises DatabaseError if it was lost."""
    refuse_lost(address)
    return isinstance(address, Path) and not address.exists()


@asynccontextmanager
async def opened_with_events(places: Places) -> AsyncIterator[Services]:
    """`opened`, for a command that chooses stories as an edition does: stories that are not grouped
    yet, as in a database of an earlier version, are grouped first.
    """
    async with opened(places) as services:
        await group_left(services)
        yield services


async def group_left(services: Services) -> None:
    """Group the stories that are not grouped yet, and show the progress."""
    with progress("stories grouped") as tell:
        await services.ingestion.group_left(progress=tell)


async def topics_named(services: Services, names: Sequence[str]) -> list[Topic]:
    """The topics with these names. Raises UnknownTopic, or UsageError if the archive is empty; of
    known ones, as a channel may follow them, an empty archive is only noted.
    """
    is_empty = bool(names) and await services.queries.is_empty()
    try:
        found = [await services.queries.topic(name) for name in names]
    except UnknownTopic as error:
        if is_empty:
            raise UsageError(await empty(services)) from error
        raise
    if is_empty:
        note(await empty(services))
    return found


async def empty(services: Services) -> str:
    """What is to be done about an empty archive."""
    has_feeds = services.config.feeds.feeds or await services.feeds.listed()
    return _WAITS if has_feeds else _EMPTY


async def nothing_found(services: Services, otherwise: str) -> None:
    """Note that a look-up found nothing: since the archive is empty, or `otherwise`."""
    note(await empty(services) if await services.queries.is_empty() else otherwise)
