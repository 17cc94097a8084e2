"""All sources of a story: each headline with its publisher, its time and what it is, in words."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.render.all_sources import sources_embed
from bot.render.terminal import readable, story_text
from bot.stories.model import ArchivedStory, Article, Provider, RankedSource, Reference, Relation
from bot.stories.ranking import Rules
from tests.render.test_messages import WHEN, example, made_story


def test_all_sources_are_listed_with_headlines_publishers_times_and_what_they_are(
    seed: bytes, rules: Rules
):
    story = made_story(seed, rules)
    embed = sources_embed(story)
    own, counts, *lines, _, strange, note = embed["description"].splitlines()
    assert own == "MarketWatch · <t:1577028660:f>"
    assert counts == "12 publishers, 15 pages with this one."
    assert embed["footer"]["text"] == "quality 46 · heat 390"
    assert note == (
        "“Publishers” counts independent outlets covering the story; reprints and outlets of the"
        " same owner count once."
    )
    numbers = [int(line.split(".")[0]) for line in lines if line[0].isdigit()]
    assert numbers == [*range(1, 15)]
    assert strange == "1 listed page was left out as off topic."
    assert re.match(
        r"1\. \[Facebook, Twitter disable sprawling inauthentic operation.+\]"
        r"\(https://www\.washingtonpost\.com/\S+\) · Washington Post · ",
        lines[0],
    )
    assert lines[0].endswith(
        " · <t:1576866060:f> · own report · quality 150 · first in this archive"
    )
    assert " · own report by the same owner · " in lines[1]
    assert sum("first in this archive" in line for line in lines) == 1
    assert [line.split(" · ")[3] for line in lines if "own report" not in line] == [
        "copy of Mint",
        "copy of Mercury News",
        "same headline as New York Times",
        "same headline as Business Insider",
    ]


def test_other_times_stand_under_earlier_and_later_and_later_reports_last():
    own = example("Own", "It begins", 0).article
    sources = (
        example("Before", "Long ago", -999, Relation.BACKGROUND),
        example("Post", "It begins, too", -2),
        example("After", "It ends", 99, Relation.BACKGROUND),
        example("Odd", "Weather", 0, Relation.OFF_TOPIC),
    )
    later = Reference(9, "It goes on", "https://more.example/a", "More", WHEN)
    story = ArchivedStory(1, own, (), 5, None, 2, None, sources, later=(later,))
    at = [int((WHEN + timedelta(hours=hours)).timestamp()) for hours in (0, -2, -999, 99, 0)]
    assert sources_embed(story)["description"].splitlines()[:-3] == [
        f"Own · <t:{at[0]}:f>",
        "2 publishers, 2 pages with this one.",
        f"1. [It begins, too](https://post.example/it-begins,-too) · Post · <t:{at[1]}:f>"
        " · own report · quality 7 · first in this archive",
        "**Earlier, on the same subject**",
        f"2. [Long ago](https://before.example/long-ago) · Before · <t:{at[2]}:f> · quality 7",
        "**Later, on the same subject**",
        f"3. [It ends](https://after.example/it-ends) · After · <t:{at[3]}:f> · quality 7",
        f"- [It goes on](https://more.example/a) · More · <t:{at[4]}:f>",
    ]
    assert story_text(story).splitlines() == [
        "┌ It begins",
        "│ https://own.example/it-begins",
        "│ 1. It begins, too",
        "│    Post · 2019-12-22 07:00 UTC · own report · quality 7 · first in this archive",
        "│    https://post.example/it-begins,-too",
        "│ Earlier, on the same subject",
        "│ 2. Long ago",
        "│    Before · 2019-11-10 18:00 UTC · quality 7",
        "│    https://before.example/long-ago",
        "│ Later, on the same subject",
        "│ 3. It ends",
        "│    After · 2019-12-26 12:00 UTC · quality 7",
        "│    https://after.example/it-ends",
        "│ - It goes on",
        "│    More · 2019-12-22 09:00 UTC",
        "│    https://more.example/a",
        "│ 1 listed page was left out as off topic.",
        "└ Own · quality 7 · heat 5 · 2 publishers · 2019-12-22 09:00 UTC",
    ]


def test_the_story_itself_may_be_the_first_in_this_archive():
    own = example("Own", "It begins", 0).article
    story = ArchivedStory(1, own, (), 5, None, 2, None, (example("Post", "It begins, too", 2),))
    first = sources_embed(story)["description"].splitlines()[0]
    assert first == f"Own · <t:{int(WHEN.timestamp())}:f> · first in this archive"
    assert " · first in this archive · 2019-12-22 09:00 UTC" in story_text(story).splitlines()[-1]


@pytest.mark.parametrize(
    ("relation", "told"),
    [
        (Relation.ELIGIBLE, "own report"),
        (Relation.COPY, "copy of The *Own*"),
        (Relation.SIBLING, "same headline as The *Own*"),
        (Relation.SAME_OWNER, "same owner as The *Own*"),
    ],
)
@pytest.mark.parametrize("is_known", [True, False])
def test_a_hidden_source_names_what_it_repeats(relation: Relation, told: str, is_known: bool):
    own = Article(
        "https://own.example/", "x", "", WHEN, Provider("The *Own*", "own.example"), 5, None
    )
    other = replace(own, url="https://x.example/", provider=Provider("X", "x.example"), quality=7)
    repeated = own.url if is_known else "https://unknown.example/"
    source = RankedSource(other, relation, None if relation is Relation.ELIGIBLE else repeated)
    story = ArchivedStory(1, own, (), 5, None, 1, None, (source,))
    (line,) = [one for one in sources_embed(story)["description"].splitlines() if "· X ·" in one]
    alone = told if is_known else re.sub(r" (of|as) .*", "", told)
    assert readable(line).split(" · ")[3] == alone
