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
        phrases: Mapping[str, Mapping[float, Sequence[str]]] = MappingProxyType({}),
        aliases: Mapping[str, Sequence[str]] = MappingProxyType({}),
    ) -> None:
        self.text = repr((phrases, aliases))
        self._by_first: defaultdict[str, list[_Phrase]] = defaultdict(list)
        for topic, weighed in phrases.items():
            for weight, texts in weighed.items():
                for text in texts:
                    self._add(_Phrase(words(text), topic, weight, text))
        self._names = {slug(name): name for name in (*phrases, *aliases)}
        for topic, others in aliases.items():
            self._names |= {slug(name): topic for name in others}

    def _add(self, phrase: _Phrase) -> None:
        if phrase.words:
            self._by_first[phrase.words[0]].append(phrase)

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

    def points(self, title: str, excerpt: str) -> dict[str, float]:
        """How surely the words of a text tell each topic."""
        return _totals(self._found(title, excerpt))

    def _told(self, title: str, excerpt: str) -> list[TopicReason]:
        """The topics over the threshold, each with its best phrase."""
        found = self._found(title, excerpt)
        if not found:
            return []
        told = [(-total, topic) for topic, total in _totals(found).items() if total >= THRESHOLD]
        best = {
            topic: max((points, one.text) for one, points in found if one.topic == topic)
            for _, topic in told
        }
        return [TopicReason(topic, "phrase", best[topic][1]) for _, topic in sorted(told)]

    def _found(self, title: str, excerpt: str) -> list[tuple[_Phrase, float]]:
        """Phrases that occur, and what each gives its topic."""
        return [
            (phrase, worth * phrase.weight)
            for text, worth in ((title, IN_TITLE), (excerpt, IN_EXCERPT))
            for phrase in self._in(words(text))
        ]

    def _in(self, text: Sequence[str]) -> set[_Phrase]:
        begun = [place for place, word in enumerate(text) if word in self._by_first]
        return {
            phrase
            for place in begun
            for phrase in self._by_first[text[place]]
            if text[place : place + len(phrase.words)] == phrase.words
        }


def _totals(found: Iterable[tuple[_Phrase, float]]) -> dict[str, float]:
    total: defaultdict[str, float] = defaultdict(float)
    for phrase, points in found:
        total[phrase.topic] += points
    return total


def _own(topics: Iterable[str]) -> list[TopicReason]:
    return [TopicReason(topic, "feed") for topic in topics]
