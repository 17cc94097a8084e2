"""Permissions add up as Discord documents it."""

import pytest

from bot.sandbox import World
from bot.sandbox.world.permissions import ALL, Overwrite, bit, has, in_channel, union

EVERYONE, ROLE, OTHER_ROLE, MEMBER = 1, 2, 3, 4
VIEW, SEND, EMBED = (bit(name) for name in ("view_channel", "send_messages", "embed_links"))


@pytest.mark.parametrize(
    ("base", "overwrites", "left"),
    [
        (VIEW | SEND, {}, VIEW | SEND),
        (VIEW | SEND, {EVERYONE: Overwrite(deny=SEND)}, VIEW),
        (VIEW, {EVERYONE: Overwrite(deny=SEND), ROLE: Overwrite(allow=SEND)}, VIEW | SEND),
        (VIEW, {ROLE: Overwrite(deny=SEND), OTHER_ROLE: Overwrite(allow=SEND)}, VIEW | SEND),
        (VIEW | SEND, {ROLE: Overwrite(allow=SEND), MEMBER: Overwrite(deny=SEND)}, VIEW),
        (VIEW, {MEMBER: Overwrite(is_member=True, allow=SEND)}, VIEW | SEND),
        (VIEW | SEND, {9: Overwrite(deny=SEND)}, VIEW | SEND),
        (SEND | EMBED, {}, 0),
        (VIEW | EMBED, {}, VIEW),
        (bit("administrator"), {EVERYONE: Overwrite(deny=SEND)}, ALL),
    ],
)
def test_overwrites_apply_in_discords_order(base: int, overwrites: dict[int, Overwrite], left: int):
    assert in_channel(base, EVERYONE, (ROLE, OTHER_ROLE), MEMBER, overwrites) == left


def test_each_person_has_what_their_role_gives():
    world = World()
    news = world.channel("news")
    names = ("manage_channels", "manage_guild")
    found = {
        user.name: [has(world.permissions(user.id, news), name) for name in names]
        for user in world.users.values()
    }
    assert found == {
        "Broadsheet": [False, False],
        "owner": [True, True],
        "member": [False, False],
        "moderator": [True, False],
        "admin": [True, True],
    }


def test_the_bot_has_no_more_than_it_asks_for_at_invite():
    world = World()
    assert next(role for role in world.guild.roles if role.bot_id).permissions == 274877991936
    assert world.bot_may(world.channel("news"), "embed_links", "read_message_history")
    assert not world.bot_may(world.channel("news"), "mention_everyone")
    assert not world.bot_may(world.channel("hidden"), "view_channel")
    assert union(("view_channel", "send_messages")) == VIEW | SEND
