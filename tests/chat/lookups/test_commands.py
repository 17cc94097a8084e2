"""/story, /topic and /topics, asked by people in the sandbox."""

import re
from pathlib import Path

import pytest

from bot.demo import Demo
from tests.chat.conftest import (
    TOP_FIVE,
    after_hello,
    custom_ids,
    is_a_private_sentence,
    opened,
    said,
    shown_in,
)
from tests.chat.test_buttons import select
from tests.conftest import StoryFile, sentence

SEED = "Twitter, Facebook take down global network of fake accounts pushing pro\\-Trump messages"


async def test_a_topics_name_finds_its_newest_story_with_the_best_sources_in_order(demo: Demo):
    answer = await demo.sandbox.person("member").command("story", query="AI")
    assert answer.ephemeral
    (embed,) = answer.message["embeds"]
    assert embed["title"] == SEED
    assert embed["url"].startswith("https://www.marketwatch.com/story/")
    line = embed["description"].splitlines()[-1]
    assert re.findall(r"\[(.+?)\]\(https://\S+\), ", line) == [name for name, _ in TOP_FIVE]
    assert line.endswith(", +7 more")
    assert embed["footer"]["text"] == "Headline: MarketWatch · AI, Facebook AI · 12 publishers"


@pytest.mark.parametrize(
    ("query", "headline"),
    [
        ("twitter fake accounts", SEED),
        ("TWITTER FAK", SEED),
        ("washington post", SEED),
        ("artificial intelligence", SEED),
        ("facebook-ai", SEED),
        ("ferry", "Ferry town lets an AI write the timetable, and the queue is gone"),
    ],
)
async def test_words_publishers_topics_and_aliases_find_stories(
    demo: Demo, query: str, headline: str
):
    answer = await demo.sandbox.person("member").command("story", query=query)
    assert answer.message["embeds"][0]["title"] == headline


async def test_a_shared_answer_is_seen_by_everybody(demo: Demo):
    member = demo.sandbox.person("member")
    answers = [
        await member.command("story", query="AI", share=True),
        await member.command("topic", name="AI", share=True),
    ]
    assert [answer.ephemeral for answer in answers] == [False, False]
    assert [answer.message for answer in answers] == after_hello(demo, "general")


async def test_what_is_not_shared_is_seen_by_one_person(demo: Demo):
    member = demo.sandbox.person("member")
    answers = [
        await member.command("story", query="AI", share=False),
        await member.command("topic", name="AI"),
        await member.command("topics"),
        await member.command("help"),
        await member.command("subscriptions"),
    ]
    assert all(answer.ephemeral for answer in answers)
    assert after_hello(demo, "general") == []


async def test_the_select_of_other_matches_shows_another_in_place_and_stays(demo: Demo):
    member = demo.sandbox.person("member")
    first = await member.command("story", query="AI")
    sources, why, choose = custom_ids(first.message)
    assert re.fullmatch(r"sources:\d+", sources)
    assert why == sources.replace("sources", "why")
    assert choose == "story"
    others = first.message["components"][1]["components"][0]["options"]
    for other in others[:2]:
        await member.choose(first.message, choose, [other["value"]])
        number = other["value"]
        assert custom_ids(first.message) == [f"sources:{number}", f"why:{number}", choose]
    assert first.message["embeds"][0]["title"] != SEED
    assert len(first.messages) == 1


async def test_one_members_choice_does_not_change_a_shared_answer(demo: Demo):
    first = await demo.sandbox.person("member").command("story", query="AI", share=True)
    before = dict(first.message)
    value = first.message["components"][1]["components"][0]["options"][0]["value"]
    answer = await demo.sandbox.person("moderator").choose(first.message, "story", [value])
    assert answer.ephemeral
    assert custom_ids(answer.message)[0] == f"sources:{value}"
    assert first.message == before


