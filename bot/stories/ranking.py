"""A story's sources in rank order, its publishers, its heat, and which of two stories leads."""

from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from bot.stories.copies import (
    LEAST_SHARED,
    OFF_TOPIC_SIMILARITY,
    Fingerprint,
    copied_share,
    fingerprint,
    headline_share,
    highest_similarities,
    telling_words,
)
from bot.stories.model import Article, RankedSource, Relation, Story
from bot.stories.owners import Owners

VERSION: Final = 3
"""Raise it with any change of a rule here, in copies.py or owners.py: stories are ranked again."""
STRONG_QUALITY: Final = 50
"""From this quality on every publisher adds heat; derived from the real files, and exact there."""
HEAT_PER_PUBLISHER: Final = 20
UNKNOWN_QUALITY: Final = 45
"""The quality that heat assumes for an unknown one: at 60 such articles fill digests (measured)."""
MANY_PUBLISHERS: Final = 3
"""This many publishers show that there is news, even if no quality is known."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """All sources of a story in rank order; the number of its publishers; its effective heat.

    `best` is the highest quality among the story and its on-topic sources, with UNKNOWN_QUALITY for
    an unknown one; heat is computed from it if the file gives none. Heat is None if no quality is
    known and too few publishers have the story.
    """

    sources: tuple[RankedSource, ...]
    publishers: int
    best: int
    heat: int | None


@dataclass(frozen=True, slots=True)
class Standing:
    """Decides which of two linked stories leads: imported heat, quality, date, strict key."""

    key: str
    heat: int | None
    quality: int | None
    published_at: datetime

    def order(self) -> tuple[int, int, float, str]:
        """A sort key, best first: heat >= 0, then missing, then -1; quality; later; key.

        No two different stories have the same order.
        """
        heat_class = 1 if self.heat is None else 0 if self.heat >= 0 else 2
        return heat_class, -_value(self.quality), -self.published_at.timestamp(), self.key


def rank(story: Story, owners: Owners) -> Ranking:
    """The ranking of a story's sources.

    Order: quality, then earlier, then strict key. The story's own article counts as a publisher and
    as a member to compare with, and never hides a source.
    """
    owner_of = owners.of((story.article, *story.sources))
    found = _relations(story, owners, owner_of)
    sources = tuple(found[article.url] for article in sorted(story.sources, key=_rank_key))
    counted = [s for s in sources if s.relation not in (Relation.COPY, Relation.OFF_TOPIC)]
    publishers = len({owner_of[a.url] for a in (story.article, *(s.article for s in counted))})
    on_topic = (s.article for s in sources if s.relation is not Relation.OFF_TOPIC)
    qualities = [article.quality for article in (story.article, *on_topic)]
    best = max(UNKNOWN_QUALITY if q is None else q for q in qualities)
    return Ranking(sources, publishers, best, _heat(story.heat, qualities, best, publishers))


def _heat(
    imported: int | None, qualities: Sequence[int | None], best: int, publishers: int
) -> int | None:
    """The imported heat if there is one; else the best quality, plus coverage if that is strong.

    If that quality is only assumed, many publishers are as good as a strong quality; a few mean
    nothing if no other quality is known.
    """
    if imported is not None and imported >= 0:
        return imported
    known = [quality for quality in qualities if quality is not None]
    if not known and publishers < MANY_PUBLISHERS:
        return None
    assumed = best > max(known, default=-1)
    covered = best >= STRONG_QUALITY or (assumed and publishers >= MANY_PUBLISHERS)
    return best + HEAT_PER_PUBLISHER * publishers if covered else best


def is_cold(story: Story, owners: Owners, minimum_heat: int) -> bool:
    """Whether a story will certainly stay below a heat; it is ranked only if that is needed."""
    if story.heat is not None and story.heat >= 0:
        return story.heat < minimum_heat
    if (story.article.quality or 0) >= minimum_heat:  # its heat is not lower
        return False
    heat = rank(story, owners).heat
    return heat is not None and heat < minimum_heat


class _Member(NamedTuple):
    """A source, prepared for comparison with the others."""

    article: Article
    words: Fingerprint
    owner: str
    similarity: float

    def found(
        self, relation: Relation, of: str | None = None, share: float | None = None
    ) -> RankedSource:
        return RankedSource(self.article, relation, of, self.similarity, share)


class _Pass(NamedTuple):
    """One comparison: of two members the later repeats the earlier if `share` gives a number.

    They then have at least `least` parts in common, so that most pairs can be ruled out quickly.
    """

    relation: Relation
    least: int
    parts: Callable[[Sequence[_Member]], Sequence[Collection[Hashable]]]
    share: Callable[[_Member, _Member], float | None]


_PASSES: Final = (
    _Pass(
        Relation.COPY,
        LEAST_SHARED,
        lambda members: [member.words.shingles for member in members],
        lambda one, other: copied_share(one.words, other.words),
    ),
    _Pass(
        Relation.SIBLING,
        1,
        lambda members: telling_words([member.words for member in members]),
        lambda one, other: headline_share(one.words, other.words),
    ),
    _Pass(
        Relation.SAME_OWNER,
        1,
        lambda members: [(member.owner,) for member in members],
        lambda one, other: 1.0 if one.owner == other.owner else None,
    ),
)


def _relations(
    story: Story, owners: Owners, owner_of: Mapping[str, str]
) -> dict[str, RankedSource]:
    """The relation of each source, by URL. Each pass takes the sources still eligible."""
    members = _members(story, owner_of)
    found = {
        member.article.url: member.found(Relation.OFF_TOPIC)
        for member in members
        if member.similarity < OFF_TOPIC_SIMILARITY
    }
    # A publisher's own page is preferred to an aggregator's copy, whatever their quality.
    left = sorted(
        (member for member in members if member.article.url not in found),
        key=lambda member: (owners.is_aggregator(member.article), *_rank_key(member.article)),
    )
    for one in _PASSES:
        left, repeating = _without_repeats(left, one)
        found.update((source.article.url, source) for source in repeating)
    found.update((member.article.url, member.found(Relation.ELIGIBLE)) for member in left)
    return found


def _members(story: Story, owner_of: Mapping[str, str]) -> list[_Member]:
    """The sources, each with its similarity to the others and to the story's own article."""
    articles = (story.article, *story.sources)
    prints = [fingerprint(article.title, article.excerpt) for article in articles]
    highest = highest_similarities([one.weighed for one in prints])
    return [
        _Member(article, words, owner_of[article.url], similarity)
        for article, words, similarity in zip(articles, prints, highest, strict=True)
    ][1:]


def _without_repeats(
    members: Sequence[_Member], one: _Pass
) -> tuple[list[_Member], list[RankedSource]]:
    """The members that repeat no earlier one, and the others with the first one they repeat."""
    kept: list[_Member] = []
    repeating: list[RankedSource] = []
    seen: set[Hashable] = set()  # all parts of the members kept
    for member, parts in zip(members, one.parts(members), strict=True):
        likely = len(seen.intersection(parts)) >= one.least
        repeat = _first_repeat(member, kept, one) if likely else None
        if repeat is None:
            seen.update(parts)
            kept.append(member)
        else:
            repeating.append(repeat)
    return kept, repeating


def _first_repeat(member: _Member, kept: Sequence[_Member], one: _Pass) -> RankedSource | None:
    for other in kept:
        share = one.share(member, other)
        if share is not None:
            return member.found(one.relation, other.article.url, share)
    return None


def _rank_key(article: Article) -> tuple[int, datetime, str]:
    return -_value(article.quality), article.published_at, article.key


def _value(quality: int | None) -> int:
    return -1 if quality is None else quality
