"""Each kind of channel accepts what Discord's does: publishing, threads, posts in a forum."""

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
    events = [bare.events.get_nowait()[0] for _ in range(bare.events.qsize())]
    assert events == ["MESSAGE_CREATE", "MESSAGE_UPDATE"]
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
    assert (active["members"], active["has_more"]) == ([], False)


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


async def test_a_tag_is_needed_only_where_the_forum_says_so(bare: Bare):
    posts, untagged = path(bare, "forum") + "/threads", {**POST, "applied_tags": []}
    bare.sandbox.controls.require_tag("forum", required=False)
    assert (await bare.call("GET", path(bare, "forum")))[1]["flags"] == 0
    assert (await bare.call("POST", posts, untagged))[0] == 201
    bare.sandbox.controls.require_tag("forum")
    assert (await bare.call("GET", path(bare, "forum")))[1]["flags"] == 1 << 4
    assert await bare.refusal("POST", posts, untagged) == (400, 40067)
    with pytest.raises(ValueError, match="holds no posts"):
        bare.sandbox.controls.require_tag("news")


async def test_a_moderated_tag_needs_manage_threads(bare: Bare):
    posts, controls = path(bare, "forum") + "/threads", bare.sandbox.controls
    free, guarded = controls.offer_tags("forum", "Daily", "Official", moderated=["Official"])
    assert (free.id, free.moderated, guarded.moderated) == (TAG, False, True)
    both = {**POST, "applied_tags": [str(free.id), str(guarded.id)]}
    assert await bare.refusal("POST", posts, both) == (403, 50013)
    _, plain = await bare.call("POST", posts, POST)
    adding = {"applied_tags": both["applied_tags"]}
    assert await bare.refusal("PATCH", path(bare, plain["id"]), adding) == (403, 50013)
    bare.sandbox.world.allow("forum", "manage_threads")
    status, post = await bare.call("POST", posts, both)
    assert (status, post["applied_tags"]) == (201, both["applied_tags"])
    bare.sandbox.world.deny("forum", "manage_threads")
    own = path(bare, post["id"])
    assert await bare.refusal("PATCH", own, {"applied_tags": [str(TAG)]}) == (403, 50013)
    kept = {"applied_tags": [str(guarded.id)]}
    assert (await bare.call("PATCH", own, kept))[1]["applied_tags"] == kept["applied_tags"]


async def test_a_post_loses_a_tag_that_its_forum_does_not_offer_any_more(bare: Bare):
    _, post = await bare.call("POST", path(bare, "forum") + "/threads", POST)
    bare.sandbox.controls.offer_tags("forum", "Breaking")
    assert (await bare.call("GET", path(bare, post["id"])))[1]["applied_tags"] == []
    _, forum = await bare.call("GET", path(bare, "forum"))
    assert [one["name"] for one in forum["available_tags"]] == ["Breaking"]


async def test_nothing_keeps_a_post_from_being_made_twice(bare: Bare):
    posts = path(bare, "forum") + "/threads"
    first, second = [(await bare.call("POST", posts, POST))[1] for _ in range(2)]
    assert first["id"] != second["id"]


async def test_a_media_channel_takes_posts_and_no_messages(bare: Bare):
    media = bare.sandbox.controls.create_channel("pictures", "media")
    (tag,) = bare.sandbox.controls.offer_tags(media, "Daily")
    _, shown = await bare.call("GET", path(bare, media.id))
    assert (shown["type"], shown["available_tags"][0]["id"]) == (16, str(tag.id))
    assert await bare.refusal("POST", bare.to("pictures"), MESSAGE) == (400, 50008)
    body = {**POST, "applied_tags": [str(tag.id)]}
    status, post = await bare.call("POST", path(bare, media.id) + "/threads", body)
    assert (status, post["type"], post["parent_id"]) == (201, 11, str(media.id))


