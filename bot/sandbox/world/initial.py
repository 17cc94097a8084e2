"""The initial servers and people, with fixed ids."""

from bot.sandbox.world import permissions, serialize
from bot.sandbox.world.entities import Channel, ChannelKind, Guild, Role, Tag, ThreadState, User
from bot.sandbox.world.permissions import Overwrite

EVERYONE = (
    "view_channel",
    "send_messages",
    "embed_links",
    "attach_files",
    "read_message_history",
    "connect",
    "use_application_commands",
    "create_public_threads",
    "send_messages_in_threads",
)
BOT_PERMISSIONS = (
    "view_channel",
    "send_messages",
    "embed_links",
    "read_message_history",
    "send_messages_in_threads",
)

BOT = User(1_100_000_000_000_000_001, "Broadsheet", bot=True)
PEOPLE = {
    "member": User(1_100_000_000_000_000_011, "member"),
    "moderator": User(1_100_000_000_000_000_012, "moderator"),
    "admin": User(1_100_000_000_000_000_013, "admin"),
    "owner": User(1_100_000_000_000_000_010, "owner"),
}
OWNER = PEOPLE["owner"]
"""The owner of the servers and of the bot."""

MAIN, OTHER = 1_100_000_000_000_001_000, 1_100_000_000_000_002_000
"""The two servers' ids; their roles are at +1..+4, their channels from +10 on, tags from +900."""


def guild(guild_id: int, name: str, channels: tuple[str, ...]) -> Guild:
    """A server with the people, the bot, and text channels."""
    bot, moderators, admins, readers = (guild_id + n for n in (1, 2, 3, 4))
    union = permissions.union
    roles = [
        Role(guild_id, "@everyone", union(EVERYONE), 0),
        Role(bot, "Broadsheet", union(BOT_PERMISSIONS), 1, bot_id=BOT.id),
        Role(moderators, "Moderators", union(("manage_channels",)), 2),
        Role(admins, "Admins", union(("manage_guild", "manage_channels")), 3),
        Role(readers, "News readers", 0, 4, mentionable=True),
    ]
    members: dict[int, tuple[int, ...]] = {
        OWNER.id: (),
        BOT.id: (bot,),
        PEOPLE["member"].id: (),
        PEOPLE["moderator"].id: (moderators,),
        PEOPLE["admin"].id: (admins,),
    }
    one = Guild(guild_id, name, OWNER.id, roles, [], members, next_id=guild_id + 10)
    for each in channels:
        add_channel(one, each)
    return one


def main_guild() -> Guild:
    """The first server: text channels, two of them closed to the bot, and one of each kind."""
    one = guild(MAIN, "Broadsheet Sandbox", ("news", "ai", "general", "locked", "hidden"))
    general, locked, hidden = one.channels[2:]
    one.system_channel_id = general.id
    role = MAIN + 1
    locked.overwrites[role] = Overwrite(deny=permissions.bit("send_messages"))
    hidden.overwrites[role] = Overwrite(deny=permissions.bit("view_channel"))
    add_channel(one, "announcements", ChannelKind.ANNOUNCEMENT)
    add_channel(one, "lounge", ChannelKind.VOICE)
    add_channel(one, "stage", ChannelKind.STAGE)
    forum = add_channel(one, "forum", ChannelKind.FORUM)
    forum.tags = tuple(Tag(MAIN + 900 + n, tag) for n, tag in enumerate(("Daily", "Breaking")))
    forum.tag_required = True
    add_thread(one, "thread", general)
    add_thread(one, "archived", general, archived=True)
    add_thread(one, "closed", general, archived=True, locked=True)
    add_post(one, "Welcome", forum, "Posts of this forum look like this one.")
    return one


def add_post(home: Guild, name: str, forum: Channel, content: str) -> Channel:
    """A member's new post with the forum's first tag; its first message has the post's id."""
    made = add_thread(home, name, forum)
    made.thread = ThreadState(PEOPLE["member"].id, tags=[forum.tags[0].id])
    made.messages.append(serialize.first_message(made, PEOPLE["member"], content))
    return made


def other_guild() -> Guild:
    """The second server, with one channel."""
    return guild(OTHER, "Other Server", ("elsewhere",))


def add_channel(home: Guild, name: str, kind: ChannelKind = ChannelKind.TEXT) -> Channel:
    """A new channel at the end of a server's list."""
    made = Channel(home.next_id, home.id, name, len(home.channels), kind=kind)
    home.channels.append(made)
    home.next_id += 1
    return made


def add_thread(
    home: Guild, name: str, parent: Channel, *, archived: bool = False, locked: bool = False
) -> Channel:
    """A member's new thread below a channel."""
    announced = parent.kind is ChannelKind.ANNOUNCEMENT
    kind = ChannelKind.ANNOUNCEMENT_THREAD if announced else ChannelKind.THREAD
    made = add_channel(home, name, kind)
    made.parent = parent
    made.thread = ThreadState(PEOPLE["member"].id, archived, locked)
    return made
