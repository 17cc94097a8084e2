"""Publishers are muted by a button under Why?, by the command and by the panel."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.demo import Demo
from bot.digests.target import Channel
from bot.sandbox import Answer
from tests.chat.conftest import (
    Json,
    ask,
    button,
    custom_ids,
    is_a_private_sentence,
    mention,
    move_to,
    opened,
    rows,
    said,
    shown_in,
)
from tests.conftest import START, StoryFile, files_at, sentence

FORBES = {"name": "Forbes", "domain": "forbes.com"}
HOSTILE = {"name": "**@everyone** [x](https://evil.example)", "domain": "evil.example"}
MORNING = datetime(2019, 12, 23, 8, 1, tzinfo=UTC)
"""Just after the next digest is due."""


def labels(message: Json) -> dict[str, str]:
    """The buttons of a message: custom_ids by their labels."""
    parts = [one for row in message["components"] for one in row["components"]]
    return {one["label"]: one["custom_id"] for one in parts if "label" in one}


async def why(demo: Demo, person: str, query: str, channel: str = "news") -> Json:
    """The answer of Why? under a story that was looked up in a channel."""
    who = demo.sandbox.person(person)
    story = await who.command("story", channel, query=query)
    return (await who.press(story.message, labels(story.message)["Why?"])).message


async def press(demo: Demo, person: str, message: Json, label: str) -> Answer:
    return await demo.sandbox.person(person).press(message, labels(message)[label])


async def muted_in(demo: Demo, channel: str) -> tuple[str, ...]:
    target = Channel(demo.sandbox.world.guild.id, demo.sandbox.world.channel(channel).id)
    status = await demo.online.bot.services.statuses.of_channel_or_new(target)
    return tuple(status.settings.effective["mute"])


async def load(demo: Demo, seeds: Path, **files: bytes) -> None:
    for name, content in files.items():
        (seeds / f"{name}.md").write_bytes(content)
    await demo.services.ingestion.ingest(files_at(seeds, seeds=seeds))


async def test_who_reads_why_mutes_its_publisher_and_the_next_digest_is_without_it(
    tmp_path: Path, story_file: StoryFile
):
    seeds = tmp_path / "seeds"
    seeds.mkdir()

    def told(number: int, provider: Json, **fields: Any) -> bytes:
        return story_file(
            title=f"Zeppelin number {number} lands", excerpt=sentence(number), provider=provider,
            webUrl=f"https://{provider['domain']}/{number}", **fields,
        )  # fmt: skip

    harbor = {"name": "Harbor Courier", "domain": "harbor.example"}
    (seeds / "1.md").write_bytes(told(1, FORBES))
    async with opened(tmp_path, seeds=seeds) as demo:
        answer = await why(demo, "moderator", "zeppelin 1")
        muting = await press(demo, "moderator", answer, "Mute Forbes")
        assert muting.ephemeral
        assert muting.text == f"{mention(demo, 'news')} now leaves out what only Forbes reports."
        assert await muted_in(demo, "news") == ("Forbes",)
        assert "Mute Forbes" not in labels(await why(demo, "moderator", "zeppelin 1"))
        assert "Muted publishers: Forbes." in (await ask(demo, "status", "news")).text
        history = (await ask(demo, "history", "news")).text
        assert f"muted publishers in {mention(demo, 'news')}: default → Forbes" in history

        shared = [{**page, "quality": 40, "publishedDateTime": START} for page in (
            {"title": "Zeppelin 3 seen", "webUrl": "https://harbor.example/3", "provider": harbor,
             "excerpt": sentence(3)},
        )]  # fmt: skip
        await load(
            demo, seeds, two=told(2, FORBES), three=told(3, FORBES, heat=None, related=shared)
        )
        preview = (await demo.sandbox.person("admin").command("digest preview", "news")).text
        assert "08:00 UTC. It leaves out 1 story that only muted publishers report.\n" in preview
        await move_to(demo, MORNING)
        titles = [one["title"] for one in shown_in(demo, "news")[-1]["embeds"]]
        assert "Zeppelin number 3 lands" in titles
        assert "Zeppelin number 2 lands" not in titles
        text = (await why(demo, "member", "zeppelin 2"))["embeds"][0]["description"]
        assert text.startswith(
            "**It would be left out because only publishers that are muted here report it.**"
        )

        undone = await demo.sandbox.person("admin").press(
            muting.message, labels(muting.message)["Undo"]
        )
        assert "can be undone for 10 minutes" in undone.text
        assert "**nobody**" in (await ask(demo, "mute", "news", publishers="none")).text
        await move_to(demo, MORNING + timedelta(days=1))
        titles = [one["title"] for one in shown_in(demo, "news")[-1]["embeds"]]
        assert "Zeppelin number 2 lands" in titles, "nothing was lost"


async def test_the_button_is_for_those_who_may_and_where_there_is_a_digest(demo: Demo):
    assert not [one for one in labels(await why(demo, "member", "ferry")) if "Mute" in one]
    assert not [
        one for one in labels(await why(demo, "admin", "ferry", "general")) if "Mute" in one
    ]
    (label,) = [one for one in labels(await why(demo, "admin", "ferry")) if "Mute" in one]
    story = await demo.sandbox.person("admin").command("story", "news", query="ferry")
    sources = await press(demo, "admin", story.message, "All sources")
    assert label in labels(sources.message)


async def test_a_muting_is_undone_by_its_button(demo: Demo):
    answer = await why(demo, "moderator", "ferry")
    (label,) = [one for one in labels(answer) if "Mute" in one]
    muting = await press(demo, "moderator", answer, label)
    assert muting.text.endswith(" A story like this one, which others report too, still comes.")
    assert await muted_in(demo, "news") == (label.removeprefix("Mute "),)
    undone = await press(demo, "moderator", muting.message, "Undo")
    assert undone.text.startswith(
        f"Undone. Muted publishers in {mention(demo, 'news')}: **nobody** (the bot's default)."
    )
    assert await muted_in(demo, "news") == ()


@pytest.mark.parametrize("pressed", ["mute:1:1", "mute:1:999", f"mute:1:{'9' * 18}"])
async def test_a_forged_button_mutes_nothing_for_those_who_may_not(demo: Demo, pressed: str):
    before = await rows(demo)
    message = await said(demo, "news", {"content": "x", "components": button(pressed)})
    answer = await demo.sandbox.person("member").press(message, pressed)
    assert is_a_private_sentence(answer)
    assert "Manage Channels" in answer.text
    assert await rows(demo) == before
    if pressed != "mute:1:1":
        answer = await demo.sandbox.person("admin").press(message, pressed)
        assert answer.text == "That story is not in the archive any more."
        assert await rows(demo) == before


async def test_a_button_mutes_in_the_channel_where_it_is_pressed_and_nowhere_else(demo: Demo):
    answer = await why(demo, "admin", "ferry")
    copied = {"content": "x", "components": answer["components"]}
    (pressed,) = [one for one in custom_ids(answer) if one.startswith("mute:")]
    message = await said(demo, "general", copied)
    await demo.sandbox.person("admin").press(message, pressed)
    assert await muted_in(demo, "general") != ()
    assert await muted_in(demo, "news") == ()


async def test_the_command_takes_names_in_any_case_and_tells_what_holds(demo: Demo):
    answer = await ask(demo, "mute", "news", publishers="forbes, CNET")
    assert answer.text.startswith(f"Muted publishers in {mention(demo, 'news')}: **CNET, Forbes**.")
    answer = await ask(demo, "mute", publishers="cnet")
    assert answer.text.startswith("Muted publishers in the whole server: **CNET**.")
    assert await muted_in(demo, "news") == ("CNET", "Forbes")
    await ask(demo, "mute", "news", publishers="default")
    assert await muted_in(demo, "news") == ("CNET",)
    await ask(demo, "mute", "news", publishers="None")
    assert await muted_in(demo, "news") == ()


async def test_near_misses_are_named_and_chosen_by_a_button(demo: Demo):
    answer = await ask(demo, "mute", "news", publishers="cnet, Forbse")
    assert answer.text == (
        "“Forbse” is no publisher of the latest stories; similar: Forbes."
        " Did you mean one of these?"
    )
    assert await muted_in(demo, "news") == ()
    await press(demo, "admin", answer.message, "CNET, Forbes")
    assert await muted_in(demo, "news") == ("CNET", "Forbes")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (
            "Nobody's Gazette",
            "“Nobody's Gazette” is no publisher of the latest stories; write its name as digests"
            " show it.",
        ),
        (
            " , ;",
            "Please name publishers as digests show them, like `Forbes, ZDNet`; `none` mutes"
            " nobody.",
        ),
        (
            "CNET, Forbes, MarketWatch, New York Times, Washington Post, Mercuri News",
            "“Mercuri News” is no publisher of the latest stories; similar: Mercury News.",
        ),
    ],
)
async def test_what_names_no_publisher_is_refused_in_a_sentence(demo: Demo, given: str, told: str):
    before = await rows(demo)
    answer = await ask(demo, "mute", "news", publishers=given)
    assert is_a_private_sentence(answer)
    assert answer.text == told
    assert await rows(demo) == before


async def test_the_publishers_of_the_last_digests_are_offered_to_go_on_a_list(demo: Demo):
    admin = demo.sandbox.person("admin")

    async def offered(typed: str) -> list[str]:
        found = await admin.autocomplete("digest mute", "publishers", typed)
        return [str(one.value) for one in found]

    every_one = await offered("")
    assert every_one[:2] == ["default", "none"]
    first, second, *_ = every_one[2:]
    assert await offered(first.upper()) == [first]
    assert f"{first}, {second}" in await offered(f"{first},")
    assert f"{first}, {first}" not in await offered(f"{first}, ")


async def test_the_panel_shows_who_is_muted_and_changes_it_in_a_form(demo: Demo):
    moderator = demo.sandbox.person("moderator")
    opened_panel = (await moderator.command("digest setup", "news")).message
    more = (await press(demo, "moderator", opened_panel, "More")).message
    form = await press(demo, "moderator", more, "Mute publishers")
    assert form.modal is not None
    (select,) = [one["component"] for one in form.modal["components"]]
    names = [one["value"] for one in select["options"]]
    assert not [one for one in select["options"] if one.get("default")]
    changed = (await moderator.submit(form, {"publishers": names[:2]})).message
    listed = ", ".join(sorted(names[:2], key=str.lower))
    assert f"**Muted publishers**: {listed} · *set here*" in changed["embeds"][0]["description"]
    assert "Undo" in labels(changed)

    form = await press(demo, "moderator", changed, "Mute publishers")
    assert form.modal is not None
    (select,) = [one["component"] for one in form.modal["components"]]
    assert {one["value"] for one in select["options"] if one.get("default")} == {*names[:2]}
    same = (await moderator.submit(form, {"publishers": names[:2]})).message
    assert "**Muted publishers**" not in same["content"]
    form = await press(demo, "moderator", same, "Mute publishers")
    changed = (await moderator.submit(form, {"publishers": []})).message
    assert "**Muted publishers**: nobody · *set here*" in changed["embeds"][0]["description"]


async def test_without_a_digest_the_panel_says_that_there_is_no_publisher_to_choose(demo: Demo):
    panel = f"setup:1:{demo.sandbox.world.channel('general').id}:2:mute:00000000"
    message = await said(demo, "general", {"content": "x", "components": button(panel)})
    answer = await demo.sandbox.person("moderator").press(message, panel)
    assert is_a_private_sentence(answer)
    assert "No digest has shown a publisher here yet." in answer.text


async def test_a_hostile_name_is_only_text_wherever_it_is_shown(
    tmp_path: Path, story_file: StoryFile
):
    seeds = tmp_path / "seeds"
    seeds.mkdir()
    (seeds / "1.md").write_bytes(
        story_file(title="Zeppelins land", provider=HOSTILE, webUrl="https://evil.example/1")
    )
    async with opened(tmp_path, seeds=seeds) as demo:
        answer = await why(demo, "admin", "zeppelins")
        (label,) = [one for one in labels(answer) if "Mute" in one]
        texts = [(await press(demo, "admin", answer, label)).text]
        texts += [(await ask(demo, line, "news")).text for line in ("status", "history")]
        texts.append((await ask(demo, "mute", publishers=HOSTILE["name"])).text)
        texts.append((await ask(demo, "mute", "news", publishers=HOSTILE["name"] + "s")).text)
        texts.append((await ask(demo, "status")).text)
        panel = await demo.sandbox.person("admin").command("digest setup", "news")
        texts.append(panel.message["embeds"][0]["description"])
    for text in texts:
        assert r"\*\*\@everyone\*\* \[x\]\(https" in text, text
        assert "[x](" not in text


async def test_a_preview_without_a_story_says_what_is_left_out_as_muted(
    tmp_path: Path, story_file: StoryFile
):
    seeds = tmp_path / "seeds"
    seeds.mkdir()
    (seeds / "1.md").write_bytes(story_file(title="Zeppelins land", provider=FORBES, topics=["Z"]))
    async with opened(tmp_path, seeds=seeds) as demo:
        await demo.sandbox.person("moderator").command("subscribe", "ai", topic="Z")
        await ask(demo, "mute", "ai", publishers="forbes")
        answer = await ask(demo, "preview", "ai")
        assert answer.text == (
            f"Nothing would be posted in {mention(demo, 'ai')} now: there is no new story."
            " It leaves out 1 story that only muted publishers report."
        )


async def test_in_a_forums_post_why_and_the_button_mean_the_forums_digests(demo: Demo):
    await ask(demo, "tags", "forum", tags="daily")
    moderator = demo.sandbox.person("moderator")
    await moderator.command("subscribe", topic="AI", channel_="forum")
    await move_to(demo, MORNING)
    (post,) = [one for one in demo.sandbox.world.guild.channels if one.name.startswith("AI · ")]
    title = post.messages[0]["embeds"][0]["title"]
    answer = await why(demo, "moderator", title.rstrip("…"), post.name)
    assert answer["embeds"][0]["description"].startswith("**First because ")
    (label,) = [label for label in labels(answer) if label.startswith("Mute ")]
    muting = await press(demo, "moderator", answer, label)
    assert muting.text.startswith(f"{mention(demo, 'forum')} now leaves out what only ")
    assert len(await muted_in(demo, "forum")) == 1
