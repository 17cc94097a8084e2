"""Which share of the posts invented feeds take beside story files, and which share is due to them.

`python -m tests.evaluation.feeds_beside_files FOLDER [--feeds N] [--a-day X] [--tier T] [--seed N]`

FOLDER holds story files of one subject. Each feed is of a publisher that nobody knows and tells
`--a-day` items a day, as long as the files go: half of them alone, a third with up to five other
feeds, and the rest reports or copies of what a file of that day tells. All feeds have the topic of
the files, and `--tier` if it is given. A new channel of that topic gets an edition each day. Posts
are full stories; one belongs to whom its leader does. On-event are the articles of events, the
leaders' own and their sources: of all events, of those that several publishers tell, and of those
that are hot enough for an edition.
"""

import argparse
import asyncio
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, Final
from zoneinfo import ZoneInfo

from bot.app.services import Services, open_services
from bot.config import DigestConfig
from bot.environment import Places
from bot.library import provider_records
from bot.library.feeds import named
from bot.origins.feeds.document import FeedItem
from bot.origins.feeds.origin import Feeds as FeedsOrigin
from bot.origins.feeds.reading import article_of
from bot.origins.files.origin import given_files
from bot.store import feed_items, feeds, stories
from bot.store.feed_items import GivenItem
from bot.stories.feeds import FeedSettings
from bot.stories.model import NOT_ON_EVENT, ArchivedStory, Relation, Story
from tests.conftest import places_at, sentence
from tests.evaluation.topics import stories_of

ALONE: Final = 0.5
SHARED: Final = 0.3
"""Which share of the items one feed tells, and which several; the others are about the files'."""
MOST_TELL: Final = 6
_WORDS: Final = ("service", "update", "users", "company", "report", "release", "data", "security")


@dataclass(frozen=True)
class Plan:
    """How many feeds there are, how much each tells a day, their tier, and the seed of chance."""

    feeds: int = 300
    a_day: float = 1.0
    tier: int | None = None
    seed: int = 13


def invented(told: Sequence[Story], plan: Plan) -> Iterator[tuple[int, FeedItem]]:
    """The items of each feed, by its number."""
    chance = Random(plan.seed)  # noqa: S311 - no secret
    first = min(one.article.published_at for one in told)
    days = (max(one.article.published_at for one in told) - first) / timedelta(days=1)
    total, made, happening = round(plan.feeds * plan.a_day * max(days, 1)), 0, 0
    while made < total:
        happening += 1
        at = first + timedelta(days=chance.random() * max(days, 1))
        kind = chance.random()
        for number, title, excerpt in _reports(told, at, kind, happening, plan, chance):
            made += 1
            later = at + timedelta(hours=chance.random() * 12)
            yield number, _item(number, made, title, excerpt, later)


def _reports(
    told: Sequence[Story], at: datetime, kind: float, happening: int, plan: Plan, chance: Random
) -> Iterable[tuple[int, str, str]]:
    """The feeds that tell a happening, each with its headline and text."""
    if kind < ALONE:
        return [(chance.randrange(plan.feeds), *_text(happening, 0, chance))]
    if kind < ALONE + SHARED:
        many = min(plan.feeds, chance.randint(2, MOST_TELL))
        by = chance.sample(range(plan.feeds), many)
        return [(number, *_text(happening, number, chance)) for number in by]
    near = sorted(told, key=lambda one: abs(one.article.published_at - at))[:20]
    about = chance.choice(near).article
    excerpt = about.excerpt if chance.random() < 0.5 else _reworded(about.excerpt, chance)
    return [(chance.randrange(plan.feeds), about.title, excerpt or _text(happening, 0, chance)[1])]


def _text(happening: int, by: int, chance: Random) -> tuple[str, str]:
    """A headline and a text: words of the happening, of the report, and of everybody."""
    words = sentence(("happening", happening)).rstrip(".").split()
    usual = chance.sample(_WORDS, 3)
    headline = " ".join((*chance.sample(words, 4), *usual[:2]))
    own = sentence(("report", happening, by)).rstrip(".").split()[:5]
    text = " ".join((*chance.sample(words, 8), *own, *usual))
    return headline.capitalize(), f"{text.capitalize()}."