async def test_a_thread_of_an_announcement_channel_is_of_a_type_of_its_own(bare: Bare):
    thread = bare.sandbox.controls.create_thread("talk", "announcements")
    assert (await bare.call("GET", path(bare, thread.id)))[1]["type"] == 10
    assert (await bare.call("POST", bare.to("talk"), MESSAGE))[0] == 200
    with pytest.raises(KeyError):
        bare.sandbox.controls.create_channel("x", "announcement_thread")


async def test_a_post_is_found_again_by_its_first_message_and_its_history(bare: Bare):
    _, post = await bare.call("POST", path(bare, "forum") + "/threads", POST)
    messages = bare.to(post["id"])
    sent = [(await bare.call("POST", messages, MESSAGE))[1]["id"] for _ in range(3)]
    status, first = await bare.call("GET", f"{messages}/{post['id']}")
    assert (status, first["content"]) == (200, "x")
    _, around = await bare.call("GET", f"{messages}?around={sent[0]}&limit=3")
    assert [one["id"] for one in around] == [sent[1], sent[0], post["id"]]
    _, after = await bare.call("GET", f"{messages}?after={sent[0]}&limit=1")
    assert [one["id"] for one in after] == [sent[1]]
    _, before = await bare.call("GET", f"{messages}?before={sent[1]}&limit=2")
    assert [one["id"] for one in before] == [sent[0], post["id"]]
    assert (await bare.call("GET", path(bare, post["id"])))[1]["message_count"] == 3


async def archived(bare: Bare, channel: str, query: str = "") -> tuple[list[str], bool, str]:
    """Names of archived threads, whether there are more, and when the last was archived."""
    below = f"{path(bare, channel)}/threads/archived/public{query}"
    status, answer = await bare.call("GET", below)
    assert (status, answer["members"]) == (200, [])
    threads = answer["threads"]
    end = threads[-1]["thread_metadata"]["archive_timestamp"] if threads else ""
    return [one["name"] for one in threads], answer["has_more"], end


async def test_archived_threads_are_read_page_by_page_newest_first(bare: Bare):
    posts = path(bare, "forum") + "/threads"
    for name in ("one", "two", "three"):
        _, post = await bare.call("POST", posts, {**POST, "name": name})
        await bare.call("PATCH", path(bare, post["id"]), {"archived": True})
    first, more, end = await archived(bare, "forum", "?limit=2")
    assert (first, more) == (["three", "two"], True)
    end = end.replace("+", "%2B")
    assert (await archived(bare, "forum", f"?limit=2&before={end}"))[:2] == (["one"], False)
    await bare.call("PATCH", path(bare, "one"), {"archived": False})
    bare.sandbox.controls.archive("one")
    assert (await archived(bare, "forum"))[0] == ["one", "three", "two"]
    assert (await archived(bare, "general"))[:2] == (["closed", "archived"], False)
    assert (await archived(bare, "general", "?before=2023-05-01T00:00:00"))[0] == []
    assert (await archived(bare, "announcements"))[0] == []


async def test_archived_threads_are_refused_as_discord_refuses_them(bare: Bare):
    below = "/threads/archived/public"
    for query in ("?limit=1", "?limit=101", "?limit=x", "?before=5", "?after=5"):
        refusal = await bare.refusal("GET", path(bare, "forum") + below + query)
        assert refusal == (400, 50035)
    for channel in ("lounge", "stage", "thread"):
        assert await bare.refusal("GET", path(bare, channel) + below) == (400, 50024)
    bare.sandbox.world.deny("forum", "read_message_history")
    assert await bare.refusal("GET", path(bare, "forum") + below) == (403, 50001)
    bare.sandbox.world.deny("forum", "view_channel")
    assert await bare.refusal("GET", path(bare, "forum") + below) == (403, 50001)


async def test_a_post_needs_permissions(bare: Bare):
    posts = path(bare, "forum") + "/threads"
    assert await bare.refusal("POST", path(bare, "news") + "/threads", POST) == (400, 50024)
    bare.sandbox.world.deny("forum", "embed_links")
    assert await bare.refusal("POST", posts, {**POST, "message": EMBED}) == (403, 50013)
    bare.sandbox.world.deny("forum", "send_messages")
    assert await bare.refusal("POST", posts, POST) == (403, 50013)


