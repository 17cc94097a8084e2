"""Recognises what is no news: market research, deals and press releases, by the operator's rules.

A rule is a list of conditions that a reader of config/editorial.yaml can check by eye; how well
each works was measured (docs/ranking.md).
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property, lru_cache
from itertools import chain
from typing import Final, NamedTuple, Self
from urllib.parse import urlsplit

from bot.stories.model import Article
from bot.stories.urls import host_of, registrable_domain

_WORDS_BETWEEN: Final = 6
"""How many words `...` may stand for; more would join what does not belong together."""


class Junk(StrEnum):
    """The kinds of junk, worst first: a story is of the first kind whose rules it meets."""

    MARKET_RESEARCH = "market_research"
    DEAL = "deal"
    PRESS_RELEASE = "press_release"


NEVER_POSTED: Final = frozenset({Junk.MARKET_RESEARCH, Junk.DEAL})
"""The kinds that no edition takes."""


class Page(NamedTuple):
    """An article as rules see it: the sites that it belongs to, its path in lower case, its title,
    and that with its excerpt.
    """

    sites: frozenset[str]
    path: str
    title: str
    text: str

    @classmethod
    def of(cls, url: str, domain: str, title: str, excerpt: str) -> Self:
        """The page at a URL, of the publisher with that domain."""
        host = host_of(url).removeprefix("www.")
        sites = frozenset((host, registrable_domain(host), domain))
        return cls(sites, urlsplit(url).path.lower(), title, f"{title}\n{excerpt}")


@dataclass(frozen=True)
class JunkRule:
    """Conditions, all of which a page must meet; an empty one is met by every page.

    `title` and `text` (title or excerpt) are groups of phrases: one phrase of each group must
    occur. `pages` are hosts, domains or parts of a path, `domain/path`: one of them must fit.
    """

    title: Sequence[Sequence[str]] = ()
    text: Sequence[Sequence[str]] = ()
    pages: Sequence[str] = ()

    def fits(self, page: Page) -> bool:
        """Whether a page meets the rule."""
        return (
            self._is_at(page)
            and all(one.search(page.title) for one in self._title)
            and all(one.search(page.text) for one in self._text)
        )

    def _is_at(self, page: Page) -> bool:
        if not self.pages or not self._sites.isdisjoint(page.sites):
            return True
        return self._parts.search(page.path) is not None and any(
            part in page.path and (not site or site in page.sites) for site, part in self._places
        )

    @cached_property
    def _sites(self) -> set[str]:
        return {page for page in self.pages if "/" not in page}

    @cached_property
    def _places(self) -> list[tuple[str, str]]:
        """The site, or nothing, and the part of a path."""
        split = (page.partition("/") for page in self.pages if "/" in page)
        return [(site, slash + path) for site, slash, path in split]

    @cached_property
    def _parts(self) -> re.Pattern[str]:
        """Any part of a path: most pages have none, which one search tells."""
        return _one_of(part for _, part in self._places)

    @cached_property
    def _title(self) -> list[re.Pattern[str]]:
        return [_any_of(group) for group in self.title]

    @cached_property
    def _text(self) -> list[re.Pattern[str]]:
        return [_any_of(group) for group in self.text]


@dataclass(frozen=True, eq=False)
class JunkRules:
    """The operator's rules. An excerpt that stands under at least `boilerplate` headlines of one
    site says nothing about them, and is not shown. Two objects are never equal, so that what they
    find can be remembered.
    """

    by_kind: Mapping[Junk, Sequence[JunkRule]]
    boilerplate: int

    def kind(self, article: Article) -> Junk | None:
        """Which kind of junk an article is, or None."""
        return _kind(self, article.url, article.provider.domain, article.title, article.excerpt)

    def that_may_fit(self, page: Page) -> Mapping[Junk, Sequence[JunkRule]]:
        """The rules; but only those without phrases if the page lacks a word of every phrase, as
        most news does. To look for each phrase took more than half of the time.
        """
        if not page.text.isascii():  # letters that are not ASCII may have several other cases
            return self.by_kind
        holds = self._in_title.search(page.title.lower()) or self._in_text.search(page.text.lower())
        return self.by_kind if holds else self._by_page

    @cached_property
    def _in_title(self) -> re.Pattern[str]:
        """A word of each phrase, one of which a title must hold to meet a rule about titles."""
        groups = (rule.title[0] for rule in self._all if rule.title)
        return _one_of(_word(phrase) for group in groups for phrase in group)

    @cached_property
    def _in_text(self) -> re.Pattern[str]:
        """The same for rules that are only about texts."""
        groups = (rule.text[0] for rule in self._all if rule.text and not rule.title)
        return _one_of(_word(phrase) for group in groups for phrase in group)

    @cached_property
    def _by_page(self) -> dict[Junk, list[JunkRule]]:
        return {
            kind: [rule for rule in rules if not rule.title and not rule.text]
            for kind, rules in self.by_kind.items()
        }

    @property
    def _all(self) -> Iterator[JunkRule]:
        return chain.from_iterable(self.by_kind.values())


@lru_cache(maxsize=256)  # the quality of a feed's article depends on it, and then its ranking
def _kind(rules: JunkRules, url: str, domain: str, title: str, excerpt: str) -> Junk | None:
    page = Page.of(url, domain, title, excerpt)
    by_kind = rules.that_may_fit(page)
    fitting = (k for k in Junk if any(rule.fits(page) for rule in by_kind.get(k, ())))
    return next(fitting, None)


def _any_of(phrases: Iterable[str]) -> re.Pattern[str]:
    """A pattern for any of these phrases, as whole words and in either case."""
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(_pattern, phrases))})(?!\w)", re.IGNORECASE)


def _pattern(phrase: str) -> str:
    """The pattern of a phrase: `...` is some words, `*` any part of a word."""
    return "".join(
        _SIGNS.get(part.strip() or part[:1], re.escape(part)) for part in _SIGN.split(phrase)
    )


def _one_of(parts: Iterable[str]) -> re.Pattern[str]:
    """A pattern for any of these parts, wherever they stand."""
    patterns = {re.escape(part) for part in parts}
    return re.compile("|".join(sorted(patterns)) if patterns else "(?!)")


def _word(phrase: str) -> str:
    """The longest part of a phrase that a text must hold, in lower case, to hold the phrase."""
    parts = _SIGN.split(phrase.lower())[::2]  # between them are the signs
    return max(filter(str.isascii, parts), key=len, default="")


_SIGN = re.compile(r"(\s*\.{3}\s*|\s+|\*)")
_SIGNS: Final = {
    " ": r"\s+",
    "...": rf"(?:\s+\S+){{0,{_WORDS_BETWEEN}}}?\s+",
    "*": r"\S*",
}
