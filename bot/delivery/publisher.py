"""What delivery needs of Discord; chat/ does it, app hands it over."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

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


class Publisher(Protocol):
    """Posts messages, and looks back for them.

    Every request that is not done raises Refused, Malformed, TryLater or OutcomeUnknown.
    """

    def obstacle(
        self, guild_id: int, channel_id: int, tags: Collection[int] = ()
    ) -> DeliveryError | None:
        """Why nothing can be posted there, without asking Discord: Refused or TryLater.

        `tags`: ids of those that its posts in a forum have.
        """
        ...

    def absence(self, guild_id: int) -> DeliveryError | None:
        """Why nothing can be posted in a whole server, without asking Discord: Refused where the
        bot is not in it, TryLater while it has an outage.
        """
        ...

    def is_forum(self, channel_id: int) -> bool:
        """Whether a channel takes posts instead of messages."""
        ...

    async def post(self, channel_id: int, body: Body, nonce: str) -> int | None:
        """Post a body; the same nonce within a minute posts it once. Returns the message's id.

        None = it was posted earlier with that nonce and is deleted since.
        """
        ...

    async def open_post(self, forum_id: int, title: str, tags: Sequence[int], body: Body) -> int:
        """Open a post in a forum; its id is that of its first message too. There is no nonce."""
        ...

    async def look_back(self, channel_id: int, marker: str, since: datetime) -> int | None:
        """The id of our own message with `marker` in it, posted at or after `since`; None = none.

        In a forum it is looked for as the first message of a post. Raises Refused where the
        history cannot be read: then nobody knows.
        """
        ...

    async def own_messages(self, channel_id: int, since: datetime) -> Sequence[OwnMessage]:
        """All our own messages in a channel or forum at or after `since`; Refused as above."""
        ...

    async def publish(self, channel_id: int, message_id: int) -> None:
        """Publish a message to the servers that follow its announcement channel.

        Nothing happens in any other channel, and where it is published already.
        """
        ...

    async def tell(self, guild_id: int, log_channel_id: int | None, body: Body, nonce: str) -> int:
        """Tell a server's admins: in the log channel, else its system channel, else its owner by
        direct message. Returns the channel's id; Refused where none of them takes it.
        """
        ...
