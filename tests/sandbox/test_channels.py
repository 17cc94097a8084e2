"""Each kind of channel takes what Discord's does: publishing, threads, posts in a forum."""

import asyncio
from typing import Any

import discord
import pytest

from bot.sandbox import Sandbox
from tests.sandbox.conftest import Bare, Client

TAG = 1100000000000001900
MESSAGE = {"content": "x"}
POST = {"name": "Post", "message": MESSAGE, "applied_tags": [str(TAG)]}
EMBED = {"embeds": [{"title": "t"}]}


def path(bare: Bare, channel: str | int) -> str:
    return f"/channels/{bare.sandbox.world.channel(channel).id}"


@pytest.mark.parametrize("channel", ["announcements", "lounge", "stage", "thread", "archived"])
async def test_messages_can_be_sent_to_a_channel_of_each_kind_but_a_forum(bare: Bare, channel: str):
    status, sent = await bare.call("POST", bare.to(channel), MESSAGE)
    assert status == 200
    _, history = await bare.call("GET", bare.to(channel))
    assert [one["id"] for one in history] == [sent["id"]]
    assert await bare.refusal("POST", bare.to("forum"), MESSAGE) == (400, 50008)


async def test_a_voice_channel_needs_connect(bare: Bare):
    bare.sandbox.world.deny("lounge", "connect")
    assert await bare.refusal("POST", bare.to("lounge"), MESSAGE) == (403, 50001)
    bare.sandbox.world.deny("news", "connect")
    assert (await bare.call("POST", bare.to("news"), MESSAGE))[0] == 200


async def test_a_thread_has_a_sending_permission_of_its_own_and_its_channels_overwrites(bare: Bare):
    world = bare.sandbox.world
    world.deny("general", "send_messages")
    assert (await bare.call("POST", bare.to("thread"), EMBED))[0] == 200
    assert await bare.refusal("POST", bare.to("general"), MESSAGE) == (403, 50013)
    world.allow("general", "send_messages")
    world.deny("thread", "send_messages_in_threads")
    assert await bare.refusal("POST", bare.to("thread"), MESSAGE) == (403, 50013)
    assert await bare.refusal("POST", path(bare, "thread") + "/typing") == (403, 50013)
    assert (await bare.call("POST", bare.to("general"), EMBED))[0] == 200
    world.deny("general", "view_channel")
    assert await bare.refusal("GET", path(bare, "thread")) == (403, 50001)


async def test_sending_opens_an_archived_thread_unless_it_is_locked(bare: Bare):
    assert (await bare.call("POST", bare.to("archived"), MESSAGE))[0] == 200
    events = [bare.events.get_nowait()[0] for _ in range(bare.events.qsize())]
    assert events == ["THREAD_UPDATE", "MESSAGE_CREATE"]
    _, thread = await bare.call("GET", path(bare, "archived"))
    assert not thread["thread_metadata"]["archived"]
    assert await bare.refusal("POST", bare.to("closed"), MESSAGE) == (400, 50083)


async def test_what_an_archived_thread_holds_cannot_be_changed(bare: Bare):
    _, sent = await bare.call("POST", bare.to("thread"), MESSAGE)
    bare.sandbox.controls.archive("thread")
    message = f"{bare.to('thread')}/{sent['id']}"
    assert await bare.refusal("PATCH", message, {"content": "y"}) == (400, 50083)
    assert await bare.refusal("DELETE", message) == (400, 50083)
    assert (await bare.call("GET", message))[0] == 200


async def test_a_message_of_an_announcement_channel_is_published_once(bare: Bare):
    _, sent = await bare.call("POST", bare.to("announcements"), MESSAGE)
    crosspost = f"{bare.to('announcements')}/{sent['id']}/crosspost"
    status, published = await bare.call("POST", crosspost)
    assert (status, published["flags"]) == (200, 1)
    assert await bare.refusal("POST", crosspost) == (400, 40033)
    _, other = await bare.call("POST", bare.to("news"), MESSAGE)
    assert await bare.refusal("POST", f"{bare.to('news')}/{other['id']}/crosspost") == (400, 50024)
    bare.sandbox.world.deny("announcements", "send_messages")
    assert await bare.refusal("POST", crosspost) == (403, 50013)


async def test_ten_messages_an_hour_can_be_published(bare: Bare):
    sent = [await bare.call("POST", bare.to("announcements"), MESSAGE) for _ in range(11)]
    bare.sandbox.limits.enabled = True
    paths = [f"{bare.to('announcements')}/{one['id']}/crosspost" for _, one in sent]
    answers = [await bare.call("POST", one) for one in paths]
    assert [status for status, _ in answers] == [200] * 10 + [429]
    assert answers[-1][1]["retry_after"] > 3590


async def test_a_post_begins_with_a_message_of_its_own_id(bare: Bare):
    status, post = await bare.call("POST", path(bare, "forum") + "/threads", POST)
    assert status == 201
    assert (post["name"], post["applied_tags"], post["owner_id"]) == (
        "Post",
        [str(TAG)],
        str(bare.sandbox.world.bot.id),
    )
    assert post["message"]["id"] == post["message"]["channel_id"] == post["id"]
    events = [bare.events.get_nowait()[0] for _ in range(bare.events.qsize())]
    assert events == ["THREAD_CREATE", "MESSAGE_CREATE"]
    assert (await bare.call("POST", bare.to(post["id"]), MESSAGE))[0] == 200
    _, active = await bare.call("GET", f"/guilds/{bare.sandbox.world.guild.id}/threads/active")
    assert [one["name"] for one in active["threads"]] == ["thread", "Welcome", "Post"]


