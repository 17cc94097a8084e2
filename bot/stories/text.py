"""Cleans third-party text once on the way in, and cuts it into words for comparison."""

import html
import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise, takewhile
from typing import Final

import regex

MAX_COMBINING: Final = 4
"""How many combining marks a character keeps; more are decoration that covers other lines."""
VERSION: Final = 2
"""Raise it with any change of the rules for words: slugs and the index are then remade."""

# Anything but letters and signs that are neither harmful nor shaped by others: Latin, Greek,
# Cyrillic, Arabic without vowels, typographic and other signs, kana, Chinese, Korean.
_MAY_COMBINE = re.compile(
    "[^\x20-\u02ff\u0370-\u0482\u048a-\u052f\u0621-\u063a\u0641-\u064a\u0660-\u066f\u0671-\u06d3"
    "\u2010-\u205e\u20a0-\u20cf\u2100-\u27ff\u2801-\u2bff\u3001-\u3029\u3041-\u3096\u30a1-\u30fe"
    "\u4e00-\u9fff\uac00-\ud7a3\uff01-\uff5e]"
)
_TAIL = re.compile(r"(?:\s*\[?(?:\.{3,}|…+)\]?)+$")

_SENTENCE_END = (
    r"(?:[.!?\u2026\u06d4\u0964\u0589]+[\"\u201d\u2019*)\]]*(?=\s|$)"
    r"|[\u3002\uff01\uff1f\u2025]+[\u201d\u2019\u300d\u300f\uff09]*)"
)
_ENDED = re.compile(rf"{_SENTENCE_END}$")
_HAS_SENTENCE = re.compile(rf"\w{{2}}{_SENTENCE_END}")

# Joiners shape words of many scripts and join emoji; tags spell the flag of a region.
_JOINER = r"[\u200c\u200d\u180e]"
_TAG = r"[\U000e0020-\U000e007f]"
# Letters and marks that look like a space, or are invisible.
_FILLERS = r"\u034f\u115f\u1160\u2800\u3164\uffa0"
_PICTURE = r"[\p{Extended_Pictographic}--[©®™‼⁉]]"
_EMOJI = rf"""
    \U0001f3f4{_TAG}+
    | {_PICTURE}\p{{EMod}}?(?:\u200d{_PICTURE}\p{{EMod}}?)*
    | \p{{Regional_Indicator}}{{1,2}} | \p{{EMod}}
"""
_HARMFUL = regex.compile(
    rf"[\p{{Cc}}\p{{Cs}}\p{{Co}}\p{{NChar}}\ufff9-\ufffb{_FILLERS}]"
    rf"|[[\p{{Cf}}\p{{Cn}}]&&\p{{DI}}--{_JOINER}--{_TAG}]",
    regex.V1,
)
_LOOSE_TAG = regex.compile(
    rf"(\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{{3,6}}\U000e007f)|{_TAG}"
)
_LOOSE_JOINER = regex.compile(
    rf"(?<![\p{{Extended_Pictographic}}\p{{EMod}}]\ufe0f?)"
    rf"(?<![[\p{{L}}\p{{M}}]--\p{{Inherited}}--\p{{ASCII}}]){_JOINER}",
    regex.V1,
)
_MARK = rf"(?:[\p{{Mn}}\p{{Me}}]{_JOINER}?)"
_PILE = regex.compile(rf"({_MARK}{{{MAX_COMBINING}}}){_MARK}+")
_SEEN_AS_ONE = regex.compile(r"\X")

