"""Finds the owner of a publisher. An aggregator's page belongs to the publisher of its text."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from bot.stories.model import Article
from bot.stories.text import stretches
from bot.stories.urls import host_of, registrable_domain

_ON_AGGREGATOR = re.compile(r"(?P<publisher>.+?) (?:on|via) \S+", re.IGNORECASE)


@dataclass(frozen=True)
class Owners:
    """The operator's map: `by_domain` from a host or registrable domain to its owner's name."""

    by_domain: Mapping[str, str] = field(default_factory=dict)
    aggregators: frozenset[str] = frozenset()

    def is_aggregator(self, article: Article) -> bool:
        """Whether the article is on a site that republishes others."""
        return not self.aggregators.isdisjoint(_domains(article))

    def of(self, articles: Iterable[Article]) -> dict[str, str]:
        """The owner of each article, by its URL.

        Within one story "NBC News on MSN.com" has the owner of the NBC page beside it; alone it
        has an owner named after its publisher. An unlisted publisher owns itself.
        """
        members = list(articles)
        owners = {article.url: self._owner(article) for article in members}
        gathered = [article for article in members if self.is_aggregator(article)]
        if gathered:
            own = (article for article in members if article not in gathered)
            known = {name: owners[article.url] for article in own for name in _names(article)}
            owners |= {a.url: owner for a in gathered if (owner := _publisher(a, known))}
        return owners

    def _owner(self, article: Article) -> str:
        domains = _domains(article)
        listed = (self.by_domain[domain] for domain in domains if domain in self.by_domain)
        return next(listed, registrable_domain(article.provider.domain))


def _publisher(article: Article, known: Mapping[str, str]) -> str | None:
    """The owner of the publisher whose text an aggregator's page carries, if its name says that."""
    match = _ON_AGGREGATOR.fullmatch(article.provider.name)
    if match is None:
        return None
    publisher = _squash(match["publisher"])
    return known.get(publisher, publisher)


def _domains(article: Article) -> tuple[str, ...]:
    """The article's host and domain, narrowest first."""
    return _domains_of(article.url, article.provider.domain)


@lru_cache(maxsize=1024)
def _domains_of(url: str, domain: str) -> tuple[str, ...]:
    host = host_of(url).removeprefix("www.")
    return host, domain, registrable_domain(domain), registrable_domain(host)


def _names(article: Article) -> tuple[str, str]:
    """The names that an aggregator may use for this publisher."""
    return _squash(article.provider.name), _squash(article.provider.domain.split(".")[0])


@lru_cache(maxsize=1024)
def _squash(name: str) -> str:
    first, *others = stretches(name) or [""]
    return "".join(others if others and first == "the" else (first, *others))
