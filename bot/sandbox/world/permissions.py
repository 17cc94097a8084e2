"""Discord's permission bits and the arithmetic that turns roles and overwrites into permissions."""

from collections.abc import Iterable
from dataclasses import dataclass

BITS = {
    "administrator": 1 << 3,
    "manage_channels": 1 << 4,
    "manage_guild": 1 << 5,
    "view_channel": 1 << 10,
    "send_messages": 1 << 11,
    "manage_messages": 1 << 13,
    "embed_links": 1 << 14,
    "attach_files": 1 << 15,
    "read_message_history": 1 << 16,
    "mention_everyone": 1 << 17,
    "connect": 1 << 20,
    "use_application_commands": 1 << 31,
    "manage_threads": 1 << 34,
    "create_public_threads": 1 << 35,
    "send_messages_in_threads": 1 << 38,
}
"""The permissions used here, with discord.py's names."""

ALL = (1 << 53) - 1
"""The permissions of an owner or administrator."""


IN_DIRECT_MESSAGES = sum(
    BITS[name]
    for name in (
        "view_channel",
        "send_messages",
        "embed_links",
        "attach_files",
        "read_message_history",
        "use_application_commands",
    )
)
"""The permissions of both sides in a direct message."""


@dataclass
class Overwrite:
    """The permissions that a channel allows and denies a role (or a member), as bit sets."""

    is_member: bool = False
    allow: int = 0
    deny: int = 0


_WHILE_SENDING = BITS["embed_links"] | BITS["attach_files"] | BITS["mention_everyone"]


def bit(permission: str | int) -> int:
    """The bit of a permission given by name or bit; an unknown name raises KeyError."""
    return BITS[permission] if isinstance(permission, str) else permission


def union(permissions: Iterable[str]) -> int:
    """The bit set of several names."""
    return sum(BITS[name] for name in permissions)


def has(permissions: int, *names: str) -> bool:
    """Whether the bit set has every named permission."""
    return all(permissions & BITS[name] for name in names)


def in_channel(
    base: int,
    everyone: int,
    roles: Iterable[int],
    member: int,
    overwrites: dict[int, Overwrite],
    *,
    needs: tuple[str, ...] = ("view_channel",),
    sending: str = "send_messages",
) -> int:
    """A member's permissions in a channel, as Discord documents the computation.

    `base` are the combined permissions of the member's roles, `everyone` the id of the @everyone
    role, `roles` the ids of the others. First the overwrite of @everyone applies, then those of the
    roles together, then the member's own. Without every permission that a channel `needs` nothing
    is left; without `sending`, nothing that depends on sending.
    """
    if base & BITS["administrator"]:
        return ALL
    nothing = Overwrite()
    whole = overwrites.get(everyone, nothing)
    permissions = base & ~whole.deny | whole.allow
    mine = [overwrites.get(role, nothing) for role in roles]
    for one in mine:
        permissions &= ~one.deny
    for one in mine:
        permissions |= one.allow
    own = overwrites.get(member, nothing)
    permissions = permissions & ~own.deny | own.allow
    if not has(permissions, *needs):
        return 0
    if not has(permissions, sending):
        return permissions & ~_WHILE_SENDING
    return permissions
