"""What feeds bring beside story files: posts, qualities and topics, by the evaluation's scripts."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.stories.lexicon import THRESHOLD, Lexicon
from tests.archives import database_at, named
from tests.conftest import make_story_file, places_at, sentence
from tests.evaluation import feed_qualities, topics
from tests.evaluation.feeds_beside_files import Plan, invented, measured
from tests.evaluation.topics import stories_of

FIRST = datetime(2020, 5, 1, tzinfo=UTC)
DAYS, A_DAY = 4, 6


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Story files of a few days; every third lists what another publisher tells of its event."""
    made = tmp_path_factory.mktemp("files")
    for number in range(DAYS * A_DAY):
        at = FIRST + timedelta(days=number / A_DAY)
        text = f"{sentence(number)} {sentence((number, 'more'))}"
        shared = {
            "title": f"Report of ferry {number}",
            "excerpt": f"{sentence(number)} {sentence((number, 'other'))}",
            "webUrl": f"https://paper{number % 5}.example/{number}",
            "publishedDateTime": at,
            "quality": 20 + number * 3,
            "provider": {"name": "Paper", "domain": f"paper{number % 5}.example"},
        }
        (made / f"{number}.md").write_bytes(
            make_story_file(
                title=f"Ferry {number} sails for {sentence(('town', number)).split()[0]}",
                excerpt=text,
                webUrl=f"https://gazette{number % 7}.example/{number}",
                publishedDateTime=at,
                quality=30 + number * 2,
                provider={"name": "Gazette", "domain": f"gazette{number % 7}.example"},
                topics=["Azure", "Security"] if number % 3 else ["Azure"],
                heat=None,
                related=[] if number % 3 else [shared],
            )
        )
    return made


async def test_feeds_take_no_more_posts_than_their_share_of_what_events_have(
    folder: Path, tmp_path: Path
):
    plan = Plan(feeds=300, a_day=0.1)
    found = await measured(folder, plan, places_at(tmp_path, tmp_path / "none"))
    assert found["posts"] >= DAYS * 2
    assert 0 < found["posts_of_feeds"] <= found["on_event_hot"] + 0.10
    assert found["posts_of_feeds"] <= found["on_event_shared"] + 0.10
    assert max(found["qualities_of_feeds_alone"]) <= 45


def test_invented_feeds_tell_as_much_as_is_planned(folder: Path):
    told = [*stories_of(folder)]
    items = [*invented(told, Plan(feeds=10, a_day=2))]
    assert 10 * 2 * (DAYS - 1) <= len(items) <= 10 * 2 * DAYS + 6
    assert {number for number, _ in items} == set(range(10))
    assert len({item.id for _, item in items}) == len(items)
    assert items == [*invented(told, Plan(feeds=10, a_day=2))]


def test_computed_qualities_are_compared_with_imported_ones(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("BROADSHEET_TESTS_NO_SKIP", raising=False)  # the script has it for a fault
    plan = Plan(feeds=1, a_day=0)
    asyncio.run(measured(folder, plan, places_at(tmp_path, tmp_path / "none")))
    database = named(database_at(tmp_path / "broadsheet.db"))
    found = feed_qualities.report(asyncio.run(feed_qualities.pairs(database)))
    assert found["articles"] == DAYS * A_DAY * 4 / 3
    assert -1 <= found["spearman"] <= 1
    assert found["table"] == sorted(found["table"])
    json.dumps(found)


def test_ranks_that_agree_correlate_fully():
    ranks, correlation = feed_qualities.ranks, feed_qualities.correlation
    assert ranks([3, 1, 1, 9]) == [2, 0.5, 0.5, 3]
    assert correlation(ranks([1, 5, 9]), ranks([2, 4, 400])) == pytest.approx(1)
    assert correlation(ranks([1, 5, 9]), ranks([3, 2, 1])) == pytest.approx(-1)


def test_told_topics_are_compared_with_named_ones(folder: Path):
    lexicon = Lexicon({"Azure": {1: ["ferry 3"]}, "Security": {1: ["ferry"]}})
    found = topics.cases([folder], lexicon, ["Azure", "Security"])
    lines = [*topics.report(found)]
    by = {(one["of"], one["threshold"]): one for one in lines}
    assert by["subjects", THRESHOLD]["named"] == DAYS * A_DAY
    assert by["Azure", THRESHOLD]["recall"] == round(1 / (DAYS * A_DAY), 2)
    assert by["Security", THRESHOLD]["precision"] == by["Security", THRESHOLD]["recall"] == 1
