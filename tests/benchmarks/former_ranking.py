"""Ranking as it was before events, each source compared with each other: what an ingest is measured
against.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from bot.stories.copies import (
    LEAST_SHARED,
    Fingerprint,
    copied_share,
    fingerprint,
    headline_share,
    telling_words,
)
from bot.stories.model import Article, RankedSource, Relation, Story
from bot.stories.owners import Owners
from bot.stories.ranking import (
    HEAT_PER_PUBLISHER,
    MANY_PUBLISHERS,
    STRONG_QUALITY,
    UNKNOWN_QUALITY,
    Ranking,
    Rules,
)
from bot.stories.text import STOP_WORDS

_OFF_TOPIC: Final = 0.09


def rank(story: Story, rules: Rules) -> Ranking:
    """The ranking of a story's sources, each compared with each other."""
    owners = rules.owners
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
        if member.similarity < _OFF_TOPIC
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
    highest = highest_similarities([_weighed(one) for one in prints])
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


def _weighed(one: Fingerprint) -> Counter[str]:
    """How often each word occurs, without stop words; in the headline it counts twice."""
    counts = Counter((*one.title, *one.title, *one.excerpt))
    for word in STOP_WORDS & counts.keys():
        del counts[word]
    return counts


def highest_similarities(documents: Sequence[Counter[str]]) -> list[float]:
    """For each document its highest TF-IDF cosine similarity (0 to 1) to any other of them.

    Weights are `tf * (1 + ln((1 + n) / (1 + df)))`, the smoothed form that scikit-learn documents,
    over the given documents only.
    """
    many = len(documents)
    found_in = Counter(word for counts in documents for word in counts)
    idf = [1 + math.log((1 + many) / (1 + df)) for df in range(many + 1)]
    postings: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
    for position, counts in enumerate(documents):
        for word, weight in _unit_vector(counts, found_in, idf):
            if found_in[word] > 1:
                postings[word].append((position, weight))
    rows = _products(many, postings.values())
    columns = zip(*rows, strict=True)
    return [max(*row, *column) for row, column in zip(rows, columns, strict=True)]


def _unit_vector(
    counts: Counter[str], found_in: Mapping[str, int], idf: Sequence[float]
) -> list[tuple[str, float]]:
    weights = [tf * idf[found_in[word]] for word, tf in counts.items()]
    length = math.sqrt(sum(weight * weight for weight in weights))
    return [(word, weight / length) for word, weight in zip(counts, weights, strict=True)]


def _products(many: int, postings: Iterable[Sequence[tuple[int, float]]]) -> list[list[float]]:
    """The dot products of each document with those before it."""
    rows = [[0.0] * many for _ in range(many)]
    for posting in postings:
        for index, (position, weight) in enumerate(posting):
            row = rows[position]
            for other, other_weight in posting[:index]:
                row[other] += weight * other_weight
    return rows
