"""/feeds: added, removed, tried and listed, against the invented feeds of the sandbox."""

import asyncio
from collections.abc import Collection
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.chat.feeds import commands
from bot.demo import Demo
from bot.render import limits
from bot.sandbox import Answer
from bot.sandbox.feeds import Fault
from bot.stories.feeds import FeedSettings
from tests.chat.conftest import FEED_COMMANDS, is_a_private_sentence, opened, rows
from tests.conftest import ROOT

HOST = "http://harborcourier.example"
NEWS = f"{HOST}/news.xml"


async def by_owner(demo: Demo, line: str, **options: Any) -> Answer:
    return await demo.sandbox.person("owner").command(f"feeds {line}", timeout=30, **options)


async def feed_rows(demo: Demo) -> list[tuple[object, ...]]:
    return (await rows(demo, "feed"))["feed"]


async def topics_of_feeds(demo: Demo) -> list[tuple[str, ...]]:
    return [one.settings.topics for one in await demo.services.feeds.listed()]


async def test_a_feed_added_answers_with_its_newest_stories_as_they_would_look(demo: Demo):
    answer = await by_owner(demo, "add", url=NEWS, topics="ai,  Harbour life", provider="Courier")
    assert answer.ephemeral
    assert answer.text.startswith("**Courier** is added.\nIts newest stories, as they would look:")
    assert [embed["author"] for embed in answer.message["embeds"] if "author" in embed] == []
    assert len(answer.message["embeds"]) == 3
    for embed in answer.message["embeds"]:
        assert embed["url"].startswith(f"{HOST}/2019/12/")
        assert embed["footer"]["text"].startswith("Courier · AI, Harbour life")
    times = [embed["timestamp"] for embed in answer.message["embeds"]]
    assert times == sorted(times, reverse=True)
    for name in ("AI", "Harbour life"):
        topic = await demo.sandbox.person("member").command("topic", name=name)
        assert answer.message["embeds"][0]["title"] in topic.text


async def test_a_page_leads_to_the_feed_that_it_names(demo: Demo):
    answer = await by_owner(demo, "add", url=f"{HOST}/")
    assert f"What is asked is `{NEWS}`." in answer.text
    assert len(answer.message["embeds"]) == 3


async def test_a_page_of_a_feed_that_is_there_adds_nothing(demo: Demo):
    await by_owner(demo, "add", url=NEWS, topics="AI")
    before = len(await feed_rows(demo))
    answer = await by_owner(demo, "add", url=f"{HOST}/")
    assert answer.text.startswith("**Harbor Courier** is in the list already.")
    assert len(answer.message["embeds"]) == 3
    assert len(await feed_rows(demo)) == before


async def test_adding_it_again_keeps_its_settings_unless_something_is_said(demo: Demo):
    await by_owner(demo, "add", url=NEWS, topics="AI")
    again = await by_owner(demo, "add", url=NEWS)
    assert again.text.startswith("**Harbor Courier** is in the list already.")
    assert await topics_of_feeds(demo) == [("AI",)]
    changed = await by_owner(demo, "add", url=NEWS, topics="Space")
    assert changed.text.startswith("**Harbor Courier** is changed.")
    assert await topics_of_feeds(demo) == [("Space",)]


async def test_adding_a_feed_again_switches_it_on(demo: Demo):
    await by_owner(demo, "add", url=NEWS)
    await demo.services.feeds.switch(NEWS, on=False)
    assert "off" in (await by_owner(demo, "list")).text
    await by_owner(demo, "add", url=NEWS)
    assert "fine: last answer" in (await by_owner(demo, "list")).text


@pytest.mark.parametrize(
    ("url", "why"),
    [
        (f"{HOST}/missing.xml", "there is nothing at this address"),
        ("http://127.0.0.1:1/feed.xml", "is no address of a feed"),
        ("ftp://harborcourier.example/feed", "is no address of a feed"),
        ("every morning", "is no address of a feed"),
    ],
)
async def test_what_can_never_be_a_feed_is_not_kept(demo: Demo, url: str, why: str):
    answer = await by_owner(demo, "add", url=url)
    assert is_a_private_sentence(answer)
    assert why in answer.text
    assert await feed_rows(demo) == []


async def test_a_page_without_a_feed_is_not_kept(demo: Demo):
    demo.feeds.faults["harborcourier.example"] = Fault.PAGE
    answer = await by_owner(demo, "add", url=NEWS)
    assert is_a_private_sentence(answer)
    assert "was not added: it is no feed" in answer.text
    assert await feed_rows(demo) == []


async def test_a_feed_that_is_down_is_kept_and_says_when_it_is_asked_next(demo: Demo):
    answer = await by_owner(demo, "add", url="http://quietbell.example/feed.xml")
    assert answer.text.startswith("**quietbell.example** is added.\n⚠️ 1 failure")
    assert "the site cannot be reached" in answer.text
    assert "next in 1 hour" in answer.text


