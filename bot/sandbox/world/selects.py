"""What people choose in selects: options that the bot lists, or a server's roles or channels.

Like Discord's own client, this accepts only what the select offers: ValueError says what it takes.

Known difference from Discord: a select of channels offers no threads that are archived.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.sandbox.rules.component_rules import CHANNEL_SELECT, ROLE_SELECT
from bot.sandbox.world import permissions, serialize
from bot.sandbox.world.entities import Channel, Guild, User
from bot.sandbox.world.world import World

Json = dict[str, Any]


def chosen(world: World, where: Channel, user: User, select: Json, values: Sequence[str]) -> Json:
    """The data of an interaction: the values, and for roles and channels what they are.

    Roles and channels are chosen by name or id.
    """
    if select["type"] not in (ROLE_SELECT, CHANNEL_SELECT):
        check_chosen(select, values, {one["value"]: one["value"] for one in select["options"]})
        return {"values": list(values)}
    guild = world.guild_of(where)
    if select["type"] == ROLE_SELECT:
        key, shapes = "roles", {one.name: serialize.role(one) for one in guild.roles}
    else:
        key, shapes = "channels", _channels(world, guild, user, select)
    ids = {name: shape["id"] for name, shape in shapes.items()}
    found = check_chosen(select, values, ids)
    by_id = {shape["id"]: shape for shape in shapes.values()}
    return {"values": found, "resolved": {key: {one: by_id[one] for one in found}} if found else {}}


def check_chosen(select: Json, values: Sequence[str], offered: Mapping[str, str]) -> list[str]:
    """The values to send, given by those or by name; `offered` has them by name."""
    low, high = select.get("min_values"), select.get("max_values") or 1
    low = 1 if low is None else low
    found = [offered.get(one, one) for one in values]
    if not set(found) <= set(offered.values()) or not low <= len(found) <= high:
        raise ValueError(f"choose {low} to {high} of {sorted(offered)}")
    return found


def _channels(world: World, guild: Guild, user: User, select: Json) -> dict[str, Json]:
    """The channels that a person can choose, by name: of its types, and visible to them."""
    kinds = select.get("channel_types") or [one.kind for one in guild.channels]
    found = {}
    for one in guild.channels:
        mine = world.permissions(user.id, one)
        archived = one.thread is not None and one.thread.archived
        if one.kind in kinds and not archived and permissions.has(mine, "view_channel"):
            found[one.name] = serialize.resolved_channel(one, mine)
    return found
