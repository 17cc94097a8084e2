"""Lines under an edition: events like one that the channel was sent of late, each once."""

import pytest

from bot.digests.selection import Verdict
from bot.render.posted import also_urls
from tests.delivery.harness import CHANNEL, DAY, HOUR, MORNING, Harness, same_event, story, url
from tests.delivery.test_recovery import restore, take_copy


async def sent(harness: Harness) -> None:
    """Story 1 was sent; three days later story 2, which is like it, and story 3 are there."""
    await harness.load(story(1, age=3 * HOUR))
    await harness.follow()
    await harness.tick(at=MORNING)
    await harness.load(story(2, age=-70 * HOUR, **same_event(1)), story(3, age=-70 * HOUR))


def lines(harness: Harness) -> list[str]:
    """The addresses in the lines under editions."""
    embeds = [e for message in harness.discord.shown(CHANNEL) for e in message.body["embeds"]]
    return [address for embed in embeds for address in also_urls(embed)]


async def marked(harness: Harness) -> dict[str, int]:
    rows = await harness.rows("SELECT url, also FROM posted JOIN story USING (story_id)")
    return {row["url"]: row["also"] for row in rows}


async def test_what_is_like_a_story_of_the_last_days_is_a_line_and_counts_as_posted(
    harness: Harness,
):
    await sent(harness)
    await harness.tick(at=MORNING + 3 * DAY)
    assert harness.shown() == [1, 3]
    assert lines(harness) == [url(2)]
    assert await marked(harness) == {url(1): 0, url(2): 1, url(3): 0}
    verdicts = await harness.rows(
        "SELECT verdict, other_id FROM edition_choice WHERE edition_id = 2 ORDER BY position"
    )
    assert [row["verdict"] for row in verdicts][:2] == [Verdict.BEST, Verdict.ALSO]
    assert verdicts[1]["other_id"] == 1
    for day in range(4, 8):
        await harness.tick(at=MORNING + day * DAY)
    assert harness.shown() == [1, 3]
    assert lines(harness) == [url(2)]


async def test_a_line_starts_no_days_of_its_own(harness: Harness):
    await sent(harness)
    await harness.tick(at=MORNING + 3 * DAY)
    later = 3 * DAY + 71 * HOUR
    await harness.load(story(4, age=-later, **same_event(1)), story(5, age=-later))
    await harness.tick(at=MORNING + 6 * DAY)
    assert sorted(harness.shown()) == [1, 3, 4, 5], "story 1 was sent more than four days before"


async def test_an_edition_without_a_story_has_no_line_and_the_event_waits(harness: Harness):
    await harness.load(story(1, age=3 * HOUR))
    await harness.follow()
    await harness.tick(at=MORNING)
    await harness.load(story(2, age=-70 * HOUR, **same_event(1)))
    await harness.tick(at=MORNING + 3 * DAY)
    assert harness.shown() == [1]
    assert lines(harness) == []
    rows = await harness.rows("SELECT verdict FROM edition_choice WHERE edition_id = 2")
    assert Verdict.WAITS in [row["verdict"] for row in rows]
    await harness.tick(at=MORNING + 4 * DAY)
    assert harness.shown() == [1, 2], "after four days it is a story again"


@pytest.mark.sqlite
async def test_a_line_is_read_back_as_a_line(harness: Harness):
    await harness.restart()
    await sent(harness)
    copy = take_copy(harness)
    await harness.tick(at=MORNING + 3 * DAY)
    before = await marked(harness)
    await restore(harness, copy)
    await harness.tick(after=HOUR)
    assert await marked(harness) == before
    assert lines(harness) == [url(2)]


@pytest.mark.parametrize("many", [3, 5])
async def test_at_most_three_lines_stand_under_an_edition_and_the_rest_wait(
    many: int, harness: Harness
):
    await harness.load(*(story(n, 200 - n, age=3 * HOUR) for n in range(1, many + 1)))
    await harness.follow()
    await harness.tick(at=MORNING)
    late = -70 * HOUR
    alike = [story(10 + n, 200 - n, late, **same_event(n)) for n in range(1, many + 1)]
    await harness.load(story(9, age=late), *alike)
    await harness.tick(at=MORNING + 3 * DAY)
    assert harness.shown()[many:] == [9]
    assert lines(harness) == [url(n) for n in (11, 12, 13)]
    await harness.tick(at=MORNING + 3 * DAY + 23 * HOUR)
    assert lines(harness) == [url(n) for n in (11, 12, 13)]