REFUSED_POSTS: list[tuple[dict[str, Any], tuple[int, int]]] = [
    ({"applied_tags": []}, (400, 40067)),
    ({"applied_tags": None}, (400, 40067)),
    ({"applied_tags": ["5"]}, (404, 10087)),
    ({"applied_tags": [str(TAG)] * 6}, (400, 50035)),
    ({"name": ""}, (400, 50035)),
    ({"name": "x" * 101}, (400, 50035)),
    ({"message": {"content": " "}}, (400, 50006)),
    ({"message": {**MESSAGE, "nonce": "1", "enforce_nonce": True}}, (400, 50035)),
    ({"message": {"content": "x" * 2001}}, (400, 50035)),
    ({"auto_archive_duration": 61}, (400, 50035)),
    ({"message": None}, (400, 50035)),
]


@pytest.mark.parametrize(("change", "refusal"), REFUSED_POSTS)
async def test_a_post_is_refused_as_discord_refuses_it(
    bare: Bare, change: dict[str, Any], refusal: tuple[int, int]
):
    body = {**POST, **change}
    assert await bare.refusal("POST", path(bare, "forum") + "/threads", body) == refusal
    assert len(bare.sandbox.world.guild.channels) == 13


async def test_a_post_needs_permissions(bare: Bare):
    posts = path(bare, "forum") + "/threads"
    assert await bare.refusal("POST", path(bare, "news") + "/threads", POST) == (400, 50024)
    bare.sandbox.world.deny("forum", "embed_links")
    assert await bare.refusal("POST", posts, {**POST, "message": EMBED}) == (403, 50013)
    bare.sandbox.world.deny("forum", "send_messages")
    assert await bare.refusal("POST", posts, POST) == (403, 50013)


CHANGES: list[tuple[str, dict[str, Any], tuple[int, int]]] = [
    ("news", {"name": "x"}, (403, 50013)),
    ("thread", {"name": "x"}, (403, 50013)),
    ("thread", {"archived": True}, (403, 50013)),
    ("closed", {"archived": False}, (403, 50013)),
    ("archived", {"archived": "no"}, (400, 50035)),
    ("archived", {"nsfw": True}, (400, 50035)),
]


@pytest.mark.parametrize(("channel", "body", "refusal"), CHANGES)
async def test_what_is_not_the_bots_cannot_be_changed(
    bare: Bare, channel: str, body: dict[str, Any], refusal: tuple[int, int]
):
    assert await bare.refusal("PATCH", path(bare, channel), body) == refusal


async def test_the_bots_own_post_can_be_changed_and_archived(bare: Bare):
    _, post = await bare.call("POST", path(bare, "forum") + "/threads", POST)
    own = path(bare, post["id"])
    tags = [str(TAG + 1)]
    _, changed = await bare.call("PATCH", own, {"name": "New", "applied_tags": tags})
    assert (changed["name"], changed["applied_tags"]) == ("New", tags)
    await bare.call("PATCH", own, {"archived": True})
    assert await bare.refusal("PATCH", own, {"name": "Newer"}) == (400, 50083)
    status, again = await bare.call("PATCH", own, {"archived": False})
    assert (status, again["thread_metadata"]["archived"]) == (200, False)
    assert await bare.refusal("PATCH", own, {"locked": True}) == (403, 50013)


async def test_anybody_may_open_a_thread_that_is_not_locked(bare: Bare):
    status, thread = await bare.call("PATCH", path(bare, "archived"), {"archived": False})
    assert (status, thread["thread_metadata"]["archived"]) == (200, False)


async def test_a_stock_client_sees_every_kind(sandbox: Sandbox, client: Client):
    await client.connect_to(sandbox)
    guild = client.get_guild(sandbox.world.guild.id)
    assert guild is not None
    kinds = {one.name: type(one).__name__ for one in guild.channels}
    assert kinds["announcements"] == "TextChannel"
    assert kinds["lounge"] == "VoiceChannel"
    assert kinds["stage"] == "StageChannel"
    assert kinds["forum"] == "ForumChannel"
    assert [one.name for one in guild.threads] == ["thread", "Welcome"]


async def test_a_stock_client_posts_in_a_forum_and_publishes(sandbox: Sandbox, client: Client):
    await client.connect_to(sandbox)
    forum = client.get_channel(sandbox.world.channel("forum").id)
    assert isinstance(forum, discord.ForumChannel)
    with pytest.raises(discord.HTTPException) as caught:
        await forum.create_thread(name="No tag", content="x")
    assert caught.value.code == 40067
    post = await forum.create_thread(
        name="Post", content="x", embed=discord.Embed(title="t"), applied_tags=forum.available_tags
    )
    assert post.message.content == "x"
    assert (await post.thread.send("more")).content == "more"
    await post.thread.edit(archived=True)
    assert (await post.thread.send("again")).content == "again"
    sent = await client.channel(sandbox, "announcements").send("news")
    await sent.publish()
    assert sandbox.world.channel("announcements").messages[0]["flags"] == 1


async def test_people_act_in_threads_and_choose_channels_of_a_kind(bare: Bare):
    option = {"type": 7, "name": "where", "description": "d", "channel_types": [5, 11]}
    await bare.register({"name": "story", "description": "d", "options": [option]})
    member = bare.sandbox.person("member")
    with pytest.raises(ValueError, match="takes no forum channel"):
        await member.command("story", "thread", where="forum")
    running = asyncio.create_task(member.command("story", "thread", where="announcements"))
    callback, _ = await bare.heard()
    await bare.call("POST", callback, {"type": 4, "data": MESSAGE})
    assert (await running).text == "x"
    assert len(bare.sandbox.world.channel("thread").messages) == 1
