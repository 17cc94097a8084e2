"""/digest thread: a thread under each digest where there can be one, and a reason where not."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.demo import Demo
from tests.chat.conftest import (
    after_hello,
    ask,
    is_a_private_sentence,
    mention,
    move_to,
    needs,
    rows,
    settled,
    shown_in,
)

MORNING = datetime(2019, 12, 23, 8, 0, 1, tzinfo=UTC)
LINE = "A thread for discussion is opened under each digest."


def threads(demo: Demo, channel: str) -> list[str]:
    where = demo.sandbox.world.channel(channel)
    return [one.name for one in demo.sandbox.world.guild.channels if one.parent is where]


async def test_each_digest_has_a_thread_named_by_its_date(demo: Demo):
    assert LINE not in (await ask(demo, "status", "news")).text
    answer = await ask(demo, "thread", "news", choice="yes")
    assert answer.text.startswith(
        f"Thread for discussion in {mention(demo, 'news')}: **one for each digest**."
    )
    assert LINE in (await ask(demo, "status", "news")).text
    await move_to(demo, MORNING)
    first, second = shown_in(demo, "news")
    assert "thread" not in first
    assert second["thread"]["id"] == second["id"]
    assert threads(demo, "news") == ["Monday 23 December 2019"]
    await ask(demo, "now", "news")
    await demo.online.delivery.follow_up()
    assert threads(demo, "news")[1:] == ["Monday 23 December 2019, extra edition"]
    await ask(demo, "thread", "news", choice="no")
    await move_to(demo, MORNING + timedelta(days=1))
    assert len(threads(demo, "news")) == 2


@pytest.mark.parametrize("channel", ["forum", "thread", "lounge"])
async def test_where_there_can_be_no_thread_the_setting_says_so(demo: Demo, channel: str):
    before = await rows(demo)
    answer = await ask(demo, "thread", channel, choice="yes")
    assert is_a_private_sentence(answer)
    assert answer.text == (
        f"{mention(demo, channel)} is not a text or announcement channel; `/digest thread` works"
        " only there."
    )
    assert await rows(demo) == before


async def test_in_a_forum_a_servers_default_changes_nothing(demo: Demo):
    await ask(demo, "tags", "forum", tags="Daily")
    await demo.sandbox.person("moderator").command("subscribe", topic="AI", channel_="forum")
    await ask(demo, "thread", choice="yes")
    assert LINE not in (await ask(demo, "status", "forum")).text
    await move_to(demo, MORNING)
    (_, post) = threads(demo, "forum")
    assert demo.sandbox.world.channel(post).messages[0].get("thread") is None


async def test_a_missing_permission_is_said_once_and_the_digest_comes_anyway(demo: Demo):
    await ask(demo, "stories", "news", stories="1")  # so that they last
    demo.sandbox.world.deny("news", "create_public_threads")
    await settled(demo)
    answer = await ask(demo, "thread", "news", choice="yes")
    news = mention(demo, "news")
    reason = needs(news, "Create Public Threads", deed="open threads")
    assert f"⚠️ Digests come without a thread: {reason}" in answer.text
    assert f"⚠️ Digests come without a thread: {reason}" in (await ask(demo, "status", "news")).text
    assert "Digests come without a thread" in (await ask(demo, "status")).text
    for day in range(2):
        await move_to(demo, MORNING + timedelta(days=day))
    await demo.move(timedelta(minutes=1))
    assert (len(shown_in(demo, "news")), threads(demo, "news")) == (3, [])
    (notice,) = after_hello(demo, "general")
    assert reason in notice["content"]
    demo.sandbox.world.allow("news", "create_public_threads")
    await settled(demo)
    assert "without a thread" not in (await ask(demo, "status", "news")).text
    await move_to(demo, MORNING + timedelta(days=2))
    assert threads(demo, "news") == ["Wednesday 25 December 2019"]
