"""Buttons and selects: on messages of any age, after a restart, and with any id in them."""

import asyncio
import gc
import os
import re
import shutil
from pathlib import Path

import discord
import pytest

from bot.app.reload import reload
from bot.chat.gateway.client import ITEMS
from bot.demo import Demo
from bot.library.feeds import named
from bot.stories.feeds import FeedSettings
from tests.chat.conftest import (
    Json,
    button,
    custom_ids,
    is_a_private_sentence,
    opened,
    rows,
    said,
    shown_in,
)
from tests.conftest import ROOT, files_at, make_story_file


def select(custom_id: str, value: str) -> list[dict[str, object]]:
    option = {"label": "Story", "value": value}
    shown = {"type": 3, "custom_id": custom_id, "options": [option]}
    return [{"type": 1, "components": [shown]}]


async def test_the_select_under_a_digest_opens_the_sources_of_each_story(demo: Demo):
    (digest,) = shown_in(demo, "news")
    before = dict(digest)
    options = digest["components"][0]["components"][0]["options"]
    assert len(options) == len(digest["embeds"]) == 5
    for option, embed in zip(options, digest["embeds"], strict=True):
        answer = await demo.sandbox.person("member").choose(digest, "sources", [option["value"]])
        assert answer.ephemeral
        assert [e["url"] for e in answer.message["embeds"]] == [embed["url"]]
    assert digest == before


@pytest.mark.parametrize(
    "custom_id",
    [
        "sources:0",
        "sources:999999999999999999",
        "why:0",
        "why:999999999999999999",
        "numbers:0",
        "older:0:0:0",
        "older:999999999999999999:0:0",
    ],
)
async def test_a_button_for_what_does_not_exist_is_a_private_sentence(demo: Demo, custom_id: str):
    message = await said(demo, "general", {"content": "x", "components": button(custom_id)})
    answer = await demo.sandbox.person("member").press(message, custom_id)
    assert is_a_private_sentence(answer)


async def test_places_beyond_a_topics_stories_show_an_empty_page(demo: Demo):
    topic = await demo.services.queries.topic("AI")
    places = ("-999999999999999999:5", "999999999999999999:999999999999999999")
    for place in (*places, f"{places[0]}:999999999"):
        custom_id = f"older:{topic.topic_id}:{place}"
        message = await said(demo, "general", {"content": "x", "components": button(custom_id)})
        answer = await demo.sandbox.person("member").press(message, custom_id)
        assert answer.ephemeral
        assert answer.message["embeds"][0]["title"] == "AI"


async def test_a_button_from_before_pages_were_counted_still_turns_to_the_older_stories(demo: Demo):
    member = demo.sandbox.person("member")
    page = await member.command("topic", name="AI")
    new = custom_ids(page.message)[-1]
    old = new.rsplit(":", 1)[0]
    assert new == f"{old}:5"
    message = await said(demo, "general", {"content": "x", "components": button(old)})
    answer = await member.press(message, old)
    await member.press(page.message, new)
    (counted,), (uncounted,) = page.message["embeds"], answer.message["embeds"]
    headlines = [re.findall(r"\d+\.\*\* (.+)", e["description"]) for e in (counted, uncounted)]
    assert headlines[0] == headlines[1] != []
    assert uncounted["description"].startswith("10 stories, ")


@pytest.mark.parametrize("custom_id", ["sources", "story"])
async def test_a_choice_that_is_no_story_is_a_private_sentence(demo: Demo, custom_id: str):
    for value in ("abc", "0", "-1", "999999999999999999", "9" * 30):
        shown = {"content": "x", "components": select(custom_id, value)}
        message = await said(demo, "general", shown)
        answer = await demo.sandbox.person("member").choose(message, custom_id, [value])
        assert is_a_private_sentence(answer), value


async def test_a_story_removed_since_is_a_private_sentence(demo: Demo):
    member = demo.sandbox.person("member")
    story = await member.command("story", query="ferry")
    async with demo.services.database.writing() as db:
        await db.execute("UPDATE story SET removed = 1")
    for custom_id in custom_ids(story.message):
        answer = await member.press(story.message, custom_id)
        assert is_a_private_sentence(answer)


@pytest.mark.parametrize("restarted", [False, True])
async def test_old_buttons_find_the_story_that_theirs_became(tmp_path: Path, restarted: bool):
    config = Path(shutil.copytree(ROOT / "config", tmp_path / "config"))
    async with opened(tmp_path, config=config) as demo:
        member = demo.sandbox.person("member")
        looked_up = []
        for number in (2, 1):
            file = tmp_path / f"{number}.md"
            url = f"https://saltmarsh.example/a?from={number}"
            file.write_bytes(make_story_file(webUrl=url, title=f"Zeppelins {number}"))
            os.utime(file, (2_000_000_000 + number,) * 2)
            await demo.services.ingestion.ingest(files_at(file))
            looked_up.append(await member.command("story", query=f"Zeppelins {number}"))
        (tmp_path / "config" / "trackers.yaml").write_text("everywhere: [from]\n")
        old = [answer.message for answer in looked_up]
        ids = [re.findall(r"\d+", " ".join(custom_ids(one)))[0] for one in old]
        values = {*ids} - {str((await demo.services.queries.find("Zeppelins 2", 1))[0].story_id)}
        if not restarted:
            await reload(demo.services, demo.online)
            await finds_what_it_became(demo, old, values.pop())
    if restarted:
        async with opened(tmp_path, config=config) as demo:
            again = [
                await said(demo, "general", {"content": "old", "components": one["components"]})
                for one in old
            ]
            await finds_what_it_became(demo, again, values.pop())


