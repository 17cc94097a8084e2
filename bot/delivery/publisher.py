"""What delivery needs from Discord; chat/ implements it, app passes it in."""

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
    """A message of ours in a channel: its lines, the URLs of the stories in it, and those of the
    lines under them.
    """

    message_id: int
    at: datetime
    lines: Sequence[str]
    urls: Sequence[str]
    also: Sequence[str] = ()


class Posted(NamedTuple):
    """A posted message, and the target of the messages that follow it.

    `message_id` None = it was posted earlier with its nonce and has been deleted since.
    """

    message_id: int | None
    target: Target


class Publisher(Protocol):
    """Posts messages, and finds them again. The target decides how, and whether with a nonce.

    Every request that does not succeed raises Refused, Malformed, TryLater or OutcomeUnknown.
    """

    def obstacle(self, target: Target) -> DeliveryError | None:
        """Why nothing can be posted there, without asking Discord: Refused or TryLater."""
        ...

    def absence(self, guild_id: int) -> DeliveryError | None:
        """Why nothing can be posted in a whole server, without asking Discord: Refused if the bot
        is not in it, TryLater while it has an outage.
        """
        ...

    def knows_nonces(self, target: Target) -> bool:
        """Whether a message sent there again within a minute, with the same nonce, is posted only
        once; otherwise it may be posted twice.
        """
        ...

    async def post(
        self, target: Target, body: Body, nonce: str, title: str | None = None
    ) -> Posted:
        """Post a body.

        `title`: if an edition begins with it, the name of the post to open if the target takes
        posts; None = it follows other parts.
        """
        ...

    async def look_back(self, target: Target, marker: str, since: datetime) -> Posted | None:
        """Our own message with `marker` in it, posted at or after `since`, or None.

        Raises Refused if the history cannot be read: then the outcome stays unknown.
        """
        ...

    async def own_messages(self, target: Target, since: datetime) -> Sequence[OwnMessage]:
        """All our own messages there at or after `since`; raises Refused as above."""
        ...

    async def publish(self, target: Target, message_id: int) -> None:
        """Publish a message to the servers that follow its announcement channel.

        Does nothing in any other channel, or if it is published already.
        """
        ...

    async def open_thread(self, target: Target, message_id: int, name: str) -> None:
        """Open a thread for discussion that begins with a message, to be archived after a day.

        Does nothing if the message has one or is deleted, or if its channel cannot have threads.
        """
        ...

    async def has_thread(self, target: Target, message_id: int) -> bool:
        """Whether a message has a thread."""
        ...

    def greeting_channel(self, guild_id: int) -> int | None:
        """The id of the channel where the bot says hello to a server; None = it may speak in none,
        or does not know.
        """
        ...

    async def tell(self, guild_id: int, log_channel_id: int | None, body: Body, nonce: str) -> int:
        """Tell a server's admins: in the log channel, else its system channel, else its owner by
        direct message. Returns the channel's id; raises Refused if none of them accepts it.
        """
        ...

    async def tell_owner(self, body: Body, nonce: str) -> int:
        """Tell the bot's owner by direct message, that of its team if one owns it. Returns the
        channel's id; raises Refused if they accept none.
        """
        ...