async def test_a_story_that_follows_is_answered_by_its_leader_and_named_above_it(
    tmp_path: Path, story_file: StoryFile
):
    seeds = tmp_path / "seeds"
    seeds.mkdir()
    for name, title, quality in (("a", "Quay lamp plans", 90), ("b", "Zebra boats sail", 40)):
        fields = {"webUrl": f"https://{name}.example/1", "title": title, "quality": quality}
        provider = {"name": name.upper() * 3, "domain": f"{name}.example"}
        text = f"{sentence('ferries')} {title}."
        (seeds / f"{name}.md").write_bytes(story_file(excerpt=text, provider=provider, **fields))
    async with opened(tmp_path, seeds=seeds) as demo:
        member = demo.sandbox.person("member")
        answer = await member.command("story", query="zebra boats")
        (followed,) = await demo.services.queries.find("zebra boats", 1)
        sources = custom_ids(answer.message)[0]
        row = {"content": "x", "components": select("story", str(followed.story_id))}
        message = await said(demo, "general", row)
        chosen = await member.choose(message, "story", [str(followed.story_id)])
    for one in (answer, chosen):
        told, story = one.message["embeds"]
        assert told["description"] == (
            "[Zebra boats sail](https://b.example/1) (BBB) is one of the reports on this event:"
        )
        assert story["title"] == "Quay lamp plans"
    assert sources != f"sources:{followed.story_id}", "its buttons are the leader's"


async def test_the_other_matches_are_of_other_events_dated_and_not_the_same_again(
    tmp_path: Path, story_file: StoryFile
):
    seeds = tmp_path / "seeds"
    seeds.mkdir()
    for name, text, day in (
        *(("a", "oars", 2), ("a", "oars", 20), ("a", "sails", 9)),
        *(("b", "masts", 15), ("c", "masts", 15), ("d", "ropes", 28), ("d", "ropes", 4)),
    ):
        provider = {"name": name.upper() * 3, "domain": f"{name}.example"}
        fields = {"title": "Quay lamp weekly", "provider": provider, "excerpt": sentence(text)}
        fields |= {"webUrl": f"https://{name}.example/{text}/{day}"}
        fields |= {"publishedDateTime": f"2019-11-{day:02}T08:00:00Z"}
        (seeds / f"{name}{day}.md").write_bytes(story_file(**fields))
    async with opened(tmp_path, seeds=seeds) as demo:
        answer = await demo.sandbox.person("member").command("story", query="quay lamp weekly")
    assert answer.message["embeds"][0]["url"] == "https://d.example/ropes/28"
    options = answer.message["components"][1]["components"][0]["options"]
    assert {one["description"] for one in options} == {
        "20 Nov 2019", "15 Nov 2019 · 2 publishers", "9 Nov 2019",
    }  # fmt: skip
    assert len(options) == 3


async def test_all_sources_are_listed_with_quality_and_what_they_repeat(demo: Demo):
    member = demo.sandbox.person("member")
    story = await member.command("story", query="AI", share=True)
    answer = await member.press(story.message, custom_ids(story.message)[0])
    assert answer.ephemeral
    lines = answer.message["embeds"][0]["description"].splitlines()
    own, counts, *listed, blank, strange, note = lines
    assert own == "MarketWatch · <t:1577028660:f>"
    assert counts == "12 publishers, 15 pages with this one."
    assert len(listed) == 14
    assert (blank, note[:36]) == ("", "“Publishers” counts independent outl")
    assert strange == "1 listed page was left out as off topic."
    source = (
        r"\d+\. \[.+\]\(\S+\) · (?P<name>.+?) · <t:\d+:f> · (?P<words>.+?) · quality \d+"
        r"(?P<first> · first in this archive)?"
    )
    found = [match for line in listed if (match := re.fullmatch(source, line))]
    assert len(found) == 14
    assert [match["name"] for match in found[:5]] == [name for name, _ in TOP_FIVE]
    assert [match["name"] for match in found if match["first"]] == ["Washington Post"]
    assert {match["words"] for match in found} == {
        "own report",
        "own report by the same owner",
        "copy of Mint",
        "copy of Mercury News",
        "same headline as New York Times",
        "same headline as Business Insider",
    }


UNFINDABLE = [
    '"',
    "AND zebra",
    "NOT OR NEAR(",
    "*",
    "title:zebra",
    "' OR 'zebra'='zebra' --",
    "#0",
    "#999999999999999999",
    "#9999999999999999999999",
    "\u202e\u200b",
    "🦓",
    "zebra" * 1200,
    "@everyone [zebra](zebra)",
    "-- ; DROP TABLE story",
]


async def test_nothing_found_is_a_private_sentence_and_a_query_is_never_syntax(demo: Demo):
    for query in UNFINDABLE:
        answer = await demo.sandbox.person("member").command("story", query=query, share=True)
        assert is_a_private_sentence(answer), query
        assert answer.text.startswith("No story matches")
        assert "@everyone" not in answer.text.replace("\\@", "")
        assert "](http" not in answer.text


