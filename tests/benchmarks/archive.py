"""Invented archives of any size, with the shape of real ones (see profile.py).

An event has several articles. Some of them have a story file of their own, which lists the others;
the best of those leads.
"""

import bisect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate, count
from random import Random
from typing import Final, TypeVar

from bot.stories.model import Article, Provider, Story
from tests.benchmarks import profile
from tests.benchmarks.language import Speech, word, words

BEGINNING: Final = datetime(2004, 1, 1, tzinfo=UTC)
PROVIDERS: Final = 20_000
ARTICLES_A_TOPIC: Final = 100
"""Chosen so that a million articles have 10,000 topics."""
_NAMES: Final = 60_000
"""From this number on, words name providers and topics."""
_PUBLISHED: Final = 70
"""The heat from which a story is on the upstream site's front page."""
POSSESSIVE: Final = "\N{RIGHT SINGLE QUOTATION MARK}s"
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Made:
    """A story with what only its file shows: the format's generation, and superfluous lines."""

    number: int
    story: Story
    generation: str
    listed_twice: bool
    lists_itself: bool


def value_at(quantiles: profile.Quantiles, share: float) -> float:
    """The value of a distribution below which this share of the cases lies."""
    place = max(1, bisect.bisect_left(quantiles, share, key=lambda pair: pair[0]))
    (left, low), (right, high) = quantiles[place - 1 : place + 1]
    return low + (high - low) * (share - left) / (right - left)


def make_archive(articles: int, seed: int = 1) -> Iterator[Made]:
    """The stories of an archive with exactly this many different articles, in order of events.

    The same numbers give the same archive.
    """
    return _Archive(articles, seed).stories()


