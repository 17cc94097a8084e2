"""What delivery needs of Discord; chat/ does it, app hands it over."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from bot.digests.target import Target
from bot.errors import DeliveryError

Body = Mapping[str, Any]
"""The JSON of a message, without nonce."""


@dataclass(frozen=True, slots=True)
class OwnMessage:
    """A message of ours in a channel: its lines, and the addresses of the stories in it."""

    message_id: int
    at: datetime
    lines: Sequence[str]
    urls: Sequence[str]


class Posted(NamedTuple):
    """A message that is there, and the target of those that follow it.

    `message_id` None = it was posted earlier with its nonce and is deleted since.
    """

    message_id: int | None
    target: Target


class Publisher(Protocol):
    """Posts messages, and looks back for them. How, and whether with a nonce, it decides by the
    target.

    Every request that is not done raises Refused, Malformed, TryLater or OutcomeUnknown.
    """

    def obstacle(self, target: Target) -> DeliveryError | None:
        """Why nothing can be posted there, without asking Discord: Refused or TryLater."""
        ...

    def absence(self, guild_id: int) -> DeliveryError | None:
        """Why nothing can be posted in a whole server, without asking Discord: Refused where the
        bot is not in it, TryLater while it has an outage.
        """
        ...

    def knows_nonces(self, target: Target) -> bool:
        """Whether a message sent there again within a minute, with the same nonce, is posted once;
        else it may be there twice.
        """
        ...

    async def post(
        self, target: Target, body: Body, nonce: str, title: str | None = None
    ) -> Posted:
        """Post a body.

        `title`: of the edition that begins with it, the name of the post that it opens where the
        target takes posts; None = it follows other parts.
        """
        ...

    async def look_back(self, target: Target, marker: str, since: datetime) -> Posted | None:
        """Our own message with `marker` in it, posted at or after `since`; None = none.

        Raises Refused where the history cannot be read: then nobody knows.
        """
        ...

    async def own_messages(self, target: Target, since: datetime) -> Sequence[OwnMessage]:
        """All our own messages there at or after `since`; Refused as above."""
        ...

    async def publish(self, target: Target, message_id: int) -> None:
        """Publish a message to the servers that follow its announcement channel.

        Nothing happens in any other channel, and where it is published already.
        """
        ...

    async def tell(self, guild_id: int, log_channel_id: int | None, body: Body, nonce: str) -> int:
        """Tell a server's admins: in the log channel, else its system channel, else its owner by
        direct message. Returns the channel's id; Refused where none of them takes it.
        """
        ...