_TYPOGRAPHIC = re.compile("[\u2010-\u2027]")
"""Dashes, quotes, dots: they separate words like any punctuation."""
_ASCII_WORD = re.compile("[a-z0-9]+")
_WORD = regex.compile(rf"{_EMOJI}|[\p{{L}}\p{{N}}][\p{{L}}\p{{N}}\p{{M}}]*", regex.V1 | regex.X)
# Scripts that put no spaces between words. ー belongs to no script.
_UNSPACED = r"[[\p{Han}\p{Hiragana}\p{Katakana}\p{Bopomofo}\p{LB=SA}ー]&&[\p{L}\p{N}]]"
_HOLDS_UNSPACED = regex.compile(_UNSPACED, regex.V1)
_STRETCH = regex.compile(rf"(?:{_UNSPACED}\p{{M}}*)+|(?:(?!{_UNSPACED}).)+", regex.V1)
_HANGUL = regex.compile(r"\p{Hangul}")
_UNIT = regex.compile(r".\p{M}*")
# A mark without a script of its own is an accent, which people leave out; any other mark is a
# letter. Exceptions: kana have two such marks, keycaps one, Arabic vowels some, and in Cyrillic
# they make letters (й, ї, ў), except stress and the dots of ё. Nothing invisible is a letter.
_ARABIC_VOWEL = r"\u064b-\u0652\u0670"
_ACCENT = regex.compile(
    rf"""
    (?<!\p{{Cyrillic}})[[\p{{M}}&&\p{{Inherited}}]--[\u3099\u309a\u20e3{_ARABIC_VOWEL}]]
    | (?<=[аеиоуыэюяіє])[\u0300\u0301] | (?<=\u0435)\u0308
    | [\p{{DI}}--\u200d--{_TAG}] | (?<![\p{{Extended_Pictographic}}\p{{EMod}}]\ufe0f?)\u200d
    """,
    regex.V1 | regex.X,
)
# Characters that people leave out when they search, though names of topics may differ by them: the
# points of Hebrew, Arabic and Syriac, tatweel, nuktas, and letters that look like an apostrophe.
_LEFT_OUT = regex.compile(
    rf"""
    [\p{{M}}&&[\p{{Hebrew}}\p{{Arabic}}\p{{Syriac}}]] | [{_ARABIC_VOWEL}\u0640]
    | \p{{CCC=7}} | [\u02b9-\u02c1\u02ee\ua78b\ua78c]
    """,
    regex.V1 | regex.X,
)
_TYPED_FOR: Final = str.maketrans(
    "\u0259\u0671\u0649\u06cc\u06a9\u06d5\u06c1\u06be",
    "e\u0627\u064a\u064a\u0643\u0647\u0647\u0647",
)
"""What people type for some letters when they search: schwa, and forms of alef, yeh, kaf and heh
from other languages or keyboards; hamzas are marks after decomposition."""


def _undecomposed() -> dict[int, str]:
    """Latin letters that Unicode does not decompose, and what people type for them: found by their
    names, like LATIN SMALL LETTER O WITH STROKE, with a few exceptions.
    """
    named = re.compile(r"LATIN SMALL LETTER (?:OPEN |BARRED |DOTLESS )?([A-Z])(?: WITH .*| BAR)?")
    known = {code: unicodedata.name(chr(code), "") for code in (*range(0xDF, 0x2B0), *_LATIN_C)}
    found = {code: m[1].lower() for code, name in known.items() if (m := named.fullmatch(name))}
    others = {"æ": "ae", "œ": "oe", "þ": "th", "ð": "d", "ŋ": "n", "ĸ": "k", "ß": "ss"}
    return found | {ord(letter): typed for letter, typed in others.items()}


_LATIN_C = range(0x2C60, 0x2C80)
_LETTERS: Final = _undecomposed()
_SIGNS: Final = str.maketrans("™℠", "  ")  # they decompose into letters

_STOP_WORDS = """
a about after all also an and any are as at be been but by can could did do does for from get
had has have he her his how i if in into is it its just like may more most my new no not now of
off on one or our out over said says she should so some than that the their them then there
these they this to up us via was we were what when where which who why will with would you your
"""
STOP_WORDS = frozenset(_STOP_WORDS.split())
"""English words that do not show what a headline is about."""


@lru_cache(maxsize=1024)  # stories that come together list the same articles
def clean(text: str) -> str:
    """Plain text of a field: entities decoded, invisible and control characters gone, one line.

    Tags are not stripped: `<MSFT.O>` is text. Decoding is not idempotent (`&amp;lt;` means the text
    `&lt;`), so use this once, on the way in; `tidy` may be repeated.
    """
    return tidy(html.unescape(text))


def tidy(text: str) -> str:
    """`text` on one line, without harmful characters: control characters, direction overrides
    (Discord drops them before it looks for mentions), invisible spaces, piled-up marks.

    Characters that shape words and emoji stay: a joiner after a letter or emoji that joins, the
    tags of a region's flag, variation selectors.
    """
    text = " ".join(text.split())
    if text.isprintable() and (text.isascii() or not _MAY_COMBINE.search(text)):
        return text
    text = _HARMFUL.sub("", text)
    text = _LOOSE_TAG.sub(r"\1", text)
    text = _LOOSE_JOINER.sub("", text)
    return " ".join(_PILE.sub(r"\1", text).split())


def without_tail(text: str) -> str:
    """`text` with one ellipsis at its end if its publisher cut it off (`...`, `[...]`, `[…]`)."""
    if not text.endswith(("...", "…", "]")):
        return text
    head = text.rstrip(" .…[]")
    return head + _TAIL.sub("…", text[len(head) :])


def with_tail(text: str) -> str:
    """`text` with an ellipsis if its publisher cut it off without one: it ends with a comma or the
    like, or it has whole sentences and does not end with one.
    """
    head = text.rstrip(" ,;:\u2013\u2014-")
    if _ENDED.search(head) or (head == text and not _HAS_SENTENCE.search(text)):
        return text
    return f"{head}…" if head else text


