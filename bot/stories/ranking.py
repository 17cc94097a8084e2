"""An event's sources, its publishers, its heat, and which of its stories leads it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.stories.copies import copied_share, fingerprint
from bot.stories.frequencies import Frequencies
from bot.stories.junk import Junk, JunkRules
from bot.stories.model import Article, RankedSource, Story
from bot.stories.owners import Owners
from bot.stories.sources import Likeness, Sources, rank_key, sources_of, vector_of

VERSION: Final = 4
"""Raise it with any change of a rule here, in sources.py, copies.py, owners.py, junk.py or
similarity.py: stories are ranked again.
"""
STRONG_QUALITY: Final = 50
"""From this quality on every publisher adds heat; derived from the real files, and exact there."""
HEAT_PER_PUBLISHER: Final = 20
UNKNOWN_QUALITY: Final = 45
"""The quality that is assumed for an unknown one: at 60 such articles fill digests (measured)."""
MANY_PUBLISHERS: Final = 3
"""This many publishers show that there is news, whatever their quality."""
_MOST_CANDIDATES: Final = 50
_MOST_COMPARED: Final = 1000
"""How many stories of a huge event may lead it, and with how many of them each is compared: the
best by quality. Otherwise 5,000 reports would need 25 million comparisons.
"""


@dataclass(frozen=True)
class Rules:
    """What ranking knows besides stories: the operator's rules, and how rare words are."""

    owners: Owners
    frequencies: Frequencies
    junk: JunkRules


@dataclass(frozen=True, slots=True)
class Ranking:
    """All sources of an event in rank order; the number of its publishers; its effective heat.

    `best` is the highest quality among the leader and its on-event sources, with UNKNOWN_QUALITY
    for an unknown one; heat is computed from it if no imported one decides. Heat is None if no
    quality is known and too few publishers have the story.
    """

    sources: tuple[RankedSource, ...]
    publishers: int
    best: int
    heat: int | None


def rank(story: Story, rules: Rules, others: Collection[Story] = ()) -> Ranking:
    """The ranking of the event that `story` leads; `others` are the event's other stories.

    The leader's own article counts as a publisher, and never hides a source.
    """
    found = sources_of(story, others, rules.owners, rules.frequencies)
    qualities = [story.article.quality, *(member.article.quality for member in found.on_event)]
    best, publishers = max(map(_assumed, qualities)), len(found.owners)
    imported = None if others or story.sources else _imported(story)
    if _is_press_release(story.article, found, rules.junk):
        heat: int | None = (full_heat(best, publishers) if imported is None else imported) // 2
    elif imported is not None:
        heat = imported
    else:
        known = set(qualities) != {None} or publishers >= MANY_PUBLISHERS
        heat = full_heat(best, publishers) if known else None
    return Ranking(found.ranked, publishers, best, heat)


def full_heat(best: int, publishers: int) -> int:
    """The heat of an event: its best quality, and coverage if that or its publishers are strong."""
    covered = best >= STRONG_QUALITY or publishers >= MANY_PUBLISHERS
    return best + HEAT_PER_PUBLISHER * publishers if covered else best


def _imported(story: Story) -> int | None:
    """The heat in its file; -1 there means unknown."""
    return story.heat if story.heat is not None and story.heat >= 0 else None


def _assumed(quality: int | None) -> int:
    return UNKNOWN_QUALITY if quality is None else quality


def _is_press_release(own: Article, found: Sources, junk: JunkRules) -> bool:
    """Whether an event is told only by press releases: its own, copies of that, and other junk."""
    if junk.kind(own) is not Junk.PRESS_RELEASE:
        return False
    words = fingerprint(own.title, own.excerpt)
    return all(
        junk.kind(member.article) or copied_share(words, member.words) is not None
        for member in found.on_event
    )


def is_cold(story: Story, rules: Rules, minimum_heat: int) -> bool:
    """Whether a story alone stays below a heat."""
    heat = rank(story, rules).heat
    return heat is not None and heat < minimum_heat


def leader(stories: Sequence[Story], rules: Rules) -> Story:
    """Which of an event's stories leads it: the one with the highest own quality plus 20 for each
    publisher that has a story similar to it; then the earlier, then the smaller strict key.

    Press releases lead only where nothing else is, other junk only where not even they are. What
    the files list does not count: their lists hold other events, which a roundup resembles.
    """
    kinds = [_JUNK_LAST.index(rules.junk.kind(story.article)) for story in stories]
    best = min(kinds)
    candidates = [one for one, kind in zip(stories, kinds, strict=True) if kind == best]
    if len(candidates) == 1:
        return candidates[0]
    candidates.sort(key=lambda story: rank_key(story.article))
    articles = sorted((story.article for story in stories), key=rank_key)[:_MOST_COMPARED]
    owner_of = rules.owners.of(articles)
    vectors = {article.url: vector_of(article, rules.frequencies) for article in articles}

    def claim(story: Story) -> tuple[int, datetime, str]:
        own = story.article
        likeness = Likeness(own, rules.frequencies)
        alike = (a for a in articles if a is own or likeness.to(a, vectors[a.url])[1])
        publishers = len({owner_of[article.url] for article in alike})
        worth = _assumed(own.quality) + HEAT_PER_PUBLISHER * publishers
        return -worth, own.published_at, own.key

    return min(candidates[:_MOST_CANDIDATES], key=claim)


_JUNK_LAST: Final = (None, Junk.PRESS_RELEASE, Junk.DEAL, Junk.MARKET_RESEARCH)
