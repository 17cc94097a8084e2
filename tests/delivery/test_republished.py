"""An article that its publisher publishes again under another address: each channel has it once."""

from typing import Any

import pytest

from bot.digests.selection import Verdict
from tests.delivery.harness import CHANNEL, DAY, HOUR, MORNING, PLAIN_RULES, Harness, story

WEEK = 7 * DAY


def again(number: int, first: int, **fields: Any) -> bytes:
    """A story that differs from an earlier one in its address and time, and in what is given."""
    name = f"{first:03}"
    provider = {"name": f"Paper {name}", "domain": f"p{name}.example"}
    same = {"title": f"Headline {name}", "excerpt": EXCERPT, "provider": provider}
    return story(number, age=-WEEK + HOUR, **{**same, **fields})


EXCERPT = "An artist bends the copper of the old tram wires into herons for the stops."


async def followed(harness: Harness, *first: bytes) -> None:
    """A channel that had the first stories a week ago."""
    await harness.load(*(first or (story(1, excerpt=EXCERPT),)))
    await harness.follow()
    await harness.tick(at=MORNING)


async def verdicts(harness: Harness) -> dict[int, str]:
    """Those of the last edition, by the numbers of the stories."""
    rows = await harness.rows(
        """
        SELECT url, verdict FROM edition_choice JOIN story USING (story_id)
        WHERE edition_id = (SELECT max(edition_id) FROM edition)
        """
    )
    return {int(row["url"].removeprefix("https://p")[:3]): row["verdict"] for row in rows}


async def test_what_a_channel_had_does_not_come_again_under_another_address(harness: Harness):
    await followed(harness)
    await harness.load(again(2, 1), story(3, age=-WEEK + HOUR))
    await harness.tick(at=MORNING + WEEK)
    assert harness.shown() == [1, 3]
    assert await verdicts(harness) == {2: Verdict.REPUBLISHED, 3: Verdict.BEST}


@pytest.mark.parametrize(
    "other",
    [
        {"excerpt": "The museum asks which of its bells was cast in the year of the flood."},
        {"title": "What became of the wires"},
        {"provider": {"name": "Other Paper", "domain": "other.example"}},
    ],
    ids=["text", "headline", "publisher"],
)  # fmt: skip
async def test_what_differs_in_one_of_three_is_news(other: dict[str, Any], harness: Harness):
    await followed(harness)
    await harness.load(again(2, 1, **other))
    await harness.tick(at=MORNING + WEEK)
    assert harness.shown() == [1, 2]


async def test_a_column_without_a_text_comes_every_week(harness: Harness):
    await followed(harness, story(1, excerpt=""))
    await harness.load(again(2, 1, excerpt=""))
    await harness.tick(at=MORNING + WEEK)
    assert harness.shown() == [1, 2]


async def test_both_in_one_edition_are_told_once(harness: Harness):
    await harness.load(
        story(1, excerpt=EXCERPT, age=5 * DAY), again(2, 1, publishedDateTime=MORNING - HOUR)
    )
    await harness.follow()
    await harness.tick(at=MORNING)
    assert harness.shown() == [2]
    assert await verdicts(harness) == {2: Verdict.BEST, 1: Verdict.REPUBLISHED}


async def test_another_channel_that_has_not_had_it_gets_it(harness: Harness):
    await followed(harness)
    await harness.load(again(2, 1))
    await harness.follow(CHANNEL + 1)
    await harness.tick(at=MORNING + WEEK)
    assert harness.shown(CHANNEL + 1)[-1:] == [2]


async def test_the_archive_gives_no_story_again_under_another_address(harness: Harness):
    await followed(harness)
    await harness.load(again(2, 1), story(4, heat=10, age=30 * DAY))
    await harness.tick(at=MORNING + 8 * DAY)
    assert harness.shown() == [1, 4]
    await harness.tick(at=MORNING + 9 * DAY)
    assert harness.shown() == [1, 4], "nothing is left"


async def test_a_text_under_one_headline_is_no_boilerplate_however_often_it_comes(
    harness: Harness,
):
    least = PLAIN_RULES.junk.boilerplate
    await followed(harness)
    await harness.load(*(again(n, 1) for n in range(2, 2 + least)))
    assert await harness.rows("SELECT * FROM boilerplate") == []
    await harness.load(*(again(n, 1, title=f"Headline {n}") for n in range(10, 9 + least)))
    assert [row["excerpt"] for row in await harness.rows("SELECT * FROM boilerplate")] == [EXCERPT]
