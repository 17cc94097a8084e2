"""The world's entities as JSON in the shapes of Discord's API v10."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.sandbox.world.entities import (
    HOLDING_POSTS,
    LONG_AGO,
    Channel,
    ChannelKind,
    Guild,
    Role,
    Team,
    ThreadState,
    User,
)
from bot.sandbox.world.permissions import Overwrite

Json = dict[str, Any]

JOINED = LONG_AGO.isoformat()
LOCALE = "en-US"
REQUIRE_TAG = 1 << 4
"""The flag of a forum whose posts must have a tag."""


def user(one: User) -> Json:
    """A user."""
    return {
        "id": str(one.id),
        "username": one.name if one.bot else one.name.lower(),  # only a bot's may have capitals
        "global_name": None if one.bot else one.name.title(),
        "discriminator": "0",
        "avatar": None,
        "bot": one.bot,
        "public_flags": 0,
        "flags": 0,
        "primary_guild": None,
    }


def me(one: User) -> Json:
    """The bot's own user, as it sees itself."""
    private = {"mfa_enabled": True, "verified": True, "locale": LOCALE, "email": None}
    return {**user(one), **private}


def member(guild: Guild, one: User) -> Json:
    """A member of a server."""
    return {
        "user": user(one),
        "roles": [str(role) for role in guild.members[one.id]],
        "nick": None,
        "avatar": None,
        "banner": None,
        "joined_at": JOINED,
        "premium_since": None,
        "communication_disabled_until": None,
        "pending": False,
        "deaf": False,
        "mute": False,
        "flags": 0,
    }


def role(one: Role) -> Json:
    """A role."""
    colors = {"primary_color": 0, "secondary_color": None, "tertiary_color": None}
    shape: Json = {
        "id": str(one.id),
        "name": one.name,
        "permissions": str(one.permissions),
        "position": one.position,
        "color": 0,
        "colors": colors,
        "hoist": False,
        "managed": one.bot_id is not None,
        "mentionable": one.mentionable,
        "icon": None,
        "unicode_emoji": None,
        "flags": 0,
    }
    return {**shape, "tags": {"bot_id": str(one.bot_id)}} if one.bot_id is not None else shape


def place(one: Channel) -> Json:
    """The keys by which events name their server: none for a direct message."""
    return {} if one.recipient else {"guild_id": str(one.guild_id)}


def channel(one: Channel) -> Json:
    """A channel of any kind, a thread, or a channel of direct messages."""
    last = one.messages[-1]["id"] if one.messages else None
    if one.recipient is not None:
        whose = {"recipients": [user(one.recipient)], "flags": 0}
        return {"id": str(one.id), "type": int(one.kind), "last_message_id": last, **whose}
    shape: Json = {
        "id": str(one.id),
        "guild_id": str(one.guild_id),
        "type": int(one.kind),
        "name": one.name,
        "parent_id": str(one.parent.id) if one.parent else None,
        "rate_limit_per_user": 0,
        "last_message_id": last,
        "flags": REQUIRE_TAG if one.tag_required else 0,
    }
    if one.thread is not None:
        return {**shape, **_thread(one, one.thread)}
    return {
        **shape,
        "position": one.position,
        "topic": None,
        "nsfw": False,
        "permission_overwrites": [_overwrite(*pair) for pair in one.overwrites.items()],
        **_of_kind(one),
    }


def resolved_channel(one: Channel, permissions: int) -> Json:
    """A channel that a person has chosen, with their permissions in it."""
    shape = channel(one)
    shape.pop("permission_overwrites", None)
    return {**shape, "permissions": str(permissions)}


def _of_kind(one: Channel) -> Json:
    """The keys that only some kinds of channels have."""
    if one.kind in (ChannelKind.VOICE, ChannelKind.STAGE):
        return {"bitrate": 64_000, "user_limit": 0, "rtc_region": None, "video_quality_mode": 1}
    if one.kind in HOLDING_POSTS:
        tags = [
            {
                "id": str(tag.id),
                "name": tag.name,
                "moderated": tag.moderated,
                "emoji_id": None,
                "emoji_name": None,
            }
            for tag in one.tags
        ]
        absent = dict.fromkeys(("default_reaction_emoji", "default_sort_order"))
        layout = {"default_forum_layout": 0} if one.kind is ChannelKind.FORUM else {}
        return {"available_tags": tags, **layout, **absent}
    return {}