async def test_query_syntax_among_words_that_match_does_no_harm(demo: Demo):
    for query in ('"ferry', "ferry*", "(ferry", "ferry:", "^ferry", "-ferry", "ferry;--"):
        answer = await demo.sandbox.person("member").command("story", query=query)
        assert answer.message["embeds"][0]["title"].startswith("Ferry town"), query


async def test_a_completion_of_a_story_finds_that_very_story(demo: Demo):
    member = demo.sandbox.person("member")
    for choice in await member.autocomplete("story", "query", ""):
        answer = await member.command("story", query=choice.value)
        shown = re.sub(r"\\(.)", r"\1", answer.message["embeds"][0]["title"])
        assert shown[:40] == choice.name[:40]
        number = str(choice.value)[1:]
        assert custom_ids(answer.message) == [f"sources:{number}", f"why:{number}"]


async def test_story_completions_follow_what_is_typed(demo: Demo):
    member = demo.sandbox.person("member")
    (found,) = await member.autocomplete("story", "query", "ferry")
    assert found.name.startswith("Ferry town")
    assert await member.autocomplete("story", "query", '"zebra AND') == []
    newest = await member.autocomplete("story", "query", "")
    assert len(newest) == 11
    assert newest[0].name.startswith("Twitter, Facebook")


async def test_topic_completions_begin_with_what_is_typed_and_know_aliases(demo: Demo):
    member = demo.sandbox.person("member")
    every = await member.autocomplete("topic", "name", "")
    assert [choice.value for choice in every] == [
        topic.name for topic in await demo.services.queries.topics()
    ]
    assert next(c.value for c in await member.autocomplete("topic", "name", "a")) == "AI"
    assert [c.value for c in await member.autocomplete("topic", "name", "ai")] == [
        "AI",
        "Facebook AI",
    ]
    alias = await member.autocomplete("topic", "name", "Artificial Intelligence")
    assert [choice.value for choice in alias] == ["AI"]
    assert await member.autocomplete("topic", "name", "zebra") == []


async def test_a_topic_is_found_by_any_spelling(demo: Demo):
    for name in ("AI", " ai ", "artificial intelligence", "Artificial-Intelligence"):
        answer = await demo.sandbox.person("member").command("topic", name=name)
        assert answer.message["embeds"][0]["title"] == "AI"


async def test_a_topics_pages_hold_every_story_once_newest_first(demo: Demo):
    member = demo.sandbox.person("member")
    answer = await member.command("topic", name="AI")
    topic = await demo.services.queries.topic("AI")
    pages = [answer.message["embeds"][0]["description"]]
    while older := [one for one in custom_ids(answer.message) if not one.endswith(":0")][1:]:
        await member.press(answer.message, older[-1])
        pages.append(answer.message["embeds"][0]["description"])
    places = [page.split(",")[0] for page in pages]
    lines = re.findall(r"^\*\*(\d+)\.\*\* (.+)\]\(https?://\S+\)$", "\n".join(pages), re.MULTILINE)
    shown = [headline for _, headline in lines]
    assert [int(number) for number, _ in lines] == [*range(1, topic.stories + 1)]
    assert places == ["1-5 of 10 stories", "6-10 of 10 stories"]
    dates = [int(at) for page in pages for at in re.findall(r"<t:(\d+):d>", page)]
    assert len(pages) > 1
    assert len(set(shown)) == len(shown) == topic.stories
    assert dates == sorted(dates, reverse=True)
    labels = [one["label"] for one in answer.message["components"][-1]["components"]]
    assert labels == ["Newest"]
    await member.press(answer.message, custom_ids(answer.message)[-1])
    assert answer.message["embeds"][0]["description"] == pages[0]


async def test_turning_the_page_of_a_shared_topic_shows_it_to_one_person(demo: Demo):
    first = await demo.sandbox.person("member").command("topic", name="AI", share=True)
    before = dict(first.message)
    older = custom_ids(first.message)[-1]
    answer = await demo.sandbox.person("moderator").press(first.message, older)
    assert answer.ephemeral
    assert first.message == before