async def test_a_feed_that_takes_long_is_added_and_asked_on(
    demo: Demo, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(commands, "PATIENCE", 0.01)
    answered, ask = asyncio.Event(), demo.online.bot.services.ask_feeds

    async def late(only: Collection[int]) -> None:
        await answered.wait()
        await ask(only)

    demo.online.bot.services.ask_feeds = late
    answer = await by_owner(demo, "add", url=NEWS)
    assert answer.text.endswith("is added and being asked; `/feeds list` shows what came of it.")
    answered.set()
    await demo.online.bot.in_flight.finish()
    assert "fine: last answer" in (await by_owner(demo, "list")).text


async def test_an_error_while_it_is_asked_is_answered(demo: Demo, caplog: pytest.LogCaptureFixture):
    async def broken(only: Collection[int]) -> None:
        raise RuntimeError(str(only))

    demo.online.bot.services.ask_feeds = broken
    answer = await by_owner(demo, "add", url=NEWS)
    assert "Something went wrong" in answer.text
    caplog.clear()


async def test_removing_a_feed_takes_back_what_only_it_told(demo: Demo):
    await by_owner(demo, "add", url=NEWS, topics="Harbour life")
    owner = demo.sandbox.person("owner")
    (choice,) = await owner.autocomplete("feeds remove", "url", "COURIER")
    assert choice.name == f"Harbor Courier: {NEWS}"
    answer = await by_owner(demo, "remove", url=choice.value)
    assert answer.text.startswith("**Harbor Courier** is removed.")
    assert await feed_rows(demo) == []
    topic = await demo.sandbox.person("member").command("topic", name="Harbour life")
    assert "No stories yet." in topic.text
    again = await by_owner(demo, "remove", url=choice.value)
    assert again.text == f"There is no feed with the address `{choice.value}`."


async def test_a_feed_may_be_removed_by_its_address(demo: Demo):
    await by_owner(demo, "add", url=NEWS)
    answer = await by_owner(demo, "remove", url=f" {NEWS}")
    assert "is removed" in answer.text


async def test_a_feed_of_the_file_is_not_removed_and_the_file_is_named(demo: Demo):
    await demo.services.feeds.use_file([FeedSettings(NEWS)])
    before = await feed_rows(demo)
    answer = await by_owner(demo, "remove", url=NEWS)
    assert is_a_private_sentence(answer)
    assert str(ROOT / "config" / "feeds.yaml") in answer.text
    assert await feed_rows(demo) == before
    changed = await by_owner(demo, "add", url=NEWS, topics="AI")
    assert str(ROOT / "config" / "feeds.yaml") in changed.text
    assert await feed_rows(demo) == before


async def test_those_that_can_be_removed_are_offered_first(demo: Demo):
    await demo.services.feeds.use_file([FeedSettings("http://a.example/feed")])
    for number in range(30):
        address = f"http://b.example/{'long/' * 30}{number:02}"
        await demo.services.feeds.add(FeedSettings(address), "test")
    offered = await demo.sandbox.person("owner").autocomplete("feeds remove", "url", "")
    assert len(offered) == limits.OPTIONS
    assert all(one.name.startswith("b.example: ") for one in offered)
    (one,) = await demo.sandbox.person("owner").autocomplete("feeds remove", "url", " A.EXAMPLE")
    assert one.name == "a.example: http://a.example/feed"


async def test_trying_an_address_says_what_it_gives_and_keeps_nothing(demo: Demo):
    answer = await by_owner(demo, "test", url=NEWS)
    assert answer.ephemeral
    assert answer.text.startswith(f"`{NEWS}`\nRSS 2.0 “Harbor Courier” with ")
    assert "The newest is" in answer.text
    page = await by_owner(demo, "test", url=f"{HOST}/")
    assert "This is no feed" in page.text
    assert "harborcourier.example/news.xml" in page.text
    down = await by_owner(demo, "test", url="http://quietbell.example/feed.xml")
    assert "gives nothing: the site cannot be reached" in down.text
    assert is_a_private_sentence(await by_owner(demo, "test", url="nothing at all"))
    assert await feed_rows(demo) == []


async def test_the_topics_of_a_feed_are_completed_one_after_another(demo: Demo):
    owner = demo.sandbox.person("owner")
    offered = await owner.autocomplete("feeds add", "topics", "AI, Robo", url=NEWS)
    assert [one.value for one in offered] == ["AI, Robotics"]
    long = await owner.autocomplete("feeds add", "topics", f"{'x' * 97},Robo", url=NEWS)
    assert long == []


async def test_a_name_that_is_markdown_is_shown_as_text(demo: Demo):
    answer = await by_owner(demo, "add", url=NEWS, provider="**[Bad](http://x.example)** <@1>")
    shown = answer.text.splitlines()[0]
    assert shown == ("**\\*\\*\\[Bad\\]\\(http\\://x.example\\)\\*\\* \\<\\@1\\>** is added.")


@pytest.mark.parametrize("person", ["member", "moderator", "admin"])
async def test_only_the_operators_may_change_feeds_whatever_a_server_allows(
    demo: Demo, person: str
):
    await by_owner(demo, "add", url=NEWS)
    before, one = await rows(demo, "feed", "fact"), demo.sandbox.person(person)
    for line, options in FEED_COMMANDS.items():
        answer = await one.command(line, overridden=True, **options)
        assert is_a_private_sentence(answer), line
        assert answer.text == (
            "Only those who run this bot can do this: its owner at Discord, or their team."
        ), line
    assert await one.autocomplete("feeds remove", "url", "", overridden=True) == []
    assert await one.autocomplete("feeds add", "topics", "A", overridden=True, url="x") == []
    assert await rows(demo, "feed", "fact") == before


async def test_everybody_sees_the_list_but_only_the_operators_see_addresses(demo: Demo):
    await by_owner(demo, "add", url=NEWS, topics="AI")
    await by_owner(demo, "add", url="http://quietbell.example/feed.xml")
    seen = await demo.sandbox.person("member").command("feeds list")
    assert seen.ephemeral
    (embed,) = seen.message["embeds"]
    assert (embed["title"], embed["footer"]["text"]) == ("2 feeds", "1 fine, 1 failing")
    first, second = embed["description"].strip().split("\n\n")
    assert first.startswith("**quietbell.example**\n1 failure since ")
    assert second.startswith("**Harbor Courier** · AI\nfine: last answer ")
    assert "http" not in seen.text
    own = await by_owner(demo, "list")
    assert f"`{NEWS}` added by owner in Discord" in own.text


async def test_a_long_list_has_pages(demo: Demo):
    for number in range(25):
        settings = FeedSettings(f"http://p{number:02}.example/feed", f"Paper {number:02}")
        await demo.services.feeds.add(settings, "test")
        await demo.services.feeds.switch(settings.url, on=False)
    member = demo.sandbox.person("member")
    answer = await member.command("feeds list")
    seen = [answer.message]
    while more := [c for c in _buttons(seen[-1]) if c != "feeds:0"]:
        answer = await member.press(seen[-1], more[0])
        seen.append(answer.message)
    titles = [message["embeds"][0]["title"] for message in seen]
    assert titles == ["1 to 10 of 25 feeds", "11 to 20 of 25 feeds", "21 to 25 of 25 feeds"]
    shown = "".join(message["embeds"][0]["description"] for message in seen)
    assert all(f"**Paper {number:02}**" in shown for number in range(25))
    first = await member.press(seen[-1], "feeds:0")
    assert first.message["embeds"][0]["title"] == "1 to 10 of 25 feeds"


def _buttons(message: dict[str, object]) -> list[str]:
    components = message["components"]
    assert isinstance(components, list)
    return [one["custom_id"] for row in components for one in row["components"]]


async def test_without_feeds_the_list_says_so(demo: Demo):
    answer = await demo.sandbox.person("member").command("feeds list")
    assert "There are no feeds." in answer.text


async def test_discord_offers_feeds_to_everybody_in_servers(demo: Demo):
    (feeds,) = [one for one in demo.sandbox.world.commands[None] if one["name"] == "feeds"]
    assert (feeds["default_member_permissions"], feeds["contexts"]) == (None, [0])
    assert {one["name"] for one in feeds["options"]} == {"list", "add", "remove", "test"}


async def test_the_owner_is_told_once_of_a_feed_that_fails_for_long_and_of_its_end(tmp_path: Path):
    async with opened(tmp_path) as demo:
        owner = demo.sandbox.person("owner")
        await by_owner(demo, "add", url=NEWS)
        demo.feeds.faults["harborcourier.example"] = Fault.ERROR
        for _ in range(12):
            await demo.move(timedelta(hours=6))
        (told,) = owner.direct_messages
        assert told["content"].startswith("⚠️ 1 of 1 feed gives nothing.")
        assert f"- **Harbor Courier** `{NEWS}` since <t:" in told["content"]
        del demo.feeds.faults["harborcourier.example"]
        for _ in range(12):
            await demo.move(timedelta(hours=6))
        healed = owner.direct_messages[1:]
        assert [one["content"] for one in healed] == ["✅ Answers again: **Harbor Courier**."]
        for person in ("member", "moderator", "admin"):
            assert demo.sandbox.person(person).direct_messages == []
