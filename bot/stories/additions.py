"""What other publishers add to a story: whole sentences of their excerpts, word for word."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from bot.stories.frequencies import shipped
from bot.stories.model import ArchivedStory, Article
from bot.stories.ranking import UNKNOWN_QUALITY
from bot.stories.similarity import likeness, terms, vector
from bot.stories.text import words

MOST: Final = 2
"""How many sentences are shown, each of another publisher."""
LONGEST: Final = 200
"""How many characters a sentence may have."""
LEAST_NEW: Final = 3
"""How many names, numbers and rare words a sentence must add: 10 of 13 that added two said nothing
new (May 2020, read by eye).
"""
LEAST_LIKE: Final = 0.06
"""The least similarity to the story: 8 of 9 sentences below it were useless or about other things
(the same).
"""
_RARE: Final = 5.0
"""The rarity from which a word tells something by itself: it is in fewer than 1 of 150 articles."""
_FEWEST_WORDS: Final = 6

_SHORT = """
adm art assn ave bldg blvd brig bros calif capt cf cmdr co col colo conn corp dept dr est etc ex
fig fla fri gen gov hon inc jan feb mar apr aug sep sept oct nov dec jr llc lt ltd maj mass mich
minn mon mr mrs ms mt no nos ore pa ph pp prof rep reps rev sat sen sens sgt sr st sun tenn tex
thu thur thurs tue tues univ va vol vs wash wed wis
"""
_SHORT_FORMS: Final = frozenset(_SHORT.split())
"""Words that are written with a full stop, in lower case; single letters are, too."""
_END = re.compile(
    r"(?:[.!?]+[\"\u201d\u2019')\]]*(?=\s|$)|[\u3002\uff01\uff1f]+[\u201d\u2019\u300d\u300f\uff09]*)\s*"
)
"""Where a sentence may end, and the space after it."""
_DECIMAL = re.compile(r"(?<![\d.,])\d{1,3}\.$")
_LAST_WORD = re.compile(r"([^\W\d_]+)\.[\"\u201d\u2019')\]]*$")
_DATELINE = re.compile(
    r"^(?:[A-Z]{3,}(?: [A-Z]{2,})*(?:, [^!?\u2013\u2014]{2,40}?| \([^)]{2,30}\))"
    r"|[A-Z]{5,}|\([^)]{2,30}\)|[^.!?]{0,60}/)\s?[-\u2013\u2014]{1,2}\s?(?=[A-Z\"\u201c])"
)
"""`SEATTLE (Reuters) - ` or `BURLINGTON, Mass.—` in front of the first sentence."""
_NEEDS_CONTEXT = re.compile(
    r"(?:he|she|it|they|this|that|these|those|his|her|its|their|such|there|and|but|or|so|also|yet"
    r"|however|meanwhile|moreover|instead|both|then|here|read|click|see|sign|subscribe|register"
    r"|watch|learn|find|get|follow|photo|image|credit|by)\b|[^,]{1,40}\b(?:this|these)\b[^,]*,",
    re.IGNORECASE,
)
"""How a sentence begins that refers to what stands before it, or asks for something."""
_TALKS = re.compile(r"\b(?:I|[Ww]e|[Oo]ur|us|[Mm]y|[Yy]ou|[Yy]our)\b")
_BROKEN = re.compile(r"\.\.|\u2026|://|\?|[a-z\d][.!][A-Z][a-z]")
"""What no whole sentence that tells something has: a gap, an address, a question, two in one."""
_TOKEN = re.compile(r"[^\W_]+(?:[.,'\u2019-][^\W_]+)*")
_PAIRS: Final = (("(", ")"), ("[", "]"), ("\u201c", "\u201d"), ("\u300c", "\u300d"))


class Addition(NamedTuple):
    """A sentence, and the article whose excerpt has it."""

    sentence: str
    article: Article


def additions(story: ArchivedStory) -> tuple[Addition, ...]:
    """Up to MOST sentences that say what a story's headline and excerpt do not, each of another
    publisher that is independent and on-event, the most telling first.

    What is new counts by its rarity, and the sum by the quality of the article.
    """
    known = terms(story.article.title, story.article.excerpt)
    shown, about = set(known), vector(known, shipped())
    left = [
        Addition(sentence, source.article)
        for source in story.top(len(story.sources))
        if source.independent
        for sentence in telling_sentences(source.article.excerpt)
        if likeness(terms("", sentence), about, shipped()) >= LEAST_LIKE
    ]
    chosen: list[Addition] = []
    while left and len(chosen) < MOST:
        best = max(left, key=lambda one: _worth(one, shown))
        if not _worth(best, shown):
            break
        chosen.append(best)
        shown |= terms("", best.sentence).keys()
        left = [one for one in left if one.article is not best.article]
    return tuple(chosen)


def _worth(one: Addition, shown: set[str]) -> float:
    """Novelty times quality; 0 if the sentence is not worth showing."""
    new = {term: rarity for term, rarity in _telling(one.sentence).items() if term not in shown}
    if len(new) < LEAST_NEW:
        return 0.0
    quality = one.article.quality
    return sum(new.values()) * (UNKNOWN_QUALITY if quality is None else quality)


@lru_cache(1024)
def _telling(sentence: str) -> Mapping[str, float]:
    """The terms of its names, numbers and rare words, each with its rarity."""
    found: dict[str, float] = {}
    for place, token in enumerate(_TOKEN.findall(sentence)):
        marked = any(map(str.isdigit, token)) or (place > 0 and token[0].isupper())
        for term in terms("", token):
            rarity = shipped().idf(term)
            if marked or rarity >= _RARE:
                found[term] = rarity
    return found


def telling_sentences(excerpt: str) -> Sequence[str]:
    """The sentences of an excerpt that can stand alone: whole, not too long, and to no reader."""
    return [one for one in sentences(excerpt) if _stands_alone(one)]


def sentences(excerpt: str) -> Iterator[str]:
    """The whole sentences of an excerpt, without a dateline. In doubt two stay one; a rest without
    an end is none.
    """
    dateline = _DATELINE.match(excerpt)
    start = dateline.end() if dateline else 0
    for end in _END.finditer(excerpt, start):
        sentence, follows = excerpt[start : end.end()].rstrip(), excerpt[end.end() :]
        if not _goes_on(sentence, follows):
            yield sentence
            start = end.end()


def _goes_on(sentence: str, follows: str) -> bool:
    """Whether its end may be none: a gap, `Inc.`, `U.S.`, `J.`, or a decimal that was cut off."""
    if (
        sentence.endswith("..")
        or follows[:1].islower()
        or (_DECIMAL.search(sentence) and not follows[:1].isalpha())
    ):
        return True
    word = _LAST_WORD.search(sentence)
    return word is not None and (len(word[1]) == 1 or word[1].lower() in _SHORT_FORMS)


def _stands_alone(sentence: str) -> bool:
    return (
        len(sentence) <= LONGEST
        and len(words(sentence)) >= _FEWEST_WORDS
        and not sentence[0].islower()
        and not _BROKEN.search(sentence)
        and not _NEEDS_CONTEXT.match(sentence.lstrip("\"\u201c'\u2018"))
        and not _TALKS.search(sentence)
        and _is_balanced(sentence)
    )


def _is_balanced(sentence: str) -> bool:
    pairs = all(sentence.count(left) == sentence.count(right) for left, right in _PAIRS)
    return pairs and sentence.count('"') % 2 == 0