async def test_the_select_under_a_topics_page_opens_a_storys_sources(demo: Demo):
    member = demo.sandbox.person("member")
    page = await member.command("topic", name="AI")
    options = page.message["components"][0]["components"][0]["options"]
    answer = await member.choose(page.message, "sources", [options[0]["value"]])
    assert answer.ephemeral
    assert answer.message["embeds"][0]["title"] == SEED


async def test_every_topic_is_listed_with_its_number_of_stories(demo: Demo):
    answer = await demo.sandbox.person("member").command("topics")
    topics = await demo.services.queries.topics()
    counts = {topic.name: topic.stories for topic in topics}
    words = {name: "1 story" if n == 1 else f"{n} stories" for name, n in counts.items()}
    expected = {f"- **{name}** · {text}" for name, text in words.items()}
    assert set(answer.text.splitlines()) == expected


async def test_an_unknown_topic_is_a_private_sentence_with_what_comes_near(demo: Demo):
    member = demo.sandbox.person("member")
    near = await member.command("topic", name="Robotic", share=True)
    assert near.ephemeral
    assert near.text == "There is no topic “Robotic”. Did you mean Robotics?"
    (button,) = near.message["components"][0]["components"]
    assert button["label"] == "Robotics"
    page = await member.press(near.message, button["custom_id"])
    assert page.text.startswith("Robotics")
    far = await member.command("topic", name="Politics")
    assert far.text == "There is no topic “Politics”. See `/topics`."
    assert far.message["components"] == []
    hostile = await member.command("topic", name="@everyone [x](http://evil.example) **b**")
    assert is_a_private_sentence(hostile)
    assert "\\@everyone" in hostile.text
    assert "](http" not in hostile.text
    assert "**b**" not in hostile.text


HOSTILE = (
    "@everyone <script> [x](http://evil.example) **b** `c` \u202e||d|| <@1> https://evil.example"
)


@pytest.fixture
def hostile_seeds(tmp_path: Path, story_file: StoryFile) -> Path:
    folder = tmp_path / "seeds"
    folder.mkdir()
    source = {
        "title": f"Source {HOSTILE}",
        "excerpt": HOSTILE,
        "publishedDateTime": "2019-12-22T08:00:00Z",
        "webUrl": "https://saltmarsh.example/a_(b)_[c]?q=*d*",
        "type": "article",
        "quality": 55,
        "provider": {"name": "Evil](http://evil.example) *News*", "domain": "news.example"},
    }
    names = {"name": HOSTILE, "domain": "evil.example"}
    text = story_file(
        title=HOSTILE,
        excerpt=f"Excerpt {HOSTILE}",
        provider=names,
        topics=[HOSTILE],
        related=[source],
    )
    (folder / "hostile.md").write_bytes(text)
    return folder


async def test_hostile_text_arrives_escaped_everywhere(tmp_path: Path, hostile_seeds: Path):
    async with opened(tmp_path, seeds=hostile_seeds) as demo:
        member = demo.sandbox.person("member")
        moderator = demo.sandbox.person("moderator")
        name = (await member.autocomplete("topic", "name", "everyone"))[0].value
        story = await member.command("story", query="evil", share=True)
        here = await member.command("story", "news", query="evil")
        answers = [
            story,
            await member.command("topic", name=name, share=True),
            await member.command("topics"),
            await member.press(story.message, custom_ids(story.message)[0]),
            await member.press(here.message, custom_ids(here.message)[1]),
            await moderator.command("subscribe", "ai", topic=name),
            await moderator.command("subscriptions"),
            await moderator.command("unsubscribe", "ai", topic=name),
            await moderator.command("unsubscribe", "ai", topic=name),
        ]
        texts = [answer.text for answer in answers]
        digest = shown_in(demo, "news")[0]
        texts += [digest["content"]]
        texts += [e[k] for e in digest["embeds"] for k in ("title", "description")]
        assert len(texts) == 12
        for text in texts:
            assert "evil" in text
            assert "\u202e" not in text
            ours = re.sub(r"\[[^\]\[]*\]\(<?https://(www\.)?saltmarsh\S*?\)", "", text)
            bare = re.sub(r"\\.", "", ours)
            for mark in ("@everyone", "<script", "](", "**b**", "`c`", "||", "<@1", "://"):
                assert mark not in bare, text
        assert digest["mentions"] == digest["mention_roles"] == []
        assert not any(message["mention_everyone"] for message in after_hello(demo, "general"))