async def finds_what_it_became(demo: Demo, messages: list[Json], gone: str) -> None:
    """Every button of the messages, and a choice of the gone story, open the remaining one."""
    assert len(await demo.services.queries.find("Zeppelins", 5)) == 1
    member = demo.sandbox.person("member")
    answers = [
        await member.press(message, custom_id)
        for message in messages
        for custom_id in custom_ids(message)
        if custom_id.startswith(("why:", "numbers:", "sources:"))
    ]
    assert len(answers) == 2 * len(messages)
    for custom_id in ("sources", "story"):
        body = {"content": "x", "components": select(custom_id, gone)}
        answers.append(await member.choose(await said(demo, "general", body), custom_id, [gone]))
    answers.append(await member.command("story", query=f"#{gone}"))
    for answer in answers:
        assert "Zeppelins 2" in str(answer.message["embeds"])


@pytest.mark.parametrize("first", [0, 1, 999999])
async def test_a_page_of_feeds_that_does_not_exist_is_the_first(demo: Demo, first: int):
    pressed = f"feeds:{first}"
    message = await said(demo, "general", {"content": "x", "components": button(pressed)})
    answer = await demo.sandbox.person("member").press(message, pressed)
    assert answer.ephemeral
    assert "There are no feeds." in answer.text


async def test_buttons_and_selects_work_after_a_restart(tmp_path: Path):
    async with opened(tmp_path) as demo:
        moderator = demo.sandbox.person("moderator")
        story = await moderator.command("story", query="AI")
        topic = await moderator.command("topic", name="AI")
        follow = await moderator.command("subscribe", "ai", topic="AI")
        addresses = (f"https://p{number}.example/feed" for number in range(11))
        feeds = [named(FeedSettings(url, off=True)) for url in addresses]
        await demo.services.feeds.add_new(feeds, "test")
        listed = await moderator.command("feeds list")
        old = [a.message["components"] for a in (story, topic, follow, listed)]
        old.append(shown_in(demo, "news")[0]["components"])
    async with opened(tmp_path) as demo:
        moderator = demo.sandbox.person("moderator")
        pressed = set()
        for components in old:
            message = await said(demo, "general", {"content": "old", "components": components})
            for row in components:
                for one in row["components"]:
                    pressed.add((one["type"], one["custom_id"].split(":")[0]))
                    if one["type"] == 3:
                        value = one["options"][-1]["value"]
                        answer = await moderator.choose(message, one["custom_id"], [value])
                    else:
                        answer = await moderator.press(message, one["custom_id"])
                    assert answer.ephemeral
                    assert answer.message["embeds"] or answer.text.startswith(("Posted", "Undone"))
        words = {re.split(r"\W", one.__discord_ui_compiled_template__.pattern)[0] for one in ITEMS}
        tried_elsewhere = {"again", "only", "set", "choose", "changes", "follow", "unfollow"}
        tried_elsewhere |= {"numbers", "setup", "preview", "begin", "help", "mute"}
        assert {word for _, word in pressed} == words - tried_elsewhere
        assert len(shown_in(demo, "ai")) == 1


async def test_a_button_that_fails_is_answered_in_words(demo: Demo):
    story = await demo.sandbox.person("member").command("story", query="AI")
    before = await rows(demo, "story")
    async with demo.services.database.writing() as db:
        await db.execute("ALTER TABLE source RENAME TO gone")
    answer = await demo.sandbox.person("member").press(story.message, custom_ids(story.message)[0])
    assert answer.ephemeral
    assert "went wrong" in answer.text
    assert "SELECT" not in answer.text
    assert await rows(demo, "story") == before


async def test_answers_with_buttons_leave_no_task_and_no_view_behind(demo: Demo):
    member, admin = demo.sandbox.person("member"), demo.sandbox.person("admin")
    await member.command("topics")
    before, views_before = asyncio.all_tasks(), views()
    for _ in range(3):
        found = await member.command("story", query="AI")
        await member.press(found.message, custom_ids(found.message)[0])
        page = await member.command("topic", name="AI")
        await member.press(page.message, custom_ids(page.message)[-1])
        await admin.command("subscribe", topic="AI")
    await member.command("topics")
    assert not [one for one in asyncio.all_tasks() - before if "View" in str(one.get_coro())]
    assert views() <= views_before


def views() -> set[int]:
    """Every view that is still referenced."""
    gc.collect()
    return {id(one) for one in gc.get_objects() if type(one) is discord.ui.View}
