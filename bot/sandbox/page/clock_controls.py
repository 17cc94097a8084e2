"""What the page can do with the clock; the program that starts the sandbox implements it."""

from datetime import datetime
from typing import Protocol


class ClockControls(Protocol):
    """A clock that can be moved, with a bot that acts on it. All times are aware."""

    def now(self) -> datetime:
        """The time that it shows."""
        ...

    async def move_to(self, at: datetime) -> None:
        """Move it, also backwards; returns when everything that became due on the way is done."""
        ...

    async def next_digests(self) -> dict[int, datetime]:
        """When the bot next posts by itself, by channel; other channels are left out."""
        ...
