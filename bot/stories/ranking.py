"""An event's sources, its publishers, its heat, and which of its stories leads it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from bot.stories.copies import copied_share, fingerprint
from bot.stories.frequencies import Frequencies
from bot.stories.junk import Junk, JunkRules
from bot.stories.lexicon import Lexicon
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
    """What ranking knows besides stories: the operator's rules, and how rare words are. For what
    feeds give: which `tier` a domain or host has, and which words tell a topic.
    """

    owners: Owners
    frequencies: Frequencies
    junk: JunkRules
    tiers: Mapping[str, int] = field(default_factory=dict)
    lexicon: Lexicon = field(default_factory=Lexicon)


@dataclass(frozen=True, slots=True)
class Ranking:
    """All sources of an event in rank order; the number of its publishers; its effective heat.

    `best` is the highest quality among the leader and its on-event sources, with UNKNOWN_QUALITY
    for an unknown one; heat is computed from it if no imported one decides. Heat is None if no
    quality is known and too few publishers have the story. `junk` is the kind that the leader is
    of; it is a press release too if it has the text of one among its sources.
    """

    sources: tuple[RankedSource, ...]
    publishers: int
    best: int
    heat: int | None
    junk: Junk | None = None


def rank(story: Story, rules: Rules, others: Collection[Story] = ()) -> Ranking:
    """The ranking of the event that `story` leads; `others` are the event's other stories.

    The leader's own article counts as a publisher, and never hides a source.
    """
    found = sources_of(story, others, rules.owners, rules.frequencies)
    qualities = [story.article.quality, *(member.article.quality for member in found.on_event)]
    best, publishers = max(map(_assumed, qualities)), len(found.owners)
    imported = None if others or story.sources else _imported(story)
    kind, only = _press_release(story.article, found, rules.junk)
    if only:
        heat: int | None = (full_heat(best, publishers) if imported is None else imported) // 2
    elif imported is not None:
        heat = imported
    else:
        known = set(qualities) != {None} or publishers >= MANY_PUBLISHERS
        heat = full_heat(best, publishers) if known else None
    return Ranking(found.ranked, publishers, best, heat, kind)


def full_heat(best: int, publishers: int) -> int:
    """The heat of an event: its best quality, and coverage if that or its publishers are strong."""
    covered = best >= STRONG_QUALITY or publishers >= MANY_PUBLISHERS
    return best + HEAT_PER_PUBLISHER * publishers if covered else best


def _imported(story: Story) -> int | None:
    """The heat in its file; -1 there means unknown."""
    return story.heat if story.heat is not None and story.heat >= 0 else None


def _assumed(quality: int | None) -> int:
    return UNKNOWN_QUALITY if quality is None else quality


def _press_release(own: Article, found: Sources, junk: JunkRules) -> tuple[Junk | None, bool]:
    """Which junk an article is, and whether its event is told by press releases only: it, copies of
    it, and other junk.
    """
    kind = junk.kind(own)
    if not found.on_event:
        return kind, kind is Junk.PRESS_RELEASE
    words = fingerprint(own.title, own.excerpt)
    copies = [m for m in found.on_event if copied_share(words, m.words) is not None]
    if kind is None and any(junk.kind(m.article) is Junk.PRESS_RELEASE for m in copies):
        kind = Junk.PRESS_RELEASE
    if kind is not Junk.PRESS_RELEASE:
        return kind, False
    return kind, all(m in copies or junk.kind(m.article) for m in found.on_event)


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
    kinds = [_JUNK_LAST.index(kind) for kind in _kinds(stories, rules.junk)]
    best = min(kinds)
    candidates = [one for one, kind in zip(stories, kinds, strict=True) if kind == best]
    if len(candidates) == 1:
        return candidates[0]
    candidates.sort(key=lambda story: _claim(story.article, 0))
    articles = sorted((story.article for story in stories), key=rank_key)[:_MOST_COMPARED]
    publishers = _Publishers(articles, rules)
    first, best_claim = candidates[0], _claim(candidates[0].article, 0)
    for story in candidates[:_MOST_CANDIDATES]:
        if _claim(story.article, publishers.all) > best_claim:
            break  # nor can any of lower quality lead
        claim = _claim(story.article, publishers.like(story.article))
        if claim < best_claim:
            first, best_claim = story, claim
    return first


def _claim(own: Article, publishers: int) -> tuple[int, datetime, str]:
    """Sorts those that may lead, the best first."""
    worth = _assumed(own.quality) + HEAT_PER_PUBLISHER * publishers
    return -worth, own.published_at, own.key


class _Publishers:
    """Those of an event's stories."""

    def __init__(self, articles: Sequence[Article], rules: Rules) -> None:
        self._frequencies = rules.frequencies
        owners = rules.owners.of(articles)
        self.all = len({*owners.values()})
        self._told = [(one, owners[one.url], vector_of(one, rules.frequencies)) for one in articles]

    def like(self, own: Article) -> int:
        """How many have a story similar to this article, its own publisher included."""
        to = Likeness(own, self._frequencies).to
        alike = {owner for one, owner, known in self._told if one is own or to(one, known)[1]}
        return max(1, len(alike))


def _kinds(stories: Sequence[Story], junk: JunkRules) -> list[Junk | None]:
    """The kind of junk of each story; one with the text of a press release is one too."""
    prints = [fingerprint(story.article.title, story.article.excerpt) for story in stories]
    kinds = [junk.kind(story.article) for story in stories]
    released = [p for p, k in zip(prints, kinds, strict=True) if k is Junk.PRESS_RELEASE]
    few = released[:_MOST_CANDIDATES]
    return [
        kind or (Junk.PRESS_RELEASE if any(copied_share(one, r) for r in few) else None)
        for one, kind in zip(prints, kinds, strict=True)
    ]


_JUNK_LAST: Final = (None, Junk.PRESS_RELEASE, Junk.DEAL, Junk.MARKET_RESEARCH)
