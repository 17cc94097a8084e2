"""The interface of an origin for an ingest; later stages know nothing else about origins.

Today there is `files`. A feed would be another package beside it, with its own `Origin`, which
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
    is, so that a known item that is missing may be gone. `more`: when these are loaded, there are
    others to be listed. `claims`: see Claim.
    """

    @property
    def keys(self) -> Sequence[str]: ...
    @property
    def rejections(self) -> Sequence[Rejection]: ...
    @property
    def whole(self) -> bool: ...
    @property
    def more(self) -> bool: ...
    @property
    def claims(self) -> Claim | None: ...

    def gone(self, known: set[str]) -> set[str]:
        """The known keys whose items are gone, without those that may only be out of sight, as in
        a folder that cannot be opened.
        """
        ...

    async def changed(self, asked: Sequence[Asked]) -> list[Asked]:
        """The items that are new, or were written to since they were read."""
        ...

    def read(
        self, asked: Sequence[Asked], reader: Reader
    ) -> AsyncGenerator[Sequence[Outcome], None]:
        """The outcome of each item, a chunk at a time, read outside the event loop. A chunk's
        stamps are stored before the next chunk is requested: the next load continues by them.
        """
        ...


class Origin(Protocol):
    """Where stories come from: `kind` and `key` name its row, `name` is for people.

    Raise `version` with any change in how values are read: all items are then read again.
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
        """Its current items. Raises UsageError if it does not exist."""
        ...
