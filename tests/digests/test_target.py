"""Targets of messages, as people and logs name them."""

from typing import get_args

import pytest

from bot.digests.target import Channel, Post, Server, Target

FORUM = Channel(1, 11, tags=(5,))
TARGETS = {Channel: FORUM, Post: Post(FORUM, 99)}


def test_every_kind_of_target_is_tried_here():
    assert set(TARGETS) == set(get_args(Target))


@pytest.mark.parametrize("target", TARGETS.values())
def test_every_target_is_named_by_its_channel_and_server(target: Target):
    assert target.mention == "<#11>"
    assert target.guild_id == 1
    assert str(target).startswith("server 1, channel 11")


def test_a_log_tells_a_post_from_its_forum_and_a_server_from_its_channels():
    assert str(Post(FORUM, 99)) == "server 1, channel 11, post 99"
    assert str(Server(1)) == "server 1"
