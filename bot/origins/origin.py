"""What an ingest asks of any origin; all that comes after it knows of no other.

Today there is `files`. A feed is one more package beside it, with an `Origin` of its own that
app/services.py adds to those that `Ingestion` watches.
"""

from collections.abc import AsyncGenerator, Sequence
from typing import NamedTuple, Protocol

from bot.origins.outcomes import Asked, Outcome, Reader, Rejection


class Claim(NamedTuple):
    """Items that were noted for another origin, the one of that kind with an empty key, and belong
    to this one: those whose keys begin with `prefix`, which is then left out.
    """

    kind: str
    prefix: str


class Listing(Protocol):
    """What an origin holds at one moment.

    `keys` name its items; `rejections` are what cannot even be listed. `whole`: it lists all there
    is, so that a known item that is missing may be gone. `claims`: see Claim.
    """

    @property
    def keys(self) -> Sequence[str]: ...
    @property
    def rejections(self) -> Sequence[Rejection]: ...
    @property
    def whole(self) -> bool: ...
    @property
    def claims(self) -> Claim | None: ...

    def gone(self, known: set[str]) -> set[str]:
        """The known keys whose items are gone, without those that may only be out of sight, as in
        a folder that cannot be opened.
        """
        ...

    async def changed(self, asked: Sequence[Asked]) -> list[Asked]:
        """Those that are new, or were written since they were read."""
        ...

    def read(
        self, asked: Sequence[Asked], reader: Reader
    ) -> AsyncGenerator[Sequence[Outcome], None]:
        """What became of each item, a chunk at a time, never in the event loop. A chunk's stamps
        are kept before the next is asked for: by them the next load knows where to go on.
        """
        ...


class Origin(Protocol):
    """Where stories come from: `kind` and `key` name its row, `name` is for people.

    `version` is raised with any change of what an item's values become: all are read again.
    """

    @property
    def kind(self) -> str: ...
    @property
    def key(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def version(self) -> int: ...

    async def look(self) -> Listing:
        """What it holds now. Raises UsageError if it is not there."""
        ...
