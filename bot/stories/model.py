"""The model of a story: plain values, as a story file gives them and as the archive stores them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple, Protocol

from bot.stories.urls import key_of

MAX_TITLE, MAX_EXCERPT, MAX_NAME = 500, 2000, 100
"""How many characters of a text are kept, cut after a word (180, 480 and 60 seen)."""
MENTIONS: Final = 10
"""How many sources are stored ready for lists of stories."""


@dataclass(frozen=True, slots=True)
class Provider:
    """Who published an article: the displayed name, and the given registrable domain or host."""

    name: str
    domain: str


class Standing(StrEnum):
    """What the publisher's part of a computed quality comes from."""

    PRESS_RELEASE = "press_release"  # the lowest tier, whoever prints it
    FEED = "feed"  # the tier of its feed
    IMPORTED = "imported"  # the qualities that story files give the publisher
    TIER = "tier"  # the publisher's tier in config/tiers.yaml
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class QualityParts:
    """From what the quality of a feed's article was computed; all parts are from 0 to 1.

    `source` is its publisher's, and comes from `standing`: `told` is the tier, or how many imported
    qualities it is the median of, or 0. `complete` is the share of what an article should have,
    `track` how surely other owners tell what the publisher tells. `original` depends on its event:
    whether it came before its copies.
    """

    source: float
    standing: Standing
    told: int
    complete: float
    track: float
    original: float = 1.0


class TopicReason(NamedTuple):
    """Why an item of a feed has a topic: `by` is `feed`, `category` or `phrase`, `found` the
    category or the phrase.
    """

    topic: str
    by: str
    found: str = ""


@dataclass(frozen=True, slots=True)
class Article:
    """One page at one publisher.

    `url` is the link, as its source wrote it; `title` and `excerpt` are clean text (no entities,
    one line); `published_at` is aware and in UTC; `quality` is an upstream score (0 to 189 seen),
    None = unknown; `image` is an http(s) URL or None.
    """

    url: str
    title: str
    excerpt: str
    published_at: datetime
    provider: Provider
    quality: int | None
    image: str | None
    known_key: str | None = field(default=None, compare=False, repr=False)
    """Its strict key if that is at hand; it is slow to find."""
    parts: QualityParts | None = field(default=None, repr=False)
    """From what its quality was computed; None = it is imported, or unknown."""

    @property
    def key(self) -> str:
        """Its strict key, which is its identity."""
        return self.known_key or key_of(self.url)


def distinct(articles: Iterable[Article], own: str) -> tuple[Article, ...]:
    """Each article once, at its highest quality, without the article with the key `own` (both
    repeats occur in real files). What a file says of it goes before a computed quality.
    """
    best: dict[str, Article] = {}
    for article in articles:
        known = best.get(article.key)
        if article.key != own and (known is None or _value(article) > _value(known)):
            best[article.key] = article
    return tuple(best.values())


def _value(article: Article) -> tuple[bool, int]:
    return article.parts is None, -1 if article.quality is None else article.quality


@dataclass(frozen=True, slots=True)
class Story:
    """One event: its own article, its sources (each key once, never its own) and its topics.

    `heat` is the imported one: None = unknown, -1 = another story led this one upstream.
    `published` None = unknown; it is upstream's front-page cut and hides nothing here. `reasons`
    say why an item of a feed has its topics.
    """

    article: Article
    sources: tuple[Article, ...]
    topics: tuple[str, ...]
    heat: int | None
    published: bool | None
    removed: bool
    reasons: tuple[TopicReason, ...] = field(default=(), repr=False)


class Relation(StrEnum):
    """The relation of a source to the others of its story."""

    ELIGIBLE = "eligible"
    COPY = "copy"
    SIBLING = "sibling"
    SAME_OWNER = "same_owner"
    BACKGROUND = "background"
    OFF_TOPIC = "off_topic"


NOT_ON_EVENT: Final = (Relation.BACKGROUND, Relation.OFF_TOPIC)
"""The relations of articles that are no sources of the event."""
REPORTING: Final = (Relation.ELIGIBLE, Relation.SIBLING, Relation.SAME_OWNER)
"""The relations of articles that report the event themselves: neither copies nor off it."""


