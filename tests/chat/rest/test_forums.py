"""Forums and media channels: a digest is a post with tags there, and obstacles are reported."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.chat.rest.publisher import DiscordPublisher
from bot.chat.rest.requests import Rest
from bot.demo import Demo
from bot.digests import target as targets
from bot.errors import Refused
from bot.sandbox import Channel
from bot.sandbox.faults.faults import Fault
from tests.chat.conftest import (
    ask,
    custom_ids,
    is_a_private_sentence,
    mention,
    move_to,
    needs,
    recorded,
    rows,
    settled,
    urls,
)

MORNING = datetime(2019, 12, 23, 8, 0, 1, tzinfo=UTC)
TITLE = "AI · Monday 23 December 2019"
Json = dict[str, Any]


def posts_in(demo: Demo, forum: str = "forum") -> list[Channel]:
    """The posts of the bot in a forum, oldest first."""
    world = demo.sandbox.world
    parent = world.channel(forum)
    every = world.guild_of(parent).channels
    return [
        c for c in every if c.parent is parent and c.thread and c.thread.owner_id == world.bot.id
    ]


async def follow(demo: Demo, forum: str = "forum") -> Any:
    return await demo.sandbox.person("moderator").command("subscribe", topic="AI", channel_=forum)


async def test_a_forum_that_wants_a_tag_is_subscribed_once_it_has_one(demo: Demo):
    before = await rows(demo)
    refused = await follow(demo)
    where = mention(demo, "forum")
    assert is_a_private_sentence(refused)
    assert refused.text == f"{where} requires a tag on every post; choose one with `/digest tags`."
    assert await rows(demo) == before
    answer = await ask(demo, "tags", "forum", tags="daily")
    assert answer.text == f"Digests in {where} are posts tagged **Daily**."
    followed = await follow(demo)
    assert followed.text.startswith(f"{where} now follows **AI**.\nNext digest: ")
    await demo.sandbox.person("moderator").press(followed.message, custom_ids(followed.message)[0])
    await move_to(demo, MORNING)
    extra, post = posts_in(demo)
    assert extra.name == "AI · Sunday 22 December 2019, extra edition"
    assert post.name == TITLE
    assert post.thread is not None
    assert post.thread.tags == [demo.sandbox.world.channel("forum").tags[0].id]
    posted = urls([*extra.messages, *post.messages])
    assert len(posted) == len(set(posted)) > 5


@pytest.mark.parametrize("kind", ["forum", "media"])
async def test_preview_now_and_status_work_in_what_holds_posts(demo: Demo, kind: str):
    demo.sandbox.controls.create_channel("board", kind)
    await settled(demo)
    await follow(demo, "board")
    preview = await ask(demo, "preview", "board")
    assert f"Preview of the next digest in {mention(demo, 'board')}, Mon" in preview.text
    now = await ask(demo, "now", "board")
    assert now.text == f"Posted in {mention(demo, 'board')}: 5 stories."
    (post,) = posts_in(demo, "board")
    assert urls(preview.messages) == urls(post.messages)
    status = await ask(demo, "status", "board")
    assert "Each digest is a post without tags; `/digest tags` gives it some." in status.text
    assert "- Sun 22 Dec (extra): posted, 5 stories" in status.text


@pytest.mark.parametrize(
    ("denied", "named"),
    [
        ("send_messages", "**Create Posts**"),
        ("send_messages_in_threads", "**Send Messages in Posts**"),
        ("embed_links", "**Embed Links**"),
    ],
)
async def test_a_permission_that_is_missing_is_named_as_a_forum_shows_it(
    demo: Demo, denied: str, named: str
):
    await ask(demo, "tags", "forum", tags="Daily")
    demo.sandbox.world.deny("forum", denied)
    await settled(demo)
    answer = await follow(demo)
    lacks = needs(mention(demo, "forum"), named.strip("*"))
    assert answer.text == f"{lacks} Then use `/subscribe` again."


@pytest.mark.parametrize(
    ("tags", "reason"),
    [
        ("Weekly", "has no tag “Weekly”. Its tags: Daily, Breaking."),
        ("Daily, Weekly", "has no tag “Weekly”. Its tags: Daily, Breaking."),
        ("[x](http://evil.example)", "has no tag “"),
        ("Official", "Only moderators of"),
        ("x" * 6000, "has no tag “"),
    ],
)
async def test_tags_that_a_post_cannot_have_are_refused_with_those_it_can(
    demo: Demo, tags: str, reason: str
):
    demo.sandbox.controls.offer_tags(
        "forum", "Daily", "Breaking", "Official", moderated=["Official"]
    )
    await settled(demo)
    before = await rows(demo)
    answer = await ask(demo, "tags", "forum", tags=tags)
    assert is_a_private_sentence(answer)
    assert reason in answer.text
    assert "](http" not in answer.text
    assert await rows(demo) == before


async def test_a_post_has_five_tags_at_most(demo: Demo):
    names = [f"Tag {number}" for number in range(6)]
    demo.sandbox.controls.offer_tags("forum", *names)
    await settled(demo)
    refused = await ask(demo, "tags", "forum", tags=", ".join(names))
    assert refused.text == "A post can have at most 5 tags."
    assert "**Tag 4**" in (await ask(demo, "tags", "forum", tags=", ".join(names[:5]))).text
    admin = demo.sandbox.person("admin")
    typed = ", ".join(names[:5]) + ", "
    assert await admin.autocomplete("digest tags", "tags", typed, channel_="forum") == []


async def test_tags_are_completed_one_after_the_other(demo: Demo):
    admin, member = demo.sandbox.person("admin"), demo.sandbox.person("member")

    async def offered(typed: str, **options: Any) -> list[object]:
        found = await admin.autocomplete("digest tags", "tags", typed, **options)
        return [choice.value for choice in found]

    assert await offered("", channel_="forum") == ["none", "Daily", "Breaking"]
    assert await offered("br", channel_="forum") == ["Breaking"]
    assert await offered("daily, ", channel_="forum") == ["daily, Breaking"]
    assert await offered("daily, b", channel_="forum") == ["daily, Breaking"]
    assert await offered("", channel_="news") == ["none"]
    both = await ask(demo, "tags", "forum", tags="daily, Breaking")
    assert "**Daily**, **Breaking**" in both.text
    none = await member.autocomplete("digest tags", "tags", "", overridden=True, channel_="forum")
    assert none == []


async def test_without_its_tag_a_digest_waits_and_comes_when_one_is_chosen(demo: Demo):
    demo.sandbox.controls.require_tag("forum", required=False)
    await settled(demo)
    await follow(demo)
    demo.sandbox.controls.require_tag("forum")
    await settled(demo)
    wants = (
        f"{mention(demo, 'forum')} requires a tag on every post; choose one with `/digest tags`."
    )
    assert (await ask(demo, "status")).text.endswith(f"⚠️ paused: {wants}")
    await move_to(demo, MORNING)
    assert posts_in(demo) == []
    status = (await ask(demo, "status", "forum")).text.splitlines()
    assert f"⚠️ {wants}" in status
    assert "Digests resume on their own once this is fixed." in status
    chosen = await ask(demo, "tags", "forum", tags="Breaking")
    assert "⚠️" not in chosen.text
    await demo.move(timedelta(seconds=30))
    (post,) = posts_in(demo)
    assert post.name == TITLE
    assert "⚠️" not in (await ask(demo, "status", "forum")).text
    cleared = await ask(demo, "tags", "forum", tags="none")
    assert cleared.text.splitlines()[-1] == f"⚠️ {wants}"


async def test_a_tag_that_comes_too_late_for_an_edition_ends_the_trouble_all_the_same(demo: Demo):
    demo.sandbox.controls.require_tag("forum", required=False)
    await settled(demo)
    await follow(demo)
    demo.sandbox.controls.require_tag("forum")
    await settled(demo)
    await move_to(demo, MORNING)
    await demo.move(timedelta(hours=4))
    await ask(demo, "tags", "forum", tags="Daily")
    assert "⚠️" not in (await ask(demo, "status", "forum")).text
    await move_to(demo, MORNING + timedelta(days=1))
    assert len(posts_in(demo)) == 1


async def test_a_tag_that_is_gone_is_left_out_and_told(demo: Demo):
    await ask(demo, "tags", "forum", tags="Daily, Breaking")
    await follow(demo)
    demo.sandbox.controls.offer_tags("forum", "Daily")
    await settled(demo)
    warning = "⚠️ A tag of its posts does not exist any more; set them again with `/digest tags`."
    assert warning in (await ask(demo, "status", "forum")).text.splitlines()
    assert (await ask(demo, "status")).text.endswith(warning)
    await move_to(demo, MORNING)
    (post,) = posts_in(demo)
    assert post.thread is not None
    assert post.thread.tags == [demo.sandbox.world.channel("forum").tags[0].id]


async def test_a_lost_answer_to_a_post_is_looked_for_and_never_posted_twice(demo: Demo):
    await ask(demo, "tags", "forum", tags="Daily")
    await follow(demo)
    path = f"/channels/{demo.sandbox.world.channel('forum').id}/threads"
    demo.sandbox.faults.add(Fault("reset_after", "POST", path))
    await move_to(demo, MORNING)
    assert len(posts_in(demo)) == 1
    demo.sandbox.controls.archive(posts_in(demo)[0])
    await demo.move(timedelta(minutes=2))
    (post,) = posts_in(demo)
    assert "- Mon 23 Dec: posted, 5 stories" in (await ask(demo, "status", "forum")).text
    record = recorded(demo)
    assert sum(one["method"] == "POST" and one["path"].endswith(path) for one in record) == 1
    assert post.name == TITLE


async def test_a_forum_is_looked_through_in_open_and_archived_posts(demo: Demo):
    rest = Rest(demo.online.bot, lambda status: None)
    publisher = DiscordPublisher(demo.online.bot, rest)
    known = demo.sandbox.world.channel("forum")
    forum = targets.Channel(demo.sandbox.world.guild.id, known.id, (known.tags[0].id,))
    marker, since = "Monday 23 December 2019", demo.clock.now() - timedelta(hours=1)
    assert await publisher.look_back(forum, marker, since) is None
    body = {"content": f"-# {marker}", "allowed_mentions": {"parse": []}}
    opened = await publisher.post(forum, body, "1", f"AI · {marker}")
    assert opened.target == targets.Post(forum, opened.message_id or 0)
    await publisher.post(forum, body, "2", f"AI · {marker}0")
    await publisher.post(opened.target, {"content": f"-# {marker}, part 2"}, "nonce")
    assert await publisher.look_back(forum, marker, since) == opened
    demo.sandbox.controls.archive(str(opened.message_id))
    await settled(demo)
    assert await publisher.look_back(forum, marker, since) == opened
    assert await publisher.look_back(forum, "December 2019", since) is None
    own = await publisher.own_messages(forum, since)
    assert [m.lines[-1] for m in own].count(f"{marker}, part 2") == 1
    assert len(own) == 3
    demo.sandbox.world.deny("forum", "read_message_history")
    await settled(demo)
    with pytest.raises(Refused):
        await publisher.look_back(forum, marker, since)
    await rest.close()


async def test_a_post_deleted_by_a_moderator_does_not_end_its_forums_digest(demo: Demo):
    await ask(demo, "tags", "forum", tags="Daily")
    await follow(demo)
    await move_to(demo, MORNING)
    demo.sandbox.controls.delete_channel(posts_in(demo)[0])
    await settled(demo)
    assert "deleted" not in (await ask(demo, "status")).text
    await move_to(demo, MORNING + timedelta(days=1))
    (post,) = posts_in(demo)
    assert post.name.endswith("Tuesday 24 December 2019")
