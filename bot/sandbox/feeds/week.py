"""The invented feeds: who tells what of the last week's news, and when.

Each topic has an event a day, told by three publishers in their own words, each in another format.
Two more pass on what others wrote: Saltmarsh Gazette copies, and Daybook links to the publishers.
Everything follows from the moment that is asked for.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Final, NamedTuple

from bot.sandbox.feeds.documents import Format, Item, Publisher
from bot.sandbox.feeds.news import TOPICS, WEEK, tellings
from bot.sandbox.feeds.server import Fault, InventedFeed

_FIRST_HOUR: Final = 3
"""The hour, UTC, of the first topic's event of the day; each topic's is half an hour later."""
_LATE: Final = timedelta(hours=5)
"""How long after its date a copy appears in its feed."""
_EDITED: Final = timedelta(hours=2)
"""How long after an item appears it is edited, if it is."""
_PASSED_ON: Final = timedelta(minutes=20)


class _Paper(NamedTuple):
    """A publisher: which of the tellings it has, how long after the event, in which format."""

    name: str
    host: str
    form: Format
    ending: str
    telling: int
    after: timedelta
    copies: bool = False
    edits: bool = False

    @property
    def publisher(self) -> Publisher:
        return Publisher(self.name, f"http://{self.host}/")


PAPERS: Final = (
    _Paper("Harbor Courier", "harborcourier.example", Format.RSS, "xml", 2, timedelta(hours=3)),
    _Paper(
        "Northgate Tribune", "northgatetribune.example", Format.ATOM, "atom", 1,
        timedelta(minutes=70), edits=True,
    ),
    _Paper("Circuit & Signal", "circuitandsignal.example", Format.JSON, "json", 0, timedelta()),
    _Paper(
        "Saltmarsh Gazette", "saltmarshgazette.example", Format.RDF, "rdf", 1,
        timedelta(minutes=110), copies=True,
    ),
)  # fmt: skip
"""Those that have a feed for each topic."""
DAYBOOK: Final = "daybook.example"
"""Passes on the items of the first three, of all topics."""


@dataclass(frozen=True)
class _Event:
    """A topic's event of a day."""

    topic: str
    day: date

    @property
    def at(self) -> datetime:
        half_hours = 2 * _FIRST_HOUR + TOPICS.index(self.topic)
        return datetime.combine(self.day, time(), UTC) + half_hours * timedelta(minutes=30)

    def told_by(self, paper: _Paper, now: datetime) -> Item | None:
        """The item of a paper as of a moment; None if it has not appeared yet."""
        title, text = tellings(self.topic, self.day)[paper.telling]
        published = self.at + paper.after
        shown = published + _LATE if paper.copies else published
        if shown > now:
            return None
        url = f"http://{paper.host}/{self.day:%Y/%m/%d}/{_slug(title)}"
        item = Item(url, url, title, text, published, shown, (self.topic,))
        is_edited = paper.edits and self.day.toordinal() % 2 and shown + _EDITED <= now
        return _edited(item) if is_edited else item


def _edited(item: Item) -> Item:
    return replace(item, title=f"{item.title} (corrected)", shown_at=item.shown_at + _EDITED)


def _slug(title: str) -> str:
    return "-".join(re.findall(r"[a-z0-9]+", title.lower()))


def _week_of(topics: Sequence[str], papers: Sequence[_Paper], now: datetime) -> list[Item]:
    """What papers tell of topics in the week until a moment, the newest first."""
    found = (item for topic in topics for paper in papers for item in _items(topic, paper, now))
    return sorted(found, key=lambda one: (one.published_at, one.url), reverse=True)


def _items(topic: str, paper: _Paper, now: datetime) -> Iterator[Item]:
    for back in range(WEEK):
        if item := _Event(topic, (now - back * timedelta(days=1)).date()).told_by(paper, now):
            yield item


def _passed_on(now: datetime) -> list[Item]:
    """What Daybook passes on, the newest first."""
    return [
        replace(item, publisher=paper.publisher)
        for paper in PAPERS[:3]
        for item in _week_of(TOPICS, [paper], now - _PASSED_ON)
    ]


def _silence(now: datetime) -> list[Item]:
    return []


def _of_paper(paper: _Paper) -> Iterator[InventedFeed]:
    """A paper's feeds: all of its news first, then a feed for each topic."""
    every: Callable[[datetime], Sequence[Item]] = partial(_week_of, TOPICS, [paper])
    yield InventedFeed(paper.host, f"/news.{paper.ending}", paper.form, paper.name, every)
    for topic in TOPICS:
        yield InventedFeed(
            paper.host,
            f"/{topic.lower()}.{paper.ending}",
            paper.form,
            f"{paper.name}: {topic}",
            partial(_week_of, [topic], [paper]),
            (topic,),
        )


def all_feeds() -> list[InventedFeed]:
    """Every feed of the week; Quiet Bell is dead, and Slow River slow."""
    return [
        *(feed for paper in PAPERS for feed in _of_paper(paper)),
        InventedFeed(DAYBOOK, "/feed.xml", Format.RSS, "Daybook", _passed_on),
        InventedFeed(
            "quietbell.example", "/feed.xml", Format.RSS, "Quiet Bell", _silence,
            ("AI", "World"), Fault.DOWN,
        ),
        InventedFeed(
            "slowriver.example", "/feed.xml", Format.RSS, "Slow River", _silence,
            ("Security", "Technology"), Fault.SLOW,
        ),
    ]  # fmt: skip


def news_feeds() -> list[InventedFeed]:
    """A feed for each publisher, with its news of all topics."""
    return [one for one in all_feeds() if one.path.startswith("/news.")]


def feeds_about(topics: Sequence[str]) -> list[InventedFeed]:
    """The feeds of some of the topics, one for each of their publishers."""
    return [one for one in all_feeds() if set(one.topics) & set(topics)]