@dataclass(frozen=True, slots=True)
class RankedSource:
    """A source, its relation, and the URL it repeats (None if it repeats none).

    `similarity` is its similarity to the leader's own article. `share` is what it has in common
    with the source it repeats: the share of the shorter excerpt (a copy), of both headlines' words
    (a sibling), or 1 (the same owner), else None. Both are from 0 to 1; None: not recorded.
    `listed`: the story's own file lists it, not only another story of the event. `independent`: its
    owner is not the leader's.
    """

    article: Article
    relation: Relation
    of: str | None
    similarity: float | None = None
    share: float | None = None
    listed: bool = True
    independent: bool = True


class Mention(NamedTuple):
    """A source as a list of stories names it."""

    provider: str
    url: str
    quality: int | None


class Listed(Protocol):
    """The part of a story that lists show."""

    @property
    def story_id(self) -> int:
        """Its id."""

    @property
    def article(self) -> Article:
        """Its own article."""

    @property
    def publishers(self) -> int:
        """How many independent publishers tell its event."""

    @property
    def junk(self) -> str | None:
        """The kind of junk that it is, if any."""

    def mentions(self, limit: int) -> Sequence[Mention]:
        """The first `limit` eligible sources."""


class Reference(NamedTuple):
    """Another story, as a message names it."""

    story_id: int
    headline: str
    url: str
    provider: str
    published_at: datetime


@dataclass(frozen=True, slots=True)
class ListedStory:
    """A story as lists show it; `best` are its first eligible sources, at most MENTIONS; `junk` is
    the kind of junk that it is, if any.
    """

    story_id: int
    article: Article
    publishers: int
    best: tuple[Mention, ...]
    junk: str | None = None
    event_id: int = 0

    def mentions(self, limit: int) -> Sequence[Mention]:
        """The first `limit` eligible sources."""
        return self.best[:limit]


@dataclass(frozen=True, slots=True)
class ArchivedStory:
    """A story as the archive stores it.

    `topics` are its own and, if it leads, those of its followers. `heat` is the effective heat
    (None = unknown: it counts as the minimum and sorts last), `heat_imported` the file's.
    `leader_id` is the story that leads this one, None if it leads itself. `sources` are all of them
    in rank order, a leader's those of its whole event. `best` is the quality from which the heat
    was computed if the file gives none; None if it was not recorded.

    `event_id` is its event, 0 before it has one. `junk` is the kind of junk that it is, if any.
    `before` leads the event that its own continues, `see_also` lead events that are the same
    happening but were posted apart, and `later` are stories of its event that came after it and are
    not among its sources, oldest first.
    """

    story_id: int
    article: Article
    topics: tuple[str, ...]
    heat: int | None
    heat_imported: int | None
    publishers: int
    leader_id: int | None
    sources: tuple[RankedSource, ...]
    best: int | None = None
    event_id: int = 0
    junk: str | None = None
    before: Reference | None = None
    see_also: tuple[Reference, ...] = ()
    later: tuple[Reference, ...] = ()

    def top(self, limit: int) -> list[RankedSource]:
        """The first `limit` eligible sources."""
        return [s for s in self.sources if s.relation is Relation.ELIGIBLE][:limit]

    @property
    def first(self) -> Article | None:
        """The earliest article that tells its event; None if only its own does."""
        others = [s.article for s in self.sources if s.relation not in NOT_ON_EVENT]
        if not others:
            return None
        return min((self.article, *others), key=lambda one: (one.published_at, one.key))

    def mentions(self, limit: int) -> Sequence[Mention]:
        """The first `limit` eligible sources, as a list names them."""
        return [mention(source) for source in self.top(limit)]


def count_sources(sources: Iterable[RankedSource]) -> int:
    """How many sources there are, without those about something else."""
    return sum(source.relation is not Relation.OFF_TOPIC for source in sources)


def mention(source: RankedSource) -> Mention:
    """A source as a list of stories names it."""
    article = source.article
    return Mention(article.provider.name, article.url, article.quality)


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic of the archive: how many `stories` it shows, and the date of the `newest` or None.

    `topic_id` 0: it is expected, but not stored yet.
    """

    topic_id: int
    name: str
    slug: str
    stories: int
    newest: datetime | None
