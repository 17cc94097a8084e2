"""Tags of forums: which tags posts can have, and how an admin chooses them."""

from collections.abc import Collection, Sequence
from typing import Final

import discord

from bot.chat.rest import channels
from bot.chat.rest.channels import Found
from bot.errors import UsageError
from bot.render.sanitizer import escaped

MOST: Final = 5
"""How many tags a post may have, Discord's limit."""
_NAME: Final = 40
_LIST: Final = 1000
"""How many characters of names an answer shows."""


def wants_tag(channel: Found | None) -> bool:
    """Whether every post there must have a tag."""
    return isinstance(channel, discord.ForumChannel) and channel.flags.require_tag


def still_there(channel: Found, tags: Collection[int]) -> list[int]:
    """Those of the tags that a forum still offers."""
    if not isinstance(channel, discord.ForumChannel):
        return []
    return [tag for tag in tags if channel.get_tag(tag) is not None]


def names(forum: discord.ForumChannel, tags: Collection[int]) -> list[str]:
    """The names of those of the tags that a forum still offers."""
    found = (forum.get_tag(tag) for tag in tags)
    return [tag.name for tag in found if tag is not None]


def usable(forum: discord.ForumChannel) -> list[discord.ForumTag]:
    """The tags that the bot may give its posts: moderated ones need Manage Threads."""
    me = channels.myself(forum.guild)
    may_all = me is not None and forum.permissions_for(me).manage_threads
    return [tag for tag in forum.available_tags if may_all or not tag.moderated]


def chosen_tags(forum: discord.ForumChannel, text: str) -> list[int]:
    """The tags that a user entered, by name, separated by commas. Raises UsageError."""
    wanted = [one.strip() for one in text.split(",") if one.strip()]
    known = {tag.name.casefold(): tag for tag in usable(forum)}
    unknown = [name for name in wanted if name.casefold() not in known]
    if unknown:
        raise UsageError(_no_such(forum, unknown[0]))
    tags = dict.fromkeys(known[name.casefold()].id for name in wanted)
    if len(tags) > MOST:
        raise UsageError(f"A post can have at most {MOST} tags.")
    return list(tags)


def _no_such(forum: discord.ForumChannel, name: str) -> str:
    shown, reserved = escaped(name, _NAME), {tag.name.casefold() for tag in forum.available_tags}
    if name.casefold() in reserved:
        return f"Only moderators of {forum.mention} may use the tag “{shown}”; choose another."
    offered = escaped(", ".join(tag.name for tag in usable(forum)), _LIST)
    if not offered:
        return f"{forum.mention} has no tag that I may use; a moderator can add some."
    return f"{forum.mention} has no tag “{shown}”. Its tags: {offered}."


def completed(forum: discord.ForumChannel, typed: str) -> Sequence[str]:
    """The typed text with its last name completed to each matching tag."""
    done, _, begun = typed.rpartition(",")
    before = [one.strip() for one in done.split(",") if one.strip()]
    had = {one.casefold() for one in before}
    offered = [tag.name for tag in usable(forum) if tag.name.casefold() not in had]
    fitting = [name for name in offered if begun.strip().casefold() in name.casefold()]
    return [", ".join((*before, name)) for name in fitting] if len(before) < MOST else []
