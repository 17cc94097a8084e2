"""The editorial report on a real archive."""

from datetime import time, timedelta
from zoneinfo import ZoneInfo

from bot.digests.editorial_report import EditorialReport, Reason
from bot.library.folding import Folding
from bot.subscriptions.reporting import Reporting
from tests.delivery.harness import DAY, HOUR, MORNING, PLAIN_RULES, Harness, numbers, story

TODAY = MORNING.date()


async def report(harness: Harness, days: int = 2, publishers: int = 1) -> EditorialReport:
    reporting = Reporting(harness.database, harness.previews, Folding(PLAIN_RULES), harness.config)
    span = (TODAY, TODAY + timedelta(days=days - 1), time(8), ZoneInfo("UTC"))
    told: list[tuple[int, int]] = []
    topics = [await harness.topic()]
    found = await reporting.report(topics, span, publishers, lambda *done: told.append(done))
    assert told == [(n, days) for n in range(1, days + 1)]
    return found


async def test_a_report_tells_what_a_channel_got_and_why_it_missed_the_rest(harness: Harness):
    await harness.load(
        *(story(n, 100 + n, 2 * HOUR) for n in range(1, 7)),
        story(7, 10),
        story(8, 500, topics=["Robots"]),
        story(9, 500, 2 * DAY),  # before the span
        story(10, 500, -3 * DAY),  # after it
    )
    found = await report(harness, days=1)
    urls = [post.story.article.url for post in found.posts]
    assert numbers(urls) == [6, 5, 4, 3, 2]
    assert {one.headline: reason for one, reason in found.missed} == {
        "Headline 001": Reason.NO_ROOM,
        "Headline 007": Reason.COLD,
        "Headline 008": Reason.NO_TOPIC,
    }
    assert len(found.told) == 5
    assert (found.events, found.followed) == (8, 7)


async def test_stories_that_score_too_low_until_they_are_too_old_are_called_so(harness: Harness):
    hot = (story(n, 401 + n, -(n // 5) * DAY) for n in range(50))
    await harness.load(story(60, 60), *hot)
    found = await report(harness, days=9)
    assert ("Headline 060", Reason.OUTSCORED) in [(one.headline, why) for one, why in found.missed]


async def test_a_span_without_a_story_is_a_report_of_nothing(harness: Harness):
    await harness.load(story(1, age=-30 * DAY))
    found = await report(harness)
    assert (found.events, found.posts, found.told, found.missed) == (0, (), (), ())
    assert [kind for _, kind in found.quiet] == ["nothing", "nothing"]
