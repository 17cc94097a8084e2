"""Where messages go. What kind of channel one is only Discord knows, so nothing here says it: the
publisher decides how to post there.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel of a server that a digest may go to: text, announcements, thread, voice chat or
    forum. `tags`: ids of those that posts opened there get, in a forum.
    """

    guild_id: int
    channel_id: int
    tags: tuple[int, ...] = ()

    @property
    def mention(self) -> str:
        """The channel as Discord shows it by name."""
        return f"<#{self.channel_id}>"

    def __str__(self) -> str:
        return f"server {self.guild_id}, channel {self.channel_id}"


@dataclass(frozen=True, slots=True)
class Post:
    """Our own post in a forum, once an edition has opened it: its later parts go there, and are
    looked for there.
    """

    forum: Channel
    post_id: int

    @property
    def guild_id(self) -> int:
        """The server that it is in."""
        return self.forum.guild_id

    @property
    def mention(self) -> str:
        """Its forum as Discord shows it by name: people know an edition by its channel."""
        return self.forum.mention

    def __str__(self) -> str:
        return f"{self.forum}, post {self.post_id}"


Target = Channel | Post


@dataclass(frozen=True, slots=True)
class Server:
    """A server as a whole, for what concerns none of its channels alone."""

    guild_id: int

    def __str__(self) -> str:
        return f"server {self.guild_id}"
