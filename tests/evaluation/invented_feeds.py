"""Many feeds with days of invented news, of which it is known what tells of the same event.

`python -m tests.evaluation.invented_feeds [--feeds 300] [--items 3000] [--days 7] [--seed 1]`

scores the rules of grouping and the known recipe on the items alone, as BCubed F1.

Common words are those of the table that ships, as frequent as there, since a new bot has no other
counts; names are invented. An event has words of its own, which its articles use to a different
extent, and shares others with earlier events and with its topic. Most events have one article. Some
articles are copies, some appear late, some are edited.
"""

import argparse
import json
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import accumulate, count
from random import Random
from typing import Final, NamedTuple

from bot.sandbox.feeds import Format, InventedFeed, Item
from bot.stories.frequencies import shipped
from bot.stories.similarity import terms
from bot.stories.text import STOP_WORDS
from tests.benchmarks import profile
from tests.benchmarks.archive import value_at
from tests.benchmarks.known_grouping import KnownGrouping
from tests.benchmarks.language import word
from tests.evaluation.articles import Labelled
from tests.evaluation.grouping import Score, bcubed, events_of, frequencies_of, members_of

BEGINNING: Final = datetime(2020, 1, 6, tzinfo=UTC)
TOPICS: Final = (
    "World", "Business", "Technology", "AI", "Security", "Science", "Space", "Climate", "Gaming",
    "Software",
)  # fmt: skip
ARTICLES_OF_AN_EVENT: Final = (
    (1, 0.60), (2, 0.17), (3, 0.10), (5, 0.07), (10, 0.04), (25, 0.018), (50, 0.002),
)  # fmt: skip
"""How many articles an event has, and how often: most news has one source."""
COPIES: Final = 0.12
"""The share of an event's further articles that are another's text, word for word."""
LATE, EDITED, TITLE_ONLY = 0.05, 0.03, 0.05
"""The shares of articles that appear hours after their date, and that are edited; of feeds that
give headlines only.
"""
SHOWN: Final = 40
"""How many items a feed shows at most."""
_NAMES: Final = 60_000
_TOPIC_WORDS: Final = 60
_OWN_WORDS, _NAMES_OF_AN_EVENT = 9, 4
_DIFFERENT_NAMES: Final = 20_000
_NOT_TOO_COMMON, _KNOWN = 200, 3900
OWN, OF_TOPIC = 0.30, 0.10
"""How many of an article's words are its event's, and its topic's."""
RELATED: Final = 0.4
"""The share of the events that are about the subject of an earlier one, and so share words with it.

Chosen so that a day of it is about as hard as crowded real news (docs/events.md).
"""
_SHARED_WORDS, _RECENT = 4, 200
_STEP: Final = timedelta(days=1)


class Shape(NamedTuple):
    """How much there is."""

    feeds: int = 300
    items: int = 3000
    """A day."""
    days: int = 7


@dataclass(frozen=True, slots=True)
class _Site:
    number: int
    topic: str
    title_only: bool

    @property
    def host(self) -> str:
        return f"{word(_NAMES + self.number)}.example"


@dataclass(frozen=True, slots=True)
class _Shown:
    """An item, when it appears, and how it is edited."""

    item: Item
    edit: Item | None


@dataclass(frozen=True)
class News:
    """The feeds, and the event of each item by its URL."""

    feeds: Sequence[InventedFeed]
    events: dict[str, int]
    items: Sequence[Item]


def make_news(shape: Shape, seed: int = 1) -> News:
    """The same numbers give the same news."""
    return _Maker(shape, seed).news()


