"""The Why? button: the file's numbers, as they were when the digest was posted."""

import math
import re
from datetime import timedelta
from pathlib import Path

from bot.demo import Demo
from bot.origins.files.storyfile import parse
from bot.sandbox import Answer
from bot.stories.model import Relation
from bot.stories.ranking import rank
from tests.chat.conftest import ask, custom_ids, move_to, opened, shown_in
from tests.conftest import START, StoryFile, files_at


async def asked(demo: Demo, query: str, channel: str = "news") -> Answer:
    """The answer of Why? under a story that was looked up in a channel."""
    story = await demo.sandbox.person("member").command("story", channel, query=query)
    return await pressed(demo, story, "why")


async def numbers(demo: Demo, query: str, channel: str = "news") -> Answer:
    """The answer of Numbers under that."""
    return await pressed(demo, await asked(demo, query, channel), "numbers")


async def pressed(demo: Demo, answer: Answer, name: str) -> Answer:
    (button,) = [one for one in custom_ids(answer.message) if one.startswith(f"{name}:")]
    return await demo.sandbox.person("member").press(answer.message, button)


def description(answer: Answer) -> str:
    assert answer.ephemeral
    (embed,) = answer.message["embeds"]
    text: str = embed["description"]
    return text


async def test_the_seeds_numbers_are_those_of_its_file(demo: Demo, seed: bytes):
    story = parse(seed, START)
    ranking = rank(story, demo.services.ingestion.rules.ranking)
    sources = sorted(ranking.sources, key=lambda one: one.relation is Relation.OFF_TOPIC)
    assert description(await asked(demo, "twitter fake accounts")).splitlines() == [
        "**First because 12 independent publishers report it and it was an hour old; no story in"
        " this edition is bigger.**",
        "12 publishers, 15 pages with this one.",
        "Sunday 22 December 2019, extra edition: first.",
    ]
    text = description(await numbers(demo, "twitter fake accounts"))
    assert text.startswith(
        f"Quality {story.article.quality} · heat {ranking.heat}:"
        f" best quality {ranking.best} + 20 x {ranking.publishers} publishers\n"
    )
    listed = re.findall(
        r"^(\d+)\. .+? · quality (\d+) · similarity (\d\.\d{3})", text, re.MULTILINE
    )
    assert [(int(n), int(q), float(s)) for n, q, s in listed] == [
        (n, s.article.quality, round(s.similarity or 0, 3)) for n, s in enumerate(sources, start=1)
    ]
    shares = re.findall(r"(copy|same headline) (?:of|as) (\d+): (\d+) %", text)
    order = [s.article.url for s in sources]
    assert [(int(n), int(share)) for _, n, share in shares] == [
        (order.index(s.of) + 1, round(100 * s.share)) for s in sources if s.of and s.share
    ]
    assert len(shares) == 4
    age = timedelta(hours=1) / timedelta(hours=18)
    worth = math.log2(390)
    assert (
        "Sunday 22 December 2019, extra edition: place 1, best of a followed topic"
        f" · score {worth - age:.2f} = {worth:.2f} for heat 390 - {age:.2f} for an age of 1.0 h"
    ) in text


async def test_what_the_last_edition_left_out_is_what_it_does_not_show(demo: Demo):
    text = description(await numbers(demo, "ferry"))
    heading = "**Sunday 22 December 2019, extra edition took 5 and left out**\n"
    left = re.findall(r"^- (.+?): scored too low", text.split(heading)[1], re.MULTILINE)
    shown = {embed["title"] for embed in shown_in(demo, "news")[0]["embeds"]}
    assert len(left) == 4
    assert shown.isdisjoint(left)


async def test_a_channel_tells_of_its_own_editions_only(demo: Demo):
    text = description(await numbers(demo, "ferry", "general"))
    assert "No edition has weighed it." in text
    assert "December 2019" not in text


async def test_the_minimum_heat_is_the_channels_own(demo: Demo):
    await ask(demo, "minimum", "news", heat="5000")
    assert "Below the minimum heat of 5000:" in description(await numbers(demo, "ferry"))
    assert "Passes the minimum heat of 50" in description(await numbers(demo, "ferry", "general"))


async def test_the_button_stands_under_the_list_of_all_sources_too(demo: Demo):
    (digest,) = shown_in(demo, "news")
    member = demo.sandbox.person("member")
    value = digest["components"][0]["components"][0]["options"][0]["value"]
    sources = await member.choose(digest, "sources", [value])
    assert custom_ids(sources.message) == [f"why:{value}"]
    answer = await member.press(sources.message, f"why:{value}")
    assert description(answer).startswith("**First because ")
    assert custom_ids(answer.message) == [f"sources:{value}", f"numbers:{value}"]


async def test_a_previewed_story_is_told_by_its_place_in_the_next_edition(demo: Demo):
    admin = demo.sandbox.person("admin")
    await admin.command("subscribe", "general", topic="AI")
    preview = await admin.command("digest preview", "general")
    values = [one["value"] for one in preview.message["components"][0]["components"][0]["options"]]
    for value, place in zip(values, ("first", "second", "third"), strict=False):
        sources = await admin.choose(preview.message, "sources", [value])
        why = await admin.press(sources.message, f"why:{value}")
        assert description(why).startswith(f"**It would be {place} in the next edition because ")


async def test_a_later_change_of_the_file_does_not_change_what_the_edition_tells(
    tmp_path: Path, story_file: StoryFile
):
    seeds = tmp_path / "seeds"
    seeds.mkdir()
    title = "The ferry machine of Ferrow"
    (seeds / "ferry.md").write_bytes(story_file(title=title))
    async with opened(tmp_path, seeds=seeds) as demo:
        before = description(await numbers(demo, "ferry machine"))
        (seeds / "ferry.md").write_bytes(story_file(title=title, heat=5000))
        await demo.services.ingestion.ingest(files_at(seeds, seeds=seeds))
        after = description(await numbers(demo, "ferry machine"))
        first = [text.splitlines()[0] for text in (before, after)]
        assert first == [f"Quality 60 · heat {heat}: given by its file" for heat in (100, 5000)]
        assert before.splitlines()[1:] == after.splitlines()[1:]
        assert "for heat 100 -" in after
        await move_to(demo, demo.clock.now() + timedelta(days=1))
        later = description(await numbers(demo, "ferry machine"))
    assert "for heat 100 -" in later
