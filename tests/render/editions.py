"""Editions of five stories that are as high as real ones can be."""

from dataclasses import replace
from datetime import date, timedelta

from bot.config import Layout
from bot.digests.edition import AlsoLine, Contents
from bot.stories.model import ArchivedStory, Article, Provider, RankedSource, Relation
from tests.render.test_messages import WHEN

LONG = (
    "Twitter and Facebook take down a global network of fake accounts pushing pro-Trump lies.",
    "Researchers say a small model that reads ferry timetables beats one a thousand times it.",
    "Night-shift nurses in three hospitals of the north test an alarm that learns to be quiet",
    "Lawmakers in two countries agree on rules for machines that write letters to their voter",
    "A radio archive of the nineteen-thirties speaks again after a model learns its dialects.",
)
"""Headlines of 88 characters: one in ten is longer."""
USUAL = (
    "Nordwerft delivers the first of twelve electric ferries to Saltmarsh",
    "City council votes to close the harbour road to cars from June",
    "Three universities agree on one open licence for climate data",
    "Strike at the northern rail yards ends with a new contract",
    "Researchers find a slower way to train small models",
)
ALSO = tuple(
    AlsoLine(90 + n, headline, "Northgate Tribune", f"https://n.example/{n}")
    for n, headline in enumerate(LONG[:3])
)
_EXCERPT = (
    "Facebook Inc. and Twitter Inc. have taken down a global network of fake accounts used in a"
    " coordinated campaign to push political messages, including some that used artificial"
    " intelligence tools to try to mask the behavior, the companies said."
)
ADDED = (
    "In all, Facebook said Friday, it had removed a network of 610 Facebook accounts, 89 pages, 90"
    " groups, and 72 Instagram accounts."
)
_PUBLISHERS = (
    *("Washington Post", "Wall Street Journal", "The Financial Times", "Business Insider"),
    *("New York Times", "South China Morning Post", "Mercury News"),
)


def _article(publisher: str, title: str, hours: int, quality: int, path: str) -> Article:
    host = f"{publisher.lower().replace(' ', '')}.example"
    return Article(
        url=f"https://www.{host}/technology/2019/12/20/{path}",
        title=title,
        excerpt=_EXCERPT,
        published_at=WHEN + timedelta(hours=hours),
        provider=Provider(publisher, host),
        quality=quality,
        image=f"https://{host}/picture.jpg",
    )


def _source(story: int, place: int, publisher: str) -> RankedSource:
    article = _article(publisher, f"View {place}", place, 150 - place, f"{story}-{place}")
    said = ADDED if publisher == _PUBLISHERS[-1] else ""
    return RankedSource(replace(article, excerpt=said), Relation.ELIGIBLE, None)


def told(number: int, headline: str) -> ArchivedStory:
    """A story with a picture, many publishers, a long excerpt and something that one adds."""
    own = _article("MarketWatch", headline, number, 50, f"own-{number}")
    sources = tuple(_source(number, place, name) for place, name in enumerate(_PUBLISHERS))
    topics = ("AI", "Facebook AI")
    return ArchivedStory(number, own, topics, 290, None, 12, None, sources, 50, event_id=number)


def edition(
    headlines: tuple[str, ...] = LONG,
    layout: Layout = Layout.CARDS,
    also: tuple[AlsoLine, ...] = (),
) -> Contents:
    """An edition of such stories."""
    stories = tuple(told(number, one) for number, one in enumerate(headlines, start=1))
    day = date(2019, 12, 22)
    return Contents(("AI", "Facebook AI"), day, 1, stories, layout=layout, also=also)