def _reworded(excerpt: str, chance: Random) -> str:
    """A text with every third word replaced, and in another order."""
    words = [word for n, word in enumerate(excerpt.split()) if n % 3]
    chance.shuffle(words)
    return " ".join((*words, *chance.sample(_WORDS, 4)))


def _item(number: int, made: int, title: str, excerpt: str, at: datetime) -> FeedItem:
    url = f"https://www.publisher{number}.example/{made}"
    return FeedItem(str(made), url, title, excerpt, at.replace(microsecond=0))


async def measured(folder: Path, plan: Plan, places: Places) -> dict[str, Any]:
    """The figures, from a new archive at `places`."""
    told = [one for one in stories_of(folder) if one.topics]
    topic = Counter(one.topics[0] for one in told).most_common(1)[0][0]
    days = sorted(one.article.published_at.date() for one in told)
    async with open_services(places) as services:
        await services.ingestion.ingest(given_files([folder], places.seeds))
        await _load(services, invented(told, plan), topic, plan)
        found = await services.queries.topic(topic)
        span = (days[0], days[-1] + timedelta(days=1), time(8), ZoneInfo("UTC"))
        days_told = [one async for one in services.previews.replay([found], *span)]
        async with services.database.reading() as db:
            ids = await stories.all_story_ids(db)
            leaders = [one for one in await stories.stories_by_id(db, ids) if not one.leader_id]
    posts = [
        story
        for day in days_told
        if day.contents and not day.contents.from_archive
        for story in day.contents.stories
    ]
    return _figures(posts, leaders)


async def _load(
    services: Services, items: Iterable[tuple[int, FeedItem]], topic: str, plan: Plan
) -> None:
    """Keep the items as a sweep does, and load them."""
    now = services.clock.now()
    urls = [f"https://www.publisher{number}.example/feed" for number in range(plan.feeds)]
    new = [named(FeedSettings(url, topics=(topic,), tier=plan.tier)) for url in urls]
    async with services.database.writing() as db:
        await feeds.save_feeds(db, new, now, "evaluation", listed=False)
        ids = {one.settings.url: one.feed_id for one in await feeds.all_feeds(db)}
        given = [_given(ids[urls[number]], item) for number, item in items]
        await feed_items.keep_items(db, given, now)
    await provider_records.count_if_due(services.database, now)
    while True:
        async with services.database.reading() as db:
            if not await feed_items.has_pending(db):
                return
        await services.ingestion.ingest([FeedsOrigin(services.database)])


def _given(feed_id: int, item: FeedItem) -> GivenItem:
    said = json.dumps(article_of(item), ensure_ascii=False)
    return GivenItem(feed_id, item.id, item.url, item.id, said)


def _figures(posts: Sequence[ArchivedStory], leaders: Sequence[ArchivedStory]) -> dict[str, Any]:
    shared = [one for one in leaders if one.publishers > 1]
    hot = [one for one in leaders if one.heat is None or one.heat >= DigestConfig().minimum_heat]
    return {
        "posts": len(posts),
        "posts_of_feeds": _share(one.article.url for one in posts),
        "on_event": _share(url for one in leaders for url in _on_event(one)),
        "on_event_shared": _share(url for one in shared for url in _on_event(one)),
        "on_event_hot": _share(url for one in hot for url in _on_event(one)),
        "stories": len(leaders),
        "stories_shared": len(shared),
        "qualities_of_feeds_alone": sorted(
            {one.article.quality for one in leaders if one.article.parts and one.publishers == 1},
            key=str,
        ),
    }


def _on_event(story: ArchivedStory) -> Iterator[str]:
    yield story.article.url
    for source in story.sources:
        if source.relation not in (*NOT_ON_EVENT, Relation.COPY):
            yield source.article.url


def _share(urls: Iterable[str]) -> float:
    """The share of pages that are on invented sites."""
    found = ["://www.publisher" in url for url in urls]
    return round(sum(found) / len(found), 3) if found else 0.0


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--feeds", type=int, default=300)
    parser.add_argument("--a-day", type=float, default=1.0)
    parser.add_argument("--tier", type=int)
    parser.add_argument("--seed", type=int, default=13)
    given = parser.parse_args()
    plan = Plan(given.feeds, given.a_day, given.tier, given.seed)
    with TemporaryDirectory() as made:
        places = places_at(Path(made), Path(made) / "none")
        print(json.dumps(asyncio.run(measured(given.folder, plan, places))))


if __name__ == "__main__":
    main()