class _Archive:
    def __init__(self, articles: int, seed: int) -> None:
        self._articles = articles
        self._random = Random(seed)  # noqa: S311 - data for measurements
        self._speech = Speech(self._random)
        self._numbers = count()
        self._stories = count()
        self._topics = _Topics(self._random, max(22, articles // ARTICLES_A_TOPIC))
        self._providers = [
            Provider(word(_NAMES + n).title(), f"{word(_NAMES + n)}.example")
            for n in range(PROVIDERS)
        ]
        others = [
            (n + 1 + profile.PROVIDER_SHIFT) ** -profile.PROVIDER_EXPONENT
            for n in range(1, PROVIDERS)
        ]
        first = sum(others) * profile.LARGEST_PROVIDER / (1 - profile.LARGEST_PROVIDER)
        self._provider_weights = [*accumulate([first, *others])]

    def stories(self) -> Iterator[Made]:
        left, when = self._articles, BEGINNING
        per_event = sum(number * share for number, share in profile.FILES_OF_AN_EVENT)
        while left:
            members = 1 + int(self._drawn(profile.RELATED))
            files = self._weighed(profile.FILES_OF_AN_EVENT)
            while files and left:  # an event with fewer members has another like it
                members = min(members, left)
                here = min(members, files)
                yield from self._event(members, here, when)
                left, files = left - members, files - here
                days = self._random.expovariate(profile.STORIES_A_DAY / per_event)
                when += timedelta(seconds=int(86_400 * days))

    def _event(self, members: int, files: int, when: datetime) -> Iterator[Made]:
        about = self._subject()
        articles: list[Article] = []
        for _ in range(members):
            articles.append(self._article(about, when, articles))
        best_first = sorted(articles, key=lambda one: -(one.quality or 0))
        # The leader has the highest quality of the articles with files, as in all real groups.
        filed = [best_first[n] for n in sorted(self._random.sample(range(members), files))]
        topics = self._topics.drawn()
        for leads, own in zip((True, *[False] * files), filed, strict=False):
            sources = tuple(one for one in best_first if one is not own)
            yield self._made(own, sources, topics, leads=leads)

    def _made(
        self, own: Article, sources: tuple[Article, ...], topics: tuple[str, ...], *, leads: bool
    ) -> Made:
        generation = self._weighed(profile.GENERATIONS)
        quality = own.quality or 0
        heat = quality + 20 * len(sources) if quality >= 50 else quality
        heat = heat if leads else -1
        unknown = generation == "C"
        if unknown:
            own = _without_quality(own)
        story = Story(
            article=own,
            sources=sources,
            topics=topics,
            heat=None if unknown else heat,
            published=None if unknown or generation == "sample" else heat >= _PUBLISHED,
            removed=self._happens(profile.REMOVED),
        )
        twice = bool(sources) and self._happens(profile.LISTED_TWICE)
        itself = bool(sources) and self._happens(profile.LISTS_ITSELF)
        return Made(next(self._stories), story, generation, twice, itself)

    def _article(self, about: Sequence[str], when: datetime, others: list[Article]) -> Article:
        on_topic = not others or not self._happens(profile.OFF_TOPIC)
        title = self._text(profile.TITLE_WORDS, about if on_topic else ())
        excerpt = self._text(profile.EXCERPT_WORDS, about if on_topic else ())
        number = next(self._numbers)
        provider = self._random.choices(self._providers, cum_weights=self._provider_weights)[0]
        slug = "-".join(title.lower().replace(POSSESSIVE, "").split()[:8])
        image = f"https://images.{provider.domain}/{number:x}.jpg"
        article = Article(
            url=f"https://www.{provider.domain}/news/{slug}-{number:x}",
            title=title,
            excerpt="" if self._happens(profile.EMPTY_EXCERPTS) else excerpt,
            published_at=when + timedelta(minutes=int(60 * self._drawn(profile.HOURS_APART))),
            provider=provider,
            quality=int(self._drawn(profile.RELATED_QUALITY if others else profile.QUALITY)),
            image=image if self._happens(profile.WITH_IMAGE) else None,
        )
        return self._repeating(article, others) if others else article

    def _repeating(self, article: Article, others: list[Article]) -> Article:
        """Now and then repeat another article's text or headline."""
        other = self._random.choice(others)
        copies, siblings = self._happens(profile.COPIES), self._happens(profile.SIBLINGS)
        return Article(
            article.url,
            other.title if siblings and not copies else article.title,
            other.excerpt if copies else article.excerpt,
            article.published_at,
            article.provider,
            article.quality,
            article.image,
        )

    def _text(self, length: profile.Quantiles, about: Sequence[str]) -> str:
        """Random words, every fourth of them from the subject."""
        said = self._speech.say(int(self._drawn(length)))
        for place in range(self._random.randrange(4), len(said), 4):
            said[place] = self._random.choice(about) if about else said[place]
        if self._happens(profile.WITH_ENTITY):
            said[-1] += POSSESSIVE
        said[0] = said[0].capitalize()
        return " ".join(said)

    def _subject(self) -> list[str]:
        """Eight words that are neither the most common nor the rarest."""
        places = (int(150 * 100 ** self._random.random()) for _ in range(8))
        return [words()[place] for place in places]

    def _drawn(self, quantiles: profile.Quantiles) -> float:
        return value_at(quantiles, self._random.random())

    def _weighed(self, shares: Sequence[tuple[_T, float]]) -> _T:
        values, weights = zip(*shares, strict=True)
        return self._random.choices(values, weights)[0]  # type: ignore[no-any-return]

    def _happens(self, share: float) -> bool:
        return self._random.random() < share


class _Topics:
    """The topics of an archive: one has half of the stories, each other at least one event."""

    def __init__(self, random: Random, number: int) -> None:
        self._random = random
        self._names = [
            f"{word(_NAMES + n).title()} {words()[100 + n % 900]}" for n in range(number)
        ]
        self._new = iter(self._names[1:])
        self._weights = [*accumulate(1 / rank for rank in range(1, number))]

    def drawn(self) -> tuple[str, ...]:
        values, weights = zip(*profile.TOPICS, strict=True)
        wanted = self._random.choices(values, weights)[0]
        names = [self._names[0] if self._random.random() < profile.LARGEST_TOPIC else self._other()]
        while len(names) < wanted:
            other = self._other()
            if other not in names:
                names.append(other)
        return tuple(names)

    def _other(self) -> str:
        if self._random.random() < 0.6 and (new := next(self._new, None)):
            return new
        return self._random.choices(self._names[1:], cum_weights=self._weights)[0]


def _without_quality(own: Article) -> Article:
    return Article(own.url, own.title, own.excerpt, own.published_at, own.provider, None, own.image)