def cut(text: str, limit: int) -> str:
    """`text` in at most `limit` characters, cut after a word, with an ellipsis where cut."""
    if len(text) <= limit:
        return text
    head = text[: _whole(text, max(limit - 1, 0))]
    at_word = head.rsplit(" ", 1)[0] if " " in head[limit // 2 :] else head
    return f"{at_word.rstrip(' .,;:…')}…"[:limit]


def _whole(text: str, limit: int) -> int:
    """Where to cut before `limit` so that no letter loses its marks, and no emoji its parts."""
    if not _MAY_COMBINE.search(text, limit - 1, limit + 1):  # on either side of the cut
        return limit
    start = max(text.rfind(" ", 0, limit), 0)  # nothing before a space belongs to what follows it
    ends = (seen.end() for seen in _SEEN_AS_ONE.finditer(text, start))
    return max(takewhile(lambda end: end <= limit, ends), default=start)


@lru_cache(maxsize=256)  # an article's words are compared with others' and then indexed
def words(text: str) -> tuple[str, ...]:
    """The words of `text`, in order, as search and comparisons use them.

    They are case-folded and without accents; marks that are letters belong to them, an emoji is a
    word, punctuation and hyphens separate words. Scripts without spaces are split into overlapping
    pairs of characters (人工智能: 人工, 工智, 智能), of which any of their words consists.
    """
    found = stretches(text)
    if text.isascii() or all(map(str.isascii, found)):
        return found
    return tuple(part for stretch in found for part in parts(stretch))


@lru_cache(maxsize=256)  # as above
def stretches(text: str) -> tuple[str, ...]:
    """Like `words`, but runs that are split into pairs there stay whole."""
    folded = _folded(text)
    found = _found(folded)
    if folded.isascii() or not _HOLDS_UNSPACED.search(folded):
        return tuple(found)
    return tuple(stretch for word in found for stretch in _STRETCH.findall(word))


def indexed(text: str) -> list[str]:
    """`words`, plus the last character of each run, which begins no pair: so each is found."""
    found = stretches(text)
    if text.isascii() or all(map(str.isascii, found)):
        return [*found]
    return [word for one in found for word in (*parts(one), *_last(one))]


def _last(stretch: str) -> Sequence[str]:
    units = _UNIT.findall(stretch) if is_unspaced(stretch) else ()
    return units[-1:] if len(units) > 1 else ()


def parts(stretch: str) -> Sequence[str]:
    """The words in a run: the run itself, or pairs of its characters with their marks."""
    if not is_unspaced(stretch):
        return (stretch,)
    units = _UNIT.findall(stretch)
    return [a + b for a, b in pairwise(units)] or units


def is_unspaced(stretch: str) -> bool:
    """Whether a run is in a script that puts no spaces between words."""
    return not stretch.isascii() and _HOLDS_UNSPACED.match(stretch) is not None


def is_hangul(word: str) -> bool:
    """Whether a word is Korean; Korean appends particles to words."""
    return not word.isascii() and _HANGUL.match(word) is not None


def _found(folded: str) -> list[str]:
    return (_ASCII_WORD if folded.isascii() else _WORD).findall(folded)


def _folded(text: str) -> str:
    """`text` as people type it in a search: `_spelled`, without the characters they leave out."""
    if not text.isascii():  # mostly because of its quotes and dashes
        text = _TYPOGRAPHIC.sub(" ", text)
    if text.isascii():
        return text.lower()
    return _LEFT_OUT.sub("", _spelled(text).translate(_TYPED_FOR))


def _spelled(text: str) -> str:
    """`text` case-folded, without accents and invisible characters, its letters decomposed."""
    if text.isascii():
        return text.lower()
    text = text.translate(_SIGNS)
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    bare = _ACCENT.sub("", folded.translate(_LETTERS))
    return bare.replace("#\u20e3", "sharp\u20e3").replace("*\u20e3", "star\u20e3")


def fold_headline(title: str) -> str:
    """Equal for headlines that differ only in case, accents, punctuation and white space."""
    return " ".join(stretches(title)) or title


@lru_cache(maxsize=4096)
def slug(name: str) -> str:
    """The key of a topic's name: letters, digits and emoji, lower case, joined by hyphens.

    `C++` and `C#` stay different from `C`, and vowel signs of every script count, though search
    ignores those of Hebrew and Arabic. Empty for a name with none of these characters.
    """
    return "-".join(_found(_spelled(name).replace("+", " plus ").replace("#", " sharp ")))
