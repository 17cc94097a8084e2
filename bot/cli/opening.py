"""Opens the database for a command."""

from contextlib import AbstractAsyncContextManager

from bot.app.services import Services, open_services
from bot.cli.progress import progress
from bot.environment import Places
from bot.store.sqlite.faults import refuse_lost, refuse_missing


def opened(places: Places, *, new: bool = False) -> AbstractAsyncContextManager[Services]:
    """`open_services`, which shows the progress of work that must be done first.

    Raises DatabaseError if the database is missing, unless it may be `new`.
    """
    return open_services(places, shown=progress, admit=refuse_lost if new else refuse_missing)
