"""Progress of long work on stderr: a bar on a terminal, plain lines elsewhere."""

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager

from rich.console import Console
from rich.progress import Progress

from bot.app import Rooms, open_rooms
from bot.environment import Places
from bot.store.faults import refuse_lost, refuse_missing


def opened(places: Places, *, new: bool = False) -> AbstractAsyncContextManager[Rooms]:
    """`open_rooms`, where what must be done first shows its progress.

    Raises DatabaseError for a database that is missing, unless it may be `new`.
    """
    return open_rooms(places, shown=progress, admit=refuse_lost if new else refuse_missing)


@contextmanager
def progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """A function to be told how much is done, of how much."""
    if not sys.stderr.isatty():
        yield lambda done, total: print(f"{what}: {done} of {total}", file=sys.stderr)
        return
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
