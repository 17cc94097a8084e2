"""What the chat room is given to work with."""

from dataclasses import dataclass
from typing import Protocol

from bot.clock import Clock
from bot.newsroom.desk import Desk
from bot.press.health import Health
from bot.press.previews import Previews
from bot.press.reasons import Reasons
from bot.press.subscriptions import Subscriptions


class Memory(Protocol):
    """Remembers single values across restarts."""

    async def read(self, name: str) -> str | None:
        """The value kept under a name, or None."""
        ...

    async def write(self, name: str, value: str) -> None:
        """Keep a value under a name."""
        ...


@dataclass(slots=True)
class Services:
    """The use cases behind the commands; `sources` = shown with each story, as config/ has it."""

    desk: Desk
    subscriptions: Subscriptions
    previews: Previews
    reasons: Reasons
    health: Health
    clock: Clock
    sources: int
