"""Targets of messages, from the rows of digests and editions."""

from bot.digests.target import Channel, Post, Target
from bot.store import values
from bot.store.database import Row


def channel_of(row: Row) -> Channel:
    """The channel of a row, without tags: always readable, so that any row can be named."""
    return Channel(row["guild_id"], row["channel_id"])


def tagged_channel_of(row: Row) -> Channel:
    """The channel of a digest, with the tags of its posts. Raises Unreadable."""
    tags = values.ids("list of tags", row["tags"], "/digest tags")
    return Channel(row["guild_id"], row["channel_id"], tuple(tags))


def target_of(row: Row) -> Target:
    """Where an edition continues: in its channel, or its own post there. Raises Unreadable."""
    channel = tagged_channel_of(row)
    return channel if row["post_id"] is None else Post(channel, row["post_id"])
