"""What the page can do with the clock; the program that starts the sandbox implements it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True)
class Came:
    """What came of a channel's digests while the clock moved.

    `stories`: how many were posted. `says`: what else there is to say, such as why a digest was not
    posted: a phrase of Discord's Markdown without a full stop, or nothing.
    """

    channel: int
    stories: int
    says: str = ""


class ClockControls(Protocol):
    """A clock that can be moved, with a bot that acts on it. All times are aware."""

    def now(self) -> datetime:
        """The time that it shows."""
        ...

    async def move_to(self, at: datetime) -> list[Came]:
        """Move it, also backwards; returns when everything that became due on the way is done, with
        what came of it: an entry for each channel whose digest was due, or was posted after all.
        """
        ...

    async def next_digests(self) -> dict[int, datetime]:
        """When the bot next posts by itself, by channel; other channels are left out."""
        ...
