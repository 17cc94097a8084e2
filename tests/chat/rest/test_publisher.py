"""The publisher, in the sandbox."""

from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import pytest

from bot.chat.rest.publisher import DiscordPublisher
from bot.demo import Demo
from bot.digests.target import Channel
from bot.errors import Malformed, Refused
from tests.chat.conftest import said, settled, shown_in
from tests.chat.rest.conftest import BODY, MARKER, publisher_of

EMBED = {"embeds": [{"title": "A story", "description": "Text"}]}


@pytest.fixture
async def publisher(demo: Demo) -> AsyncIterator[DiscordPublisher]:
    async with publisher_of(demo) as one:
        yield one


async def test_a_body_is_posted_as_it_is_and_its_id_comes_back(
    demo: Demo, publisher: DiscordPublisher, ai: Channel
):
    message_id, then = await publisher.post(ai, BODY, "nonce-1")
    assert then == ai
    (message,) = shown_in(demo, "ai")
    assert message["id"] == str(message_id)
    assert message["content"] == BODY["content"]


async def test_the_same_nonce_posts_once(demo: Demo, publisher: DiscordPublisher, ai: Channel):
    first = await publisher.post(ai, BODY, "nonce-1")
    assert await publisher.post(ai, BODY, "nonce-1") == first
    assert await publisher.post(ai, BODY, "nonce-2") != first
    assert len(shown_in(demo, "ai")) == 2


async def test_a_message_deleted_since_is_not_posted_again(
    demo: Demo, publisher: DiscordPublisher, ai: Channel
):
    await publisher.post(ai, BODY, "nonce-1")
    shown_in(demo, "ai").clear()
    assert (await publisher.post(ai, BODY, "nonce-1")).message_id is None
    assert shown_in(demo, "ai") == []


@pytest.mark.parametrize("permission", ["view_channel", "send_messages"])
async def test_without_a_permission_posting_is_refused(
    demo: Demo, publisher: DiscordPublisher, ai: Channel, permission: str
):
    assert publisher.obstacle(ai) is None
    demo.sandbox.world.deny("ai", permission)
    with pytest.raises(Refused):
        await publisher.post(ai, BODY, "nonce-1")
    demo.sandbox.world.allow("ai", permission)
    assert (await publisher.post(ai, BODY, "nonce-1")).message_id is not None


async def test_an_obstacle_is_known_without_asking_and_goes_when_it_is_mended(
    demo: Demo, publisher: DiscordPublisher, ai: Channel
):
    demo.sandbox.world.deny("ai", "embed_links")
    await settled(demo)
    assert "**Embed Links**" in str(publisher.obstacle(ai))
    demo.sandbox.world.allow("ai", "embed_links")
    await settled(demo)
    assert publisher.obstacle(ai) is None
    assert publisher.obstacle(Channel(ai.guild_id, 12345)) is None


async def test_embeds_alone_without_embed_links_are_refused(
    demo: Demo, publisher: DiscordPublisher, ai: Channel
):
    demo.sandbox.world.deny("ai", "embed_links")
    with pytest.raises(Refused):
        await publisher.post(ai, EMBED, "nonce-1")


async def test_an_unknown_channel_is_refused(publisher: DiscordPublisher):
    with pytest.raises(Refused, match="does not exist"):
        await publisher.post(Channel(1, 12345), BODY, "nonce-1")


@pytest.mark.parametrize(
    "body",
    [
        {"content": ""},
        {"content": "x" * 2001},
        {"embeds": [{"title": "x" * 257}]},
        {"embeds": [{"title": "x"}] * 11},
        {"embeds": [{"description": "x" * 3500}] * 2},
        {"content": "x", "components": [{"type": 2}]},
    ],
)
async def test_a_body_that_discord_does_not_take_is_malformed(
    demo: Demo, publisher: DiscordPublisher, ai: Channel, body: dict[str, Any]
):
    with pytest.raises(Malformed):
        await publisher.post(ai, body, "nonce-1")
    assert shown_in(demo, "ai") == []


@pytest.mark.parametrize("wanted", [MARKER, f"{MARKER}, part 2"])
async def test_looking_back_finds_a_message_by_its_whole_line(
    demo: Demo, publisher: DiscordPublisher, ai: Channel, wanted: str
):
    since = demo.clock.now() - timedelta(minutes=1)
    posted = {
        line: await publisher.post(ai, {"content": f"## AI\n-# {line}"}, line[-20:])
        for line in (MARKER, f"{MARKER}, part 2", f"{MARKER}0")
    }
    assert await publisher.look_back(ai, wanted, since) == posted[wanted]


async def test_looking_back_proves_absence(demo: Demo, publisher: DiscordPublisher, ai: Channel):
    since = demo.clock.now() - timedelta(minutes=1)
    assert await publisher.look_back(ai, MARKER, since) is None
    await said(demo, "ai", {"content": f"{MARKER}, part 2"})
    await said(demo, "ai", {"content": f"I miss {MARKER}"})
    assert await publisher.look_back(ai, MARKER, since) is None


async def test_what_others_write_is_no_post_of_ours(
    demo: Demo, publisher: DiscordPublisher, ai: Channel
):
    message = await said(demo, "ai", {"content": f"-# {MARKER}"})
    message["author"] = {**message["author"], "id": "5"}
    assert await publisher.look_back(ai, MARKER, demo.clock.now()) is None


def crowd(demo: Demo, message: dict[str, Any], count: int) -> None:
    """This many more messages in a channel, each a copy of another."""
    new_id: Callable[[], int] = demo.sandbox.world.new_id
    more = [{**message, "id": str(new_id()), "content": "talk"} for _ in range(count)]
    shown_in(demo, "ai").extend(more)


async def test_looking_back_turns_pages(demo: Demo, publisher: DiscordPublisher, ai: Channel):
    since = demo.clock.now() - timedelta(minutes=1)
    message = await said(demo, "ai", {"content": f"-# {MARKER}"})
    crowd(demo, message, 250)
    assert await publisher.look_back(ai, MARKER, since) == (int(message["id"]), ai)
    assert await publisher.look_back(ai, "another", since) is None


async def test_too_long_a_history_proves_nothing(
    demo: Demo, publisher: DiscordPublisher, ai: Channel
):
    message = await said(demo, "ai", {"content": "talk"})
    crowd(demo, message, 1000)
    with pytest.raises(Refused):
        await publisher.look_back(ai, MARKER, demo.clock.now() - timedelta(minutes=1))


async def test_without_the_history_nobody_knows(
    demo: Demo, publisher: DiscordPublisher, ai: Channel
):
    await said(demo, "ai", {"content": f"-# {MARKER}"})
    demo.sandbox.world.deny("ai", "read_message_history")
    await settled(demo)
    for channel in (ai, Channel(ai.guild_id, 12345)):
        with pytest.raises(Refused):
            await publisher.look_back(channel, MARKER, demo.clock.now())