class _Maker:
    def __init__(self, shape: Shape, seed: int) -> None:
        self._shape = shape
        self._random = Random(seed)  # noqa: S311 - data
        self._common, self._rates = _common_words()
        self._numbers = count(1)
        self._about = {topic: self._drawn_words(_TOPIC_WORDS) for topic in TOPICS}
        self._sites: dict[str, list[_Site]] = defaultdict(list)
        self._weights: dict[str, list[float]] = defaultdict(list)
        self._earlier: dict[str, list[list[str]]] = defaultdict(list)
        for number in range(shape.feeds):
            topic = TOPICS[number % len(TOPICS)]
            site = _Site(number, topic, self._random.random() < TITLE_ONLY)
            self._sites[topic].append(site)
            self._weights[topic].append(1 / (len(self._sites[topic]) + 4))

    def news(self) -> News:
        shown: dict[int, list[_Shown]] = defaultdict(list)
        events: dict[str, int] = {}
        wanted, event = self._shape.items * self._shape.days, count(1)
        while len(events) < wanted:
            number = next(event)
            for site, one in self._event():
                shown[site.number].append(one)
                events[one.item.url] = number
        feeds = [
            _feed(site, shown[site.number]) for sites in self._sites.values() for site in sites
        ]
        items = [one.item for every in shown.values() for one in every]
        return News(feeds, events, sorted(items, key=lambda one: (one.published_at, one.url)))

    def _event(self) -> Iterator[tuple[_Site, _Shown]]:
        topic = self._random.choice(TOPICS)
        begun = BEGINNING + self._random.random() * self._shape.days * _STEP
        own = self._subject(topic)
        told: list[Item] = []
        for site in self._tellers(topic):
            hours = self._random.expovariate(1 / 9) if told else 0
            at = begun + timedelta(hours=min(hours, 48))
            item = self._item(site, own, at.replace(microsecond=0), told)
            told.append(item)
            late = timedelta(hours=self._random.uniform(4, 20)) * self._happens(LATE)
            seen = replace(item, shown_at=(item.published_at + late).replace(microsecond=0))
            edit = self._edited(seen, site, own) if self._happens(EDITED) else None
            yield site, _Shown(seen, edit)

    def _subject(self, topic: str) -> list[str]:
        """The words of an event; often it is about the subject of an earlier one."""
        own = [
            *self._names(_NAMES_OF_AN_EVENT),
            *self._drawn_words(_OWN_WORDS - _NAMES_OF_AN_EVENT),
        ]
        self._random.shuffle(own)
        earlier = self._earlier[topic]
        if earlier and self._happens(RELATED):
            own[:_SHARED_WORDS] = self._random.choice(earlier[-_RECENT:])[:_SHARED_WORDS]
        earlier.append(own)
        return own

    def _tellers(self, topic: str) -> list[_Site]:
        """Different feeds of the topic."""
        sizes, shares = zip(*ARTICLES_OF_AN_EVENT, strict=True)
        size = min(self._random.choices(sizes, shares)[0], len(self._sites[topic]))
        found: dict[int, _Site] = {}
        while len(found) < size:
            (site,) = self._random.choices(self._sites[topic], self._weights[topic])
            found.setdefault(site.number, site)
        return [*found.values()]

    def _item(self, site: _Site, own: Sequence[str], at: datetime, told: Sequence[Item]) -> Item:
        number = next(self._numbers)
        copied = self._random.choice(told) if told and self._happens(COPIES) else None
        title = copied.title if copied else self._text(profile.TITLE_WORDS, site.topic, own)
        text = copied.text if copied else self._text(profile.EXCERPT_WORDS, site.topic, own)
        url = f"http://{site.host}/{at:%Y/%m/%d}/{number:x}"
        return Item(url, url, title, "" if site.title_only else text, at, at, (site.topic,))

    def _edited(self, item: Item, site: _Site, own: Sequence[str]) -> Item:
        later = item.shown_at + timedelta(minutes=self._random.randrange(30, 300))
        return replace(item, title=self._text(profile.TITLE_WORDS, site.topic, own), shown_at=later)

    def _text(self, length: profile.Quantiles, topic: str, own: Sequence[str]) -> str:
        """Common words, and some of the event's, the first of them most often, and the topic's."""
        count_ = int(value_at(length, self._random.random()))
        said = self._random.choices(self._common, cum_weights=self._rates, k=count_)
        for place in range(len(said)):
            chance = self._random.random()
            if chance < OWN:
                said[place] = own[int(len(own) * self._random.random() ** 1.5)]
            elif chance < OWN + OF_TOPIC:
                said[place] = self._random.choice(self._about[topic])
        return " ".join(said).capitalize()

    def _drawn_words(self, number: int) -> list[str]:
        """Known words that are not among the most common ones."""
        return self._random.sample(self._common[_NOT_TOO_COMMON:_KNOWN], number)

    def _names(self, number: int) -> list[str]:
        """Names that hardly anything else has."""
        return [word(self._random.randrange(_DIFFERENT_NAMES)) for _ in range(number)]

    def _happens(self, share: float) -> bool:
        return self._random.random() < share


def _common_words() -> tuple[list[str], list[float]]:
    """The words of the table that ships, the most common first, and their summed rates.

    Half of what is said are stop words, which do not count.
    """
    table = shipped().found_in
    found = sorted(table, key=lambda term: (-table[term], term))
    stop = sorted(STOP_WORDS)
    every = sum(table.values())
    weights = [*(float(table[term]) for term in found), *([every / len(stop)] * len(stop))]
    return [*found, *stop], [*accumulate(weights)]


def _feed(site: _Site, shown: Sequence[_Shown]) -> InventedFeed:
    form = [*Format][site.number % len(Format)]
    return InventedFeed(
        site.host,
        "/feed",
        form,
        site.host.partition(".")[0].title(),
        _showing(shown),
        (site.topic,),
    )


def _showing(shown: Sequence[_Shown]) -> Callable[[datetime], Sequence[Item]]:
    """What a feed shows at a moment: the newest items, the newest first."""
    ordered = sorted(shown, key=lambda one: one.item.shown_at)
    times = [one.item.shown_at for one in ordered]

    def items(now: datetime) -> list[Item]:
        end = bisect_right(times, now)
        latest = reversed(ordered[max(0, end - SHOWN) : end])
        return [one.edit if one.edit and one.edit.shown_at <= now else one.item for one in latest]

    return items


def labelled(news: News) -> list[Labelled]:
    """The items, each with its event."""
    return [
        Labelled(
            one.title,
            one.text,
            one.url.split("/")[2],
            one.url,
            int(one.published_at.timestamp()),
            f"{news.events[one.url]}",
        )
        for one in news.items
    ]


def known_recipe(articles: Sequence[Labelled]) -> Score:
    """How well the known recipe groups them."""
    members = members_of(articles, frequencies_of(articles))
    counts = [Counter(terms(one.title, one.excerpt)) for one in articles]
    return bcubed([one.story for one in articles], KnownGrouping().group(members, counts))


def main() -> None:
    """Print the scores of ours and of the known recipe."""
    parser = argparse.ArgumentParser(prog="python -m tests.evaluation.invented_feeds")
    for name, default in Shape()._asdict().items():
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    articles = labelled(make_news(Shape(given.feeds, given.items, given.days), given.seed))
    ours = bcubed([one.story for one in articles], events_of(articles))
    for name, score in (("ours", ours), ("known", known_recipe(articles))):
        print(json.dumps({"recipe": name, "articles": len(articles), **score._asdict()}))


if __name__ == "__main__":
    main()
