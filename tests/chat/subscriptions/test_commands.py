"""/subscribe, /unsubscribe and /subscriptions: what moderators set and everybody sees."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.demo import Demo
from bot.digests.target import Channel
from tests.chat.conftest import custom_ids, is_a_private_sentence, move_to, rows, shown_in
from tests.conftest import files_at, make_story_file


async def test_a_subscription_says_when_the_digest_comes_and_offers_to_post_now(demo: Demo):
    answer = await demo.sandbox.person("moderator").command("subscribe", "ai", topic="Robotics")
    where = demo.sandbox.world.channel("ai").id
    assert answer.ephemeral
    assert answer.text == (
        f"<#{where}> now follows **Robotics**.\nNext digest: **Mon 08:00 UTC, 15 hours from now**."
    )
    assert custom_ids(answer.message)[:1] == [f"now:{where}"]
    labels = [one["label"] for one in answer.message["components"][0]["components"]]
    assert labels == ["Post now", "Undo"]


async def test_a_channel_can_be_named_and_a_topic_be_called_by_an_alias(demo: Demo):
    moderator = demo.sandbox.person("moderator")
    answer = await moderator.command(
        "subscribe", "general", topic="artificial intelligence", channel_="ai"
    )
    assert answer.text.startswith(f"<#{demo.sandbox.world.channel('ai').id}> now follows **AI**.")


async def test_a_topic_of_an_emoji_can_be_followed(demo: Demo, tmp_path: Path):
    (tmp_path / "fair.md").write_bytes(make_story_file(title="Fair", topics=["\u2764\ufe0f"]))
    await demo.services.ingestion.ingest(files_at(tmp_path))
    moderator = demo.sandbox.person("moderator")
    typed = await moderator.autocomplete("subscribe", "topic", "\u2764", "ai")
    assert [name for name, _ in typed] == ["\u2764\ufe0f"]
    answer = await moderator.command("subscribe", "ai", topic="\u2764")
    assert "now follows **\u2764\ufe0f**" in answer.text


async def test_subscribing_twice_changes_nothing_and_says_so(demo: Demo):
    moderator = demo.sandbox.person("moderator")
    await moderator.command("subscribe", "ai", topic="AI")
    before = await rows(demo)
    answer = await moderator.command("subscribe", "ai", topic="ai")
    assert "already follows **AI**" in answer.text
    assert "Mon 08:00 UTC" in answer.text
    assert await rows(demo) == before


async def test_post_now_posts_once_and_the_button_answers_in_private(demo: Demo):
    moderator = demo.sandbox.person("moderator")
    answer = await moderator.command("subscribe", "ai", topic="AI")
    outcome = await moderator.press(answer.message, custom_ids(answer.message)[0])
    assert is_a_private_sentence(outcome)
    assert re.fullmatch(r"Posted in <#\d+>: 5 stories\.", outcome.text)
    (message,) = shown_in(demo, "ai")
    assert len(message["embeds"]) == 5
    assert "extra edition" in message["content"]
    again = await moderator.press(answer.message, custom_ids(answer.message)[0])
    assert again.ephemeral
    assert "extra edition 2" in shown_in(demo, "ai")[1]["content"]
    first, second = ({e["url"] for e in m["embeds"]} for m in shown_in(demo, "ai"))
    assert first.isdisjoint(second)


async def test_unsubscribing_says_what_is_left_and_ends_the_digest_with_the_last(demo: Demo):
    moderator = demo.sandbox.person("moderator")
    await moderator.command("subscribe", "ai", topic="AI")
    await moderator.command("subscribe", "ai", topic="Space")
    one = await moderator.command("unsubscribe", "general", topic="AI", channel_="ai")
    assert "no longer follows **AI**. It still follows **Space**." in one.text
    assert "Next digest" in one.text
    last = await moderator.command("unsubscribe", "ai", topic="Space")
    assert "It follows no topics now." in last.text
    assert "Next digest" not in last.text
    await move_to(demo, datetime(2019, 12, 23, 8, 0, 1, tzinfo=UTC))
    assert shown_in(demo, "ai") == []
    assert len(shown_in(demo, "news")) == 2


@pytest.mark.parametrize("topic", ["Space", "zebra", "x" * 6000, "@everyone"])
async def test_what_is_not_followed_cannot_be_left(demo: Demo, topic: str):
    before = await rows(demo)
    moderator = demo.sandbox.person("moderator")
    for where in ("news", "ai"):
        answer = await moderator.command("unsubscribe", where, topic=topic)
        assert is_a_private_sentence(answer)
    assert await rows(demo) == before


async def test_an_unknown_topic_is_no_subscription(demo: Demo):
    before = await rows(demo)
    answer = await demo.sandbox.person("moderator").command("subscribe", "ai", topic="zebra")
    assert is_a_private_sentence(answer)
    assert answer.text == "There is no topic “zebra”. See `/topics`."
    assert await rows(demo) == before


async def test_several_topics_are_followed_at_once_and_the_whole_list_is_told(demo: Demo):
    moderator, where = demo.sandbox.person("moderator"), demo.sandbox.world.channel("ai").id
    first = await moderator.command("subscribe", "ai", topic="ai, SPACE")
    assert first.text == (
        f"<#{where}> now follows **AI**, **Space**.\n"
        "Next digest: **Mon 08:00 UTC, 15 hours from now**."
    )
    more = await moderator.command("subscribe", "ai", topic="Robotics and AI")
    assert more.text.splitlines()[0] == (
        f"<#{where}> now follows **Robotics**. All its topics: **AI**, **Robotics**, **Space**."
    )
    gone = await moderator.command("unsubscribe", "ai", topic="space, ai")
    assert gone.text.splitlines()[0] == (
        f"<#{where}> no longer follows **Space**, **AI**. It still follows **Robotics**."
    )
    undone = await moderator.press(gone.message, custom_ids(gone.message)[0])
    assert "follows **AI**, **Robotics**, **Space**" in undone.text


async def test_all_topics_are_followed_and_left_as_far_as_a_channel_can(demo: Demo):
    moderator = demo.sandbox.person("moderator")
    await moderator.command("subscribe", "ai", topic="Space")
    answer = await moderator.command("subscribe", "ai", topic="All")
    status = await demo.online.bot.services.statuses.of_channel(target(demo, "ai"))
    _, count = await demo.services.queries.largest_topics(1)
    assert status is not None
    assert len(status.topics) == min(25, count)
    assert "Space" in status.topics
    left = f"{count - 25} more topics are left out, those with the fewest stories: 25 is the most."
    assert (left in answer.text) == (count > 25)
    again = await moderator.command("subscribe", "ai", topic="all")
    assert again.ephemeral
    assert ("already follows" in again.text) == (count <= 25)
    gone = await moderator.command("unsubscribe", "ai", topic="all")
    assert "It follows no topics now." in gone.text
    nothing = await moderator.command("unsubscribe", "ai", topic="all")
    assert is_a_private_sentence(nothing)
    assert nothing.text == "It follows no topics now."


async def test_what_is_known_is_followed_and_a_near_miss_is_offered_as_a_button(demo: Demo):
    moderator, where = demo.sandbox.person("moderator"), demo.sandbox.world.channel("ai").id
    answer = await moderator.command("subscribe", "ai", topic="AI, Robotcs, Politics")
    assert f"<#{where}> now follows **AI**." in answer.text
    assert "There is no topic “Robotcs”. Did you mean Robotics?" in answer.text
    assert "There is no topic “Politics”. See `/topics`." in answer.text
    assert custom_ids(answer.message)[::2] == [f"now:{where}", f"follow:1:{where}:robotics"]
    pressed = await moderator.press(answer.message, f"follow:1:{where}:robotics")
    assert "now follows **Robotics**. All its topics: **AI**, **Robotics**." in pressed.text
    refused = await demo.sandbox.person("member").press(
        answer.message, f"follow:1:{where}:robotics"
    )
    assert is_a_private_sentence(refused)
    near = await moderator.command("unsubscribe", "ai", topic="robots")
    assert "does not follow **robots**. Did you mean **Robotics**?" in near.text
    left = await moderator.press(near.message, f"unfollow:1:{where}:robotics")
    assert "no longer follows **Robotics**. It still follows **AI**." in left.text


async def test_the_last_name_of_a_list_is_completed(demo: Demo):
    moderator = demo.sandbox.person("moderator")
    typed = await moderator.autocomplete("subscribe", "topic", "AI, rob", "ai")
    assert [choice.value for choice in typed] == ["AI, Robotics"]
    typed = await moderator.autocomplete("subscribe", "topic", "al", "ai")
    assert "all" in [choice.value for choice in typed]
    left = await moderator.autocomplete("unsubscribe", "topic", "ai, ", "news")
    assert [choice.value for choice in left] == ["ai, Facebook AI"]


def target(demo: Demo, channel: str) -> Channel:
    return Channel(demo.sandbox.world.guild.id, demo.sandbox.world.channel(channel).id)


async def test_subscriptions_lists_the_channels_that_the_person_sees(demo: Demo):
    moderator, member = demo.sandbox.person("moderator"), demo.sandbox.person("member")
    await moderator.command("subscribe", "ai", topic="Space")
    news, ai = (demo.sandbox.world.channel(name).id for name in ("news", "ai"))
    answer = await member.command("subscriptions")
    assert answer.ephemeral
    assert answer.text.splitlines() == [
        f"- <#{news}>: **AI**, **Facebook AI**; next Mon 08:00 UTC, 15 hours from now",
        f"- <#{ai}>: **Space**; next Mon 08:00 UTC, 15 hours from now",
    ]


async def test_a_server_without_subscriptions_says_how_to_begin(demo: Demo):
    answer = await demo.sandbox.person("member").command("subscriptions", "elsewhere")
    assert is_a_private_sentence(answer)
    assert "`/subscribe`" in answer.text


@pytest.mark.parametrize("command", ["subscribe", "unsubscribe"])
async def test_topics_are_completed_for_those_who_may_use_the_command(demo: Demo, command: str):
    moderator, member = demo.sandbox.person("moderator"), demo.sandbox.person("member")
    await moderator.command("subscribe", "ai", topic="Robotics")
    offered = await moderator.autocomplete(command, "topic", "rob", "ai")
    assert [choice.value for choice in offered] == ["Robotics"]
    assert await member.autocomplete(command, "topic", "rob", "ai", overridden=True) == []


async def test_only_followed_topics_are_offered_to_unsubscribe_from(demo: Demo):
    moderator = demo.sandbox.person("moderator")
    here = await moderator.autocomplete("unsubscribe", "topic", "", "news")
    assert [choice.value for choice in here] == ["AI", "Facebook AI", "all"]
    assert await moderator.autocomplete("unsubscribe", "topic", "", "ai") == []
    there = await moderator.autocomplete("unsubscribe", "topic", "face", "ai", channel_="news")
    assert [choice.value for choice in there] == ["Facebook AI"]


async def test_a_channel_follows_no_more_topics_than_a_select_can_show(demo: Demo):
    async with demo.services.database.writing() as db:
        new = [(f"topic-{n}", f"Topic {n}") for n in range(30)]
        await db.executemany("INSERT INTO topic (slug, name) VALUES (?, ?)", new)
    moderator = demo.sandbox.person("moderator")
    for n in range(25):
        answer = await moderator.command("subscribe", "ai", topic=f"Topic {n}")
        assert not answer.failed
        assert "now follows" in answer.text
    before = await rows(demo)
    answer = await moderator.command("subscribe", "ai", topic="Topic 25")
    assert is_a_private_sentence(answer)
    assert "25 topics" in answer.text
    assert await rows(demo) == before


async def test_a_slow_history_is_asked_for_where_it_is_missing(demo: Demo):
    demo.sandbox.world.deny("ai", "read_message_history")
    answer = await demo.sandbox.person("moderator").command("subscribe", "ai", topic="AI")
    assert "now follows" in answer.text
    assert "I need the **Read Message History** permission" in answer.text


async def test_a_topic_may_be_followed_before_it_has_a_story(demo: Demo):
    """Config/'s own feeds to choose from are about it."""
    moderator = demo.sandbox.person("moderator")
    offered = await moderator.autocomplete("subscribe", "topic", "gamin", "ai")
    assert [one.name for one in offered] == ["Gaming"]
    answer = await moderator.command("subscribe", "ai", topic="gaming")
    where = demo.sandbox.world.channel("ai").id
    assert answer.text == (
        f"<#{where}> now follows **Gaming**. Nothing so far; it comes as soon as there is"
        " something.\nNext digest: **Mon 08:00 UTC, 15 hours from now**."
    )
    listed = await moderator.command("topics")
    assert "Gaming" not in listed.text
    page = await moderator.command("topic", name="Gaming")
    assert page.text == "Gaming\nNo stories yet."
    assert "Gaming" in (await moderator.command("subscriptions")).text
    gone = await moderator.command("unsubscribe", "ai", topic="Gaming")
    assert "no longer follows **Gaming**" in gone.text
    again = await moderator.command("subscribe", "ai", topic="Gaming")
    assert "now follows **Gaming**. Nothing so far" in again.text


