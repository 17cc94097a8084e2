"""What the page may do to the clock; whoever starts the sandbox implements it."""

from datetime import datetime
from typing import Protocol


class ClockControls(Protocol):
    """A clock that can be moved, with a bot that acts on it. All times are aware."""

    def now(self) -> datetime:
        """The time it shows."""
        ...

    async def move_to(self, at: datetime) -> None:
        """Move it, backwards too; returns when what became due on the way has been done."""
        ...

    async def next_digests(self) -> dict[int, datetime]:
        """When the bot next posts by itself, by channel; those where it will not are left out."""
        ...