THREAD = {"name": "Sunday 22 December 2019", "auto_archive_duration": 1440}


async def began(bare: Bare, channel: str) -> tuple[str, dict[str, Any]]:
    """A new message, and the path at which its thread begins."""
    _, sent = await bare.call("POST", bare.to(channel), MESSAGE)
    while not bare.events.empty():
        bare.events.get_nowait()
    return f"{bare.to(channel)}/{sent['id']}/threads", sent


@pytest.mark.parametrize(("channel", "kind"), [("news", 11), ("announcements", 10)])
async def test_a_thread_begins_with_a_message_and_has_its_id(bare: Bare, channel: str, kind: int):
    threads, sent = await began(bare, channel)
    status, thread = await bare.call("POST", threads, THREAD)
    assert (status, thread["id"], thread["type"]) == (201, sent["id"], kind)
    assert (thread["name"], thread["parent_id"]) == (THREAD["name"], sent["channel_id"])
    assert thread["thread_metadata"]["auto_archive_duration"] == 1440
    events = [bare.events.get_nowait()[0] for _ in range(bare.events.qsize())]
    assert events == ["THREAD_CREATE", "MESSAGE_UPDATE"]
    _, (message,) = await bare.call("GET", bare.to(channel))
    assert (message["flags"], message["thread"]["id"]) == (32, sent["id"])
    assert (await bare.call("GET", f"/channels/{sent['id']}"))[1]["name"] == THREAD["name"]
    assert (await bare.call("POST", f"/channels/{sent['id']}/messages", MESSAGE))[0] == 200


async def test_a_message_has_only_one_thread(bare: Bare):
    threads, sent = await began(bare, "news")
    await bare.call("POST", threads, THREAD)
    assert await bare.refusal("POST", threads, THREAD) == (400, 160004)
    bare.sandbox.controls.delete_channel(int(sent["id"]))
    assert await bare.refusal("GET", f"/channels/{sent['id']}") == (404, 10003)
    assert (await bare.call("POST", threads, THREAD))[0] == 201


BAD_THREADS: list[dict[str, Any]] = [
    {},
    {"name": ""},
    {"name": "x" * 101},
    {"name": "x", "auto_archive_duration": 1441},
    {"name": "x", "rate_limit_per_user": 21_601},
]


@pytest.mark.parametrize("body", BAD_THREADS)
async def test_a_thread_needs_a_name_and_one_of_four_times_to_archive(
    bare: Bare, body: dict[str, Any]
):
    threads, _ = await began(bare, "news")
    assert await bare.refusal("POST", threads, body) == (400, 50035)


async def test_a_thread_from_a_message_is_refused_as_discord_refuses_it(bare: Bare):
    threads, sent = await began(bare, "news")
    elsewhere = f"{bare.to('general')}/{sent['id']}/threads"
    assert await bare.refusal("POST", elsewhere, THREAD) == (404, 10008)
    for channel in ("lounge", "thread"):
        other, _ = await began(bare, channel)
        assert await bare.refusal("POST", other, THREAD) == (400, 50024)
    bare.sandbox.world.deny("news", "create_public_threads")
    assert await bare.refusal("POST", threads, THREAD) == (403, 50013)
    bare.sandbox.world.deny("news", "view_channel")
    assert await bare.refusal("POST", threads, THREAD) == (403, 50001)
    assert await bare.refusal("POST", "/channels/1/messages/1/threads", THREAD) == (404, 10003)


async def test_a_stock_client_begins_a_thread(sandbox: Sandbox, client: Client):
    await client.connect_to(sandbox)
    sent = await client.channel(sandbox, "news").send("news")
    thread = await sent.create_thread(name="Talk", auto_archive_duration=1440)
    assert (thread.id, thread.parent_id) == (sent.id, sent.channel.id)
    assert (await thread.send("hello")).content == "hello"


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
    await post.thread.edit(archived=True)
    found = [one async for one in forum.archived_threads(limit=5)]
    assert [one.id for one in found] == [post.thread.id]
    assert (await found[0].fetch_message(found[0].id)).content == "x"
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
