"""A story's sources in rank order, its publishers, its heat, and which of two stories leads."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from bot.stories.copies import (
    OFF_TOPIC_SIMILARITY,
    Fingerprint,
    fingerprint,
    highest_similarities,
    is_copy,
    is_sibling,
)
from bot.stories.model import Article, RankedSource, Relation, Story
from bot.stories.owners import Owners

VERSION: Final = 1
"""Raise it with any change of a rule here, in copies.py or owners.py: rankings are remade."""
STRONG_QUALITY: Final = 50
"""From here on every publisher adds heat; derived from the real files, where it is exact."""
HEAT_PER_PUBLISHER: Final = 20


@dataclass(frozen=True, slots=True)
class Ranking:
    """All sources of a story in rank order; the number of its publishers; its effective heat."""

    sources: tuple[RankedSource, ...]
    publishers: int
    heat: int


@dataclass(frozen=True, slots=True)
class Standing:
    """What decides which of two linked stories leads: imported heat, quality, date, URL."""

    url: str
    heat: int | None
    quality: int | None
    published_at: datetime

    def outranks(self, other: "Standing") -> bool:
        """Whether this story leads `other`. Of two different stories exactly one does."""
        return self.order() < other.order()

    def order(self) -> tuple[int, int, float, str]:
        """Sorts the best first: heat >= 0, then missing, then -1; quality; later; URL."""
        heat_class = 1 if self.heat is None else 0 if self.heat >= 0 else 2
        return heat_class, -_value(self.quality), -self.published_at.timestamp(), self.url


def rank(story: Story, owners: Owners) -> Ranking:
    """The ranking of a story's sources.

    Order: quality, then earlier, then URL. The story's own article counts as a publisher and
    as a member to be similar to, and never hides a source.
    """
    owner_of = owners.of((story.article, *story.sources))
    found = _relations(story, owners, owner_of)
    ordered = sorted(story.sources, key=_rank_key)
    sources = tuple(RankedSource(article, *found[article.url]) for article in ordered)
    counted = [s for s in sources if s.relation not in (Relation.COPY, Relation.OFF_TOPIC)]
    publishers = len({owner_of[a.url] for a in (story.article, *(s.article for s in counted))})
    return Ranking(sources, publishers, _heat(story, sources, publishers))


def _heat(story: Story, sources: Sequence[RankedSource], publishers: int) -> int:
    """Imported if it says something; else the best quality, and coverage on top of a strong one."""
    if story.heat is not None and story.heat >= 0:
        return story.heat
    on_topic = (s.article for s in sources if s.relation is not Relation.OFF_TOPIC)
    best = max(max(_value(a.quality), 0) for a in (story.article, *on_topic))
    return best + HEAT_PER_PUBLISHER * publishers if best >= STRONG_QUALITY else best


class _Member(NamedTuple):
    """A source, prepared for comparing it with every other one."""

    url: str
    words: Fingerprint
    owner: str


def _relations(
    story: Story, owners: Owners, owner_of: Mapping[str, str]
) -> dict[str, tuple[Relation, str | None]]:
    """What each source is, by URL. Each pass takes what the pass before left eligible."""
    off_topic = _off_topic(story)
    # A publisher's own page is kept before an aggregator's page of it, whatever their quality.
    ordered = sorted(
        (article for article in story.sources if article.url not in off_topic),
        key=lambda article: (owners.is_aggregator(article), *_rank_key(article)),
    )
    left = [
        _Member(article.url, fingerprint(article), owner_of[article.url]) for article in ordered
    ]
    found: dict[str, tuple[Relation, str | None]] = dict.fromkeys(
        off_topic, (Relation.OFF_TOPIC, None)
    )
    passes: tuple[tuple[Relation, Callable[[_Member, _Member], bool]], ...] = (
        (Relation.COPY, lambda a, b: is_copy(a.words, b.words)),
        (Relation.SIBLING, lambda a, b: is_sibling(a.words, b.words)),
        (Relation.SAME_OWNER, lambda a, b: a.owner == b.owner),
    )
    for relation, repeats in passes:
        kept: list[_Member] = []
        for member in left:
            first = next((other for other in kept if repeats(member, other)), None)
            if first is None:
                kept.append(member)
            else:
                found[member.url] = (relation, first.url)
        left = kept
    found.update((member.url, (Relation.ELIGIBLE, None)) for member in left)
    return found


def _off_topic(story: Story) -> list[str]:
    """URLs of the sources that resemble no other member; a headline's words count twice."""
    texts = [f"{a.title} {a.title} {a.excerpt}" for a in (story.article, *story.sources)]
    highest = highest_similarities(texts)[1:]
    pairs: Iterable[tuple[Article, float]] = zip(story.sources, highest, strict=True)
    return [article.url for article, score in pairs if score < OFF_TOPIC_SIMILARITY]


def _rank_key(article: Article) -> tuple[int, datetime, str]:
    return -_value(article.quality), article.published_at, article.url


def _value(quality: int | None) -> int:
    return -1 if quality is None else quality
