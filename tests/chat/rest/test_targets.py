"""The publisher alone decides how to post: a message with a nonce, or a post, which takes none."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, Final

import pytest

from bot.chat.rest.publisher import DiscordPublisher
from bot.chat.rest.requests import Rest
from bot.demo import Demo
from bot.digests.target import Channel, Post
from bot.errors import Malformed, Refused
from tests.chat.conftest import settled, shown_in

LINE: Final = "Monday 23 December 2019"
TITLE: Final = f"AI · {LINE}"
TAKE_MESSAGES: Final = ("ai", "announcements", "thread", "archived", "lounge", "stage")


@pytest.fixture
async def publisher(demo: Demo) -> AsyncIterator[DiscordPublisher]:
    rest = Rest(demo.online.bot, lambda status: None)
    yield DiscordPublisher(demo.online.bot, rest)
    await rest.close()


def channel(demo: Demo, name: str) -> Channel:
    """A channel of the sandbox, with the first tag that it offers."""
    found = demo.sandbox.world.channel(name)
    tags = tuple(tag.id for tag in found.tags)
    return Channel(demo.sandbox.world.guild.id, found.id, tags[:1])


def body(line: str = LINE) -> dict[str, Any]:
    return {"content": f"-# {line}", "allowed_mentions": {"parse": []}}


async def opened(publisher: DiscordPublisher, forum: Channel) -> Post:
    """A post that the publisher opened."""
    message_id, target = await publisher.post(forum, body(), "n-1", TITLE)
    assert target == Post(forum, message_id or 0)
    return target


@pytest.mark.parametrize("name", TAKE_MESSAGES)
async def test_what_takes_messages_gets_one_by_its_nonce_and_the_others_follow_it(
    demo: Demo, publisher: DiscordPublisher, name: str
):
    target = channel(demo, name)
    assert publisher.knows_nonces(target)
    first = await publisher.post(target, body(), "n-1", TITLE)
    assert first.target == target
    assert await publisher.post(target, body(), "n-1", TITLE) == first
    (message,) = shown_in(demo, name)
    assert (message["id"], message["content"]) == (str(first.message_id), f"-# {LINE}")


@pytest.mark.parametrize("kind", ["forum", "media"])
async def test_what_takes_posts_gets_one_and_what_follows_goes_into_it(
    demo: Demo, publisher: DiscordPublisher, kind: str
):
    demo.sandbox.controls.create_channel("board", kind)
    await settled(demo)
    board = channel(demo, "board")
    assert not publisher.knows_nonces(board)
    post = await opened(publisher, board)
    assert publisher.knows_nonces(post)
    second = await publisher.post(post, body(f"{LINE}, part 2"), "n-2")
    assert second.target == post
    assert await publisher.post(post, body(f"{LINE}, part 2"), "n-2") == second
    made = demo.sandbox.world.channel(str(post.post_id))
    assert (made.name, len(made.messages)) == (TITLE, 2)


async def test_a_post_has_the_targets_tags_but_for_those_that_its_forum_has_no_more(
    demo: Demo, publisher: DiscordPublisher
):
    forum = channel(demo, "forum")
    post = await opened(publisher, Channel(forum.guild_id, forum.channel_id, (*forum.tags, 1)))
    made = demo.sandbox.world.channel(str(post.post_id))
    assert made.thread is not None
    assert tuple(made.thread.tags) == forum.tags


async def test_what_follows_opens_no_post_of_its_own(demo: Demo, publisher: DiscordPublisher):
    before = len(demo.sandbox.world.guild.channels)
    with pytest.raises(Malformed):
        await publisher.post(channel(demo, "forum"), body(), "n-1")
    assert len(demo.sandbox.world.guild.channels) == before


async def test_each_is_found_again_where_it_is_with_what_follows_it(
    demo: Demo, publisher: DiscordPublisher
):
    since = demo.clock.now() - timedelta(minutes=1)
    forum, ai = channel(demo, "forum"), channel(demo, "ai")
    message = await publisher.post(ai, body(), "n-1", TITLE)
    post = await opened(publisher, forum)
    second = await publisher.post(post, body(f"{LINE}, part 2"), "n-2")
    assert await publisher.look_back(ai, LINE, since) == message
    assert await publisher.look_back(forum, LINE, since) == (post.post_id, post)
    assert await publisher.look_back(post, f"{LINE}, part 2", since) == second
    assert await publisher.look_back(forum, f"{LINE}, part 2", since) is None
    assert len(await publisher.own_messages(forum, since)) == 2


async def test_what_is_in_the_way_of_a_post_is_what_is_in_the_way_in_its_forum(
    demo: Demo, publisher: DiscordPublisher
):
    forum = channel(demo, "forum")
    post = await opened(publisher, forum)
    assert publisher.obstacle(forum) is publisher.obstacle(post) is None
    untagged = Channel(forum.guild_id, forum.channel_id)
    assert "requires a tag on every post" in str(publisher.obstacle(untagged))
    demo.sandbox.world.deny("forum", "send_messages_in_threads")
    await settled(demo)
    assert isinstance(publisher.obstacle(post), Refused)
    assert str(publisher.obstacle(post)) == str(publisher.obstacle(forum))


async def test_only_messages_of_announcement_channels_are_published(
    demo: Demo, publisher: DiscordPublisher
):
    post = await opened(publisher, channel(demo, "forum"))
    for target in (channel(demo, "announcements"), channel(demo, "ai"), post):
        message_id, _ = await publisher.post(target, body(), "n-9")
        await publisher.publish(target, message_id or 0)
    (published,) = shown_in(demo, "announcements")
    assert published["flags"] & 1
    assert not any(m.get("flags", 0) & 1 for m in shown_in(demo, "ai"))


THREAD: Final = "Monday 23 December 2019"


async def posted_in(publisher: DiscordPublisher, target: Channel) -> int:
    """The id of a new message."""
    message_id, _ = await publisher.post(target, body(), "n-1", TITLE)
    assert message_id is not None
    return message_id


@pytest.mark.parametrize("name", ["ai", "announcements"])
async def test_a_thread_begins_with_a_message_and_is_there_once(
    demo: Demo, publisher: DiscordPublisher, name: str
):
    target = channel(demo, name)
    message_id = await posted_in(publisher, target)
    assert not await publisher.has_thread(target, message_id)
    for _ in range(2):
        await publisher.open_thread(target, message_id, THREAD)
    assert await publisher.has_thread(target, message_id)
    made = demo.sandbox.world.channel(message_id)
    assert made.thread is not None
    assert (made.name, made.thread.minutes_to_archive) == (THREAD, 24 * 60)
    assert sum(one.id == message_id for one in demo.sandbox.world.guild.channels) == 1


@pytest.mark.parametrize("name", ["thread", "lounge", "forum"])
async def test_where_no_thread_can_begin_nothing_is_asked(
    demo: Demo, publisher: DiscordPublisher, name: str
):
    before = len(demo.sandbox.log.entries)
    await publisher.open_thread(channel(demo, name), 1, THREAD)
    assert len(demo.sandbox.log.entries) == before


async def test_a_message_that_is_gone_gets_no_thread_and_nobody_is_told(
    demo: Demo, publisher: DiscordPublisher
):
    await publisher.open_thread(channel(demo, "ai"), 1, THREAD)
    last = demo.sandbox.log.entries[-1]
    assert (last.method, last.status) == ("POST", 404)
    assert last.path.endswith("/messages/1/threads")


async def test_a_missing_permission_to_open_threads_is_named_without_a_request(
    demo: Demo, publisher: DiscordPublisher
):
    target = channel(demo, "ai")
    message_id = await posted_in(publisher, target)
    demo.sandbox.world.deny("ai", "create_public_threads")
    await settled(demo)
    before = len(demo.sandbox.log.entries)
    with pytest.raises(Refused, match=r"I can't open threads in <#\d+>: I need"):
        await publisher.open_thread(target, message_id, THREAD)
    assert len(demo.sandbox.log.entries) == before
    assert not await publisher.has_thread(target, message_id)
