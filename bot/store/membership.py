"""One process among those that run the bot on the same database: what it may do, and for whom."""

from collections.abc import Awaitable, Callable, Collection
from typing import Final, Protocol

from bot.errors import BroadsheetError

MESSAGES: Final = "messages"
"""What the application sends."""

UseShards = Callable[[Collection[int]], Awaitable[None]]
"""Called with the shards to run from now on; returns when no other is connected any more."""


class Budget(Protocol):
    """What the application may do how often, which all its processes share."""

    async def take(self, what: str, count: int, rate: float) -> tuple[float, float]:
        """Take so many turns in a row, out of `rate` a second; returns in how many seconds the
        first of them is, and for how many more nothing may be sent at all. Raises DatabaseError.
        """
        ...

    async def hold(self, seconds: float) -> None:
        """Have no process send anything for so long. Raises DatabaseError."""
        ...


class Membership(Protocol):
    """What one process may do at this moment."""

    @property
    def budget(self) -> Budget | None:
        """None = no other process sends anything."""
        ...

    def may_send(self) -> bool:
        """Whether it may send anything: no other process can have taken its place."""
        ...

    def leads(self) -> bool:
        """Whether it is the one that does what only one may do: load, group, ask feeds, prune."""
        ...

    def told(self, lost: Callable[[BroadsheetError], None]) -> None:
        """Call `lost` with the error when it can never run again."""
        ...

    async def agree(self, recommended: int) -> int:
        """Out of how many shards all processes run theirs; Discord recommends so many. Raises
        ConfigError, DatabaseError.
        """
        ...

    async def run_shards(self, use: UseShards) -> None:
        """Have it run shards from now on, once that number is agreed. Raises DatabaseError."""
        ...


class Alone:
    """The one process on its database: it runs every shard, and leads."""

    @property
    def budget(self) -> None:
        """No other process sends anything."""

    def may_send(self) -> bool:
        """Always."""
        return True

    def leads(self) -> bool:
        """Always."""
        return True

    def told(self, lost: Callable[[BroadsheetError], None]) -> None:
        """It is never lost."""

    async def agree(self, recommended: int) -> int:
        """As many as Discord recommends."""
        return recommended

    async def run_shards(self, use: UseShards) -> None:
        """It runs all that there are, as it does by itself."""


ALONE: Final = Alone()
"""Every process on a file of SQLite."""
