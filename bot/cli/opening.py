"""Opens the database for a command."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Final

from bot.app.services import Services, open_services
from bot.cli.output import note
from bot.cli.progress import progress
from bot.environment import Places
from bot.errors import UnknownTopic, UsageError
from bot.store.opening import refuse_lost, refuse_missing
from bot.stories.model import Topic

EMPTY: Final = "The archive is empty; load stories first: broadsheet ingest"


def opened(places: Places, *, new: bool = False) -> AbstractAsyncContextManager[Services]:
    """`open_services`, which shows the progress of work that must be done first.

    Raises DatabaseError if the database is missing, unless it may be `new`.
    """
    return open_services(places, shown=progress, admit=refuse_lost if new else refuse_missing)


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
            raise UsageError(EMPTY) from error
        raise
    if is_empty:
        note(EMPTY)
    return found


async def nothing_found(services: Services, otherwise: str) -> None:
    """Note that a look-up found nothing: since the archive is empty, or `otherwise`."""
    note(EMPTY if await services.queries.is_empty() else otherwise)