async def test_a_name_that_nobody_knows_is_still_refused(demo: Demo):
    before = await rows(demo, "topic", "digest", "subscription")
    answer = await demo.sandbox.person("moderator").command("subscribe", "ai", topic="Gamin")
    assert answer.ephemeral
    assert "Did you mean Gaming" in answer.text
    assert await rows(demo, "topic", "digest", "subscription") == before


async def test_days_without_a_story_of_it_are_quiet_until_one_comes(demo: Demo, tmp_path: Path):
    await demo.sandbox.person("moderator").command("subscribe", "ai", topic="Gaming")
    await move_to(demo, datetime(2019, 12, 23, 8, 0, tzinfo=UTC))
    assert shown_in(demo, "ai") == [], "nothing is in the archive either"
    admin = demo.sandbox.person("admin")
    await admin.command("digest quiet", policy="note", channel_="ai")
    await move_to(demo, datetime(2019, 12, 24, 8, 0, tzinfo=UTC))
    (quiet,) = shown_in(demo, "ai")
    assert "No new stories about Gaming today." in quiet["content"]
    file = make_story_file(
        title="Sea walls hold",
        topics=["gaming"],
        heat=100,
        publishedDateTime=datetime(2019, 12, 24, 9, 0, tzinfo=UTC),
    )
    (tmp_path / "sea.md").write_bytes(file)
    await demo.services.ingestion.ingest(files_at(tmp_path))
    await move_to(demo, datetime(2019, 12, 25, 8, 0, tzinfo=UTC))
    (embed,) = shown_in(demo, "ai")[-1]["embeds"]
    assert embed["title"] == "Sea walls hold"
    assert embed["footer"]["text"].endswith(" · Gaming")
