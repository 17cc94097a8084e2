"""How well a story's text matches a user's words, and which words a mistyped one may have been.

All text here consists of words (`text.words`) separated by one space.
"""

from collections.abc import Sequence
from datetime import timedelta
from string import ascii_lowercase, digits
from typing import Final, NamedTuple

from bot.stories.text import STOP_WORDS

HALF_LIFE: Final = timedelta(days=30)
"""After this long half of the bonus for being new is gone."""
MENDED_FROM: Final = 4
"""How long a word must be to look for typos in it: shorter words have too many neighbours."""
MENDED_TO: Final = 40

_TITLE, _TOPICS, _PROVIDER, _EXCERPT = 10, 6, 2, 1
_SOURCES: Final = 4
"""How many source headlines count, one point each."""
_ALL: Final = _TITLE + _TOPICS + _PROVIDER + _EXCERPT + _SOURCES
_IN_PART: Final = 0.5
"""How much a word counts, compared to an exact match, if it only begins as typed or has a typo."""
_NEWS: Final = frozenset(("latest", "newest", "recent", "news", "headlines"))
"""Words that ask for what is new."""
_PUNCTUATION: Final = "?!.,:;"


class Text(NamedTuple):
    """The text by which a story is found."""

    title: str
    topics: str
    provider: str
    sources: str
    excerpt: str


class Wanted(NamedTuple):
    """A word that a text must contain, or consecutive pairs of characters, separated by spaces.

    One of its other `forms` is as good. `rarity` is its weight among the others. One of the
    `completions`, which begin with it, or of the `corrections` will do too. `begun`: it may be
    unfinished. `known`: some story holds it, or did.
    """

    word: str
    rarity: float = 1.0
    forms: tuple[str, ...] = ()
    completions: tuple[str, ...] = ()
    corrections: tuple[str, ...] = ()
    begun: bool = False
    known: bool = True

    @property
    def choices(self) -> tuple[str, ...]:
        """Every spelling that will do."""
        return (self.word, *self.forms, *self.completions, *self.corrections)


def subject_of(text: str) -> str | None:
    """What a text asks for news about: `AI` for `latest news about AI`, "" for just `latest`; None
    if it does not ask for news.
    """
    told = text.split()
    plain = [word.strip(_PUNCTUATION).casefold() for word in told]
    if _NEWS.isdisjoint(plain):
        return None
    left = [
        word
        for word, bare in zip(told, plain, strict=True)
        if bare not in _NEWS and bare not in STOP_WORDS
    ]
    return " ".join(left)


def text_score(text: Text, wanted: Sequence[Wanted]) -> float:
    """A score from 0 to 1: the share of the points that the words could get; rare words weigh more.

    A word scores by its place: 10 in the headline, 6 in a topic, 2 in a publisher's name, 1 in the
    excerpt, and 1 for each source headline up to 4, since a headline says best what a story is
    about and one source of many may stray. A completion or correction scores half of that.
    """
    padded = Text(*[f" {column} " for column in text])
    everything = "".join(padded)
    held = sum(word.rarity * _score(padded, everything, word) for word in wanted)
    return held / sum(word.rarity for word in wanted)


def _score(text: Text, everything: str, wanted: Wanted) -> float:
    """The score of a word's best spelling; most spellings do not occur at all."""
    others = [f" {word} " for word in wanted.corrections]
    if wanted.completions:
        others.append(f" {wanted.word}")
    points = [_IN_PART * _points(text, other) for other in others if other in everything]
    own = [f" {word} " for word in (wanted.word, *wanted.forms)]
    points += [_points(text, one) for one in own if one in everything]
    return max(points, default=0) / _ALL


def _points(text: Text, part: str) -> int:
    """The points of `part`, from 0 to _ALL; twice in a row counts as once."""
    return (
        _TITLE * (part in text.title)
        + _TOPICS * (part in text.topics)
        + _PROVIDER * (part in text.provider)
        + _EXCERPT * (part in text.excerpt)
        + min(_SOURCES, text.sources.count(part))
    )


def aged(score: float, age: timedelta) -> float:
    """A score weighed by its story's age, relative to the newest of the matches.

    `score * (1 + 2 ** (-age / 30 days)) / 2`: of equal texts the newer comes first, and age never
    costs more than half, so that a text more than twice as good comes first however old it is.
    """
    return score * (1 + 2 ** (-age / HALF_LIFE)) / 2


def rarity(stories: int) -> float:
    """The weight of a word that so many stories contain: 1 for none, 1/10 for a thousand."""
    return 1 / (stories + 1).bit_length()


def near_spellings(word: str) -> set[str]:
    """Words that one typo may have made into `word`: lost, added, changed or swapped characters.

    Inserted characters are a to z, 0 to 9 and the word's own. Empty for a short or very long word,
    and for a number, since all its neighbours are numbers too.
    """
    if not MENDED_FROM <= len(word) <= MENDED_TO or word.isdecimal():
        return set()
    letters = {*ascii_lowercase, *digits, *word}
    splits = [(word[:at], word[at:]) for at in range(len(word) + 1)]
    found = {head + tail[1:] for head, tail in splits if tail}
    found |= {head + tail[1] + tail[0] + tail[2:] for head, tail in splits if len(tail) > 1}
    found |= {head + letter + tail[1:] for head, tail in splits if tail for letter in letters}
    found |= {head + letter + tail for head, tail in splits for letter in letters}
    return found - {word}