def _thread(one: Channel, state: ThreadState) -> Json:
    begins_with_own = one.messages and one.messages[0]["id"] == str(one.id)
    count = len(one.messages) - (1 if begins_with_own else 0)  # without a post's first message
    metadata = {
        "archived": state.archived,
        "auto_archive_duration": state.minutes_to_archive,
        "archive_timestamp": state.turned_at.isoformat(),
        "locked": state.locked,
        "create_timestamp": state.created_at.isoformat(),
    }
    return {
        "owner_id": str(state.owner_id),
        "thread_metadata": metadata,
        "message_count": count,
        "total_message_sent": count,
        "member_count": 1,
        "applied_tags": [str(tag) for tag in state.tags],
    }


def first_message(post: Channel, author: User, content: str) -> Json:
    """A member's message that begins a post, dated by the post's id."""
    empty = ("embeds", "components", "attachments", "mentions", "mention_roles")
    return {
        "id": str(post.id),
        "channel_id": str(post.id),
        "author": user(author),
        "type": 0,
        "content": content,
        **{key: [] for key in empty},
        "timestamp": JOINED,
        "edited_timestamp": None,
        "tts": False,
        "pinned": False,
        "mention_everyone": False,
        "flags": 0,
    }


def _overwrite(target: int, one: Overwrite) -> Json:
    kind = 1 if one.is_member else 0
    return {"id": str(target), "type": kind, "allow": str(one.allow), "deny": str(one.deny)}


def guild(one: Guild) -> Json:
    """A server as REST shows it."""
    absent = (
        "icon description home_header splash discovery_splash banner application_id afk_channel_id "
        "widget_channel_id max_presences vanity_url_code rules_channel_id "
        "safety_alerts_channel_id public_updates_channel_id incidents_data"
    )
    zeros = (
        "system_channel_flags verification_level default_message_notifications mfa_level "
        "explicit_content_filter premium_tier premium_subscription_count nsfw_level "
        "max_stage_video_channel_users max_video_channel_users"
    )
    system = one.system_channel_id
    return {
        **dict.fromkeys(absent.split()),
        **dict.fromkeys(zeros.split(), 0),
        "id": str(one.id),
        "name": one.name,
        "owner_id": str(one.owner_id),
        "system_channel_id": None if system is None else str(system),
        "roles": [role(each) for each in one.roles],
        "features": [],
        "emojis": [],
        "stickers": [],
        "region": "deprecated",
        "afk_timeout": 300,
        "max_members": 500_000,
        "preferred_locale": LOCALE,
        "widget_enabled": False,
        "nsfw": False,
        "premium_progress_bar_enabled": False,
    }


def guild_created(one: Guild, bot: User) -> Json:
    """A server as the gateway shows it: with every channel, the threads that are not archived, and
    only the bot as a member.
    """
    empty = "presences voice_states stage_instances guild_scheduled_events"
    return {
        **guild(one),
        **{key: [] for key in empty.split()},
        "soundboard_sounds": [],
        "joined_at": JOINED,
        "large": False,
        "unavailable": False,
        "member_count": len(one.members),
        "members": [member(one, bot)],
        "channels": [channel(each) for each in one.channels if each.thread is None],
        "threads": [channel(each) for each in one.channels if _is_active(each)],
    }


def guild_joined(one: Guild, bot: User) -> Json:
    """The same when the bot has just been invited: without the key for being available."""
    shape = guild_created(one, bot)
    del shape["unavailable"]
    return shape


def _is_active(one: Channel) -> bool:
    return one.thread is not None and not one.thread.archived


def application(
    bot: User, owner: User, guilds: Sequence[Guild], team: Team | None, people: Mapping[int, User]
) -> Json:
    """The bot's application, whose id is the bot's own, as with every newer application.

    The owner of one that a team owns is a user that stands for the team, as on Discord.
    """
    return {
        "id": str(bot.id),
        "name": bot.name,
        "icon": None,
        "description": "",
        "type": None,
        "bot": user(bot),
        "bot_public": False,
        "bot_require_code_grant": False,
        "verify_key": "0" * 64,
        "flags": 0,
        "flags_new": "0",
        "redirect_uris": [],
        "interactions_endpoint_url": None,
        "role_connections_verification_url": None,
        "owner": user(User(team.id, f"team{team.id}", bot=True) if team else owner),
        "team": _team(team, people) if team else None,
        "approximate_guild_count": len(guilds),
        "approximate_user_install_count": 0,
        "approximate_user_authorization_count": 0,
        "explicit_content_filter": 0,
        "eligible_oauth2_scopes": ["applications.commands", "bot"],
    }


def _team(one: Team, people: Mapping[int, User]) -> Json:
    return {
        "id": str(one.id),
        "name": one.name,
        "icon": None,
        "owner_user_id": str(one.owner_id),
        "members": [
            {
                "user": user(people[person]),
                "team_id": str(one.id),
                "membership_state": 1 if person in one.invited else 2,
                "role": role,
                "permissions": ["*"],
            }
            for person, role in one.members.items()
        ],
    }
