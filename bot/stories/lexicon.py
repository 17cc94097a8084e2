"""The topics of a feed's item: the feed's own, its categories, and what its words tell.

A phrase counts 3 in a headline and 1 in an excerpt, times its weight; from 3 on an item has the
topic. docs/ranking.md says how that was measured.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final, NamedTuple

from bot.stories.model import TopicReason
from bot.stories.text import slug, words

IN_TITLE: Final = 3.0
IN_EXCERPT: Final = 1.0
THRESHOLD: Final = 3.0


class _Phrase(NamedTuple):
    """A phrase of a topic: its words, its weight, and how the operator writes it."""

    words: tuple[str, ...]
    topic: str
    weight: float
    text: str


class Lexicon:
    """The operator's topics: other names of each, and phrases with their weights.

    A text is looked up word by word: only phrases that begin with the word are compared. `text`
    differs if anything differs.
    """

    def __init__(
        self,
        phrases: Mapping[str, Mapping[str, float]] = MappingProxyType({}),
        aliases: Mapping[str, Sequence[str]] = MappingProxyType({}),
    ) -> None:
        self.text = repr((phrases, aliases))
        self._by_first: defaultdict[str, list[_Phrase]] = defaultdict(list)
        for topic, weighed in phrases.items():
            for text, weight in weighed.items():
                if found := words(text):
                    self._by_first[found[0]].append(_Phrase(found, topic, weight, text))
        self._names = {slug(name): name for name in (*phrases, *aliases)}
        for topic, others in aliases.items():
            self._names |= {slug(name): topic for name in others}

    def reasons(
        self, title: str, excerpt: str, own: Iterable[str] = (), categories: Iterable[str] = ()
    ) -> tuple[TopicReason, ...]:
        """Each topic of an item once, and why: its feed's `own` topics, then those of its
        categories, then those that its words tell, the surest first.
        """
        found: dict[str, TopicReason] = {}
        for reason in (*_own(own), *self._of(categories), *self._told(title, excerpt)):
            if key := slug(reason.topic):
                found.setdefault(key, reason)
        return tuple(found.values())

    def _of(self, categories: Iterable[str]) -> list[TopicReason]:
        named = ((self._names.get(slug(one)), one) for one in categories)
        return [TopicReason(topic, "category", one) for topic, one in named if topic]

    def _told(self, title: str, excerpt: str) -> list[TopicReason]:
        """The topics over the threshold, each with its best phrase."""
        total: defaultdict[str, float] = defaultdict(float)
        best: dict[str, tuple[float, str]] = {}
        for text, worth in ((title, IN_TITLE), (excerpt, IN_EXCERPT)):
            for phrase in self._in(words(text)):
                points = worth * phrase.weight
                total[phrase.topic] += points
                best[phrase.topic] = max(best.get(phrase.topic, (0.0, "")), (points, phrase.text))
        told = sorted((-points, topic) for topic, points in total.items() if points >= THRESHOLD)
        return [TopicReason(topic, "phrase", best[topic][1]) for _, topic in told]

    def _in(self, text: Sequence[str]) -> set[_Phrase]:
        return {
            phrase
            for place, word in enumerate(text)
            for phrase in self._by_first.get(word, ())
            if text[place : place + len(phrase.words)] == phrase.words
        }


def _own(topics: Iterable[str]) -> list[TopicReason]:
    return [TopicReason(topic, "feed") for topic in topics]
