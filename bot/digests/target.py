"""Where messages are posted. Only Discord knows the kind of a channel, so it is not stored here:
the publisher decides how to post there.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Channel:
    """A server's channel in which a digest may be posted: text, announcements, thread, voice chat
    or forum. `tags`: the ids of the tags for posts opened there, if it is a forum.
    """

    guild_id: int
    channel_id: int
    tags: tuple[int, ...] = ()

    @property
    def mention(self) -> str:
        """The channel's mention, which Discord shows as its name."""
        return f"<#{self.channel_id}>"

    def __str__(self) -> str:
        return f"server {self.guild_id}, channel {self.channel_id}"


@dataclass(frozen=True, slots=True)
class Post:
    """Our own post in a forum, once an edition has opened it: the edition's later parts are posted
    there, and looked for there.
    """

    forum: Channel
    post_id: int

    @property
    def guild_id(self) -> int:
        """The id of its server."""
        return self.forum.guild_id

    @property
    def mention(self) -> str:
        """The mention of its forum: people know an edition by its channel."""
        return self.forum.mention

    def __str__(self) -> str:
        return f"{self.forum}, post {self.post_id}"


Target = Channel | Post


@dataclass(frozen=True, slots=True)
class Server:
    """A whole server, for matters that do not concern only one of its channels."""

    guild_id: int

    def __str__(self) -> str:
        return f"server {self.guild_id}"
